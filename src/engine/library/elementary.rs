//! Roots, powers, rounding, the exponential function and related functions.

use std::cmp::Ordering;

use dashu_int::UBig;

use super::{
    Context, FACTORIAL, Function, Group, exact,
    function::Units,
    logarithm::{ln, logarithm},
    signature::{Arguments, Domain, EXACT, INTEGER, NUMBER, Parameter, Refusal, takes},
    unary,
};
use crate::{
    engine::{
        budget::work::Work,
        fault::{Fault, Result},
        number::{Number, exact::Exact, real::Unary},
    },
    syntax::Reading,
};

use Group::{Exponential, Numbers};

/// The fault for an operand that has no logarithm.
const NO_LOGARITHM: Refusal = Refusal::domain("only positive numbers have a logarithm");

/// The parameter for the operand of a logarithm.
const POSITIVE: Parameter = NUMBER.within(&[(Domain::Above(0), NO_LOGARITHM)]);

/// The parameter for the operand of `log1p`.
const ABOVE_MINUS_ONE: Parameter = NUMBER.within(&[(Domain::Above(-1), NO_LOGARITHM)]);

/// The parameter for the number of decimal places that `round` keeps.
const PLACES: Parameter = INTEGER.within(&[(
    Domain::Int64,
    Refusal::limit("the number of places does not fit in 64 bits"),
)]);

/// The parameter for the degree of a root.
const DEGREE: Parameter = INTEGER.within(&[
    (
        Domain::Int64,
        Refusal::limit("the degree of the root does not fit in 64 bits"),
    ),
    (
        Domain::NonZero,
        Refusal::domain("there is no root of degree 0"),
    ),
]);

/// The square root: the function `sqrt` and the operator `√`.
pub(in crate::engine) const SQUARE_ROOT: Function =
    Function::new(Numbers, &["sqrt"], "x", takes(&[NUMBER]), |x, c| {
        root_of(x.number(0), 2, c.work)
    })
    .units(Units::Root(2))
    .summary("the square root")
    .domain("x >= 0")
    .example("sqrt(16)", "4");

/// The cube root: the function `cbrt` and the operator `∛`.
pub(in crate::engine) const CUBE_ROOT: Function =
    Function::new(Numbers, &["cbrt"], "x", takes(&[NUMBER]), |x, c| {
        root_of(x.number(0), 3, c.work)
    })
    .units(Units::Root(3))
    .summary("the cube root")
    .example("cbrt(-27)", "-3");

/// The root of any degree: the function `root`, and the operator `∜`.
pub(in crate::engine) const ROOT: Function =
    Function::new(Numbers, &["root"], "x, n", takes(&[NUMBER, DEGREE]), root)
        .units(Units::Root(0))
        .summary("the n-th root")
        .domain("an integer n except 0; x >= 0 if n is even")
        .example("root(32, 5)", "2");

/// The absolute value: the function `abs`, and bars.
pub(in crate::engine) const ABSOLUTE: Function =
    Function::new(Numbers, &["abs"], "x", takes(&[NUMBER]), |x, c| {
        x.number(0).absolute(c.work)
    })
    .units(Units::First)
    .summary("the absolute value; also written |x|")
    .example("abs(-5)", "5");

pub(super) static TABLE: &[Function] = &[
    SQUARE_ROOT,
    CUBE_ROOT,
    ROOT,
    Function::new(
        Numbers,
        &["pow"],
        "x, y",
        takes(&[NUMBER, NUMBER]),
        |x, c| x.number(0).power(x.number(1), c.work),
    )
    .summary("the power x^y")
    .domain("x > 0 if y is not an integer")
    .example("pow(2, 10)", "1024"),
    Function::new(
        Numbers,
        &["hypot"],
        "x, y",
        takes(&[NUMBER, NUMBER]),
        hypotenuse,
    )
    .units(Units::All)
    .summary("the square root of x^2 + y^2")
    .example("hypot(3, 4)", "5"),
    ABSOLUTE,
    Function::new(Numbers, &["sign"], "x", takes(&[NUMBER]), sign)
        .aliases(&["sgn", "signum"])
        .summary("the sign of x: -1, 0 or 1")
        .example("sign(-5)", "-1"),
    Function::new(Numbers, &["floor"], "x", takes(&[NUMBER]), |x, c| {
        x.number(0).floor(c.work).map(Number::from)
    })
    .units(Units::First)
    .summary("the greatest integer not above x")
    .example("floor(-1.5)", "-2"),
    Function::new(Numbers, &["ceil"], "x", takes(&[NUMBER]), |x, c| {
        let floor = x.number(0).negated(c.work)?.floor(c.work)?;
        exact(floor.negated())
    })
    .aliases(&["ceiling"])
    .units(Units::First)
    .summary("the least integer not below x")
    .example("ceil(1.2)", "2"),
    Function::new(
        Numbers,
        &["round"],
        "x, places",
        takes(&[NUMBER]).optional(&[PLACES]),
        round,
    )
    .units(Units::First)
    .summary("x rounded to an integer or to decimal places; halves round away from zero")
    .example("round(2.345, 2)", "2.35"),
    Function::new(Numbers, &["trunc"], "x", takes(&[NUMBER]), |x, c| {
        truncated(x.number(0), c.work).map(Number::from)
    })
    .aliases(&["int", "truncate"])
    .units(Units::First)
    .summary("the integer part: x rounded towards zero")
    .example("trunc(-1.5)", "-1"),
    Function::new(Numbers, &["frac"], "x", takes(&[NUMBER]), |x, c| {
        let whole = truncated(x.number(0), c.work)?;
        x.number(0).sub(&whole.into(), c.work)
    })
    .units(Units::First)
    .summary("the fractional part: x - trunc(x)")
    .example("frac(2.75)", "0.75"),
    Function::new(
        Exponential,
        &["exp"],
        "x",
        takes(&[NUMBER]),
        |x, c| match x.number(0) {
            Number::Exact(zero) if zero.is_zero() => exact(Exact::ONE),
            x => unary(Unary::Exp, x, c),
        },
    )
    .summary("the power e^x")
    .example("exp(0)", "1"),
    Function::new(Exponential, &["ln"], "x", takes(&[POSITIVE]), |x, c| {
        ln(x.number(0), c.work)
    })
    .summary("the natural logarithm")
    .domain("x > 0")
    .example("ln(1)", "0"),
    Function::new(
        Exponential,
        &["log"],
        "x, base",
        takes(&[POSITIVE]).optional(&[POSITIVE]),
        |x, c| match x.len() {
            1 => logarithm(x.number(0), &10.into(), c.work),
            _ => logarithm(x.number(0), x.number(1), c.work),
        },
    )
    .read_alone_as(Reading::Logarithm, "log10")
    .summary("the logarithm to a base, by default 10")
    .domain("x > 0, base > 0, base != 1")
    .example("log(8, 4)", "1.5"),
    Function::new(Exponential, &["log2"], "x", takes(&[POSITIVE]), |x, c| {
        logarithm(x.number(0), &2.into(), c.work)
    })
    .aliases(&["lb", "ld"])
    .summary("the logarithm to base 2")
    .domain("x > 0")
    .example("log2(1024)", "10"),
    Function::new(Exponential, &["log10"], "x", takes(&[POSITIVE]), |x, c| {
        logarithm(x.number(0), &10.into(), c.work)
    })
    .aliases(&["lg"])
    .summary("the logarithm to base 10")
    .domain("x > 0")
    .example("log10(0.001)", "-3"),
    Function::new(Exponential, &["gamma"], "x", takes(&[NUMBER]), gamma)
        .summary("the gamma function: (x - 1)! for integers")
        .domain("x except 0 and negative integers")
        .example("gamma(5)", "24"),
    Function::new(Numbers, &["numerator"], "x", takes(&[EXACT]), |x, _| {
        exact(x.exact(0).numerator().into())
    })
    .summary("the numerator of an exact fraction in lowest terms")
    .domain("exact x")
    .example("numerator(0.75)", "3"),
    Function::new(Numbers, &["denominator"], "x", takes(&[EXACT]), |x, _| {
        Ok(x.exact(0).denominator().into())
    })
    .summary("the denominator of an exact fraction in lowest terms")
    .domain("exact x")
    .example("denominator(0.75)", "4"),
    Function::new(
        Numbers,
        &["quotient"],
        "x, y",
        takes(&[NUMBER, NUMBER]),
        |x, c| x.number(0).quotient(x.number(1), c.work).map(Number::from),
    )
    .summary("the integer floor(x/y), also written x // y; x mod y is the remainder")
    .domain("y != 0")
    .example("quotient(17, 5)", "3"),
    Function::new(
        Numbers,
        &["mod"],
        "x, y",
        takes(&[NUMBER, NUMBER]),
        |x, c| x.number(0).modulo(x.number(1), c.work),
    )
    .weak()
    .units(Units::All)
    .summary("the remainder with the sign of y; also written x mod y")
    .domain("y != 0")
    .example("mod(-7, 3)", "2"),
    Function::new(
        Numbers,
        &["rem"],
        "x, y",
        takes(&[NUMBER, NUMBER]),
        |x, c| {
            let quotient = x.number(0).div(x.number(1), c.work)?;
            let whole = Number::from(truncated(&quotient, c.work)?);
            x.number(0).sub(&x.number(1).mul(&whole, c.work)?, c.work)
        },
    )
    .weak()
    .summary("the remainder with the sign of x")
    .domain("y != 0")
    .example("rem(-7, 3)", "-1"),
    Function::new(
        Numbers,
        &["idiv"],
        "x, y",
        takes(&[NUMBER, NUMBER]),
        |x, c| {
            let quotient = x.number(0).div(x.number(1), c.work)?;
            truncated(&quotient, c.work).map(Number::from)
        },
    )
    .weak()
    .summary("the integer part of x/y, rounded towards zero; rem(x, y) is the remainder")
    .domain("y != 0")
    .example("idiv(-7, 3)", "-2"),
    Function::new(
        Exponential,
        &["log1p"],
        "x",
        takes(&[ABOVE_MINUS_ONE]),
        |x, c| match x.number(0) {
            Number::Exact(zero) if zero.is_zero() => exact(Exact::ZERO),
            x => unary(Unary::Ln1p, x, c),
        },
    )
    .summary("ln(1 + x); other languages use the same name")
    .domain("x > -1")
    .example("log1p(0)", "0"),
    Function::new(
        Exponential,
        &["expm1"],
        "x",
        takes(&[NUMBER]),
        |x, c| match x.number(0) {
            Number::Exact(zero) if zero.is_zero() => exact(Exact::ZERO),
            x => unary(Unary::ExpM1, x, c),
        },
    )
    .summary("e^x - 1; other languages use the same name")
    .example("expm1(0)", "0"),
    Function::new(
        Numbers,
        &["clamp"],
        "x, low, high",
        takes(&[NUMBER, NUMBER, NUMBER]),
        |x, c| {
            let (low, high) = (x.number(1), x.number(2));
            if low.compare(high, c.work)?.is_gt() {
                return Err(Fault::domain(
                    "the lower bound is greater than the upper bound",
                ));
            }
            x.number(0).greater(low, c.work)?.lesser(high, c.work)
        },
    )
    .units(Units::All)
    .summary("x limited to the range from low to high")
    .domain("low <= high")
    .example("clamp(12, 0, 10)", "10"),
];

/// Rounds `x` towards zero to an integer.
fn truncated(x: &Number, work: &mut Work<'_>) -> Result<Exact> {
    let size = x.absolute(work)?.floor(work)?;
    // If the integer part is 0, the sign may be undecidable, and it is not needed.
    let negative = !size.is_zero() && x.order(work)? == Some(Ordering::Less);
    Ok(if negative { size.negated() } else { size })
}

fn sign(x: Arguments<'_>, context: &mut Context<'_, '_>) -> Result<Number> {
    match x.number(0).order(context.work)? {
        Some(order) => exact((order as i64).into()),
        None => Err(Fault::undecided("the sign of the operand")),
    }
}

/// Rounds the first argument to decimal places. A half is rounded away from zero.
///
/// For the arguments `a` and `n`, the result is `floor(|a| * 10^n + 1/2) / 10^n`, with the sign of
/// `a`.
fn round(x: Arguments<'_>, context: &mut Context<'_, '_>) -> Result<Number> {
    let work = &mut *context.work;
    let number = x.number(0);
    let places = if x.len() > 1 { x.int64(1) } else { 0 };
    let unit = Number::from(10).power(&places.into(), work)?;
    let half = Number::from(Exact::ratio(1, 2));
    let size = number
        .absolute(work)?
        .mul(&unit, work)?
        .add(&half, work)?
        .floor(work)?;
    if size.is_zero() {
        return exact(size);
    }
    let negative = number.order(work)? == Some(Ordering::Less);
    let signed = Number::from(if negative { size.negated() } else { size });
    signed.div(&unit, work)
}

fn root(x: Arguments<'_>, context: &mut Context<'_, '_>) -> Result<Number> {
    root_of(x.number(0), x.int64(1), context.work)
}

/// Returns the root of `x`. The degree must not be 0.
///
/// If the degree is negative, the result is 1 divided by the root of degree `-degree`.
pub(super) fn root_of(x: &Number, degree: i64, work: &mut Work<'_>) -> Result<Number> {
    let root = positive_root(x, degree.unsigned_abs(), work)?;
    if degree < 0 {
        return Number::from(1).div(&root, work);
    }
    Ok(root)
}

/// Returns the root of `x` for a positive degree.
fn positive_root(x: &Number, degree: u64, work: &mut Work<'_>) -> Result<Number> {
    let x = &x.settled(work)?;
    if degree == 2
        && let Number::Real(_) = x
    {
        return x.unary(Unary::SquareRoot, work);
    }
    if x.exact().is_some_and(Exact::is_zero) {
        return exact(Exact::ZERO);
    }
    let negative = match x.order(work)? {
        Some(Ordering::Equal) => return exact(Exact::ZERO),
        Some(order) => order.is_lt(),
        None => return Err(Fault::undecided("the sign of the operand")),
    };
    if negative && degree.is_multiple_of(2) {
        return Err(Fault::domain(
            "an even root of a negative number is not real",
        ));
    }
    let size = x.absolute(work)?;
    let found = match &size {
        Number::Exact(q) => q.root(degree, work)?,
        Number::Real(_) => None,
    };
    let root = match found {
        Some(root) => Number::from(root),
        None if degree == 2 => size.unary(Unary::SquareRoot, work)?,
        None => {
            let exponent = Number::from(1).div(&UBig::from(degree).into(), work)?;
            size.power(&exponent, work)?
        }
    };
    if negative {
        root.negated(work)
    } else {
        Ok(root)
    }
}

/// Returns the square root of the sum of the squares of both arguments.
fn hypotenuse(x: Arguments<'_>, context: &mut Context<'_, '_>) -> Result<Number> {
    let work = &mut *context.work;
    let (x, y) = (x.number(0), x.number(1));
    let sum = x.mul(x, work)?.add(&y.mul(y, work)?, work)?;
    root_of(&sum, 2, work)
}

fn gamma(x: Arguments<'_>, context: &mut Context<'_, '_>) -> Result<Number> {
    let x = x.number(0);
    match x.exact() {
        Some(q) if q.is_integer() && (q.is_zero() || q.is_negative()) => Err(Fault::domain(
            "the gamma function has no value at 0 and at negative integers",
        )),
        Some(q) if q.is_integer() => {
            let n = Number::from(q.clone()).sub(&1.into(), context.work)?;
            let n = FACTORIAL.call(&[n.into()], context)?;
            n.number().cloned()
        }
        _ => unary(Unary::Gamma, x, context),
    }
}

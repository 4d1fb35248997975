//! Functions of real numbers.

use dashu_base::Sign;

use super::{
    AngleUnit, Context, Function, Group, Value,
    logarithm::{ln, logarithm},
};
use crate::engine::{
    budget::work::Work,
    fault::{Fault, Result},
    number::{Number, exact::Exact, real::Unary},
};

use Group::{Exponential, Hyperbolic, Numbers, Trigonometry};

pub(super) static TABLE: [Function; 42] = [
    Function::new(Numbers, &["sqrt"], "x", (1, 1), |x, c| {
        root_of(x[0].number()?, 2, c.work)
    })
    .summary("the square root")
    .domain("x >= 0")
    .example("sqrt(16)", "4"),
    Function::new(Numbers, &["cbrt"], "x", (1, 1), |x, c| {
        root_of(x[0].number()?, 3, c.work)
    })
    .summary("the cube root")
    .example("cbrt(-27)", "-3"),
    Function::new(Numbers, &["root"], "x, n", (2, 2), root)
        .summary("the n-th root")
        .domain("n an integer but 0; x >= 0 where n is even")
        .example("root(32, 5)", "2"),
    Function::new(Numbers, &["pow"], "x, y", (2, 2), |x, c| {
        Ok(x[0].number()?.power(x[1].number()?, c.work)?.into())
    })
    .summary("the power x^y")
    .domain("x > 0 where y is no integer")
    .example("pow(2, 10)", "1024"),
    Function::new(Numbers, &["hypot"], "x, y", (2, 2), hypotenuse)
        .summary("the square root of x^2 + y^2")
        .example("hypot(3, 4)", "5"),
    Function::new(Numbers, &["abs"], "x", (1, 1), |x, c| {
        Ok(x[0].number()?.absolute(c.work)?.into())
    })
    .summary("the size without the sign")
    .example("abs(-5)", "5"),
    Function::new(Numbers, &["sign"], "x", (1, 1), sign)
        .summary("-1, 0 or 1")
        .example("sign(-5)", "-1"),
    Function::new(Numbers, &["floor"], "x", (1, 1), |x, c| {
        exact(x[0].number()?.floor(c.work)?)
    })
    .summary("the greatest integer that is not above x")
    .example("floor(-1.5)", "-2"),
    Function::new(Numbers, &["ceil"], "x", (1, 1), |x, c| {
        exact(x[0].number()?.negated(c.work)?.floor(c.work)?.negated())
    })
    .summary("the least integer that is not below x")
    .example("ceil(1.2)", "2"),
    Function::new(Numbers, &["round"], "x, places", (1, 2), round)
        .summary("to the nearest integer or decimal place, halves away from zero")
        .example("round(2.345, 2)", "2.35"),
    Function::new(Numbers, &["trunc"], "x", (1, 1), |x, c| {
        exact(truncated(x[0].number()?, c.work)?)
    })
    .summary("the integer part, towards zero")
    .example("trunc(-1.5)", "-1"),
    Function::new(Numbers, &["frac"], "x", (1, 1), |x, c| {
        let whole = truncated(x[0].number()?, c.work)?;
        Ok(x[0].number()?.sub(&whole.into(), c.work)?.into())
    })
    .summary("what trunc(x) leaves")
    .example("frac(2.75)", "0.75"),
    Function::new(Exponential, &["exp"], "x", (1, 1), |x, c| {
        match x[0].number()? {
            Number::Exact(zero) if zero.is_zero() => exact(Exact::ONE),
            x => unary(Unary::Exp, x, c),
        }
    })
    .summary("the power e^x")
    .example("exp(0)", "1"),
    Function::new(Exponential, &["ln"], "x", (1, 1), |x, c| {
        Ok(ln(x[0].number()?, c.work)?.into())
    })
    .summary("the natural logarithm")
    .domain("x > 0")
    .example("ln(1)", "0"),
    Function::new(Exponential, &["log"], "x, base", (1, 2), |x, c| match x {
        [x] => logarithm(x.number()?, &10.into(), c.work),
        [x, base, ..] => logarithm(x.number()?, base.number()?, c.work),
        [] => unreachable!("the arity was checked"),
    })
    .summary("the logarithm to a base, 10 if none is given")
    .domain("x > 0, base > 0 but not 1")
    .example("log(8, 4)", "1.5"),
    Function::new(Exponential, &["log2"], "x", (1, 1), |x, c| {
        logarithm(x[0].number()?, &2.into(), c.work)
    })
    .summary("the logarithm to base 2")
    .domain("x > 0")
    .example("log2(1024)", "10"),
    Function::new(Exponential, &["log10"], "x", (1, 1), |x, c| {
        logarithm(x[0].number()?, &10.into(), c.work)
    })
    .summary("the logarithm to base 10")
    .domain("x > 0")
    .example("log10(0.001)", "-3"),
    Function::new(Exponential, &["gamma"], "x", (1, 1), gamma)
        .summary("the gamma function: (x - 1)! for integers")
        .domain("x no integer below 1")
        .example("gamma(5)", "24"),
    Function::new(Trigonometry, &["sin"], "x", (1, 1), |x, c| {
        trigonometric(Unary::Sin, x[0].number()?, c)
    })
    .summary("the sine")
    .example("sin(0)", "0"),
    Function::new(Trigonometry, &["cos"], "x", (1, 1), |x, c| {
        trigonometric(Unary::Cos, x[0].number()?, c)
    })
    .summary("the cosine")
    .example("cos(0)", "1"),
    Function::new(Trigonometry, &["tan"], "x", (1, 1), |x, c| {
        trigonometric(Unary::Tan, x[0].number()?, c)
    })
    .summary("the tangent")
    .domain("the cosine is not 0")
    .example("tan(0)", "0"),
    Function::new(Trigonometry, &["cot"], "x", (1, 1), |x, c| {
        let cosine = trigonometric(Unary::Cos, x[0].number()?, c)?;
        let sine = trigonometric(Unary::Sin, x[0].number()?, c)?;
        Ok(cosine.number()?.div(sine.number()?, c.work)?.into())
    })
    .summary("the cotangent")
    .domain("the sine is not 0")
    .example("cot(pi/4)", "1"),
    Function::new(Trigonometry, &["sec"], "x", (1, 1), |x, c| {
        inverse_of(Unary::Cos, x, c)
    })
    .summary("the secant: the inverse of the cosine")
    .domain("the cosine is not 0")
    .example("sec(0)", "1"),
    Function::new(Trigonometry, &["csc"], "x", (1, 1), |x, c| {
        inverse_of(Unary::Sin, x, c)
    })
    .summary("the cosecant: the inverse of the sine")
    .domain("the sine is not 0")
    .example("csc(pi/2)", "1"),
    Function::new(Trigonometry, &["asin", "arcsin"], "x", (1, 1), |x, c| {
        arc(Unary::Asin, x[0].number()?, c)
    })
    .summary("the angle whose sine is x, from -pi/2 to pi/2")
    .domain("-1 <= x <= 1")
    .example("asin(0)", "0"),
    Function::new(Trigonometry, &["acos", "arccos"], "x", (1, 1), |x, c| {
        arc(Unary::Acos, x[0].number()?, c)
    })
    .summary("the angle whose cosine is x, from 0 to pi")
    .domain("-1 <= x <= 1")
    .example("acos(1)", "0"),
    Function::new(Trigonometry, &["atan", "arctan"], "x", (1, 1), |x, c| {
        arc(Unary::Atan, x[0].number()?, c)
    })
    .summary("the angle whose tangent is x, between -pi/2 and pi/2")
    .example("4 atan(1) - pi", "0"),
    Function::new(Trigonometry, &["atan2"], "y, x", (2, 2), atan2)
        .summary("the angle of the point (x, y), from -pi to pi")
        .domain("not both 0")
        .example("atan2(0, 1)", "0"),
    Function::new(Trigonometry, &["degrees"], "x", (1, 1), |x, c| {
        Ok(degrees(x[0].number()?, c.work)?.into())
    })
    .summary("an angle in radians, in degrees")
    .example("degrees(pi)", "180"),
    Function::new(Trigonometry, &["radians"], "x", (1, 1), |x, c| {
        Ok(radians(x[0].number()?, c.work)?.into())
    })
    .summary("an angle in degrees, in radians")
    .example("radians(180) - pi", "0"),
    Function::new(Hyperbolic, &["sinh"], "x", (1, 1), |x, c| {
        hyperbolic(Unary::Sinh, &x[0], 0, c)
    })
    .summary("the hyperbolic sine")
    .example("sinh(0)", "0"),
    Function::new(Hyperbolic, &["cosh"], "x", (1, 1), |x, c| {
        hyperbolic(Unary::Cosh, &x[0], 1, c)
    })
    .summary("the hyperbolic cosine")
    .example("cosh(0)", "1"),
    Function::new(Hyperbolic, &["tanh"], "x", (1, 1), |x, c| {
        hyperbolic(Unary::Tanh, &x[0], 0, c)
    })
    .summary("the hyperbolic tangent")
    .example("tanh(0)", "0"),
    Function::new(Hyperbolic, &["asinh", "arsinh"], "x", (1, 1), |x, c| {
        hyperbolic(Unary::Asinh, &x[0], 0, c)
    })
    .summary("the number whose hyperbolic sine is x")
    .example("asinh(0)", "0"),
    Function::new(
        Hyperbolic,
        &["acosh", "arcosh"],
        "x",
        (1, 1),
        |x, c| match x[0].number()? {
            Number::Exact(one) if one.is_one() => exact(Exact::ZERO),
            x => unary(Unary::Acosh, x, c),
        },
    )
    .summary("the number from 0 up whose hyperbolic cosine is x")
    .domain("x >= 1")
    .example("acosh(1)", "0"),
    Function::new(Hyperbolic, &["atanh", "artanh"], "x", (1, 1), atanh)
        .summary("the number whose hyperbolic tangent is x")
        .domain("-1 < x < 1")
        .example("atanh(0)", "0"),
    Function::new(Numbers, &["numerator"], "x", (1, 1), |x, _| {
        exact(rational(x[0].number()?)?.numerator().into())
    })
    .summary("the upper part of an exact fraction in lowest terms")
    .domain("x exact")
    .example("numerator(0.75)", "3"),
    Function::new(Numbers, &["denominator"], "x", (1, 1), |x, _| {
        Ok(Number::from(rational(x[0].number()?)?.denominator()).into())
    })
    .summary("the lower part of an exact fraction in lowest terms")
    .domain("x exact")
    .example("denominator(0.75)", "4"),
    Function::new(Numbers, &["quotient"], "x, y", (2, 2), |x, c| {
        exact(x[0].number()?.quotient(x[1].number()?, c.work)?)
    })
    .summary("the integer floor(x/y); x mod y is what it leaves")
    .domain("y is not 0")
    .example("quotient(17, 5)", "3"),
    Function::new(Exponential, &["log1p"], "x", (1, 1), |x, c| {
        Ok(ln(&x[0].number()?.add(&1.into(), c.work)?, c.work)?.into())
    })
    .summary("ln(1 + x), as other languages call it")
    .domain("x > -1")
    .example("log1p(0)", "0"),
    Function::new(Exponential, &["expm1"], "x", (1, 1), |x, c| {
        match x[0].number()? {
            Number::Exact(zero) if zero.is_zero() => exact(Exact::ZERO),
            x => Ok(x.unary(Unary::Exp, c.work)?.sub(&1.into(), c.work)?.into()),
        }
    })
    .summary("e^x - 1, as other languages call it")
    .example("expm1(0)", "0"),
    Function::new(Numbers, &["clamp"], "x, low, high", (3, 3), |x, c| {
        let (low, high) = (x[1].number()?, x[2].number()?);
        if low.compare(high, c.work)?.is_gt() {
            return Err(Fault::domain("the lower bound is above the upper one"));
        }
        let x = x[0].number()?;
        Ok(if x.compare(low, c.work)?.is_lt() {
            low.clone()
        } else if x.compare(high, c.work)?.is_gt() {
            high.clone()
        } else {
            x.clone()
        }
        .into())
    })
    .summary("x, or the bound that it is beyond")
    .domain("low <= high")
    .example("clamp(12, 0, 10)", "10"),
];

#[expect(
    clippy::unnecessary_wraps,
    reason = "as the functions of the table return it"
)]
fn exact(q: Exact) -> Result<Value> {
    Ok(Number::from(q).into())
}

fn unary(function: Unary, x: &Number, context: &mut Context<'_, '_>) -> Result<Value> {
    Ok(x.unary(function, context.work)?.into())
}

fn rational(x: &Number) -> Result<&Exact> {
    x.exact()
        .ok_or_else(|| Fault::domain("the operand must be exact"))
}

fn truncated(x: &Number, work: &mut Work<'_>) -> Result<Exact> {
    let size = x.absolute(work)?.floor(work)?;
    // Only where it is far enough from zero to have a sign that can be told.
    let negative = !size.is_zero() && x.sign(work)? == Some(Sign::Negative);
    Ok(if negative { size.negated() } else { size })
}

fn sign(x: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
    let x = x[0].number()?;
    if x.exact().is_some_and(Exact::is_zero) {
        return exact(Exact::ZERO);
    }
    match x.sign(context.work)? {
        Some(Sign::Positive) => exact(1.into()),
        Some(Sign::Negative) => exact((-1).into()),
        None => Err(Fault::undecided("on which side of zero it lies")),
    }
}

/// Halves away from zero: `floor(|x| 10^places + 1/2)`, with the sign of `x`.
fn round(x: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
    let work = &mut *context.work;
    let number = x[0].number()?;
    let places = match x.get(1) {
        Some(places) => Exact::from(places.number()?.integer()?)
            .to_i64()
            .ok_or_else(|| Fault::limit("more places than can be counted in 64 bits"))?,
        None => 0,
    };
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
    let negative = number.sign(work)? == Some(Sign::Negative);
    let signed = Number::from(if negative { size.negated() } else { size });
    Ok(signed.div(&unit, work)?.into())
}

fn root(x: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
    let degree = Exact::from(x[1].number()?.integer()?).to_i64();
    match degree {
        None => Err(Fault::limit("the degree of the root is beyond 64 bits")),
        Some(0) => Err(Fault::domain("there is no root of degree 0")),
        Some(degree) => root_of(x[0].number()?, degree, context.work),
    }
}

fn root_of(x: &Number, degree: i64, work: &mut Work<'_>) -> Result<Value> {
    if degree < 0 {
        let root = root_of(x, -degree, work)?;
        return Ok(Number::from(1).div(root.number()?, work)?.into());
    }
    if degree == 2
        && let Number::Real(_) = x
    {
        return Ok(x.unary(Unary::SquareRoot, work)?.into());
    }
    if x.exact().is_some_and(Exact::is_zero) {
        return exact(Exact::ZERO);
    }
    let negative = match x.sign(work)? {
        Some(Sign::Negative) => true,
        Some(Sign::Positive) => false,
        None => return Err(Fault::undecided("the sign of the operand")),
    };
    if negative && degree % 2 == 0 {
        return Err(Fault::domain(
            "an even root of a negative number is not real",
        ));
    }
    let size = x.absolute(work)?;
    let found = match &size {
        Number::Exact(q) => q.root(degree.unsigned_abs(), work)?,
        Number::Real(_) => None,
    };
    let root = match found {
        Some(root) => Number::from(root),
        None if degree == 2 => size.unary(Unary::SquareRoot, work)?,
        None => size.power(&Exact::ratio(1, degree).into(), work)?,
    };
    Ok(if negative { root.negated(work)? } else { root }.into())
}

fn hypotenuse(x: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
    let work = &mut *context.work;
    let (x, y) = (x[0].number()?, x[1].number()?);
    let sum = x.mul(x, work)?.add(&y.mul(y, work)?, work)?;
    root_of(&sum, 2, work)
}

fn gamma(x: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
    let x = x[0].number()?;
    match x.exact() {
        Some(q) if q.is_integer() && (q.is_zero() || q.is_negative()) => Err(Fault::domain(
            "the gamma function has no value at 0 and at negative integers",
        )),
        Some(q) if q.is_integer() => {
            let n = Number::from(q.clone())
                .sub(&1.into(), context.work)?
                .natural()?;
            Ok(Number::from(crate::engine::number::integer::factorial(&n, context.work)?).into())
        }
        _ => unary(Unary::Gamma, x, context),
    }
}

fn radians(x: &Number, work: &mut Work<'_>) -> Result<Number> {
    let unit = Number::pi(work)?.div(&180.into(), work)?;
    x.mul(&unit, work)
}

fn degrees(x: &Number, work: &mut Work<'_>) -> Result<Number> {
    let turned = x.mul(&180.into(), work)?;
    turned.div(&Number::pi(work)?, work)
}

fn trigonometric(function: Unary, x: &Number, context: &mut Context<'_, '_>) -> Result<Value> {
    let work = &mut *context.work;
    let in_degrees = context.angle == AngleUnit::Degree;
    if let Number::Exact(q) = x {
        if q.is_zero() {
            return exact(if function == Unary::Cos {
                Exact::ONE
            } else {
                Exact::ZERO
            });
        }
        if in_degrees && let Some(value) = of_degrees(function, x, work)? {
            return exact(value);
        }
    }
    let angle = if in_degrees {
        radians(x, work)?
    } else {
        x.clone()
    };
    Ok(angle.unary(function, work)?.into())
}

/// The value where it is rational at a rational number of degrees (I. Niven,
/// "Irrational numbers", 1956, corollary 3.12).
fn of_degrees(function: Unary, x: &Number, work: &mut Work<'_>) -> Result<Option<Exact>> {
    let Some(turned) = x.modulo(&360.into(), work)?.exact().and_then(Exact::to_i64) else {
        return Ok(None);
    };
    let sine = |degrees: i64| match degrees.rem_euclid(360) {
        0 | 180 => Some(Exact::ZERO),
        30 | 150 => Some(Exact::ratio(1, 2)),
        90 => Some(Exact::ONE),
        210 | 330 => Some(Exact::ratio(-1, 2)),
        270 => Some(Exact::from(-1)),
        _ => None,
    };
    Ok(match (function, turned % 180) {
        (Unary::Sin, _) => sine(turned),
        (Unary::Cos, _) => sine(turned + 90),
        (_, 0) => Some(Exact::ZERO),
        (_, 45) => Some(Exact::ONE),
        (_, 135) => Some(Exact::from(-1)),
        (_, 90) => {
            return Err(Fault::domain(
                "the tangent has no value where the cosine is 0",
            ));
        }
        _ => None,
    })
}

fn inverse_of(function: Unary, x: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
    let value = trigonometric(function, x[0].number()?, context)?;
    Ok(Number::from(1).div(value.number()?, context.work)?.into())
}

/// Inverse trigonometric functions.
fn arc(function: Unary, x: &Number, context: &mut Context<'_, '_>) -> Result<Value> {
    let work = &mut *context.work;
    let in_degrees = context.angle == AngleUnit::Degree;
    if let Number::Exact(q) = x {
        let beyond = Number::from(q.absolute()).compare(&1.into(), work)?.is_gt();
        if function != Unary::Atan && beyond {
            let name = if function == Unary::Asin {
                "sine"
            } else {
                "cosine"
            };
            return Err(Fault::domain(format!("no angle has a {name} beyond 1")));
        }
        if let Some(degrees) = exact_arc(function, q) {
            // A right angle is not reached by the series, zero is exact anyway.
            let degrees = Number::from(degrees);
            let angle = if in_degrees {
                degrees
            } else {
                radians(&degrees, work)?
            };
            return Ok(angle.into());
        }
    }
    let angle = x.unary(function, work)?;
    Ok(if in_degrees {
        degrees(&angle, work)?
    } else {
        angle
    }
    .into())
}

/// The degrees, where they are integers.
fn exact_arc(function: Unary, x: &Exact) -> Option<i64> {
    let sine = match x {
        Exact::Small(0, 1) => 0,
        Exact::Small(1, 2) => 30,
        Exact::Small(1, 1) => 90,
        Exact::Small(-1, 2) => -30,
        Exact::Small(-1, 1) => -90,
        _ => return None,
    };
    match (function, sine) {
        (Unary::Asin, _) => Some(sine),
        (Unary::Acos, _) => Some(90 - sine),
        (_, 0 | 90 | -90) => Some(sine / 2),
        _ => None,
    }
}

fn atan2(x: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
    let (y, x) = (x[0].number()?, x[1].number()?);
    let half = |context: &mut Context<'_, '_>| match context.angle {
        AngleUnit::Radian => Number::pi(context.work),
        AngleUnit::Degree => Ok(180.into()),
    };
    let is_zero = |n: &Number| n.exact().is_some_and(Exact::is_zero);
    let sign = |n: &Number, context: &mut Context<'_, '_>| {
        n.sign(context.work)?
            .ok_or_else(|| Fault::undecided("the sign of a coordinate"))
    };
    match (is_zero(y), is_zero(x)) {
        (true, true) => return Err(Fault::domain("the origin has no angle")),
        (false, true) => {
            let quarter = half(context)?.div(&2.into(), context.work)?;
            let above = sign(y, context)? == Sign::Positive;
            return Ok(if above {
                quarter
            } else {
                quarter.negated(context.work)?
            }
            .into());
        }
        _ => {}
    }
    let right = sign(x, context)? == Sign::Positive;
    let quotient = y.div(x, context.work)?;
    let angle = arc(Unary::Atan, &quotient, context)?;
    if right {
        return Ok(angle);
    }
    let half = half(context)?;
    let above = sign(y, context)? == Sign::Positive;
    let half = if above {
        half
    } else {
        half.negated(context.work)?
    };
    Ok(angle.number()?.add(&half, context.work)?.into())
}

/// A hyperbolic function with the value `of_zero` at zero, its only rational value at a
/// rational argument.
fn hyperbolic(
    function: Unary,
    x: &Value,
    of_zero: i64,
    context: &mut Context<'_, '_>,
) -> Result<Value> {
    match x.number()? {
        Number::Exact(zero) if zero.is_zero() => exact(of_zero.into()),
        x => unary(function, x, context),
    }
}

fn atanh(x: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
    if let Number::Exact(q) = x[0].number()?
        && !Number::from(q.absolute())
            .compare(&1.into(), context.work)?
            .is_lt()
    {
        return Err(Fault::domain(
            "only numbers between -1 and 1 are hyperbolic tangents",
        ));
    }
    hyperbolic(Unary::Atanh, &x[0], 0, context)
}

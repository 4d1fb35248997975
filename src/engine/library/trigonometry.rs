//! Trigonometric and hyperbolic functions.

use super::{
    AngleUnit, Context, Function, Group, exact,
    function::Units,
    signature::{Arguments, Domain, NUMBER, Parameter, Refusal, takes},
    unary,
};
use crate::engine::{
    budget::work::Work,
    fault::{Fault, Reason, Result},
    number::{Number, exact::Exact, real::Unary},
};

use Group::{Hyperbolic, Trigonometry};

/// The parameter of `asin`: the sine of an angle.
const SINE: Parameter = NUMBER.within(&[(
    Domain::Within(-1, 1),
    Refusal::domain("a sine is always from -1 to 1"),
)]);

/// The parameter of `acos`: the cosine of an angle.
const COSINE: Parameter = NUMBER.within(&[(
    Domain::Within(-1, 1),
    Refusal::domain("a cosine is always from -1 to 1"),
)]);

/// The parameter of `atanh`: the hyperbolic tangent of a number.
const HYPERBOLIC_TANGENT: Parameter = NUMBER.within(&[(
    Domain::Between(-1, 1),
    Refusal::domain("only numbers between -1 and 1 are hyperbolic tangents"),
)]);

/// The parameter of `acosh`: the hyperbolic cosine of a number.
const HYPERBOLIC_COSINE: Parameter = NUMBER.within(&[(
    Domain::AtLeast(1),
    Refusal::domain("acosh needs a number that is at least 1"),
)]);

pub(super) static TABLE: &[Function] = &[
    Function::new(Trigonometry, &["sin"], "x", takes(&[NUMBER]), |x, c| {
        trigonometric(Unary::Sin, x.number(0), c)
    })
    .units(Units::Angle)
    .summary("the sine")
    .example("sin(0)", "0"),
    Function::new(Trigonometry, &["cos"], "x", takes(&[NUMBER]), |x, c| {
        trigonometric(Unary::Cos, x.number(0), c)
    })
    .units(Units::Angle)
    .summary("the cosine")
    .example("cos(0)", "1"),
    Function::new(Trigonometry, &["tan"], "x", takes(&[NUMBER]), |x, c| {
        trigonometric(Unary::Tan, x.number(0), c)
    })
    .units(Units::Angle)
    .summary("the tangent")
    .domain("cos(x) != 0")
    .example("tan(0)", "0"),
    Function::new(Trigonometry, &["cot"], "x", takes(&[NUMBER]), |x, c| {
        let cosine = trigonometric(Unary::Cos, x.number(0), c)?;
        let sine = trigonometric(Unary::Sin, x.number(0), c)?;
        cosine.div(&sine, c.work)
    })
    .units(Units::Angle)
    .summary("the cotangent")
    .domain("sin(x) != 0")
    .example("cot(pi/4)", "1"),
    Function::new(Trigonometry, &["sec"], "x", takes(&[NUMBER]), |x, c| {
        inverse_of(Unary::Cos, x, c)
    })
    .units(Units::Angle)
    .summary("the secant: 1/cos(x)")
    .domain("cos(x) != 0")
    .example("sec(0)", "1"),
    Function::new(Trigonometry, &["csc"], "x", takes(&[NUMBER]), |x, c| {
        inverse_of(Unary::Sin, x, c)
    })
    .units(Units::Angle)
    .summary("the cosecant: 1/sin(x)")
    .domain("sin(x) != 0")
    .example("csc(pi/2)", "1"),
    Function::new(
        Trigonometry,
        &["asin", "arcsin"],
        "x",
        takes(&[SINE]),
        |x, c| arc(Unary::Asin, x.number(0), c),
    )
    .summary("the angle whose sine is x, from -pi/2 to pi/2")
    .domain("-1 <= x <= 1")
    .example("asin(0)", "0"),
    Function::new(
        Trigonometry,
        &["acos", "arccos"],
        "x",
        takes(&[COSINE]),
        |x, c| arc(Unary::Acos, x.number(0), c),
    )
    .summary("the angle whose cosine is x, from 0 to pi")
    .domain("-1 <= x <= 1")
    .example("acos(1)", "0"),
    Function::new(
        Trigonometry,
        &["atan", "arctan"],
        "x",
        takes(&[NUMBER]),
        |x, c| arc(Unary::Atan, x.number(0), c),
    )
    .summary("the angle whose tangent is x, between -pi/2 and pi/2")
    .example("4 atan(1) - pi", "0"),
    Function::new(
        Trigonometry,
        &["atan2"],
        "y, x",
        takes(&[NUMBER, NUMBER]),
        atan2,
    )
    .summary("the angle of the point (x, y), from -pi to pi")
    .domain("x != 0 or y != 0")
    .example("atan2(0, 1)", "0"),
    Function::new(Trigonometry, &["acot"], "x", takes(&[NUMBER]), |x, c| {
        if x.number(0).exact().is_some_and(Exact::is_zero) {
            return arc(Unary::Acos, x.number(0), c);
        }
        let inverse = inverse(x.number(0), c.work)?;
        arc(Unary::Atan, &inverse, c)
    })
    .weak()
    .aliases(&["arccot", "arccotg"])
    .summary("the angle whose cotangent is x, from -pi/2 to pi/2")
    .example("4 acot(1) - pi", "0"),
    Function::new(Trigonometry, &["asec"], "x", takes(&[SECANT]), |x, c| {
        let cosine = inverse(x.number(0), c.work)?;
        arc(Unary::Acos, &cosine, c)
    })
    .weak()
    .aliases(&["arcsec"])
    .summary("the angle whose secant is x, from 0 to pi")
    .domain("x <= -1 or x >= 1")
    .example("asec(1)", "0"),
    Function::new(Trigonometry, &["acsc"], "x", takes(&[SECANT]), |x, c| {
        let sine = inverse(x.number(0), c.work)?;
        arc(Unary::Asin, &sine, c)
    })
    .weak()
    .aliases(&["arccsc"])
    .summary("the angle whose cosecant is x, from -pi/2 to pi/2")
    .domain("x <= -1 or x >= 1")
    .example("2 acsc(1) - pi", "0"),
    Function::new(Trigonometry, &["degrees"], "x", takes(&[NUMBER]), |x, c| {
        degrees(x.number(0), c.work)
    })
    .summary("an angle of x radians, converted to degrees")
    .example("degrees(pi)", "180"),
    Function::new(Trigonometry, &["radians"], "x", takes(&[NUMBER]), |x, c| {
        radians(x.number(0), c.work)
    })
    .summary("an angle of x degrees, converted to radians")
    .example("radians(180) - pi", "0"),
    Function::new(Hyperbolic, &["sinh"], "x", takes(&[NUMBER]), |x, c| {
        hyperbolic(Unary::Sinh, x.number(0), 0, c)
    })
    .summary("the hyperbolic sine")
    .example("sinh(0)", "0"),
    Function::new(Hyperbolic, &["cosh"], "x", takes(&[NUMBER]), |x, c| {
        hyperbolic(Unary::Cosh, x.number(0), 1, c)
    })
    .summary("the hyperbolic cosine")
    .example("cosh(0)", "1"),
    Function::new(Hyperbolic, &["tanh"], "x", takes(&[NUMBER]), |x, c| {
        hyperbolic(Unary::Tanh, x.number(0), 0, c)
    })
    .summary("the hyperbolic tangent")
    .example("tanh(0)", "0"),
    Function::new(
        Hyperbolic,
        &["asinh", "arsinh"],
        "x",
        takes(&[NUMBER]),
        |x, c| hyperbolic(Unary::Asinh, x.number(0), 0, c),
    )
    .aliases(&["arcsinh"])
    .summary("the number whose hyperbolic sine is x")
    .example("asinh(0)", "0"),
    Function::new(
        Hyperbolic,
        &["acosh", "arcosh"],
        "x",
        takes(&[HYPERBOLIC_COSINE]),
        |x, c| match &x.number(0).settled_at(1, c.work)? {
            Number::Exact(one) if one.is_one() => exact(Exact::ZERO),
            x => unary(Unary::Acosh, x, c),
        },
    )
    .aliases(&["arccosh"])
    .summary("the number >= 0 whose hyperbolic cosine is x")
    .domain("x >= 1")
    .example("acosh(1)", "0"),
    Function::new(
        Hyperbolic,
        &["atanh", "artanh"],
        "x",
        takes(&[HYPERBOLIC_TANGENT]),
        |x, c| {
            let x = x.number(0).settled_at(1, c.work)?.settled_at(-1, c.work)?;
            let is_edge = x.exact().is_some_and(|x| x.absolute().is_one());
            if is_edge {
                return Err(Fault::domain(
                    "only numbers between -1 and 1 are hyperbolic tangents",
                ));
            }
            hyperbolic(Unary::Atanh, &x, 0, c)
        },
    )
    .aliases(&["arctanh"])
    .summary("the number whose hyperbolic tangent is x")
    .domain("-1 < x < 1")
    .example("atanh(0)", "0"),
    Function::new(Hyperbolic, &["coth"], "x", takes(&[NUMBER]), |x, c| {
        let tangent = hyperbolic(Unary::Tanh, x.number(0), 0, c)?;
        inverse(&tangent, c.work)
    })
    .weak()
    .summary("the hyperbolic cotangent: 1/tanh(x)")
    .domain("x != 0")
    .example("coth(1) tanh(1)", "1"),
    Function::new(Hyperbolic, &["sech"], "x", takes(&[NUMBER]), |x, c| {
        let cosine = hyperbolic(Unary::Cosh, x.number(0), 1, c)?;
        inverse(&cosine, c.work)
    })
    .weak()
    .summary("the hyperbolic secant: 1/cosh(x)")
    .example("sech(0)", "1"),
    Function::new(Hyperbolic, &["csch"], "x", takes(&[NUMBER]), |x, c| {
        let sine = hyperbolic(Unary::Sinh, x.number(0), 0, c)?;
        inverse(&sine, c.work)
    })
    .weak()
    .summary("the hyperbolic cosecant: 1/sinh(x)")
    .domain("x != 0")
    .example("csch(1) sinh(1)", "1"),
    Function::new(Hyperbolic, &["acoth"], "x", takes(&[NUMBER]), |x, c| {
        let tangent = inverse(x.number(0), c.work)?;
        inverse_hyperbolic("atanh", &tangent, c)
    })
    .weak()
    .aliases(&["arcoth", "arccoth"])
    .summary("the number whose hyperbolic cotangent is x")
    .domain("x < -1 or x > 1")
    .example("acoth(3) - ln(2)/2", "0"),
    Function::new(Hyperbolic, &["asech"], "x", takes(&[NUMBER]), |x, c| {
        let cosine = inverse(x.number(0), c.work)?;
        inverse_hyperbolic("acosh", &cosine, c)
    })
    .weak()
    .aliases(&["arsech", "arcsech"])
    .summary("the number >= 0 whose hyperbolic secant is x")
    .domain("0 < x <= 1")
    .example("asech(1)", "0"),
    Function::new(Hyperbolic, &["acsch"], "x", takes(&[NUMBER]), |x, c| {
        let sine = inverse(x.number(0), c.work)?;
        hyperbolic(Unary::Asinh, &sine, 0, c)
    })
    .weak()
    .aliases(&["arcsch", "arccsch"])
    .summary("the number whose hyperbolic cosecant is x")
    .domain("x != 0")
    .example("acsch(1) - asinh(1)", "0"),
];

/// The parameter of `asec` and `acsc`.
const SECANT: Parameter = NUMBER.within(&[(
    Domain::Outside(-1, 1),
    Refusal::domain("a secant is never between -1 and 1"),
)]);

/// Returns `1/x`.
fn inverse(x: &Number, work: &mut Work<'_>) -> Result<Number> {
    Number::from(1).div(x, work)
}

/// Calls the inverse hyperbolic function `name`, which tests its argument.
fn inverse_hyperbolic(name: &str, x: &Number, context: &mut Context<'_, '_>) -> Result<Number> {
    let function = super::find(name).expect("the table has it");
    let value = function.call(&[x.clone().into()], context)?;
    value.number().cloned()
}

/// Converts an angle from degrees to radians.
fn radians(x: &Number, work: &mut Work<'_>) -> Result<Number> {
    let unit = Number::pi(work)?.div(&180.into(), work)?;
    x.mul(&unit, work)
}

/// Converts an angle from radians to degrees.
fn degrees(x: &Number, work: &mut Work<'_>) -> Result<Number> {
    let product = x.mul(&180.into(), work)?;
    product.div(&Number::pi(work)?, work)
}

/// Returns the sine, the cosine or the tangent of the angle `x`. `context` has the unit of `x`.
fn trigonometric(function: Unary, x: &Number, context: &mut Context<'_, '_>) -> Result<Number> {
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
        if in_degrees && let Some(value) = rational_value(function, x, work)? {
            return exact(value);
        }
    }
    let angle = if in_degrees {
        radians(x, work)?
    } else {
        x.clone()
    };
    let value = angle.unary(function, work);
    match value {
        Err(fault) if fault.reason == Reason::Undecided && function == Unary::Tan => {
            let cosine = angle.unary(Unary::Cos, work)?.settled(work)?;
            Err(match cosine {
                Number::Exact(_) => no_tangent(),
                Number::Real(_) => fault,
            })
        }
        value => value,
    }
}

/// Returns the fault for the tangent of a right angle.
fn no_tangent() -> Box<Fault> {
    Fault::domain("the tangent has no value where the cosine is 0")
}

/// Returns the value of a function at an angle of `x` degrees, if `x` and the value are rational.
///
/// Only multiples of 30 or 45 degrees have rational values. At all other rational numbers of
/// degrees, the value is irrational (I. Niven, "Irrational numbers", 1956, corollary 3.12).
fn rational_value(function: Unary, x: &Number, work: &mut Work<'_>) -> Result<Option<Exact>> {
    let Some(reduced) = x.modulo(&360.into(), work)?.exact().and_then(Exact::to_i64) else {
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
    Ok(match (function, reduced % 180) {
        (Unary::Sin, _) => sine(reduced),
        (Unary::Cos, _) => sine(reduced + 90),
        (_, 0) => Some(Exact::ZERO),
        (_, 45) => Some(Exact::ONE),
        (_, 135) => Some(Exact::from(-1)),
        (_, 90) => {
            return Err(no_tangent());
        }
        _ => None,
    })
}

/// Returns 1 divided by a trigonometric function of the argument.
fn inverse_of(function: Unary, x: Arguments<'_>, context: &mut Context<'_, '_>) -> Result<Number> {
    let value = trigonometric(function, x.number(0), context)?;
    inverse(&value, context.work)
}

/// Returns the angle whose sine, cosine or tangent is `x`. `context` has the unit of the angle.
fn arc(function: Unary, x: &Number, context: &mut Context<'_, '_>) -> Result<Number> {
    let work = &mut *context.work;
    let x = &match function {
        Unary::Atan => x.clone(),
        _ => x.settled_at(1, work)?.settled_at(-1, work)?,
    };
    let in_degrees = context.angle == AngleUnit::Degree;
    if let Number::Exact(q) = x
        && let Some(degrees) = integer_angle(function, q)
    {
        // The series does not cover a right angle, and the result 0 is exact.
        let degrees = Number::from(degrees);
        return if in_degrees {
            Ok(degrees)
        } else {
            radians(&degrees, work)
        };
    }
    let angle = x.unary(function, work)?;
    if in_degrees {
        degrees(&angle, work)
    } else {
        Ok(angle)
    }
}

/// Returns the angle whose sine, cosine or tangent is `x`, in degrees, if the angle is an integer.
fn integer_angle(function: Unary, x: &Exact) -> Option<i64> {
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

/// Returns the angle of the point (x, y). The first argument is y.
fn atan2(x: Arguments<'_>, context: &mut Context<'_, '_>) -> Result<Number> {
    let (y, x) = (
        &x.number(0).settled(context.work)?,
        &x.number(1).settled(context.work)?,
    );
    let half = |context: &mut Context<'_, '_>| match context.angle {
        AngleUnit::Radian => Number::pi(context.work),
        AngleUnit::Degree => Ok(180.into()),
    };
    let is_zero = |n: &Number| n.exact().is_some_and(Exact::is_zero);
    let sign = |n: &Number, context: &mut Context<'_, '_>| {
        n.order(context.work)?
            .ok_or_else(|| Fault::undecided("the sign of a coordinate"))
    };
    match (is_zero(y), is_zero(x)) {
        (true, true) => return Err(Fault::domain("the point (0, 0) has no angle")),
        (false, true) => {
            let quarter = half(context)?.div(&2.into(), context.work)?;
            let above = sign(y, context)?.is_gt();
            return if above {
                Ok(quarter)
            } else {
                quarter.negated(context.work)
            };
        }
        _ => {}
    }
    let right = sign(x, context)?.is_gt();
    let quotient = y.div(x, context.work)?;
    let angle = arc(Unary::Atan, &quotient, context)?;
    if right {
        return Ok(angle);
    }
    let half = half(context)?;
    let above = sign(y, context)?.is_ge();
    let half = if above {
        half
    } else {
        half.negated(context.work)?
    };
    angle.add(&half, context.work)
}

/// Returns the value of a hyperbolic function at `x`. The value at zero is `of_zero`.
///
/// At all other rational numbers, the value is irrational.
fn hyperbolic(
    function: Unary,
    x: &Number,
    of_zero: i64,
    context: &mut Context<'_, '_>,
) -> Result<Number> {
    match x {
        Number::Exact(zero) if zero.is_zero() => exact(of_zero.into()),
        x => unary(function, x, context),
    }
}

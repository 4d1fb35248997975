//! Quantities: numbers with a unit, and the operators on them.

use std::{cmp::Ordering, fmt, sync::Arc};

use super::{
    Value,
    arithmetic::{comparison, percent, percent_factor},
};
use crate::{
    engine::{
        budget::work::Work,
        fault::{Fault, Reason, Result},
        number::{Number, exact::Exact},
        unit::{self, Exponent, Unit},
    },
    syntax::Binary,
};

/// A number with a unit.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Quantity {
    pub(in crate::engine) number: Number,
    pub(in crate::engine) unit: Unit,
    pub(in crate::engine) kind: Kind,
}

/// How a quantity came about. It decides how products are written, and what a temperature means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Kind {
    /// A unit as it was written, without a number.
    Unit,
    /// A number of units.
    Amount,
    /// The difference of two temperatures, which has no zero point.
    Difference,
}

/// A scale of temperature with a zero point of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scale {
    Celsius,
    Fahrenheit,
}

impl Scale {
    /// Returns the temperature 0 K on this scale, negated and times 100.
    fn hundredths(self) -> i64 {
        match self {
            Self::Celsius => 27_315,
            Self::Fahrenheit => 45_967,
        }
    }

    /// Returns the name of the unit for differences.
    fn difference(self) -> &'static str {
        match self {
            Self::Celsius => "Δ°C",
            Self::Fahrenheit => "Δ°F",
        }
    }

    /// Returns the distance of the scale's zero from 0 K, in units of the scale.
    fn offset(self, work: &mut Work<'_>) -> Result<Number> {
        percent(&self.hundredths().into(), work)
    }
}

/// Returns the unit of the table called `name`.
fn known(name: &str) -> Unit {
    unit::find(name).expect("the table has the name")
}

/// Returns the scale of a unit that consists of degrees of a scale alone.
fn scale(unit: &Unit) -> Option<Scale> {
    let [factor] = unit.factors() else {
        return None;
    };
    if factor.exponent != Exponent::ONE {
        return None;
    }
    match factor.row().name {
        "celsius" => Some(Scale::Celsius),
        "fahrenheit" => Some(Scale::Fahrenheit),
        _ => None,
    }
}

/// The names of SI units that products of coherent units take.
const COHERENT: [&str; 12] = ["N", "Pa", "J", "W", "C", "V", "Ω", "S", "F", "H", "Wb", "T"];

impl Quantity {
    /// Returns the value of `number` units. It is a plain number if there is no unit.
    pub(in crate::engine) fn value(number: Number, unit: Unit, kind: Kind) -> Value {
        if unit.is_none() {
            return number.into();
        }
        Value::Quantity(Arc::new(Self { number, unit, kind }))
    }

    /// Returns the quantity that the name of a unit stands for.
    pub(in crate::engine) fn of_unit(unit: Unit) -> Value {
        Self::value(1.into(), unit, Kind::Unit)
    }

    /// Returns the angle of `number` units called `name`.
    pub(in crate::engine) fn angle(number: Number, name: &str) -> Value {
        Self::value(number, known(name), Kind::Amount)
    }

    /// Whether the quantity is a point on a scale of temperature, such as 20 °C.
    fn scale(&self) -> Option<Scale> {
        scale(&self.unit).filter(|_| self.kind != Kind::Unit)
    }

    /// Returns the number of `unit`s that the quantity is. Fails if they do not measure the same.
    pub(in crate::engine) fn number_of(&self, unit: &Unit, work: &mut Work<'_>) -> Result<Number> {
        if self.unit == *unit {
            return Ok(self.number.clone());
        }
        if !self.unit.is_like(unit) {
            return Err(Fault::new(
                Reason::Unit,
                format!(
                    "{self} cannot be converted to {unit}: {}",
                    two(&self.unit, unit)
                ),
            ));
        }
        let ratio = self.unit.ratio(unit, work)?;
        self.number.mul(&ratio, work)
    }

    /// Returns the plain number that the quantity is, if it has no dimension besides angles.
    pub(in crate::engine) fn plain_number(&self, work: &mut Work<'_>) -> Result<Option<Number>> {
        if !self.unit.dimension().without_angle().is_number() {
            return Ok(None);
        }
        let ratio = self.unit.ratio(&Unit::default(), work)?;
        self.number.mul(&ratio, work).map(Some)
    }

    /// Applies a function of numbers that keeps the unit, such as `abs`.
    pub(in crate::engine) fn map(
        &self,
        work: &mut Work<'_>,
        function: impl FnOnce(&Number, &mut Work<'_>) -> Result<Number>,
    ) -> Result<Value> {
        let number = function(&self.number, work)?;
        Ok(Self::value(
            number,
            self.unit.clone(),
            self.kind_of_amount(),
        ))
    }

    /// Returns the kind of a result in the unit of this quantity.
    fn kind_of_amount(&self) -> Kind {
        match self.kind {
            Kind::Difference => Kind::Difference,
            Kind::Unit | Kind::Amount => Kind::Amount,
        }
    }

    /// Returns the quantity in the coherent units of the SI.
    pub(in crate::engine) fn to_si(&self, work: &mut Work<'_>) -> Result<Value> {
        let mut unit = Unit::default();
        let dimension = self.unit.dimension();
        let symbol = |row: u16| unit::UNITS[usize::from(row)].symbols[0];
        // Masses stand first, as in kg m/s^2.
        let (masses, others): (Vec<_>, Vec<_>) = dimension
            .parts()
            .iter()
            .partition(|(row, _)| symbol(*row) == "g");
        for (row, exponent) in masses.into_iter().chain(others) {
            let symbol = symbol(row);
            let base = known(if symbol == "g" { "kg" } else { symbol });
            (unit, _) = unit.times(&base, exponent, work)?;
        }
        convert(&Value::Quantity(Arc::new(self.clone())), &unit, work)
    }

    /// Returns the power of the quantity.
    pub(in crate::engine) fn power(&self, exponent: &Number, work: &mut Work<'_>) -> Result<Value> {
        self.check_factor()?;
        let small = short_fraction(exponent).ok_or_else(|| self.no_exponent())?;
        let number = self.number.power(exponent, work)?;
        Ok(Self::value(number, self.unit.power(small)?, self.kind))
    }

    /// Returns the unit of the power with this exponent.
    pub(in crate::engine) fn root_unit(&self, exponent: &Number) -> Result<Unit> {
        self.check_factor()?;
        self.unit
            .power(short_fraction(exponent).ok_or_else(|| self.no_exponent())?)
    }

    fn no_exponent(&self) -> Box<Fault> {
        let message = format!("the exponent of {self} must be a short fraction");
        Fault::new(Reason::Unit, message)
    }

    /// Returns the number of degrees that an angle is, if it is exact.
    pub(in crate::engine) fn degrees(&self, work: &mut Work<'_>) -> Result<Option<Number>> {
        let degrees = self.number_of(&known("°"), work)?;
        Ok(degrees.exact().is_some().then_some(degrees))
    }

    /// Returns the number of radians that an angle is.
    pub(in crate::engine) fn radians(&self, work: &mut Work<'_>) -> Result<Number> {
        self.number_of(&known("rad"), work)
    }

    /// Fails if the quantity is a point on a scale of temperature, which cannot be a factor.
    fn check_factor(&self) -> Result<()> {
        if self.scale().is_none() {
            return Ok(());
        }
        let message = format!("{self} is a point on a scale, and cannot be a factor");
        Err(Fault::new(Reason::Unit, message).help(format!("write ({self} to K)")))
    }
}

/// Returns a number as the exponent of a unit.
fn short_fraction(exponent: &Number) -> Option<Exponent> {
    let exact = exponent.exact()?;
    let numerator = i64::try_from(&exact.numerator()).ok()?;
    Exponent::ratio(numerator, i64::try_from(&exact.denominator()).ok()?)
}

/// Returns the unit of the first quantity, or that of a plain number.
pub(in crate::engine) fn first_unit<'v>(mut values: impl Iterator<Item = &'v Value>) -> Unit {
    let unit = values.find_map(|value| match value {
        Value::Quantity(quantity) => Some(quantity.unit.clone()),
        _ => None,
    });
    unit.unwrap_or_default()
}

/// Returns the kind of an amount in the unit of `value`.
pub(in crate::engine) fn kind(value: &Value) -> Kind {
    match value {
        Value::Quantity(quantity) => quantity.kind_of_amount(),
        _ => Kind::Amount,
    }
}

/// Returns the number of `unit`s that a value is. The number 0 has any unit.
pub(in crate::engine) fn number_in(
    value: &Value,
    unit: &Unit,
    work: &mut Work<'_>,
) -> Result<Number> {
    let one = Quantity::value(1.into(), unit.clone(), Kind::Amount);
    alike(&one, value, "compare", work).map(|(_, number, _)| number)
}

impl fmt::Display for Quantity {
    /// Writes the quantity for messages: the number if it is short, and the unit.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number.exact().and_then(Exact::to_i64) {
            Some(number) => write!(f, "{number} {}", self.unit),
            None => write!(f, "a quantity in {}", self.unit),
        }
    }
}

/// Describes what two units measure, as in "a length and a time".
fn two(left: &Unit, right: &Unit) -> String {
    let (left, right) = (measure(left), measure(right));
    format!("{left} and {right}")
}

/// Describes what a unit measures, with an article.
fn measure(unit: &Unit) -> String {
    let dimension = unit.dimension();
    if dimension.is_number() {
        return "a plain number".into();
    }
    match dimension.name() {
        Some(name) if name.starts_with(['a', 'e', 'i', 'o', 'u']) => format!("an {name}"),
        Some(name) => format!("a {name}"),
        None => format!("a quantity in {unit}"),
    }
}

/// Converts a value to `unit`.
pub(in crate::engine) fn convert(value: &Value, unit: &Unit, work: &mut Work<'_>) -> Result<Value> {
    let quantity = quantity(value)?;
    let (mut from, mut to) = (quantity.unit.clone(), unit.clone());
    if let (Some(left), Some(right)) = (as_temperature(&from), as_temperature(&to)) {
        // `C` and `F` are degrees only if both ends can be.
        (from, to) = (left, right);
    }
    let dimension = to.dimension();
    let (left, right) = (scale(&from), scale(&to));
    if (left.is_some() || right.is_some()) && from.dimension() == dimension {
        if quantity.kind == Kind::Difference
            && let Some(scale) = right
        {
            let message = "a difference of temperatures is no point on a scale";
            return Err(
                Fault::new(Reason::Unit, message).help(format!("write to {}", scale.difference()))
            );
        }
        let mut number = quantity.number.clone();
        if let Some(scale) = left {
            number = number.add(&scale.offset(work)?, work)?;
        }
        number = number.mul(&from.ratio(&to, work)?, work)?;
        if let Some(scale) = right {
            number = number.sub(&scale.offset(work)?, work)?;
        }
        return Ok(Quantity::value(number, to, Kind::Amount));
    }
    // Fuel economy: miles per gallon and litres per distance are reciprocal.
    let (before, reciprocal) = (from.dimension(), from.power(Exponent::integer(-1))?);
    if before != dimension && !before.is_number() && reciprocal.dimension() == dimension {
        let number = Number::from(1).div(&quantity.number, work)?;
        let number = number.mul(&reciprocal.ratio(&to, work)?, work)?;
        return Ok(Quantity::value(number, to, Kind::Amount));
    }
    let number = quantity.number_of(&to, work)?;
    Ok(Quantity::value(number, to, quantity.kind_of_amount()))
}

/// Returns the unit of temperature that a unit is or can be: `C` and `F` can be degrees.
fn as_temperature(unit: &Unit) -> Option<Unit> {
    let [factor] = unit.factors() else {
        return None;
    };
    if factor.exponent != Exponent::ONE || factor.prefix != 0 {
        return None;
    }
    match factor.row().name {
        "coulomb" => Some(known("°C")),
        "farad" => Some(known("°F")),
        "celsius" | "fahrenheit" | "kelvin" | "rankine" => Some(unit.clone()),
        _ => None,
    }
}

/// Applies an operator to two values of which at least one is a quantity.
pub(in crate::engine) fn binary(
    operator: Binary,
    left: &Value,
    right: &Value,
    work: &mut Work<'_>,
) -> Result<Value> {
    if let Some(holds) = comparison(operator) {
        let (x, y, _) = alike(left, right, "compare", work)?;
        return x.compare(&y, work).map(|order| holds(order).into());
    }
    match operator {
        Binary::Add => sum(left, right, false, work),
        Binary::Subtract => sum(left, right, true, work),
        Binary::AddPercent | Binary::SubtractPercent => {
            let Value::Quantity(quantity) = left else {
                return Err(right.number().expect_err("it is no number"));
            };
            quantity.check_factor()?;
            let factor = percent_factor(operator, right.number()?, work)?;
            quantity.map(work, |number, work| number.mul(&factor, work))
        }
        Binary::Mixed => mixed(left, right, work),
        Binary::Multiply | Binary::Juxtapose => product(left, right, Exponent::ONE, work),
        Binary::Divide => product(left, right, Exponent::integer(-1), work),
        Binary::Modulo => {
            let (x, y, unit) = alike(left, right, "divide", work)?;
            Ok(Quantity::value(x.modulo(&y, work)?, unit, Kind::Amount))
        }
        Binary::FloorDivide => {
            let (x, y, _) = alike(left, right, "divide", work)?;
            Ok(Number::from(x.quotient(&y, work)?).into())
        }
        Binary::Power => {
            if let Value::Quantity(quantity) = left {
                let plain = match right {
                    Value::Quantity(exponent) => exponent.plain_number(work)?,
                    _ => None,
                };
                match plain {
                    Some(exponent) => quantity.power(&exponent, work),
                    None => quantity.power(right.number()?, work),
                }
            } else {
                let Value::Quantity(exponent) = right else {
                    unreachable!("one of the operands is a quantity")
                };
                match exponent.plain_number(work)? {
                    Some(exponent) => Ok(left.number()?.power(&exponent, work)?.into()),
                    None => Err(right.number().expect_err("it is no number")),
                }
            }
        }
        _ => {
            left.number()?;
            Err(right
                .number()
                .expect_err("one of the operands is a quantity"))
        }
    }
}

/// Returns the numbers of two values in the unit of the left one, and this unit. A plain number is an angle in
/// radians. A literal 0 has any unit.
fn alike(
    left: &Value,
    right: &Value,
    verb: &str,
    work: &mut Work<'_>,
) -> Result<(Number, Number, Unit)> {
    let is_zero = |number: &Number| number.exact().is_some_and(Exact::is_zero);
    match (left, right) {
        (Value::Quantity(x), Value::Number(y)) if is_zero(y) => {
            Ok((x.number.clone(), y.clone(), x.unit.clone()))
        }
        (Value::Number(x), Value::Quantity(y)) if is_zero(x) => {
            Ok((x.clone(), y.number.clone(), y.unit.clone()))
        }
        (Value::Quantity(x), _) => {
            let y = quantity(right)?;
            if !y.unit.is_like(&x.unit) {
                return Err(mismatch(x, &y, verb));
            }
            if scale(&x.unit) != scale(&y.unit) {
                let number = match convert(&Value::Quantity(y), &x.unit, work)? {
                    Value::Quantity(converted) => converted.number.clone(),
                    value => value.number()?.clone(),
                };
                return Ok((x.number.clone(), number, x.unit.clone()));
            }
            Ok((
                x.number.clone(),
                y.number_of(&x.unit, work)?,
                x.unit.clone(),
            ))
        }
        (_, Value::Quantity(y)) => {
            let x = quantity(left)?;
            match y.plain_number(work)? {
                Some(number) => Ok((x.number.clone(), number, Unit::default())),
                None => Err(mismatch(&x, y, verb)),
            }
        }
        _ => Err(left
            .number()
            .and(right.number())
            .expect_err("one of the operands is a quantity")),
    }
}

/// Returns a value as a quantity. A plain number has no unit.
fn quantity(value: &Value) -> Result<Arc<Quantity>> {
    match value {
        Value::Quantity(quantity) => Ok(Arc::clone(quantity)),
        _ => Ok(Arc::new(Quantity {
            number: value.number()?.clone(),
            unit: Unit::default(),
            kind: Kind::Amount,
        })),
    }
}

/// Returns the fault for two quantities that do not measure the same.
fn mismatch(left: &Quantity, right: &Quantity, verb: &str) -> Box<Fault> {
    let describe = |quantity: &Quantity| quantity.to_string().trim_end().to_owned();
    let message = format!(
        "cannot {verb} {} and {}: {}",
        describe(left),
        describe(right),
        two(&left.unit, &right.unit)
    );
    Fault::new(Reason::Unit, message)
}

/// Returns `left + right`, or `left - right`. The result has the unit of the left operand.
fn sum(left: &Value, right: &Value, is_difference: bool, work: &mut Work<'_>) -> Result<Value> {
    let verb = if is_difference { "subtract" } else { "add" };
    if let (Value::Quantity(x), Value::Quantity(y)) = (left, right) {
        match (x.scale(), y.scale()) {
            (Some(_), Some(_)) if !is_difference => {
                let message = "two points on a scale of temperature cannot be added";
                let help = format!("write ({x} to K), or a difference such as 5 Δ°C");
                return Err(Fault::new(Reason::Unit, message).help(help));
            }
            (Some(_), Some(_)) => {
                let kelvin = known("K");
                let absolute = |point: &Arc<Quantity>, work: &mut Work<'_>| {
                    convert(&Value::Quantity(Arc::clone(point)), &kelvin, work)
                };
                let (x, y) = (absolute(x, work)?, absolute(y, work)?);
                let (x, y, unit) = alike(&x, &y, verb, work)?;
                return Ok(Quantity::value(x.sub(&y, work)?, unit, Kind::Difference));
            }
            (Some(point), None) => return moved(x, point, y, is_difference, work),
            (None, Some(point)) if !is_difference => return moved(y, point, x, false, work),
            _ => {}
        }
    }
    let (x, y, unit) = alike(left, right, verb, work)?;
    let number = signed_sum(&x, &y, is_difference, work)?;
    let kind = |value: &Value| match value {
        Value::Quantity(quantity) => quantity.kind == Kind::Difference,
        _ => true,
    };
    let kind = if kind(left) && kind(right) {
        Kind::Difference
    } else {
        Kind::Amount
    };
    Ok(Quantity::value(number, unit, kind))
}

/// Returns the point on a scale of temperature that is `difference` away from `point`.
fn moved(
    point: &Quantity,
    scale: Scale,
    difference: &Quantity,
    is_below: bool,
    work: &mut Work<'_>,
) -> Result<Value> {
    if difference.unit.dimension() != point.unit.dimension() {
        return Err(mismatch(
            point,
            difference,
            if is_below { "subtract" } else { "add" },
        ));
    }
    let distance = difference.number_of(&known(scale.difference()), work)?;
    point.map(work, |number, work| {
        signed_sum(number, &distance, is_below, work)
    })
}

/// Returns `x + y`, or `x - y` if `is_difference`.
fn signed_sum(x: &Number, y: &Number, is_difference: bool, work: &mut Work<'_>) -> Result<Number> {
    if is_difference {
        x.sub(y, work)
    } else {
        x.add(y, work)
    }
}

/// Returns `left * right^exponent`. The exponent is 1 or -1.
fn product(left: &Value, right: &Value, exponent: Exponent, work: &mut Work<'_>) -> Result<Value> {
    if let (Value::Number(number), Value::Quantity(unit)) = (left, right)
        && unit.kind == Kind::Unit
        && exponent == Exponent::ONE
        && is_one(&unit.number)
    {
        return Ok(Quantity::value(
            number.clone(),
            unit.unit.clone(),
            Kind::Amount,
        ));
    }
    let (x, y) = (quantity(left)?, quantity(right)?);
    x.check_factor()?;
    y.check_factor()?;
    let (unit, factor) = x.unit.times(&y.unit, exponent, work)?;
    let mut number = if exponent == Exponent::ONE {
        x.number.mul(&y.number, work)?
    } else {
        x.number.div(&y.number, work)?
    };
    if !is_one(&factor) {
        number = number.mul(&factor, work)?;
    }
    if unit.factors().len() > 1 && unit.dimension().is_number() {
        // The units cancel, as in `50 Hz * 2 s`.
        let ratio = unit.ratio(&Unit::default(), work)?;
        return Ok(number.mul(&ratio, work)?.into());
    }
    let is_unit = |value: &Value| matches!(value, Value::Quantity(it) if it.kind == Kind::Unit);
    let is_amount = |value: &Value| matches!(value, Value::Quantity(it) if it.kind != Kind::Unit);
    let kind = if is_unit(left) && is_unit(right) {
        Kind::Unit
    } else {
        Kind::Amount
    };
    if is_amount(left) && is_amount(right) {
        return Ok(Quantity::value(number, coherent(unit), kind));
    }
    Ok(Quantity::value(number, unit, kind))
}

fn is_one(number: &Number) -> bool {
    number.exact().is_some_and(Exact::is_one)
}

/// Returns the named unit that a product of coherent units of the SI is, such as N for kg m/s^2.
///
/// A product of metres and seconds, or of newtons and metres, stays: torque is not an energy.
fn coherent(unit: Unit) -> Unit {
    let factors = unit.factors();
    let symbol = |factor: &unit::Factor| factor.row().symbols.first().copied().unwrap_or_default();
    let kilo = known("kg").factors()[0].prefix;
    let is_coherent = |factor: &unit::Factor| {
        let row = factor.row();
        let prefix = if row.name == "gram" { kilo } else { 0 };
        row.source == "SI" && row.factor.len() <= 1 && factor.prefix == prefix
    };
    let is_kept = |kept: [&str; 2]| factors.iter().all(|it| kept.contains(&symbol(it)));
    if factors.len() < 2
        || !factors.iter().all(is_coherent)
        || is_kept(["m", "s"])
        || is_kept(["N", "m"])
    {
        return unit;
    }
    let dimension = unit.dimension();
    let mut named = COHERENT.iter().map(|name| known(name));
    named
        .find(|named| named.dimension() == dimension)
        .unwrap_or(unit)
}

/// Returns the fault for a number directly behind a name that is no unit.
pub(in crate::engine) fn not_mixed() -> Box<Fault> {
    Fault::new(
        Reason::Syntax,
        "expected an operator before the second number",
    )
    .help("only the units of a mixed quantity, such as 5 ft 10 in, need none")
}

/// Returns the sum of a mixed quantity such as `5 ft 10 in`, with the sign of its left operand.
fn mixed(left: &Value, right: &Value, work: &mut Work<'_>) -> Result<Value> {
    let (Value::Quantity(x), Value::Quantity(y)) = (left, right) else {
        return Err(not_mixed());
    };
    let y = minutes_of_arc(x, y);
    if x.unit.dimension() != y.unit.dimension() || x.scale().is_some() {
        return Err(mismatch(x, &y, "put together"));
    }
    let one = Quantity {
        number: 1.into(),
        unit: y.unit.clone(),
        kind: Kind::Amount,
    };
    let smaller = one.number_of(&x.unit, work)?;
    let part = y.number_of(&x.unit, work)?;
    if smaller.compare(&1.into(), work)?.is_ge() || part.compare(&1.into(), work)?.is_ge() {
        let message = format!("{y} is not a part of 1 {}", x.unit);
        return Err(Fault::new(Reason::Unit, message)
            .help("write + for a sum, or shrinking units as in 5 ft 10 in"));
    }
    let is_negative = x.number.order(work)?.is_some_and(Ordering::is_lt);
    x.map(work, |number, work| {
        signed_sum(number, &part, is_negative, work)
    })
}

/// Returns `part` in minutes or seconds of arc if it is written behind degrees with the sign of feet or inches.
fn minutes_of_arc(whole: &Quantity, part: &Arc<Quantity>) -> Arc<Quantity> {
    let name = |unit: &Unit| match unit.factors() {
        [factor] if factor.prefix == 0 => factor.row().name,
        _ => "",
    };
    let unit = match (name(&whole.unit), name(&part.unit)) {
        ("degree", "foot") => "arcmin",
        ("degree" | "arcminute", "inch") => "arcsec",
        _ => return Arc::clone(part),
    };
    Arc::new(Quantity {
        unit: known(unit),
        ..Quantity::clone(part)
    })
}

/// Returns the unit that a conversion has as its target.
pub(in crate::engine) fn target(value: &Value) -> Result<&Unit> {
    match value {
        Value::Quantity(quantity) if is_one(&quantity.number) => Ok(&quantity.unit),
        _ => Err(
            Fault::new(Reason::Unit, "the target of a conversion must be a unit")
                .help("write a unit without a number, as in to km/h"),
        ),
    }
}

/// Splits a quantity into a whole number of each unit, the largest first, and the rest in the last unit.
pub(in crate::engine) fn split(
    quantity: &Quantity,
    units: &[Unit],
    work: &mut Work<'_>,
) -> Result<Vec<Quantity>> {
    let mut rest = quantity.map(work, Number::absolute)?;
    let mut parts = Vec::new();
    for (index, unit) in units.iter().enumerate() {
        let number = number_in(&rest, unit, work)?;
        let part = if index + 1 < units.len() {
            let whole = Number::from(number.floor(work)?);
            rest = Quantity::value(number.sub(&whole, work)?, unit.clone(), Kind::Amount);
            whole
        } else {
            number
        };
        parts.push(Quantity {
            number: part,
            unit: unit.clone(),
            kind: Kind::Amount,
        });
    }
    Ok(parts)
}

//! The type of a built-in function. Each row of the tables of functions has this type.

use smallvec::SmallVec;

use super::signature::{Arguments, Signature};
use crate::{
    engine::{
        budget::work::Work,
        fault::{Fault, Reason, Result},
        number::Number,
        value::{
            Presented, Value,
            quantity::{self, Quantity},
        },
    },
    syntax::Reading,
};

/// A built-in function: its names, its signature, its body and its documentation.
#[derive(Debug)]
pub struct Function {
    /// The names of the function. Messages use the first name.
    pub names: &'static [&'static str],
    /// The names that the function has in other calculators. A line can bind them.
    pub aliases: &'static [&'static str],
    /// Whether a line can bind the names of the function.
    is_weak: bool,
    /// The text of the parameters in help. `...` stands for any number of further arguments.
    pub parameters: &'static str,
    /// The condition on the arguments, as text for help. It is empty if every number is allowed.
    pub domain: &'static str,
    /// A description of the function in one line.
    pub summary: &'static str,
    /// A line that calls the function, and the answer to this line.
    pub example: (&'static str, &'static str),
    /// The group in which help lists the function.
    pub group: Group,
    /// How a call is read, if not everybody expects it.
    reading: Option<CallReading>,
    signature: Signature,
    body: Body,
    units: Units,
}

/// The treatment of units in the arguments of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Units {
    /// The arguments are plain numbers.
    Plain,
    /// The first argument may have a unit, which the result has too.
    First,
    /// All arguments may have units of one dimension. The result has the unit of the first one.
    All,
    /// The argument is an angle.
    Angle,
    /// The result is a power of the first argument with this reciprocal exponent; 0 if the exponent is the
    /// second argument.
    Root(i16),
}

/// How the call of a function is read: as the text `before`, the arguments in parentheses and the
/// text `behind`.
#[derive(Clone, Copy, Debug)]
pub(in crate::engine) struct CallReading {
    pub(in crate::engine) kind: Reading,
    pub(in crate::engine) before: &'static str,
    pub(in crate::engine) behind: &'static str,
    /// The number of arguments of such a call, or `None` for any number.
    pub(in crate::engine) arguments: Option<usize>,
}

/// The code of a function. There is a variant for each kind of result.
#[derive(Debug)]
enum Body {
    Number(fn(Arguments<'_>, &mut Context<'_, '_>) -> Result<Number>),
    Presented(fn(Arguments<'_>, &mut Context<'_, '_>) -> Result<Presented>),
}

/// The groups of functions, by subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Roots, powers, signs and rounding.
    Numbers,
    /// Exponential functions and logarithms.
    Exponential,
    /// Trigonometric functions, and conversions of angles.
    Trigonometry,
    /// Hyperbolic functions.
    Hyperbolic,
    /// Divisors, primes and counting.
    Integers,
    /// Functions of the bits of integers.
    Bits,
    /// Functions of several numbers, and the choice with `if`.
    Several,
}

impl Group {
    /// All groups, in the order in which help and docs list them.
    pub const ALL: [Self; 7] = [
        Self::Numbers,
        Self::Exponential,
        Self::Trigonometry,
        Self::Hyperbolic,
        Self::Integers,
        Self::Bits,
        Self::Several,
    ];

    /// Returns the heading of the group. The overview in help shows only its first word.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Numbers => "Roots, powers, signs and rounding",
            Self::Exponential => "Exponential functions and logarithms",
            Self::Trigonometry => "Angles",
            Self::Hyperbolic => "Hyperbolic functions",
            Self::Integers => "Divisors, primes and counting",
            Self::Bits => "Integers as bits",
            Self::Several => "Aggregates of several numbers, and the choice with if",
        }
    }
}

/// The unit of the angles that trigonometric functions accept and return.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AngleUnit {
    /// Radians: a full turn is 2 pi.
    #[default]
    Radian,
    /// Degrees: a full turn is 360.
    Degree,
}

/// The data that a function can use in addition to its arguments.
pub(in crate::engine) struct Context<'c, 'w> {
    /// The work budget of the line.
    pub(in crate::engine) work: &'c mut Work<'w>,
    /// The unit of angles.
    pub(in crate::engine) angle: AngleUnit,
}

impl Function {
    /// Creates a row of the table. The body returns a number.
    pub(super) const fn new(
        group: Group,
        names: &'static [&'static str],
        parameters: &'static str,
        signature: Signature,
        body: fn(Arguments<'_>, &mut Context<'_, '_>) -> Result<Number>,
    ) -> Self {
        Self::row(group, names, parameters, signature, Body::Number(body))
    }

    /// Creates a row of the table. The body returns a value of any kind and its presentation.
    pub(super) const fn presented(
        group: Group,
        names: &'static [&'static str],
        parameters: &'static str,
        signature: Signature,
        body: fn(Arguments<'_>, &mut Context<'_, '_>) -> Result<Presented>,
    ) -> Self {
        Self::row(group, names, parameters, signature, Body::Presented(body))
    }

    const fn row(
        group: Group,
        names: &'static [&'static str],
        parameters: &'static str,
        signature: Signature,
        body: Body,
    ) -> Self {
        Self {
            names,
            aliases: &[],
            is_weak: false,
            reading: None,
            parameters,
            domain: "",
            summary: "",
            example: ("", ""),
            group,
            signature,
            body,
            units: Units::Plain,
        }
    }

    /// Returns the same row for a function whose arguments can have units.
    pub(super) const fn units(mut self, units: Units) -> Self {
        self.units = units;
        self
    }

    /// Returns the same row with a description.
    pub(super) const fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// Returns the same row with the condition on its arguments.
    pub(super) const fn domain(mut self, domain: &'static str) -> Self {
        self.domain = domain;
        self
    }

    /// Returns the same row with an example.
    pub(super) const fn example(mut self, line: &'static str, answer: &'static str) -> Self {
        self.example = (line, answer);
        self
    }

    /// Returns the same row with the names of other calculators.
    pub(super) const fn aliases(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Returns the same row for a function whose names a line can bind.
    pub(super) const fn weak(mut self) -> Self {
        self.is_weak = true;
        self
    }

    /// Returns the same row with the reading of a call: the text before and behind its arguments.
    pub(super) const fn read_as(
        mut self,
        kind: Reading,
        before: &'static str,
        behind: &'static str,
    ) -> Self {
        self.reading = Some(CallReading {
            kind,
            before,
            behind,
            arguments: None,
        });
        self
    }

    /// Returns the same row with the reading of a call with a single argument.
    pub(super) const fn read_alone_as(mut self, kind: Reading, name: &'static str) -> Self {
        self.reading = Some(CallReading {
            kind,
            before: name,
            behind: "",
            arguments: Some(1),
        });
        self
    }

    /// Returns all names of the function.
    pub fn all_names(&self) -> impl Iterator<Item = &'static str> {
        self.names.iter().chain(self.aliases).copied()
    }

    /// Whether a line can bind `name`, which is a name of the function.
    pub(in crate::engine) fn can_be_hidden(&self, name: &str) -> bool {
        self.is_weak || self.aliases.contains(&name)
    }

    /// Returns how a call with this number of arguments is read, if not everybody expects it.
    pub(in crate::engine) fn reading(&self, arguments: usize) -> Option<CallReading> {
        self.reading
            .filter(|reading| reading.arguments.is_none_or(|count| count == arguments))
    }

    /// Whether a call can have a single argument.
    #[must_use]
    pub fn takes_one_argument(&self) -> bool {
        self.signature.takes_count(1)
    }

    /// Returns the form of a call, such as `root(x, n)`.
    #[must_use]
    pub fn usage(&self) -> String {
        format!("{}({})", self.names[0], self.parameters)
    }

    /// Calls the function. Returns a fault for values that the signature does not accept.
    pub(in crate::engine) fn call(
        &self,
        values: &[Presented],
        context: &mut Context<'_, '_>,
    ) -> Result<Presented> {
        if !self.signature.takes_count(values.len()) {
            return Err(
                wrong_arity(self.names[0], self.signature.arity(), values.len())
                    .help(format!("write {}", self.usage())),
            );
        }
        if values
            .iter()
            .any(|value| matches!(value.value, Value::Quantity(_)))
        {
            return self.call_with_units(values, context);
        }
        // An argument that must be exact may be a real that is known to be rational.
        let mut simplified: SmallVec<[Presented; 3]>;
        let mut values = values;
        if self.signature.needs_exact(values) {
            simplified = SmallVec::with_capacity(values.len());
            for value in values {
                simplified.push(match &value.value {
                    Value::Number(number) => number.simplified(context.work)?.into(),
                    Value::Truth(_) | Value::Quantity(_) => value.clone(),
                });
            }
            values = &simplified;
        }
        let arguments = self.signature.accept(values, context.work)?;
        match self.body {
            Body::Number(body) => body(arguments, context).map(Presented::from),
            Body::Presented(body) => body(arguments, context),
        }
    }
}

impl Function {
    /// Calls the function with arguments of which at least one is a quantity.
    fn call_with_units(
        &self,
        values: &[Presented],
        context: &mut Context<'_, '_>,
    ) -> Result<Presented> {
        let mut numbers: SmallVec<[Presented; 3]> = SmallVec::new();
        match (self.units, &values[0].value) {
            (Units::Angle, Value::Quantity(angle)) => {
                // A degree and its parts are exact as degrees.
                let (number, unit) = match angle.degrees(context.work)? {
                    Some(degrees) => (degrees, AngleUnit::Degree),
                    None => (angle.radians(context.work)?, AngleUnit::Radian),
                };
                let mut context = Context {
                    work: &mut *context.work,
                    angle: unit,
                };
                return self.call(&[number.into()], &mut context);
            }
            (Units::First | Units::All, first) => {
                let unit = quantity::first_unit(values.iter().map(|value| &value.value));
                for (index, value) in values.iter().enumerate() {
                    numbers.push(match &value.value {
                        Value::Number(_) if index > 0 && self.units == Units::First => {
                            value.clone()
                        }
                        value => quantity::number_in(value, &unit, context.work)?.into(),
                    });
                }
                let result = self.call(&numbers, context)?;
                let kind = quantity::kind(first);
                return match result.value {
                    Value::Number(number) => Ok(Quantity::value(number, unit, kind).into()),
                    _ => Ok(result),
                };
            }
            (Units::Root(degree), Value::Quantity(first)) => {
                let degree = match degree {
                    0 => values[1].number()?.clone(),
                    degree => i64::from(degree).into(),
                };
                let exponent = Number::from(1).div(&degree, context.work)?;
                let unit = first.root_unit(&exponent)?;
                numbers.push(first.number.clone().into());
                numbers.extend(values[1..].iter().cloned());
                let result = self.call(&numbers, context)?;
                let number = result.number()?.clone();
                return Ok(Quantity::value(number, unit, quantity::kind(&values[0].value)).into());
            }
            _ => {}
        }
        for value in values {
            numbers.push(match &value.value {
                Value::Quantity(quantity) => {
                    if let Some(number) = quantity.plain_number(context.work)? {
                        number.into()
                    } else {
                        let message =
                            format!("'{}' takes plain numbers, found {quantity}", self.names[0]);
                        let help = format!("divide by 1 {} to get the number", quantity.unit);
                        return Err(Fault::new(Reason::Unit, message).help(help));
                    }
                }
                _ => value.clone(),
            });
        }
        self.call(&numbers, context)
    }
}

/// Returns the fault for a call with a wrong number of arguments.
///
/// `arity` is the minimum and the maximum number of arguments. The call has `found` arguments.
pub(in crate::engine) fn wrong_arity(
    name: &str,
    arity: (usize, usize),
    found: usize,
) -> Box<Fault> {
    let takes = match arity {
        (least, usize::MAX) => format!("{least} or more arguments"),
        (1, 1) => "1 argument".into(),
        (least, most) if least == most => format!("{least} arguments"),
        (least, most) => format!("{least} to {most} arguments"),
    };
    Fault::new(
        Reason::Arity,
        format!("'{name}' takes {takes}, found {found}"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::{DOUBLE_FACTORIAL, all};

    /// Help writes the parameters of a function, and its signature takes as many.
    #[test]
    fn parameters_fit_the_arity() {
        for function in all().chain([&DOUBLE_FACTORIAL]) {
            let (least, most) = function.signature.arity();
            let parameters: Vec<_> = function.parameters.split(", ").collect();
            let usage = function.usage();
            match parameters.split_last() {
                Some((&"...", named)) => {
                    assert_eq!(most, usize::MAX, "{usage}");
                    assert!(named.len() >= least, "{usage}");
                }
                _ => assert_eq!(parameters.len(), most, "{usage}"),
            }
        }
    }
}

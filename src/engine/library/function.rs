//! A built-in function: a row of the table.

use super::signature::{Arguments, Signature};
use crate::engine::{
    budget::work::Work,
    fault::{Fault, Reason, Result},
    number::Number,
    value::Presented,
};

/// A built-in function: its names, its signature, its body and its documentation.
#[derive(Debug)]
pub struct Function {
    /// The names that call it; the first is the one that messages use.
    pub names: &'static [&'static str],
    /// The parameters as they are written in help; `...` stands for any number more.
    pub parameters: &'static str,
    /// The condition on the arguments, or empty where every number is taken.
    pub domain: &'static str,
    /// A description in one line.
    pub summary: &'static str,
    /// A line that calls it, and the answer.
    pub example: (&'static str, &'static str),
    /// The subject.
    pub group: Group,
    signature: Signature,
    body: Body,
}

/// The code of a function, by the kind of its result.
#[derive(Debug)]
enum Body {
    Number(fn(Arguments<'_>, &mut Context<'_, '_>) -> Result<Number>),
    Presented(fn(Arguments<'_>, &mut Context<'_, '_>) -> Result<Presented>),
}

/// The subjects of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Roots, powers, signs and rounding.
    Numbers,
    /// Exponential functions and logarithms.
    Exponential,
    /// Angles.
    Trigonometry,
    /// Hyperbolic functions.
    Hyperbolic,
    /// Divisors, primes and counting.
    Integers,
    /// Integers as bits.
    Bits,
    /// Functions of several numbers, and choice.
    Several,
}

impl Group {
    /// Every group, in the order in which they are listed.
    pub const ALL: [Self; 7] = [
        Self::Numbers,
        Self::Exponential,
        Self::Trigonometry,
        Self::Hyperbolic,
        Self::Integers,
        Self::Bits,
        Self::Several,
    ];

    /// The heading of the group.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Numbers => "Roots, powers, signs and rounding",
            Self::Exponential => "Exponential functions and logarithms",
            Self::Trigonometry => "Angles",
            Self::Hyperbolic => "Hyperbolic functions",
            Self::Integers => "Divisors, primes and counting",
            Self::Bits => "Integers as bits",
            Self::Several => "Several numbers to one, and choice",
        }
    }
}

/// The unit of a bare number that a trigonometric function takes or returns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AngleUnit {
    /// A full turn is 2 pi.
    #[default]
    Radian,
    /// A full turn is 360.
    Degree,
}

/// Everything that a function may use beside its arguments.
pub(in crate::engine) struct Context<'c, 'w> {
    /// The budget of the line.
    pub(in crate::engine) work: &'c mut Work<'w>,
    /// The unit of angles without one.
    pub(in crate::engine) angle: AngleUnit,
}

impl Function {
    /// A row whose body returns a number.
    pub(super) const fn new(
        group: Group,
        names: &'static [&'static str],
        parameters: &'static str,
        signature: Signature,
        body: fn(Arguments<'_>, &mut Context<'_, '_>) -> Result<Number>,
    ) -> Self {
        Self::row(group, names, parameters, signature, Body::Number(body))
    }

    /// A row whose body returns any kind of value, perhaps with a presentation.
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
            parameters,
            domain: "",
            summary: "",
            example: ("", ""),
            group,
            signature,
            body,
        }
    }

    /// The same row with a description.
    pub(super) const fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    /// The same row with the condition on its arguments.
    pub(super) const fn domain(mut self, domain: &'static str) -> Self {
        self.domain = domain;
        self
    }

    /// The same row with an example.
    pub(super) const fn example(mut self, line: &'static str, answer: &'static str) -> Self {
        self.example = (line, answer);
        self
    }

    /// Returns the call as it is written: `root(x, n)`.
    #[must_use]
    pub fn usage(&self) -> String {
        format!("{}({})", self.names[0], self.parameters)
    }

    /// Calls the function. The signature refuses values that the body does not take.
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
        let arguments = self.signature.accept(values, context.work)?;
        match self.body {
            Body::Number(body) => body(arguments, context).map(Presented::from),
            Body::Presented(body) => body(arguments, context),
        }
    }
}

/// Returns the fault of a call with `found` arguments of a function that takes `arity` of them,
/// the fewest and the most.
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

//! The built-in functions: one table that feeds evaluation, help, completion and docs.

mod aggregates;
mod elementary;
mod integers;
mod logarithm;

use std::{collections::HashMap, sync::LazyLock};

pub(super) use self::integers::{double_factorial, factorial};
use super::{
    budget::work::Work,
    fault::{Fault, Reason, Result},
    value::Value,
};

/// A built-in function as its user sees it.
#[derive(Debug)]
pub struct Function {
    /// What it is called; the first is the name that messages use.
    pub names: &'static [&'static str],
    /// Its parameters, as they are written; `...` stands for any number more.
    pub parameters: &'static str,
    /// What the arguments may be, where not every number will do.
    pub domain: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
    /// A line to try, and what it answers.
    pub example: (&'static str, &'static str),
    /// What it is about.
    pub group: Group,
    /// The fewest arguments it takes, and the most.
    arity: (usize, usize),
    apply: Apply,
}

type Apply = fn(&[Value], &mut Context<'_, '_>) -> Result<Value>;

/// What functions are about.
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
    /// Several numbers to one.
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

    /// What it is called.
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

/// What a bare number means to trigonometric functions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AngleUnit {
    /// A full turn is 2 pi.
    #[default]
    Radian,
    /// A full turn is 360.
    Degree,
}

/// What functions need beside their arguments.
pub(super) struct Context<'c, 'w> {
    pub(super) work: &'c mut Work<'w>,
    pub(super) angle: AngleUnit,
}

impl Function {
    const fn new(
        group: Group,
        names: &'static [&'static str],
        parameters: &'static str,
        arity: (usize, usize),
        apply: Apply,
    ) -> Self {
        Self {
            names,
            parameters,
            domain: "",
            summary: "",
            example: ("", ""),
            group,
            arity,
            apply,
        }
    }

    const fn summary(mut self, summary: &'static str) -> Self {
        self.summary = summary;
        self
    }

    const fn domain(mut self, domain: &'static str) -> Self {
        self.domain = domain;
        self
    }

    const fn example(mut self, line: &'static str, answer: &'static str) -> Self {
        self.example = (line, answer);
        self
    }

    /// How it is called: `root(x, n)`.
    #[must_use]
    pub fn usage(&self) -> String {
        format!("{}({})", self.names[0], self.parameters)
    }

    pub(super) fn call(&self, arguments: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
        let (least, most) = self.arity;
        if !(least..=most).contains(&arguments.len()) {
            return Err(wrong_arity(self.names[0], self.arity, arguments.len())
                .help(format!("write {}", self.usage())));
        }
        (self.apply)(arguments, context)
    }
}

/// A function called `name` that takes `arity` arguments was given `found`.
pub(super) fn wrong_arity(name: &str, arity: (usize, usize), found: usize) -> Box<Fault> {
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

/// Every built-in function, by group.
pub fn all() -> impl Iterator<Item = &'static Function> {
    elementary::TABLE
        .iter()
        .chain(&integers::TABLE)
        .chain(&aggregates::TABLE)
}

/// The function called `name`.
#[must_use]
pub fn find(name: &str) -> Option<&'static Function> {
    static BY_NAME: LazyLock<HashMap<&str, &Function>> = LazyLock::new(|| {
        let named =
            |function: &'static Function| function.names.iter().map(move |name| (*name, function));
        all().flat_map(named).collect()
    });
    BY_NAME.get(name).copied()
}

/// No upper bound of a number of arguments.
const ANY: usize = usize::MAX;

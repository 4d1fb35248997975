//! The built-in constants. Evaluation, help and completion use the same table.

use crate::engine::{
    budget::work::Work,
    fault::Result,
    number::{Number, real::Unary},
};

/// A built-in constant: a number with a name and a description.
pub(in crate::engine) struct Constant {
    name: &'static str,
    summary: &'static str,
    value: fn(&mut Work<'_>) -> Result<Number>,
}

static TABLE: &[Constant] = &[
    Constant {
        name: "pi",
        summary: "the circumference of a circle of diameter 1",
        value: pi,
    },
    Constant {
        name: "π",
        summary: "pi",
        value: pi,
    },
    Constant {
        name: "tau",
        summary: "2 pi",
        value: tau,
    },
    Constant {
        name: "τ",
        summary: "tau",
        value: tau,
    },
    Constant {
        name: "e",
        summary: "the base of the natural logarithm",
        value: |work| Number::from(1).unary(Unary::Exp, work),
    },
    Constant {
        name: "phi",
        summary: "the golden ratio, (1 + √5)/2",
        value: phi,
    },
    Constant {
        name: "φ",
        summary: "phi",
        value: phi,
    },
];

/// The names of the built-in constants, each with its description.
pub static CONSTANTS: [(&str, &str); TABLE.len()] = {
    let mut names = [("", ""); TABLE.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = (TABLE[index].name, TABLE[index].summary);
        index += 1;
    }
    names
};

impl Constant {
    /// Returns the constant called `name`.
    pub(in crate::engine) fn find(name: &str) -> Option<&'static Self> {
        TABLE.iter().find(|constant| constant.name == name)
    }

    /// Returns the value of the constant: a real that can be refined.
    pub(in crate::engine) fn value(&self, work: &mut Work<'_>) -> Result<Number> {
        (self.value)(work)
    }
}

fn pi(work: &mut Work<'_>) -> Result<Number> {
    Number::pi(work)
}

fn tau(work: &mut Work<'_>) -> Result<Number> {
    Number::pi(work)?.mul(&2.into(), work)
}

fn phi(work: &mut Work<'_>) -> Result<Number> {
    let root = Number::from(5).unary(Unary::SquareRoot, work)?;
    root.add(&1.into(), work)?.div(&2.into(), work)
}

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
    /// The digits of a number word, which a line can bind to another value.
    word: Option<&'static str>,
}

/// Creates a row of the table for a name that no line can bind.
const fn constant(
    name: &'static str,
    summary: &'static str,
    value: fn(&mut Work<'_>) -> Result<Number>,
) -> Constant {
    Constant {
        name,
        summary,
        value,
        word: None,
    }
}

/// Creates a row of the table for a word that is a factor, as in `3 million`.
const fn number_word(
    name: &'static str,
    digits: &'static str,
    value: fn(&mut Work<'_>) -> Result<Number>,
) -> Constant {
    Constant {
        name,
        summary: digits,
        value,
        word: Some(digits),
    }
}

static TABLE: &[Constant] = &[
    constant("pi", "the circumference of a circle of diameter 1", pi),
    constant("π", "pi", pi),
    constant("tau", "2 pi", tau),
    constant("τ", "tau", tau),
    constant("e", "the base of the natural logarithm", |work| {
        Number::from(1).unary(Unary::Exp, work)
    }),
    constant("phi", "the golden ratio, (1 + √5)/2", phi),
    constant("φ", "phi", phi),
    number_word("dozen", "12", |_| Ok(12.into())),
    number_word("hundred", "100", |_| Ok(100.into())),
    number_word("thousand", "1000", |_| Ok(1000.into())),
    number_word("million", "1000000", |_| Ok(1_000_000.into())),
    number_word("billion", "1000000000", |_| Ok(1_000_000_000.into())),
    number_word(
        "trillion",
        "1000000000000",
        |_| Ok(1_000_000_000_000.into()),
    ),
];

/// Returns the digits of the factor that `name` is directly behind a literal, as in `50k`.
pub(in crate::engine) fn magnitude(name: &str) -> &'static str {
    match name {
        "k" => "1000",
        _ => "1000000",
    }
}

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

    /// Returns the digits of a number word, or `None` for another constant. A line can bind the name
    /// of a number word.
    pub(in crate::engine) fn word(&self) -> Option<&'static str> {
        self.word
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

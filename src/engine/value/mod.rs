//! The values of expressions, and how they are presented.

pub(super) mod arithmetic;
mod presentation;

pub(super) use self::presentation::{Factorization, Presentation, Presented};
use super::{
    fault::{Fault, Reason, Result},
    number::Number,
};

/// A value of the language. Small numbers need no allocation.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Number(Number),
    Truth(Truth),
}

/// A truth value, of which a primality test may be unsure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Truth {
    pub(super) value: bool,
    /// Whether the value is proven.
    pub(super) certain: bool,
}

impl From<Number> for Value {
    fn from(number: Number) -> Self {
        Self::Number(number)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Truth(Truth {
            value,
            certain: true,
        })
    }
}

impl Value {
    /// Returns the number, or refuses another kind of value.
    #[inline]
    pub(super) fn number(&self) -> Result<&Number> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Truth(truth) => Err(Fault::new(
                Reason::Type,
                format!("'{}' stands where a number belongs", truth.value),
            )
            .help("if(condition, 1, 0) makes a number of a condition")),
        }
    }

    /// Returns the truth value, or refuses another kind of value.
    pub(super) fn truth(&self) -> Result<bool> {
        match self {
            Self::Truth(truth) => Ok(truth.value),
            Self::Number(_) => Err(Fault::new(
                Reason::Type,
                "a number stands where true or false belongs",
            )
            .help("write a comparison, as in x != 0")),
        }
    }

    /// Bytes on the heap, without those of reals, which share their parts.
    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::Number(number) => number.heap_bytes(),
            Self::Truth(_) => 0,
        }
    }
}

//! The values of expressions, and their presentations.

pub(super) mod arithmetic;
mod conversion;
mod presentation;
pub(super) mod quantity;

pub(super) use self::{
    conversion::convert,
    presentation::{Converted, Factorization, Presentation, Presented, Rounding},
};
use std::sync::Arc;

use self::quantity::Quantity;
use super::{
    fault::{Fault, Reason, Result},
    number::Number,
};

/// A value of the language. Small numbers need no allocation.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Number(Number),
    Truth(Truth),
    Quantity(Arc<Quantity>),
}

/// A truth value. The result of a primality test may be uncertain.
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
    /// Returns the number, or a fault if the value is not a number.
    #[inline]
    pub(super) fn number(&self) -> Result<&Number> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Truth(truth) => Err(Fault::new(
                Reason::Type,
                format!("'{}' is used where a number is expected", truth.value),
            )
            .help("use if(condition, 1, 0) to convert a condition to a number")),
            Self::Quantity(quantity) => Err(Fault::new(
                Reason::Unit,
                format!("{quantity} is used where a plain number is expected"),
            )
            .help(format!("divide by 1 {} to get the number", quantity.unit))),
        }
    }

    /// Returns the truth value, or a fault if the value is not a truth value.
    pub(super) fn truth(&self) -> Result<bool> {
        match self {
            Self::Truth(truth) => Ok(truth.value),
            Self::Number(_) | Self::Quantity(_) => Err(Fault::new(
                Reason::Type,
                "a number is used where true or false is expected",
            )
            .help("write a comparison, such as x != 0")),
        }
    }

    /// Whether the value is proven. Only the result of a primality test may not be proven.
    pub(super) fn is_certain(&self) -> bool {
        match self {
            Self::Number(_) | Self::Quantity(_) => true,
            Self::Truth(truth) => truth.certain,
        }
    }

    /// Returns the number of bytes of the value on the heap.
    ///
    /// The bytes of reals are not counted, because several reals can share them.
    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::Number(number) => number.heap_bytes(),
            Self::Truth(_) => 0,
            Self::Quantity(quantity) => size_of::<Quantity>() + quantity.number.heap_bytes(),
        }
    }
}

//! What an expression is worth: a number or a truth value.

use std::sync::Arc;

use dashu_int::UBig;

use super::{
    fault::{Fault, Reason, Result},
    number::Number,
};

/// A value of the language.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Number(Number),
    Truth(Truth),
    Factors(Arc<Factors>),
}

/// A truth value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Truth {
    pub(super) value: bool,
    /// Whether it is proven.
    pub(super) certain: bool,
}

/// An integer that shows as the product of its primes.
#[derive(Debug)]
pub(super) struct Factors {
    pub(super) number: Number,
    pub(super) negative: bool,
    /// Each with its exponent, in ascending order.
    pub(super) primes: Vec<(UBig, u32)>,
    /// Whether all of them are proven to be prime.
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
    /// The number that it is, or a fault.
    #[inline]
    pub(super) fn number(&self) -> Result<&Number> {
        match self {
            Self::Number(number) => Ok(number),
            Self::Factors(factors) => Ok(&factors.number),
            Self::Truth(truth) => Err(Fault::new(
                Reason::Type,
                format!("'{}' stands where a number belongs", truth.value),
            )
            .help("if(condition, 1, 0) makes a number of a condition")),
        }
    }

    /// The truth value that it is, or a fault.
    pub(super) fn truth(&self) -> Result<bool> {
        match self {
            Self::Truth(truth) => Ok(truth.value),
            Self::Number(_) | Self::Factors(_) => Err(Fault::new(
                Reason::Type,
                "a number stands where true or false belongs",
            )
            .help("write a comparison, as in x != 0")),
        }
    }

    /// Bytes that it holds beside itself, but for those of reals.
    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::Number(number) => number.heap_bytes(),
            Self::Truth(_) => 0,
            Self::Factors(factors) => 2 * factors.number.heap_bytes() + 64 * factors.primes.len(),
        }
    }
}

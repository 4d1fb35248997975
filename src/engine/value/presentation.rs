//! Presentations: how a value is written, beside the value itself.

use std::sync::Arc;

use dashu_base::BitTest as _;
use dashu_int::UBig;

use super::Value;
use crate::engine::{Base, fault::Result, number::Number};

/// A way to write a value. It never changes what the value is.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) enum Presentation {
    /// Integers in the base that the options ask for, other numbers in decimal digits.
    #[default]
    Automatic,
    /// In decimal digits.
    Decimal,
    /// One digit, a point, the other digits, a power of ten.
    Scientific,
    /// A rational as `numerator/denominator`.
    Fraction,
    /// An integer in a base, with its prefix.
    InBase(Base),
    /// An integer as the product of its primes.
    Factored(Arc<Factorization>),
}

/// The primes of an integer.
#[derive(Debug)]
pub(in crate::engine) struct Factorization {
    /// Whether the integer is negative.
    pub(in crate::engine) negative: bool,
    /// Each prime with its exponent, in ascending order.
    pub(in crate::engine) primes: Vec<(UBig, u32)>,
    /// Whether all of them are proven to be prime.
    pub(in crate::engine) certain: bool,
}

/// A value with the presentation that a function gave it.
///
/// A name and a branch of `if` keep the presentation; an operation on the value drops it.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Presented {
    pub(in crate::engine) value: Value,
    pub(in crate::engine) presentation: Presentation,
}

impl Presentation {
    /// Bytes on the heap.
    #[inline]
    fn heap_bytes(&self) -> usize {
        match self {
            Self::Factored(factorization) => factorization.heap_bytes(),
            _ => 0,
        }
    }
}

impl Factorization {
    fn heap_bytes(&self) -> usize {
        let digits = |(prime, _): &(UBig, u32)| prime.bit_len() / 8;
        64 * self.primes.len() + self.primes.iter().map(digits).sum::<usize>()
    }
}

impl<V: Into<Value>> From<V> for Presented {
    #[inline]
    fn from(value: V) -> Self {
        Self {
            value: value.into(),
            presentation: Presentation::Automatic,
        }
    }
}

impl Presented {
    /// Returns the number, or refuses another kind of value.
    #[inline]
    pub(in crate::engine) fn number(&self) -> Result<&Number> {
        self.value.number()
    }

    /// Bytes on the heap, without those of reals.
    #[inline]
    pub(in crate::engine) fn heap_bytes(&self) -> usize {
        self.value.heap_bytes() + self.presentation.heap_bytes()
    }
}

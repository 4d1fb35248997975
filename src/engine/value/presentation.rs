//! Presentations: how values are written. A value and its presentation are kept together.

use std::sync::Arc;

use dashu_base::BitTest as _;
use dashu_int::UBig;

use super::Value;
use crate::engine::{Base, fault::Result, number::Number};

/// A way to write a value. It never changes the value itself.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) enum Presentation {
    /// Integers are written in the base of the options, and other numbers in decimal digits.
    #[default]
    Automatic,
    /// A number in decimal digits.
    Decimal,
    /// Scientific notation: one digit, a point, the other digits and a power of ten.
    Scientific,
    /// A rational as `numerator/denominator`.
    Fraction,
    /// An integer in a base, with the prefix of the base.
    InBase(Base),
    /// An integer as the product of its primes.
    Factored(Arc<Factorization>),
}

/// The prime factors of an integer.
#[derive(Debug)]
pub(in crate::engine) struct Factorization {
    /// Whether the integer is negative.
    pub(in crate::engine) negative: bool,
    /// Each prime with its exponent, in ascending order.
    pub(in crate::engine) primes: Vec<(UBig, u32)>,
    /// Whether all factors in `primes` are proven to be prime.
    pub(in crate::engine) certain: bool,
}

/// A value and its presentation. A function can set the presentation.
///
/// A value keeps its presentation in a variable and in a branch of `if`. An operation on the value
/// removes the presentation.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Presented {
    pub(in crate::engine) value: Value,
    pub(in crate::engine) presentation: Presentation,
}

impl Presentation {
    /// Returns the number of bytes of the presentation on the heap.
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
    /// Returns the number, or a fault if the value is not a number.
    #[inline]
    pub(in crate::engine) fn number(&self) -> Result<&Number> {
        self.value.number()
    }

    /// Returns the number of bytes on the heap. The bytes of reals are not counted.
    #[inline]
    pub(in crate::engine) fn heap_bytes(&self) -> usize {
        self.value.heap_bytes() + self.presentation.heap_bytes()
    }
}

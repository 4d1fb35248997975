//! The presentation of a value: how it is written.

use std::sync::Arc;

use dashu_base::BitTest as _;
use dashu_int::UBig;

use super::Value;
use crate::{
    engine::{fault::Result, number::Number, unit::Unit},
    syntax::Notation,
};

/// A way to write a value. It never changes the value itself.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) enum Presentation {
    /// Integers are written in the base of the options, and other numbers in decimal digits.
    #[default]
    Automatic,
    /// An integer as the product of its primes.
    Factored(Arc<Factorization>),
    /// A form that conversions such as `to hex` set.
    Converted(Arc<Converted>),
}

/// The form that conversions set. If several conversions set the same property, the last one counts.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Converted {
    pub(in crate::engine) notation: Option<Notation>,
    pub(in crate::engine) rounding: Option<Rounding>,
    /// The factors of the value, if it was written as a product before the conversions.
    pub(in crate::engine) factors: Option<Arc<Factorization>>,
    /// The units of which the first ones have whole numbers, as in `5 ft 10 in`.
    pub(in crate::engine) units: Option<Arc<[Unit]>>,
}

/// A number of digits that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Rounding {
    /// Significant digits.
    Digits(u32),
    /// Digits after the point.
    Decimals(u32),
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
/// A value keeps its presentation in a branch of `if` and as an argument. An operation on the value
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
            Self::Automatic => 0,
            Self::Factored(factors) => factors.heap_bytes(),
            Self::Converted(converted) => {
                let factors = converted.factors.as_ref();
                size_of::<Converted>() + factors.map_or(0, |factors| factors.heap_bytes())
            }
        }
    }

    /// Returns the form to which another conversion is added.
    pub(super) fn converted(&self) -> Converted {
        match self {
            Self::Automatic => Converted::default(),
            Self::Factored(factors) => Converted {
                factors: Some(Arc::clone(factors)),
                ..Converted::default()
            },
            Self::Converted(converted) => Converted::clone(converted),
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

    /// Returns the value as a name keeps it: without the form that conversions set.
    pub(in crate::engine) fn kept(&self) -> Self {
        let presentation = match &self.presentation {
            Presentation::Converted(converted) => match &converted.factors {
                Some(factors) => Presentation::Factored(Arc::clone(factors)),
                None => Presentation::Automatic,
            },
            presentation => presentation.clone(),
        };
        Self {
            value: self.value.clone(),
            presentation,
        }
    }
}

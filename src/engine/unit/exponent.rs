//! Exponents of units: small rational numbers.

use std::fmt;

/// The exponent of a unit or of a dimension, such as 2 in `m^2` and 1/2 in `V/Hz^(1/2)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Exponent {
    numerator: i16,
    /// At least 1. The fraction is in lowest terms.
    denominator: i16,
}

impl Exponent {
    pub(in crate::engine) const ZERO: Self = Self::integer(0);
    pub(in crate::engine) const ONE: Self = Self::integer(1);

    pub(in crate::engine) const fn integer(n: i16) -> Self {
        Self {
            numerator: n,
            denominator: 1,
        }
    }

    /// Returns `n / d`, or `None` if it has more than 16 bits. `d` is not zero.
    pub(in crate::engine) fn ratio(n: i64, d: i64) -> Option<Self> {
        let (mut a, mut b) = (n.unsigned_abs(), d.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let divisor = i64::try_from(a.max(1)).ok()?;
        let sign = d.signum();
        Some(Self {
            // The least number of 16 bits has no negative.
            numerator: i16::try_from(n / divisor * sign)
                .ok()
                .filter(|n| *n != i16::MIN)?,
            denominator: i16::try_from((d / divisor).checked_abs()?).ok()?,
        })
    }

    /// Returns the numerator and the denominator.
    pub(in crate::engine) fn parts(self) -> (i64, i64) {
        (self.numerator.into(), self.denominator.into())
    }

    pub(in crate::engine) fn is_zero(self) -> bool {
        self.numerator == 0
    }

    pub(in crate::engine) fn is_negative(self) -> bool {
        self.numerator < 0
    }

    pub(in crate::engine) fn negated(self) -> Self {
        Self {
            numerator: -self.numerator,
            ..self
        }
    }

    /// Returns `self + other`, or `None` if it has more than 16 bits.
    pub(in crate::engine) fn plus(self, other: Self) -> Option<Self> {
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        Self::ratio(a * d + c * b, b * d)
    }

    /// Returns `self * other`, or `None` if it has more than 16 bits.
    pub(in crate::engine) fn times(self, other: Self) -> Option<Self> {
        let ((a, b), (c, d)) = (self.parts(), other.parts());
        Self::ratio(a * c, b * d)
    }
}

impl fmt::Display for Exponent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.denominator {
            1 => write!(f, "{}", self.numerator),
            denominator => write!(f, "({}/{denominator})", self.numerator),
        }
    }
}

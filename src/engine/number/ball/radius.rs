//! Error bounds with 32-bit mantissas.

use std::cmp::Ordering;

use dashu_base::BitTest as _;
use dashu_int::IBig;

/// The number of bits in a mantissa.
const BITS: u32 = 32;

/// An upper bound of an error: `mantissa * 2^exponent`. Operations round up.
///
/// Some functions use the type for lower bounds and round down. Their docs say so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Radius {
    /// 0, or at least 2^31 and less than 2^32.
    mantissa: u64,
    exponent: i64,
}

impl Radius {
    pub(super) const ZERO: Self = Self {
        mantissa: 0,
        exponent: 0,
    };

    /// Returns `mantissa * 2^exponent`, rounded up.
    pub(super) fn new(mantissa: u64, exponent: i64) -> Self {
        if mantissa == 0 {
            return Self::ZERO;
        }
        let bits = u64::BITS - mantissa.leading_zeros();
        if bits <= BITS {
            let shift = BITS - bits;
            return Self {
                mantissa: mantissa << shift,
                exponent: exponent.saturating_sub(i64::from(shift)),
            };
        }
        let shift = bits - BITS;
        let mut rounded = mantissa >> shift;
        rounded += u64::from(rounded << shift != mantissa);
        let mut exponent = exponent.saturating_add(i64::from(shift));
        if rounded == 1 << BITS {
            rounded >>= 1;
            exponent = exponent.saturating_add(1);
        }
        Self {
            mantissa: rounded,
            exponent,
        }
    }

    /// Returns `2^exponent`.
    pub(super) fn power_of_two(exponent: i64) -> Self {
        Self::new(1, exponent)
    }

    /// Returns `|n| * 2^exponent`, rounded up.
    pub(super) fn upper_bound(n: &IBig, exponent: i64) -> Self {
        let (top, shift, inexact) = top_bits(n);
        if !inexact {
            return Self::new(top, exponent.saturating_add(shift));
        }
        Self::new((top >> 1) + 1, exponent.saturating_add(shift + 1))
    }

    /// Returns `|n| * 2^exponent`, rounded *down*.
    pub(super) fn lower_bound(n: &IBig, exponent: i64) -> Self {
        let (top, shift, _) = top_bits(n);
        let bits = u64::BITS - top.leading_zeros();
        let excess = bits.saturating_sub(BITS);
        Self::new(
            top >> excess,
            exponent.saturating_add(shift + i64::from(excess)),
        )
    }

    pub(super) fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Returns the least `t` for which the bound is less than `2^t`.
    ///
    /// If the bound is zero, the result is far below all exponents.
    pub(super) fn log2_bound(self) -> i64 {
        if self.is_zero() {
            return i64::MIN / 4;
        }
        self.exponent.saturating_add(i64::from(BITS))
    }

    pub(super) fn mantissa(self) -> u64 {
        self.mantissa
    }

    pub(super) fn exponent(self) -> i64 {
        self.exponent
    }

    /// Returns `self + other`.
    pub(super) fn add(self, other: Self) -> Self {
        if self.is_zero() || other.is_zero() {
            return if self.is_zero() { other } else { self };
        }
        let (high, low) = if self.exponent >= other.exponent {
            (self, other)
        } else {
            (other, self)
        };
        let shift = high.exponent.abs_diff(low.exponent);
        let low = if shift < u64::from(BITS) {
            (low.mantissa >> shift) + 1
        } else {
            1
        };
        Self::new(high.mantissa + low, high.exponent)
    }

    /// Returns `self * other`.
    pub(super) fn mul(self, other: Self) -> Self {
        Self::new(
            self.mantissa * other.mantissa,
            self.exponent.saturating_add(other.exponent),
        )
    }

    /// Returns `self / divisor`. `divisor` must be a lower bound and must not be zero.
    pub(super) fn div(self, divisor: Self) -> Self {
        let quotient = (self.mantissa << BITS).div_ceil(divisor.mantissa);
        let exponent = self.exponent.saturating_sub(divisor.exponent);
        Self::new(quotient, exponent.saturating_sub(i64::from(BITS)))
    }

    /// Returns a *lower* bound of `self - other`, or `None` if the bound is not positive.
    ///
    /// `self` must be a lower bound, and `other` must be an upper bound.
    pub(super) fn sub(self, other: Self) -> Option<Self> {
        if other.is_zero() {
            return (!self.is_zero()).then_some(self);
        }
        if self.is_zero() || other.exponent > self.exponent {
            return None;
        }
        let shift = self.exponent.abs_diff(other.exponent);
        let other = if shift < u64::from(BITS) {
            (other.mantissa >> shift) + 1
        } else {
            1
        };
        let difference = self.mantissa.checked_sub(other)?;
        (difference > 0).then(|| Self::new(difference, self.exponent))
    }

    /// Returns `self * 2^shift`.
    pub(super) fn shifted(self, shift: i64) -> Self {
        Self {
            mantissa: self.mantissa,
            exponent: if self.is_zero() {
                0
            } else {
                self.exponent + shift
            },
        }
    }
}

impl PartialOrd for Radius {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Radius {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |radius: &Self| (!radius.is_zero(), radius.exponent, radius.mantissa);
        key(self).cmp(&key(other))
    }
}

/// Returns the leading 64 bits of `|n|`, the number of other bits, and whether one of them is 1.
///
/// If `n` has fewer than 64 bits, returns all bits of `n`.
fn top_bits(n: &IBig) -> (u64, i64, bool) {
    let bits = n.bit_len();
    let (_, words) = n.as_sign_words();
    let Some((&first, rest)) = words.split_last() else {
        return (0, 0, false);
    };
    let Some((&second, rest)) = rest.split_last() else {
        return (first, 0, false);
    };
    let shift = first.leading_zeros();
    let top = if shift == 0 {
        first
    } else {
        (first << shift) | (second >> (u64::BITS - shift))
    };
    let inexact = second << shift != 0 || rest.iter().any(|word| *word != 0);
    (
        top,
        i64::try_from(bits - 64).expect("a number of bits is below 2^63"),
        inexact,
    )
}

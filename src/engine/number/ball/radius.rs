//! Upper bounds of errors.

use std::cmp::Ordering;

use dashu_base::BitTest as _;
use dashu_int::IBig;

/// The number of bits of a mantissa.
const BITS: u32 = 32;

/// An upper bound of an error: a mantissa of 32 bits times a power of two, every
/// operation rounded up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Radius {
    /// 0, or from 2^31 up to but not including 2^32.
    mantissa: u64,
    exponent: i64,
}

impl Radius {
    pub(super) const ZERO: Self = Self {
        mantissa: 0,
        exponent: 0,
    };

    /// `mantissa * 2^exponent`, rounded up.
    pub(super) fn new(mantissa: u64, exponent: i64) -> Self {
        if mantissa == 0 {
            return Self::ZERO;
        }
        let bits = u64::BITS - mantissa.leading_zeros();
        if bits <= BITS {
            let shift = BITS - bits;
            return Self {
                mantissa: mantissa << shift,
                exponent: exponent - i64::from(shift),
            };
        }
        let shift = bits - BITS;
        let mut rounded = mantissa >> shift;
        rounded += u64::from(rounded << shift != mantissa);
        let mut exponent = exponent + i64::from(shift);
        if rounded == 1 << BITS {
            rounded >>= 1;
            exponent += 1;
        }
        Self {
            mantissa: rounded,
            exponent,
        }
    }

    /// `2^exponent`.
    pub(super) fn power_of_two(exponent: i64) -> Self {
        Self::new(1, exponent)
    }

    /// `|n| * 2^exponent`, rounded up.
    pub(super) fn of(n: &IBig, exponent: i64) -> Self {
        let (top, shift, inexact) = top_bits(n);
        if !inexact {
            return Self::new(top, exponent + shift);
        }
        Self::new((top >> 1) + 1, exponent + shift + 1)
    }

    /// `|n| * 2^exponent`, rounded *down*.
    pub(super) fn at_most(n: &IBig, exponent: i64) -> Self {
        let (top, shift, _) = top_bits(n);
        let bits = u64::BITS - top.leading_zeros();
        let cut = bits.saturating_sub(BITS);
        Self::new(top >> cut, exponent + shift + i64::from(cut))
    }

    pub(super) fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// The least `t` for which this is at most `2^t`, give or take one; very small
    /// where this is zero.
    pub(super) fn top(self) -> i64 {
        if self.is_zero() {
            return i64::MIN / 4;
        }
        self.exponent + i64::from(BITS)
    }

    pub(super) fn mantissa(self) -> u64 {
        self.mantissa
    }

    pub(super) fn exponent(self) -> i64 {
        self.exponent
    }

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

    pub(super) fn mul(self, other: Self) -> Self {
        Self::new(
            self.mantissa * other.mantissa,
            self.exponent + other.exponent,
        )
    }

    /// `self / divisor`, where `divisor` is a lower bound that is not zero.
    pub(super) fn div(self, divisor: Self) -> Self {
        let quotient = (self.mantissa << BITS).div_ceil(divisor.mantissa);
        Self::new(quotient, self.exponent - divisor.exponent - i64::from(BITS))
    }

    /// A *lower* bound of `self - other`, where `self` is one; nothing where that is
    /// not above zero.
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
        let left = self.mantissa.checked_sub(other)?;
        (left > 0).then(|| Self::new(left, self.exponent))
    }

    /// `self * 2^shift`.
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

/// The topmost 64 bits of `|n|`, how far they stand from its end, and whether there
/// is more below them.
fn top_bits(n: &IBig) -> (u64, i64, bool) {
    let bits = n.bit_len();
    let (_, words) = n.as_sign_words();
    let Some((&last, below)) = words.split_last() else {
        return (0, 0, false);
    };
    let Some((&second, lower)) = below.split_last() else {
        return (last, 0, false);
    };
    let shift = last.leading_zeros();
    let top = if shift == 0 {
        last
    } else {
        (last << shift) | (second >> (u64::BITS - shift))
    };
    let inexact = second << shift != 0 || lower.iter().any(|word| *word != 0);
    (
        top,
        i64::try_from(bits - 64).expect("far fewer bits"),
        inexact,
    )
}

//! Exact rational numbers. Small numbers need no allocation.

use std::{cmp::Ordering, sync::Arc};

use dashu_base::{BitTest as _, Gcd as _, Sign, UnsignedAbs as _};
use dashu_int::{IBig, UBig};

use super::{
    ball::Ball,
    integer::{
        self,
        pieces::{self, multiply_signed},
    },
};
use crate::engine::{
    budget::work::{Work, cost},
    fault::{Fault, Result},
};

/// A rational number of any size.
///
/// A number that fits [`Exact::Small`] is never [`Exact::Big`]. So equal numbers have the same
/// variant and the same fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Exact {
    /// Numerator and denominator in lowest terms. The denominator is positive, and the numerator
    /// is not `i64::MIN`, so that it can be negated.
    Small(i64, i64),
    /// Any other number. Clones share the fraction.
    Big(Arc<BigFraction>),
}

/// A fraction in lowest terms.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::engine) struct BigFraction {
    numerator: IBig,
    denominator: UBig,
}

/// The result of an operation on exact numbers.
pub(in crate::engine) enum ExactResult {
    Exact(Exact),
    /// The fraction is longer than the limit. It can be represented by a real.
    TooLong,
}

impl From<i64> for Exact {
    fn from(n: i64) -> Self {
        if n == i64::MIN {
            return Self::from_lowest_terms(IBig::from(n), UBig::ONE);
        }
        Self::Small(n, 1)
    }
}

impl From<IBig> for Exact {
    fn from(n: IBig) -> Self {
        Self::from_lowest_terms(n, UBig::ONE)
    }
}

/// Returns the greatest common divisor. At least one argument is not zero.
fn gcd(mut a: u128, mut b: u128) -> u128 {
    // 64-bit steps are several times as fast, and nearly all pairs shrink to 64 bits soon.
    while b != 0 {
        if let (Ok(a), Ok(b)) = (u64::try_from(a), u64::try_from(b)) {
            return gcd_64(a, b).into();
        }
        (a, b) = (b, a % b);
    }
    a
}

/// Returns the greatest common divisor by the binary algorithm (J. Stein, 1967).
fn gcd_64(mut a: u64, mut b: u64) -> u64 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let twos = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    loop {
        b >>= b.trailing_zeros();
        if a > b {
            (a, b) = (b, a);
        }
        b -= a;
        if b == 0 {
            return a << twos;
        }
    }
}

impl Exact {
    pub(in crate::engine) const ZERO: Self = Self::Small(0, 1);
    pub(in crate::engine) const ONE: Self = Self::Small(1, 1);

    /// Reduces `n / d` to lowest terms. `d` is positive, and `n` is not `i64::MIN`.
    fn reduced_64(n: i64, d: i64) -> Self {
        if d == 1 {
            return Self::Small(n, 1);
        }
        let divisor = gcd_64(n.unsigned_abs(), d.unsigned_abs());
        let divisor = i64::try_from(divisor).expect("a divisor of d is at most d");
        Self::Small(n / divisor, d / divisor)
    }

    /// Reduces `n / d` to lowest terms. `d` is not zero.
    fn reduced(n: i128, d: i128) -> Self {
        if let (Ok(n), Ok(d)) = (i64::try_from(n), i64::try_from(d))
            && n != i64::MIN
            && d > 0
        {
            return Self::reduced_64(n, d);
        }
        let divisor = if d == 1 {
            1
        } else {
            gcd(n.unsigned_abs(), d.unsigned_abs())
        };
        let negative = (n < 0) != (d < 0);
        let (n, d) = (n.unsigned_abs() / divisor, d.unsigned_abs() / divisor);
        if let (Ok(n), Ok(d)) = (i64::try_from(n), i64::try_from(d)) {
            Self::Small(if negative { -n } else { n }, d)
        } else {
            let sign = if negative {
                Sign::Negative
            } else {
                Sign::Positive
            };
            Self::from_lowest_terms(IBig::from_parts(sign, UBig::from(n)), UBig::from(d))
        }
    }

    /// Creates `n / d`, which must be in lowest terms.
    fn from_lowest_terms(n: IBig, d: UBig) -> Self {
        match (i64::try_from(&n), i64::try_from(&d)) {
            (Ok(small), Ok(d)) if small != i64::MIN => Self::Small(small, d),
            _ => Self::Big(Arc::new(BigFraction {
                numerator: n,
                denominator: d,
            })),
        }
    }

    /// Creates `n / d`, where `d` is not zero.
    fn fraction(n: IBig, d: UBig) -> Self {
        if d.is_one() {
            return Self::from(n);
        }
        let divisor = (&n).unsigned_abs().gcd(&d);
        if divisor.is_one() {
            return Self::from_lowest_terms(n, d);
        }
        Self::from_lowest_terms(n / divisor.as_ibig(), d / &divisor)
    }

    /// Creates `n / d`, where `d` is not zero.
    pub(in crate::engine) fn ratio(n: i64, d: i64) -> Self {
        if d > 0 && n != i64::MIN {
            return Self::reduced_64(n, d);
        }
        Self::reduced(n.into(), d.into())
    }

    pub(in crate::engine) fn is_zero(&self) -> bool {
        matches!(self, Self::Small(0, _))
    }

    pub(in crate::engine) fn is_one(&self) -> bool {
        matches!(self, Self::Small(1, 1))
    }

    pub(in crate::engine) fn is_negative(&self) -> bool {
        match self {
            Self::Small(n, _) => *n < 0,
            Self::Big(q) => q.numerator.sign() == Sign::Negative,
        }
    }

    pub(in crate::engine) fn is_integer(&self) -> bool {
        match self {
            Self::Small(_, d) => *d == 1,
            Self::Big(q) => q.denominator.is_one(),
        }
    }

    /// Returns the number if it is an integer.
    pub(in crate::engine) fn to_integer(&self) -> Option<IBig> {
        match self {
            Self::Small(n, 1) => Some(IBig::from(*n)),
            Self::Small(..) => None,
            Self::Big(q) => q.denominator.is_one().then(|| q.numerator.clone()),
        }
    }

    /// Returns the number if it is an integer that fits 64 bits.
    pub(in crate::engine) fn to_i64(&self) -> Option<i64> {
        match self {
            Self::Small(n, 1) => Some(*n),
            Self::Small(..) => None,
            Self::Big(q) => q
                .denominator
                .is_one()
                .then(|| i64::try_from(&q.numerator).ok())?,
        }
    }

    pub(in crate::engine) fn numerator(&self) -> IBig {
        match self {
            Self::Small(n, _) => IBig::from(*n),
            Self::Big(q) => q.numerator.clone(),
        }
    }

    pub(in crate::engine) fn denominator(&self) -> UBig {
        match self {
            Self::Small(_, d) => UBig::from(d.unsigned_abs()),
            Self::Big(q) => q.denominator.clone(),
        }
    }

    /// Returns the bit lengths of the numerator and of the denominator.
    pub(in crate::engine) fn bits(&self) -> (usize, usize) {
        match self {
            Self::Small(n, d) => (n.bit_len(), d.bit_len()),
            Self::Big(q) => (q.numerator.bit_len(), q.denominator.bit_len()),
        }
    }

    /// Returns the heap memory of the number, in bytes.
    #[inline]
    pub(in crate::engine) fn heap_bytes(&self) -> usize {
        match self {
            Self::Small(..) => 0,
            Self::Big(q) => 64 + (q.numerator.bit_len() + q.denominator.bit_len()) / 8,
        }
    }

    /// Returns a ball that contains the number, rounded to `precision` bits.
    pub(in crate::engine) fn to_ball(&self, precision: usize, work: &Work<'_>) -> Result<Ball> {
        match self {
            Self::Small(..) => {
                Ball::rational(&self.numerator(), &self.denominator(), precision, work)
            }
            Self::Big(q) => Ball::rational(&q.numerator, &q.denominator, precision, work),
        }
    }

    /// Returns `-self`.
    pub(in crate::engine) fn negated(&self) -> Self {
        match self {
            Self::Small(n, d) => Self::Small(-n, *d),
            Self::Big(q) => Self::from_lowest_terms(-&q.numerator, q.denominator.clone()),
        }
    }

    /// Returns `|self|`.
    pub(in crate::engine) fn absolute(&self) -> Self {
        if self.is_negative() {
            self.negated()
        } else {
            self.clone()
        }
    }

    /// Compares two numbers.
    pub(in crate::engine) fn compare(&self, other: &Self, work: &mut Work<'_>) -> Result<Ordering> {
        if let (Self::Small(a, b), Self::Small(c, d)) = (self, other) {
            let (left, right) = (
                i128::from(*a) * i128::from(*d),
                i128::from(*c) * i128::from(*b),
            );
            return Ok(left.cmp(&right));
        }
        let ((a, b), (c, d)) = (self.bits(), other.bits());
        work.pay(cost::multiply(a, d) + cost::multiply(c, b))?;
        let left = multiply_signed(&self.numerator(), other.denominator().as_ibig(), work)?;
        let right = multiply_signed(&other.numerator(), self.denominator().as_ibig(), work)?;
        Ok(left.cmp(&right))
    }

    /// Returns `self + other`.
    pub(in crate::engine) fn add(&self, other: &Self, work: &mut Work<'_>) -> Result<ExactResult> {
        if let (Self::Small(a, b), Self::Small(c, d)) = (self, other) {
            if (*b, *d) == (1, 1)
                && let Some(sum) = a.checked_add(*c)
            {
                return Ok(ExactResult::Exact(Self::from(sum)));
            }
            let [a, b, c, d] = [*a, *b, *c, *d].map(i128::from);
            // Both products have at most 126 bits, so the sum has at most 127.
            return Ok(ExactResult::Exact(Self::reduced(a * d + c * b, b * d)));
        }
        let ((a, b), (c, d)) = (self.bits(), other.bits());
        if self.is_integer() && other.is_integer() {
            work.pay(cost::linear(a.max(c)))?;
            let sum = match (self, other) {
                (Self::Big(p), Self::Big(q)) => &p.numerator + &q.numerator,
                _ => self.numerator() + other.numerator(),
            };
            return Ok(bounded(Self::from(sum), work));
        }
        let (numerator, denominator) = ((a + d).max(c + b) + 1, b + d);
        let cost = cost::gcd(numerator, denominator) + 3 * cost::multiply(numerator, numerator);
        if !try_pay(numerator.max(denominator), cost, work)? {
            return Ok(ExactResult::TooLong);
        }
        let (b, d) = (self.denominator(), other.denominator());
        let left = multiply_signed(&self.numerator(), d.as_ibig(), work)?;
        let right = multiply_signed(&other.numerator(), b.as_ibig(), work)?;
        let denominator = pieces::multiply(&b, &d, work)?;
        Ok(bounded(Self::fraction(left + right, denominator), work))
    }

    /// Returns `self * other`.
    pub(in crate::engine) fn mul(&self, other: &Self, work: &mut Work<'_>) -> Result<ExactResult> {
        if let (Self::Small(a, b), Self::Small(c, d)) = (self, other) {
            let [a, b, c, d] = [*a, *b, *c, *d].map(i128::from);
            return Ok(ExactResult::Exact(Self::reduced(a * c, b * d)));
        }
        let ((a, b), (c, d)) = (self.bits(), other.bits());
        if self.is_integer() && other.is_integer() {
            // The product has a + c bits, or one bit less.
            if a + c > work.limits.result + 1 {
                return Ok(ExactResult::TooLong);
            }
            work.pay(cost::multiply(a, c))?;
            let product = match (self, other) {
                (Self::Big(p), Self::Big(q)) => multiply_signed(&p.numerator, &q.numerator, work)?,
                _ => self.numerator() * other.numerator(),
            };
            return Ok(bounded(Self::from(product), work));
        }
        let cost = cost::gcd(a, d) + cost::gcd(c, b) + 4 * cost::multiply(a.max(b), c.max(d));
        if !try_pay((a + c).max(b + d), cost, work)? {
            return Ok(ExactResult::TooLong);
        }
        // Each numerator is reduced with the denominator of the other fraction. These gcds are
        // faster than the gcd of the product (Knuth, TAOCP 2, 4.5.1).
        let left = Self::fraction(self.numerator(), other.denominator());
        let right = Self::fraction(other.numerator(), self.denominator());
        let numerator = multiply_signed(&left.numerator(), &right.numerator(), work)?;
        let denominator = pieces::multiply(&left.denominator(), &right.denominator(), work)?;
        Ok(bounded(
            Self::from_lowest_terms(numerator, denominator),
            work,
        ))
    }

    /// Returns `floor(self / divisor)` and the remainder. The remainder has the sign of `divisor`.
    ///
    /// Returns `None` if `self` or `divisor` is not an integer, or if `divisor` is zero.
    pub(in crate::engine) fn div_rem_floor(
        &self,
        divisor: &Self,
        work: &mut Work<'_>,
    ) -> Result<Option<(Self, Self)>> {
        if !self.is_integer() || !divisor.is_integer() || divisor.is_zero() {
            return Ok(None);
        }
        if let (Self::Small(x, _), Self::Small(y, _)) = (self, divisor) {
            let (quotient, rest) = (x / y, x % y);
            // The quotient was rounded towards zero. If negative and inexact, it is 1 too large.
            let excess = i64::from(rest != 0 && (rest < 0) != (*y < 0));
            return Ok(Some((
                (quotient - excess).into(),
                (rest + excess * y).into(),
            )));
        }
        let length = self.bits().0.max(divisor.bits().0);
        work.pay(cost::divide(length))?;
        let divisor = divisor.numerator();
        let (mut quotient, mut rest) = pieces::divide_signed(&self.numerator(), &divisor, work)?;
        if !rest.is_zero() && rest.sign() != divisor.sign() {
            quotient -= 1;
            rest += divisor;
        }
        Ok(Some((quotient.into(), rest.into())))
    }

    /// Returns `1 / self`. `self` must not be zero.
    pub(in crate::engine) fn inverse(&self) -> Self {
        match self {
            Self::Small(n, d) if *n < 0 => Self::Small(-d, -n),
            Self::Small(n, d) => Self::Small(*d, *n),
            Self::Big(q) => {
                let n = IBig::from_parts(q.numerator.sign(), q.denominator.clone());
                Self::from_lowest_terms(n, (&q.numerator).unsigned_abs())
            }
        }
    }

    /// Returns `self^exponent`. If `self` is zero, `exponent` must not be negative.
    pub(in crate::engine) fn power(
        &self,
        exponent: i64,
        work: &mut Work<'_>,
    ) -> Result<ExactResult> {
        let count = exponent.unsigned_abs();
        if count == 0 || self.is_one() {
            return Ok(ExactResult::Exact(Self::ONE));
        }
        if let Self::Small(n @ (0 | -1), 1) = self {
            let odd = count % 2 == 1;
            return Ok(ExactResult::Exact(Self::Small(
                if odd { *n } else { n * n },
                1,
            )));
        }
        if let Self::Small(n, d) = self
            && let Ok(count) = u32::try_from(count)
            && let (Some(n), Some(d)) = (n.checked_pow(count), d.checked_pow(count))
            && n != i64::MIN
        {
            let power = Self::Small(n, d);
            return Ok(ExactResult::Exact(if exponent < 0 {
                power.inverse()
            } else {
                power
            }));
        }
        if let Self::Small(n, 1) = self
            && exponent > 0
            && let Ok(count) = u32::try_from(count)
            && let Some(power) = i128::from(*n).checked_pow(count)
        {
            return Ok(ExactResult::Exact(IBig::from(power).into()));
        }
        let (numerator, denominator) = self.bits();
        let bits = numerator.max(denominator);
        let limit = work.limits.result;
        // A power of a number of `bits` bits has more than (bits - 1) * count bits.
        let min_bits = u64::try_from(bits - 1).unwrap_or(u64::MAX);
        if min_bits.saturating_mul(count) > limit as u64 {
            return Ok(ExactResult::TooLong);
        }
        let count = usize::try_from(count).expect("the result is bounded");
        let max_bits = bits * count;
        work.pay(cost::multiply(max_bits, max_bits))?;
        let (sign, n) = self.numerator().into_parts();
        let n = pieces::power(&n, count, work)?;
        let sign = Sign::from(sign == Sign::Negative && count % 2 == 1);
        let n = IBig::from_parts(sign, n);
        let d = pieces::power(&self.denominator(), count, work)?;
        // The power of a fraction in lowest terms is in lowest terms.
        let power = Self::from_lowest_terms(n, d);
        Ok(bounded(
            if exponent < 0 { power.inverse() } else { power },
            work,
        ))
    }

    /// Returns the `degree`-th root if it is rational. `self` must not be negative.
    pub(in crate::engine) fn root(&self, degree: u64, work: &mut Work<'_>) -> Result<Option<Self>> {
        let Some(d) = integer::exact_root(&self.denominator(), degree, work)? else {
            return Ok(None);
        };
        let n = integer::exact_root(&self.numerator().unsigned_abs(), degree, work)?;
        Ok(n.map(|n| Self::from_lowest_terms(n.into(), d)))
    }

    /// Returns the greatest integer that is at most `self`.
    pub(in crate::engine) fn floor(&self, work: &mut Work<'_>) -> Result<Self> {
        match self {
            Self::Small(n, d) => Ok(Self::Small(n.div_euclid(*d), 1)),
            Self::Big(q) if q.denominator.is_one() => Ok(self.clone()),
            Self::Big(q) => {
                work.pay(cost::divide(self.bits().0))?;
                let divisor = q.denominator.as_ibig();
                let (quotient, rest) = pieces::divide_signed(&q.numerator, divisor, work)?;
                let excess = i64::from(rest < IBig::ZERO);
                Ok(Self::from(quotient - excess))
            }
        }
    }
}

/// Returns `n` as an exact number. Fails if `n` is longer than the limit for results.
pub(in crate::engine) fn integer_within(n: IBig, work: &Work<'_>) -> Result<Exact> {
    if n.bit_len() > work.limits.result {
        return Err(Fault::too_long(work.limits.result));
    }
    Ok(Exact::from(n))
}

/// Returns `q`, or [`ExactResult::TooLong`] if `q` is longer than the limit for results.
fn bounded(q: Exact, work: &Work<'_>) -> ExactResult {
    let (numerator, denominator) = q.bits();
    if numerator.max(denominator) > work.limits.result {
        return ExactResult::TooLong;
    }
    ExactResult::Exact(q)
}

/// Pays for an operation on fractions, unless it is too expensive or the result is too long.
///
/// Returns whether the operation was paid for. Fails if the work budget is exhausted. `bits` is the
/// length of the longer part of the result, its numerator or its denominator, before reduction.
/// Reduction may halve this length.
fn try_pay(bits: usize, cost: u64, work: &mut Work<'_>) -> Result<bool> {
    if bits > 2 * work.limits.result || cost > work.limits.operation {
        return Ok(false);
    }
    work.pay(cost)?;
    Ok(true)
}

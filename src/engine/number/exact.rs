//! Exact rational numbers, small ones without allocation.

use std::{cmp::Ordering, sync::Arc};

use dashu_base::{BitTest as _, DivEuclid as _, DivRem as _, Gcd as _, Sign, UnsignedAbs as _};
use dashu_int::{IBig, UBig};

use super::{ball::Ball, integer};
use crate::engine::{
    budget::work::{Work, cost},
    fault::{Fault, Result},
};

/// A rational number of any size. One that fits 64 bits above and below is always
/// `Small`, so that equal numbers are equal values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Exact {
    /// A fraction in lowest terms; the denominator is positive, the numerator is not
    /// the least of its type.
    Small(i64, i64),
    /// Anything else. Shared, since names and arguments repeat it.
    Big(Arc<Fraction>),
}

/// A fraction in lowest terms.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::engine) struct Fraction {
    numerator: IBig,
    denominator: UBig,
}

/// What an operation on exact numbers comes to.
pub(in crate::engine) enum Outcome {
    Exact(Exact),
    /// A fraction too long to be kept exactly; a real may stand for it.
    TooLong,
}

impl From<i64> for Exact {
    fn from(n: i64) -> Self {
        if n == i64::MIN {
            return Self::lowest(IBig::from(n), UBig::ONE);
        }
        Self::Small(n, 1)
    }
}

impl From<IBig> for Exact {
    fn from(n: IBig) -> Self {
        Self::lowest(n, UBig::ONE)
    }
}

/// The greatest common divisor, of which one is not zero (J. Stein, 1967).
fn gcd(mut a: u128, mut b: u128) -> u128 {
    // 64-bit steps are several times as fast, and nearly all pairs get there.
    while b != 0 {
        if let (Ok(a), Ok(b)) = (u64::try_from(a), u64::try_from(b)) {
            return gcd_64(a, b).into();
        }
        (a, b) = (b, a % b);
    }
    a
}

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

    /// `n / d` in lowest terms, where `d` is positive.
    fn reduced_64(n: i64, d: i64) -> Self {
        if d == 1 {
            return Self::Small(n, 1);
        }
        let divisor = gcd_64(n.unsigned_abs(), d.unsigned_abs());
        let divisor = i64::try_from(divisor).expect("it divides the positive d");
        Self::Small(n / divisor, d / divisor)
    }

    /// `n / d` in lowest terms, where `d` is not zero.
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
            Self::lowest(IBig::from_parts(sign, UBig::from(n)), UBig::from(d))
        }
    }

    /// `n / d`, which is known to be in lowest terms.
    fn lowest(n: IBig, d: UBig) -> Self {
        match (i64::try_from(&n), i64::try_from(&d)) {
            (Ok(small), Ok(d)) if small != i64::MIN => Self::Small(small, d),
            _ => Self::Big(Arc::new(Fraction {
                numerator: n,
                denominator: d,
            })),
        }
    }

    /// `n / d`, where `d` is not zero.
    fn fraction(n: IBig, d: UBig) -> Self {
        if d.is_one() {
            return Self::from(n);
        }
        let divisor = (&n).unsigned_abs().gcd(&d);
        if divisor.is_one() {
            return Self::lowest(n, d);
        }
        Self::lowest(n / divisor.as_ibig(), d / &divisor)
    }

    /// `n / d`, where `d` is not zero.
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

    /// The number, if it is an integer.
    pub(in crate::engine) fn to_integer(&self) -> Option<IBig> {
        match self {
            Self::Small(n, 1) => Some(IBig::from(*n)),
            Self::Small(..) => None,
            Self::Big(q) => q.denominator.is_one().then(|| q.numerator.clone()),
        }
    }

    /// The number, if it is an integer of 64 bits.
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

    /// Bits of the numerator and of the denominator.
    pub(in crate::engine) fn bits(&self) -> (usize, usize) {
        match self {
            Self::Small(n, d) => (n.bit_len(), d.bit_len()),
            Self::Big(q) => (q.numerator.bit_len(), q.denominator.bit_len()),
        }
    }

    /// Bytes that it holds beside itself.
    #[inline]
    pub(in crate::engine) fn heap_bytes(&self) -> usize {
        match self {
            Self::Small(..) => 0,
            Self::Big(q) => 64 + (q.numerator.bit_len() + q.denominator.bit_len()) / 8,
        }
    }

    pub(in crate::engine) fn to_ball(&self, precision: usize) -> Ball {
        match self {
            Self::Small(..) => Ball::rational(&self.numerator(), &self.denominator(), precision),
            Self::Big(q) => Ball::rational(&q.numerator, &q.denominator, precision),
        }
    }

    pub(in crate::engine) fn negated(&self) -> Self {
        match self {
            Self::Small(n, d) => Self::Small(-n, *d),
            Self::Big(q) => Self::lowest(-&q.numerator, q.denominator.clone()),
        }
    }

    pub(in crate::engine) fn absolute(&self) -> Self {
        if self.is_negative() {
            self.negated()
        } else {
            self.clone()
        }
    }

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
        let left = self.numerator() * other.denominator().as_ibig();
        Ok(left.cmp(&(other.numerator() * self.denominator().as_ibig())))
    }

    pub(in crate::engine) fn add(&self, other: &Self, work: &mut Work<'_>) -> Result<Outcome> {
        if let (Self::Small(a, b), Self::Small(c, d)) = (self, other) {
            if (*b, *d) == (1, 1)
                && let Some(sum) = a.checked_add(*c)
            {
                return Ok(Outcome::Exact(Self::from(sum)));
            }
            let [a, b, c, d] = [*a, *b, *c, *d].map(i128::from);
            // 126 bits each, so the sum has 127.
            return Ok(Outcome::Exact(Self::reduced(a * d + c * b, b * d)));
        }
        let ((a, b), (c, d)) = (self.bits(), other.bits());
        if self.is_integer() && other.is_integer() {
            work.pay(cost::linear(a.max(c)))?;
            let sum = match (self, other) {
                (Self::Big(p), Self::Big(q)) => &p.numerator + &q.numerator,
                _ => self.numerator() + other.numerator(),
            };
            return integer_within(sum, work).map(Outcome::Exact);
        }
        let (above, below) = ((a + d).max(c + b) + 1, b + d);
        let cost = cost::gcd(above, below) + 3 * cost::multiply(above, above);
        if !affordable(above.max(below), cost, work)? {
            return Ok(Outcome::TooLong);
        }
        let (b, d) = (self.denominator(), other.denominator());
        let above = self.numerator() * d.as_ibig() + other.numerator() * b.as_ibig();
        Ok(within(Self::fraction(above, b * d), work))
    }

    pub(in crate::engine) fn mul(&self, other: &Self, work: &mut Work<'_>) -> Result<Outcome> {
        if let (Self::Small(a, b), Self::Small(c, d)) = (self, other) {
            let [a, b, c, d] = [*a, *b, *c, *d].map(i128::from);
            return Ok(Outcome::Exact(Self::reduced(a * c, b * d)));
        }
        let ((a, b), (c, d)) = (self.bits(), other.bits());
        if self.is_integer() && other.is_integer() {
            // No product is more than a bit shorter than this.
            if a + c > work.limits.result + 1 {
                return Err(Fault::too_long(work.limits.result));
            }
            work.pay_at_once(cost::multiply(a, c), "a product")?;
            let product = match (self, other) {
                (Self::Big(p), Self::Big(q)) => &p.numerator * &q.numerator,
                _ => self.numerator() * other.numerator(),
            };
            return integer_within(product, work).map(Outcome::Exact);
        }
        let cost = cost::gcd(a, d) + cost::gcd(c, b) + 4 * cost::multiply(a.max(b), c.max(d));
        if !affordable((a + c).max(b + d), cost, work)? {
            return Ok(Outcome::TooLong);
        }
        // Each numerator is reduced against the other's denominator, which takes
        // shorter divisors than to reduce the product (Knuth, TAOCP 2, 4.5.1).
        let left = Self::fraction(self.numerator(), other.denominator());
        let right = Self::fraction(other.numerator(), self.denominator());
        let above = left.numerator() * right.numerator();
        Ok(within(
            Self::lowest(above, left.denominator() * right.denominator()),
            work,
        ))
    }

    /// `floor(x/y)` and `x - y floor(x/y)` of integers; nothing of other numbers.
    pub(in crate::engine) fn divided(
        &self,
        divisor: &Self,
        work: &mut Work<'_>,
    ) -> Result<Option<(Self, Self)>> {
        if !self.is_integer() || !divisor.is_integer() || divisor.is_zero() {
            return Ok(None);
        }
        if let (Self::Small(x, _), Self::Small(y, _)) = (self, divisor) {
            let (quotient, rest) = (x / y, x % y);
            let below = i64::from(rest != 0 && (rest < 0) != (*y < 0));
            return Ok(Some(((quotient - below).into(), (rest + below * y).into())));
        }
        let length = self.bits().0.max(divisor.bits().0);
        work.pay_at_once(cost::divide(length), "a quotient")?;
        let divisor = divisor.numerator();
        let (mut quotient, mut rest) = self.numerator().div_rem(&divisor);
        if !rest.is_zero() && rest.sign() != divisor.sign() {
            quotient -= 1;
            rest += divisor;
        }
        Ok(Some((quotient.into(), rest.into())))
    }

    /// The inverse of what is not zero.
    pub(in crate::engine) fn inverse(&self) -> Self {
        match self {
            Self::Small(n, d) if *n < 0 => Self::Small(-d, -n),
            Self::Small(n, d) => Self::Small(*d, *n),
            Self::Big(q) => {
                let n = IBig::from_parts(q.numerator.sign(), q.denominator.clone());
                Self::lowest(n, (&q.numerator).unsigned_abs())
            }
        }
    }

    /// An integral power, where zero has no negative one.
    pub(in crate::engine) fn power(&self, exponent: i64, work: &mut Work<'_>) -> Result<Outcome> {
        let count = exponent.unsigned_abs();
        if count == 0 || self.is_one() {
            return Ok(Outcome::Exact(Self::ONE));
        }
        if let Self::Small(n @ (0 | -1), 1) = self {
            let odd = count % 2 == 1;
            return Ok(Outcome::Exact(Self::Small(if odd { *n } else { n * n }, 1)));
        }
        if let Self::Small(n, d) = self
            && let Ok(count) = u32::try_from(count)
            && let (Some(n), Some(d)) = (n.checked_pow(count), d.checked_pow(count))
            && n != i64::MIN
        {
            let power = Self::Small(n, d);
            return Ok(Outcome::Exact(if exponent < 0 {
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
            return Ok(Outcome::Exact(IBig::from(power).into()));
        }
        let (above, below) = self.bits();
        let limit = work.limits.result;
        let integral = self.is_integer() && exponent > 0;
        // |n|^k has more than (bits - 1) k bits. It is compared without overflow.
        let least = u64::try_from(above.max(below) - 1).unwrap_or(u64::MAX);
        if least.saturating_mul(count) > limit as u64 {
            return if integral {
                Err(Fault::too_long(limit))
            } else {
                Ok(Outcome::TooLong)
            };
        }
        let count = usize::try_from(count).expect("the result is bounded");
        let length = above.max(below) * count;
        work.pay_at_once(cost::multiply(length, length), "a power")?;
        let (n, d) = (self.numerator().pow(count), self.denominator().pow(count));
        if integral {
            return integer_within(n, work).map(Outcome::Exact);
        }
        // Powers of a fraction in lowest terms are in lowest terms.
        let power = Self::lowest(n, d);
        Ok(within(
            if exponent < 0 { power.inverse() } else { power },
            work,
        ))
    }

    /// The number whose `degree`-th power this is, if that is rational. Not for
    /// negative numbers.
    pub(in crate::engine) fn root(&self, degree: u64, work: &mut Work<'_>) -> Result<Option<Self>> {
        let Some(d) = integer::exact_root(&self.denominator(), degree, work)? else {
            return Ok(None);
        };
        let n = integer::exact_root(&self.numerator().unsigned_abs(), degree, work)?;
        Ok(n.map(|n| Self::lowest(n.into(), d)))
    }

    /// The greatest integer that is not above this.
    pub(in crate::engine) fn floor(&self, work: &mut Work<'_>) -> Result<Self> {
        match self {
            Self::Small(n, d) => Ok(Self::Small(n.div_euclid(*d), 1)),
            Self::Big(q) if q.denominator.is_one() => Ok(self.clone()),
            Self::Big(q) => {
                work.pay_at_once(cost::divide(self.bits().0), "a quotient")?;
                Ok(Self::from(
                    (&q.numerator).div_euclid(q.denominator.as_ibig()),
                ))
            }
        }
    }
}

/// `n`, unless it is too long.
pub(in crate::engine) fn integer_within(n: IBig, work: &Work<'_>) -> Result<Exact> {
    if n.bit_len() > work.limits.result {
        return Err(Fault::too_long(work.limits.result));
    }
    Ok(Exact::from(n))
}

fn within(q: Exact, work: &Work<'_>) -> Outcome {
    let (above, below) = q.bits();
    if above.max(below) > work.limits.result {
        return Outcome::TooLong;
    }
    Outcome::Exact(q)
}

/// Pays for an operation on fractions that makes parts of so many bits before they are
/// reduced, and may become half as long by that; or says that it is better not done.
fn affordable(bits: usize, cost: u64, work: &mut Work<'_>) -> Result<bool> {
    if bits > 2 * work.limits.result || cost > work.limits.operation {
        return Ok(false);
    }
    work.pay(cost)?;
    Ok(true)
}

//! Balls: approximations of real numbers with a proven error bound.
//!
//! A ball has a midpoint of any precision and a radius of 32 bits. The radius is rounded up. The
//! arithmetic is from J. van der Hoeven, "Ball arithmetic" (2009), and F. Johansson, "Arb:
//! efficient arbitrary-precision midpoint-radius interval arithmetic" (2017).
//!
//! The elementary functions work on integers scaled by a power of two. They reduce the argument and
//! sum a Taylor series (R. P. Brent and P. Zimmermann, "Modern Computer Arithmetic", chapter 4).
//! Comments next to the code derive the bounds of the errors, in units of the last place.

mod constants;
mod exponential;
mod gamma;
mod radius;
mod trigonometric;

use dashu_base::{BitTest as _, DivRem as _, Sign, SquareRootRem as _, UnsignedAbs as _};
use dashu_int::{IBig, UBig};

use self::radius::Radius;
use super::integer::pieces;
use crate::engine::{Fault, Limits, budget::work::Work, fault};

/// The reason why an operation on balls has no result.
#[derive(Debug)]
pub(in crate::engine) enum BallError {
    /// An operand's ball is too wide. Evaluating the operand with more precision may help.
    Imprecise,
    /// The operation fails at any precision.
    Fault(Box<Fault>),
}

impl From<Box<Fault>> for BallError {
    fn from(fault: Box<Fault>) -> Self {
        Self::Fault(fault)
    }
}

/// The result of an operation on balls.
pub(in crate::engine) type Result<T> = std::result::Result<T, BallError>;

/// The set of all numbers within `radius` of `midpoint * 2^exponent`.
///
/// An operation on balls returns a ball that contains the exact results for all numbers in the
/// operands. The parameter `precision` of an operation is the maximum length of the result's
/// midpoint, in bits. The rounding error is added to the radius.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Ball {
    midpoint: IBig,
    exponent: i64,
    radius: Radius,
}

/// The number of midpoint bits that are kept below the leading bit of the radius.
const BITS_BELOW_RADIUS: i64 = 40;

/// The maximum length of an endpoint, in bits. It is more than any precision.
pub(in crate::engine::number) const ENDPOINT_BITS: usize = 1 << 23;

/// Converts a number of bits to the type of exponents.
fn bits(count: usize) -> i64 {
    i64::try_from(count).expect("a number of bits is below 2^63")
}

impl Ball {
    pub(in crate::engine::number) fn zero() -> Self {
        Self::exact(IBig::ZERO)
    }

    pub(in crate::engine::number) fn one() -> Self {
        Self::exact(IBig::ONE)
    }

    /// Returns the ball that contains only the integer `n`.
    pub(in crate::engine::number) fn exact(n: IBig) -> Self {
        Self {
            midpoint: n,
            exponent: 0,
            radius: Radius::ZERO,
        }
    }

    /// Returns a ball that contains the integer `n`, rounded to `precision` bits.
    pub(in crate::engine::number) fn integer(n: &IBig, precision: usize) -> Self {
        if n.bit_len() <= precision {
            return Self::exact(n.clone());
        }
        let shift = n.bit_len() - precision;
        Self {
            midpoint: n >> shift,
            exponent: bits(shift),
            // The shift rounds down.
            radius: Radius::power_of_two(bits(shift)),
        }
    }

    /// Returns a ball that contains `numerator / denominator`. The denominator is not zero. The division is
    /// computed in pieces.
    pub(in crate::engine::number) fn rational(
        numerator: &IBig,
        denominator: &UBig,
        precision: usize,
        work: &Work<'_>,
    ) -> fault::Result<Self> {
        let numerator = Self::integer(numerator, precision + 8);
        if denominator.is_one() {
            return Ok(numerator);
        }
        let denominator = Self::integer(denominator.as_ibig(), precision + 8);
        match numerator.div_long(&denominator, precision, work) {
            Ok(quotient) => Ok(quotient),
            Err(BallError::Fault(fault)) => Err(fault),
            Err(BallError::Imprecise) => unreachable!("the denominator's ball is far from zero"),
        }
    }

    /// Creates a ball whose midpoint is rounded down to `precision` bits.
    ///
    /// The rounding error is added to `radius`.
    fn rounded(midpoint: IBig, exponent: i64, radius: Radius, precision: usize) -> Self {
        let excess = bits(midpoint.bit_len()) - bits(precision);
        // Bits far below the radius carry no information.
        let noise = radius.log2_bound().saturating_sub(BITS_BELOW_RADIUS);
        let noise = noise.saturating_sub(exponent);
        let shift = excess.max(noise).min(bits(midpoint.bit_len()) + 1);
        if shift <= 0 {
            return Self {
                midpoint,
                exponent,
                radius,
            };
        }
        let shift = usize::try_from(shift).expect("it is positive");
        let is_exact = midpoint.trailing_zeros().is_none_or(|zeros| zeros >= shift);
        let exponent = exponent.saturating_add(bits(shift));
        let rounding = if is_exact {
            Radius::ZERO
        } else {
            Radius::power_of_two(exponent)
        };
        Self {
            midpoint: midpoint >> shift,
            exponent,
            radius: radius.add(rounding),
        }
    }

    /// Adds `radius` to the radius of the ball.
    fn widened(mut self, radius: Radius) -> Self {
        self.radius = self.radius.add(radius);
        self
    }

    /// Returns the least `t` with `|midpoint * 2^exponent| < 2^t`.
    ///
    /// If the midpoint is zero, the result is far below all exponents.
    fn log2_bound(&self) -> i64 {
        if self.midpoint.is_zero() {
            return i64::MIN / 4;
        }
        bits(self.midpoint.bit_len()).saturating_add(self.exponent)
    }

    /// Returns a `t` with `|x| < 2^t` for all `x` in the ball.
    ///
    /// The result is at most 1 greater than the least such `t`.
    pub(in crate::engine) fn magnitude(&self) -> i64 {
        self.log2_bound()
            .max(self.radius.log2_bound())
            .saturating_add(1)
    }

    /// Returns an upper bound of the absolute values of the numbers in the ball.
    fn max_abs(&self) -> Radius {
        Radius::upper_bound(&self.midpoint, self.exponent).add(self.radius)
    }

    /// Returns a positive lower bound of the absolute values of the numbers in the ball.
    ///
    /// Returns `None` if the ball may contain zero.
    fn min_abs(&self) -> Option<Radius> {
        Radius::lower_bound(&self.midpoint, self.exponent).sub(self.radius)
    }

    pub(in crate::engine::number) fn is_exactly_zero(&self) -> bool {
        self.midpoint.is_zero() && self.radius.is_zero()
    }

    /// Returns the heap memory of the midpoint, in bytes.
    pub(in crate::engine::number) fn heap_bytes(&self) -> usize {
        self.midpoint.bit_len() / 8
    }

    /// Returns the sign of all numbers in the ball, or `None` if the ball may contain zero.
    pub(in crate::engine) fn sign(&self) -> Option<Sign> {
        self.min_abs().map(|_| self.midpoint.sign())
    }

    /// Whether the ball may contain the integer `n`.
    pub(in crate::engine::number) fn may_contain(&self, n: i64) -> bool {
        if n == 0 {
            return self.sign().is_none();
        }
        let top = self.magnitude();
        // A difference of numbers of very different size is not computed.
        (0..=65).contains(&top) && self.sub(&Self::exact(n.into()), 256).sign().is_none()
    }

    /// Whether the ball contains a single number.
    pub(in crate::engine::number) fn is_exact(&self) -> bool {
        self.radius.is_zero()
    }

    /// Returns `low`, `high` and `exponent`. The ball is within `low * 2^exponent ..= high * 2^exponent`.
    ///
    /// `low` and `high` have at most [`ENDPOINT_BITS`] bits, and are rounded outwards if the exponents of
    /// the midpoint and of the radius are farther apart.
    pub(in crate::engine::number) fn endpoints(&self) -> (IBig, IBig, i64) {
        if self.radius.is_zero() {
            return (self.midpoint.clone(), self.midpoint.clone(), self.exponent);
        }
        let lowest = self.magnitude().saturating_sub(bits(ENDPOINT_BITS));
        let exponent = self.exponent.min(self.radius.exponent()).max(lowest);
        let shift = self.exponent.saturating_sub(exponent);
        let radius_shift = self.radius.exponent().saturating_sub(exponent);
        let (low, mut radius) = (
            scaled(&self.midpoint, shift),
            scaled(&IBig::from(self.radius.mantissa()), radius_shift),
        );
        // A number that was rounded down is at most 1 too small.
        let rounded = i64::from(shift < 0) + i64::from(radius_shift < 0);
        if rounded > 0 {
            radius += rounded;
        }
        (&low - &radius, low + radius, exponent)
    }

    /// Returns the floor of the lower endpoint and the floor of the upper endpoint.
    pub(in crate::engine::number) fn floor_range(&self) -> (IBig, IBig) {
        let (low, high, exponent) = self.endpoints();
        (scaled(&low, exponent), scaled(&high, exponent))
    }

    /// Returns `-self`.
    pub(in crate::engine::number) fn negated(mut self) -> Self {
        self.midpoint = -self.midpoint;
        self
    }

    /// Returns `|self|`.
    pub(in crate::engine::number) fn absolute(mut self) -> Self {
        // If the ball contains zero, the result contains negative numbers too: a wider ball
        // than needed, but a correct one.
        self.midpoint = self.midpoint.unsigned_abs().into();
        self
    }

    /// Returns `self + other`.
    pub(in crate::engine::number) fn add(&self, other: &Self, precision: usize) -> Self {
        let radius = self.radius.add(other.radius);
        if self.midpoint.is_zero() || other.midpoint.is_zero() {
            let nonzero = if self.midpoint.is_zero() { other } else { self };
            return Self::rounded(
                nonzero.midpoint.clone(),
                nonzero.exponent,
                radius,
                precision,
            );
        }
        // Rounding drops the bits below this exponent.
        let floor = self.log2_bound().max(other.log2_bound()) - bits(precision) - 8;
        let exponent = self.exponent.min(other.exponent).max(floor);
        let (left, left_rounding) = self.shifted_to(exponent);
        let (right, right_rounding) = other.shifted_to(exponent);
        let radius = radius.add(left_rounding).add(right_rounding);
        Self::rounded(left + right, exponent, radius, precision)
    }

    /// Returns the midpoint in units of `2^exponent`, rounded down, and the rounding error.
    fn shifted_to(&self, exponent: i64) -> (IBig, Radius) {
        match usize::try_from(self.exponent - exponent) {
            Ok(0) => (self.midpoint.clone(), Radius::ZERO),
            Ok(shift) => (&self.midpoint << shift, Radius::ZERO),
            Err(_) => {
                let shifted = scaled(&self.midpoint, self.exponent - exponent);
                (shifted, Radius::power_of_two(exponent))
            }
        }
    }

    /// Returns the greater of two numbers. If it is unknown which of them is greater, the ball
    /// contains both.
    ///
    /// `max(x, y) = (x + y + |x - y|)/2` is at most one radius of each operand away from the maximum of
    /// the midpoints, since the maximum is a contraction in both operands.
    pub(in crate::engine::number) fn maximum(&self, other: &Self, precision: usize) -> Self {
        let difference = self.sub(other, precision);
        match difference.sign() {
            Some(Sign::Positive) => self.clone(),
            Some(Sign::Negative) => other.clone(),
            None => {
                let greater = if difference.midpoint.sign() == Sign::Negative {
                    other
                } else {
                    self
                };
                greater
                    .clone()
                    .widened(self.radius.add(other.radius))
                    .widened(difference.radius)
            }
        }
    }

    /// Returns `self - other`.
    pub(in crate::engine::number) fn sub(&self, other: &Self, precision: usize) -> Self {
        self.add(&other.clone().negated(), precision)
    }

    /// Returns `self * other`.
    ///
    /// The midpoints are `a` and `b`. For any numbers `a + r` and `b + s` in the balls, the error
    /// is `(a + r)(b + s) - a b = (a + r) s + b r`.
    pub(in crate::engine::number) fn mul(&self, other: &Self, precision: usize) -> Self {
        self.product(other, &self.midpoint * &other.midpoint, precision)
    }

    /// Returns `self * other`, like [`Self::mul`], in pieces that can be interrupted.
    pub(in crate::engine::number) fn mul_long(
        &self,
        other: &Self,
        precision: usize,
        work: &Work<'_>,
    ) -> Result<Self> {
        let midpoint = pieces::multiply_signed(&self.midpoint, &other.midpoint, work)?;
        Ok(self.product(other, midpoint, precision))
    }

    /// Returns the ball of a product. `midpoint` is the product of the midpoints.
    fn product(&self, other: &Self, midpoint: IBig, precision: usize) -> Self {
        let error = self.max_abs().mul(other.radius);
        let other_error = Radius::upper_bound(&other.midpoint, other.exponent).mul(self.radius);
        Self::rounded(
            midpoint,
            self.exponent.saturating_add(other.exponent),
            error.add(other_error),
            precision,
        )
    }

    /// Returns `self * 2^shift`.
    pub(in crate::engine::number) fn shifted(mut self, shift: i64) -> Self {
        self.exponent = self.exponent.saturating_add(shift);
        self.radius = self.radius.shifted(shift);
        self
    }

    /// Returns `self / divisor`. Fails with [`BallError::Imprecise`] if `divisor` may contain zero.
    ///
    /// The midpoints are `a` and `b`, and their quotient is `q`. For any numbers `a + r` and
    /// `b + s` in the balls, the error is `(a + r)/(b + s) - q = (r - q s)/(b + s)`.
    pub(in crate::engine::number) fn div(&self, divisor: &Self, precision: usize) -> Result<Self> {
        self.quotient(divisor, precision, |n, d| Ok(n.div_rem(d)))
    }

    /// Returns `self / divisor`, like [`Self::div`], in pieces that can be interrupted.
    pub(in crate::engine::number) fn div_long(
        &self,
        divisor: &Self,
        precision: usize,
        work: &Work<'_>,
    ) -> Result<Self> {
        self.quotient(divisor, precision, |n, d| {
            Ok(pieces::divide_signed(n, d, work)?)
        })
    }

    /// Returns `self / divisor`. `div_rem` divides integers; of the rest only whether it is zero is used.
    fn quotient(
        &self,
        divisor: &Self,
        precision: usize,
        div_rem: impl FnOnce(&IBig, &IBig) -> Result<(IBig, IBig)>,
    ) -> Result<Self> {
        let divisor_min = divisor.min_abs().ok_or(BallError::Imprecise)?;
        let shift =
            (precision + 2 + divisor.midpoint.bit_len()).saturating_sub(self.midpoint.bit_len());
        let dividend = &self.midpoint << shift;
        let exponent = self.exponent.saturating_sub(divisor.exponent);
        let exponent = exponent.saturating_sub(bits(shift));
        let (quotient, rest) = div_rem(&dividend, &divisor.midpoint)?;
        let rounding = if rest.is_zero() {
            Radius::ZERO
        } else {
            Radius::power_of_two(exponent)
        };
        let max_quotient = Radius::upper_bound(&quotient, exponent).add(rounding);
        let error = self
            .radius
            .add(max_quotient.mul(divisor.radius))
            .div(divisor_min);
        Ok(Self::rounded(
            quotient,
            exponent,
            error.add(rounding),
            precision,
        ))
    }

    /// Returns `√self`. Fails for negative numbers, and if the sign is unknown.
    ///
    /// The midpoint is `m`. For any number `m + r` in the ball, the error `|√(m + r) - √m|` is at
    /// most `|r| / √m`.
    pub(in crate::engine::number) fn square_root(&self, precision: usize) -> Result<Self> {
        self.root(precision, |n| {
            let (root, rest) = n.sqrt_rem();
            Ok((root, rest.is_zero()))
        })
    }

    /// Returns `√self`, like [`Self::square_root`], in pieces that can be interrupted.
    pub(in crate::engine::number) fn square_root_long(
        &self,
        precision: usize,
        work: &Work<'_>,
    ) -> Result<Self> {
        self.root(precision, |n| Ok(pieces::square_root(n, work)?))
    }

    /// Returns `√self`. `sqrt` returns the root of an integer, rounded down, and whether it is exact.
    fn root(
        &self,
        precision: usize,
        sqrt: impl FnOnce(&UBig) -> Result<(UBig, bool)>,
    ) -> Result<Self> {
        if self.is_exactly_zero() {
            return Ok(Self::zero());
        }
        match self.sign() {
            Some(Sign::Positive) => {}
            Some(Sign::Negative) => {
                return Err(Fault::domain("a negative number has no real square root").into());
            }
            None => return Err(BallError::Imprecise),
        }
        let mut shift = bits(2 * precision + 4) - bits(self.midpoint.bit_len());
        shift = shift.max(0);
        shift += (self.exponent - shift).rem_euclid(2);
        let exponent = (self.exponent - shift) / 2;
        let square =
            (&self.midpoint).unsigned_abs() << usize::try_from(shift).expect("not negative");
        let (root, is_exact) = sqrt(&square)?;
        let rounding = if is_exact {
            Radius::ZERO
        } else {
            Radius::power_of_two(exponent)
        };
        let root = IBig::from(root);
        let min_root = Radius::lower_bound(&root, exponent);
        let error = if self.radius.is_zero() {
            Radius::ZERO
        } else {
            self.radius.div(min_root)
        };
        Ok(Self::rounded(
            root,
            exponent,
            error.add(rounding),
            precision,
        ))
    }

    /// Returns `self^exponent`. Fails if an intermediate result exceeds the limits.
    ///
    /// The method is binary exponentiation from the leading bit (Knuth, TAOCP 2, 4.6.3). The products are
    /// computed in pieces.
    pub(in crate::engine::number) fn power(
        &self,
        exponent: u64,
        precision: usize,
        limits: &Limits,
        work: &Work<'_>,
    ) -> Result<Self> {
        // Each squaring doubles the relative error.
        let working = precision + 2 * (u64::BITS - exponent.leading_zeros()) as usize + 4;
        let mut result = Self::one();
        for bit in (0..u64::BITS - exponent.leading_zeros()).rev() {
            result = result.mul_long(&result, working, work)?;
            if exponent >> bit & 1 == 1 {
                result = result.mul_long(self, working, work)?;
            }
            result = result.bounded(limits)?;
        }
        Ok(Self::rounded(
            result.midpoint,
            result.exponent,
            result.radius,
            precision,
        ))
    }

    /// Returns `10^exponent`. Fails if the result exceeds the limits.
    pub(in crate::engine::number) fn power_of_ten(
        exponent: i64,
        precision: usize,
        limits: &Limits,
        work: &Work<'_>,
    ) -> Result<Self> {
        let size = exponent.unsigned_abs();
        let power = match u32::try_from(size)
            .ok()
            .and_then(|it| 10_u128.checked_pow(it))
        {
            Some(power) => Self::exact(power.into()),
            None => Self::exact(IBig::from(10)).power(size, precision + 4, limits, work)?,
        };
        if exponent >= 0 {
            return Ok(power);
        }
        Self::one().div_long(&power, precision, work)
    }

    /// Returns the ball if it is within the exponent limits. So exponents always fit 64 bits.
    ///
    /// If the ball contains zero and its radius is below the lower limit, the radius is increased
    /// to this limit.
    pub(in crate::engine::number) fn bounded(self, limits: &Limits) -> Result<Self> {
        let limit = limits.exponent + 64;
        match (self.sign(), self.radius.log2_bound()) {
            (Some(_), _) if self.log2_bound().saturating_abs() > limit => {
                Err(exponential::too_large(limits))
            }
            (None, radius) if radius > limit => Err(BallError::Imprecise),
            (None, radius) if radius < -limit && !self.is_exactly_zero() => {
                Ok(Self::zero().widened(Radius::power_of_two(-limit)))
            }
            _ => Ok(self),
        }
    }

    /// Returns the square root of a number that may be zero and is known to have a root. If the ball
    /// contains negative numbers, they are not the number.
    pub(in crate::engine::number) fn square_root_near_zero(&self) -> Self {
        let bound = self.max_abs().log2_bound();
        Self::zero().widened(Radius::power_of_two((bound + 1).div_euclid(2)))
    }

    /// Whether this ball is a superset of `other`.
    #[cfg(test)]
    pub(in crate::engine::number) fn contains(&self, other: &Self) -> bool {
        let (low, high, exponent) = self.endpoints();
        let (other_low, other_high, other_exponent) = other.endpoints();
        let common = exponent.min(other_exponent);
        let rescaled = |n: IBig, from: i64| n << usize::try_from(from - common).unwrap();
        rescaled(low, exponent) <= rescaled(other_low, other_exponent)
            && rescaled(other_high, other_exponent) <= rescaled(high, exponent)
    }

    /// Whether the balls have a number in common.
    ///
    /// Two balls for the same number always have a number in common.
    #[cfg(test)]
    pub(in crate::engine::number) fn overlaps(&self, other: &Self) -> bool {
        let difference = self.sub(other, 100_000);
        difference.sign().is_none()
    }

    /// Returns the midpoint in units of `2^-precision`, rounded down.
    fn to_fixed_point(&self, precision: usize) -> IBig {
        scaled(&self.midpoint, self.exponent + bits(precision))
    }
}

/// Returns `n * 2^exponent`, rounded down.
fn scaled(n: &IBig, exponent: i64) -> IBig {
    if let Ok(shift) = usize::try_from(exponent) {
        n << shift
    } else {
        let shift = usize::try_from(exponent.unsigned_abs()).unwrap_or(usize::MAX);
        n >> shift.min(n.bit_len() + 1)
    }
}

#[cfg(test)]
mod tests;

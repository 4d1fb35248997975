//! Real numbers known to within a proven error.
//!
//! Midpoint-radius arithmetic after J. van der Hoeven, "Ball arithmetic" (2009), and
//! F. Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval
//! arithmetic" (2017): midpoints of any precision, radii of 32 bits rounded up. The
//! elementary functions work on integers scaled by a power of two, with argument
//! reduction and Taylor series whose errors are counted in units of the last place;
//! the bounds stand beside the code (R. P. Brent, P. Zimmermann, "Modern Computer
//! Arithmetic", chapter 4).

mod constants;
mod exponential;
mod gamma;
mod radius;
mod trigonometric;

use dashu_base::{BitTest as _, Sign, SquareRoot as _, UnsignedAbs as _};
use dashu_int::{IBig, UBig};

use self::radius::Radius;
#[cfg(test)]
use crate::engine::Work;
use crate::engine::{Fault, Limits};

/// Why there is no ball.
#[derive(Debug)]
pub(in crate::engine) enum BallError {
    /// The operand's ball is too wide to tell: more precision may help.
    Imprecise,
    /// More precision would not help.
    Fault(Box<Fault>),
}

impl From<Box<Fault>> for BallError {
    fn from(fault: Box<Fault>) -> Self {
        Self::Fault(fault)
    }
}

pub(in crate::engine) type Result<T> = std::result::Result<T, BallError>;

/// All numbers within `radius` of `midpoint * 2^exponent`.
///
/// `precision`, wherever a function takes it, is how many bits the midpoint of the
/// result has at most; what it loses by that is added to the radius.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Ball {
    midpoint: IBig,
    exponent: i64,
    radius: Radius,
}

/// Bits of a midpoint that are kept below the first bit of its radius.
const BELOW_RADIUS: i64 = 40;

fn bits(count: usize) -> i64 {
    i64::try_from(count).expect("memory is finite")
}

impl Ball {
    pub(in crate::engine) fn zero() -> Self {
        Self::exact(IBig::ZERO)
    }

    pub(in crate::engine) fn one() -> Self {
        Self::exact(IBig::ONE)
    }

    /// The integer `n` and nothing else.
    pub(in crate::engine) fn exact(n: IBig) -> Self {
        Self {
            midpoint: n,
            exponent: 0,
            radius: Radius::ZERO,
        }
    }

    pub(in crate::engine) fn integer(n: &IBig, precision: usize) -> Self {
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

    pub(in crate::engine) fn rational(
        numerator: &IBig,
        denominator: &UBig,
        precision: usize,
    ) -> Self {
        let numerator = Self::integer(numerator, precision + 8);
        if denominator.is_one() {
            return numerator;
        }
        let denominator = Self::integer(denominator.as_ibig(), precision + 8);
        let quotient = numerator.div(&denominator, precision);
        quotient.unwrap_or_else(|_| unreachable!("a denominator is far from zero"))
    }

    /// A midpoint with a radius, rounded to `precision`.
    fn rounded(midpoint: IBig, exponent: i64, radius: Radius, precision: usize) -> Self {
        let excess = bits(midpoint.bit_len()) - bits(precision);
        // What lies far below the radius is only a burden.
        let noise = radius.top() - BELOW_RADIUS - exponent;
        let shift = excess.max(noise).min(bits(midpoint.bit_len()) + 1);
        if shift <= 0 {
            return Self {
                midpoint,
                exponent,
                radius,
            };
        }
        let shift = usize::try_from(shift).expect("it is positive");
        let exact = midpoint.trailing_zeros().is_none_or(|zeros| zeros >= shift);
        let exponent = exponent + bits(shift);
        let loss = if exact {
            Radius::ZERO
        } else {
            Radius::power_of_two(exponent)
        };
        Self {
            midpoint: midpoint >> shift,
            exponent,
            radius: radius.add(loss),
        }
    }

    fn widened(mut self, radius: Radius) -> Self {
        self.radius = self.radius.add(radius);
        self
    }

    /// The least `t` for which the midpoint is below `2^t`; very small for zero.
    fn top(&self) -> i64 {
        if self.midpoint.is_zero() {
            return i64::MIN / 4;
        }
        bits(self.midpoint.bit_len()) + self.exponent
    }

    /// The least exponent of two, give or take one, above everything in the ball.
    pub(in crate::engine) fn magnitude(&self) -> i64 {
        self.top().max(self.radius.top()) + 1
    }

    /// An upper bound of the absolute values.
    fn most(&self) -> Radius {
        Radius::of(&self.midpoint, self.exponent).add(self.radius)
    }

    /// A lower bound of the absolute values, if zero is not among them.
    fn least(&self) -> Option<Radius> {
        Radius::at_most(&self.midpoint, self.exponent).sub(self.radius)
    }

    fn is_exactly_zero(&self) -> bool {
        self.midpoint.is_zero() && self.radius.is_zero()
    }

    /// The sign of all numbers in the ball, if they agree.
    /// Bytes that it holds beside itself.
    pub(in crate::engine) fn heap_bytes(&self) -> usize {
        self.midpoint.bit_len() / 8
    }

    pub(in crate::engine) fn sign(&self) -> Option<Sign> {
        self.least().map(|_| self.midpoint.sign())
    }

    /// Whether it holds a single number.
    pub(in crate::engine) fn is_exact(&self) -> bool {
        self.radius.is_zero()
    }

    /// The ends as integers times the power of two that is returned with them. Their
    /// length is bounded by the precision they were made with, and by `magnitude`.
    pub(in crate::engine) fn ends(&self) -> (IBig, IBig, i64) {
        if self.radius.is_zero() {
            return (self.midpoint.clone(), self.midpoint.clone(), self.exponent);
        }
        let exponent = self.exponent.min(self.radius.exponent());
        let shift = |from: i64| usize::try_from(from - exponent).expect("the lower one");
        let midpoint = &self.midpoint << shift(self.exponent);
        let radius = IBig::from(self.radius.mantissa()) << shift(self.radius.exponent());
        (&midpoint - &radius, midpoint + radius, exponent)
    }

    /// All integers to which `floor` takes numbers of the ball: the first, the last.
    pub(in crate::engine) fn floors(&self) -> (IBig, IBig) {
        let (low, high, exponent) = self.ends();
        (scaled(&low, exponent), scaled(&high, exponent))
    }

    pub(in crate::engine) fn negated(mut self) -> Self {
        self.midpoint = -self.midpoint;
        self
    }

    pub(in crate::engine) fn absolute(mut self) -> Self {
        // A ball around zero holds too much on its other side, which does no harm.
        self.midpoint = self.midpoint.unsigned_abs().into();
        self
    }

    pub(in crate::engine) fn add(&self, other: &Self, precision: usize) -> Self {
        let radius = self.radius.add(other.radius);
        if self.midpoint.is_zero() || other.midpoint.is_zero() {
            let one = if self.midpoint.is_zero() { other } else { self };
            return Self::rounded(one.midpoint.clone(), one.exponent, radius, precision);
        }
        // Bits below this are lost in the result anyway.
        let floor = self.top().max(other.top()) - bits(precision) - 8;
        let exponent = self.exponent.min(other.exponent).max(floor);
        let (left, left_loss) = self.shifted_to(exponent);
        let (right, right_loss) = other.shifted_to(exponent);
        let radius = radius.add(left_loss).add(right_loss);
        Self::rounded(left + right, exponent, radius, precision)
    }

    /// The midpoint in units of `2^exponent`, and how much that lost.
    fn shifted_to(&self, exponent: i64) -> (IBig, Radius) {
        match usize::try_from(self.exponent - exponent) {
            Ok(0) => (self.midpoint.clone(), Radius::ZERO),
            Ok(left) => (&self.midpoint << left, Radius::ZERO),
            Err(_) => {
                let shifted = scaled(&self.midpoint, self.exponent - exponent);
                (shifted, Radius::power_of_two(exponent))
            }
        }
    }

    pub(in crate::engine) fn sub(&self, other: &Self, precision: usize) -> Self {
        self.add(&other.clone().negated(), precision)
    }

    pub(in crate::engine) fn mul(&self, other: &Self, precision: usize) -> Self {
        let of_left = self.most().mul(other.radius);
        let of_right = Radius::of(&other.midpoint, other.exponent).mul(self.radius);
        Self::rounded(
            &self.midpoint * &other.midpoint,
            self.exponent + other.exponent,
            of_left.add(of_right),
            precision,
        )
    }

    /// `self * 2^shift`.
    pub(in crate::engine) fn shifted(mut self, shift: i64) -> Self {
        self.exponent += shift;
        self.radius = self.radius.shifted(shift);
        self
    }

    /// The quotient; too imprecise where `divisor` holds zero.
    ///
    /// With `q = a / b` of the midpoints and `a + x`, `b + y` elsewhere in the balls,
    /// `(a + x)/(b + y) - q = (x - q y)/(b + y)`.
    pub(in crate::engine) fn div(&self, divisor: &Self, precision: usize) -> Result<Self> {
        let least = divisor.least().ok_or(BallError::Imprecise)?;
        let shift =
            (precision + 2 + divisor.midpoint.bit_len()).saturating_sub(self.midpoint.bit_len());
        let dividend = &self.midpoint << shift;
        let exponent = self.exponent - divisor.exponent - bits(shift);
        let quotient = &dividend / &divisor.midpoint;
        let exact = &quotient * &divisor.midpoint == dividend;
        let loss = if exact {
            Radius::ZERO
        } else {
            Radius::power_of_two(exponent)
        };
        let size = Radius::of(&quotient, exponent).add(loss);
        let error = self.radius.add(size.mul(divisor.radius)).div(least);
        Ok(Self::rounded(
            quotient,
            exponent,
            error.add(loss),
            precision,
        ))
    }

    /// The square root of what is not negative.
    ///
    /// `|√(m + x) - √m| <= |x| / √m`.
    pub(in crate::engine) fn square_root(&self, precision: usize) -> Result<Self> {
        if self.is_exactly_zero() {
            return Ok(Self::zero());
        }
        match self.sign() {
            Some(Sign::Positive) => {}
            Some(Sign::Negative) => {
                return Err(Fault::domain("the square root of a negative number").into());
            }
            None => return Err(BallError::Imprecise),
        }
        let mut shift = bits(2 * precision + 4) - bits(self.midpoint.bit_len());
        shift = shift.max(0);
        shift += (self.exponent - shift).rem_euclid(2);
        let exponent = (self.exponent - shift) / 2;
        let square =
            (&self.midpoint).unsigned_abs() << usize::try_from(shift).expect("not negative");
        let root = square.sqrt();
        let exact = &root * &root == square;
        let loss = if exact {
            Radius::ZERO
        } else {
            Radius::power_of_two(exponent)
        };
        let root = IBig::from(root);
        let least = Radius::at_most(&root, exponent);
        let error = if self.radius.is_zero() {
            Radius::ZERO
        } else {
            self.radius.div(least)
        };
        Ok(Self::rounded(root, exponent, error.add(loss), precision))
    }

    /// An integral power, by squaring, which stops as soon as it leaves the limits.
    pub(in crate::engine) fn power(
        &self,
        exponent: u64,
        precision: usize,
        limits: &Limits,
    ) -> Result<Self> {
        // Each squaring doubles the relative error.
        let working = precision + 2 * (u64::BITS - exponent.leading_zeros()) as usize + 4;
        let mut result = Self::one();
        for bit in (0..u64::BITS - exponent.leading_zeros()).rev() {
            result = result.mul(&result, working);
            if exponent >> bit & 1 == 1 {
                result = result.mul(self, working);
            }
            result = result.within(limits)?;
        }
        Ok(Self::rounded(
            result.midpoint,
            result.exponent,
            result.radius,
            precision,
        ))
    }

    /// A power of ten, of an exponent that no number within the limits goes beyond.
    pub(in crate::engine) fn power_of_ten(
        exponent: i64,
        precision: usize,
        limits: &Limits,
    ) -> Result<Self> {
        let ten = Self::exact(IBig::from(10));
        let power = ten.power(exponent.unsigned_abs(), precision + 4, limits)?;
        if exponent >= 0 {
            return Ok(power);
        }
        Self::one().div(&power, precision)
    }

    /// The ball, or less of it where it is too narrow, if it is neither too large nor too
    /// small. So exponents never leave 64 bits, whatever is done with them.
    pub(in crate::engine) fn within(self, limits: &Limits) -> Result<Self> {
        let limit = limits.exponent + 64;
        match (self.sign(), self.radius.top()) {
            (Some(_), _) if self.top().abs() > limit => Err(exponential::too_large(limits)),
            (None, noise) if noise > limit => Err(BallError::Imprecise),
            (None, noise) if noise < -limit && !self.is_exactly_zero() => {
                Ok(Self::zero().widened(Radius::power_of_two(-limit)))
            }
            _ => Ok(self),
        }
    }

    /// Whether everything in `other` is in this ball too.
    #[cfg(test)]
    pub(in crate::engine) fn holds(&self, other: &Self) -> bool {
        let (low, high, exponent) = self.ends();
        let (other_low, other_high, other_exponent) = other.ends();
        let common = exponent.min(other_exponent);
        let at = |n: IBig, from: i64| n << usize::try_from(from - common).unwrap();
        at(low, exponent) <= at(other_low, other_exponent)
            && at(other_high, other_exponent) <= at(high, exponent)
    }

    /// Whether both hold a common number, as balls of the same number must.
    #[cfg(test)]
    pub(in crate::engine) fn meets(&self, other: &Self) -> bool {
        let difference = self.sub(other, 100_000);
        difference.sign().is_none()
    }

    /// The midpoint in units of `2^-precision`, rounded down.
    fn fixed(&self, precision: usize) -> IBig {
        scaled(&self.midpoint, self.exponent + bits(precision))
    }
}

/// `n * 2^exponent`, rounded down.
fn scaled(n: &IBig, exponent: i64) -> IBig {
    if let Ok(left) = usize::try_from(exponent) {
        n << left
    } else {
        let right = usize::try_from(exponent.unsigned_abs()).unwrap_or(usize::MAX);
        n >> right.min(n.bit_len() + 1)
    }
}

#[cfg(test)]
mod tests;

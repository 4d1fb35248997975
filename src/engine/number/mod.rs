//! Numbers: exact rationals where possible, otherwise real numbers.

pub(super) mod ball;
pub(super) mod decimal;
pub(super) mod exact;
pub(super) mod integer;
pub(super) mod real;

use std::cmp::Ordering;

use dashu_base::{BitTest as _, Sign, UnsignedAbs as _};
use dashu_int::{IBig, UBig};

use self::{
    exact::{Exact, ExactResult},
    real::{BinaryOperation, Operation, Real, Unary},
};
use super::{
    budget::work::Work,
    fault::{Fault, Result},
};

/// A number in the calculator's language.
#[derive(Clone, Debug)]
pub(super) enum Number {
    /// A rational number.
    Exact(Exact),
    /// A number that may be irrational, or a rational number that is too long for `Exact`.
    Real(Real),
}

impl From<Exact> for Number {
    fn from(q: Exact) -> Self {
        Self::Exact(q)
    }
}

impl From<i64> for Number {
    fn from(n: i64) -> Self {
        Self::Exact(n.into())
    }
}

impl From<UBig> for Number {
    fn from(n: UBig) -> Self {
        Self::Exact(IBig::from(n).into())
    }
}

impl Number {
    /// Creates the real that `operation` defines.
    pub(super) fn real(operation: Operation, work: &mut Work<'_>) -> Result<Self> {
        Real::new(operation, work).map(Self::Real)
    }

    /// Returns pi.
    pub(super) fn pi(work: &mut Work<'_>) -> Result<Self> {
        Self::real(Operation::Pi, work)
    }

    /// Converts the number to a real.
    pub(super) fn to_real(&self, work: &mut Work<'_>) -> Result<Real> {
        match self {
            Self::Exact(q) => Real::exact(q.clone(), work),
            Self::Real(real) => Ok(real.clone()),
        }
    }

    /// Applies `function` to the number. The result is a real.
    pub(super) fn unary(&self, function: Unary, work: &mut Work<'_>) -> Result<Self> {
        let operand = self.to_real(work)?;
        Self::real(Operation::Unary(function, operand), work)
    }

    /// Applies `operation` to two numbers. The result is a real.
    fn binary(
        &self,
        operation: BinaryOperation,
        other: &Self,
        work: &mut Work<'_>,
    ) -> Result<Self> {
        let (x, y) = (self.to_real(work)?, other.to_real(work)?);
        Self::real(Operation::Binary(operation, x, y), work)
    }

    /// Returns the number if it is exact.
    pub(super) fn exact(&self) -> Option<&Exact> {
        match self {
            Self::Exact(q) => Some(q),
            Self::Real(_) => None,
        }
    }

    /// Returns the heap memory of an exact number, in bytes.
    ///
    /// Returns 0 for a real, because the expression of a real counts its own memory.
    #[inline]
    pub(super) fn heap_bytes(&self) -> usize {
        match self {
            Self::Exact(q) => q.heap_bytes(),
            Self::Real(_) => 0,
        }
    }

    /// Returns `-self`.
    pub(super) fn negated(&self, work: &mut Work<'_>) -> Result<Self> {
        match self {
            Self::Exact(q) => Ok(q.negated().into()),
            Self::Real(_) => self.unary(Unary::Negate, work),
        }
    }

    /// Returns `|self|`.
    pub(super) fn absolute(&self, work: &mut Work<'_>) -> Result<Self> {
        match self {
            Self::Exact(q) => Ok(q.absolute().into()),
            Self::Real(_) => self.unary(Unary::Absolute, work),
        }
    }

    /// Returns `self + other`.
    pub(super) fn add(&self, other: &Self, work: &mut Work<'_>) -> Result<Self> {
        match (self, other) {
            (Self::Exact(p), Self::Exact(q)) => match p.add(q, work)? {
                ExactResult::Exact(sum) => Ok(sum.into()),
                ExactResult::TooLong => self.binary(BinaryOperation::Add, other, work),
            },
            // Adding zero costs nothing.
            (Self::Exact(zero), x) | (x, Self::Exact(zero)) if zero.is_zero() => Ok(x.clone()),
            _ => self.binary(BinaryOperation::Add, other, work),
        }
    }

    /// Returns `self - other`.
    pub(super) fn sub(&self, other: &Self, work: &mut Work<'_>) -> Result<Self> {
        match (self, other) {
            (Self::Exact(p), Self::Exact(q)) => match p.add(&q.negated(), work)? {
                ExactResult::Exact(difference) => Ok(difference.into()),
                ExactResult::TooLong => self.binary(BinaryOperation::Subtract, other, work),
            },
            (Self::Real(x), Self::Real(y)) if x.is_same(y) => Ok(Exact::ZERO.into()),
            (x, Self::Exact(zero)) if zero.is_zero() => Ok(x.clone()),
            _ => self.binary(BinaryOperation::Subtract, other, work),
        }
    }

    /// Returns `self * other`.
    pub(super) fn mul(&self, other: &Self, work: &mut Work<'_>) -> Result<Self> {
        match (self, other) {
            (Self::Exact(p), Self::Exact(q)) => match p.mul(q, work)? {
                ExactResult::Exact(product) => Ok(product.into()),
                ExactResult::TooLong => self.binary(BinaryOperation::Multiply, other, work),
            },
            (Self::Exact(q), _) | (_, Self::Exact(q)) if q.is_zero() => Ok(Exact::ZERO.into()),
            (Self::Exact(one), x) | (x, Self::Exact(one)) if one.is_one() => Ok(x.clone()),
            _ => self.binary(BinaryOperation::Multiply, other, work),
        }
    }

    /// Returns `self / divisor`. Fails if `divisor` is zero.
    pub(super) fn div(&self, divisor: &Self, work: &mut Work<'_>) -> Result<Self> {
        match (self, divisor) {
            (_, Self::Exact(zero)) if zero.is_zero() => Err(Fault::division_by_zero()),
            (Self::Exact(p), Self::Exact(q)) => match p.mul(&q.inverse(), work)? {
                ExactResult::Exact(quotient) => Ok(quotient.into()),
                ExactResult::TooLong => self.binary(BinaryOperation::Divide, divisor, work),
            },
            _ => self.binary(BinaryOperation::Divide, divisor, work),
        }
    }

    /// Returns `self - divisor * floor(self / divisor)`: the remainder with the sign of `divisor`.
    pub(super) fn modulo(&self, divisor: &Self, work: &mut Work<'_>) -> Result<Self> {
        if let (Self::Exact(x), Self::Exact(y)) = (self, divisor)
            && let Some((_, rest)) = x.div_rem_floor(y, work)?
        {
            return Ok(rest.into());
        }
        let quotient = Self::from(self.div(divisor, work)?.floor(work)?);
        self.sub(&divisor.mul(&quotient, work)?, work)
    }

    /// Returns `floor(self / divisor)`.
    pub(super) fn quotient(&self, divisor: &Self, work: &mut Work<'_>) -> Result<Exact> {
        if let (Self::Exact(x), Self::Exact(y)) = (self, divisor)
            && let Some((quotient, _)) = x.div_rem_floor(y, work)?
        {
            return Ok(quotient);
        }
        self.div(divisor, work)?.floor(work)
    }

    /// Returns `self^exponent`. Fails if `self` is negative and `exponent` is not an integer.
    pub(super) fn power(&self, exponent: &Self, work: &mut Work<'_>) -> Result<Self> {
        match (self, exponent) {
            (_, Self::Exact(y)) if y.is_zero() => Ok(Exact::ONE.into()),
            (x, Self::Exact(y)) if y.is_one() => Ok(x.clone()),
            (Self::Exact(x), Self::Exact(y)) => self.exact_power(x, y, exponent, work),
            (Self::Exact(x), Self::Real(_)) if x.is_one() => Ok(Exact::ONE.into()),
            (Self::Exact(x), Self::Real(_)) if x.is_zero() => match exponent.sign(work)? {
                Some(Sign::Positive) => Ok(Exact::ZERO.into()),
                Some(Sign::Negative) => Err(Fault::division_by_zero()),
                None => Err(Fault::undecided("the sign of the exponent")),
            },
            (Self::Exact(x), Self::Real(_)) if x.is_negative() => Err(power_of_negative()),
            (Self::Real(x), Self::Exact(y)) if y.is_integer() => match y.to_i64() {
                Some(y) => Self::real(Operation::Power(x.clone(), y), work),
                None => self.large_power(exponent, y, work),
            },
            (Self::Real(_), _) => match self.sign(work)? {
                Some(Sign::Positive) => self.binary(BinaryOperation::Power, exponent, work),
                Some(Sign::Negative) => Err(power_of_negative()),
                None => Err(Fault::undecided("the sign of the base")),
            },
            _ => self.binary(BinaryOperation::Power, exponent, work),
        }
    }

    /// Returns `x^y`. `x` is the value of `self`, and `y` is the value of `exponent`.
    fn exact_power(
        &self,
        x: &Exact,
        y: &Exact,
        exponent: &Self,
        work: &mut Work<'_>,
    ) -> Result<Self> {
        if x.is_zero() && y.is_negative() {
            return Err(Fault::division_by_zero());
        }
        if x.is_zero() || x.is_one() {
            return Ok(x.clone().into());
        }
        if y.is_integer() {
            let Some(y) = y.to_i64() else {
                return self.large_power(exponent, y, work);
            };
            return match x.power(y, work)? {
                ExactResult::Exact(power) => Ok(power.into()),
                ExactResult::TooLong => {
                    let x = self.to_real(work)?;
                    Self::real(Operation::Power(x, y), work)
                }
            };
        }
        if x.is_negative() {
            return Err(power_of_negative());
        }
        // x^(a/b) in lowest terms is rational only if the b-th root of x is rational.
        if let (Ok(degree), Some(numerator)) = (
            u64::try_from(y.denominator()),
            Exact::from(y.numerator()).to_i64(),
        ) && let Some(root) = x.root(degree, work)?
        {
            return match root.power(numerator, work)? {
                ExactResult::Exact(power) => Ok(power.into()),
                ExactResult::TooLong => self.binary(BinaryOperation::Power, exponent, work),
            };
        }
        self.binary(BinaryOperation::Power, exponent, work)
    }

    /// Returns `x^y` for an integer `y` that does not fit 64 bits. `y` is the value of `exponent`.
    fn large_power(&self, exponent: &Self, y: &Exact, work: &mut Work<'_>) -> Result<Self> {
        let one = Self::from(1);
        if let Self::Exact(x) = self {
            if x.is_integer() && x.absolute().is_one() {
                let is_odd = y.numerator().bit(0);
                return Ok(if is_odd { self.clone() } else { one });
            }
            if x.is_integer() && !y.is_negative() {
                return Err(Fault::too_long(work.limits.result));
            }
        }
        let power = self
            .absolute(work)?
            .binary(BinaryOperation::Power, exponent, work)?;
        match self.sign(work)? {
            Some(Sign::Negative) if y.numerator().bit(0) => power.negated(work),
            Some(_) => Ok(power),
            None => Err(Fault::undecided("the sign of the base")),
        }
    }

    /// Returns the sign, or `None` if it cannot be decided. The sign of an exact zero is positive.
    pub(super) fn sign(&self, work: &mut Work<'_>) -> Result<Option<Sign>> {
        match self {
            Self::Exact(q) if q.is_negative() => Ok(Some(Sign::Negative)),
            Self::Exact(_) => Ok(Some(Sign::Positive)),
            Self::Real(real) => real.sign(work),
        }
    }

    /// Compares two numbers. Fails if the order cannot be decided.
    pub(super) fn compare(&self, other: &Self, work: &mut Work<'_>) -> Result<Ordering> {
        if let (Self::Exact(p), Self::Exact(q)) = (self, other) {
            return p.compare(q, work);
        }
        match self.sub(other, work)? {
            Self::Exact(zero) if zero.is_zero() => Ok(Ordering::Equal),
            difference => match difference.sign(work)? {
                Some(Sign::Positive) => Ok(Ordering::Greater),
                Some(Sign::Negative) => Ok(Ordering::Less),
                None => Err(Fault::undecided("which of the two numbers is greater")),
            },
        }
    }

    /// Returns the greatest integer that is at most `self`. Fails if it cannot be determined.
    pub(super) fn floor(&self, work: &mut Work<'_>) -> Result<Exact> {
        let real = match self {
            Self::Exact(q) => return q.floor(work),
            Self::Real(real) => real,
        };
        let magnitude = real.ball().magnitude();
        if magnitude > i64::try_from(work.limits.precision).expect("small") {
            return Err(Fault::limit(format!(
                "the integer part is longer than the limit of {} bits for real numbers",
                work.limits.precision
            )));
        }
        let first = usize::try_from(magnitude.max(64)).expect("not negative") + 32;
        let floor = real.refine_until(first, work, |ball, _, _| {
            let (low, high) = ball.floor_range();
            Ok((low == high).then_some(low))
        })?;
        match floor {
            Some(floor) => Ok(floor.into()),
            None => Err(Fault::undecided(
                "on which side of an integer the number lies",
            )),
        }
    }

    /// Estimates the logarithm of the absolute value to base 2. The number is not zero.
    pub(super) fn log2_estimate(&self) -> f64 {
        match self {
            Self::Exact(q) => {
                integer::log2(&q.numerator().unsigned_abs()) - integer::log2(&q.denominator())
            }
            #[expect(clippy::cast_precision_loss, reason = "an estimate")]
            Self::Real(real) => (real.ball().magnitude() - 1) as f64,
        }
    }

    /// Returns the number as an integer. Fails if it is not an exact integer.
    pub(super) fn integer(&self) -> Result<IBig> {
        self.exact().and_then(Exact::to_integer).ok_or_else(|| {
            let message = match self {
                Self::Exact(_) => "the operand must be an integer",
                Self::Real(_) => "the operand must be an exact integer",
            };
            Fault::domain(message).help("floor(x), round(x) and trunc(x) return integers")
        })
    }

    /// Returns the number as a natural number. Fails if it is negative or not an exact integer.
    pub(super) fn natural(&self) -> Result<UBig> {
        let n = self.integer()?;
        if n.sign() == Sign::Negative {
            return Err(Fault::domain("the operand must not be negative"));
        }
        Ok(n.unsigned_abs())
    }
}

/// Returns the fault for a negative base with an exponent that is not an integer.
fn power_of_negative() -> Box<Fault> {
    Fault::domain("a fractional power of a negative number is not real")
        .help("use cbrt(x) or root(x, n) for odd roots of negative numbers")
}

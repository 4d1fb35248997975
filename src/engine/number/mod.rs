//! Numbers: exact rationals where possible, otherwise real numbers.

pub(super) mod ball;
pub(super) mod basis;
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
    fault::{Fault, Reason, Result},
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

    /// Returns the number, as an exact number if it is a real that is decided to be zero.
    ///
    /// This costs nothing if the digits of the real show that it is not zero.
    pub(super) fn settled(&self, work: &mut Work<'_>) -> Result<Self> {
        self.settled_at(0, work)
    }

    /// Returns the number, as an exact number if it is a real that is decided to be `n`.
    ///
    /// This costs nothing if the digits of the real show that it is not `n`.
    pub(super) fn settled_at(&self, n: i64, work: &mut Work<'_>) -> Result<Self> {
        if let Self::Real(real) = self
            && real.ball().may_contain(n)
            && self.sub(&n.into(), work)?.order(work)? == Some(Ordering::Equal)
        {
            return Ok(n.into());
        }
        Ok(self.clone())
    }

    /// Returns the greater of two numbers. If their order cannot be decided, the result is a real
    /// that is the greater of both.
    pub(super) fn greater(&self, other: &Self, work: &mut Work<'_>) -> Result<Self> {
        match self.decided_order(other, work)? {
            Some(Ordering::Less) => Ok(other.clone()),
            Some(_) => Ok(self.clone()),
            None => self.binary(BinaryOperation::Maximum, other, work),
        }
    }

    /// Returns the lesser of two numbers. If their order cannot be decided, the result is a real
    /// that is the lesser of both.
    pub(super) fn lesser(&self, other: &Self, work: &mut Work<'_>) -> Result<Self> {
        match self.decided_order(other, work)? {
            Some(Ordering::Greater) => Ok(other.clone()),
            Some(_) => Ok(self.clone()),
            None => self.binary(BinaryOperation::Minimum, other, work),
        }
    }

    /// Compares two numbers. Returns `None` if the order cannot be decided.
    fn decided_order(&self, other: &Self, work: &mut Work<'_>) -> Result<Option<Ordering>> {
        match self.compare(other, work) {
            Ok(order) => Ok(Some(order)),
            Err(fault) if fault.reason == Reason::Undecided => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Returns the number, as an exact number if it is a real whose form is rational.
    pub(super) fn simplified(&self, work: &mut Work<'_>) -> Result<Self> {
        if let Self::Real(real) = self
            && let Some(exact) = real.exact_value(work)?
        {
            return Ok(exact.into());
        }
        Ok(self.clone())
    }

    /// Whether the digits of the number do not show that it is not zero.
    fn may_be_zero(&self) -> bool {
        match self {
            Self::Exact(q) => q.is_zero(),
            Self::Real(real) => real.ball().sign().is_none(),
        }
    }

    /// Returns `self / divisor`. Fails if `divisor` is zero.
    pub(super) fn div(&self, divisor: &Self, work: &mut Work<'_>) -> Result<Self> {
        if let Self::Real(_) = divisor
            && divisor.may_be_zero()
            && let divisor @ Self::Exact(_) = divisor.settled(work)?
        {
            return self.div(&divisor, work);
        }
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
            (Self::Exact(x), Self::Real(_)) if x.is_zero() => match exponent.order(work)? {
                Some(Ordering::Greater) => Ok(Exact::ZERO.into()),
                Some(Ordering::Less) => Err(Fault::division_by_zero()),
                Some(Ordering::Equal) => Ok(Exact::ONE.into()),
                None => Err(Fault::undecided("the sign of the exponent")),
            },
            (Self::Exact(x), Self::Real(_)) if x.is_negative() => {
                match exponent.simplified(work)? {
                    exponent @ Self::Exact(_) => self.power(&exponent, work),
                    Self::Real(_) => Err(power_of_negative()),
                }
            }
            // A power of zero, perhaps.
            (Self::Real(_), _) if self.may_be_zero() && self.settled(work)?.exact().is_some() => {
                Self::from(Exact::ZERO).power(exponent, work)
            }
            (Self::Real(x), Self::Exact(y)) if y.is_integer() => match y.to_i64() {
                Some(y) => Self::real(Operation::Power(x.clone(), y), work),
                None => self.large_power(exponent, y, work),
            },
            (Self::Real(_), _) => match self.order(work)? {
                Some(Ordering::Greater) => self.binary(BinaryOperation::Power, exponent, work),
                Some(Ordering::Equal) => Self::from(Exact::ZERO).power(exponent, work),
                Some(Ordering::Less) => match exponent.simplified(work)? {
                    Self::Exact(y) if y.is_integer() => self.power(&y.into(), work),
                    _ => Err(power_of_negative()),
                },
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
        if let Self::Exact(x) = self
            && x.is_integer()
            && x.absolute().is_one()
        {
            let is_odd = y.numerator().bit(0);
            return Ok(if is_odd { self.clone() } else { one });
        }
        let power = self
            .absolute(work)?
            .binary(BinaryOperation::Power, exponent, work)?;
        match self.order(work)? {
            Some(Ordering::Less) if y.numerator().bit(0) => power.negated(work),
            Some(_) => Ok(power),
            None => Err(Fault::undecided("the sign of the base")),
        }
    }

    /// Returns the order of the number and zero, or `None` if it cannot be decided.
    pub(super) fn order(&self, work: &mut Work<'_>) -> Result<Option<Ordering>> {
        match self {
            Self::Exact(q) if q.is_negative() => Ok(Some(Ordering::Less)),
            Self::Exact(q) if q.is_zero() => Ok(Some(Ordering::Equal)),
            Self::Exact(_) => Ok(Some(Ordering::Greater)),
            Self::Real(real) => real.order(work),
        }
    }

    /// Compares two numbers. Fails if the order cannot be decided.
    pub(super) fn compare(&self, other: &Self, work: &mut Work<'_>) -> Result<Ordering> {
        if let (Self::Exact(p), Self::Exact(q)) = (self, other) {
            return p.compare(q, work);
        }
        let order = self.sub(other, work)?.order(work)?;
        order.ok_or_else(|| Fault::undecided("which of the two numbers is greater"))
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
        // At the last precision, only one integer is in question.
        let mut candidate = None;
        let mut attempts = 0;
        let floor = real.refine_until(first, work, |ball, _, _| {
            let (low, high) = ball.floor_range();
            attempts += 1;
            if low == high {
                return Ok(Some(Some(low)));
            }
            let is_next = &low + IBig::ONE == high;
            candidate = is_next.then_some(high);
            // More digits help only if the number is not an integer.
            Ok((attempts == 2 && is_next).then_some(None))
        })?;
        if let Some(Some(floor)) = floor {
            return Ok(floor.into());
        }
        let undecided = || Fault::undecided("on which side of an integer the number lies");
        let candidate = Exact::from(candidate.ok_or_else(undecided)?);
        match self.sub(&candidate.clone().into(), work)?.order(work)? {
            Some(Ordering::Less) => Ok(Exact::from(candidate.numerator() - IBig::ONE)),
            Some(_) => Ok(candidate),
            None => Err(undecided()),
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
            if let Self::Real(real) = self
                && real.is_long_integer()
            {
                return Fault::limit("the integer is so long that only its first digits are known")
                    .help("an exact result has at most as many bits as the limit max-result");
            }
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

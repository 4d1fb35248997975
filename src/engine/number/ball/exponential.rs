//! Exponential function and logarithm, and the hyperbolic functions made of them.

use dashu_base::{BitTest as _, DivEuclid as _, Sign};
use dashu_int::IBig;

use super::{Ball, BallError, Radius, Result, bits, constants::ln_2, scaled};
use crate::engine::{Fault, Limits};

/// `e^x * 2^precision` for a fixed-point `|x| <= 1`, less than 3 too small or too
/// large.
///
/// Taylor's series of `x / 2^s`, squared `s` times. A term is less than 2.1 units off
/// (two roundings, and the error of the one before it made smaller), what is left out
/// is less than a unit; squaring multiplies the error by less than 2 e^|x / 2^j| and
/// adds a unit, which for all of them together is less than 2^(s + 2) times the error
/// of the sum and a unit.
pub(super) fn exp_fixed(x: &IBig, precision: usize) -> IBig {
    let halvings = 3 + (precision.isqrt() * 3) / 5;
    // 2^(s + 2) * (2.1 n + 3) with fewer than `precision` terms n.
    let guard = halvings + 5 + precision.bit_len();
    let working = precision + guard;
    let x = scaled(x, bits(guard) - bits(halvings));
    let mut term = IBig::ONE << working;
    let mut sum = term.clone();
    let mut n = 1u32;
    loop {
        term = ((term * &x) >> working) / n;
        if term.is_zero() || term == IBig::NEG_ONE {
            break;
        }
        sum += &term;
        n += 1;
    }
    for _ in 0..halvings {
        sum = (&sum * &sum) >> working;
    }
    sum >> guard
}

/// `ln(m) * 2^precision` for a fixed-point `m` from 1/2 to 2, less than 3 too small or
/// too large.
///
/// With a guess `y` from a third of the precision, `ln m = y + 2 atanh((m - e^y)/(m +
/// e^y))` exactly; the quotient is small, so few terms of its series are needed. It is
/// less than 8 units off, the whole less than 20.
pub(super) fn ln_fixed(m: &IBig, precision: usize) -> IBig {
    const GUARD: usize = 8;
    let working = precision + GUARD;
    let m = m << GUARD;
    let y = ln_guess(&m, working);
    let power = exp_fixed(&y, working);
    let quotient = ((&m - &power) << working) / (m + power);
    (y + (odd_series(&quotient, working, Sign::Positive) << 1)) >> GUARD
}

/// [`ln_fixed`] with an error that nobody has bounded.
fn ln_guess(m: &IBig, precision: usize) -> IBig {
    let third = precision / 3 + 8;
    if third > 48 {
        return ln_fixed(&(m >> (precision - third)), third) << (precision - third);
    }
    let short = scaled(m, 52 - bits(precision));
    scaled(&guess(&short, f64::ln), bits(precision) - 52)
}

/// `f(x)` in units of 2^-52, about.
#[expect(clippy::cast_possible_truncation, reason = "only a guess")]
pub(super) fn guess(x: &IBig, f: fn(f64) -> f64) -> IBig {
    let unit = 2f64.powi(52);
    IBig::from((f(x.to_f64().value() / unit) * unit) as i64)
}

/// `z + z^3/3 + z^5/5 + ...`, for a negative sign with alternating signs, of a
/// fixed-point `|z| < 1/2`: `atanh` and `atan`. Less than 2 units off for every term.
pub(super) fn odd_series(z: &IBig, precision: usize, sign: Sign) -> IBig {
    let mut square = (z * z) >> precision;
    if sign == Sign::Negative {
        square = -square;
    }
    let mut power = z.clone();
    let mut sum = z.clone();
    let mut divisor = 3u32;
    loop {
        power = (power * &square) >> precision;
        let term = &power / divisor;
        if term.is_zero() {
            return sum;
        }
        sum += term;
        divisor += 2;
    }
}

impl Ball {
    /// `e^x`.
    pub(in crate::engine) fn exp(&self, precision: usize, limits: &Limits) -> Result<Self> {
        if self.is_exactly_zero() {
            return Ok(Self::one());
        }
        // Wide balls have no useful image.
        if self.radius.top() > -2 {
            return match self.sign() {
                Some(_) if self.top() > 60 => Err(too_large(limits)),
                _ => Err(BallError::Imprecise),
            };
        }
        if self.top() > 60 {
            return Err(too_large(limits));
        }
        // |e^x - 1| <= 2|x| for |x| < 1.
        if self.top() < -bits(precision) - 4 {
            return Ok(Self::one().widened(self.most().shifted(1)));
        }
        let above = usize::try_from(self.top().max(0)).expect("at most 60");
        let working = precision + 8 + 2 * above;
        let x = self.fixed(working);
        let unit = ln_2(working);
        // To the nearest multiple of ln 2.
        let twos = ((&x << 1) + &unit).div_euclid(&unit << 1);
        let exponent = i64::try_from(&twos).expect("at most 60 bits");
        if exponent.abs() > limits.exponent {
            return Err(too_large(limits));
        }
        let rest = x - twos * unit;
        // The rest is off by 1 unit for x and 2 for each ln 2. That counts at most
        // twice in the result, beside its own 3 units.
        let units = 2 * (1 + 2 * exponent.unsigned_abs()) + 3;
        let power = exp_fixed(&rest, working);
        let scale = exponent - bits(working);
        // e^r - 1 <= 2r for r < 1, and the radius is below 1/4.
        let size = Radius::of(&power, scale).shifted(1);
        let error = Radius::new(units, scale).add(size.mul(self.radius.shifted(1)));
        Ok(Self::rounded(power, scale, error, precision))
    }

    /// `e^x - 1`, precise near zero too.
    pub(in crate::engine) fn exp_less_one(
        &self,
        precision: usize,
        limits: &Limits,
    ) -> Result<Self> {
        if let Some(ball) = self.give_or_take_its_square(precision)? {
            return Ok(ball);
        }
        let lost = usize::try_from((-self.top()).max(0)).expect("within the precision");
        let working = precision + lost + 2;
        Ok(self.exp(working, limits)?.sub(&Self::one(), working))
    }

    /// `x ± x²` where the midpoint is too near zero for `precision` to tell it from one
    /// more: it holds `e^x - 1` and `ln(1 + x)`, both for `|x| < 1/2`.
    fn give_or_take_its_square(&self, precision: usize) -> Result<Option<Self>> {
        if self.top() >= -bits(precision) - 4 {
            return Ok(None);
        }
        if self.radius.top() > -2 {
            return Err(BallError::Imprecise);
        }
        let square = self.most().mul(self.most());
        Ok(Some(self.clone().widened(square)))
    }

    /// The natural logarithm of what is positive.
    pub(in crate::engine) fn ln(&self, precision: usize) -> Result<Self> {
        let least = self.least().ok_or(BallError::Imprecise)?;
        if self.midpoint.sign() == Sign::Negative {
            return Err(Fault::domain("the logarithm of a negative number").into());
        }
        // |ln(m + r) - ln(m)| <= |r| / min(m, m + r).
        let error = self.radius.div(least);
        let near_one = (0..=1).contains(&self.top());
        let mut lost = 0;
        if near_one {
            let midpoint = Self {
                radius: Radius::ZERO,
                ..self.clone()
            };
            let distance = midpoint.sub(&Self::one(), self.midpoint.bit_len() + 8);
            if distance.is_exactly_zero() {
                return Ok(Self::zero().widened(error));
            }
            if distance.top() < -bits(precision) - 4 {
                // |ln(1 + d) - d| <= d² for |d| < 1/2.
                let square = distance.most().mul(distance.most());
                return Ok(distance.widened(square.add(error)));
            }
            lost = usize::try_from((-distance.top()).max(0)).expect("within the precision");
        }
        let exponent = if near_one { 0 } else { self.top() };
        let working = precision
            + 8
            + lost
            + usize::try_from(exponent.unsigned_abs()).map_or(64, |e| e.bit_len());
        let m = scaled(&self.midpoint, self.exponent - exponent + bits(working));
        // 3 units of its own, at most 2 for the unit that m is off, 2 for each ln 2.
        let units = 5 + 2 * exponent.unsigned_abs();
        let logarithm = ln_fixed(&m, working) + ln_2(working) * exponent;
        let error = error.add(Radius::new(units, -bits(working)));
        Ok(Self::rounded(logarithm, -bits(working), error, precision))
    }

    /// `ln(1 + x)`, precise near zero too.
    fn ln_of_one_more(&self, precision: usize) -> Result<Self> {
        if let Some(ball) = self.give_or_take_its_square(precision)? {
            return Ok(ball);
        }
        let lost = usize::try_from((-self.top()).max(0)).expect("within the precision");
        Self::one().add(self, precision + lost + 8).ln(precision)
    }

    /// The hyperbolic sine: `(u + u/(u + 1))/2` with `u = e^|x| - 1`.
    pub(in crate::engine) fn sinh(&self, precision: usize, limits: &Limits) -> Result<Self> {
        let working = precision + 8;
        let (x, negative) = self.without_sign();
        let u = x.exp_less_one(working, limits)?;
        let power = u.add(&Self::one(), working + 2);
        let result = u.add(&u.div(&power, working)?, precision).shifted(-1);
        Ok(if negative { result.negated() } else { result })
    }

    /// The hyperbolic cosine.
    pub(in crate::engine) fn cosh(&self, precision: usize, limits: &Limits) -> Result<Self> {
        let power = self.exp(precision + 8, limits)?;
        let inverse = Self::one().div(&power, precision + 8)?;
        Ok(power.add(&inverse, precision).shifted(-1))
    }

    /// The ball with its midpoint on the positive side, and whether it was on the other:
    /// for odd functions.
    fn without_sign(&self) -> (Self, bool) {
        let negative = self.midpoint.sign() == Sign::Negative;
        let ball = self.clone();
        (if negative { ball.negated() } else { ball }, negative)
    }

    /// The hyperbolic tangent: `u/(u + 2)` with `u = e^2x - 1`.
    pub(in crate::engine) fn tanh(&self, precision: usize, limits: &Limits) -> Result<Self> {
        // So close to ±1 that e^2x need not be computed: 1 - tanh(x) < 2 e^-2x.
        let far = Radius::new(limits.exponent.unsigned_abs(), 0);
        if self.least().is_some_and(|least| least > far) {
            let bound = Radius::power_of_two(-limits.exponent);
            let one = Self::one().widened(bound);
            let negative = self.midpoint.sign() == Sign::Negative;
            return Ok(if negative { one.negated() } else { one });
        }
        let working = precision + 8;
        // Of the absolute value, so that u does not come close to -1.
        let (size, negative) = self.without_sign();
        let u = size.shifted(1).exp_less_one(working, limits)?;
        let two = Self::exact(IBig::from(2));
        let quotient = u.div(&u.add(&two, working), precision)?;
        Ok(if negative {
            quotient.negated()
        } else {
            quotient
        })
    }

    /// The inverse of [`Ball::sinh`]: `ln(1 + x + x²/(1 + √(1 + x²)))` of `|x|`.
    pub(in crate::engine) fn asinh(&self, precision: usize) -> Result<Self> {
        if self.is_exactly_zero() {
            return Ok(Self::zero());
        }
        let (x, negative) = self.without_sign();
        let working = precision + 8;
        let square = x.mul(&x, working);
        let root = square.add(&Self::one(), working).square_root(working)?;
        let quotient = square.div(&root.add(&Self::one(), working), working)?;
        let result = x.add(&quotient, working).ln_of_one_more(precision)?;
        Ok(if negative { result.negated() } else { result })
    }

    /// The inverse of [`Ball::cosh`], of what is at least 1: `ln(1 + t + √(t(t + 2)))`
    /// with `t = x - 1`.
    pub(in crate::engine) fn acosh(&self, precision: usize) -> Result<Self> {
        let working = precision + 8;
        let t = self.sub(&Self::one(), working + self.midpoint.bit_len());
        if t.sign() == Some(Sign::Negative) {
            return Err(Fault::domain("acosh of a number below 1").into());
        }
        let two = Self::exact(IBig::from(2));
        let root = t.mul(&t.add(&two, working), working).square_root(working)?;
        t.add(&root, working).ln_of_one_more(precision)
    }

    /// The inverse of [`Ball::tanh`], of what is between -1 and 1: `ln(1 + 2x/(1 -
    /// x))/2` of `|x|`.
    pub(in crate::engine) fn atanh(&self, precision: usize) -> Result<Self> {
        let (x, negative) = self.without_sign();
        let working = precision + 8;
        let rest = Self::one().sub(&x, working + self.midpoint.bit_len());
        match rest.sign() {
            Some(Sign::Positive) => {}
            Some(Sign::Negative) => {
                return Err(Fault::domain("atanh of a number that is not between -1 and 1").into());
            }
            None => return Err(BallError::Imprecise),
        }
        let quotient = x.shifted(1).div(&rest, working)?;
        let result = quotient.ln_of_one_more(precision)?.shifted(-1);
        Ok(if negative { result.negated() } else { result })
    }
}

pub(super) fn too_large(limits: &Limits) -> BallError {
    let limit = limits.exponent;
    let message =
        format!("the result is beyond the limit of 2^{limit} or below that of 2^-{limit}");
    BallError::Fault(Fault::limit(message))
}

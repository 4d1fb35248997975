//! Exponential function, natural logarithm, and hyperbolic functions with their inverses.

use dashu_base::{BitTest as _, DivEuclid as _, Sign};
use dashu_int::IBig;

use super::{Ball, BallError, Radius, Result, bits, constants::ln_2, scaled};
use crate::engine::{Fault, Limits};

/// Returns `e^x * 2^precision` for a fixed-point `|x| <= 1`, with an error below 3.
///
/// Sums the Taylor series of `e^(x / 2^s)` and squares the sum `s` times. Each term has an error
/// below 2.1 units: two roundings, and the reduced error of the previous term. The truncation
/// error is less than one unit. Each squaring multiplies the error by less than `2 e^|x / 2^j|` and
/// adds one unit. All squarings together multiply the error of the sum, plus one unit, by less
/// than `2^(s + 2)`.
pub(super) fn exp_fixed(x: &IBig, precision: usize) -> IBig {
    let halvings = 3 + (precision.isqrt() * 3) / 5;
    // The error is below 2^(s + 2) * (2.1 n + 3), and the number of terms n is below `precision`.
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

/// Returns `ln(m) * 2^precision` for a fixed-point `m` from 1/2 to 2, with an error below 3.
///
/// The formula `ln m = y + 2 atanh((m - e^y)/(m + e^y))` is exact for all `y`. Here `y` is an
/// estimate of `ln m` with a third of the precision. So the quotient is small, and the series of
/// `atanh` needs few terms. The error of the series is below 8 units of the working precision, and
/// the error of the sum is below 20 units.
pub(super) fn ln_fixed(m: &IBig, precision: usize) -> IBig {
    const GUARD: usize = 8;
    let working = precision + GUARD;
    let m = m << GUARD;
    let y = ln_estimate(&m, working);
    let power = exp_fixed(&y, working);
    let quotient = ((&m - &power) << working) / (m + power);
    (y + (odd_power_series(&quotient, working, Sign::Positive) << 1)) >> GUARD
}

/// Estimates the result of [`ln_fixed`], without a proven error bound.
fn ln_estimate(m: &IBig, precision: usize) -> IBig {
    let third = precision / 3 + 8;
    if third > 48 {
        return ln_fixed(&(m >> (precision - third)), third) << (precision - third);
    }
    let short = scaled(m, 52 - bits(precision));
    scaled(&f64_estimate(&short, f64::ln), bits(precision) - 52)
}

/// Estimates `f(x)` in `f64` arithmetic. The argument and the result are in units of 2^-52.
#[expect(clippy::cast_possible_truncation, reason = "an estimate")]
pub(super) fn f64_estimate(x: &IBig, f: fn(f64) -> f64) -> IBig {
    let unit = 2f64.powi(52);
    IBig::from((f(x.to_f64().value() / unit) * unit) as i64)
}

/// Returns `z + z^3/3 + z^5/5 + ...` for a fixed-point `|z| < 1/2`: the Taylor series of `atanh`.
///
/// If `sign` is negative, the signs of the terms alternate, and the sum is `atan(z)`. The error is
/// below 2 units for each term.
pub(super) fn odd_power_series(z: &IBig, precision: usize, sign: Sign) -> IBig {
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
    /// Returns `e^x`.
    pub(in crate::engine::number) fn exp(&self, precision: usize, limits: &Limits) -> Result<Self> {
        if self.is_exactly_zero() {
            return Ok(Self::one());
        }
        // The image of a wide ball is too wide to be useful.
        if self.radius.log2_bound() > -2 {
            return match self.sign() {
                Some(_) if self.log2_bound() > 62 => Err(too_large(limits)),
                _ => Err(BallError::Imprecise),
            };
        }
        if self.log2_bound() > 62 {
            return Err(too_large(limits));
        }
        // |e^x - 1| <= 2|x| for |x| < 1.
        if self.log2_bound() < -bits(precision) - 4 {
            return Ok(Self::one().widened(self.max_abs().shifted(1)));
        }
        let integer_bits = usize::try_from(self.log2_bound().max(0)).expect("at most 62");
        let working = precision + 8 + 2 * integer_bits;
        let x = self.to_fixed_point(working);
        let ln_2 = ln_2(working);
        // x = multiple * ln 2 + rest, with |rest| <= ln 2 / 2.
        let multiple = ((&x << 1) + &ln_2).div_euclid(&ln_2 << 1);
        let exponent = match i64::try_from(&multiple) {
            Ok(exponent) if exponent.saturating_abs() <= limits.exponent => exponent,
            _ => return Err(too_large(limits)),
        };
        let rest = x - multiple * ln_2;
        // The rest has an error of 1 unit from x and 2 from each multiple of ln 2. It counts at
        // most twice in the result. The exponential adds 3 units.
        let units = 2 * (1 + 2 * exponent.unsigned_abs()) + 3;
        let power = exp_fixed(&rest, working);
        let scale = exponent - bits(working);
        // e^r - 1 <= 2r for r < 1, and the radius is below 1/4.
        let max_power = Radius::upper_bound(&power, scale).shifted(1);
        let error = Radius::new(units, scale).add(max_power.mul(self.radius.shifted(1)));
        Ok(Self::rounded(power, scale, error, precision))
    }

    /// Returns `e^x - 1` without loss of precision near zero.
    pub(in crate::engine::number) fn exp_m1(
        &self,
        precision: usize,
        limits: &Limits,
    ) -> Result<Self> {
        if let Some(ball) = self.first_order(precision)? {
            return Ok(ball);
        }
        let leading_zeros =
            usize::try_from((-self.log2_bound()).max(0)).expect("within the precision");
        let working = precision + leading_zeros + 2;
        Ok(self.exp(working, limits)?.sub(&Self::one(), working))
    }

    /// Returns the ball `x ± x²` if `1 + x` rounds to 1 at `precision`, otherwise `None`.
    ///
    /// For `|x| < 1/2`, this ball contains `e^x - 1` and `ln(1 + x)`.
    fn first_order(&self, precision: usize) -> Result<Option<Self>> {
        if self.log2_bound() >= -bits(precision) - 4 {
            return Ok(None);
        }
        if self.radius.log2_bound() > -2 {
            return Err(BallError::Imprecise);
        }
        let square = self.max_abs().mul(self.max_abs());
        Ok(Some(self.clone().widened(square)))
    }

    /// Returns `ln(x)`.
    ///
    /// Fails for negative numbers. Fails with [`BallError::Imprecise`] if `x` may be zero.
    pub(in crate::engine::number) fn ln(&self, precision: usize) -> Result<Self> {
        let min = self.min_abs().ok_or(BallError::Imprecise)?;
        if self.midpoint.sign() == Sign::Negative {
            return Err(Fault::domain("a negative number has no real logarithm").into());
        }
        // |ln(m + r) - ln(m)| <= |r| / min(m, m + r).
        let error = self.radius.div(min);
        let near_one = (0..=1).contains(&self.log2_bound());
        let mut leading_zeros = 0;
        if near_one {
            let midpoint = Self {
                radius: Radius::ZERO,
                ..self.clone()
            };
            let distance = midpoint.sub(&Self::one(), self.midpoint.bit_len() + 8);
            if distance.is_exactly_zero() {
                return Ok(Self::zero().widened(error));
            }
            if distance.log2_bound() < -bits(precision) - 4 {
                // |ln(1 + d) - d| <= d² for |d| < 1/2.
                let square = distance.max_abs().mul(distance.max_abs());
                return Ok(distance.widened(square.add(error)));
            }
            leading_zeros =
                usize::try_from((-distance.log2_bound()).max(0)).expect("within the precision");
        }
        let exponent = if near_one { 0 } else { self.log2_bound() };
        let working = precision
            + 8
            + leading_zeros
            + usize::try_from(exponent.unsigned_abs()).map_or(64, |e| e.bit_len());
        let m = scaled(&self.midpoint, self.exponent - exponent + bits(working));
        // 3 units from ln_fixed, at most 2 from the rounding of m, 2 from each multiple of ln 2.
        let units = 5 + 2 * exponent.unsigned_abs();
        let logarithm = ln_fixed(&m, working) + ln_2(working) * exponent;
        let error = error.add(Radius::new(units, -bits(working)));
        Ok(Self::rounded(logarithm, -bits(working), error, precision))
    }

    /// Returns `ln(1 + x)` without loss of precision near zero.
    pub(in crate::engine::number) fn ln_1p(&self, precision: usize) -> Result<Self> {
        if let Some(ball) = self.first_order(precision)? {
            return Ok(ball);
        }
        let leading_zeros =
            usize::try_from((-self.log2_bound()).max(0)).expect("within the precision");
        Self::one()
            .add(self, precision + leading_zeros + 8)
            .ln(precision)
    }

    /// Returns `sinh(x)`: for `x >= 0`, `(u + u/(u + 1))/2` with `u = e^x - 1`.
    pub(in crate::engine::number) fn sinh(
        &self,
        precision: usize,
        limits: &Limits,
    ) -> Result<Self> {
        let working = precision + 8;
        let (x, negative) = self.abs_and_sign();
        let u = x.exp_m1(working, limits)?;
        let power = u.add(&Self::one(), working + 2);
        let result = u.add(&u.div(&power, working)?, precision).shifted(-1);
        Ok(if negative { result.negated() } else { result })
    }

    /// Returns `cosh(x) = (e^x + e^-x)/2`.
    pub(in crate::engine::number) fn cosh(
        &self,
        precision: usize,
        limits: &Limits,
    ) -> Result<Self> {
        let power = self.exp(precision + 8, limits)?;
        let inverse = Self::one().div(&power, precision + 8)?;
        Ok(power.add(&inverse, precision).shifted(-1))
    }

    /// Negates the ball if its midpoint is negative. Returns the ball and whether it was negated.
    ///
    /// An odd function is computed for this ball. The result is negated if the ball was negated.
    fn abs_and_sign(&self) -> (Self, bool) {
        let negative = self.midpoint.sign() == Sign::Negative;
        let ball = self.clone();
        (if negative { ball.negated() } else { ball }, negative)
    }

    /// Returns `tanh(x) = u/(u + 2)` with `u = e^2x - 1`.
    pub(in crate::engine::number) fn tanh(
        &self,
        precision: usize,
        limits: &Limits,
    ) -> Result<Self> {
        // The result is so close to ±1 that e^2x is not needed: 1 - tanh(x) < 2 e^-2x.
        let threshold = Radius::new(limits.exponent.unsigned_abs(), 0);
        if self.min_abs().is_some_and(|min| min > threshold) {
            // A radius far below the precision would only cost time.
            let bound = Radius::power_of_two(-limits.exponent.min(2 * bits(precision) + 64));
            let one = Self::one().widened(bound);
            let negative = self.midpoint.sign() == Sign::Negative;
            return Ok(if negative { one.negated() } else { one });
        }
        let working = precision + 8;
        // For the absolute value, u + 2 is far from zero.
        let (x, negative) = self.abs_and_sign();
        let u = x.shifted(1).exp_m1(working, limits)?;
        let two = Self::exact(IBig::from(2));
        let quotient = u.div(&u.add(&two, working), precision)?;
        Ok(if negative {
            quotient.negated()
        } else {
            quotient
        })
    }

    /// Returns `asinh(x)`: for `x >= 0`, `ln(1 + x + x²/(1 + √(1 + x²)))`.
    pub(in crate::engine::number) fn asinh(&self, precision: usize) -> Result<Self> {
        if self.is_exactly_zero() {
            return Ok(Self::zero());
        }
        let (x, negative) = self.abs_and_sign();
        let working = precision + 8;
        let square = x.mul(&x, working);
        let root = square.add(&Self::one(), working).square_root(working)?;
        let quotient = square.div(&root.add(&Self::one(), working), working)?;
        let result = x.add(&quotient, working).ln_1p(precision)?;
        Ok(if negative { result.negated() } else { result })
    }

    /// Returns `acosh(x) = ln(1 + t + √(t(t + 2)))` with `t = x - 1`. Fails for `x < 1`.
    pub(in crate::engine::number) fn acosh(&self, precision: usize) -> Result<Self> {
        let working = precision + 8;
        let t = self.sub(&Self::one(), working + self.midpoint.bit_len());
        if t.sign() == Some(Sign::Negative) {
            return Err(Fault::domain("acosh needs a number that is at least 1").into());
        }
        let two = Self::exact(IBig::from(2));
        let root = t.mul(&t.add(&two, working), working).square_root(working)?;
        t.add(&root, working).ln_1p(precision)
    }

    /// Returns `atanh(x)`: for `x >= 0`, `ln(1 + 2x/(1 - x))/2`. Fails for `|x| > 1`.
    pub(in crate::engine::number) fn atanh(&self, precision: usize) -> Result<Self> {
        let (x, negative) = self.abs_and_sign();
        let working = precision + 8;
        let rest = Self::one().sub(&x, working + self.midpoint.bit_len());
        match rest.sign() {
            Some(Sign::Positive) => {}
            Some(Sign::Negative) => {
                return Err(Fault::domain("atanh needs a number between -1 and 1").into());
            }
            None => return Err(BallError::Imprecise),
        }
        let quotient = x.shifted(1).div(&rest, working)?;
        let result = quotient.ln_1p(precision)?.shifted(-1);
        Ok(if negative { result.negated() } else { result })
    }
}

/// Returns the error for a result that exceeds the exponent limits: too large, or too near zero.
pub(super) fn too_large(limits: &Limits) -> BallError {
    let limit = limits.exponent;
    let message =
        format!("the result is beyond the limit of 2^{limit} or closer to 0 than 2^-{limit}");
    BallError::Fault(Fault::limit(message))
}

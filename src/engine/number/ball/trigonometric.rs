//! Pi, trigonometric functions and their inverses.

use dashu_base::{BitTest as _, DivEuclid as _, Sign};
use dashu_int::IBig;

use super::{
    Ball, BallError, Radius, Result, bits,
    constants::{pi, pi_long},
    exponential::{f64_estimate, odd_power_series},
    scaled,
};
use crate::engine::{Fault, Limits, budget::work::Work};

/// Returns `sin(x)` and `cos(x)` times `2^precision` for a fixed-point `|x| <= 1.2`, each with an
/// error below 3.
///
/// Sums the Taylor series of both functions at `x / 2^s`, and then doubles the angle `s` times with
/// `sin 2y = 2 sin y cos y` and `cos 2y = 1 - 2 sin² y`. The error of the series is below 2.1 units
/// for each term. Each doubling multiplies the larger error by less than `2 (1 + |sin y|)` and adds
/// 2 units. The product of the factors of all doublings is less than
/// `2^s e^(2 |sin x|) < 2^(s + 3)`.
pub(super) fn sin_cos_fixed(x: &IBig, precision: usize) -> (IBig, IBig) {
    let halvings = 2 + precision.isqrt() / 2;
    let guard = halvings + 6 + precision.bit_len();
    let working = precision + guard;
    let x = scaled(x, bits(guard) - bits(halvings));
    let mut term = IBig::ONE << working;
    let (mut sine, mut cosine) = (IBig::ZERO, term.clone());
    let mut n = 1u32;
    loop {
        term = ((term * &x) >> working) / n;
        if term.is_zero() || term == IBig::NEG_ONE {
            break;
        }
        match n % 4 {
            0 => cosine += &term,
            1 => sine += &term,
            2 => cosine -= &term,
            _ => sine -= &term,
        }
        n += 1;
    }
    for _ in 0..halvings {
        let doubled = (&sine * cosine) >> (working - 1);
        cosine = (IBig::ONE << working) - ((&sine * &sine) >> (working - 1));
        sine = doubled;
    }
    (sine >> guard, cosine >> guard)
}

/// Returns `atan(x) * 2^precision` for a fixed-point `x` from -2 to 2, with an error below 3.
///
/// The formula `atan x = y + atan((x cos y - sin y)/(cos y + x sin y))` is exact. Here `y` is an
/// estimate of `atan x` with a third of the precision. So the quotient is small, and the series of
/// `atan` needs few terms. The error of the quotient is below 12 units of the working precision,
/// and the error of the sum is below 20 units.
fn atan_fixed(x: &IBig, precision: usize) -> IBig {
    const GUARD: usize = 8;
    let working = precision + GUARD;
    let x = x << GUARD;
    let y = atan_estimate(&x, working);
    let (sine, cosine) = sin_cos_fixed(&y, working);
    let numerator = (&x * &cosine) - (&sine << working);
    let denominator = cosine + ((x * sine) >> working);
    let quotient = numerator / denominator;
    (y + odd_power_series(&quotient, working, Sign::Negative)) >> GUARD
}

/// Estimates the result of [`atan_fixed`], without a proven error bound.
fn atan_estimate(x: &IBig, precision: usize) -> IBig {
    let third = precision / 3 + 8;
    if third > 48 {
        return atan_fixed(&(x >> (precision - third)), third) << (precision - third);
    }
    let short = scaled(x, 52 - bits(precision));
    scaled(&f64_estimate(&short, f64::atan), bits(precision) - 52)
}

impl Ball {
    /// Returns pi.
    pub(in crate::engine::number) fn pi(precision: usize) -> Self {
        Self::from_fixed_point(pi(precision), precision)
    }

    /// Returns pi, like [`Self::pi`], in pieces that can be interrupted.
    pub(in crate::engine::number) fn pi_long(precision: usize, work: &Work<'_>) -> Result<Self> {
        Ok(Self::from_fixed_point(pi_long(precision, work)?, precision))
    }

    /// Returns the ball within 2 units of `n` in units of `2^-precision`.
    fn from_fixed_point(n: IBig, precision: usize) -> Self {
        let error = Radius::new(2, -bits(precision));
        Self::rounded(n, -bits(precision), error, precision)
    }

    /// Returns `sin(x)` and `cos(x)`.
    pub(in crate::engine::number) fn sin_cos(
        &self,
        precision: usize,
        limits: &Limits,
    ) -> Result<(Self, Self)> {
        if self.is_exactly_zero() {
            return Ok((Self::zero(), Self::one()));
        }
        if self.log2_bound() > limits.angle {
            let message = format!("the angle is beyond the limit of 2^{}", limits.angle);
            return Err(Fault::limit(message).into());
        }
        if self.radius.log2_bound() > 2 {
            // The angle is unknown, so the results are anywhere in -1..=1.
            let unknown = Self::zero().widened(Radius::power_of_two(0));
            return Ok((unknown.clone(), unknown));
        }
        // |sin x - x| <= |x|³/6, |cos x - 1| <= x²/2.
        if self.log2_bound() < -bits(precision) / 2 - 4 {
            let square = self.max_abs().mul(self.max_abs());
            let sine = self.clone().widened(square.mul(self.max_abs()));
            return Ok((sine, Self::one().widened(square)));
        }
        let extra = usize::try_from(self.log2_bound().unsigned_abs()).expect("it is limited");
        let working = precision + 8 + extra;
        let x = self.to_fixed_point(working);
        // x = quadrant * pi/2 + rest, with |rest| <= pi/4.
        let right_angle = pi(working) >> 1;
        let quadrant = ((&x << 1) + &right_angle).div_euclid(&right_angle << 1);
        let rest = x - &quadrant * &right_angle;
        // 3 units from sin_cos_fixed, 1 from x, 2 from each right angle.
        let rounding = Radius::new(4, -bits(working));
        let reduction = Radius::upper_bound(&quadrant, 1 - bits(working));
        let error = rounding.add(reduction).add(self.radius);
        let (sine, cosine) = sin_cos_fixed(&rest, working);
        let ball = |n| Self::rounded(n, -bits(working), error, precision);
        let (sine, cosine) = (ball(sine), ball(cosine));
        Ok(match (quadrant.bit(0), quadrant.bit(1)) {
            (false, false) => (sine, cosine),
            (true, false) => (cosine, sine.negated()),
            (false, true) => (sine.negated(), cosine.negated()),
            (true, true) => (cosine.negated(), sine),
        })
    }

    /// Returns `atan(x)`.
    pub(in crate::engine::number) fn atan(&self, precision: usize) -> Result<Self> {
        if self.log2_bound() < -bits(precision) / 2 - 4 {
            // |atan x - x| <= |x|³/3.
            let max = self.max_abs();
            return Ok(self.clone().widened(max.mul(max).mul(max)));
        }
        if self.log2_bound() > 1 {
            // atan x = ±pi/2 - atan(1/x), with the sign of x.
            let inverse = Self::one().div(self, precision + 8)?;
            let right_angle = Self::pi(precision + 8).shifted(-1);
            let negative = self.midpoint.sign() == Sign::Negative;
            let right_angle = if negative {
                right_angle.negated()
            } else {
                right_angle
            };
            return Ok(right_angle.sub(&inverse.atan(precision + 8)?, precision));
        }
        let extra =
            usize::try_from(self.log2_bound().unsigned_abs()).expect("within the precision");
        let working = precision + 8 + extra;
        // 3 units from atan_fixed, 1 from x. The derivative is at most 1.
        let error = self.radius.add(Radius::new(4, -bits(working)));
        let result = atan_fixed(&self.to_fixed_point(working), working);
        Ok(Self::rounded(result, -bits(working), error, precision))
    }

    /// Returns `asin(x) = atan(x/√((1 - x)(1 + x)))`. Fails for `|x| > 1`.
    pub(in crate::engine::number) fn asin(&self, precision: usize) -> Result<Self> {
        let working = precision + 8;
        let (minus, plus) = self.one_minus_and_plus(working)?;
        let cosine = minus.mul(&plus, working).square_root(working)?;
        self.div(&cosine, working)?.atan(precision)
    }

    /// Returns `acos(x) = 2 atan √((1 - x)/(1 + x))`. Fails for `|x| > 1`.
    pub(in crate::engine::number) fn acos(&self, precision: usize) -> Result<Self> {
        let working = precision + 8;
        let (minus, plus) = self.one_minus_and_plus(working)?;
        let half = minus
            .div(&plus, working)?
            .square_root(working)?
            .atan(precision)?;
        Ok(half.shifted(1))
    }

    /// Returns `1 - x` and `1 + x`.
    ///
    /// Fails if one of the results is negative. Fails with [`BallError::Imprecise`] if one of the
    /// results may be zero.
    fn one_minus_and_plus(&self, precision: usize) -> Result<(Self, Self)> {
        let exact = precision + self.midpoint.bit_len();
        let minus = Self::one().sub(self, exact);
        let plus = Self::one().add(self, exact);
        match (minus.sign(), plus.sign()) {
            (Some(Sign::Positive), Some(Sign::Positive)) => Ok((minus, plus)),
            (Some(Sign::Negative), _) | (_, Some(Sign::Negative)) => {
                let message = "only numbers from -1 to 1 have an inverse sine or cosine";
                Err(Fault::domain(message).into())
            }
            _ => Err(BallError::Imprecise),
        }
    }
}

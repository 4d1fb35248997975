//! The gamma function.

use dashu_base::{BitTest as _, DivEuclid as _};
use dashu_int::IBig;

use super::{Ball, BallError, Radius, Result, bits};
use crate::engine::{
    Fault, Limits,
    budget::work::{Work, cost},
};

impl Ball {
    /// Returns `gamma(x)`.
    ///
    /// Fails with [`BallError::Imprecise`] if `x` may be zero or a negative integer. The argument
    /// is reduced to the range from 1 to 2 by `gamma(y + 1) = y gamma(y)`.
    pub(in crate::engine::number) fn gamma(
        &self,
        precision: usize,
        work: &mut Work<'_>,
    ) -> Result<Self> {
        if self.radius.log2_bound() > -2 {
            return Err(BallError::Imprecise);
        }
        // From |x| = 2^22 on, the exponent of the result is far beyond ±2^24.
        if self.log2_bound() > 22 {
            return Err(gamma_too_large(work.limits));
        }
        let (floor, _) = self.floor_range();
        let steps = i64::try_from(&floor).expect("at most 22 bits") - 1;
        let working = precision + 64;
        let y = self.sub(&Self::exact(IBig::from(steps)), working);
        let step_cost = 150 + 2 * cost::multiply(working, working);
        let mut product = Self::one();
        let mut factor = if steps >= 0 { y.clone() } else { self.clone() };
        for _ in 0..steps.unsigned_abs() {
            work.pay(step_cost)?;
            product = product.mul(&factor, working);
            factor = factor.add(&Self::one(), working);
            if product.log2_bound() > work.limits.exponent {
                return Err(gamma_too_large(work.limits));
            }
        }
        if product.sign().is_none() {
            return Err(BallError::Imprecise);
        }
        let gamma_y = y.gamma_near_one(working, work)?;
        if steps >= 0 {
            Ok(gamma_y.mul(&product, precision))
        } else {
            gamma_y.div(&product, precision)
        }
    }

    /// Returns `gamma(y)` for `y` from 1 to 2.
    ///
    /// Euler's integral from 0 to `n` is `n^y e^-n` times the sum of `n^k/(y (y + 1) ... (y + k))`.
    /// The integral from `n` to infinity is at most `2 n^(y - 1) e^-n` for `y <= 2` and `n >= 2`
    /// (NIST Digital Library of Mathematical Functions, 8.7.1 and 8.10.1). The absolute value of
    /// the derivative of gamma is below 1, so the radius of the argument is added to the radius of
    /// the result.
    fn gamma_near_one(&self, precision: usize, work: &mut Work<'_>) -> Result<Self> {
        let y = Self {
            radius: Radius::ZERO,
            ..self.clone()
        };
        // n > precision * ln 2, so that e^-n < 2^-precision.
        let n = precision * 7 / 10 + 8;
        // Each term adds a rounding error of one unit and the effect of an error of one unit in
        // `y`. Both grow as the terms do: relative to the sum, 4 units for each term.
        let guard = 8 + n.bit_len();
        let fixed = precision + guard;
        let term_cost = 200 + 2 * cost::multiply(fixed, fixed);
        let unit = IBig::ONE << fixed;
        let mut divisor = y.to_fixed_point(fixed);
        let mut term = (&unit << fixed).div_euclid(&divisor);
        let mut sum = IBig::ZERO;
        let mut count = 0;
        // After 2n terms, each term is less than half of the previous term.
        while count < 2 * n || term.bit_len() + fixed > sum.bit_len() {
            work.pay(term_cost)?;
            sum += &term;
            divisor += &unit;
            term = ((term * IBig::from(n)) << fixed).div_euclid(&divisor);
            count += 1;
        }
        let relative = Radius::new(4 * (count as u64 + 1), -bits(fixed));
        let error = Radius::upper_bound(&sum, -bits(fixed)).mul(relative);
        let sum = Self::rounded(sum, -bits(fixed), error, precision);
        // The integer part of ln n has at most as many bits as n.
        let working = precision + 2 * n.bit_len();
        let n_ball = Self::exact(IBig::from(n));
        let logarithm = n_ball.ln(working)?;
        let exponent = y.mul(&logarithm, working).sub(&n_ball, working);
        let power = exponent.exp(precision, work.limits)?;
        let tail = power
            .max_abs()
            .div(Radius::lower_bound(&IBig::from(n), 0))
            .shifted(1);
        Ok(power
            .mul(&sum, precision)
            .widened(tail)
            .widened(self.radius))
    }
}

fn gamma_too_large(limits: &Limits) -> BallError {
    let limit = limits.exponent;
    BallError::Fault(Fault::limit(format!(
        "the result is beyond the limit of 2^{limit}"
    )))
}

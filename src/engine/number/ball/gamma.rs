//! The gamma function.

use dashu_base::{BitTest as _, DivEuclid as _};
use dashu_int::IBig;

use super::{Ball, BallError, Radius, Result, bits};
use crate::engine::{
    Fault, Limits,
    budget::work::{Work, cost},
};

impl Ball {
    /// The gamma function, of what is neither zero nor a negative integer. The argument
    /// is moved to between 1 and 2 by `gamma(y + 1) = y gamma(y)`.
    pub(in crate::engine) fn gamma(&self, precision: usize, work: &mut Work<'_>) -> Result<Self> {
        if self.radius.top() > -2 {
            return Err(BallError::Imprecise);
        }
        // From 2^22 on the result has far more than 2^24 bits, or far fewer than -2^24.
        if self.top() > 22 {
            return Err(beyond(work.limits));
        }
        let (floor, _) = self.floors();
        let steps = i64::try_from(&floor).expect("at most 22 bits") - 1;
        let working = precision + 64;
        let y = self.sub(&Self::exact(IBig::from(steps)), working);
        let each = 150 + 2 * cost::multiply(working, working);
        let mut product = Self::one();
        let mut factor = if steps >= 0 { y.clone() } else { self.clone() };
        for _ in 0..steps.unsigned_abs() {
            work.pay(each)?;
            product = product.mul(&factor, working);
            factor = factor.add(&Self::one(), working);
            if product.top() > work.limits.exponent {
                return Err(beyond(work.limits));
            }
        }
        if product.sign().is_none() {
            return Err(BallError::Imprecise);
        }
        let of_y = y.gamma_near_one(working, work)?;
        if steps >= 0 {
            Ok(of_y.mul(&product, precision))
        } else {
            of_y.div(&product, precision)
        }
    }

    /// [`Ball::gamma`] from 1 to 2.
    ///
    /// The integral up to `n` is `n^y e^-n` times the sum of `n^k/(y (y + 1) ... (y +
    /// k))`; the rest of it, for `y <= 2` and `n >= 2`, is at most `2 n^(y - 1) e^-n`
    /// (NIST Digital Library of Mathematical Functions, 8.7.1 and 8.10.1). The slope is
    /// below 1 here.
    fn gamma_near_one(&self, precision: usize, work: &mut Work<'_>) -> Result<Self> {
        let y = Self {
            radius: Radius::ZERO,
            ..self.clone()
        };
        // e^-n is below the precision: n > precision * ln 2.
        let n = precision * 7 / 10 + 8;
        // With each term come a rounding by one unit and the error of a unit in `y`, and
        // all grow as the terms do: relative to the sum, 4 units for each term.
        let guard = 8 + n.bit_len();
        let fixed = precision + guard;
        let each = 200 + 2 * cost::multiply(fixed, fixed);
        let unit = IBig::ONE << fixed;
        let mut divisor = y.fixed(fixed);
        let mut term = (&unit << fixed).div_euclid(&divisor);
        let mut sum = IBig::ZERO;
        let mut count = 0;
        // From 2n terms on each is less than half of the one before it.
        while count < 2 * n || term.bit_len() + fixed > sum.bit_len() {
            work.pay(each)?;
            sum += &term;
            divisor += &unit;
            term = ((term * IBig::from(n)) << fixed).div_euclid(&divisor);
            count += 1;
        }
        let relative = Radius::new(4 * (count as u64 + 1), -bits(fixed));
        let error = Radius::of(&sum, -bits(fixed)).mul(relative);
        let sum = Self::rounded(sum, -bits(fixed), error, precision);
        // ln n has as many bits above the point as n has bits, at most.
        let working = precision + 2 * n.bit_len();
        let scale = Self::exact(IBig::from(n));
        let logarithm = scale.ln(working)?;
        let exponent = y.mul(&logarithm, working).sub(&scale, working);
        let power = exponent.exp(precision, work.limits)?;
        let rest = power
            .most()
            .div(Radius::at_most(&IBig::from(n), 0))
            .shifted(1);
        Ok(power
            .mul(&sum, precision)
            .widened(rest)
            .widened(self.radius))
    }
}

fn beyond(limits: &Limits) -> BallError {
    let limit = limits.exponent;
    BallError::Fault(Fault::limit(format!(
        "the result is beyond the limit of 2^{limit}"
    )))
}

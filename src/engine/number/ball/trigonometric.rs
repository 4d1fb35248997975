//! Trigonometric functions and their inverses.

use dashu_base::{BitTest as _, DivEuclid as _, Sign};
use dashu_int::IBig;

use super::{
    Ball, BallError, Radius, Result, bits,
    constants::pi,
    exponential::{guess, odd_series},
    scaled,
};
use crate::engine::{Fault, Limits};

/// `sin(x)` and `cos(x)` times `2^precision` for a fixed-point `|x| <= 1.2`, each less
/// than 3 too small or too large.
///
/// Both Taylor series of `x / 2^s`, and `s` times `sin 2y = 2 sin y cos y`, `cos 2y =
/// 1 - 2 sin² y`. The series are less than 2.1 units off for a term; doubling
/// multiplies the larger error by less than `2 (1 + |sin y|)`, which for all of them
/// together is less than `2^s e^(2 |sin x|)` < 2^(s + 3), and adds 2 units.
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

/// `atan(x) * 2^precision` for a fixed-point `x` from -2 to 2, less than 3 too small or
/// too large.
///
/// With a guess `y` from a third of the precision, `atan x = y + atan((x cos y - sin
/// y)/(cos y + x sin y))` exactly. The quotient is less than 12 units off, the whole
/// less than 20.
fn atan_fixed(x: &IBig, precision: usize) -> IBig {
    const GUARD: usize = 8;
    let working = precision + GUARD;
    let x = x << GUARD;
    let y = atan_guess(&x, working);
    let (sine, cosine) = sin_cos_fixed(&y, working);
    let above = (&x * &cosine) - (&sine << working);
    let below = cosine + ((x * sine) >> working);
    let quotient = above / below;
    (y + odd_series(&quotient, working, Sign::Negative)) >> GUARD
}

/// [`atan_fixed`] with an error that nobody has bounded.
fn atan_guess(x: &IBig, precision: usize) -> IBig {
    let third = precision / 3 + 8;
    if third > 48 {
        return atan_fixed(&(x >> (precision - third)), third) << (precision - third);
    }
    let short = scaled(x, 52 - bits(precision));
    scaled(&guess(&short, f64::atan), bits(precision) - 52)
}

impl Ball {
    /// Pi.
    pub(in crate::engine) fn pi(precision: usize) -> Self {
        let error = Radius::new(2, -bits(precision));
        Self::rounded(pi(precision), -bits(precision), error, precision)
    }

    /// Sine and cosine.
    pub(in crate::engine) fn sin_cos(
        &self,
        precision: usize,
        limits: &Limits,
    ) -> Result<(Self, Self)> {
        if self.is_exactly_zero() {
            return Ok((Self::zero(), Self::one()));
        }
        if self.top() > limits.angle {
            let message = format!("the angle is beyond the limit of 2^{}", limits.angle);
            return Err(Fault::limit(message).into());
        }
        if self.radius.top() > 2 {
            // Whatever the angle is.
            let anything = Self::zero().widened(Radius::power_of_two(0));
            return Ok((anything.clone(), anything));
        }
        // |sin x - x| <= |x|³/6, |cos x - 1| <= x²/2.
        if self.top() < -bits(precision) / 2 - 4 {
            let square = self.most().mul(self.most());
            let sine = self.clone().widened(square.mul(self.most()));
            return Ok((sine, Self::one().widened(square)));
        }
        let above = usize::try_from(self.top().unsigned_abs()).expect("a limit is below");
        let working = precision + 8 + above;
        let x = self.fixed(working);
        let quarter = pi(working) >> 1;
        let turns = ((&x << 1) + &quarter).div_euclid(&quarter << 1);
        let rest = x - &turns * &quarter;
        // 3 units of their own, 1 for x, 2 for each quarter of a turn.
        let own = Radius::new(4, -bits(working));
        let reduction = Radius::of(&turns, 1 - bits(working));
        let error = own.add(reduction).add(self.radius);
        let (sine, cosine) = sin_cos_fixed(&rest, working);
        let ball = |n| Self::rounded(n, -bits(working), error, precision);
        let (sine, cosine) = (ball(sine), ball(cosine));
        Ok(match (turns.bit(0), turns.bit(1)) {
            (false, false) => (sine, cosine),
            (true, false) => (cosine, sine.negated()),
            (false, true) => (sine.negated(), cosine.negated()),
            (true, true) => (cosine.negated(), sine),
        })
    }

    /// The inverse tangent.
    pub(in crate::engine) fn atan(&self, precision: usize) -> Result<Self> {
        if self.top() < -bits(precision) / 2 - 4 {
            // |atan x - x| <= |x|³/3.
            let most = self.most();
            return Ok(self.clone().widened(most.mul(most).mul(most)));
        }
        if self.top() > 1 {
            // A quarter of a turn less the inverse tangent of the inverse.
            let inverse = Self::one().div(self, precision + 8)?;
            let quarter = Self::pi(precision + 8).shifted(-1);
            let negative = self.midpoint.sign() == Sign::Negative;
            let quarter = if negative { quarter.negated() } else { quarter };
            return Ok(quarter.sub(&inverse.atan(precision + 8)?, precision));
        }
        let below = usize::try_from(self.top().unsigned_abs()).expect("within the precision");
        let working = precision + 8 + below;
        // 3 units of its own, 1 for x; the slope is at most 1.
        let error = self.radius.add(Radius::new(4, -bits(working)));
        let result = atan_fixed(&self.fixed(working), working);
        Ok(Self::rounded(result, -bits(working), error, precision))
    }

    /// The inverse sine, of what is between -1 and 1: `atan(x/√((1 - x)(1 + x)))`.
    pub(in crate::engine) fn asin(&self, precision: usize) -> Result<Self> {
        let working = precision + 8;
        let (less, more) = self.around_one(working)?;
        let cosine = less.mul(&more, working).square_root(working)?;
        self.div(&cosine, working)?.atan(precision)
    }

    /// The inverse cosine, of what is between -1 and 1: `2 atan √((1 - x)/(1 + x))`.
    pub(in crate::engine) fn acos(&self, precision: usize) -> Result<Self> {
        let working = precision + 8;
        let (less, more) = self.around_one(working)?;
        let half = less
            .div(&more, working)?
            .square_root(working)?
            .atan(precision)?;
        Ok(half.shifted(1))
    }

    /// `1 - x` and `1 + x`, both positive.
    fn around_one(&self, precision: usize) -> Result<(Self, Self)> {
        let exact = precision + self.midpoint.bit_len();
        let less = Self::one().sub(self, exact);
        let more = Self::one().add(self, exact);
        match (less.sign(), more.sign()) {
            (Some(Sign::Positive), Some(Sign::Positive)) => Ok((less, more)),
            (Some(Sign::Negative), _) | (_, Some(Sign::Negative)) => {
                Err(Fault::domain("the inverse of a sine or cosine beyond 1").into())
            }
            _ => Err(BallError::Imprecise),
        }
    }
}

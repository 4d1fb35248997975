//! Logarithms. A rational logarithm of exact numbers is exact.

use dashu_base::UnsignedAbs as _;

use crate::engine::{
    budget::work::Work,
    fault::{Fault, Result},
    number::{Number, exact::Exact, integer::log2, real::Unary},
};

/// Returns the natural logarithm of `x`. If `x` is exact, it must be positive.
pub(super) fn ln(x: &Number, work: &mut Work<'_>) -> Result<Number> {
    match &x.settled(work)? {
        Number::Exact(x) if x.is_one() => Ok(0.into()),
        Number::Exact(x) if x.is_zero() => {
            Err(Fault::domain("only positive numbers have a logarithm"))
        }
        x => x.unary(Unary::Ln, work),
    }
}

/// Returns the logarithm of `x` to `base`. Exact arguments must be positive.
pub(super) fn logarithm(x: &Number, base: &Number, work: &mut Work<'_>) -> Result<Number> {
    if let (Number::Exact(x), Number::Exact(base)) = (x, base) {
        if base.is_one() {
            return Err(Fault::domain("there is no logarithm to base 1"));
        }
        if let Some(q) = rational_logarithm(x, base, work)? {
            return Ok(q.into());
        }
    }
    ln(x, work)?.div(&ln(base, work)?, work)
}

/// Returns the logarithm of `x` to `base` if it is rational.
///
/// If the logarithm is rational, `x` and `base` are powers of the same number. Euclid's algorithm
/// on the exponents computes the logarithm. Each step finds `k` and `rest` with
/// `x = base^k * rest`. The next step uses `base` as `x`, and `rest` as `base`. If the numerator or
/// the denominator of `rest` is longer than that of `x`, the logarithm is irrational.
fn rational_logarithm(x: &Exact, base: &Exact, work: &mut Work<'_>) -> Result<Option<Exact>> {
    if x.is_one() {
        return Ok(Some(Exact::ZERO));
    }
    let negative = (log2_of(x) < 0.0) != (log2_of(base) < 0.0);
    let above_one = |q: &Exact| {
        if log2_of(q) < 0.0 {
            q.inverse()
        } else {
            q.clone()
        }
    };
    let (mut x, mut base) = (above_one(x), above_one(base));
    // The partial quotients of a/b as a continued fraction, where x = c^a and base = c^b.
    let mut quotients = Vec::new();
    while !base.is_one() {
        let quotient = (log2_of(&x) / log2_of(&base) + 1e-9).floor();
        if !(0.0..1e7).contains(&quotient) {
            return Ok(None);
        }
        #[expect(clippy::cast_possible_truncation, reason = "below 10^7")]
        let quotient = quotient as i64;
        let power = match Number::from(base.clone()).power(&quotient.into(), work)? {
            Number::Exact(power) => power,
            Number::Real(_) => return Ok(None),
        };
        let Number::Exact(rest) = Number::from(x.clone()).div(&power.into(), work)? else {
            return Ok(None);
        };
        let ((above, below), (most_above, most_below)) = (rest.bits(), x.bits());
        let shrinks = above <= most_above && below <= most_below;
        if !shrinks || log2_of(&rest) < 0.0 || (quotient == 0 && !quotients.is_empty()) {
            return Ok(None);
        }
        quotients.push(quotient);
        (x, base) = (base, rest);
    }
    // Compute the value of the continued fraction, from its end.
    let mut result = None;
    for quotient in quotients.into_iter().rev() {
        let next = match result {
            None => Number::from(quotient),
            Some(below) => {
                let inverse = Number::from(1).div(&below, work)?;
                inverse.add(&quotient.into(), work)?
            }
        };
        result = Some(next);
    }
    Ok(match result {
        Some(Number::Exact(q)) => Some(if negative { q.negated() } else { q }),
        _ => None,
    })
}

/// Returns an approximation of the base-2 logarithm of a positive number.
///
/// The approximation is also accurate for numbers near 1.
fn log2_of(q: &Exact) -> f64 {
    let (n, d) = (q.numerator().unsigned_abs(), q.denominator());
    let whole = log2(&n) - log2(&d);
    if whole.abs() > 0.5 || n == d {
        return whole;
    }
    let (distance, sign) = if n > d { (n - &d, 1.0) } else { (&d - n, -1.0) };
    let relative = (log2(&distance) - log2(&d)).exp2();
    (sign * relative).ln_1p() * std::f64::consts::LOG2_E
}

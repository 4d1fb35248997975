//! Pi and the natural logarithm of 2.

use std::sync::{Mutex, PoisonError};

use dashu_base::UnsignedAbs as _;
use dashu_int::{IBig, UBig};

use crate::engine::{
    Limits,
    budget::work::Work,
    fault::Result,
    number::integer::pieces::{self, multiply_signed},
};

/// A constant, cached at the highest precision requested so far.
struct Constant {
    /// The precision in bits, and the value times `2^precision`.
    cached: Mutex<(usize, IBig)>,
}

/// Below this precision, in bits, more bits are computed than requested. So a precision that doubles again
/// and again needs few computations.
const MAX_ROUNDED_UP: usize = 1 << 16;

static PI: Constant = Constant {
    cached: Mutex::new((0, IBig::ZERO)),
};

static LN_2: Constant = Constant {
    cached: Mutex::new((0, IBig::ZERO)),
};

/// Returns `pi * 2^precision` with an error below 2.
pub(super) fn pi(precision: usize) -> IBig {
    let limits = Limits::default();
    let work = Work::new(&limits, 0, &|| None);
    pi_long(precision, &work).unwrap_or_else(|_| unreachable!("nothing interrupts the work"))
}

/// Returns `pi * 2^precision`, like [`pi`], in pieces that can be interrupted.
pub(super) fn pi_long(precision: usize, work: &Work<'_>) -> Result<IBig> {
    PI.at(precision, |precision| chudnovsky(precision, work))
}

/// Returns `ln(2) * 2^precision` with an error below 2.
pub(super) fn ln_2(precision: usize) -> IBig {
    let value = LN_2.at(precision, |precision| Ok(machin_like(precision)));
    value.unwrap_or_else(|_| unreachable!("nothing interrupts the work"))
}

impl Constant {
    /// Returns the value times `2^precision`. `compute` computes it for a precision, if the cached value has
    /// too few bits.
    fn at(&self, precision: usize, compute: impl FnOnce(usize) -> Result<IBig>) -> Result<IBig> {
        let cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.0 >= precision {
            return Ok(&cached.1 >> (cached.0 - precision));
        }
        drop(cached);
        // No lock is held during the computation, so no thread waits. At worst, two threads compute
        // the value.
        let enough = if precision < MAX_ROUNDED_UP {
            (precision + 64).next_power_of_two()
        } else {
            precision
        };
        let value = compute(enough)?;
        let shifted = &value >> (enough - precision);
        let mut cached = self.cached.lock().unwrap_or_else(PoisonError::into_inner);
        if cached.0 < enough {
            *cached = (enough, value);
        }
        Ok(shifted)
    }
}

/// Computes `pi * 2^precision` by the series of D. and G. Chudnovsky (1988), summed by binary
/// splitting.
///
/// Each term adds 47.1 bits. The signs alternate, so the truncation error is less than the first
/// omitted term. 32 guard bits absorb the rounding of the square root and of the division.
fn chudnovsky(precision: usize, work: &Work<'_>) -> Result<IBig> {
    let working = precision + 32;
    let terms = u64::try_from(working / 47 + 2).expect("small");
    let (_, q, t) = binary_split(0, terms, work)?;
    let (root, _) = pieces::square_root(&(UBig::from(10_005u32) << (2 * working)), work)?;
    let product = multiply_signed(&(q * IBig::from(426_880)), &root.into(), work)?;
    let (quotient, _) = pieces::divide(&product.unsigned_abs(), &t.unsigned_abs(), work)?;
    Ok(IBig::from(quotient >> 32usize))
}

/// Returns `P(a, b)`, `Q(a, b)` and `T(a, b)` for the terms `a..b` of the Chudnovsky series.
fn binary_split(a: u64, b: u64, work: &Work<'_>) -> Result<(IBig, IBig, IBig)> {
    if b - a == 1 {
        let p = if a == 0 {
            IBig::ONE
        } else {
            -(IBig::from(6 * a - 5) * IBig::from(2 * a - 1) * IBig::from(6 * a - 1))
        };
        let q = if a == 0 {
            IBig::ONE
        } else {
            // 640320^3 / 24
            IBig::from(10_939_058_860_032_000u64) * IBig::from(a).pow(3)
        };
        let t = &p * IBig::from(13_591_409 + 545_140_134 * a);
        return Ok((p, q, t));
    }
    let middle = a.midpoint(b);
    let (p1, q1, t1) = binary_split(a, middle, work)?;
    let (p2, q2, t2) = binary_split(middle, b, work)?;
    let t = multiply_signed(&t1, &q2, work)? + multiply_signed(&p1, &t2, work)?;
    let p = multiply_signed(&p1, &p2, work)?;
    Ok((p, multiply_signed(&q1, &q2, work)?, t))
}

/// Computes `ln(2) * 2^precision` by a Machin-like formula:
/// `18 atanh(1/26) - 2 atanh(1/4801) + 8 atanh(1/8749)`.
///
/// The formula is from X. Gourdon and P. Sebah, "The logarithmic constant" (2004). Each term is
/// rounded once, and each series is truncated below one unit. 32 guard bits absorb these errors.
fn machin_like(precision: usize) -> IBig {
    let working = precision + 32;
    let sum = atanh_of_inverse(26, working) * 18 - atanh_of_inverse(4801, working) * 2
        + atanh_of_inverse(8749, working) * 8;
    sum >> 32usize
}

/// Computes `atanh(1/n) * 2^precision` by its Taylor series.
fn atanh_of_inverse(n: u32, precision: usize) -> IBig {
    let square = IBig::from(n) * IBig::from(n);
    let mut power = (IBig::ONE << precision) / IBig::from(n);
    let mut sum = IBig::ZERO;
    let mut divisor = 1u64;
    while !power.is_zero() {
        sum += &power / IBig::from(divisor);
        power /= &square;
        divisor += 2;
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_digits() {
        let digits = |n: IBig| ((n * IBig::from(10).pow(40)) >> 300).to_string();
        assert_eq!(digits(pi(300)), "31415926535897932384626433832795028841971");
        assert_eq!(
            digits(ln_2(300)),
            "6931471805599453094172321214581765680755"
        );
    }

    #[test]
    fn results_at_different_precisions_agree() {
        let limits = Limits::default();
        let work = Work::new(&limits, 0, &|| None);
        let pi = |precision| chudnovsky(precision, &work).unwrap();
        for compute in [&pi as &dyn Fn(usize) -> IBig, &machin_like] {
            let long = compute(17_000);
            for precision in [1, 50, 100, 1_000, 5_000] {
                let difference = (&long >> (17_000 - precision)) - compute(precision);
                assert!(difference >= IBig::NEG_ONE && difference <= IBig::ONE);
            }
        }
    }
}

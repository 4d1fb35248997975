//! Powers modulo an integer.

use dashu_base::{BitTest as _, Sign, UnsignedAbs as _};
use dashu_int::{IBig, UBig, fast_div::ConstDivisor, modular::Reduced};

use super::pieces;
use crate::engine::{
    budget::work::{Work, cost},
    fault::{Fault, Result},
};

/// Returns `base^exponent mod modulus`. The modulus is positive.
pub(in crate::engine) fn power_modulo(
    base: &IBig,
    exponent: &UBig,
    modulus: &UBig,
    work: &mut Work<'_>,
) -> Result<UBig> {
    // For exponent 0 and modulus 1, dashu returns 1 instead of 0.
    if modulus.is_one() {
        return Ok(UBig::ZERO);
    }
    work.pay(cost::divide(modulus.bit_len()))?;
    if modulus.bit_len() > pieces::PRODUCT {
        return long_power_modulo(base, exponent, modulus, work);
    }
    let ring = ConstDivisor::new(modulus.clone());
    Ok(power(&ring.reduce(base.clone()), exponent, work)?.residue())
}

/// Returns `base^exponent mod modulus` for a modulus whose products are computed in pieces.
fn long_power_modulo(
    base: &IBig,
    exponent: &UBig,
    modulus: &UBig,
    work: &mut Work<'_>,
) -> Result<UBig> {
    let (_, rest) = pieces::divide_signed(base, modulus.as_ibig(), work)?;
    let negative = rest.sign() == Sign::Negative;
    let base = if negative { rest + modulus } else { rest }.unsigned_abs();
    let mut power = UBig::ONE;
    for bit in (0..exponent.bit_len()).rev() {
        let square = power.clone();
        let factors = [Some(&square), exponent.bit(bit).then_some(&base)];
        for factor in factors.into_iter().flatten() {
            work.pay(cost_of_product(modulus.bit_len()))?;
            let product = pieces::multiply(&power, factor, work)?;
            (_, power) = pieces::divide(&product, modulus, work)?;
        }
    }
    Ok(power)
}

/// The cost of a power that is computed at once, in nanoseconds.
const AT_ONCE: u64 = 1_000_000;

/// The number of bits of the exponent that a step of a long power processes.
const WINDOW: usize = 5;

/// Returns `base^exponent`.
///
/// A long power is computed in steps, so that it can be interrupted: the `2^k`-ary method (D. Knuth, "The Art of
/// Computer Programming", volume 2, 4.6.3), with a table of the first `2^k` powers.
pub(super) fn power<'r>(
    base: &Reduced<'r>,
    exponent: &UBig,
    work: &mut Work<'_>,
) -> Result<Reduced<'r>> {
    let modulus = base.modulus().bit_len();
    if modulus > pieces::PRODUCT {
        return Err(Fault::limit(
            "the integer is too long for a test whether it is prime",
        ));
    }
    let cost = cost_of_power(exponent.bit_len(), modulus);
    if cost <= AT_ONCE {
        work.pay(cost)?;
        return Ok(base.pow(exponent));
    }
    let step = cost_of_product(modulus);
    let mut table = vec![base.pow(&UBig::ZERO)];
    for index in 1..1 << WINDOW {
        work.pay(step)?;
        table.push(&table[index - 1] * base);
    }
    let windows = exponent.bit_len().div_ceil(WINDOW);
    let mut result = table[0].clone();
    for window in (0..windows).rev() {
        work.pay_at_once(step * (WINDOW as u64 + 1), "a power")?;
        for _ in 0..WINDOW {
            result = result.sqr();
        }
        let bits = (window * WINDOW..(window + 1) * WINDOW).rev();
        let index = bits.fold(0, |index, bit| index << 1 | usize::from(exponent.bit(bit)));
        if index > 0 {
            result *= &table[index];
        }
    }
    Ok(result)
}

/// Estimates the cost of a product modulo an integer, in nanoseconds. `bits` is the length of the modulus.
pub(super) fn cost_of_product(bits: usize) -> u64 {
    100 + 3 * cost::multiply(bits, bits)
}

/// Estimates the cost of a power modulo an integer, in nanoseconds.
///
/// The arguments are the lengths of the exponent and of the modulus, in bits.
pub(super) fn cost_of_power(exponent: usize, modulus: usize) -> u64 {
    (exponent as u64 + 1).saturating_mul(cost_of_product(modulus))
}

//! Powers to a modulus.

use dashu_base::BitTest as _;
use dashu_int::{IBig, UBig, fast_div::ConstDivisor};

use crate::engine::{
    budget::work::{Work, cost},
    fault::Result,
};

/// Returns `base^exponent mod modulus`, where the modulus is positive.
pub(in crate::engine) fn power_modulo(
    base: &IBig,
    exponent: &UBig,
    modulus: &UBig,
    work: &mut Work<'_>,
) -> Result<UBig> {
    work.pay_at_once(
        cost_of_power(exponent.bit_len(), modulus.bit_len()),
        "a power",
    )?;
    // dashu returns 1 for the power to 0 modulo 1.
    if modulus.is_one() {
        return Ok(UBig::ZERO);
    }
    let ring = ConstDivisor::new(modulus.clone());
    Ok(ring.reduce(base.clone()).pow(exponent).residue())
}

/// Estimates the cost of a power in nanoseconds. Arguments are lengths in bits.
pub(super) fn cost_of_power(exponent: usize, modulus: usize) -> u64 {
    (exponent as u64 + 1).saturating_mul(100 + 3 * cost::multiply(modulus, modulus))
}

//! Powers modulo an integer.

use dashu_base::BitTest as _;
use dashu_int::{IBig, UBig, fast_div::ConstDivisor};

use crate::engine::{
    budget::work::{Work, cost},
    fault::Result,
};

/// Returns `base^exponent mod modulus`. The modulus is positive.
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
    // For exponent 0 and modulus 1, dashu returns 1 instead of 0.
    if modulus.is_one() {
        return Ok(UBig::ZERO);
    }
    let ring = ConstDivisor::new(modulus.clone());
    Ok(ring.reduce(base.clone()).pow(exponent).residue())
}

/// Estimates the cost of a power modulo an integer, in nanoseconds.
///
/// The arguments are the lengths of the exponent and of the modulus, in bits.
pub(super) fn cost_of_power(exponent: usize, modulus: usize) -> u64 {
    (exponent as u64 + 1).saturating_mul(100 + 3 * cost::multiply(modulus, modulus))
}

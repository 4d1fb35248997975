//! Functions of integers: roots, products, powers modulo an integer, primes and factors.

mod factoring;
mod modular;
pub(in crate::engine) mod pieces;
mod primes;
mod products;
mod roots;

use dashu_base::BitTest as _;
use dashu_int::UBig;

pub(in crate::engine) use self::{
    factoring::factor,
    modular::power_modulo,
    primes::{Primality, primality},
    products::{
        combinations, double_factorial, factorial, fibonacci, multifactorial, permutations,
    },
    roots::exact_root,
};

/// Estimates the logarithm of `n > 0` to base 2.
pub(in crate::engine) fn log2(n: &UBig) -> f64 {
    let shift = n.bit_len().saturating_sub(60);
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let shifted = shift as f64;
    (n >> shift).to_f64().value().log2() + shifted
}

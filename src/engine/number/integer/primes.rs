//! Primality tests.

use dashu_base::{BitTest as _, SquareRoot as _};
use dashu_int::{UBig, fast_div::ConstDivisor, modular::Reduced};

use super::modular::{cost_of_product, power};
use crate::engine::{
    budget::work::{Work, cost},
    fault::Result,
};

/// The result of a primality test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Primality {
    /// The number is proven to be composite.
    Composite,
    /// Probably prime: the number passes all tests. No composite number is known to pass them.
    Probable,
    /// The number is proven to be prime.
    Prime,
}

/// The primes below 200, for trial division.
const SMALL_PRIMES: [u64; 46] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193,
    197, 199,
];

/// The least composite number that passes the Miller-Rabin test to the first 13 prime bases.
///
/// From J. Sorenson and J. Webster, "Strong pseudoprimes to twelve prime bases" (2015).
const STRONG_PSEUDOPRIME_13: u128 = 3_317_044_064_679_887_385_961_981;

/// Tests whether `n` is prime.
///
/// After trial division, a Miller-Rabin test to the first 13 prime bases is a proof for numbers
/// below 3.3 * 10^24. Larger numbers must also pass a strong Lucas test, as R. Baillie and S.
/// Wagstaff propose ("Lucas pseudoprimes", 1980).
pub(in crate::engine) fn primality(n: &UBig, work: &mut Work<'_>) -> Result<Primality> {
    if *n < UBig::from(2u8) {
        return Ok(Primality::Composite);
    }
    work.pay(46 * cost::linear(n.bit_len()))?;
    for prime in SMALL_PRIMES {
        if (n % prime) == 0 {
            return Ok(if *n == UBig::from(prime) {
                Primality::Prime
            } else {
                Primality::Composite
            });
        }
    }
    if *n < UBig::from(200u64 * 200) {
        return Ok(Primality::Prime);
    }
    let ring = ConstDivisor::new(n.clone());
    let minus_one = n - UBig::ONE;
    let twos = minus_one.trailing_zeros().expect("n is not 1");
    let odd = &minus_one >> twos;
    let step = cost_of_product(n.bit_len());
    for base in &SMALL_PRIMES[..13] {
        let mut power = power(&ring.reduce(*base), &odd, work)?;
        let mut passes = power.residue().is_one() || power.residue() == minus_one;
        for _ in 1..twos {
            if passes {
                break;
            }
            work.pay(step)?;
            power = power.sqr();
            passes = power.residue() == minus_one;
        }
        if !passes {
            return Ok(Primality::Composite);
        }
    }
    if *n < UBig::from(STRONG_PSEUDOPRIME_13) {
        return Ok(Primality::Prime);
    }
    Ok(if is_strong_lucas_probable_prime(n, &ring, work)? {
        Primality::Probable
    } else {
        Primality::Composite
    })
}

/// Whether `n` passes the strong Lucas test with Selfridge's parameters (Baillie and Wagstaff,
/// method A).
///
/// `D` is the first number of the sequence 5, -7, 9, -11 and so on for which the Jacobi symbol
/// `(D/n)` is -1. `P` is 1, and `Q` is `(1 - D)/4`. `ring` is the ring of integers modulo `n`.
fn is_strong_lucas_probable_prime(
    n: &UBig,
    ring: &ConstDivisor,
    work: &mut Work<'_>,
) -> Result<bool> {
    // For a square, no D has the Jacobi symbol -1.
    work.pay_at_once(cost::divide(n.bit_len()), "a primality test")?;
    let step = 300 + 6 * cost::multiply(n.bit_len(), n.bit_len());
    let root = n.sqrt();
    if &root * &root == *n {
        return Ok(false);
    }
    let mut d = 5i64;
    loop {
        match jacobi(d, n) {
            -1 => break,
            0 if UBig::from(d.unsigned_abs()) < *n => return Ok(false),
            _ => d = if d > 0 { -d - 2 } else { -d + 2 },
        }
    }
    let q = (1 - d) / 4;
    let plus_one = n + UBig::ONE;
    let twos = plus_one.trailing_zeros().expect("n + 1 is positive");
    let odd = &plus_one >> twos;
    // x / 2 modulo n, which is odd.
    let half = |x: Reduced<'_>| {
        let x = x.residue();
        let even = if x.bit(0) { x + n } else { x };
        even >> 1
    };
    let (d, q) = (ring.reduce(d), ring.reduce(q));
    // U(1), V(1) and Q^1. For each bit of `odd`, the loop doubles the index. If the bit is set, it
    // then adds 1.
    let (mut u, mut v, mut q_power) = (ring.reduce(1), ring.reduce(1), q.clone());
    for bit in (0..odd.bit_len() - 1).rev() {
        work.pay(2 * step)?;
        u = &u * &v;
        v = v.sqr() - q_power.clone().dbl();
        q_power = q_power.sqr();
        if odd.bit(bit) {
            let sum = ring.reduce(half(&u + &v));
            v = ring.reduce(half(&d * &u + &v));
            u = sum;
            q_power = &q_power * &q;
        }
    }
    let zero = UBig::ZERO;
    if u.residue() == zero {
        return Ok(true);
    }
    for _ in 0..twos {
        if v.residue() == zero {
            return Ok(true);
        }
        work.pay(step)?;
        v = v.sqr() - q_power.clone().dbl();
        q_power = q_power.sqr();
    }
    Ok(false)
}

/// Returns the Jacobi symbol `(a/n)` for odd `a` and odd `n`.
fn jacobi(a: i64, n: &UBig) -> i8 {
    // One step of quadratic reciprocity makes both numbers small.
    let residue_8 = u64::from(n % 8u8);
    let mut symbol = 1;
    if a < 0 && residue_8 % 4 == 3 {
        symbol = -symbol;
    }
    let a = a.unsigned_abs();
    if a % 4 == 3 && residue_8 % 4 == 3 {
        symbol = -symbol;
    }
    symbol * jacobi_64(n % a, a)
}

/// Returns the Jacobi symbol `(a/n)` for odd `n`.
fn jacobi_64(mut a: u64, mut n: u64) -> i8 {
    let mut symbol = 1;
    while a != 0 {
        let twos = a.trailing_zeros();
        a >>= twos;
        if twos % 2 == 1 && matches!(n % 8, 3 | 5) {
            symbol = -symbol;
        }
        if a % 4 == 3 && n % 4 == 3 {
            symbol = -symbol;
        }
        (a, n) = (n % a, a);
    }
    if n == 1 { symbol } else { 0 }
}

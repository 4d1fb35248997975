//! Factorization.

use dashu_base::{BitTest as _, Gcd as _, SquareRoot as _};
use dashu_int::{UBig, fast_div::ConstDivisor};

use super::primes::{Primality, primality};
use crate::engine::{
    budget::work::{Work, cost},
    fault::{Fault, Result},
};

/// Factors `n > 0` into primes with exponents, in ascending order.
///
/// Also returns whether all factors are proven primes. Trial division finds the primes below 2,000.
/// [`find_divisor`] finds the larger primes.
pub(in crate::engine) fn factor(n: &UBig, work: &mut Work<'_>) -> Result<(Vec<(UBig, u32)>, bool)> {
    let mut counted: Vec<(UBig, u32)> = Vec::new();
    let mut rest = n.clone();
    let mut divisor = 2u64;
    while divisor < 2_000 && !rest.is_one() {
        work.pay(6 * cost::linear(rest.bit_len()))?;
        if &rest % divisor == 0 {
            // `remove` divides by prime, prime^2, prime^4 and so on.
            work.pay_at_once(4 * cost::divide(rest.bit_len()), "a division")?;
            let prime = UBig::from(divisor);
            let exponent = rest.remove(&prime).unwrap_or_default();
            let exponent = u32::try_from(exponent).expect("no more than bits");
            counted.push((prime, exponent));
        }
        divisor += if divisor == 2 { 1 } else { 2 };
    }
    let mut factors = Vec::new();
    let mut proven = true;
    let mut parts = vec![rest];
    while let Some(part) = parts.pop() {
        if part.is_one() {
            continue;
        }
        match primality(&part, work)? {
            Primality::Composite => {
                let divisor = find_divisor(&part, work)?;
                parts.push(&part / &divisor);
                parts.push(divisor);
            }
            primality => {
                proven &= primality == Primality::Prime;
                factors.push(part);
            }
        }
    }
    factors.sort();
    for factor in factors {
        match counted.last_mut() {
            Some((last, count)) if *last == factor => *count += 1,
            _ => counted.push((factor, 1)),
        }
    }
    Ok((counted, proven))
}

/// Finds a divisor of a composite number by Pollard's rho method with Brent's cycle detection.
///
/// Iterates `x² + increment` until two iterates are equal modulo an unknown divisor. The
/// differences of iterates are multiplied in batches, so that one gcd tests a whole batch (R. P.
/// Brent, "An improved Monte Carlo factorization algorithm", 1980).
fn find_divisor(n: &UBig, work: &mut Work<'_>) -> Result<UBig> {
    /// The number of differences that one gcd tests.
    const BATCH: u32 = 128;
    let root = n.sqrt();
    if &root * &root == *n {
        return Ok(root);
    }
    let ring = ConstDivisor::new(n.clone());
    let step_cost = 30 + cost::multiply(n.bit_len(), n.bit_len());
    for increment in 1u32.. {
        let increment = ring.reduce(increment);
        let mut hare = ring.reduce(2u8);
        let mut length = 1u64;
        let found = 'walk: loop {
            let tortoise = hare.clone();
            for _ in 0..length {
                work.pay(step_cost)?;
                hare = hare.sqr() + &increment;
            }
            let mut done = 0;
            while done < length {
                let start = hare.clone();
                let mut product = ring.reduce(1u8);
                let batch = u64::from(BATCH).min(length - done);
                for _ in 0..batch {
                    work.pay(2 * step_cost)?;
                    hare = hare.sqr() + &increment;
                    product *= &tortoise - &hare;
                }
                done += batch;
                work.pay(cost::gcd(n.bit_len(), n.bit_len()))?;
                let divisor = product.residue().gcd(n);
                if divisor.is_one() {
                    continue;
                }
                if divisor != *n {
                    break 'walk divisor;
                }
                // The batch found all divisors together, so it is repeated step by step.
                hare = start;
                loop {
                    work.pay(2 * step_cost + cost::gcd(n.bit_len(), n.bit_len()))?;
                    hare = hare.sqr() + &increment;
                    let divisor = (&tortoise - &hare).residue().gcd(n);
                    if !divisor.is_one() {
                        break 'walk divisor;
                    }
                }
            }
            length *= 2;
        };
        if found != *n {
            return Ok(found);
        }
    }
    Err(Fault::limit("no divisor found"))
}

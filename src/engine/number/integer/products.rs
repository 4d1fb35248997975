//! Factorials, permutations, combinations and Fibonacci numbers.

use dashu_base::BitTest as _;
use dashu_int::UBig;

use super::{log2, pieces};
use crate::engine::{
    budget::work::{Work, cost},
    fault::{Fault, Result},
};

/// Returns `first * (first + 1) * ... * (first + count - 1)`.
fn rising_factorial(first: &UBig, count: u64, work: &Work<'_>) -> Result<UBig> {
    progression(first, &UBig::ONE, count, work)
}

/// Pays for a product that is computed by binary splitting.
///
/// `bits` is the estimated length of the product. Fails if the product is longer than the limit.
fn pay_for_product(bits: f64, work: &mut Work<'_>) -> Result<()> {
    let limit = work.limits.result;
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let too_large = bits > limit as f64 + 64.0;
    if too_large {
        return Err(Fault::too_long(limit));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate"
    )]
    let bits = bits as usize;
    work.pay(100 + bits as u64 * 2 + 3 * cost::multiply(bits, bits))
}

/// Returns `n!`.
pub(in crate::engine) fn factorial(n: &UBig, work: &mut Work<'_>) -> Result<UBig> {
    pay_for_product(log2_factorial(n), work)?;
    rising_factorial(&UBig::ONE, to_u64(n), work)
}

/// Returns the product of `n`, `n - step`, `n - 2 * step` and so on, as long as they are positive.
/// `step` is not zero.
pub(in crate::engine) fn multifactorial(
    n: &UBig,
    step: &UBig,
    work: &mut Work<'_>,
) -> Result<UBig> {
    if n.is_zero() {
        return Ok(UBig::ONE);
    }
    let count = (n + step - UBig::ONE) / step;
    // Each factor is at most n, and the factors are as far apart as those of n! are together.
    let bits = (log2(&count).exp2() * log2(n)).min(log2_factorial(n) / log2(step).exp2() + log2(n));
    pay_for_product(bits + 64.0, work)?;
    let count = to_u64(&count);
    let first = n - step * (count - 1);
    progression(&first, step, count, work)
}

/// Returns `first * (first + step) * ...` with `count` factors, computed by binary splitting.
///
/// Binary splitting multiplies factors of about equal length. The fast multiplication algorithms
/// need such factors.
fn progression(first: &UBig, step: &UBig, count: u64, work: &Work<'_>) -> Result<UBig> {
    if count <= 16 {
        let multiply = |product: UBig, index: u64| product * (first + step * index);
        return Ok((0..count).fold(UBig::ONE, multiply));
    }
    let half = count / 2;
    let low = progression(first, step, half, work)?;
    let high = progression(&(first + step * half), step, count - half, work)?;
    pieces::multiply(&low, &high, work)
}

/// Returns `n!!`: the product of `n`, `n - 2`, `n - 4` and so on.
pub(in crate::engine) fn double_factorial(n: &UBig, work: &mut Work<'_>) -> Result<UBig> {
    pay_for_product(log2_factorial(n) / 2.0 + 64.0, work)?;
    let n = to_u64(n);
    let half = UBig::from(n / 2);
    if n.is_multiple_of(2) {
        return Ok(rising_factorial(&UBig::ONE, n / 2, work)?
            << usize::try_from(n / 2).expect("the result is bounded"));
    }
    // (2k + 1)!! = (k + 2) (k + 3) ... (2k + 2) / 2^(k + 1)
    let count = n / 2 + 1;
    Ok(rising_factorial(&(half + 2u8), count, work)?
        >> usize::try_from(count).expect("the result is bounded"))
}

/// Converts `n` to 64 bits.
///
/// `n` fits 64 bits, because the caller has paid for a product whose length grows with `n`.
fn to_u64(n: &UBig) -> u64 {
    u64::try_from(n).expect("the result is bounded")
}

/// Estimates the logarithm of `n!` to base 2 by Stirling's formula.
fn log2_factorial(n: &UBig) -> f64 {
    if n.bit_len() < 2 {
        return 0.0;
    }
    let float = log2(n).exp2();
    float * (log2(n) - std::f64::consts::LOG2_E) + log2(n) / 2.0 + 1.4
}

/// Returns `n * (n - 1) * ... * (n - k + 1)`. `k` must be at most `n`.
pub(in crate::engine) fn permutations(n: &UBig, k: &UBig, work: &mut Work<'_>) -> Result<UBig> {
    let count = log2(&(k + 1u8)).exp2();
    let bits = (log2(&(n + 1u8)) * count).min(log2_factorial(n));
    let difference = log2_factorial(n) - log2_factorial(&(n - k));
    // For large n, the difference of two large floats has no correct digits.
    let bits = if n.bit_len() < 40 {
        difference.max(0.0)
    } else {
        bits
    };
    pay_for_product(bits, work)?;
    rising_factorial(&(n - k + 1u8), to_u64(k), work)
}

/// Returns the binomial coefficient `n! / (k! (n - k)!)`. `k` must be at most `n`.
pub(in crate::engine) fn combinations(n: &UBig, k: &UBig, work: &mut Work<'_>) -> Result<UBig> {
    /// The sieve of the primes up to `n` is used only if `n` is below this limit.
    const SIEVE_LIMIT: u64 = 1 << 22;
    let rest = n - k;
    let k = k.min(&rest).clone();
    match u64::try_from(n) {
        Ok(n) if n < SIEVE_LIMIT && k.bit_len() > 6 => {
            let k = to_u64(&k);
            let bits = log2_factorial(&n.into())
                - log2_factorial(&k.into())
                - log2_factorial(&(n - k).into());
            pay_for_product(bits, work)?;
            work.pay(n * 5)?;
            binomial_from_primes(n, k, work)
        }
        _ => {
            let product = permutations(n, &k, work)?;
            let divisor = factorial(&k, work)?;
            work.pay(cost::divide(product.bit_len()))?;
            let (quotient, _) = pieces::divide(&product, &divisor, work)?;
            Ok(quotient)
        }
    }
}

/// Computes the binomial coefficient of `n` and `k` as a product of powers of primes.
///
/// A sieve of Eratosthenes finds the primes. Legendre's formula for the factorials of `n`, `k` and
/// `n - k` gives the exponents.
fn binomial_from_primes(n: u64, k: u64, work: &Work<'_>) -> Result<UBig> {
    let end = usize::try_from(n).expect("below the sieve limit") + 1;
    let mut composite = vec![false; end];
    let mut factors = Vec::new();
    for prime in 2..end {
        if composite[prime] {
            continue;
        }
        for multiple in (prime * prime..end).step_by(prime) {
            composite[multiple] = true;
        }
        let prime = prime as u64;
        let mut power = prime;
        while power <= n {
            if n / power > k / power + (n - k) / power {
                factors.push(prime);
            }
            power *= prime;
        }
    }
    product(&factors, work)
}

/// Returns the product of `factors`, computed by binary splitting.
fn product(factors: &[u64], work: &Work<'_>) -> Result<UBig> {
    if factors.len() <= 16 {
        return Ok(factors
            .iter()
            .fold(UBig::ONE, |product, factor| product * factor));
    }
    let (left, right) = factors.split_at(factors.len() / 2);
    pieces::multiply(&product(left, work)?, &product(right, work)?, work)
}

/// Returns the `n`-th Fibonacci number by fast doubling, with `F(0) = 0`.
///
/// The formulas are `F(2k) = F(k) (2 F(k + 1) - F(k))` and `F(2k + 1) = F(k)² + F(k + 1)²`.
pub(in crate::engine) fn fibonacci(n: &UBig, work: &mut Work<'_>) -> Result<UBig> {
    pay_for_product(0.695 * log2(&(n + 1u8)).exp2(), work)?;
    let n = to_u64(n);
    let (mut a, mut b) = (UBig::ZERO, UBig::ONE);
    for bit in (0..u64::BITS - n.leading_zeros()).rev() {
        let doubled = pieces::multiply(&a, &((&b << 1) - &a), work)?;
        let next = pieces::multiply(&a, &a, work)? + pieces::multiply(&b, &b, work)?;
        (a, b) = if n >> bit & 1 == 1 {
            let second = doubled + &next;
            (next, second)
        } else {
            (doubled, next)
        };
    }
    Ok(a)
}

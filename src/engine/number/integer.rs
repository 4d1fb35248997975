//! Integers: roots, products of ranges, primes.

use dashu_base::{BitTest as _, Gcd as _, SquareRoot as _};
use dashu_int::{IBig, UBig, fast_div::ConstDivisor, modular::Reduced};

use crate::engine::{
    budget::work::{Work, cost},
    fault::{Fault, Result},
};

/// The logarithm of `n > 0` to base 2, about.
pub(in crate::engine) fn log2(n: &UBig) -> f64 {
    let shift = n.bit_len().saturating_sub(60);
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let shifted = shift as f64;
    (n >> shift).to_f64().value().log2() + shifted
}

/// The integer whose `degree`-th power is `n`, if there is one, and if finding out does
/// not take too long.
pub(in crate::engine) fn exact_root(
    n: &UBig,
    degree: u64,
    work: &mut Work<'_>,
) -> Result<Option<UBig>> {
    let bits = n.bit_len();
    if bits <= 1 || degree == 1 {
        return Ok(Some(n.clone()));
    }
    // A root of 2 or more needs more bits than the degree.
    let degree = match usize::try_from(degree) {
        Ok(degree) if degree < bits => degree,
        _ => return Ok(None),
    };
    if n.trailing_zeros().is_some_and(|zeros| zeros % degree != 0) {
        return Ok(None);
    }
    let cost = 10 * cost::divide(bits);
    if cost > work.limits.operation {
        return Ok(None);
    }
    work.pay(cost)?;
    let root = if degree == 2 {
        n.sqrt()
    } else {
        root(n, degree)
    };
    Ok((root.pow(degree) == *n).then_some(root))
}

/// The `degree`-th root of `n`, rounded down where it is long, to the nearest where it
/// is short. Newton's iteration from above, from the root of the upper half.
fn root(n: &UBig, degree: usize) -> UBig {
    let length = n.bit_len() / degree;
    if length < 40 {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let root = (log2(n) / degree as f64).exp2().round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "below 2^41"
        )]
        return UBig::from(root as u64);
    }
    let low = length / 2;
    let mut guess = (root(&(n >> (low * degree)), degree) + 2u8) << low;
    loop {
        let next = (&guess * (degree - 1) + n / guess.pow(degree - 1)) / degree;
        if next >= guess {
            return guess;
        }
        guess = next;
    }
}

/// `first (first + 1) ... (first + count - 1)`, by halves.
fn rising(first: &UBig, count: u64) -> UBig {
    if count <= 16 {
        let product = |product: UBig, next: u64| product * (first + next);
        return (0..count).fold(UBig::ONE, product);
    }
    let half = count / 2;
    rising(first, half) * rising(&(first + half), count - half)
}

/// Pays for a product of so many bits that is put together by halves.
fn pay_for_product(bits: f64, what: &str, work: &mut Work<'_>) -> Result<()> {
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
    work.pay_at_once(100 + bits as u64 * 2 + 3 * cost::multiply(bits, bits), what)
}

/// `n!`
pub(in crate::engine) fn factorial(n: &UBig, work: &mut Work<'_>) -> Result<UBig> {
    pay_for_product(log2_factorial(n), "a factorial", work)?;
    Ok(rising(&UBig::ONE, small(n)))
}

/// `n!!`: the product of `n`, `n - 2`, `n - 4` and so on.
pub(in crate::engine) fn double_factorial(n: &UBig, work: &mut Work<'_>) -> Result<UBig> {
    pay_for_product(log2_factorial(n) / 2.0 + 64.0, "a factorial", work)?;
    let n = small(n);
    let half = UBig::from(n / 2);
    if n.is_multiple_of(2) {
        return Ok(
            rising(&UBig::ONE, n / 2) << usize::try_from(n / 2).expect("the result is bounded")
        );
    }
    // (2k + 1)!! = (k + 2) (k + 3) ... (2k + 2) / 2^(k + 1)
    let count = n / 2 + 1;
    Ok(rising(&(half + 2u8), count) >> usize::try_from(count).expect("the result is bounded"))
}

/// What is known to fit because something at least as long as it is affordable.
fn small(n: &UBig) -> u64 {
    u64::try_from(n).expect("the result is bounded")
}

/// The logarithm of `n!` to base 2, about (J. Stirling).
fn log2_factorial(n: &UBig) -> f64 {
    if n.bit_len() < 2 {
        return 0.0;
    }
    let size = log2(n).exp2();
    size * (log2(n) - std::f64::consts::LOG2_E) + log2(n) / 2.0 + 1.4
}

/// `n (n - 1) ... (n - k + 1)`, where `k <= n`.
pub(in crate::engine) fn permutations(n: &UBig, k: &UBig, work: &mut Work<'_>) -> Result<UBig> {
    let size = log2(&(k + 1u8)).exp2();
    let bits = (log2(&(n + 1u8)) * size).min(log2_factorial(n));
    let least = log2_factorial(n) - log2_factorial(&(n - k));
    // Near each other where n is small; where it is large, the difference of two large
    // numbers is worth nothing.
    let bits = if n.bit_len() < 40 {
        least.max(0.0)
    } else {
        bits
    };
    pay_for_product(bits, "a product", work)?;
    Ok(rising(&(n - k + 1u8), small(k)))
}

/// In how many ways `k` things can be taken from `n`, where `k <= n`.
pub(in crate::engine) fn combinations(n: &UBig, k: &UBig, work: &mut Work<'_>) -> Result<UBig> {
    /// Up to where the primes are looked for.
    const SIEVE: u64 = 1 << 22;
    let rest = n - k;
    let k = k.min(&rest).clone();
    match u64::try_from(n) {
        Ok(n) if n < SIEVE && k.bit_len() > 6 => {
            let k = small(&k);
            let bits = log2_factorial(&n.into())
                - log2_factorial(&k.into())
                - log2_factorial(&(n - k).into());
            pay_for_product(bits, "a product", work)?;
            work.pay(n * 5)?;
            Ok(by_primes(n, k))
        }
        _ => {
            let product = permutations(n, &k, work)?;
            let divisor = factorial(&k, work)?;
            work.pay_at_once(cost::divide(product.bit_len()), "a quotient")?;
            Ok(product / divisor)
        }
    }
}

/// A binomial coefficient as the product of its primes, with the exponents that A.
/// Legendre's formula gives to the three factorials.
fn by_primes(n: u64, k: u64) -> UBig {
    let end = usize::try_from(n).expect("a sieve's length") + 1;
    let mut composite = vec![false; end];
    let mut powers = Vec::new();
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
                powers.push(prime);
            }
            power *= prime;
        }
    }
    product(&powers)
}

/// The product of all of them, by halves.
fn product(factors: &[u64]) -> UBig {
    if factors.len() <= 16 {
        return factors
            .iter()
            .fold(UBig::ONE, |product, factor| product * factor);
    }
    let (left, right) = factors.split_at(factors.len() / 2);
    product(left) * product(right)
}

/// The `n`-th Fibonacci number, `F(0) = 0`, by `F(2k) = F(k) (2 F(k + 1) - F(k))` and
/// `F(2k + 1) = F(k)² + F(k + 1)²`.
pub(in crate::engine) fn fibonacci(n: &UBig, work: &mut Work<'_>) -> Result<UBig> {
    pay_for_product(0.695 * log2(&(n + 1u8)).exp2(), "a Fibonacci number", work)?;
    let n = small(n);
    let (mut a, mut b) = (UBig::ZERO, UBig::ONE);
    for bit in (0..u64::BITS - n.leading_zeros()).rev() {
        let doubled = &a * ((&b << 1) - &a);
        let next = &a * &a + &b * &b;
        (a, b) = if n >> bit & 1 == 1 {
            let after = doubled + &next;
            (next, after)
        } else {
            (doubled, next)
        };
    }
    Ok(a)
}

/// `base^exponent mod modulus`, where the modulus is positive.
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
    // Everything is 0 modulo 1, the power to 0 too, which dashu takes for 1.
    if modulus.is_one() {
        return Ok(UBig::ZERO);
    }
    let ring = ConstDivisor::new(modulus.clone());
    Ok(ring.reduce(base.clone()).pow(exponent).residue())
}

fn cost_of_power(exponent: usize, modulus: usize) -> u64 {
    (exponent as u64 + 1).saturating_mul(100 + 3 * cost::multiply(modulus, modulus))
}

/// What is known of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Primality {
    Composite,
    /// It passes the tests; no composite number is known that does.
    Probable,
    Prime,
}

const SMALL_PRIMES: [u64; 46] = [
    2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97,
    101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193,
    197, 199,
];

/// Up to here, the first 13 primes as bases leave no composite number (J. Sorenson, J.
/// Webster, "Strong pseudoprimes to twelve prime bases", 2015).
const PROVEN: u128 = 3_317_044_064_679_887_385_961_981;

/// Whether `n` is prime: trial division, then the test of G. Miller and M. Rabin to 13
/// bases, which is a proof for numbers below 3.3 * 10^24; beyond those also the strong
/// Lucas test, as R. Baillie and S. Wagstaff (1980) propose.
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
    for base in &SMALL_PRIMES[..13] {
        work.pay_at_once(cost_of_power(n.bit_len(), n.bit_len()), "a test for primes")?;
        let mut power = ring.reduce(*base).pow(&odd);
        let mut passes = power.residue().is_one() || power.residue() == minus_one;
        for _ in 1..twos {
            if passes {
                break;
            }
            power = power.sqr();
            passes = power.residue() == minus_one;
        }
        if !passes {
            return Ok(Primality::Composite);
        }
    }
    if *n < UBig::from(PROVEN) {
        return Ok(Primality::Prime);
    }
    work.pay_at_once(
        4 * cost_of_power(n.bit_len(), n.bit_len()),
        "a test for primes",
    )?;
    Ok(if is_lucas_probable(n, &ring) {
        Primality::Probable
    } else {
        Primality::Composite
    })
}

/// The strong Lucas test with the parameters of J. Selfridge: the first `D` of 5, -7,
/// 9, -11 and so on whose Jacobi symbol is -1, `P = 1`, `Q = (1 - D)/4`.
fn is_lucas_probable(n: &UBig, ring: &ConstDivisor) -> bool {
    // For a square there is no such D.
    let root = n.sqrt();
    if &root * &root == *n {
        return false;
    }
    let mut d = 5i64;
    loop {
        match jacobi(d, n) {
            -1 => break,
            0 if UBig::from(d.unsigned_abs()) < *n => return false,
            _ => d = if d > 0 { -d - 2 } else { -d + 2 },
        }
    }
    let q = (1 - d) / 4;
    let plus_one = n + UBig::ONE;
    let twos = plus_one.trailing_zeros().expect("it is positive");
    let odd = &plus_one >> twos;
    let half = |x: Reduced<'_>| {
        let x = x.residue();
        let even = if x.bit(0) { x + n } else { x };
        even >> 1
    };
    let (d, q) = (ring.reduce(d), ring.reduce(q));
    let (mut u, mut v, mut power) = (ring.reduce(1), ring.reduce(1), q.clone());
    for bit in (0..odd.bit_len() - 1).rev() {
        u = &u * &v;
        v = v.sqr() - power.clone().dbl();
        power = power.sqr();
        if odd.bit(bit) {
            let sum = ring.reduce(half(&u + &v));
            v = ring.reduce(half(&d * &u + &v));
            u = sum;
            power = &power * &q;
        }
    }
    let zero = UBig::ZERO;
    if u.residue() == zero {
        return true;
    }
    for _ in 0..twos {
        if v.residue() == zero {
            return true;
        }
        v = v.sqr() - power.clone().dbl();
        power = power.sqr();
    }
    false
}

/// The Jacobi symbol of `a` over an odd `n`.
fn jacobi(a: i64, n: &UBig) -> i8 {
    // Reciprocity once, so that the rest is about small numbers.
    let residue_8 = u64::from(n % 8u8);
    let mut symbol = 1;
    if a < 0 && residue_8 % 4 == 3 {
        symbol = -symbol;
    }
    // D is odd and small by construction.
    let a = a.unsigned_abs();
    if a % 4 == 3 && residue_8 % 4 == 3 {
        symbol = -symbol;
    }
    symbol * jacobi_64(n % a, a)
}

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

/// The prime factors of `n > 0` with their exponents, in ascending order, and whether
/// all of them are proven to be prime.
pub(in crate::engine) fn factor(n: &UBig, work: &mut Work<'_>) -> Result<(Vec<(UBig, u32)>, bool)> {
    let mut counted: Vec<(UBig, u32)> = Vec::new();
    let mut rest = n.clone();
    let mut divisor = 2u64;
    while divisor < 2_000 && !rest.is_one() {
        work.pay(6 * cost::linear(rest.bit_len()))?;
        if &rest % divisor == 0 {
            // It takes out powers of ever twice the exponent.
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
                let divisor = divisor_of(&part, work)?;
                parts.push(&part / &divisor);
                parts.push(divisor);
            }
            known => {
                proven &= known == Primality::Prime;
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

/// A divisor of a composite number, by J. Pollard's rho method as R. Brent improved it
/// (1980): walks until two steps agree modulo an unknown divisor.
fn divisor_of(n: &UBig, work: &mut Work<'_>) -> Result<UBig> {
    const BATCH: u32 = 128;
    let root = n.sqrt();
    if &root * &root == *n {
        return Ok(root);
    }
    let ring = ConstDivisor::new(n.clone());
    let each = 30 + cost::multiply(n.bit_len(), n.bit_len());
    for increment in 1u32.. {
        let increment = ring.reduce(increment);
        let mut ahead = ring.reduce(2u8);
        let mut length = 1u64;
        let found = 'walk: loop {
            let behind = ahead.clone();
            for _ in 0..length {
                work.pay(each)?;
                ahead = ahead.sqr() + &increment;
            }
            let mut done = 0;
            while done < length {
                let start = ahead.clone();
                let mut product = ring.reduce(1u8);
                let batch = u64::from(BATCH).min(length - done);
                for _ in 0..batch {
                    work.pay(2 * each)?;
                    ahead = ahead.sqr() + &increment;
                    product *= &behind - &ahead;
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
                // Several at once: step by step from the start of the batch.
                ahead = start;
                loop {
                    work.pay(2 * each + cost::gcd(n.bit_len(), n.bit_len()))?;
                    ahead = ahead.sqr() + &increment;
                    let divisor = (&behind - &ahead).residue().gcd(n);
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

//! Products, quotients, powers, square roots and digits of long integers, computed in pieces.
//!
//! There are two reasons for pieces. A piece takes a few milliseconds, and between two pieces the functions ask
//! whether the line is interrupted. And dashu 0.4.3 to 0.6.2 multiplies integers of more than 4,000 words with a
//! number-theoretic transform that loses carries: up to a third of the products of integers with long runs of
//! equal bits are wrong. No piece is that long.
//!
//! The caller pays for the complete operation.
//!
//! The algorithms are in R. P. Brent and P. Zimmermann, "Modern Computer Arithmetic": 1.3.2 (Karatsuba), 1.4.3
//! (C. Burnikel and J. Ziegler, "Fast Recursive Division", 1998), 1.5.1 (P. Zimmermann, "Karatsuba
//! Square Root", 1999) and 1.7 (conversion by divide and conquer).

use std::{fmt::Write as _, iter};

use dashu_base::{BitTest as _, DivRem as _, SquareRootRem as _, UnsignedAbs as _};
use dashu_int::{IBig, UBig};

use crate::engine::{budget::work::Work, fault::Result};

/// The maximum length, in bits, of both factors of a product that is computed in one piece. Only one of
/// them may be longer than 4,000 words.
///
/// Tests use short pieces, so that short integers have many of them.
pub(super) const PRODUCT: usize = if cfg!(test) { 1 << 13 } else { 250_000 };

/// The maximum length, in bits, of the divisor, the quotient and the square root of an operation that
/// is computed in one piece. dashu multiplies integers of half this length.
const QUOTIENT: usize = PRODUCT;

/// The number of decimal digits that are written in one piece. The width of a formatted text is below 2^16.
const DIGITS: usize = if cfg!(test) { 500 } else { 50_000 };

/// Returns `a * b`.
pub(in crate::engine) fn multiply(a: &UBig, b: &UBig, work: &Work<'_>) -> Result<UBig> {
    let (short, long) = if a.bit_len() < b.bit_len() {
        (a, b)
    } else {
        (b, a)
    };
    if long.bit_len() <= PRODUCT || short.bit_len() <= 64 {
        return Ok(a * b);
    }
    work.check_interruption()?;
    let half = long.bit_len() / 2;
    let (high, low) = split(long, half);
    if short.bit_len() <= half {
        return Ok((multiply(short, &high, work)? << half) + multiply(short, &low, work)?);
    }
    let (short_high, short_low) = split(short, half);
    let highest = multiply(&high, &short_high, work)?;
    let lowest = multiply(&low, &short_low, work)?;
    let all = multiply(&(high + low), &(short_high + short_low), work)?;
    let middle = all - &highest - &lowest;
    Ok((((highest << half) + middle) << half) + lowest)
}

/// Returns `a * b`.
pub(in crate::engine) fn multiply_signed(a: &IBig, b: &IBig, work: &Work<'_>) -> Result<IBig> {
    if a.bit_len().max(b.bit_len()) <= PRODUCT {
        return Ok(a * b);
    }
    let product = multiply(&a.unsigned_abs(), &b.unsigned_abs(), work)?;
    Ok(IBig::from_parts(a.sign() * b.sign(), product))
}

/// Returns `base^exponent`. The method is binary exponentiation from the leading bit (Knuth, TAOCP 2, 4.6.3).
pub(in crate::engine) fn power(base: &UBig, exponent: usize, work: &Work<'_>) -> Result<UBig> {
    if base.bit_len().saturating_mul(exponent) <= PRODUCT {
        return Ok(base.pow(exponent));
    }
    let twos = base.trailing_zeros().unwrap_or(0);
    let odd = base >> twos;
    let mut power = UBig::ONE;
    for bit in (0..usize::BITS - exponent.leading_zeros()).rev() {
        power = multiply(&power, &power, work)?;
        if exponent >> bit & 1 == 1 {
            power = multiply(&power, &odd, work)?;
        }
    }
    Ok(power << (twos * exponent))
}

/// Returns `10^exponent`.
pub(in crate::engine) fn power_of_ten(exponent: usize, work: &Work<'_>) -> Result<UBig> {
    power(&UBig::from(10u8), exponent, work)
}

/// Returns the quotient, rounded down, and the rest of `dividend / divisor`. The divisor is not zero.
pub(in crate::engine) fn divide(
    dividend: &UBig,
    divisor: &UBig,
    work: &Work<'_>,
) -> Result<(UBig, UBig)> {
    if divisor.bit_len() <= 64 || dividend.bit_len() <= 2 * QUOTIENT {
        return Ok(dividend.div_rem(divisor));
    }
    // A long divisor gets a length that can be halved until it is a piece, and its first bit is set.
    let (length, shift) = if divisor.bit_len() <= QUOTIENT {
        (QUOTIENT, 0)
    } else {
        let length = divisible_length(divisor.bit_len());
        (length, length - divisor.bit_len())
    };
    let (divisor, dividend) = (divisor << shift, dividend << shift);
    let (mut quotient, mut rest) = (UBig::ZERO, UBig::ZERO);
    for index in (0..dividend.bit_len().div_ceil(length)).rev() {
        work.check_interruption()?;
        let (mut chunk, _) = (&dividend >> (index * length)).split_bits(length);
        chunk += rest << length;
        let (digit, next) = divide_two_by_one(&chunk, &divisor, length, work)?;
        quotient = (quotient << length) + digit;
        rest = next;
    }
    Ok((quotient, rest >> shift))
}

/// Returns the least length of at least `length` bits that is [`QUOTIENT`] or less, times a power of two.
fn divisible_length(length: usize) -> usize {
    let halvings = length.div_ceil(QUOTIENT).next_power_of_two();
    length.next_multiple_of(halvings)
}

/// Returns the quotient, rounded towards zero, and the rest of `dividend / divisor`. The divisor is not zero.
pub(in crate::engine) fn divide_signed(
    dividend: &IBig,
    divisor: &IBig,
    work: &Work<'_>,
) -> Result<(IBig, IBig)> {
    if dividend.bit_len() <= 2 * QUOTIENT {
        return Ok(dividend.div_rem(divisor));
    }
    let (quotient, rest) = divide(&dividend.unsigned_abs(), &divisor.unsigned_abs(), work)?;
    let sign = dividend.sign();
    Ok((
        IBig::from_parts(sign * divisor.sign(), quotient),
        IBig::from_parts(sign, rest),
    ))
}

/// Divides by a divisor of exactly `length` bits, or of any length up to [`QUOTIENT`]. The quotient has at most `length` bits.
fn divide_two_by_one(
    dividend: &UBig,
    divisor: &UBig,
    length: usize,
    work: &Work<'_>,
) -> Result<(UBig, UBig)> {
    if length <= QUOTIENT {
        return Ok(dividend.div_rem(divisor));
    }
    work.check_interruption()?;
    let half = length / 2;
    let (high, low) = split(dividend, half);
    let (first, rest) = divide_three_by_two(&high, divisor, half, work)?;
    let (second, rest) = divide_three_by_two(&((rest << half) + low), divisor, half, work)?;
    Ok(((first << half) + second, rest))
}

/// Divides by a divisor of exactly `2 * half` bits. The quotient has at most `half` bits.
fn divide_three_by_two(
    dividend: &UBig,
    divisor: &UBig,
    half: usize,
    work: &Work<'_>,
) -> Result<(UBig, UBig)> {
    let (high, low) = split(dividend, half);
    let (divisor_high, divisor_low) = split(divisor, half);
    let (mut quotient, rest) = if &high >> half < divisor_high {
        divide_two_by_one(&high, &divisor_high, half, work)?
    } else {
        let quotient = (UBig::ONE << half) - UBig::ONE;
        let rest = high + &divisor_high - (divisor_high << half);
        (quotient, rest)
    };
    let product = multiply(&quotient, &divisor_low, work)?;
    let mut rest = IBig::from((rest << half) + low) - IBig::from(product);
    // The quotient is at most 2 too large.
    while rest < IBig::ZERO {
        rest += divisor.as_ibig();
        quotient -= UBig::ONE;
    }
    Ok((quotient, UBig::try_from(rest).expect("not negative")))
}

/// Returns the square root of `n`, rounded down, and whether it is exact.
pub(in crate::engine) fn square_root(n: &UBig, work: &Work<'_>) -> Result<(UBig, bool)> {
    // The root gets a length that can be halved until it is a piece. One of the two leading bits of its
    // square is set.
    let length = 2 * divisible_length(n.bit_len().div_ceil(2));
    let shift = (length - n.bit_len()) / 2;
    let (root, rest) = root_of_normalized(&(n << (2 * shift)), length / 2, work)?;
    Ok((root >> shift, rest.is_zero()))
}

/// Returns the square root of `n`, rounded down, and `n` minus the square of this root. The root has
/// exactly `length` bits.
fn root_of_normalized(n: &UBig, length: usize, work: &Work<'_>) -> Result<(UBig, UBig)> {
    if length <= QUOTIENT {
        return Ok(n.sqrt_rem());
    }
    work.check_interruption()?;
    let half = length / 2;
    let (high, low) = split(n, length);
    let (middle, low) = split(&low, half);
    let (first, rest) = root_of_normalized(&high, half, work)?;
    let (second, rest) = divide(&((rest << half) + middle), &(&first << 1), work)?;
    let mut root = (first << half) + &second;
    let square = multiply(&second, &second, work)?;
    let mut rest = IBig::from((rest << half) + low) - IBig::from(square);
    if rest < IBig::ZERO {
        rest += (&root << 1).as_ibig() - IBig::ONE;
        root -= UBig::ONE;
    }
    Ok((root, UBig::try_from(rest).expect("not negative")))
}

/// Returns the decimal digits of `n`.
pub(in crate::engine) fn decimal_digits(n: &UBig, work: &Work<'_>) -> Result<String> {
    // The squares 10^DIGITS, 10^(2 DIGITS), 10^(4 DIGITS), ... up to the square root of n.
    let mut powers = vec![];
    if n.bit_len() > 2 * DIGITS {
        powers.push(power_of_ten(DIGITS, work)?);
        while let Some(last) = powers.last()
            && 2 * last.bit_len() <= n.bit_len() + 1
        {
            let square = multiply(last, last, work)?;
            powers.push(square);
        }
    }
    let mut text = String::new();
    // Numbers that are still to be written, and the number of powers below each.
    let mut pending = vec![(n.clone(), powers.len())];
    while let Some((number, level)) = pending.pop() {
        let Some(level) = level.checked_sub(1) else {
            work.check_interruption()?;
            let width = if text.is_empty() { 0 } else { DIGITS };
            write!(text, "{:0>width$}", number.to_string())
                .expect("writing to a String cannot fail");
            continue;
        };
        if number < powers[level] {
            if !text.is_empty() {
                text.extend(iter::repeat_n('0', DIGITS << level));
            }
            pending.push((number, level));
            continue;
        }
        let (high, low) = divide(&number, &powers[level], work)?;
        pending.push((low, level));
        pending.push((high, level));
    }
    Ok(text)
}

/// Returns the integer with these digits in the base `radix`. There is at least one digit.
pub(in crate::engine) fn from_digits(digits: &[u8], radix: u32, work: &Work<'_>) -> Result<UBig> {
    let direct = |digits: &[u8]| {
        let text = str::from_utf8(digits).expect("digits are ASCII");
        UBig::from_str_radix(text, radix).expect("these are digits")
    };
    if digits.len() <= DIGITS {
        return Ok(direct(digits));
    }
    // The values of blocks of digits are joined in pairs, then in pairs of pairs.
    let mut parts: Vec<UBig> = digits.rchunks(DIGITS).map(direct).collect();
    let mut unit = UBig::ONE;
    while parts.len() > 1 {
        unit = if unit.is_one() {
            power(&radix.into(), DIGITS, work)?
        } else {
            multiply(&unit, &unit, work)?
        };
        let pairs = parts.chunks(2).map(|pair| match pair {
            [low, high] => Ok(multiply(high, &unit, work)? + low),
            _ => Ok(pair[0].clone()),
        });
        parts = pairs.collect::<Result<_>>()?;
    }
    Ok(parts.pop().unwrap_or_default())
}

/// Returns `n >> position` and the bits below `position`.
fn split(n: &UBig, position: usize) -> (UBig, UBig) {
    let (low, high) = n.clone().split_bits(position);
    (high, low)
}

#[cfg(test)]
mod tests {
    use dashu_base::Sign;
    use proptest::prelude::*;

    use super::*;
    use crate::engine::{Limits, budget::work::Interruption};

    /// An integer of `bits` bits whose words are made from `seed`.
    fn integer(seed: u64, bits: usize) -> UBig {
        let mut state = seed | 1;
        let mut word = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            // Runs of ones and zeros reach the corrections of quotients and roots.
            match state % 4 {
                0 => 0,
                1 => u64::MAX,
                _ => state,
            }
        };
        let bytes: Vec<u8> = (0..=bits / 64).flat_map(|_| word().to_le_bytes()).collect();
        let mut n = UBig::from_le_bytes(&bytes);
        n.clear_high_bits(bits);
        n
    }

    proptest! {
        #[test]
        fn pieces_give_the_results_of_dashu(
            seed: u64,
            a in 1usize..80_000,
            b in 1usize..80_000,
        ) {
            let limits = Limits::default();
            let work = &Work::new(&limits, limits.work, &|| None);
            let (a, b) = (integer(seed, a), integer(seed ^ 0xabcd, b) + 1u8);
            prop_assert!(multiply(&a, &b, work).unwrap() == &a * &b);
            let text = a.to_string();
            prop_assert!(decimal_digits(&a, work).unwrap() == text);
            prop_assert!(from_digits(text.as_bytes(), 10, work).unwrap() == a);
            let (sign, other) = (Sign::from(seed % 2 == 0), Sign::from(seed % 3 == 0));
            let (n, d) = (IBig::from_parts(sign, a.clone()), IBig::from_parts(other, b.clone()));
            prop_assert!(divide_signed(&n, &d, work).unwrap() == (&n).div_rem(&d));
            prop_assert!(multiply_signed(&n, &d, work).unwrap() == n * d);
            prop_assert!(divide(&a, &b, work).unwrap() == (&a).div_rem(&b));
            let (expected, rest) = a.sqrt_rem();
            prop_assert!(square_root(&a, work).unwrap() == (expected, rest.is_zero()));
            let (root, is_exact) = square_root(&(&b * &b), work).unwrap();
            prop_assert!(root == b && is_exact);
            let (root, is_exact) = square_root(&(&b * &b - UBig::ONE), work).unwrap();
            prop_assert!(root == &b - UBig::ONE && is_exact == root.is_zero());
        }
    }

    proptest! {
        #[test]
        fn powers_are_those_of_dashu(base in 0u64..100_000, bits in 0usize..40, exponent in 0usize..300) {
            let limits = Limits::default();
            let work = &Work::new(&limits, limits.work, &|| None);
            let base = UBig::from(base) << bits;
            prop_assert!(power(&base, exponent, work).unwrap() == base.pow(exponent));
        }
    }

    #[test]
    fn digits_are_those_of_dashu() {
        let limits = Limits::default();
        let work = &Work::new(&limits, limits.work, &|| None);
        let ten = UBig::from(10u8);
        for n in [
            UBig::ZERO,
            ten.pow(DIGITS * 4),
            ten.pow(DIGITS * 4) - UBig::ONE,
            ten.pow(DIGITS * 3) + UBig::ONE,
            integer(7, 100_000),
        ] {
            assert!(decimal_digits(&n, work).unwrap() == n.to_string());
        }
    }

    #[test]
    fn an_interruption_ends_each_operation() {
        let limits = Limits::default();
        let work = &Work::new(&limits, limits.work, &|| Some(Interruption::Cancelled));
        let n = integer(1, 60_000);
        let divisor = integer(2, 30_000);
        assert!(multiply(&n, &n, work).is_err());
        assert!(divide(&n, &divisor, work).is_err());
        assert!(square_root(&n, work).is_err());
        assert!(decimal_digits(&n, work).is_err());
    }
}

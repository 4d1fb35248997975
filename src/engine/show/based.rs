//! Writes numbers in bases other than ten.

use std::cmp::Ordering;

use compact_str::CompactString;
use dashu_base::{BitTest as _, Sign, UnsignedAbs as _};
use dashu_int::{IBig, UBig};

use super::pay_for_text;
use crate::engine::{
    budget::work::Work,
    fault::{Fault, Result},
    number::{Number, exact::Exact},
};

/// The most digits before the point, or zeros after it, of a number that is not an integer.
const LONGEST: u32 = 1000;

/// How the base of a number is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mark {
    /// The prefix `0x`, `0o` or `0b`.
    Prefix,
    /// The base itself, as in `7#123`.
    Base,
}

/// Writes an integer in the base `radix`.
pub(super) fn integer(
    n: &IBig,
    radix: u8,
    mark: Mark,
    work: &mut Work<'_>,
) -> Result<CompactString> {
    pay_for_text(n.bit_len(), work)?;
    let digits = n.unsigned_abs().in_radix(radix).to_string();
    Ok(marked(n.sign(), radix, mark, &digits))
}

/// Writes an integer in two's complement, with all the digits of its `bits` bits. Also returns
/// whether the text stands for another number.
pub(super) fn twos_complement(exact: &Exact, radix: u8, bits: u8) -> (CompactString, bool) {
    let n = exact.numerator();
    let negative = n.sign() == Sign::Negative;
    let n = if negative {
        n + (IBig::ONE << usize::from(bits))
    } else {
        n
    };
    let bits_of_digit = if radix == 16 { 4 } else { 1 };
    let digits = n.unsigned_abs().in_radix(radix).to_string();
    let width = usize::from(bits / bits_of_digit);
    let text = format!("{digits:0>width$}");
    (marked(Sign::Positive, radix, Mark::Prefix, &text), negative)
}

/// Writes a number in the base `radix` with at most `count` significant digits. Also returns
/// whether the digits are rounded.
pub(super) fn number(
    number: &Number,
    radix: u8,
    mark: Mark,
    count: usize,
    work: &mut Work<'_>,
) -> Result<(CompactString, bool)> {
    if let Some(n) = number.exact().and_then(Exact::to_integer) {
        return Ok((integer(&n, radix, mark, work)?, false));
    }
    let number = &number.settled(work)?;
    let order = number.order(work)?;
    let sign = match order.ok_or_else(|| Fault::undecided("the sign of the number"))? {
        Ordering::Less => Sign::Negative,
        Ordering::Equal => return Ok((integer(&IBig::ZERO, radix, mark, work)?, false)),
        Ordering::Greater => Sign::Positive,
    };
    let size = number.absolute(work)?;
    let logarithm = size.log2_estimate() / f64::from(radix).log2();
    if logarithm.abs() > f64::from(LONGEST) {
        return Err(Fault::domain(
            "the number is too large or too near zero to be shown in this base",
        )
        .help("write it with fewer zeros, or show it in decimal digits"));
    }
    if let Number::Exact(exact) = &size
        && let Some(places) = finite_places(exact, radix, count)
    {
        let unit = Number::from(i64::from(radix)).power(&exponent(places), work)?;
        let Number::Exact(scaled) = size.mul(&unit, work)? else {
            return Err(Fault::too_long(work.limits.result));
        };
        let digits = scaled.numerator().unsigned_abs();
        let digits = digits.in_radix(radix).to_string();
        if digits.len() <= count {
            return Ok((marked(sign, radix, mark, &pointed(&digits, places)), false));
        }
    }
    rounded(&size, (sign, radix, mark), logarithm, count, work)
}

/// Writes a positive number in the base `radix`, rounded to `count` significant digits.
/// `logarithm` is an estimate of its logarithm.
fn rounded(
    size: &Number,
    (sign, radix, mark): (Sign, u8, Mark),
    logarithm: f64,
    count: usize,
    work: &mut Work<'_>,
) -> Result<(CompactString, bool)> {
    #[expect(clippy::cast_possible_truncation, reason = "the logarithm is bounded")]
    let mut first = logarithm.floor() as i64;
    let half = Number::from(Exact::ratio(1, 2));
    let radix_number = Number::from(i64::from(radix));
    let most = radix_number.power(&exponent(count), work)?;
    // The estimate is at most 1 wrong in each direction.
    for _ in 0..4 {
        let places = i64::try_from(count).expect("small") - 1 - first;
        let unit = radix_number.power(&places.into(), work)?;
        let scaled = size.mul(&unit, work)?.add(&half, work)?.floor(work)?;
        let scaled = Number::from(scaled);
        if scaled.compare(&most, work)?.is_ge() {
            first += 1;
            continue;
        }
        let least = most.div(&radix_number, work)?;
        if scaled.compare(&least, work)?.is_lt() {
            first -= 1;
            continue;
        }
        let digits = scaled.natural()?.in_radix(radix).to_string();
        let text = if let Ok(places) = usize::try_from(places) {
            pointed(&digits, places)
        } else {
            let zeros = usize::try_from(-places).expect("the logarithm is bounded");
            digits + &"0".repeat(zeros)
        };
        let text = match text.split_once('.') {
            Some(_) => text.trim_end_matches('0').trim_end_matches('.'),
            None => &text,
        };
        return Ok((marked(sign, radix, mark, text), true));
    }
    Err(Fault::undecided("the digits of the number"))
}

/// Returns the number of digits after the point of a fraction in the base `radix`, if there is one
/// that is not above a bound for numbers with `count` digits.
fn finite_places(exact: &Exact, radix: u8, count: usize) -> Option<usize> {
    use dashu_base::Gcd as _;
    let radix = UBig::from(radix);
    let mut denominator = exact.denominator();
    // Each step removes at least one bit of a denominator that has only factors of the base.
    if denominator.bit_len() > 6 * (count + LONGEST as usize) {
        return None;
    }
    let mut places = 0;
    while !denominator.is_one() {
        let common = (&denominator).gcd(&radix);
        if common.is_one() {
            return None;
        }
        denominator /= common;
        places += 1;
    }
    Some(places)
}

fn exponent(places: usize) -> Number {
    Number::from(i64::try_from(places).expect("bounded by the number of digits"))
}

/// Puts a point before the last `places` digits.
fn pointed(digits: &str, places: usize) -> String {
    if places == 0 {
        return digits.to_owned();
    }
    let width = places + 1;
    let digits = format!("{digits:0>width$}");
    let (whole, fraction) = digits.split_at(digits.len() - places);
    format!("{whole}.{fraction}")
}

/// Puts the sign and the mark of the base before digits.
fn marked(sign: Sign, radix: u8, mark: Mark, digits: &str) -> CompactString {
    let sign = if sign == Sign::Negative { "-" } else { "" };
    match (mark, radix) {
        (_, 10) => format!("{sign}{digits}"),
        (Mark::Prefix, 2) => format!("{sign}0b{digits}"),
        (Mark::Prefix, 8) => format!("{sign}0o{digits}"),
        (Mark::Prefix, 16) => format!("{sign}0x{digits}"),
        (Mark::Prefix | Mark::Base, _) => format!("{sign}{radix}#{digits}"),
    }
    .into()
}

//! Notations of numbers other than decimal digits: factors, fractions, roman numerals.

use std::fmt::Write as _;

use compact_str::{CompactString, format_compact};
use dashu_base::{BitTest as _, DivRem as _, UnsignedAbs as _};

use super::{display::decimal_integer, pay_for_text};
use crate::engine::{
    budget::work::Work, fault::Result, number::exact::Exact, value::Factorization,
};

/// Writes the prime factors of an integer as a product, as in `2^3 * 5`.
pub(super) fn factored(factors: &Factorization, work: &mut Work<'_>) -> Result<CompactString> {
    let mut text = CompactString::new(if factors.negative { "-" } else { "" });
    for (index, (prime, exponent)) in factors.primes.iter().enumerate() {
        pay_for_text(prime.bit_len(), work)?;
        let sign = if index > 0 { " * " } else { "" };
        write!(text, "{sign}{prime}").expect("writing to a String cannot fail");
        if *exponent > 1 {
            write!(text, "^{exponent}").expect("writing to a String cannot fail");
        }
    }
    if factors.primes.is_empty() {
        text.push('1');
    }
    Ok(text)
}

/// Writes a rational as `numerator/denominator`. An integer has no denominator in the text.
pub(super) fn fraction(exact: &Exact, work: &mut Work<'_>) -> Result<CompactString> {
    let numerator = decimal_integer(&exact.numerator(), work)?;
    if exact.is_integer() {
        return Ok(numerator);
    }
    let denominator = decimal_integer(exact.denominator().as_ibig(), work)?;
    Ok(format_compact!("{numerator}/{denominator}"))
}

/// Writes a rational as an integer and a proper fraction, as in `1 2/3`.
pub(super) fn mixed(exact: &Exact, work: &mut Work<'_>) -> Result<CompactString> {
    let size = exact.absolute();
    let (whole, rest) = size.numerator().unsigned_abs().div_rem(size.denominator());
    if exact.is_integer() || whole.is_zero() {
        return fraction(exact, work);
    }
    pay_for_text(exact.bits().0, work)?;
    pay_for_text(exact.bits().1, work)?;
    let denominator = exact.denominator();
    let (whole, rest) = (whole.to_string(), rest.to_string());
    // Three digits after a blank are a group of the integer: `1 234/567` is 1234/567.
    let is_group = rest.len() == 3 && whole.len() <= 3;
    Ok(match (exact.is_negative(), is_group) {
        (false, false) => format!("{whole} {rest}/{denominator}"),
        (true, false) => format!("-{whole} {rest}/{denominator}"),
        (false, true) => format!("{whole} + {rest}/{denominator}"),
        (true, true) => format!("-{whole} - {rest}/{denominator}"),
    }
    .into())
}

/// Writes an integer from 1 to 3999 in roman numerals.
pub(super) fn roman(exact: &Exact) -> CompactString {
    const NUMERALS: [(i64, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let mut rest = exact.to_i64().unwrap_or_default();
    let mut text = CompactString::default();
    for (value, numeral) in NUMERALS {
        while rest >= value {
            text.push_str(numeral);
            rest -= value;
        }
    }
    text
}

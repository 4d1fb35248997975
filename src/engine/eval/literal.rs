//! Converts literals to numbers.

use dashu_base::BitTest as _;
use dashu_int::{IBig, UBig};

use crate::engine::{
    budget::work::{Work, cost},
    fault::{Fault, Result},
    number::{
        Number,
        exact::{Exact, integer_within},
    },
};
use crate::syntax::{superscript, vulgar_fraction};

/// Returns the value of a literal that the lexer has accepted.
#[inline]
pub(in crate::engine) fn literal(text: &str, work: &mut Work<'_>) -> Result<Number> {
    match small_decimal(text.as_bytes()) {
        Some(small) => Ok(small.into()),
        None => any_literal(text, work),
    }
}

/// Returns the value of a literal of any length and notation.
#[cold]
fn any_literal(text: &str, work: &mut Work<'_>) -> Result<Number> {
    let bytes = text.as_bytes();
    if let Some((n, d)) = text.chars().next().and_then(vulgar_fraction) {
        return Ok(Exact::ratio(n.into(), d.into()).into());
    }
    let radix = match bytes {
        [b'0', b'x' | b'X', ..] => 16,
        [b'0', b'o' | b'O', ..] => 8,
        [b'0', b'b' | b'B', ..] => 2,
        _ => return decimal(text, work),
    };
    Ok(integer_within(digits(&text[2..], radix, work)?.into(), work)?.into())
}

/// Returns the value of a literal of at most 18 digits, without separators or an exponent.
fn small_decimal(text: &[u8]) -> Option<Exact> {
    const MOST: usize = 18;
    if text.len() <= MOST && text.iter().all(u8::is_ascii_digit) {
        let digit = |n: i64, byte: &u8| n * 10 + i64::from(byte - b'0');
        return Some(text.iter().fold(0, digit).into());
    }
    if text.len() > MOST + 1 {
        return None;
    }
    let mut n = 0i64;
    let mut unit = 0i64;
    for (index, byte) in text.iter().enumerate() {
        match byte {
            b'0'..=b'9' if index < MOST || unit > 0 => {
                n = n * 10 + i64::from(byte - b'0');
                unit *= 10;
            }
            b'.' if unit == 0 => unit = 1,
            _ => return None,
        }
    }
    Some(if unit <= 1 {
        n.into()
    } else {
        Exact::ratio(n, unit)
    })
}

/// Returns the value of a decimal literal of any length.
fn decimal(text: &str, work: &mut Work<'_>) -> Result<Number> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, digits)) => (mantissa, exponent(digits)),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let places = fraction.bytes().filter(|b| *b != b'_').count();
    let n = digits(&format!("{whole}{fraction}"), 10, work)?;
    if n.is_zero() {
        return Ok(0.into());
    }
    let n = Number::from(integer_within(n.into(), work)?);
    let exponent = exponent.saturating_sub(i64::try_from(places).expect("lines are bounded"));
    if exponent == 0 {
        return Ok(n);
    }
    let unit = Number::from(10).power(&exponent.into(), work)?;
    n.mul(&unit, work)
}

/// Returns the value of an exponent, clamped to the range from `i64::MIN / 2` to `i64::MAX / 2`.
///
/// Clamping changes no result: a number with an exponent outside this range exceeds the limits.
fn exponent(text: &str) -> i64 {
    let digits = text.replace('−', "-").replace(['_', '+'], "");
    let most = if digits.starts_with('-') {
        i64::MIN / 2
    } else {
        i64::MAX / 2
    };
    digits
        .parse()
        .unwrap_or(most)
        .clamp(i64::MIN / 2, i64::MAX / 2)
}

/// Returns the value of a sequence of digits. Separators between the digits are allowed.
fn digits(text: &str, radix: u32, work: &mut Work<'_>) -> Result<UBig> {
    // A decimal digit counts as 3 bits, a little less than the 3.32 bits that it needs.
    let bits = text.len() * radix.ilog2() as usize;
    if bits > 2 * work.limits.result {
        return Err(Fault::too_long(work.limits.result));
    }
    work.pay_at_once(cost::decimal(bits), "reading the number")?;
    let text: String = text.chars().filter(|c| *c != '_').collect();
    if text.is_empty() {
        return Ok(UBig::ZERO);
    }
    let n = UBig::from_str_radix(&text, radix).expect("the lexer has accepted these digits");
    debug_assert!(n.bit_len() <= text.len() * 4);
    Ok(n)
}

/// Returns the value of superscript digits that the lexer has accepted.
pub(in crate::engine) fn superscripts(text: &str, work: &mut Work<'_>) -> Result<Number> {
    let text: String = text.chars().filter_map(superscript).collect();
    work.pay_at_once(cost::decimal(text.len() * 4), "reading the exponent")?;
    let n: IBig = text.parse().expect("the lexer has accepted these digits");
    Ok(Exact::from(n).into())
}

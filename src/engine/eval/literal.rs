//! Converts literals to numbers.

use dashu_base::BitTest as _;
use dashu_int::{IBig, UBig};

use crate::engine::{
    budget::work::{Work, cost},
    fault::{Fault, Result},
    number::{
        Number,
        exact::{Exact, integer_within},
        integer::pieces,
    },
};
use crate::syntax::{Literal, superscript};

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
    match Literal::of(text) {
        Literal::Decimal {
            whole,
            fraction,
            exponent,
        } => scaled((whole, fraction), 10, 10, exponent, work),
        Literal::InBase {
            radix,
            whole,
            fraction,
            exponent,
        } => scaled((whole, fraction), radix, 2, exponent, work),
        Literal::Recurring {
            whole,
            fraction,
            repeated,
        } => recurring(whole, fraction, repeated, work),
        Literal::Mixed {
            whole,
            numerator,
            denominator,
        } => {
            let [whole, n, d] = [whole, numerator, denominator].map(|it| integer(it, 10, work));
            whole?.add(&n?.div(&d?, work)?, work)
        }
        Literal::Vulgar {
            whole,
            fraction: (n, d),
        } => {
            let fraction = Number::from(Exact::ratio(n.into(), d.into()));
            integer(whole, 10, work)?.add(&fraction, work)
        }
    }
}

/// Returns the value of the digits `whole.fraction` in the base `radix`, times `unit^exponent`.
fn scaled(
    (whole, fraction): (&str, &str),
    radix: u32,
    unit: i64,
    exponent_text: &str,
    work: &mut Work<'_>,
) -> Result<Number> {
    let n = integer(&format!("{whole}{fraction}"), radix, work)?;
    let places = fraction.chars().filter(char::is_ascii_alphanumeric).count();
    let places = i64::try_from(places).expect("lines are bounded");
    let exponent = exponent(exponent_text);
    let is_zero = n.exact().is_some_and(Exact::is_zero);
    if is_zero || (exponent == 0 && places == 0) {
        return Ok(n);
    }
    let power = |base: i64, exponent: i64, work: &mut Work<'_>| {
        Number::from(base).power(&exponent.into(), work)
    };
    if i64::from(radix) == unit {
        let power = power(unit, exponent.saturating_sub(places), work)?;
        return n.mul(&power, work);
    }
    let places = power(radix.into(), places, work)?;
    let power = power(unit, exponent, work)?;
    n.div(&places, work)?.mul(&power, work)
}

/// Returns the value of a decimal whose digits `repeated` recur for ever.
///
/// For `w.f` with `p` digits after the point and `r` recurring digits, it is
/// `(wf + repeated/(10^r - 1)) / 10^p`.
fn recurring(whole: &str, fraction: &str, repeated: &str, work: &mut Work<'_>) -> Result<Number> {
    let count = |digits: &str| {
        let count = digits.bytes().filter(u8::is_ascii_digit).count();
        Number::from(i64::try_from(count).expect("lines are bounded"))
    };
    let ten = Number::from(10);
    let start = integer(&format!("{whole}{fraction}"), 10, work)?;
    let nines = ten.power(&count(repeated), work)?.sub(&1.into(), work)?;
    let rest = integer(repeated, 10, work)?.div(&nines, work)?;
    let unit = ten.power(&count(fraction), work)?;
    start.add(&rest, work)?.div(&unit, work)
}

/// Returns the value of digits in the base `radix`. No digits are 0.
fn integer(text: &str, radix: u32, work: &mut Work<'_>) -> Result<Number> {
    Ok(integer_within(digits(text, radix, work)?.into(), work)?.into())
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

/// Returns the value of an exponent, clamped to the range from `i64::MIN / 2` to `i64::MAX / 2`.
///
/// Clamping changes no result: a number with an exponent outside this range exceeds the limits.
fn exponent(text: &str) -> i64 {
    if text.is_empty() {
        return 0;
    }
    let is_minus = |c: char| !c.is_ascii_digit() && !matches!(c, '+' | '_');
    let digits = text.replace(is_minus, "-").replace(['_', '+'], "");
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
    let text: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    if text.is_empty() {
        return Ok(UBig::ZERO);
    }
    let n = pieces::from_digits(text.as_bytes(), radix, work)?;
    debug_assert!(n.bit_len() <= text.len() * 6);
    Ok(n)
}

/// Returns the value of superscript digits that the lexer has accepted.
pub(in crate::engine) fn superscripts(text: &str, work: &mut Work<'_>) -> Result<Number> {
    let text: String = text.chars().filter_map(superscript).collect();
    work.pay_at_once(cost::decimal(text.len() * 4), "reading the exponent")?;
    let n: IBig = text.parse().expect("the lexer has accepted these digits");
    Ok(Exact::from(n).into())
}

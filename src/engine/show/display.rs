//! Converts a value to text in a given format.

use std::fmt::Write as _;

use compact_str::{CompactString, ToCompactString as _};
use dashu_base::{BitTest as _, Sign, UnsignedAbs as _};
use dashu_int::IBig;

use super::layout::Layout;
use super::{ExactValue, Rendered};
use crate::engine::{
    Base,
    budget::work::{Work, cost},
    fault::{Fault, Result},
    number::{
        Number,
        decimal::{Decimal, exponent, finite_decimal, rounded_decimal},
        exact::Exact,
        real::Real,
    },
    value::{Factorization, Presentation, Value},
};

/// The maximum length of a value's text, in bytes. A value with a longer text has no typed form for
/// programs.
const LONGEST_TYPED: usize = 4096;

/// All settings for showing a value.
pub(super) struct Format {
    /// The number of significant digits of a rounded number.
    pub(super) digits: usize,
    /// Whether integers are also rounded if they have more than `digits` digits.
    pub(super) exactly: bool,
    /// The notation of the value.
    pub(super) presentation: Presentation,
    /// The base in which [`Presentation::Automatic`] shows integers.
    pub(super) base: Base,
}

impl Format {
    /// Shows a number or a truth value.
    pub(super) fn value(&self, value: &Value, work: &mut Work<'_>) -> Result<Rendered> {
        match value {
            Value::Number(number) => self.number(number, work),
            Value::Truth(truth) => Ok(Rendered {
                text: truth.value.to_compact_string(),
                rounded: !truth.certain,
                typed: Some(ExactValue::Truth(truth.value)),
            }),
        }
    }

    /// Shows a number.
    pub(super) fn number(&self, number: &Number, work: &mut Work<'_>) -> Result<Rendered> {
        let exact = match number {
            Number::Exact(exact) => exact,
            Number::Real(real) => return self.real(real, work),
        };
        let (text, rounded) = match &self.presentation {
            Presentation::Automatic if self.base != Base::Decimal && exact.is_integer() => {
                (in_base(exact, self.base)?, false)
            }
            Presentation::Automatic | Presentation::Decimal | Presentation::Scientific => {
                self.decimal(exact, work)?
            }
            Presentation::InBase(base) => (in_base(exact, *base)?, false),
            Presentation::Fraction => {
                pay_for_text(exact.bits().0, work)?;
                pay_for_text(exact.bits().1, work)?;
                (fraction(exact).into(), false)
            }
            Presentation::Factored(primes) => (factored(primes, work)?, !primes.certain),
        };
        let typed = typed(exact, &text, work)?;
        Ok(Rendered {
            text,
            rounded,
            typed,
        })
    }

    /// Returns the decimal digits of an exact number, and whether the digits are rounded.
    fn decimal(&self, exact: &Exact, work: &mut Work<'_>) -> Result<(CompactString, bool)> {
        if let Exact::Small(n, 1) = exact
            && !self.is_scientific()
            && !self.exactly
        {
            return Ok((n.to_compact_string(), false));
        }
        if exact.is_integer() {
            pay_for_text(exact.bits().0, work)?;
            let text = digits_of(&exact.numerator());
            let count = text.len() - usize::from(exact.is_negative());
            let longer =
                text.trim_end_matches('0').len() - usize::from(exact.is_negative()) > self.digits;
            let fits = count <= self.digits || !self.exactly;
            if !self.is_scientific() && fits {
                return Ok((text, false));
            }
            if !longer {
                let digits = text.trim_start_matches('-');
                let exponent = exponent(count - 1);
                return Ok((
                    self.laid_out(exact.is_negative(), digits, exponent, None),
                    false,
                ));
            }
        } else if let Some((digits, exponent)) = finite_decimal(exact, self.digits, work)? {
            return Ok((
                self.laid_out(exact.is_negative(), &digits, exponent, None),
                false,
            ));
        }
        let (digits, exponent) = rounded_decimal(exact, self.digits, work)?;
        Ok((
            self.laid_out(exact.is_negative(), &digits, exponent, Some(self.digits)),
            true,
        ))
    }

    /// Shows a real. Refines the real until its digits are certain.
    fn real(&self, real: &Real, work: &mut Work<'_>) -> Result<Rendered> {
        match self.presentation {
            Presentation::Automatic | Presentation::Decimal | Presentation::Scientific => {}
            Presentation::Fraction => {
                return Err(Fault::domain(
                    "only an exact number can be shown as a fraction",
                ));
            }
            Presentation::InBase(_) | Presentation::Factored(_) => return Err(not_an_integer()),
        }
        // A decimal digit needs 3.33 bits. The additional bits compensate for rounding errors.
        let first = self.digits * 10 / 3 + 32;
        let mut attempts = 0;
        let mut best = None;
        let found = real.refine_until(first, work, |ball, precision, work| {
            attempts += 1;
            work.pay(500 + cost::decimal(precision))?;
            let decimal = Decimal::of(ball, self.digits, work);
            // Both ends of the ball round to the same digits, or the number is close to a tie.
            let settled = decimal
                .as_ref()
                .is_some_and(|decimal| decimal.agrees || attempts > 3);
            best = decimal;
            Ok(settled.then_some(()))
        })?;
        let decimal = match (found, best) {
            (Some(()), Some(decimal)) => decimal,
            _ => Decimal::certain(&real.ball(), self.digits, work),
        };
        let text = if decimal.digits.is_empty() {
            "0".into()
        } else {
            let known = Some(decimal.known);
            self.laid_out(decimal.negative, &decimal.digits, decimal.exponent, known)
        };
        Ok(Rendered {
            text,
            rounded: true,
            typed: None,
        })
    }

    /// Whether scientific notation was requested.
    fn is_scientific(&self) -> bool {
        matches!(self.presentation, Presentation::Scientific)
    }

    /// Writes digits in decimal or scientific notation. See [`Layout`].
    fn laid_out(
        &self,
        negative: bool,
        digits: &str,
        exponent: i64,
        known: Option<usize>,
    ) -> CompactString {
        Layout {
            negative,
            digits,
            exponent,
            known,
            scientific: self.is_scientific(),
        }
        .text()
    }
}

/// Writes the prime factors of an integer as a product, as in `2^3 * 5`.
fn factored(factors: &Factorization, work: &mut Work<'_>) -> Result<CompactString> {
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

/// Pays the cost of writing a number in decimal digits. `bits` is its length in binary.
fn pay_for_text(bits: usize, work: &mut Work<'_>) -> Result<()> {
    work.pay_at_once(cost::decimal(bits), "writing the number out")
}

/// Returns the typed form of a value. Returns `None` if the value or its `text` is too long.
fn typed(exact: &Exact, text: &str, work: &mut Work<'_>) -> Result<Option<ExactValue>> {
    if text.len() > LONGEST_TYPED {
        return Ok(None);
    }
    match exact {
        Exact::Small(n, 1) => return Ok(Some(ExactValue::Integer(*n))),
        Exact::Small(n, d) => return Ok(Some(ExactValue::Ratio(*n, *d))),
        Exact::Big(_) => {}
    }
    let (above, below) = exact.bits();
    if exact.is_integer() || (above + below) / 10 * 3 > LONGEST_TYPED {
        return Ok(exact.to_i64().map(ExactValue::Integer));
    }
    pay_for_text(above.max(below), work)?;
    let parts = (exact.numerator(), exact.denominator());
    Ok(Some(ExactValue::Fraction(Box::new(parts))))
}

/// Converts `n` to decimal digits.
///
/// If `n` fits in an `i128`, the conversion uses an `i128`, because this is several times faster.
fn digits_of(n: &IBig) -> CompactString {
    match i128::try_from(n) {
        Ok(n) => n.to_compact_string(),
        Err(_) => n.to_string().into(),
    }
}

/// Returns the fault for a number that cannot be shown because it is not an exact integer.
fn not_an_integer() -> Box<Fault> {
    Fault::domain("only exact integers can be shown in this base")
        .help("use floor(x), round(x) or trunc(x) to get an integer")
}

/// Writes an integer in a base, with the prefix of the base, as in `0xff`.
fn in_base(exact: &Exact, base: Base) -> Result<CompactString> {
    let (radix, prefix) = match base {
        Base::Binary => (2, "0b"),
        Base::Octal => (8, "0o"),
        Base::Decimal => (10, ""),
        Base::Hexadecimal => (16, "0x"),
    };
    let n = exact.to_integer().ok_or_else(not_an_integer)?;
    let sign = if n.sign() == Sign::Negative { "-" } else { "" };
    let digits = n.unsigned_abs().in_radix(radix).to_string();
    Ok(format!("{sign}{prefix}{digits}").into())
}

/// Writes a rational as `numerator/denominator`. An integer has no denominator in the text.
fn fraction(exact: &Exact) -> String {
    if exact.is_integer() {
        return exact.numerator().to_string();
    }
    format!("{}/{}", exact.numerator(), exact.denominator())
}

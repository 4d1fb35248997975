//! Converts a value to text in a given format.

use std::sync::Arc;

use compact_str::{CompactString, ToCompactString as _};
use dashu_int::IBig;

use super::{
    ExactValue, Rendered,
    based::{self, Mark},
    layout::{Exponent, Layout},
    notation, pay_for_text,
};
use crate::{
    engine::{
        Base, Options,
        budget::work::{Work, cost},
        fault::Result,
        number::{
            Number,
            decimal::{Decimal, exponent, finite_decimal, rounded_decimal},
            exact::Exact,
            real::Real,
        },
        value::{Converted, Factorization, Presentation, Rounding, Value},
    },
    syntax::Notation,
};

/// The maximum length of a value's text, in bytes. A value with a longer text has no typed form for
/// programs.
const LONGEST_TYPED: usize = 4096;

/// The number of significant digits up to which a finite decimal is shown in full, if no number of
/// digits was asked for.
const IN_FULL: usize = 60;

/// All settings for showing a value.
pub(super) struct Format {
    /// The number of significant digits of a rounded number.
    digits: usize,
    /// The number of significant digits up to which a finite decimal is not rounded.
    finite: usize,
    /// Whether integers are also rounded if they have more than `digits` digits.
    exactly: bool,
    /// The number of digits after the point, if it was asked for.
    decimals: Option<u32>,
    /// The notation that was asked for.
    notation: Option<Notation>,
    /// The base in which integers are shown, if no notation was asked for.
    base: Base,
    factors: Option<Arc<Factorization>>,
}

impl Format {
    /// Returns the format of a presentation.
    pub(super) fn of(presentation: &Presentation, options: Options) -> Self {
        let digits = options.digits as usize;
        let mut format = Self {
            digits,
            finite: if options.in_full {
                digits.max(IN_FULL)
            } else {
                digits
            },
            exactly: false,
            decimals: None,
            notation: None,
            base: options.base,
            factors: None,
        };
        match presentation {
            Presentation::Automatic => {}
            Presentation::Factored(factors) => format.factors = Some(Arc::clone(factors)),
            Presentation::Converted(converted) => {
                let Converted {
                    notation, rounding, ..
                } = **converted;
                format.notation = notation.or(Some(Notation::Decimal));
                match rounding {
                    None => {}
                    Some(Rounding::Digits(count)) => {
                        format.digits = count as usize;
                        format.finite = count as usize;
                        format.exactly = true;
                    }
                    Some(Rounding::Decimals(count)) => format.decimals = Some(count),
                }
            }
        }
        format
    }

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
    fn number(&self, number: &Number, work: &mut Work<'_>) -> Result<Rendered> {
        let (text, rounded) = self.text(number, work)?;
        let typed = match number {
            Number::Exact(exact) => typed(exact, &text, work)?,
            Number::Real(_) => None,
        };
        Ok(Rendered {
            text,
            rounded,
            typed,
        })
    }

    /// Returns the text of a number, and whether it is rounded.
    fn text(&self, number: &Number, work: &mut Work<'_>) -> Result<(CompactString, bool)> {
        if let Some(factors) = &self.factors {
            return Ok((notation::factored(factors, work)?, !factors.certain));
        }
        match (self.notation, number) {
            (Some(Notation::Percent), _) => {
                let hundredfold = number.mul(&100.into(), work)?;
                let (text, rounded) = self.decimals(&hundredfold, work)?;
                Ok((text + "%", rounded))
            }
            (Some(Notation::Prefixed(radix)), _) => self.based(number, radix, Mark::Prefix, work),
            (Some(Notation::Base(radix)), _) => self.based(number, radix, Mark::Base, work),
            (None, Number::Exact(exact)) if self.base != Base::Decimal && exact.is_integer() => {
                let radix = self.base.radix();
                Ok((
                    based::integer(&exact.numerator(), radix, Mark::Prefix, work)?,
                    false,
                ))
            }
            (Some(Notation::TwosComplement { base, bits }), Number::Exact(exact)) => {
                Ok(based::twos_complement(exact, base, bits))
            }
            (Some(Notation::Fraction | Notation::Exact), Number::Exact(exact)) => {
                Ok((notation::fraction(exact, work)?, false))
            }
            (Some(Notation::Mixed), Number::Exact(exact)) => {
                Ok((notation::mixed(exact, work)?, false))
            }
            (Some(Notation::Roman), Number::Exact(exact)) => Ok((notation::roman(exact), true)),
            _ => self.decimals(number, work),
        }
    }

    /// Writes a number in a base, with about as much precision as the decimal digits have.
    fn based(
        &self,
        number: &Number,
        radix: u8,
        mark: Mark,
        work: &mut Work<'_>,
    ) -> Result<(CompactString, bool)> {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a number of digits"
        )]
        let count = (self.digits as f64 * 10f64.ln() / f64::from(radix).ln()).ceil() as usize;
        based::number(number, radix, mark, count, work)
    }

    /// Returns the decimal digits of a number, and whether they are rounded.
    fn decimals(&self, number: &Number, work: &mut Work<'_>) -> Result<(CompactString, bool)> {
        if let Some(places) = self.decimals
            && self.exponent() == Exponent::IfNeeded
        {
            return fixed(number, places, work);
        }
        match number {
            Number::Exact(exact) => self.decimal(exact, work),
            Number::Real(real) => Ok((self.real(real, work)?, true)),
        }
    }

    /// Returns the decimal digits of an exact number, and whether the digits are rounded.
    fn decimal(&self, exact: &Exact, work: &mut Work<'_>) -> Result<(CompactString, bool)> {
        if let Exact::Small(n, 1) = exact
            && self.exponent() == Exponent::IfNeeded
            && !self.exactly
        {
            return Ok((n.to_compact_string(), false));
        }
        if exact.is_integer() {
            pay_for_text(exact.bits().0, work)?;
            let text = digits_of(&exact.numerator());
            let count = text.len() - usize::from(exact.is_negative());
            let longer =
                text.trim_end_matches('0').len() - usize::from(exact.is_negative()) > self.finite;
            let fits = count <= self.digits || !self.exactly;
            if self.exponent() == Exponent::IfNeeded && fits {
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
        } else if let Some((digits, exponent)) = finite_decimal(exact, self.finite, work)? {
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

    /// Returns the digits of a real. Refines the real until its digits are certain.
    fn real(&self, real: &Real, work: &mut Work<'_>) -> Result<CompactString> {
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
        if decimal.digits.is_empty() {
            return Ok("0".into());
        }
        let known = Some(decimal.known);
        Ok(self.laid_out(decimal.negative, &decimal.digits, decimal.exponent, known))
    }

    /// Returns when an exponent is written.
    fn exponent(&self) -> Exponent {
        match self.notation {
            Some(Notation::Scientific) => Exponent::Always,
            Some(Notation::Engineering) => Exponent::OfThousand,
            _ => Exponent::IfNeeded,
        }
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
            style: self.exponent(),
        }
        .text()
    }
}

/// Writes a number with `places` digits after the point. Also returns whether they are rounded. A
/// half is rounded away from zero.
fn fixed(number: &Number, places: u32, work: &mut Work<'_>) -> Result<(CompactString, bool)> {
    let unit = Number::from(10).power(&i64::from(places).into(), work)?;
    let size = number.absolute(work)?;
    let scaled = size.mul(&unit, work)?;
    let is_exact = scaled.exact().is_some_and(Exact::is_integer);
    let half = Number::from(Exact::ratio(1, 2));
    let nearest = scaled.add(&half, work)?.floor(work)?;
    pay_for_text(nearest.bits().0, work)?;
    let width = places as usize + 1;
    let digits = format!("{:0>width$}", digits_of(&nearest.numerator()));
    let negative = !nearest.is_zero() && number.sign(work)? == Some(dashu_base::Sign::Negative);
    let (whole, decimals) = digits.split_at(digits.len() - places as usize);
    let (sign, point) = (
        if negative { "-" } else { "" },
        if places > 0 { "." } else { "" },
    );
    Ok((format!("{sign}{whole}{point}{decimals}").into(), !is_exact))
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

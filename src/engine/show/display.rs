//! Converts a value to text in a given format.

use std::{cmp::Ordering, iter, sync::Arc};

use compact_str::{CompactString, ToCompactString as _, format_compact};
use dashu_base::{BitTest as _, Sign, UnsignedAbs as _};
use dashu_int::IBig;

use super::{
    ExactValue, Rendered,
    based::{self, Mark},
    layout::{Exponent, Layout},
    notation, pay_for_text,
    quantity::quantity,
};
use crate::{
    engine::{
        Base, Options,
        budget::work::{Work, cost},
        fault::{Fault, Reason, Result},
        number::{
            Number,
            decimal::{Decimal, exponent, finite_decimal, rounded_decimal},
            exact::Exact,
            integer::pieces,
            real::Real,
        },
        unit::Unit,
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

/// The greatest absolute value of the exponent of a decimal that is recognized.
const LONGEST_EXPONENT: u64 = 1000;

/// A real that is shown as zero is below `2^-3322`, which is 10^-1000, and below as small a part of the
/// largest number that it is made of.
const NEAR_ZERO: i64 = 3322;

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
    /// The units of a mixed quantity.
    units: Option<Arc<[Unit]>>,
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
            units: None,
        };
        match presentation {
            Presentation::Automatic => {}
            Presentation::Factored(factors) => format.factors = Some(Arc::clone(factors)),
            Presentation::Converted(converted) => {
                let Converted {
                    notation, rounding, ..
                } = **converted;
                format.units.clone_from(&converted.units);
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
            Value::Quantity(it) => quantity(it, self.units.as_deref(), self, work),
            Value::Truth(truth) => Ok(Rendered {
                text: truth.value.to_compact_string(),
                rounded: !truth.certain,
                typed: Some(ExactValue::Truth(truth.value)),
            }),
        }
    }

    /// Returns the number of digits after the point, if it was asked for.
    pub(super) fn places(&self) -> Option<u32> {
        self.decimals
    }

    /// Shows a number.
    pub(super) fn number(&self, number: &Number, work: &mut Work<'_>) -> Result<Rendered> {
        let exact = match number {
            Number::Exact(exact) => exact,
            Number::Real(real) => return self.real(real, work),
        };
        let (text, rounded) = self.text(number, work)?;
        let typed = typed(exact, &text, work)?;
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
                let text = based::integer(&exact.numerator(), radix, Mark::Prefix, work)?;
                Ok((text, false))
            }
            (Some(Notation::TwosComplement { base, bits }), Number::Exact(exact)) => {
                Ok(based::twos_complement(exact, base, bits))
            }
            (Some(Notation::Fraction | Notation::Exact), Number::Exact(exact)) => {
                Ok((notation::fraction(exact, work)?, false))
            }
            (Some(Notation::Exact), Number::Real(real)) => {
                let form = real.form(work)?;
                let text = form.and_then(|form| form.text());
                let text = text.ok_or_else(|| {
                    Fault::domain("the number has no short exact form")
                        .help("leave out 'to exact' to see its digits")
                })?;
                Ok((text.into(), false))
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
            Number::Real(real) => {
                let decimal = self.digits_of_real(real, work)?;
                Ok((self.decimal_text(&decimal), true))
            }
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
            let text = decimal_integer(&exact.numerator(), work)?;
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

    /// Shows a real. A real whose first digits are those of a short decimal may be that decimal.
    fn real(&self, real: &Real, work: &mut Work<'_>) -> Result<Rendered> {
        let decimal = match self.digits_of_real(real, work) {
            Ok(decimal) => decimal,
            // The form may know what the digits do not show.
            Err(fault) if fault.reason == Reason::Undecided => match real.exact_value(work)? {
                Some(exact) => return self.number(&exact.into(), work),
                None => return Err(fault),
            },
            Err(fault) => return Err(fault),
        };
        let exact = if decimal.digits.is_empty() {
            let is_zero = real.order(work)? == Some(Ordering::Equal);
            is_zero.then_some(Exact::ZERO)
        } else {
            self.short_decimal(real, &decimal, work)?
        };
        if let Some(exact) = exact {
            return self.number(&exact.into(), work);
        }
        let is_decimal = matches!(
            self.notation,
            None | Some(Notation::Decimal | Notation::Scientific | Notation::Engineering)
        );
        let (text, rounded) = if is_decimal && self.decimals.is_none() {
            (self.decimal_text(&decimal), true)
        } else {
            self.text(&Number::Real(real.clone()), work)?
        };
        Ok(Rendered {
            text,
            rounded,
            typed: None,
        })
    }

    /// Returns the decimal that a real certainly is, if its digits `decimal` are short.
    fn short_decimal(
        &self,
        real: &Real,
        decimal: &Decimal,
        work: &mut Work<'_>,
    ) -> Result<Option<Exact>> {
        let digits = decimal.digits.trim_end_matches('0');
        if digits.len() * 2 > self.digits || decimal.exponent.unsigned_abs() > LONGEST_EXPONENT {
            return Ok(None);
        }
        let places = exponent(digits.len()) - 1 - decimal.exponent;
        let unit = Number::from(10).power(&(-places).into(), work)?;
        let digits: IBig = digits.parse().expect("these are digits");
        let mut candidate = Number::from(Exact::from(digits)).mul(&unit, work)?;
        if decimal.negative {
            candidate = candidate.negated(work)?;
        }
        let difference = Number::Real(real.clone()).sub(&candidate, work)?;
        let is_equal = difference.order(work)? == Some(Ordering::Equal);
        Ok(candidate.exact().filter(|_| is_equal).cloned())
    }

    /// Returns the digits of a real. Refines the real until its digits are certain. There are no digits
    /// if the real is zero, or is shown as zero.
    fn digits_of_real(&self, real: &Real, work: &mut Work<'_>) -> Result<Decimal> {
        // A decimal digit needs 3.33 bits. The additional bits compensate for rounding errors.
        let first = self.digits * 10 / 3 + 32;
        let max = work.limits.precision.max(2 * first);
        let mut attempts = 0;
        let mut best = None;
        let found = real.refine_within(first, max, work, |ball, precision, work| {
            attempts += 1;
            work.pay(500 + cost::decimal(precision))?;
            if attempts == 1 && ball.sign().is_none() {
                // The form or the separation bound may decide more quickly than the digits.
                if real.order(work)?.is_none_or(Ordering::is_eq) {
                    return Ok(Some(()));
                }
            }
            let decimal = Decimal::of(ball, self.digits, work)?;
            // Both ends of the ball round to the same digits, or the number is close to a tie.
            let settled = decimal
                .as_ref()
                .is_some_and(|decimal| decimal.agrees || attempts > 3);
            best = decimal;
            Ok(settled.then_some(()))
        })?;
        let decimal = match (found, best) {
            (Some(()), Some(decimal)) => decimal,
            _ => Decimal::certain(&real.ball(), self.digits, work)?,
        };
        if decimal.digits.is_empty() && real.order(work)? != Some(Ordering::Equal) {
            near_zero(real, work)?;
        }
        Ok(decimal)
    }

    /// Writes the digits of a real.
    fn decimal_text(&self, decimal: &Decimal) -> CompactString {
        if decimal.digits.is_empty() {
            return "0".into();
        }
        let known = Some(decimal.known);
        self.laid_out(decimal.negative, &decimal.digits, decimal.exponent, known)
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

/// Checks that a real that may be zero is so near to zero that it is shown as zero. Fails otherwise.
fn near_zero(real: &Real, work: &mut Work<'_>) -> Result<()> {
    if let Some(form) = real.form(work)?.and_then(|form| form.text()) {
        let message = "the digits of a value so near to zero";
        return Err(Fault::undecided(message).help(format!("its exact value is {form}")));
    }
    let bound = real.ball().magnitude();
    let largest = real.largest_magnitude().max(0);
    if real.ball().sign().is_none() && bound < -NEAR_ZERO && bound - largest < -NEAR_ZERO {
        return Ok(());
    }
    let message = "whether the value is zero";
    Err(Fault::undecided(message).help(format!("its absolute value is below 2^{bound}")))
}

/// Writes a number with `places` digits after the point. Also returns whether they are rounded. A
/// half is rounded away from zero.
fn fixed(number: &Number, places: u32, work: &mut Work<'_>) -> Result<(CompactString, bool)> {
    let (nearest, is_exact) = nearest(number, places, work)?;
    let width = places as usize + 1;
    let digits = decimal_integer(&nearest.numerator(), work)?;
    // The width of a formatted text is below 2^16.
    let zeros = width.saturating_sub(digits.len());
    let digits: String = iter::repeat_n('0', zeros).chain(digits.chars()).collect();
    let negative = !nearest.is_zero() && number.order(work)? == Some(Ordering::Less);
    let (whole, decimals) = digits.split_at(digits.len() - places as usize);
    let (sign, point) = (
        if negative { "-" } else { "" },
        if places > 0 { "." } else { "" },
    );
    Ok((format!("{sign}{whole}{point}{decimals}").into(), !is_exact))
}

/// Returns the absolute value in units of the decimal place `places`, rounded, and whether it is exact. A half is
/// rounded up.
pub(super) fn nearest(number: &Number, places: u32, work: &mut Work<'_>) -> Result<(Exact, bool)> {
    let unit = Number::from(10).power(&i64::from(places).into(), work)?;
    let scaled = number.absolute(work)?.mul(&unit, work)?;
    let is_exact = scaled.exact().is_some_and(Exact::is_integer);
    let half = Number::from(Exact::ratio(1, 2));
    Ok((scaled.add(&half, work)?.floor(work)?, is_exact))
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

/// Returns the decimal digits of `n`, after a minus sign if it is negative, and pays for them.
///
/// If `n` fits in an `i128`, the conversion uses an `i128`, because this is several times faster.
pub(super) fn decimal_integer(n: &IBig, work: &mut Work<'_>) -> Result<CompactString> {
    work.pay(cost::decimal(n.bit_len()))?;
    if let Ok(n) = i128::try_from(n) {
        return Ok(n.to_compact_string());
    }
    let digits = pieces::decimal_digits(&n.unsigned_abs(), work)?;
    Ok(if n.sign() == Sign::Negative {
        format_compact!("-{digits}")
    } else {
        digits.into()
    })
}

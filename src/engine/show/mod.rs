//! Values to text.

use std::{fmt::Write as _, iter};

use compact_str::{CompactString, ToCompactString as _};
use dashu_base::{BitTest as _, Sign, UnsignedAbs as _};
use dashu_int::{IBig, UBig};

use super::{
    Base, Options,
    budget::work::{Work, cost},
    fault::{Fault, Result},
    number::{
        Number,
        decimal::{Decimal, exponent, finite_decimal, rounded_decimal},
        exact::Exact,
        real::Real,
    },
    value::{Factors, Value},
};
use crate::syntax::{Conversion, Span};

/// Bytes of a text beside which the number is not given once more.
const TYPED: usize = 4096;

/// A value as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// As a person reads it. It differs from the value by less than one unit of its
    /// last digit; where it is not rounded it reads back to the value.
    pub text: CompactString,
    /// Whether the text is not the exact value.
    pub rounded: bool,
    /// The value for programs, if it is exact and not too long.
    pub typed: Option<ExactValue>,
}

/// An exact value for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExactValue {
    /// An integer.
    Integer(i64),
    /// Numerator and denominator of a fraction in lowest terms.
    Ratio(i64, i64),
    /// The same for longer ones. Boxed, so that what has none is small.
    Fraction(Box<(IBig, UBig)>),
    /// A truth value.
    Truth(bool),
}

/// How to show a value: what the forms behind it ask for, the last of a kind counting.
struct Style {
    digits: usize,
    /// Whether an integer that has more digits is rounded too.
    strict: bool,
    notation: Notation,
}

#[derive(Clone, Copy, PartialEq)]
enum Notation {
    Decimal,
    Scientific,
    Fraction,
    /// A radix with its prefix.
    Radix(u8, &'static str),
}

impl Notation {
    const fn in_base(base: Base) -> Self {
        match base {
            Base::Binary => Self::Radix(2, "0b"),
            Base::Octal => Self::Radix(8, "0o"),
            Base::Decimal => Self::Decimal,
            Base::Hexadecimal => Self::Radix(16, "0x"),
        }
    }
}

/// Shows `value` as `options` say, or `forms` where there are any. A fault is at the span of
/// the form that does not fit.
pub(super) fn show(
    value: &Value,
    forms: &[(Conversion, Span)],
    options: Options,
    line: &str,
    work: &mut Work<'_>,
) -> Result<Rendered> {
    let Options { digits, base, .. } = options;
    if let (Value::Number(Number::Exact(Exact::Small(n, 1))), [], Base::Decimal) =
        (value, forms, base)
    {
        return Ok(Rendered {
            text: n.to_compact_string(),
            rounded: false,
            typed: Some(ExactValue::Integer(*n)),
        });
    }
    let mut style = Style {
        digits: digits as usize,
        strict: false,
        notation: match value {
            Value::Number(Number::Exact(exact)) if forms.is_empty() && exact.is_integer() => {
                Notation::in_base(base)
            }
            _ => Notation::Decimal,
        },
    };
    let mut place = None;
    for (form, span) in forms {
        match form {
            Conversion::Digits(count) if *count > work.limits.digits => {
                let limit = work.limits.digits;
                let message = format!("{count} digits are more than the limit of {limit}");
                return Err(Fault::limit(message).at(*span, line));
            }
            Conversion::Digits(count) => {
                style.digits = *count as usize;
                style.strict = true;
                continue;
            }
            Conversion::Decimal => style.notation = Notation::Decimal,
            Conversion::Hexadecimal => style.notation = Notation::in_base(Base::Hexadecimal),
            Conversion::Binary => style.notation = Notation::in_base(Base::Binary),
            Conversion::Octal => style.notation = Notation::in_base(Base::Octal),
            Conversion::Fraction => style.notation = Notation::Fraction,
            Conversion::Scientific => style.notation = Notation::Scientific,
        }
        place = Some(*span);
    }
    let shown = match value {
        Value::Truth(truth) if place.is_none() => Ok(Rendered {
            text: truth.value.to_compact_string(),
            rounded: !truth.certain,
            typed: Some(ExactValue::Truth(truth.value)),
        }),
        Value::Factors(factors) if forms.is_empty() => factored(factors, work),
        _ => value.number().and_then(|number| style.number(number, work)),
    };
    shown.map_err(|fault| match place {
        Some(span) => fault.at(span, line),
        None => fault,
    })
}

fn factored(factors: &Factors, work: &mut Work<'_>) -> Result<Rendered> {
    let mut text = String::from(if factors.negative { "-" } else { "" });
    for (index, (prime, exponent)) in factors.primes.iter().enumerate() {
        pay_for_text(prime.bit_len(), work)?;
        let sign = if index > 0 { " * " } else { "" };
        write!(text, "{sign}{prime}").expect("a String takes everything");
        if *exponent > 1 {
            write!(text, "^{exponent}").expect("a String takes everything");
        }
    }
    if factors.primes.is_empty() {
        text.push('1');
    }
    let exact = factors.number.exact().expect("factors are of an integer");
    Ok(Rendered {
        rounded: !factors.certain,
        typed: typed(exact, &text, work)?,
        text: text.into(),
    })
}

fn pay_for_text(bits: usize, work: &mut Work<'_>) -> Result<()> {
    work.pay_at_once(cost::decimal(bits), "writing the number out")
}

fn typed(exact: &Exact, text: &str, work: &mut Work<'_>) -> Result<Option<ExactValue>> {
    if text.len() > TYPED {
        return Ok(None);
    }
    match exact {
        Exact::Small(n, 1) => return Ok(Some(ExactValue::Integer(*n))),
        Exact::Small(n, d) => return Ok(Some(ExactValue::Ratio(*n, *d))),
        Exact::Big(_) => {}
    }
    let (above, below) = exact.bits();
    if exact.is_integer() || (above + below) / 10 * 3 > TYPED {
        return Ok(exact.to_i64().map(ExactValue::Integer));
    }
    pay_for_text(above.max(below), work)?;
    let parts = (exact.numerator(), exact.denominator());
    Ok(Some(ExactValue::Fraction(Box::new(parts))))
}

impl Style {
    fn number(&self, number: &Number, work: &mut Work<'_>) -> Result<Rendered> {
        let exact = match number {
            Number::Exact(exact) => exact,
            Number::Real(real) => return self.real(real, work),
        };
        let (text, rounded) = match (self.notation, exact) {
            (Notation::Decimal, Exact::Small(n, 1)) if !self.strict => {
                (n.to_compact_string(), false)
            }
            (Notation::Radix(radix, prefix), _) => (in_radix(exact, radix, prefix)?.into(), false),
            (Notation::Fraction, _) => {
                pay_for_text(exact.bits().0, work)?;
                pay_for_text(exact.bits().1, work)?;
                (fraction(exact).into(), false)
            }
            (Notation::Decimal | Notation::Scientific, _) => self.decimal(exact, work)?,
        };
        let typed = typed(exact, &text, work)?;
        Ok(Rendered {
            text,
            rounded,
            typed,
        })
    }

    /// An exact number in decimal digits, and whether these are rounded.
    fn decimal(&self, exact: &Exact, work: &mut Work<'_>) -> Result<(CompactString, bool)> {
        if exact.is_integer() {
            pay_for_text(exact.bits().0, work)?;
            let text = integer(&exact.numerator());
            let count = text.len() - usize::from(exact.is_negative());
            let longer =
                text.trim_end_matches('0').len() - usize::from(exact.is_negative()) > self.digits;
            let fits = count <= self.digits || !self.strict;
            if self.notation == Notation::Decimal && fits {
                return Ok((text, false));
            }
            if !longer {
                let digits = text.trim_start_matches('-');
                let exponent = exponent(count - 1);
                return Ok((
                    self.text(exact.is_negative(), digits, exponent, None),
                    false,
                ));
            }
        } else if let Some((digits, exponent)) = finite_decimal(exact, self.digits, work)? {
            return Ok((
                self.text(exact.is_negative(), &digits, exponent, None),
                false,
            ));
        }
        let (digits, exponent) = rounded_decimal(exact, self.digits, work)?;
        Ok((
            self.text(exact.is_negative(), &digits, exponent, Some(self.digits)),
            true,
        ))
    }

    fn real(&self, real: &Real, work: &mut Work<'_>) -> Result<Rendered> {
        match self.notation {
            Notation::Decimal | Notation::Scientific => {}
            Notation::Fraction => return Err(Fault::domain("a real has no exact fraction")),
            Notation::Radix(..) => return Err(not_an_integer()),
        }
        // A decimal digit is worth 3.33 bits; some more for what is lost on the way.
        let first = self.digits * 10 / 3 + 32;
        let mut tried = 0;
        let mut best = None;
        let found = real.refine_until(first, work, |ball, precision, work| {
            tried += 1;
            work.pay(500 + cost::decimal(precision))?;
            let decimal = Decimal::of(ball, self.digits, work);
            // Both ends round to the same digits, or the number is as good as a tie.
            let settled = decimal
                .as_ref()
                .is_some_and(|decimal| decimal.agrees || tried > 3);
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
            self.text(decimal.negative, &decimal.digits, decimal.exponent, known)
        };
        Ok(Rendered {
            text,
            rounded: true,
            typed: None,
        })
    }

    /// Digits with a point after the first, times ten to the power of `exponent`. Of a
    /// rounded number so many are `known`.
    fn text(
        &self,
        negative: bool,
        digits: &str,
        exponent: i64,
        known: Option<usize>,
    ) -> CompactString {
        let digits = digits.trim_end_matches('0');
        let digits = if digits.is_empty() { "0" } else { digits };
        // No digit is shown that is not known, not even as a zero before the point.
        let whole = usize::try_from(exponent + 1).unwrap_or(0);
        let plain = (-7..=20).contains(&exponent) && known.is_none_or(|known| whole <= known);
        let mut text = CompactString::with_capacity(digits.len() + 12);
        if negative {
            text.push('-');
        }
        if self.notation == Notation::Scientific || !plain {
            let (first, rest) = digits.split_at(1);
            text.push_str(first);
            if !rest.is_empty() {
                text.push('.');
                text.push_str(rest);
            }
            write!(text, "e{exponent}").expect("a String takes everything");
            return text;
        }
        // Where no digits stand in front of the point, zeros may stand behind it.
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        let (before, behind) = digits.split_at(whole.min(digits.len()));
        text.push_str(if before.is_empty() { "0" } else { before });
        text.extend(iter::repeat_n('0', whole.saturating_sub(digits.len())));
        if !behind.is_empty() {
            text.push('.');
            text.extend(iter::repeat_n('0', zeros));
            text.push_str(behind);
        }
        text
    }
}

/// The digits of `n`. Native integers are several times as fast as long ones.
fn integer(n: &IBig) -> CompactString {
    match i128::try_from(n) {
        Ok(n) => n.to_compact_string(),
        Err(_) => n.to_string().into(),
    }
}

fn not_an_integer() -> Box<Fault> {
    Fault::domain("only exact integers are shown in this base")
        .help("floor(x), round(x) and trunc(x) make integers")
}

fn in_radix(exact: &Exact, radix: u8, prefix: &str) -> Result<String> {
    let n = exact.to_integer().ok_or_else(not_an_integer)?;
    let sign = if n.sign() == Sign::Negative { "-" } else { "" };
    Ok(format!(
        "{sign}{prefix}{}",
        n.unsigned_abs().in_radix(radix)
    ))
}

fn fraction(exact: &Exact) -> String {
    if exact.is_integer() {
        return exact.numerator().to_string();
    }
    format!("{}/{}", exact.numerator(), exact.denominator())
}

//! Converts values to text.

mod display;
mod layout;

use compact_str::{CompactString, ToCompactString as _};
use dashu_int::{IBig, UBig};

use self::display::Format;
use super::{
    Base, Options,
    budget::work::Work,
    fault::{Fault, Result},
    number::{Number, exact::Exact},
    value::{Presentation, Presented, Value},
};
use crate::syntax::{Conversion, Notation, Span};

/// A value as text for people, and in a typed form for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The text for people.
    ///
    /// The number in the text differs from the value by less than one unit of the last digit. If
    /// the text is not rounded, parsing the text gives the same value.
    pub text: CompactString,
    /// Whether the text is rounded, or is not proven to be correct.
    pub rounded: bool,
    /// The typed value for programs, if the value is exact and not too long.
    pub typed: Option<ExactValue>,
}

/// An exact value for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExactValue {
    /// An integer.
    Integer(i64),
    /// The numerator and the denominator of a fraction in lowest terms.
    Ratio(i64, i64),
    /// The numerator and the denominator of a longer fraction in lowest terms. The pair is boxed
    /// to keep this type small.
    Fraction(Box<(IBig, UBig)>),
    /// A truth value.
    Truth(bool),
}

/// Converts a value to text with `options`. Without `conversions`, the text is in the presentation
/// of the value.
///
/// If several conversions set the same property, the last conversion counts. If a conversion does
/// not fit the value, the fault has the span of this conversion.
pub(super) fn show(
    presented: &Presented,
    conversions: &[(Conversion, Span)],
    options: Options,
    line: &str,
    work: &mut Work<'_>,
) -> Result<Rendered> {
    let Options { digits, base, .. } = options;
    let Presented {
        value,
        presentation,
    } = presented;
    if let (
        Value::Number(Number::Exact(Exact::Small(n, 1))),
        Presentation::Automatic,
        [],
        Base::Decimal,
    ) = (value, presentation, conversions, base)
    {
        return Ok(Rendered {
            text: n.to_compact_string(),
            rounded: false,
            typed: Some(ExactValue::Integer(*n)),
        });
    }
    if conversions.is_empty() {
        let format = Format {
            digits: digits as usize,
            exactly: false,
            presentation: presentation.clone(),
            base,
        };
        return format.value(value, work);
    }
    let (format, form) = converted(conversions, digits, line, work)?;
    let rendered = match (value, form) {
        (Value::Truth(_), None) => format.value(value, work),
        _ => value
            .number()
            .and_then(|number| format.number(number, work)),
    };
    rendered.map_err(|fault| match form {
        Some(span) => fault.at(span, line),
        None => fault,
    })
}

/// Returns the format that `conversions` set, and the span of the conversion that sets the
/// notation.
fn converted(
    conversions: &[(Conversion, Span)],
    digits: u32,
    line: &str,
    work: &Work<'_>,
) -> Result<(Format, Option<Span>)> {
    let mut format = Format {
        digits: digits as usize,
        exactly: false,
        presentation: Presentation::Decimal,
        base: Base::Decimal,
    };
    let mut form = None;
    for (conversion, span) in conversions {
        match conversion {
            Conversion::Digits(count) => {
                let limit = work.limits.digits;
                if *count > limit {
                    let message = format!("{count} digits are more than the limit of {limit}");
                    return Err(Fault::limit(message).at(*span, line));
                }
                format.digits = *count as usize;
                format.exactly = true;
            }
            Conversion::Form(named) => {
                if let Some(notation) = named.notation {
                    format.presentation = presentation(notation);
                }
                form = Some(*span);
            }
        }
    }
    Ok((format, form))
}

/// Returns the presentation of numbers in `notation`.
fn presentation(notation: Notation) -> Presentation {
    match notation {
        Notation::Decimal => Presentation::Decimal,
        Notation::Hexadecimal => Presentation::InBase(Base::Hexadecimal),
        Notation::Binary => Presentation::InBase(Base::Binary),
        Notation::Octal => Presentation::InBase(Base::Octal),
        Notation::Fraction => Presentation::Fraction,
        Notation::Scientific => Presentation::Scientific,
    }
}

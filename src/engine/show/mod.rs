//! Converts values to text.

mod based;
mod display;
mod layout;
mod notation;
mod quantity;

use compact_str::{CompactString, ToCompactString as _};
use dashu_int::{IBig, UBig};

use self::display::Format;
use super::{
    Base, Options,
    budget::work::{Work, cost},
    fault::Result,
    number::{Number, exact::Exact},
    value::{Presentation, Presented, Value},
};

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
    /// A quantity. It is boxed to keep this type small.
    Quantity(Box<TypedQuantity>),
}

/// A number and its unit, for programs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedQuantity {
    /// The number of units, if it is exact and not too long.
    pub number: Option<ExactValue>,
    /// The unit, such as `km/h`.
    pub unit: CompactString,
}

/// Converts a value to text, in its presentation and with `options`.
pub(super) fn show(
    presented: &Presented,
    options: Options,
    work: &mut Work<'_>,
) -> Result<Rendered> {
    let Presented {
        value,
        presentation,
    } = presented;
    if let (
        Value::Number(Number::Exact(Exact::Small(n, 1))),
        Presentation::Automatic,
        Base::Decimal,
    ) = (value, presentation, options.base)
    {
        return Ok(Rendered {
            text: n.to_compact_string(),
            rounded: false,
            typed: Some(ExactValue::Integer(*n)),
        });
    }
    Format::of(presentation, options).value(value, work)
}

/// The maximum length of a fraction that is a source, in bits.
const SHORT_FRACTION: usize = 64;

/// Returns a short expression with exactly the value of a rounded text, if there is one.
pub(super) fn source(presented: &Presented, work: &mut Work<'_>) -> Result<Option<String>> {
    let (Value::Number(number), Presentation::Automatic) =
        (&presented.value, &presented.presentation)
    else {
        return Ok(None);
    };
    match number {
        Number::Exact(exact) => {
            let (above, below) = exact.bits();
            if above + below > SHORT_FRACTION {
                return Ok(None);
            }
            Ok(Some(notation::fraction(exact, work)?.into()))
        }
        Number::Real(real) => Ok(real.form(work)?.and_then(|form| form.text())),
    }
}

/// Pays the cost of writing a number in decimal digits. `bits` is its length in binary.
fn pay_for_text(bits: usize, work: &mut Work<'_>) -> Result<()> {
    work.pay_at_once(cost::decimal(bits), "writing the number out")
}

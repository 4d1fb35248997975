//! Applies conversions such as `to hex` to values.

use std::sync::Arc;

use super::{
    Presentation, Presented, Value,
    presentation::{Converted, Rounding},
};
use crate::{
    engine::{
        budget::work::Work,
        fault::{Fault, Result},
        number::{Number, exact::Exact},
    },
    syntax::{Conversion, Notation},
};

/// Converts a value to another form. Fails if the form does not fit the value.
pub(in crate::engine) fn convert(
    presented: &Presented,
    conversion: Conversion,
    work: &mut Work<'_>,
) -> Result<Presented> {
    let mut value = presented.value.clone();
    let mut form = presented.presentation.converted();
    match conversion {
        Conversion::Digits(count) => {
            check_count(count, "digits", work)?;
            form.notation = form.notation.filter(|it| has_digits(*it));
            form.rounding = Some(Rounding::Digits(count));
        }
        Conversion::Decimals(count) => {
            check_count(count, "decimals", work)?;
            amount(&presented.value)?;
            form.notation = form.notation.filter(|it| has_digits(*it));
            form.rounding = Some(match form.notation {
                // One digit stands before the point.
                Some(Notation::Scientific) => Rounding::Digits(count.saturating_add(1)),
                _ => Rounding::Decimals(count),
            });
        }
        Conversion::BaseUnits => {
            if let Value::Quantity(quantity) = &presented.value {
                return Ok(quantity.to_si(work)?.into());
            }
            presented.number()?;
        }
        Conversion::Notation(notation) => {
            let number = amount(&presented.value)?.simplified(work)?;
            check(&number, notation)?;
            value = match &presented.value {
                Value::Quantity(quantity) => quantity.map(work, |_, _| Ok(number))?,
                _ => number.into(),
            };
            form.notation = Some(notation);
        }
    }
    // A truth value has no digits.
    let presentation = match presented.value {
        Value::Truth(_) => presented.presentation.clone(),
        Value::Number(_) | Value::Quantity(_) => {
            Presentation::Converted(Arc::new(Converted { ..form }))
        }
    };
    Ok(Presented {
        value,
        presentation,
    })
}

/// Whether numbers in a notation have digits that can be rounded. Conversions apply in turn, so digits that are
/// asked for later replace the other notations.
fn has_digits(notation: Notation) -> bool {
    !matches!(
        notation,
        Notation::Fraction
            | Notation::Mixed
            | Notation::Exact
            | Notation::Roman
            | Notation::Integer
            | Notation::TwosComplement { .. }
    )
}

/// Returns the number that a value has, with or without a unit.
fn amount(value: &Value) -> Result<&Number> {
    match value {
        Value::Quantity(quantity) => Ok(&quantity.number),
        _ => value.number(),
    }
}

/// Checks the number of digits that a conversion asks for.
fn check_count(count: u32, what: &str, work: &Work<'_>) -> Result<()> {
    let limit = work.limits.digits;
    if count > limit {
        let message = format!("{count} {what} are more than the limit of {limit}");
        return Err(Fault::limit(message));
    }
    Ok(())
}

/// Checks that a number can be written in a notation.
fn check(number: &Number, notation: Notation) -> Result<()> {
    match notation {
        Notation::Decimal
        | Notation::Prefixed(_)
        | Notation::Base(_)
        | Notation::Exact
        | Notation::Scientific
        | Notation::Engineering
        | Notation::Percent => Ok(()),
        Notation::Integer => number.integer().map(|_| ()),
        Notation::Fraction | Notation::Mixed => match number.exact() {
            Some(_) => Ok(()),
            None => Err(Fault::domain(
                "only an exact number can be shown as a fraction",
            )),
        },
        Notation::TwosComplement { bits, .. } => {
            let integer = integer(number)?;
            let fits = integer.to_i64().is_some_and(|n| match bits {
                64 => true,
                _ => (-(1_i64 << (bits - 1))..1 << bits).contains(&n),
            });
            let unsigned = bits == 64 && u64::try_from(&integer.numerator()).is_ok();
            if fits || unsigned {
                return Ok(());
            }
            let message = format!("the integer does not fit {bits} bits");
            Err(Fault::domain(message).help(format!(
                "{bits} bits hold integers from -2^{} to 2^{bits} - 1",
                bits - 1
            )))
        }
        Notation::Roman => {
            let n = integer(number)?.to_i64();
            if n.is_some_and(|n| (1..4000).contains(&n)) {
                return Ok(());
            }
            Err(Fault::domain(
                "only integers from 1 to 3999 have roman numerals",
            ))
        }
    }
}

/// Returns the integer that a notation needs.
fn integer(number: &Number) -> Result<&Exact> {
    number.integer()?;
    Ok(number.exact().expect("an integer is exact"))
}

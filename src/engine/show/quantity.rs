//! Quantities as text: `5.5 m`, `30°`, `5 ft 10 in`.

use std::cmp::Ordering;

use compact_str::CompactString;

use super::{
    ExactValue, Rendered, TypedQuantity,
    display::{Format, nearest},
};
use crate::engine::{
    budget::work::Work,
    fault::Result,
    number::{Number, exact::Exact},
    unit::Unit,
    value::quantity::{Quantity, split},
};

/// Shows a quantity in its unit, or as a mixed quantity in `units`.
pub(super) fn quantity(
    quantity: &Quantity,
    units: Option<&[Unit]>,
    format: &Format,
    work: &mut Work<'_>,
) -> Result<Rendered> {
    let Some(units) = units else {
        return single(quantity, format, work);
    };
    let mut quantity = quantity.clone();
    if let (Some(places), Some(last)) = (format.places(), units.last()) {
        // Rounding may make a whole larger unit of the last part.
        quantity = rounded(&quantity, last, places, work)?;
    }
    let quantity = &quantity;
    let parts = split(quantity, units, work)?;
    let is_negative = is_negative(quantity, work)?;
    let mut text = CompactString::new(if is_negative { "-" } else { "" });
    let mut is_rounded = format.places().is_some();
    for (index, part) in parts.iter().enumerate() {
        let is_last = index + 1 == parts.len();
        let is_zero = part.number.exact().is_some_and(Exact::is_zero);
        if is_zero && !(is_last && text.len() <= 1) {
            continue;
        }
        text.push_str(if text.len() > 1 { " " } else { "" });
        if let Some(whole) = part.number.exact().filter(|_| !is_last) {
            text.push_str(&format!("{} {}", whole.numerator(), part.unit));
        } else {
            let shown = single(part, format, work)?;
            text.push_str(&shown.text);
            is_rounded |= shown.rounded;
        }
    }
    let whole = single(quantity, format, work)?;
    Ok(Rendered {
        text,
        rounded: is_rounded,
        typed: whole.typed,
    })
}

fn single(quantity: &Quantity, format: &Format, work: &mut Work<'_>) -> Result<Rendered> {
    let number = format.number(&quantity.number, work)?;
    let mut unit = CompactString::default();
    quantity.unit.write(&mut unit);
    let mut text = number.text;
    if !stands_alone(&text) {
        text.insert(0, '(');
        text.push(')');
    }
    // `30°`, but `30 °C`.
    text.push_str(if unit == "°" { "" } else { " " });
    text.push_str(&unit);
    Ok(Rendered {
        text,
        rounded: number.rounded,
        typed: Some(ExactValue::Quantity(Box::new(TypedQuantity {
            number: number.typed,
            unit,
        }))),
    })
}

/// Returns a quantity rounded to a number of decimal places in `unit`. Halves are rounded away from zero.
fn rounded(quantity: &Quantity, unit: &Unit, places: u32, work: &mut Work<'_>) -> Result<Quantity> {
    let is_negative = is_negative(quantity, work)?;
    let (nearest, _) = nearest(&quantity.number_of(unit, work)?, places, work)?;
    let scale = Number::from(10).power(&i64::from(places).into(), work)?;
    let number = Number::from(nearest).div(&scale, work)?;
    Ok(Quantity {
        number: if is_negative {
            number.negated(work)?
        } else {
            number
        },
        unit: unit.clone(),
        kind: quantity.kind,
    })
}

/// Whether a quantity is certainly below zero.
fn is_negative(quantity: &Quantity, work: &mut Work<'_>) -> Result<bool> {
    Ok(quantity.number.order(work)?.is_some_and(Ordering::is_lt))
}

/// Whether the text of a number keeps its value directly in front of a unit: it is a literal, or a fraction of two
/// integers.
fn stands_alone(text: &str) -> bool {
    let text = text.trim_start_matches('-');
    let is_integer =
        |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.split_once('/') {
        Some((above, below)) => {
            // A mixed number has an integer and a blank before the fraction.
            let (whole, above) = above.split_once(' ').unwrap_or(("0", above));
            is_integer(whole) && is_integer(above) && is_integer(below)
        }
        None => text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'#')),
    }
}

//! Operators on values.

use std::cmp::Ordering;

use super::{Value, quantity};
use crate::{
    engine::{
        budget::work::Work,
        fault::Result,
        number::{Number, exact::Exact},
    },
    syntax::Binary,
};

/// Adds, subtracts or multiplies two small integers. Most lines need only these operations.
///
/// Returns `None` for other operators, for other values, and if the result is not a small integer.
/// Call [`binary`] in these cases.
#[inline]
pub(in crate::engine) fn small(operator: Binary, left: &Value, right: &Value) -> Option<Value> {
    let (Value::Number(Number::Exact(left)), Value::Number(Number::Exact(right))) = (left, right)
    else {
        return None;
    };
    let (Exact::Small(a, 1), Exact::Small(b, 1)) = (left, right) else {
        return None;
    };
    let result = match operator {
        Binary::Add => a.checked_add(*b)?,
        Binary::Subtract => a.checked_sub(*b)?,
        Binary::Multiply | Binary::Juxtapose => a.checked_mul(*b)?,
        _ => return None,
    };
    // `i64::MIN` does not count as a small integer.
    (result != i64::MIN).then(|| Number::from(result).into())
}

/// Applies an operator to two values.
pub(in crate::engine) fn binary(
    operator: Binary,
    left: &Value,
    right: &Value,
    work: &mut Work<'_>,
) -> Result<Value> {
    if let (Value::Truth(left), Value::Truth(right)) = (left, right) {
        match operator {
            Binary::Equal => return Ok((left.value == right.value).into()),
            Binary::Unequal => return Ok((left.value != right.value).into()),
            _ => {}
        }
    }
    if matches!(left, Value::Quantity(_)) || matches!(right, Value::Quantity(_)) {
        return quantity::binary(operator, left, right, work);
    }
    let (x, y) = (left.number()?, right.number()?);
    if let Some(holds) = comparison(operator) {
        return x.compare(y, work).map(|order| holds(order).into());
    }
    Ok(match operator {
        Binary::Add => x.add(y, work)?,
        Binary::Subtract => x.sub(y, work)?,
        Binary::AddPercent | Binary::SubtractPercent => {
            x.mul(&percent_factor(operator, y, work)?, work)?
        }
        Binary::Multiply | Binary::Juxtapose => x.mul(y, work)?,
        Binary::Divide => x.div(y, work)?,
        Binary::Modulo => x.modulo(y, work)?,
        Binary::FloorDivide => x.quotient(y, work)?.into(),
        Binary::Power => x.power(y, work)?,
        Binary::Mixed => return Err(quantity::not_mixed()),
        Binary::BitOr
        | Binary::BitXor
        | Binary::BitAnd
        | Binary::ShiftLeft
        | Binary::ShiftRight => unreachable!("the library has the operators on bits"),
        Binary::Less
        | Binary::LessEqual
        | Binary::Greater
        | Binary::GreaterEqual
        | Binary::Equal
        | Binary::Unequal => unreachable!("the operator is no comparison"),
    }
    .into())
}

/// Returns whether a comparison holds for an order, or `None` if the operator is no comparison.
pub(super) fn comparison(operator: Binary) -> Option<fn(Ordering) -> bool> {
    Some(match operator {
        Binary::Less => Ordering::is_lt,
        Binary::LessEqual => Ordering::is_le,
        Binary::Greater => Ordering::is_gt,
        Binary::GreaterEqual => Ordering::is_ge,
        Binary::Equal => Ordering::is_eq,
        Binary::Unequal => Ordering::is_ne,
        _ => return None,
    })
}

/// Returns the factor that increases or decreases a value by `y` percent.
pub(super) fn percent_factor(operator: Binary, y: &Number, work: &mut Work<'_>) -> Result<Number> {
    let (one, part) = (Number::from(1), percent(y, work)?);
    match operator {
        Binary::SubtractPercent => one.sub(&part, work),
        _ => one.add(&part, work),
    }
}

/// Divides a number by 100.
pub(in crate::engine) fn percent(x: &Number, work: &mut Work<'_>) -> Result<Number> {
    x.div(&100.into(), work)
}

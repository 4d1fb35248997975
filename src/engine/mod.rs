//! The calculator itself: a line in, its value or a fault out.
//!
//! Pure: no gRPC, no async, no I/O. Work is estimated before it is done and paid from a
//! budget, and asks an interrupt whether to go on, so no line can hold anybody up.

mod ball;
mod decimal;
mod display;
mod evaluate;
mod exact;
pub mod fault;
pub mod functions;
pub mod int32;
mod integer;
mod limits;
mod literal;
mod number;
mod real;
mod value;
mod work;

use self::fault::Result;
pub use self::{
    display::{Shown, Typed},
    evaluate::{COMMANDS, CONSTANTS},
    fault::{Fault, Reason},
    functions::AngleUnit,
    limits::Limits,
    work::{Interruption, Work},
};
use crate::syntax::{self, Line};

/// Digits that are shown where nobody says how many.
pub const DIGITS: u32 = 20;

/// How to evaluate and to show a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Significant digits of a rounded answer, from 1 to the limit.
    pub digits: u32,
    /// What a bare number means to trigonometric functions.
    pub angle: AngleUnit,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            digits: DIGITS,
            angle: AngleUnit::default(),
        }
    }
}

/// What became of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The name that its last statement bound.
    pub name: Option<String>,
    /// The value of its last statement; none for a blank line, and for the definition
    /// of a function.
    pub value: Option<Shown>,
}

/// Evaluates `line`, with no memory of any other.
pub fn evaluate(line: &str, options: Options, work: &mut Work<'_>) -> Result<Answer> {
    if !(1..=work.limits.digits).contains(&options.digits) {
        let (digits, limit) = (options.digits, work.limits.digits);
        return Err(Fault::limit(format!(
            "{digits} digits are not within the limit of {limit}"
        )));
    }
    let mut parsed = Line::unread(line);
    let read = syntax::read(&mut parsed, &work.limits.syntax);
    read.map_err(|error| Fault::syntax(*error, line))?;
    let outcome = evaluate::run(&parsed, options.angle, work)?;
    let value = match (outcome.value, parsed.statements.last()) {
        (Some(value), Some(statement)) => {
            let (forms, digits) = (&statement.forms, options.digits);
            Some(display::show(&value, forms, digits, line, work)?)
        }
        _ => None,
    };
    Ok(Answer {
        name: outcome.name,
        value,
    })
}

#[cfg(test)]
mod tests;

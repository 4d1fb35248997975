//! The calculator itself: a line in, its value or a fault out.
//!
//! Pure: no gRPC, no async, no I/O. Work is estimated before it is done and paid from a
//! budget, and asks an interrupt whether to go on, so no line can hold anybody up.

mod budget;
mod eval;
pub mod fault;
pub mod int32;
pub mod library;
mod number;
mod show;
mod value;

use compact_str::CompactString;

pub(crate) use self::budget::limit_row::limit_field;
use self::fault::Result;
pub use self::{
    budget::{
        limit_row::{Amount, LimitField, LimitRow, LimitTable, Unit},
        limits::Limits,
        memory::Memory,
        work::{Interruption, Work},
    },
    eval::{
        environment::{COMMANDS, CONSTANTS},
        worksheet::Worksheet,
    },
    fault::{Fault, Reason},
    library::AngleUnit,
    show::{ExactValue, Rendered},
};

/// Digits that are shown where nobody says how many.
pub const DIGITS: u32 = 20;

/// How to evaluate and to show a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Significant digits of a rounded answer, from 1 to the limit.
    pub digits: u32,
    /// What a bare number means to trigonometric functions.
    pub angle: AngleUnit,
    /// In which base integers are shown that no form is written behind.
    pub base: Base,
}

/// A base in which integers are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// With the prefix `0b`.
    Binary,
    /// With the prefix `0o`.
    Octal,
    /// With no prefix.
    #[default]
    Decimal,
    /// With the prefix `0x`.
    Hexadecimal,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            digits: DIGITS,
            angle: AngleUnit::default(),
            base: Base::default(),
        }
    }
}

/// What became of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The name that its last statement bound.
    pub name: Option<CompactString>,
    /// The value of its last statement; none for a blank line, and for the definition
    /// of a function.
    pub value: Option<Rendered>,
}

/// Evaluates `line`, with no memory of any other.
pub fn evaluate(line: &str, options: Options, work: &mut Work<'_>) -> Result<Answer> {
    Worksheet::default().preview(line, options, work)
}

#[cfg(test)]
mod tests;

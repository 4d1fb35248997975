//! The calculator: evaluates a line to a value or a fault.
//!
//! Pure: no gRPC, no async, no I/O. Every operation estimates its work and pays for it from a budget
//! first, and long ones ask an interrupt whether to go on, so every line ends in a bounded time.

mod budget;
mod eval;
pub mod fault;
pub mod int32;
pub mod library;
mod number;
mod show;
mod value;

use compact_str::CompactString;

use self::fault::Result;
pub use self::{
    budget::{
        limits::Limits,
        memory::Memory,
        work::{Interruption, Work},
    },
    eval::worksheet::Worksheet,
    fault::{Fault, Reason},
    library::{AngleUnit, CONSTANTS},
    show::{ExactValue, Rendered},
};

/// The tables of limits: their rows, and the types that a row is made of.
pub mod limits {
    #[cfg(feature = "server")]
    pub(crate) use super::budget::limit_row::limit_field;
    pub use super::budget::limit_row::{Amount, LimitField, LimitRow, LimitTable, LimitUnit};
}

/// The default number of significant digits of an answer.
pub const DIGITS: u32 = 20;

/// The settings for evaluating and showing a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Significant digits of a rounded answer, from 1 to [`Limits::digits`].
    pub digits: u32,
    /// The unit of bare numbers in trigonometric functions.
    pub angle: AngleUnit,
    /// The base of integers without a conversion behind them.
    pub base: Base,
    /// Words that the caller keeps for its own commands; no line can bind them.
    pub reserved: &'static [&'static str],
}

/// A base of the integers in answers.
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
            reserved: &[],
        }
    }
}

/// The answer to a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The name that the last statement bound.
    pub name: Option<CompactString>,
    /// The value of the last statement. None: the line is blank, or the statement defines a function.
    pub value: Option<Rendered>,
}

/// Evaluates a line that stands alone.
///
/// ```
/// use grpcalc::engine::{Limits, Options, Work, evaluate};
///
/// let limits = Limits::default();
/// let mut work = Work::new(&limits, limits.work, &|| None);
/// let answer = evaluate("1/3 + 1/6", Options::default(), &mut work)?;
/// assert_eq!(answer.value.unwrap().text, "0.5");
/// # Ok::<(), Box<grpcalc::engine::Fault>>(())
/// ```
pub fn evaluate(line: &str, options: Options, work: &mut Work<'_>) -> Result<Answer> {
    Worksheet::default().preview(line, options, work)
}

#[cfg(test)]
mod tests;

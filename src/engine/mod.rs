//! The calculator: evaluates a line to a value or a fault.
//!
//! The engine uses no gRPC, no async and no I/O. The estimated cost of each operation is subtracted
//! from a budget before the operation runs. Long operations also check whether they are
//! interrupted. So every line ends within a bounded time.

mod budget;
mod eval;
pub mod fault;
pub mod int32;
pub mod library;
mod number;
mod show;
mod unit;
mod value;

use compact_str::CompactString;

use self::fault::Result;
pub use self::{
    budget::{
        limits::Limits,
        memory::Memory,
        work::{Interruption, Work},
    },
    eval::{
        environment::{BuiltInFunctions, is_built_in},
        reading::LineReading,
        worksheet::{Worksheet, forgotten},
    },
    fault::{Fault, Reason},
    library::{AngleUnit, CONSTANTS},
    show::{ExactValue, Rendered},
};

/// The table of units.
pub mod units {
    pub use super::unit::{UNITS, UnitRow, describe, row};
}

/// The types of the tables of limits, of their rows, and of the parts of a row.
pub mod limits {
    #[cfg(feature = "server")]
    pub(crate) use super::budget::limit_row::limit_field;
    pub use super::budget::limit_row::{Amount, LimitField, LimitRow, LimitTable, LimitUnit, OFF};
}

/// The default number of significant digits of an answer.
pub const DIGITS: u32 = 20;

/// The settings for evaluating and showing a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// The number of significant digits of a rounded answer, from 1 to [`Limits::digits`].
    pub digits: u32,
    /// Whether a finite decimal of up to 60 significant digits is shown in full, even if it has more
    /// than `digits` digits. This is the case if the caller has not asked for a number of digits.
    pub in_full: bool,
    /// The unit of angles in trigonometric functions.
    pub angle: AngleUnit,
    /// The base in which integers are shown, unless the line names a base (`to hex`).
    pub base: Base,
    /// Whether a rounded answer has a short exact expression, if there is one.
    pub source: bool,
    /// The words that the caller uses as commands. A line cannot define them as names.
    pub reserved: &'static [&'static str],
}

/// The base in which the integers in answers are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Base {
    /// Base 2, with the prefix `0b`.
    Binary,
    /// Base 8, with the prefix `0o`.
    Octal,
    /// Base 10, without a prefix.
    #[default]
    Decimal,
    /// Base 16, with the prefix `0x`.
    Hexadecimal,
}

impl Base {
    /// Returns the base as a number.
    fn radix(self) -> u8 {
        match self {
            Self::Binary => 2,
            Self::Octal => 8,
            Self::Decimal => 10,
            Self::Hexadecimal => 16,
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            digits: DIGITS,
            in_full: true,
            angle: AngleUnit::default(),
            base: Base::default(),
            source: false,
            reserved: &[],
        }
    }
}

/// The answer to a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The name that the last statement of the line defined, if any.
    pub name: Option<CompactString>,
    /// The value of the last statement. It is `None` if the line has no statement, or if the last
    /// statement defines a function.
    pub value: Option<Rendered>,
    /// The reading and the exact form, if the answer has any.
    pub remarks: Option<Box<Remarks>>,
}

/// The reading and the exact form of an answer. Most answers have neither.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// How the line was read, if it was read in a way that not everybody expects.
    pub reading: Option<LineReading>,
    /// A short expression with exactly the value of a rounded text, if it was asked for and there is
    /// one.
    pub source: Option<String>,
}

impl Remarks {
    /// Creates the remarks of an answer that only has an exact form.
    fn of_source(source: String) -> Box<Self> {
        Box::new(Self {
            source: Some(source),
            reading: None,
        })
    }
}

/// Evaluates a line that uses no definitions of earlier lines.
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

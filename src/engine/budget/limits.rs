//! The limits of a calculation, their defaults, and the table of the limits.

use super::limit_row::{LimitRow, LimitTable, LimitUnit, limit_field};
use crate::syntax;

/// The limits of a calculation, with the defaults of a server.
///
/// To add a limit, add a field, the default of the field and a row of [`LimitTable::ROWS`]. The row
/// makes the option of `serve`, the line of `help limits` and the line of the table in
/// `docs/server.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The limits for parsing the text of a line.
    pub syntax: syntax::ParseLimits,
    /// The maximum length of an exact result's numerator and of its denominator, in bits.
    pub result: usize,
    /// The maximum number of significant digits that a caller can request.
    pub digits: u32,
    /// The maximum working precision, in bits. A decision that needs more precision stays
    /// undecided.
    pub precision: usize,
    /// The maximum absolute value of the base-2 exponent of a real.
    pub exponent: i64,
    /// The maximum base-2 exponent of the argument of a trigonometric function.
    pub angle: i64,
    /// The maximum estimated work for a line, in nanoseconds.
    pub work: u64,
    /// The maximum estimated work for the preview of a line, in nanoseconds.
    pub preview: u64,
    /// The maximum estimated work, in nanoseconds, for one operation that cannot be interrupted.
    pub operation: u64,
    /// The maximum memory, in bytes, of the values that a line holds at the same time.
    ///
    /// This is also the maximum memory of the values that a worksheet remembers.
    pub heap_bytes: usize,
    /// The maximum memory, in bytes, of the values that several worksheets remember together. These
    /// worksheets share a [`Memory`](crate::engine::Memory).
    pub total_heap_bytes: usize,
    /// The maximum number of names that a worksheet remembers.
    pub names: usize,
    /// The maximum number of nested operations in the definition of a real.
    pub real_depth: u32,
    /// The maximum total number of operations in the definition of a real.
    ///
    /// An operation whose result is used twice counts twice.
    pub real_size: u32,
    /// The maximum number of nested calls of user functions.
    pub calls: usize,
}

impl Limits {
    /// Returns the limits of a person at their own prompt: more time, memory and digits than a server
    /// gives to strangers.
    #[must_use]
    pub fn of_a_person() -> Self {
        Self {
            digits: 1_000_000,
            work: 60_000_000_000,
            heap_bytes: 256 << 20,
            total_heap_bytes: 1 << 30,
            ..Self::default()
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            syntax: syntax::ParseLimits::default(),
            result: 1_000_000,
            digits: 1_000,
            precision: 16_384,
            exponent: (1 << 61) - 1,
            angle: 1 << 14,
            work: 1_000_000_000,
            preview: 50_000_000,
            operation: 50_000_000,
            heap_bytes: 16 << 20,
            total_heap_bytes: 256 << 20,
            names: 10_000,
            real_depth: 1_000,
            real_size: 10_000,
            calls: 128,
        }
    }
}

impl LimitTable for Limits {
    const HEADING: &'static str = "Limits of a calculation";

    /// One row per limit. An operator can lower the limits on recursion and on the proven
    /// precision, but cannot raise them.
    const ROWS: &'static [LimitRow<Self>] = &[
        LimitRow {
            option: "max-line",
            unit: LimitUnit::Bytes,
            // The maximum length of a line that our own client sends.
            range: 1..=syntax::ParseLimits::DEFAULT.line as u64,
            help: "bytes of a line",
            noun: None,
            reason: "memory",
            effect: "`LIMIT`",
            field: limit_field!(syntax.line),
        },
        LimitRow {
            option: "max-nesting",
            unit: LimitUnit::Count,
            range: 1..=256,
            help: "nested brackets, calls and signs",
            noun: None,
            reason: "the call stack",
            effect: "`LIMIT`",
            field: limit_field!(syntax.nesting),
        },
        LimitRow {
            option: "max-result",
            unit: LimitUnit::Bits,
            range: 64..=1_000_000_000,
            help: "bits of the numerator and of the denominator of an exact result",
            noun: None,
            reason: "memory and time",
            effect: "an integer result fails with `LIMIT`; a fraction is rounded",
            field: limit_field!(result),
        },
        LimitRow {
            option: "max-digits",
            unit: LimitUnit::Count,
            range: 20..=1_000_000,
            help: "significant digits that can be requested",
            noun: None,
            reason: "time",
            effect: "`LIMIT`",
            field: limit_field!(digits),
        },
        LimitRow {
            option: "max-precision",
            unit: LimitUnit::Bits,
            range: 128..=16_384,
            help: "bits of working precision",
            noun: None,
            reason: "time",
            effect: "`UNDECIDED`, or an answer that is rounded to 0",
            field: limit_field!(precision),
        },
        LimitRow {
            option: "max-exponent",
            unit: LimitUnit::Count,
            range: 128..=(1 << 61) - 1,
            help: "absolute value of the base-2 exponent of a real number",
            noun: None,
            reason: "correctness of the digits: the error bounds are proven only for this range",
            effect: "`LIMIT`",
            field: limit_field!(exponent),
        },
        LimitRow {
            option: "max-angle",
            unit: LimitUnit::Count,
            range: 64..=1 << 14,
            help: "base-2 exponent of the argument of a trigonometric function",
            noun: None,
            reason: "time: the longer the argument, the more digits of pi are needed",
            effect: "`LIMIT`",
            field: limit_field!(angle),
        },
        LimitRow {
            option: "max-work",
            unit: LimitUnit::Time,
            range: 1..=u64::MAX,
            help: "estimated work for a line; the elapsed time may be twice as long",
            noun: None,
            reason: "processor time",
            effect: "`LIMIT`",
            field: limit_field!(work),
        },
        LimitRow {
            option: "max-operation",
            unit: LimitUnit::Time,
            range: 1..=u64::MAX,
            help: "estimated work for one operation, which cannot be interrupted",
            noun: None,
            reason: "the time until a cancelled line ends",
            effect: "`LIMIT`",
            field: limit_field!(operation),
        },
        LimitRow {
            option: "max-preview",
            unit: LimitUnit::Time,
            range: 1..=u64::MAX,
            help: "estimated work for the preview of a line",
            noun: None,
            reason: "processor time",
            effect: "`LIMIT`",
            field: limit_field!(preview),
        },
        LimitRow {
            option: "max-names",
            unit: LimitUnit::Count,
            range: 1..=usize::MAX as u64,
            help: "names that a worksheet remembers",
            noun: None,
            reason: "memory",
            effect: "`LIMIT`",
            field: limit_field!(names),
        },
        LimitRow {
            option: "max-values",
            unit: LimitUnit::Bytes,
            range: 1..=u64::MAX,
            help: "bytes of the values in one line, and of the values that a worksheet remembers",
            noun: None,
            reason: "memory",
            effect: "`LIMIT`",
            field: limit_field!(heap_bytes),
        },
        LimitRow {
            option: "max-all-values",
            unit: LimitUnit::Bytes,
            range: 1..=u64::MAX,
            help: "bytes of the values that worksheets remember, in all worksheets together",
            noun: None,
            reason: "memory",
            effect: "`LIMIT`",
            field: limit_field!(total_heap_bytes),
        },
        LimitRow {
            option: "max-depth",
            unit: LimitUnit::Count,
            range: 1..=1000,
            help: "nested operations in a real number; beyond that, only its digits are kept: four \
                   times as many as max-digits",
            noun: None,
            reason: "time: a real is computed again from its operands",
            effect: "`UNDECIDED`, if a decision needs more digits",
            field: limit_field!(real_depth),
        },
        LimitRow {
            option: "max-function-depth",
            unit: LimitUnit::Count,
            range: 1..=128,
            help: "nested calls of user functions",
            noun: None,
            reason: "the call stack",
            effect: "`LIMIT`",
            field: limit_field!(calls),
        },
    ];
}

//! What a calculation may not exceed.

use crate::syntax;

/// The limits, with the defaults of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Of the text of a line.
    pub syntax: syntax::ParseLimits,
    /// Bits of an exact result: of its numerator, and of its denominator.
    pub result: usize,
    /// Significant digits that can be asked for.
    pub digits: u32,
    /// Bits of working precision: where these do not settle a question, it stays
    /// undecided.
    pub precision: usize,
    /// The exponent to base 2 of a real, on either side of zero.
    pub exponent: i64,
    /// The exponent to base 2 of a trigonometric function's argument.
    pub angle: i64,
    /// Nanoseconds of estimated work for a line.
    pub work: u64,
    /// Nanoseconds of estimated work for the preview of a line.
    pub preview: u64,
    /// Nanoseconds of estimated work for one operation that cannot be interrupted.
    pub operation: u64,
    /// Bytes of the values that a line holds at the same time, and of those that a
    /// worksheet remembers.
    pub heap_bytes: usize,
    /// Bytes of the values that all worksheets remember which share their memory.
    pub held_by_all: usize,
    /// Names that a worksheet remembers.
    pub names: usize,
    /// Operations between a real and the exact numbers that make it.
    pub real_depth: u32,
    /// Operations in a real altogether, one that is used twice counted twice.
    pub real_size: u32,
    /// Calls of user functions within each other.
    pub calls: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            syntax: syntax::ParseLimits::default(),
            result: 1_000_000,
            digits: 1_000,
            precision: 16_384,
            exponent: 1 << 24,
            angle: 1 << 14,
            work: 1_000_000_000,
            preview: 50_000_000,
            operation: 100_000_000,
            heap_bytes: 16 << 20,
            held_by_all: 256 << 20,
            names: 10_000,
            real_depth: 1_000,
            real_size: 10_000,
            calls: 128,
        }
    }
}

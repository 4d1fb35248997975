//! Limits of a calculation.

use crate::syntax;

/// The limits of calculations. The defaults are those of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Limits of the text of a line.
    pub syntax: syntax::ParseLimits,
    /// Length of an exact result: of its numerator and of its denominator, in bits each.
    pub result: usize,
    /// Significant digits that a request can ask for.
    pub digits: u32,
    /// Working precision of reals, in bits. A decision that needs more is the fault `UNDECIDED`.
    pub precision: usize,
    /// Absolute value of the binary exponent of a real.
    pub exponent: i64,
    /// Binary exponent of the argument of a trigonometric function.
    pub angle: i64,
    /// Estimated work for a line, in nanoseconds.
    pub work: u64,
    /// Estimated work for the preview of a line, in nanoseconds.
    pub preview: u64,
    /// Estimated work for one operation, which cannot be interrupted, in nanoseconds.
    pub operation: u64,
    /// Heap memory of the values of a worksheet, and of the values during a line, in bytes.
    pub heap_bytes: usize,
    /// Heap memory of the values of all worksheets together, in bytes.
    pub total_heap_bytes: usize,
    /// Names that a worksheet binds.
    pub names: usize,
    /// Depth of the expression of a real, in operations.
    pub real_depth: u32,
    /// Size of the expression of a real, in operations. Shared operands count each time.
    pub real_size: u32,
    /// Depth of nested calls of user functions.
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
            total_heap_bytes: 256 << 20,
            names: 10_000,
            real_depth: 1_000,
            real_size: 10_000,
            calls: 128,
        }
    }
}

//! Why a calculation has no value.

/// The kind of a fault. Programs decide by it, so its text never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The divisor is zero.
    DivisionByZero,
    /// The result does not fit the type that the contract gives it.
    Overflow,
}

impl Reason {
    /// Upper snake case, as `google.rpc.ErrorInfo` asks for.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DivisionByZero => "DIVISION_BY_ZERO",
            Self::Overflow => "OVERFLOW",
        }
    }
}

/// A fault: its kind, and a sentence for a person.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// The kind.
    pub reason: Reason,
    /// One sentence, without a full stop.
    pub message: String,
}

impl Fault {
    /// Something was divided by zero.
    #[must_use]
    pub fn division_by_zero() -> Self {
        Self {
            reason: Reason::DivisionByZero,
            message: "division by zero".into(),
        }
    }

    /// An integer result is beyond 32 bits.
    #[must_use]
    pub fn int32_overflow(result: i64) -> Self {
        Self {
            reason: Reason::Overflow,
            message: format!(
                "the result {result} does not fit int32 ({} to {})",
                i32::MIN,
                i32::MAX
            ),
        }
    }
}

//! Faults: the reasons why a calculation has no value.

use std::ops::Range;

use crate::syntax::{self, Span, SyntaxError};

/// The kind of a fault. The text of a kind never changes, because programs depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The text is not a valid line of the calculator's language.
    Syntax,
    /// A name is not defined.
    UnknownName,
    /// A function is called with a wrong number of arguments.
    Arity,
    /// A statement defines a name that is reserved.
    ReservedName,
    /// A divisor is zero.
    DivisionByZero,
    /// An operand is outside the domain of the operation.
    Domain,
    /// A truth value is used where a number is needed, or a number where a truth value is needed.
    Type,
    /// A unit does not fit the operation: a length is added to a time.
    Unit,
    /// A decision, such as a comparison, needs more precision than the limit allows.
    Undecided,
    /// The result does not fit the result type of the gRPC method.
    Overflow,
    /// The result or the work exceeds a limit.
    Limit,
    /// The caller no longer waits for the result.
    Cancelled,
    /// The server evaluates too many heavy lines to accept another heavy line.
    Overloaded,
}

impl Reason {
    /// Returns the reason in upper snake case, as `google.rpc.ErrorInfo` requires.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "SYNTAX",
            Self::UnknownName => "UNKNOWN_NAME",
            Self::Arity => "ARITY",
            Self::ReservedName => "RESERVED_NAME",
            Self::DivisionByZero => "DIVISION_BY_ZERO",
            Self::Domain => "DOMAIN",
            Self::Type => "TYPE",
            Self::Unit => "UNIT",
            Self::Undecided => "UNDECIDED",
            Self::Overflow => "OVERFLOW",
            Self::Limit => "LIMIT",
            Self::Cancelled => "CANCELLED",
            Self::Overloaded => "OVERLOADED",
        }
    }
}

/// The error of a line whose evaluation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// The kind of the fault.
    pub reason: Reason,
    /// The message: one sentence without a full stop.
    pub message: String,
    /// The characters of the line that caused the fault, counted from 0.
    pub span: Option<Range<usize>>,
    /// Advice to the user; empty if there is none.
    pub help: String,
}

/// The result of a calculation. Faults are boxed, since they are rare and large.
pub type Result<T> = std::result::Result<T, Box<Fault>>;

impl Fault {
    /// Creates a fault without span and advice.
    pub(super) fn new(reason: Reason, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            reason,
            message: message.into(),
            span: None,
            help: String::new(),
        })
    }

    /// Creates the fault for an operand outside the domain of an operation.
    pub(super) fn domain(message: impl Into<String>) -> Box<Self> {
        Self::new(Reason::Domain, message)
    }

    /// Creates the fault for an exceeded limit.
    ///
    /// `message` must contain a description of the limit, and the value of the limit.
    pub(super) fn limit(message: impl Into<String>) -> Box<Self> {
        Self::new(Reason::Limit, message)
    }

    /// Creates the fault for an exact result with more than `limit` bits.
    pub(super) fn too_long(limit: usize) -> Box<Self> {
        Self::limit(format!(
            "the result is longer than the limit of {limit} bits"
        ))
    }

    /// Creates the fault for a decision that needs more precision than the limit allows.
    ///
    /// `what` is the decision, such as "whether the divisor is zero".
    pub(super) fn undecided(what: &str) -> Box<Self> {
        Self::new(Reason::Undecided, format!("cannot decide {what}"))
            .help("the values are so close that even the highest precision cannot separate them")
    }

    /// Creates the fault for a cancelled calculation.
    #[must_use]
    pub fn cancelled() -> Box<Self> {
        Self::new(Reason::Cancelled, "cancelled")
    }

    /// Creates the fault for a heavy line that the full thread pool for heavy lines refuses.
    #[must_use]
    pub fn overloaded() -> Box<Self> {
        let message = "too many heavy lines are being computed";
        Self::new(Reason::Overloaded, message).help("try again a little later")
    }

    /// Creates the fault for a request without any field that this server supports.
    #[must_use]
    pub fn unknown_request() -> Box<Self> {
        let message = "the request has no field that this server supports";
        Self::new(Reason::Syntax, message)
    }

    /// Creates the fault for a division by zero.
    #[must_use]
    pub fn division_by_zero() -> Box<Self> {
        Self::new(Reason::DivisionByZero, "division by zero")
    }

    /// Creates the fault for an integer result that does not fit 32 bits.
    #[must_use]
    pub fn int32_overflow(result: i64) -> Box<Self> {
        Self::new(
            Reason::Overflow,
            format!(
                "the result {result} does not fit int32 ({} to {})",
                i32::MIN,
                i32::MAX
            ),
        )
    }

    /// Adds advice to the user.
    pub(super) fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help = help.into();
        self
    }

    /// Adds the span in `line`, unless the fault already has a span.
    pub(super) fn at(mut self: Box<Self>, span: Span, line: &str) -> Box<Self> {
        if self.span.is_none() {
            self.span = Some(span.characters(line));
        }
        self
    }

    /// Converts a syntax error in `line` to a fault.
    pub(super) fn syntax(error: SyntaxError, line: &str) -> Box<Self> {
        let reason = match error.kind {
            syntax::SyntaxErrorKind::Wrong | syntax::SyntaxErrorKind::Incomplete => Reason::Syntax,
            syntax::SyntaxErrorKind::Reserved => Reason::ReservedName,
            syntax::SyntaxErrorKind::Arity => Reason::Arity,
            syntax::SyntaxErrorKind::Limit => Reason::Limit,
        };
        let span = error.characters(line);
        let fault = Self::new(reason, error.message).help(error.help);
        Box::new(Self {
            span: Some(span),
            ..*fault
        })
    }
}

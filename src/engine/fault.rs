//! Why a calculation has no value.

use std::ops::Range;

use crate::syntax::{self, Span, SyntaxError};

/// The kind of a fault. Programs decide by it, so its text never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The text is no line of the language.
    Syntax,
    /// A name that nothing is bound to.
    UnknownName,
    /// A function has another number of arguments.
    Arity,
    /// A name that cannot be bound.
    ReservedName,
    /// The divisor is zero.
    DivisionByZero,
    /// An operand outside of what the operation is defined for.
    Domain,
    /// A truth value where a number belongs, or the other way round.
    Type,
    /// A decision that no affordable precision settles.
    Undecided,
    /// The result does not fit the type that the contract gives it.
    Overflow,
    /// The result or the work is beyond a limit.
    Limit,
    /// The caller does not wait for the result any more.
    Cancelled,
    /// There is no room for heavy work now.
    Overloaded,
}

impl Reason {
    /// Upper snake case, as `google.rpc.ErrorInfo` asks for.
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
            Self::Undecided => "UNDECIDED",
            Self::Overflow => "OVERFLOW",
            Self::Limit => "LIMIT",
            Self::Cancelled => "CANCELLED",
            Self::Overloaded => "OVERLOADED",
        }
    }
}

/// A fault: its kind, a sentence for a person, where, and what would help.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// The kind.
    pub reason: Reason,
    /// One sentence, without a full stop.
    pub message: String,
    /// The place in the line, in characters from 0, half-open.
    pub span: Option<Range<usize>>,
    /// What would help, or empty.
    pub help: String,
}

/// What a calculation comes to. Faults are rare, so they are kept out of the way.
pub type Result<T> = std::result::Result<T, Box<Fault>>;

impl Fault {
    pub(super) fn new(reason: Reason, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            reason,
            message: message.into(),
            span: None,
            help: String::new(),
        })
    }

    pub(super) fn domain(message: impl Into<String>) -> Box<Self> {
        Self::new(Reason::Domain, message)
    }

    /// A limit is crossed, which `message` names with its value.
    pub(super) fn limit(message: impl Into<String>) -> Box<Self> {
        Self::new(Reason::Limit, message)
    }

    /// An exact result has more bits than `limit`.
    pub(super) fn too_long(limit: usize) -> Box<Self> {
        Self::limit(format!(
            "the result is longer than the limit of {limit} bits"
        ))
    }

    /// No affordable precision tells `what`.
    pub(super) fn undecided(what: &str) -> Box<Self> {
        Self::new(Reason::Undecided, format!("cannot decide {what}"))
            .help("the exact answer lies closer than any affordable precision can tell apart")
    }

    /// Somebody asked for it to be stopped.
    #[must_use]
    pub fn cancelled() -> Box<Self> {
        Self::new(Reason::Cancelled, "cancelled")
    }

    /// Too much heavy work is being done already.
    #[must_use]
    pub fn overloaded() -> Box<Self> {
        let message = "too many heavy lines are being computed";
        Self::new(Reason::Overloaded, message).help("try again a little later")
    }

    /// A request that asks for nothing known.
    #[must_use]
    pub fn unknown_request() -> Box<Self> {
        let message = "the request asks for nothing that this server knows";
        Self::new(Reason::Syntax, message)
    }

    /// Something was divided by zero.
    #[must_use]
    pub fn division_by_zero() -> Box<Self> {
        Self::new(Reason::DivisionByZero, "division by zero")
    }

    /// An integer result is beyond 32 bits.
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

    pub(super) fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help = help.into();
        self
    }

    /// The same fault at a place in `line`, unless it has one already.
    pub(super) fn at(mut self: Box<Self>, span: Span, line: &str) -> Box<Self> {
        if self.span.is_none() {
            self.span = Some(span.characters(line));
        }
        self
    }

    /// What is wrong with `line` as text.
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

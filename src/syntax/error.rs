//! What is wrong with a line as text.

use std::ops::Range;

use super::Span;

/// Why a text is not a line of the language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What kind of mistake it is.
    pub kind: SyntaxErrorKind,
    /// One sentence, without a full stop.
    pub message: String,
    /// The place in the line, in bytes from 0, half-open.
    pub span: Span,
    /// What would help, or empty.
    pub help: String,
}

/// The kinds of mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// No text that begins like this is a line.
    Wrong,
    /// The text is the beginning of a line: a parenthesis is open, an operator
    /// lacks its operand.
    Incomplete,
    /// A name that has a meaning of its own stands where a new one is bound.
    Reserved,
    /// A construct has the wrong number of parts.
    Arity,
    /// The text is longer, or nested deeper, than is allowed.
    Limit,
}

impl SyntaxError {
    pub(super) fn new(kind: SyntaxErrorKind, span: Span, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            kind,
            message: message.into(),
            span,
            help: String::new(),
        })
    }

    pub(super) fn wrong(span: Span, message: impl Into<String>) -> Box<Self> {
        Self::new(SyntaxErrorKind::Wrong, span, message)
    }

    pub(super) fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help = help.into();
        self
    }

    /// The place in `line`, the text that was parsed, in characters.
    #[must_use]
    pub fn characters(&self, line: &str) -> Range<usize> {
        self.span.characters(line)
    }
}

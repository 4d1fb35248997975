//! Errors of the lexer and the parser.

use std::ops::Range;

use super::{Span, alphabet::with_ascii_signs};

/// A syntax error: the text of a line is not valid in the language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// The kind of the mistake.
    pub kind: SyntaxErrorKind,
    /// The message: a sentence without a full stop.
    pub message: String,
    /// The place of the mistake in the line.
    pub span: Span,
    /// A hint for a correction, or an empty string.
    pub help: String,
}

/// The kind of a syntax error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// The text is not valid, and no text after it can make it valid.
    Wrong,
    /// The text is the beginning of a valid line: a parenthesis is not closed, or an operand is
    /// missing at the end.
    Incomplete,
    /// A definition tries to redefine a keyword.
    Reserved,
    /// `if` has the wrong number of arguments.
    Arity,
    /// The text is too long, or nested too deeply.
    Limit,
}

impl SyntaxError {
    /// Creates an error without a hint.
    pub(super) fn new(kind: SyntaxErrorKind, span: Span, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            kind,
            message: message.into(),
            span,
            help: String::new(),
        })
    }

    /// Creates an error of the kind [`SyntaxErrorKind::Wrong`] without a hint.
    pub(super) fn wrong(span: Span, message: impl Into<String>) -> Box<Self> {
        Self::new(SyntaxErrorKind::Wrong, span, message)
    }

    /// Returns the same error with a hint.
    pub(super) fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help = help.into();
        self
    }

    /// Returns the place of the mistake as a range of characters. `line` is the text that was
    /// parsed.
    #[must_use]
    pub fn characters(&self, line: &str) -> Range<usize> {
        self.span.characters(&with_ascii_signs(line))
    }
}

//! Errors of the lexer and the parser.

use std::ops::Range;

use super::Span;

/// The error of a text that is not a line of the language.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// The kind of mistake.
    pub kind: SyntaxErrorKind,
    /// A sentence without a full stop.
    pub message: String,
    /// The place in the line.
    pub span: Span,
    /// A hint for a correction, or empty.
    pub help: String,
}

/// The kind of a mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SyntaxErrorKind {
    /// The text is no line, and no continuation makes it one.
    Wrong,
    /// The text is the beginning of a line: a parenthesis is open, or an operator lacks its
    /// operand.
    Incomplete,
    /// A definition binds a word of the grammar.
    Reserved,
    /// `if` has the wrong number of arguments.
    Arity,
    /// The text is too long, or nested too deeply.
    Limit,
}

impl SyntaxError {
    /// An error without a hint.
    pub(super) fn new(kind: SyntaxErrorKind, span: Span, message: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            kind,
            message: message.into(),
            span,
            help: String::new(),
        })
    }

    /// An error of the kind [`SyntaxErrorKind::Wrong`] without a hint.
    pub(super) fn wrong(span: Span, message: impl Into<String>) -> Box<Self> {
        Self::new(SyntaxErrorKind::Wrong, span, message)
    }

    /// The same error with a hint.
    pub(super) fn help(mut self: Box<Self>, help: impl Into<String>) -> Box<Self> {
        self.help = help.into();
        self
    }

    /// Returns the place in `line`, the text that was parsed, in characters.
    #[must_use]
    pub fn characters(&self, line: &str) -> Range<usize> {
        self.span.characters(line)
    }
}

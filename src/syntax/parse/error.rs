//! Creates the errors of the parser, such as the error for an unexpected token.

use super::{Parser, expression::Pending};
use crate::{
    syntax::{NodeKind, Span, SyntaxError, SyntaxErrorKind, token::Token},
    text::printable::quoted,
};

impl Parser<'_, '_> {
    /// Returns the error for a missing operand before the next token.
    pub(super) fn no_operand(&self) -> Box<SyntaxError> {
        let expected = "a number, a name or '('";
        let after = match self.pending.last() {
            Some(Pending::Prefix(_, span) | Pending::Binary(_, span)) if span.start < span.end => {
                format!(" after {}", quoted(self.word(*span)))
            }
            _ => String::new(),
        };
        if self.next.token != Token::End {
            return self.unexpected(&format!("{expected}{after}"));
        }
        let end = self.next.span;
        let message = format!("expected {expected}{after}, found the end of the line");
        SyntaxError::new(SyntaxErrorKind::Incomplete, end, message)
    }

    /// Returns the error for a missing operator before the next token.
    pub(super) fn no_operator(&self) -> Box<SyntaxError> {
        let error = self.unexpected("an operator");
        let after_name =
            matches!(self.line.nodes.last(), Some(node) if node.kind == NodeKind::Name);
        error.help(match self.next.token {
            Token::Number if after_name => "write name(x) to call a function, or * to multiply",
            Token::Number => "write * between two factors",
            _ => "write == to compare; a definition is name = ... or name(x, y) = ...",
        })
    }

    /// Returns the error for the unclosed parenthesis at `open`.
    pub(super) fn unclosed(&self, open: Span) -> Box<SyntaxError> {
        let what = match self.word(open) {
            "(" => "this '('".into(),
            name => format!("the '(' of {}", quoted(name)),
        };
        SyntaxError::new(
            SyntaxErrorKind::Incomplete,
            open,
            format!("{what} is not closed"),
        )
        .help("close it with ')'")
    }

    /// Returns the error for the next token if another token is required.
    ///
    /// `expected` describes the required token.
    pub(super) fn unexpected(&self, expected: &str) -> Box<SyntaxError> {
        let found = match self.next.token {
            Token::End => "the end of the line".into(),
            _ => quoted(self.word(self.next.span)),
        };
        let kind = match self.next.token {
            Token::End => SyntaxErrorKind::Incomplete,
            _ => SyntaxErrorKind::Wrong,
        };
        SyntaxError::new(
            kind,
            self.next.span,
            format!("expected {expected}, found {found}"),
        )
    }
}

/// Returns the error for an `if` with the wrong number of arguments.
pub(super) fn wrong_if(name: Span, found: &str) -> Box<SyntaxError> {
    let message = format!("'if' takes 3 arguments, found {found}");
    SyntaxError::new(SyntaxErrorKind::Arity, name, message).help("write if(condition, then, else)")
}

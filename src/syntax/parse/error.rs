//! Creates the errors of the parser, such as the error for an unexpected token.

use super::{Parser, expression::Pending};
use crate::{
    syntax::{NodeKind, Span, SyntaxError, SyntaxErrorKind, token::Token},
    text::printable::quoted,
};

impl Parser<'_> {
    /// Returns the error for a missing operand before the next token.
    pub(super) fn no_operand(&self) -> Box<SyntaxError> {
        let expected = "a number, a name or '('";
        let operator = match self.pending.last() {
            Some(
                Pending::Prefix(_, span)
                | Pending::Binary { span, .. }
                | Pending::Chained(_, span)
                | Pending::Logic { span, .. },
            ) if span.start < span.end => Some(self.word(*span)),
            Some(Pending::BareCall { name, .. }) => Some(self.word(*name)),
            _ => None,
        };
        let after = operator.map_or(String::new(), |it| format!(" after {}", quoted(it)));
        if self.next.token != Token::End {
            let error = self.unexpected(&format!("{expected}{after}"));
            return error.help(match (self.next.token, operator) {
                (Token::Equals, Some(sign)) if "+-*/%^|&".contains(sign) => {
                    format!("write x = x {sign} ..., with the name on both sides")
                }
                (Token::Greater, _) if self.taken_is("=") => "write >= for 'at least'".into(),
                (Token::Bangs, _) => "write not x, or != for 'unequal'".into(),
                _ => String::new(),
            });
        }
        let end = self.next.span;
        let message = format!("expected {expected}{after}, found the end of the line");
        SyntaxError::new(SyntaxErrorKind::Incomplete, end, message)
    }

    /// Whether the last token that was processed is `text`.
    fn taken_is(&self, text: &str) -> bool {
        self.word(self.taken) == text
    }

    /// Returns the error for a missing operator before the next token.
    pub(super) fn no_operator(&self) -> Box<SyntaxError> {
        let error = self.unexpected("an operator");
        let name = self.nodes.last().filter(|node| node.kind == NodeKind::Name);
        let name = name.map(|node| self.word(node.span));
        let help = match (self.next.token, name) {
            (Token::Number, Some("div")) => "write 7 // 2, or quotient(7, 2)".into(),
            (Token::Number, Some("rem" | "modulo")) => "write 7 mod 2".into(),
            (
                Token::Number,
                Some(name @ ("nCr" | "ncr" | "nPr" | "npr" | "choose" | "C" | "P")),
            ) => {
                format!("write {name}(5, 2)")
            }
            (Token::Number, Some(_)) => "write name(x) to call a function, or * to multiply".into(),
            (Token::DoubleAmpersand, _) => "write and".into(),
            (Token::DoubleBar, _) => "write or".into(),
            (Token::Number | Token::Name | Token::Tilde, _) => "write * between two factors".into(),
            (Token::Equals, _) => self.help_for_equals(),
            _ => String::new(),
        };
        error.help(help)
    }

    /// Returns the help for an equals sign that defines nothing.
    fn help_for_equals(&self) -> String {
        const WORDS: [&str; 8] = ["let", "var", "const", "set", "def", "fn", "local", "define"];
        let start = self.statements.last().map_or(0, |last| last.nodes.end);
        let first = self
            .nodes
            .get(start as usize)
            .map(|node| self.word(node.span));
        if let Some(word) = first.filter(|word| WORDS.contains(word)) {
            return format!("write x = 1, without {}", quoted(word));
        }
        match self.token_after_next().token {
            Token::Greater => "write >= for 'at least'".into(),
            Token::Less => "write <= for 'at most'".into(),
            _ => "write == to compare; a definition is name = ... or name(x, y) = ...".into(),
        }
    }

    /// Returns the error for the unclosed bracket at `open`.
    pub(super) fn unclosed(&self, open: Span) -> Box<SyntaxError> {
        let (what, close) = match self.word(open) {
            "(" => ("this '('".into(), ')'),
            "|" => ("this '|'".into(), '|'),
            name => (format!("the '(' of {}", quoted(name)), ')'),
        };
        SyntaxError::new(
            SyntaxErrorKind::Incomplete,
            open,
            format!("{what} is not closed"),
        )
        .help(format!("close it with '{close}'"))
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

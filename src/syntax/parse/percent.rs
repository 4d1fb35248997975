//! Parses `%`: a percent sign or the remainder operator.
//!
//! A `+` or `-` before a percentage changes its left operand by this part, unless the left operand
//! is a written percentage too: `200 + 10%` is 220, and `50% + 10%` is 0.6.

use super::{Parser, Result};
use crate::syntax::{
    Binary, Node, NodeKind, Postfix, Prefix, Reading, Span, SyntaxError,
    token::{Lexeme, Token},
};

impl Parser<'_> {
    /// Reads a `%`. Returns whether it is a percent sign.
    ///
    /// It is the remainder operator only if a number or a name follows, and the blanks on both sides
    /// are alike.
    pub(super) fn percent(&mut self) -> Result<bool> {
        let Lexeme { span, spaced, .. } = self.advance()?;
        let Lexeme {
            token,
            span: next,
            spaced: spaced_behind,
            ..
        } = self.next;
        let is_operand = match token {
            Token::Number => true,
            Token::Name => !is_operator(self.word(next)),
            _ => false,
        };
        if is_operand && spaced == spaced_behind {
            self.infix(Binary::Modulo, span);
            self.readings.insert(Reading::Remainder);
            return Ok(false);
        }
        let is_sign = matches!(token, Token::Plus | Token::Minus);
        let is_wrong = match token {
            Token::Number | Token::Name => is_operand,
            Token::Open
            | Token::Root
            | Token::CubeRoot
            | Token::FourthRoot
            | Token::Tilde
            | Token::Percent => true,
            _ => is_sign && spaced && !self.token_after_next().spaced,
        };
        if is_wrong {
            return Err(ambiguous(span.to(next)));
        }
        if is_sign && spaced {
            self.readings.insert(Reading::Percent);
        }
        self.node(NodeKind::Postfix(Postfix::Percent), span);
        self.percent_end = self.nodes.len();
        Ok(true)
    }

    /// Adds a prefix operator to the line.
    pub(super) fn prefix(&mut self, operator: Prefix, span: Span) {
        let is_percent = self.percent_end == self.nodes.len()
            && matches!(operator, Prefix::Plus | Prefix::Minus);
        self.node(NodeKind::Prefix(operator), span);
        if is_percent {
            self.percent_end = self.nodes.len();
        }
    }

    /// Adds a binary operator to the line. `left_percent` tells whether its left operand is a
    /// written percentage.
    ///
    /// A `+` or `-` before a percentage without parentheses becomes [`Binary::AddPercent`] or
    /// [`Binary::SubtractPercent`].
    pub(super) fn binary(&mut self, operator: Binary, span: Span, left_percent: bool) {
        let with_percent = match operator {
            Binary::Add => Some(Binary::AddPercent),
            Binary::Subtract => Some(Binary::SubtractPercent),
            _ => None,
        };
        let Some(with_percent) = with_percent else {
            self.node(NodeKind::Binary(operator), span);
            return;
        };
        let right_percent = self.percent_end == self.nodes.len();
        if left_percent {
            self.node(NodeKind::Binary(operator), span);
            if right_percent {
                self.percent_end = self.nodes.len();
                self.readings.insert(Reading::Percent);
            }
            return;
        }
        let in_parentheses = self.closed == self.nodes.len();
        let right = self.nodes.last_mut().expect("both operands are read");
        if right.kind == NodeKind::Postfix(Postfix::Percent) && !in_parentheses {
            *right = Node {
                kind: NodeKind::Binary(with_percent),
                span,
            };
            // The sum is not a percentage.
            self.percent_end = 0;
            self.readings.insert(Reading::Percent);
        } else {
            self.node(NodeKind::Binary(operator), span);
        }
    }
}

/// Whether `word` is an operator between two operands, or begins a conversion.
#[must_use]
pub fn is_operator(word: &str) -> bool {
    matches!(
        word,
        "to" | "as" | "in" | "of" | "per" | "mod" | "and" | "or" | "xor"
    )
}

/// Returns the error for a `%` that could be a percent sign or the remainder operator.
fn ambiguous(span: Span) -> Box<SyntaxError> {
    let message = "this '%' could be a percent sign or a remainder";
    SyntaxError::wrong(span, message).help("write 8% * 9 for a part, or 8 mod 9 for a remainder")
}

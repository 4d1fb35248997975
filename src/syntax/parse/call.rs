//! Parses names, and calls with and without parentheses.

use super::{
    Parser, Result,
    error::wrong_if,
    expression::{Commas, Exponent, Pending},
    percent::is_operator,
};
use crate::{
    syntax::{
        Binary, NodeKind, Postfix, Prefix, Reading, Span, SyntaxError,
        token::{Lexeme, Token},
    },
    text::printable::quoted,
};

impl Parser<'_> {
    /// Reads a name where an operand is expected.
    ///
    /// Returns whether the operand is complete. A call with arguments is incomplete: of such a
    /// call, this method reads only the name and the opening parenthesis.
    pub(super) fn name(&mut self) -> Result<bool> {
        let Lexeme {
            span: name, spaced, ..
        } = self.next;
        let word = self.word(name);
        match word {
            "not" => {
                self.open(Pending::Prefix(Prefix::Not, name))?;
                return Ok(false);
            }
            "mod" if self.token_after_next().token == Token::Open => {}
            "in" if self.in_target() || self.is_inch() => {}
            _ if is_operator(word) => return Err(self.no_operand()),
            "ans" | "_" if self.in_function => {
                let message = format!("{} cannot be used in a function", quoted(word));
                let error = SyntaxError::wrong(name, message);
                return Err(
                    error.help("its value changes with every line; use a parameter instead")
                );
            }
            _ => {}
        }
        self.advance()?;
        if let Some(power) = self.power_of_unit(word) {
            let unit = self.advance()?;
            self.unit(unit.span);
            self.node(NodeKind::Postfix(power), name);
            return Ok(true);
        }
        if self.next.token == Token::Open && !self.in_target() {
            return self.open_call(name, None);
        }
        if word == "if" {
            let error = self.unexpected("'('");
            return Err(error.help("write if(condition, then, else)"));
        }
        if !self.in_target() && self.may_begin_argument() && self.is_function(name) {
            return self.bare_call(name);
        }
        let is_magnitude = matches!(word, "k" | "M") && !spaced && self.number_end == name.start;
        if is_magnitude {
            self.node(NodeKind::Magnitude, name);
        } else {
            self.unit(name);
        }
        Ok(true)
    }

    /// Adds a name that is not called.
    fn unit(&mut self, name: Span) {
        let kind = if self.in_target() {
            NodeKind::UnitName
        } else {
            NodeKind::Name
        };
        self.node(kind, name);
    }

    /// Returns the power that `word` makes of the unit behind it, as in `square feet` and `cu in`.
    fn power_of_unit(&self, word: &str) -> Option<Postfix> {
        let power = match word {
            "square" | "sq" => Postfix::Square,
            "cubic" | "cu" => Postfix::Cube,
            _ => return None,
        };
        (self.at_unit() && !self.is_known(word)).then_some(power)
    }

    /// Reads the opening parenthesis of a call. Returns whether the call has no arguments, and so
    /// is complete.
    fn open_call(&mut self, name: Span, exponent: Option<Exponent>) -> Result<bool> {
        if self.word(name) == "if" {
            let (parts, jump) = (0, 0);
            self.open(Pending::If { name, parts, jump })?;
            if self.next.token == Token::Close {
                return Err(wrong_if(name, "none"));
            }
            return Ok(false);
        }
        self.open(Pending::Call {
            name,
            exponent,
            arguments: 0,
            commas: Commas::default(),
        })?;
        if self.next.token != Token::Close {
            return Ok(false);
        }
        self.pop();
        let close = self.advance()?;
        self.call(name, 0, close.span, exponent);
        Ok(true)
    }

    /// Whether `name` is a function that can be called without parentheses.
    pub(super) fn is_function(&self, name: Span) -> bool {
        let word = self.word(name);
        self.functions.takes_one_argument(word)
            && !self.bound.contains(word)
            && !self.parameters.contains(word)
    }

    /// Whether the next token may begin the argument of a function, or its exponent.
    ///
    /// A sign begins it where the sign touches its operand.
    fn may_begin_argument(&self) -> bool {
        match self.next.token {
            Token::Number
            | Token::Root
            | Token::CubeRoot
            | Token::FourthRoot
            | Token::Tilde
            | Token::Power
            | Token::Superscript => true,
            Token::Bar => !matches!(self.innermost(), Some(Pending::Bars(_))),
            Token::Name => !is_operator(self.word(self.next.span)),
            Token::Plus | Token::Minus => {
                let operand = self.token_after_next();
                !operand.spaced && operand.token != Token::End
            }
            _ => false,
        }
    }

    /// Reads the exponent of a function that is called without parentheses, if it has one, and puts
    /// the call on the stack. Returns whether the operand is complete.
    fn bare_call(&mut self, name: Span) -> Result<bool> {
        let Some(exponent) = self.exponent(name)? else {
            // A power of the function itself, as in `sin^x`, is a fault of the evaluation.
            if self.next.token == Token::Power {
                self.node(NodeKind::Name, name);
                return Ok(true);
            }
            return self.push_bare_call(name, None);
        };
        self.readings.insert(Reading::Call);
        if self.next.token == Token::Open {
            return self.open_call(name, Some(exponent));
        }
        if !self.may_begin_argument() {
            let error = self.unexpected("the argument of the function");
            return Err(error.help(format!("write {}(x)^2", self.word(name))));
        }
        self.push_bare_call(name, Some(exponent))
    }

    fn push_bare_call(&mut self, name: Span, exponent: Option<Exponent>) -> Result<bool> {
        let mut operators = self.pending.iter().rev();
        let below = operators.find(|pending| !matches!(pending, Pending::Prefix(..)));
        if matches!(
            below,
            Some(Pending::Binary {
                operator: Binary::Power,
                ..
            })
        ) {
            let word = self.word(name);
            let message = format!(
                "the call of {} in an exponent needs parentheses",
                quoted(word)
            );
            return Err(SyntaxError::wrong(name, message).help(format!("write {word}(x)")));
        }
        self.push(Pending::BareCall { name, exponent })?;
        self.readings.insert(Reading::Call);
        Ok(false)
    }

    /// Reads the exponent between the name of a function and its argument, as in `sin^2 x`.
    fn exponent(&mut self, name: Span) -> Result<Option<Exponent>> {
        // `sin^2 100` is the square of a sine.
        self.lexer.ends_at_blank = true;
        let exponent = self.exponent_of_call(name);
        self.lexer.ends_at_blank = false;
        exponent
    }

    fn exponent_of_call(&mut self, name: Span) -> Result<Option<Exponent>> {
        let span = self.next.span;
        let (span, superscript) = match self.next.token {
            Token::Superscript if self.word(span).contains('⁻') => {
                return Err(self.inverse(name, span));
            }
            Token::Superscript => (span, true),
            Token::Power => {
                let exponent = self.token_after_next();
                match exponent.token {
                    Token::Minus => return Err(self.inverse(name, exponent.span)),
                    Token::Number => {}
                    _ => return Ok(None),
                }
                self.advance()?;
                (self.next.span, false)
            }
            _ => return Ok(None),
        };
        self.lexer.ends_at_blank = false;
        self.advance()?;
        Ok(Some(Exponent { span, superscript }))
    }

    /// Returns the error for a negative exponent of a function. In mathematics, `sin^-1` is the
    /// inverse function.
    fn inverse(&self, name: Span, exponent: Span) -> Box<SyntaxError> {
        let word = self.word(name);
        let inverse = format!("a{word}");
        let message = "this exponent could mean the inverse function or a quotient";
        let error = SyntaxError::wrong(name.to(exponent), message);
        error.help(if self.functions.takes_one_argument(&inverse) {
            format!("write {inverse}(x) for the inverse function, or 1/{word}(x)")
        } else {
            format!("write 1/{word}(x)")
        })
    }

    /// Adds a call to the line, and the power of its value if there is an exponent.
    pub(super) fn call(
        &mut self,
        name: Span,
        arguments: u16,
        last: Span,
        exponent: Option<Exponent>,
    ) {
        let length = name.end - name.start;
        let kind = NodeKind::Call {
            arguments,
            name: length,
        };
        self.node(kind, name.to(last));
        if let Some(Exponent { span, superscript }) = exponent {
            if superscript {
                self.node(NodeKind::Postfix(Postfix::Superscript), span);
            } else {
                self.node(NodeKind::Literal, span);
                self.node(NodeKind::Binary(Binary::Power), span);
            }
        }
    }
}

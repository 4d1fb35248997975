//! Parses what separates and closes: commas, columns, closing parentheses and bars.

use super::{
    Parser, Result,
    error::wrong_if,
    expression::{Commas, Pending},
    index,
    percent::is_operator,
};
use crate::syntax::{
    NodeKind, Reading, Span, SyntaxError, SyntaxErrorKind,
    token::{Lexeme, Token},
};

impl Parser<'_> {
    /// Reads a comma between arguments.
    pub(super) fn comma(&mut self) -> Result<()> {
        let comma = self.next.span;
        if let Some(Pending::Call { .. }) = self.innermost() {
            self.check_commas(comma)?;
        }
        self.argument_end()?;
        self.advance()?;
        Ok(())
    }

    /// Checks that a comma of a call does not look like a separator of digit groups.
    ///
    /// `max(1,234)` has two arguments. `max(1,000)` and `max(1,234, 5)` are faults.
    fn check_commas(&mut self, comma: Span) -> Result<()> {
        let behind = self.token_after_next();
        let digits = self.word(behind.span);
        let is_group = behind.token == Token::Number
            && self.number_end == comma.start
            && !behind.spaced
            && digits.len() == 3
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        let has_zeros = behind.token == Token::Number
            && digits.len() > 1
            && digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit());
        let mut call = self.pending.iter_mut().rev();
        let Some(Pending::Call { commas, .. }) = call.find(|it| it.level().is_none()) else {
            return Ok(());
        };
        let Commas { spaced, grouping } = commas;
        *spaced |= behind.spaced;
        *grouping |= is_group;
        if is_group {
            self.readings.insert(Reading::DigitGroup);
        }
        if (*grouping && *spaced) || has_zeros {
            let message = "this comma could separate arguments or digits";
            let error = SyntaxError::wrong(comma.to(behind.span), message);
            return Err(error.help(
                "between parentheses of a call, commas separate arguments; write 1000 or 1_000",
            ));
        }
        Ok(())
    }

    /// Whether a tab ends an argument of a call before the next token. An operator with a blank
    /// behind it continues the argument.
    pub(super) fn ends_column(&self) -> bool {
        if !matches!(self.innermost(), Some(Pending::Call { .. })) {
            return false;
        }
        let is_infix = match self.next.token {
            Token::Close | Token::Comma | Token::Semicolon | Token::End | Token::Arrow => {
                return false;
            }
            Token::Name => is_operator(self.word(self.next.span)),
            Token::Number | Token::Open | Token::Root | Token::CubeRoot | Token::FourthRoot => {
                false
            }
            _ => true,
        };
        !(is_infix && self.token_after_next().spaced)
    }

    /// Ends an argument of a call.
    pub(super) fn argument_end(&mut self) -> Result<()> {
        self.reduce(|_| true);
        match self.pending.last().copied() {
            Some(Pending::Call {
                name,
                exponent,
                arguments,
                commas,
            }) => {
                let arguments = one_more(arguments, name)?;
                self.replace(Pending::Call {
                    name,
                    exponent,
                    arguments,
                    commas,
                });
            }
            Some(Pending::If { name, parts: 0, .. }) => {
                let jump = self.nodes.len();
                self.node(NodeKind::JumpIfFalse(0), name);
                self.replace(Pending::If {
                    name,
                    parts: 1,
                    jump,
                });
            }
            Some(Pending::If {
                name,
                parts: 1,
                jump,
            }) => {
                let condition = jump;
                let jump = self.nodes.len();
                self.nodes[condition].kind = NodeKind::JumpIfFalse(index(jump));
                self.node(NodeKind::Jump(0), name);
                self.replace(Pending::If {
                    name,
                    parts: 2,
                    jump,
                });
            }
            Some(Pending::If { name, .. }) => return Err(wrong_if(name, "more")),
            _ => {
                let message = "the comma is outside of a function call";
                let error = SyntaxError::wrong(self.next.span, message);
                return Err(error.help(
                    "commas separate arguments; the decimal separator is a point, as in 1.5",
                ));
            }
        }
        Ok(())
    }

    /// Reads a closing parenthesis after an operand.
    pub(super) fn close(&mut self) -> Result<()> {
        self.reduce(|_| true);
        let span = self.next.span;
        match self.pop() {
            Some(Pending::Group(_)) => self.closed = self.nodes.len(),
            Some(Pending::Call {
                name,
                exponent,
                arguments,
                ..
            }) => {
                let arguments = one_more(arguments, name)?;
                self.call(name, arguments, span, exponent);
            }
            Some(Pending::If { name, parts, jump }) => {
                if parts != 2 {
                    return Err(wrong_if(name, "fewer"));
                }
                self.nodes[jump].kind = NodeKind::Jump(index(self.nodes.len()));
                self.node(NodeKind::Label, name.to(span));
            }
            Some(Pending::Bars(open)) => {
                let message = "this '|' is not closed";
                return Err(SyntaxError::wrong(open, message).help("write abs(x), or |x|"));
            }
            _ => {
                let error = SyntaxError::wrong(span, "this ')' has no matching '('");
                return Err(error.help("remove it, or add the matching '('"));
            }
        }
        self.advance()?;
        Ok(())
    }

    /// Reads one or two bars that open an absolute value.
    pub(super) fn open_bars(&mut self) -> Result<()> {
        let Lexeme { token, span, .. } = self.next;
        if token == Token::DoubleBar {
            let (first, second) = halves(span);
            self.push(Pending::Bars(first))?;
            return self.open(Pending::Bars(second));
        }
        self.open(Pending::Bars(span))
    }

    /// Reads one or two bars that close as many absolute values. Returns whether there are any:
    /// otherwise the next token is an operator on bits.
    pub(super) fn close_bars(&mut self) -> Result<bool> {
        let Lexeme { token, span, .. } = self.next;
        let mut brackets = self.pending.iter().rev();
        let mut is_open = || {
            let bracket = brackets.find(|pending| pending.level().is_none());
            matches!(bracket, Some(Pending::Bars(_)))
        };
        if token == Token::DoubleBar {
            if !(is_open() && is_open()) {
                return Err(self.no_operator());
            }
            let (first, second) = halves(span);
            self.close_bar(first);
            self.close_bar(second);
        } else {
            if !is_open() {
                return Ok(false);
            }
            self.close_bar(span);
        }
        self.advance()?;
        Ok(true)
    }

    fn close_bar(&mut self, close: Span) {
        self.reduce(|_| true);
        if let Some(Pending::Bars(open)) = self.pop() {
            self.node(NodeKind::Bars, open.to(close));
            self.readings.insert(Reading::Bars);
        }
    }
}

/// Returns the places of both characters of a two-byte token.
fn halves(span: Span) -> (Span, Span) {
    let middle = span.start + 1;
    let part = |start, end| Span { start, end };
    (part(span.start, middle), part(middle, span.end))
}

/// Adds 1 to `arguments`. If the sum is too large, the error marks `name`.
fn one_more(arguments: u16, name: Span) -> Result<u16> {
    arguments.checked_add(1).ok_or_else(|| {
        let message = "a call can have at most 65535 arguments";
        SyntaxError::new(SyntaxErrorKind::Limit, name, message)
    })
}

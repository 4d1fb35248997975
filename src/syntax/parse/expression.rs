//! Parses expressions by operator precedence.

use super::{Parser, Result};
use crate::syntax::{
    Binary, Logic, Node, NodeKind, Postfix, Prefix, Reading, Span, SyntaxError, SyntaxErrorKind,
    node::Level,
    token::{Lexeme, Token},
};

/// An operator or an opening parenthesis on the parser's stack. Its operand is still incomplete.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pending {
    Prefix(Prefix, Span),
    Binary {
        operator: Binary,
        span: Span,
        /// Whether the left operand is a written percentage.
        percent: bool,
    },
    /// The last comparison so far of a chain such as `a < b < c`.
    Chained(Binary, Span),
    Logic {
        logic: Logic,
        span: Span,
        /// The index of the [`NodeKind::ShortCircuit`]. Its target is still unknown.
        jump: usize,
    },
    /// The target of a conversion: units that are separated by `+`.
    Target {
        /// The place of the first unit.
        first: Span,
        /// The number of units so far, with the current one.
        units: u8,
    },
    /// A call without parentheses.
    BareCall {
        name: Span,
        exponent: Option<Exponent>,
    },
    Group(Span),
    Bars(Span),
    Call {
        name: Span,
        exponent: Option<Exponent>,
        /// The number of arguments before the current argument.
        arguments: u16,
        commas: Commas,
    },
    If {
        name: Span,
        /// The number of arguments before the current argument.
        parts: u8,
        /// The index of the jump after the last argument. Its target is still unknown.
        jump: usize,
    },
}

/// An exponent between the name of a function and its argument, as in `sin^2 x`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exponent {
    pub(super) span: Span,
    /// Whether the exponent is in superscript digits.
    pub(super) superscript: bool,
}

/// How the commas of a call are written.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Commas {
    /// Whether a blank follows a comma.
    pub(super) spaced: bool,
    /// Whether a comma is directly between a digit and exactly three digits, as in `1,234`.
    pub(super) grouping: bool,
}

impl Pending {
    /// Returns the precedence of an operator, or `None` for an opening bracket.
    pub(super) fn level(&self) -> Option<Level> {
        Some(match self {
            Self::Prefix(prefix, _) => prefix.level(),
            Self::Binary { operator, .. } | Self::Chained(operator, _) => operator.level(),
            Self::Logic { logic, .. } => logic.level(),
            Self::Target { .. } => Level::CONVERSION,
            Self::BareCall { .. } => Level::CALL,
            Self::Group(_) | Self::Bars(_) | Self::Call { .. } | Self::If { .. } => return None,
        })
    }

    /// Whether the entry counts as a level of nesting.
    fn nests(&self) -> bool {
        !matches!(
            self,
            Self::Binary { .. } | Self::Chained(..) | Self::Logic { .. }
        )
    }
}

impl Parser<'_> {
    /// Reads an expression.
    pub(super) fn expression(&mut self) -> Result<()> {
        loop {
            self.operand()?;
            if !self.operators()? {
                return Ok(());
            }
        }
    }

    /// Reads prefix signs and opening parentheses, then the literal or name after them.
    fn operand(&mut self) -> Result<()> {
        loop {
            let Lexeme { token, span, .. } = self.next;
            let prefix = match token {
                Token::Number => {
                    self.node(NodeKind::Literal, span);
                    self.number_end = span.end;
                    self.advance()?;
                    return Ok(());
                }
                Token::Name => {
                    if self.name()? {
                        return Ok(());
                    }
                    continue;
                }
                Token::Open => {
                    self.open(Pending::Group(span))?;
                    continue;
                }
                Token::Bar | Token::DoubleBar => {
                    self.open_bars()?;
                    continue;
                }
                Token::Plus => Prefix::Plus,
                Token::Minus => Prefix::Minus,
                Token::Root => Prefix::Root,
                Token::CubeRoot => Prefix::CubeRoot,
                Token::FourthRoot => Prefix::FourthRoot,
                Token::Tilde => Prefix::Complement,
                _ => return Err(self.no_operand()),
            };
            self.open(Pending::Prefix(prefix, span))?;
        }
    }

    /// Reads the operators, closing parentheses and commas after an operand.
    ///
    /// Returns whether another operand must follow; if not, the expression has ended.
    pub(super) fn operators(&mut self) -> Result<bool> {
        loop {
            if self.next.tabbed && self.ends_column() {
                self.argument_end()?;
                self.readings.insert(Reading::Columns);
                return Ok(true);
            }
            let Lexeme { token, span, .. } = self.next;
            let operator = match token {
                Token::Name => self.word_operator(),
                _ => sign_operator(token),
            };
            if let Some(operator) = operator {
                if self.in_target() && self.is_target_end(operator)? {
                    return Ok(true);
                }
                self.infix(operator, span);
                self.advance()?;
                return Ok(true);
            }
            match token {
                Token::Bar | Token::DoubleBar => {
                    if !self.close_bars()? {
                        self.infix(Binary::BitOr, span);
                        self.advance()?;
                        return Ok(true);
                    }
                }
                Token::Percent => {
                    if !self.percent()? {
                        return Ok(true);
                    }
                }
                Token::Name => match self.word(span) {
                    "and" => return self.logic(Logic::And),
                    "or" => return self.logic(Logic::Or),
                    "in" if self.is_inch() => {
                        self.juxtaposed();
                        return Ok(true);
                    }
                    "to" | "as" | "in" => {
                        if self.conversion()? {
                            return Ok(true);
                        }
                    }
                    "not" => return Err(self.no_operator()),
                    _ => {
                        self.juxtaposed();
                        return Ok(true);
                    }
                },
                Token::Open | Token::Root | Token::CubeRoot | Token::FourthRoot => {
                    self.juxtaposed();
                    return Ok(true);
                }
                Token::Bangs => self.postfix(Postfix::Factorial)?,
                Token::Superscript => self.postfix(Postfix::Superscript)?,
                Token::Close => self.close()?,
                Token::Comma => {
                    self.comma()?;
                    return Ok(true);
                }
                Token::Arrow => {
                    if self.conversion()? {
                        return Ok(true);
                    }
                }
                Token::Number if self.is_mixed() => {
                    self.infix(
                        Binary::Mixed,
                        Span {
                            start: span.start,
                            end: span.start,
                        },
                    );
                    return Ok(true);
                }
                Token::Equals if self.is_last_equals() => {
                    self.advance()?;
                    self.readings.insert(Reading::EqualsSign);
                }
                Token::Semicolon if self.is_in_call() => {
                    // Spreadsheets and calculators with decimal commas separate arguments so.
                    self.argument_end()?;
                    self.advance()?;
                    self.readings.insert(Reading::Columns);
                    return Ok(true);
                }
                Token::End | Token::Semicolon => return self.end().map(|()| false),
                _ => return Err(self.no_operator()),
            }
        }
    }

    /// Returns the operator that the next name is, such as `mod`.
    fn word_operator(&mut self) -> Option<Binary> {
        Some(match self.word(self.next.span) {
            "mod" => Binary::Modulo,
            "per" => Binary::Divide,
            "xor" => Binary::BitXor,
            "of" => {
                if self.percent_end == self.nodes.len() {
                    self.readings.insert(Reading::Percent);
                }
                Binary::Multiply
            }
            _ => return None,
        })
    }

    /// Reads a postfix operator.
    fn postfix(&mut self, operator: Postfix) -> Result<()> {
        let Lexeme { span, .. } = self.advance()?;
        if operator == Postfix::Factorial && span.end - span.start > 1 {
            self.readings.insert(Reading::Multifactorial);
        }
        self.node(NodeKind::Postfix(operator), span);
        Ok(())
    }

    /// Whether the next token is an equals sign at the end of a statement. It is ignored, unless it
    /// can belong to a definition.
    fn is_last_equals(&self) -> bool {
        let ends = matches!(self.token_after_next().token, Token::End | Token::Semicolon);
        let is_bracketed = self.pending.iter().any(|pending| pending.level().is_none());
        let start = self.statements.last().map_or(0, |last| last.nodes.end);
        let is_name = self.nodes.len() == start as usize + 1
            && self.nodes.last().is_some_and(|node| {
                let before = self.text[..node.span.start as usize].trim_end();
                // Neither a sign nor a parenthesis surrounds the name.
                node.kind == NodeKind::Name
                    && node.span == self.taken
                    && (before.is_empty() || before.ends_with([';', '=']))
            });
        ends && !is_bracketed && !is_name
    }

    /// Ends the expression, or returns the error for a bracket that is still open.
    fn end(&mut self) -> Result<()> {
        self.reduce(|_| true);
        let open = match self.pending.last() {
            None => return Ok(()),
            Some(Pending::Group(span) | Pending::Bars(span)) => *span,
            Some(Pending::Call { name, .. } | Pending::If { name, .. }) => *name,
            Some(_) => unreachable!("operators are reduced"),
        };
        Err(match self.next.token {
            Token::End => self.unclosed(open),
            _ if self.word(open) == "|" => self.unexpected("'|'"),
            _ => self.unexpected("')'"),
        })
    }

    /// Whether the innermost open bracket is that of a call.
    fn is_in_call(&self) -> bool {
        matches!(
            self.innermost(),
            Some(Pending::Call { .. } | Pending::If { .. })
        )
    }

    /// Adds a node to the line.
    pub(super) fn node(&mut self, kind: NodeKind, span: Span) {
        self.nodes.push(Node { kind, span });
    }

    /// Puts a prefix operator or an opening bracket on the stack, and reads the next token.
    pub(super) fn open(&mut self, pending: Pending) -> Result<()> {
        self.push(pending)?;
        self.advance()?;
        Ok(())
    }

    /// Puts a prefix operator, an opening bracket or a call on the stack.
    pub(super) fn push(&mut self, pending: Pending) -> Result<()> {
        if self.depth == self.nesting {
            let message = format!(
                "the expression is nested deeper than the limit of {} levels",
                self.nesting
            );
            let error = SyntaxError::new(SyntaxErrorKind::Limit, self.next.span, message);
            return Err(error.help("move the inner parts to separate statements: x = ...; ..."));
        }
        self.depth += 1;
        match pending {
            Pending::BareCall { .. } => self.bare_calls += 1,
            Pending::Target { .. } => self.targets += 1,
            Pending::Call { .. } | Pending::If { .. } => self.count_open_calls(self.open_calls + 1),
            _ => {}
        }
        self.pending.push(pending);
        Ok(())
    }

    /// Removes the last entry of the stack.
    pub(super) fn pop(&mut self) -> Option<Pending> {
        let pending = self.pending.pop()?;
        self.depth -= usize::from(pending.nests());
        match pending {
            Pending::BareCall { .. } => self.bare_calls -= 1,
            Pending::Target { .. } => self.targets -= 1,
            Pending::Call { .. } | Pending::If { .. } => self.count_open_calls(self.open_calls - 1),
            _ => {}
        }
        Some(pending)
    }

    /// Sets the number of open calls. In a call, commas separate arguments and do not group digits.
    fn count_open_calls(&mut self, count: usize) {
        self.open_calls = count;
        self.lexer.groups_digits = count == 0;
    }

    /// Replaces the last entry of the stack with another entry of the same kind.
    pub(super) fn replace(&mut self, pending: Pending) {
        *self.pending.last_mut().expect("an entry is on the stack") = pending;
    }

    /// Returns the innermost open bracket.
    pub(super) fn innermost(&self) -> Option<&Pending> {
        let mut brackets = self.pending.iter().rev();
        brackets.find(|pending| pending.level().is_none())
    }

    /// Moves operators from the top of the stack to the line.
    ///
    /// Stops at an opening bracket, or at an operator whose precedence does not satisfy `applies`.
    pub(super) fn reduce(&mut self, applies: impl Fn(Level) -> bool) {
        while let Some(level) = self.pending.last().and_then(Pending::level)
            && applies(level)
        {
            match self.pop() {
                Some(Pending::Target { first, units }) => {
                    self.node(NodeKind::ConvertUnits(units), first.to(self.taken));
                }
                Some(Pending::Prefix(operator, span)) => self.prefix(operator, span),
                Some(Pending::Binary {
                    operator,
                    span,
                    percent,
                }) => self.binary(operator, span, percent),
                Some(Pending::Chained(operator, span)) => {
                    self.node(NodeKind::ChainEnd(operator), span);
                }
                Some(Pending::Logic { logic, span, jump }) => self.join(logic, span, jump),
                Some(Pending::BareCall { name, exponent }) => {
                    self.call(name, 1, self.taken, exponent);
                }
                _ => unreachable!("a bracket has no level"),
            }
        }
    }
}

/// Returns the operator between two operands that a sign always is.
fn sign_operator(token: Token) -> Option<Binary> {
    Some(match token {
        Token::Plus => Binary::Add,
        Token::Minus => Binary::Subtract,
        Token::Star => Binary::Multiply,
        Token::Slash => Binary::Divide,
        Token::DoubleSlash => Binary::FloorDivide,
        Token::Power => Binary::Power,
        Token::Equal => Binary::Equal,
        Token::Unequal => Binary::Unequal,
        Token::Less => Binary::Less,
        Token::LessEqual => Binary::LessEqual,
        Token::Greater => Binary::Greater,
        Token::GreaterEqual => Binary::GreaterEqual,
        Token::Ampersand => Binary::BitAnd,
        Token::ShiftLeft => Binary::ShiftLeft,
        Token::ShiftRight => Binary::ShiftRight,
        _ => return None,
    })
}

//! Parses expressions by operator precedence.

use super::{Parser, Result, error::wrong_if, index};
use crate::{
    syntax::{
        Binary, Node, NodeKind, Postfix, Prefix, Span, SyntaxError, SyntaxErrorKind,
        node::Level,
        token::{Lexeme, Token},
    },
    text::printable::quoted,
};

/// An operator or an opening parenthesis on the parser's stack. Its operand is still incomplete.
#[derive(Clone, Copy, Debug)]
pub(super) enum Pending {
    Prefix(Prefix, Span),
    Binary(Binary, Span),
    Group(Span),
    Call {
        name: Span,
        /// The number of arguments before the current argument.
        arguments: u16,
    },
    If {
        name: Span,
        /// The number of arguments before the current argument.
        parts: u8,
        /// The index of the jump after the last argument. Its target is still unknown.
        jump: usize,
    },
}

impl Parser<'_, '_> {
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
            match token {
                Token::Number => {
                    self.node(NodeKind::Literal, span);
                    self.advance()?;
                    return Ok(());
                }
                Token::Name => {
                    if self.name()? {
                        return Ok(());
                    }
                }
                Token::Plus => self.open(Pending::Prefix(Prefix::Plus, span))?,
                Token::Minus => self.open(Pending::Prefix(Prefix::Minus, span))?,
                Token::Root => self.open(Pending::Prefix(Prefix::Root, span))?,
                Token::Open => self.open(Pending::Group(span))?,
                _ => return Err(self.no_operand()),
            }
        }
    }

    /// Reads a name where an operand is expected.
    ///
    /// Returns whether the operand is complete. A call with arguments is incomplete: of such a
    /// call, this method reads only the name and the opening parenthesis.
    fn name(&mut self) -> Result<bool> {
        let name = self.next.span;
        let word = self.word(name);
        match word {
            "to" | "mod" => return Err(self.no_operand()),
            "ans" | "_" if self.in_function => {
                let message = format!("{} cannot be used in a function", quoted(word));
                let error = SyntaxError::wrong(name, message);
                return Err(
                    error.help("its value changes with every line; use a parameter instead")
                );
            }
            _ => {}
        }
        let is_if = word == "if";
        self.advance()?;
        if self.next.token != Token::Open {
            if is_if {
                let error = self.unexpected("'('");
                return Err(error.help("write if(condition, then, else)"));
            }
            self.node(NodeKind::Name, name);
            return Ok(true);
        }
        if is_if {
            let (parts, jump) = (0, 0);
            self.open(Pending::If { name, parts, jump })?;
            if self.next.token == Token::Close {
                return Err(wrong_if(name, "none"));
            }
            return Ok(false);
        }
        self.open(Pending::Call { name, arguments: 0 })?;
        if self.next.token != Token::Close {
            return Ok(false);
        }
        let close = self.advance()?;
        self.pop();
        self.call(name, 0, close.span);
        Ok(true)
    }

    /// Reads the operators, closing parentheses and commas after an operand.
    ///
    /// Returns whether another operand must follow; if not, the expression has ended.
    fn operators(&mut self) -> Result<bool> {
        loop {
            let Lexeme { token, span, .. } = self.next;
            let binary = match token {
                Token::Plus => Binary::Add,
                Token::Minus => Binary::Subtract,
                Token::Star => Binary::Multiply,
                Token::Slash => Binary::Divide,
                Token::Power => Binary::Power,
                Token::Equal => Binary::Equal,
                Token::Unequal => Binary::Unequal,
                Token::Less => Binary::Less,
                Token::LessEqual => Binary::LessEqual,
                Token::Greater => Binary::Greater,
                Token::GreaterEqual => Binary::GreaterEqual,
                Token::Percent => {
                    if self.percent()? {
                        continue;
                    }
                    return Ok(true);
                }
                Token::Name if self.word(span) == "mod" => Binary::Modulo,
                Token::Name if self.word(span) != "to" => {
                    self.juxtaposed();
                    return Ok(true);
                }
                Token::Open | Token::Root => {
                    self.juxtaposed();
                    return Ok(true);
                }
                Token::Bang => {
                    self.postfix(Postfix::Factorial)?;
                    continue;
                }
                Token::BangBang => {
                    self.postfix(Postfix::DoubleFactorial)?;
                    continue;
                }
                Token::Superscript => {
                    self.postfix(Postfix::Superscript)?;
                    continue;
                }
                Token::Close => {
                    self.close()?;
                    continue;
                }
                Token::Comma => {
                    self.comma()?;
                    return Ok(true);
                }
                Token::Name | Token::Arrow | Token::End | Token::Semicolon => {
                    return self.end().map(|()| false);
                }
                Token::Number | Token::Equals => return Err(self.no_operator()),
            };
            self.advance()?;
            self.infix(binary, span);
            return Ok(true);
        }
    }

    /// Puts a binary operator on the stack, where it waits for its right operand.
    fn infix(&mut self, operator: Binary, span: Span) {
        let level = operator.level();
        let right_associative = operator == Binary::Power;
        self.reduce(|tighter| tighter > level || (tighter == level && !right_associative));
        self.pending.push(Pending::Binary(operator, span));
    }

    /// Puts a multiplication on the stack, for a product without a sign such as `2 x`.
    fn juxtaposed(&mut self) {
        // There is no sign between the operands, so the span is empty and is where they meet.
        let at = self.next.span.start;
        self.infix(Binary::Juxtapose, Span { start: at, end: at });
    }

    /// Reads a postfix operator.
    fn postfix(&mut self, operator: Postfix) -> Result<()> {
        let Lexeme { span, .. } = self.advance()?;
        self.node(NodeKind::Postfix(operator), span);
        Ok(())
    }

    /// Reads a `%`: a percent sign or the remainder operator. Returns whether it is a percent sign.
    ///
    /// Before an operand, a `%` is the remainder operator. Before a `+` or a `-`, it is the
    /// remainder operator only if there is a space before the `%`.
    fn percent(&mut self) -> Result<bool> {
        let Lexeme { span, spaced, .. } = self.advance()?;
        let divides = match self.next.token {
            Token::Number | Token::Open | Token::Root => true,
            Token::Name => !matches!(self.word(self.next.span), "to" | "mod"),
            Token::Plus | Token::Minus => spaced,
            _ => false,
        };
        if divides {
            self.infix(Binary::Modulo, span);
        } else {
            self.node(NodeKind::Postfix(Postfix::Percent), span);
        }
        Ok(!divides)
    }

    /// Reads a comma between arguments.
    fn comma(&mut self) -> Result<()> {
        self.reduce(|_| true);
        match self.pending.last().copied() {
            Some(Pending::Call { name, arguments }) => {
                let arguments = one_more(arguments, name)?;
                self.replace(Pending::Call { name, arguments });
            }
            Some(Pending::If { name, parts: 0, .. }) => {
                let jump = self.line.nodes.len();
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
                let jump = self.line.nodes.len();
                self.line.nodes[condition].kind = NodeKind::JumpIfFalse(index(jump));
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
        self.advance()?;
        Ok(())
    }

    /// Reads a closing parenthesis after an operand.
    fn close(&mut self) -> Result<()> {
        self.reduce(|_| true);
        let span = self.next.span;
        match self.pop() {
            Some(Pending::Group(_)) => self.closed = self.line.nodes.len(),
            Some(Pending::Call { name, arguments }) => {
                let arguments = one_more(arguments, name)?;
                self.call(name, arguments, span);
            }
            Some(Pending::If { name, parts, jump }) => {
                if parts != 2 {
                    return Err(wrong_if(name, "fewer"));
                }
                self.line.nodes[jump].kind = NodeKind::Jump(index(self.line.nodes.len()));
                self.node(NodeKind::Label, name.to(span));
            }
            _ => {
                let error = SyntaxError::wrong(span, "this ')' has no matching '('");
                return Err(error.help("remove it, or add the matching '('"));
            }
        }
        self.advance()?;
        Ok(())
    }

    /// Ends the expression, or returns the error for a parenthesis that is still open.
    fn end(&mut self) -> Result<()> {
        self.reduce(|_| true);
        let open = match self.pending.last() {
            None => return Ok(()),
            Some(Pending::Group(span)) => *span,
            Some(Pending::Call { name, .. } | Pending::If { name, .. }) => *name,
            Some(Pending::Prefix(..) | Pending::Binary(..)) => unreachable!("these are reduced"),
        };
        Err(match self.next.token {
            Token::End => self.unclosed(open),
            _ => self.unexpected("')'"),
        })
    }

    /// Adds a node to the line.
    fn node(&mut self, kind: NodeKind, span: Span) {
        self.line.nodes.push(Node { kind, span });
    }

    /// Adds a call to the line.
    fn call(&mut self, name: Span, arguments: u16, close: Span) {
        let length = name.end - name.start;
        let kind = NodeKind::Call {
            arguments,
            name: length,
        };
        self.node(kind, name.to(close));
    }

    /// Puts a prefix operator or an opening parenthesis on the stack, and reads the next token.
    fn open(&mut self, pending: Pending) -> Result<()> {
        if self.depth == self.nesting {
            let message = format!(
                "the expression is nested deeper than the limit of {} levels",
                self.nesting
            );
            let error = SyntaxError::new(SyntaxErrorKind::Limit, self.next.span, message);
            return Err(error.help("move the inner parts to separate statements: x = ...; ..."));
        }
        self.depth += 1;
        self.pending.push(pending);
        self.advance()?;
        Ok(())
    }

    /// Removes the top of the stack.
    fn pop(&mut self) -> Option<Pending> {
        let top = self.pending.pop();
        self.depth -= usize::from(!matches!(top, None | Some(Pending::Binary(..))));
        top
    }

    /// Replaces the top of the stack.
    fn replace(&mut self, pending: Pending) {
        *self
            .pending
            .last_mut()
            .expect("the caller has checked that the stack is not empty") = pending;
    }

    /// Moves operators from the top of the stack to the line.
    ///
    /// Stops at an opening parenthesis, or at an operator whose precedence does not satisfy
    /// `applies`.
    fn reduce(&mut self, applies: impl Fn(Level) -> bool) {
        loop {
            match self.pending.last().copied() {
                Some(Pending::Prefix(operator, span)) if applies(Level::PREFIX) => {
                    self.pop();
                    self.node(NodeKind::Prefix(operator), span);
                }
                Some(Pending::Binary(operator, span)) if applies(operator.level()) => {
                    self.pop();
                    self.binary(operator, span);
                }
                _ => return,
            }
        }
    }

    /// Adds a binary operator to the line. A `+` or `-` before a percentage becomes
    /// [`Binary::AddPercent`] or [`Binary::SubtractPercent`].
    fn binary(&mut self, operator: Binary, span: Span) {
        let with_percent = match operator {
            Binary::Add => Some(Binary::AddPercent),
            Binary::Subtract => Some(Binary::SubtractPercent),
            _ => None,
        };
        let without_parentheses = self.closed != self.line.nodes.len();
        let percent = NodeKind::Postfix(Postfix::Percent);
        let right = self.line.nodes.last_mut().expect("both operands are read");
        match with_percent {
            Some(operator) if right.kind == percent && without_parentheses => {
                *right = Node {
                    kind: NodeKind::Binary(operator),
                    span,
                };
            }
            _ => self.node(NodeKind::Binary(operator), span),
        }
    }
}

/// Adds 1 to `arguments`. If the sum is too large, the error marks `name`.
fn one_more(arguments: u16, name: Span) -> Result<u16> {
    arguments.checked_add(1).ok_or_else(|| {
        let message = "a call can have at most 65535 arguments";
        SyntaxError::new(SyntaxErrorKind::Limit, name, message)
    })
}

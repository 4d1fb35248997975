//! Puts operators on the parser's stack, and moves them to the line.

use super::{Parser, Result, expression::Pending, index};
use crate::syntax::{
    Binary, Logic, Node, NodeKind, Prefix, Reading, Span, node::Level, token::Token,
};

impl Parser<'_> {
    /// Puts a binary operator on the stack, where it waits for its right operand.
    pub(super) fn infix(&mut self, operator: Binary, span: Span) {
        let level = operator.level();
        let from_the_left = operator != Binary::Power && !operator.chains();
        self.reduce(|tighter| tighter > level || (tighter == level && from_the_left));
        let is_common = matches!(
            operator,
            Binary::Add | Binary::Subtract | Binary::Multiply | Binary::Divide
        );
        if !is_common && self.uncommon(operator, span) {
            return;
        }
        let percent = self.percent_end == self.nodes.len();
        self.pending.push(Pending::Binary {
            operator,
            span,
            percent,
        });
    }

    /// Notes the readings of an operator. Returns whether it continued a chain of comparisons, so that
    /// it is on the stack.
    fn uncommon(&mut self, operator: Binary, span: Span) -> bool {
        match operator {
            Binary::FloorDivide => self.readings.insert(Reading::FloorDivision),
            Binary::Power if self.is_unusual_power() => self.readings.insert(Reading::Power),
            _ => {}
        }
        if operator.level() <= Level(9) {
            self.has_comparison |= !operator.is_bitwise();
            self.has_bits |= operator.is_bitwise();
        }
        operator.chains() && self.chain(operator, span)
    }

    /// Continues the chain that the last comparison began, if there is one. Returns whether there
    /// is one.
    fn chain(&mut self, operator: Binary, span: Span) -> bool {
        match self.pending.last().copied() {
            Some(Pending::Binary {
                operator: first,
                span: at,
                ..
            }) if first.chains() => {
                self.node(NodeKind::ChainStart(first), at);
                self.readings.insert(Reading::Chain);
            }
            Some(Pending::Chained(before, at)) => self.node(NodeKind::ChainNext(before), at),
            _ => return false,
        }
        self.replace(Pending::Chained(operator, span));
        true
    }

    /// Whether other calculators read the power differently whose operator follows: the power of a
    /// negative literal, as in `-2^2`, or a power of a power, as in `2^3^2`.
    fn is_unusual_power(&self) -> bool {
        let is_literal = matches!(self.nodes.last(), Some(node) if node.kind == NodeKind::Literal);
        match self.pending.last() {
            Some(Pending::Binary { operator, .. }) => *operator == Binary::Power,
            Some(Pending::Prefix(Prefix::Minus, _)) => {
                is_literal && self.closed != self.nodes.len()
            }
            _ => false,
        }
    }

    /// Puts a multiplication on the stack, for a product without a sign such as `2 x`.
    pub(super) fn juxtaposed(&mut self) {
        if self.bare_calls > 0 && self.at_function() {
            // The next function is not a part of the argument.
            self.reduce(|level| level >= Level::CALL);
        }
        let is_unit = self.at_unit();
        if is_unit && self.is_fraction() {
            self.reduce(|level| level >= Level::PRODUCT);
            self.readings.insert(Reading::Product);
        }
        // There is no sign between the operands, so the span is empty and is where they meet.
        let at = self.next.span.start;
        let touches_number = self.number_end == at;
        self.infix(Binary::Juxtapose, Span { start: at, end: at });
        let below = self.pending.iter().rev().nth(1);
        let divides = |operator| {
            matches!(
                operator,
                Binary::Divide | Binary::FloorDivide | Binary::Modulo
            )
        };
        if (!is_unit
            && matches!(below, Some(Pending::Binary { operator, .. }) if divides(*operator)))
            || (touches_number && self.word(self.next.span) == "e")
        {
            self.readings.insert(Reading::Product);
        }
    }

    /// Whether the next token is a unit.
    pub(super) fn at_unit(&self) -> bool {
        let word = self.word(self.next.span);
        self.next.token == Token::Name && !self.is_known(word) && self.functions.is_unit(word)
    }

    /// Whether the line itself gives `word` a meaning.
    pub(super) fn is_known(&self, word: &str) -> bool {
        self.parameters.contains(word) || self.bound.contains(word)
    }

    /// Whether the last operand is the denominator of a fraction of two integers without blanks, as in `1/2 m`.
    fn is_fraction(&self) -> bool {
        let (above, below) = match &self.nodes[..] {
            [.., above, sign, below] if matches!(sign.kind, NodeKind::Prefix(_)) => (above, below),
            [.., above, below] => (above, below),
            _ => return false,
        };
        let is_integer = |node: &Node| {
            node.kind == NodeKind::Literal
                && self
                    .word(node.span)
                    .bytes()
                    .all(|byte| byte.is_ascii_digit())
        };
        matches!(
            self.pending.last(),
            Some(Pending::Binary {
                operator: Binary::Divide,
                ..
            })
        ) && is_integer(above)
            && is_integer(below)
            && above.span.end + 1 == below.span.start
            && self.taken == below.span
            && self.closed != self.nodes.len()
    }

    /// Whether a function begins with the next token.
    fn at_function(&self) -> bool {
        self.next.token == Token::Name
            && (self.token_after_next().token == Token::Open || self.is_function(self.next.span))
    }

    /// Reads `and` or `or`, and puts it on the stack. Returns true: an operand must follow.
    pub(super) fn logic(&mut self, logic: Logic) -> Result<bool> {
        let level = logic.level();
        self.reduce(|tighter| tighter >= level);
        let span = self.next.span;
        let jump = self.nodes.len();
        self.node(NodeKind::ShortCircuit { logic, end: 0 }, span);
        self.pending.push(Pending::Logic { logic, span, jump });
        self.advance()?;
        Ok(true)
    }

    /// Adds the end of `and` or `or` to the line.
    pub(super) fn join(&mut self, logic: Logic, span: Span, jump: usize) {
        let end = index(self.nodes.len());
        self.nodes[jump].kind = NodeKind::ShortCircuit { logic, end };
        self.node(NodeKind::Joined(logic), span);
    }
}

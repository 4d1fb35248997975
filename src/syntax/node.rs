//! Nodes of expressions, and the operators of the language.

use super::Span;

/// A node of an expression. Nodes are in postfix order: operands come before their operator.
///
/// Because of this order, no code needs recursion to walk, evaluate or drop an expression, at any
/// depth of nesting. Only `if` needs jumps, because only one of its branches is evaluated. The
/// nodes of an `if` have the order `condition`, `JumpIfFalse`, `then`, `Jump`, `else`, `Label`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// The kind of the node.
    pub kind: NodeKind,
    /// The place of the literal, the name, the operator or the complete call.
    pub span: Span,
}

/// The kind of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A literal number.
    Literal,
    /// The value of a name.
    Name,
    /// A call of a function. The span begins with the function's name.
    Call {
        /// The number of arguments.
        arguments: u16,
        /// The length, in bytes, of the name at the start of the span.
        name: u32,
    },
    /// An operator before its operand.
    Prefix(Prefix),
    /// An operator after its operand.
    Postfix(Postfix),
    /// An operator between two operands.
    Binary(Binary),
    /// Removes a truth value from the stack. If the value is false, evaluation continues after the
    /// [`NodeKind::Jump`] at this index in the nodes of the line.
    JumpIfFalse(u32),
    /// Evaluation continues at the [`NodeKind::Label`] at this index in the nodes of the line.
    Jump(u32),
    /// The end of an `if`. The value of the `if` is the value of the evaluated branch.
    Label,
}

/// The operators that are written before their operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// `-`
    Minus,
    /// `+`
    Plus,
    /// `√`
    Root,
}

/// The operators that are written after their operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Postfix {
    /// `!`
    Factorial,
    /// `!!`
    DoubleFactorial,
    /// `%`
    Percent,
    /// A power with an exponent in superscript digits. The span is the place of these digits.
    Superscript,
}

/// The operators that are written between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `a + b%`: `a` increased by a percentage. The right operand is `b`.
    AddPercent,
    /// `a - b%`: `a` decreased by a percentage. The right operand is `b`.
    SubtractPercent,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `mod`, and `%` between operands
    Modulo,
    /// A product without an operator sign, as in `2 x`. It binds tighter than `/`.
    Juxtapose,
    /// `^`
    Power,
}

/// The precedence of an operator, from 3 to 9. An operator of higher precedence binds tighter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level(pub(super) u8);

impl Level {
    pub(super) const PREFIX: Self = Self(7);
    pub(super) const POSTFIX: Self = Self(9);
    pub(super) const ATOM: Self = Self(10);
}

impl Binary {
    /// Returns the precedence of the operator.
    pub(super) fn level(self) -> Level {
        Level(match self {
            Self::Less
            | Self::LessEqual
            | Self::Greater
            | Self::GreaterEqual
            | Self::Equal
            | Self::Unequal => 3,
            Self::Add | Self::Subtract | Self::AddPercent | Self::SubtractPercent => 4,
            Self::Multiply | Self::Divide | Self::Modulo => 5,
            Self::Juxtapose => 6,
            Self::Power => 8,
        })
    }

    /// Returns the operator as it is written between its operands.
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Less => " < ",
            Self::LessEqual => " <= ",
            Self::Greater => " > ",
            Self::GreaterEqual => " >= ",
            Self::Equal => " == ",
            Self::Unequal => " != ",
            Self::Add | Self::AddPercent => " + ",
            Self::Subtract | Self::SubtractPercent => " - ",
            Self::Multiply => " * ",
            Self::Divide => " / ",
            Self::Modulo => " mod ",
            Self::Juxtapose => " ",
            Self::Power => "^",
        }
    }
}

impl Node {
    /// Returns the name of the called function. The node must be a call in `line`.
    #[must_use]
    pub fn callee<'t>(&self, line: &'t str) -> &'t str {
        match self.kind {
            NodeKind::Call { name, .. } => &self.span.of(line)[..name as usize],
            _ => self.span.of(line),
        }
    }
}

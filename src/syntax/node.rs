//! Nodes of expressions, and the operators of the language.

use super::Span;

/// A node of an expression, in postfix order: operands stand before their operator.
///
/// The order keeps everything that walks, evaluates or drops a tree free of recursion, however deep
/// it nests. Only `if` needs more, since it evaluates one of its branches: `condition`,
/// `JumpIfFalse`, `then`, `Jump`, `else`, `Label`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// The kind of the node.
    pub kind: NodeKind,
    /// The place of the literal, the name, the operator or the whole call.
    pub span: Span,
}

/// The kind of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A number as written.
    Literal,
    /// The value of a name.
    Name,
    /// A call of a function, whose name begins the span.
    Call {
        /// The number of arguments.
        arguments: u16,
        /// Bytes of the name at the start of the span.
        name: u32,
    },
    /// An operator before its operand.
    Prefix(Prefix),
    /// An operator behind its operand.
    Postfix(Postfix),
    /// An operator between two operands.
    Binary(Binary),
    /// Takes a truth value and, where it is false, goes on behind the [`NodeKind::Jump`] at this
    /// index of the line.
    JumpIfFalse(u32),
    /// Goes on at the [`NodeKind::Label`] at this index of the line.
    Jump(u32),
    /// The end of an `if`, which has the value of the branch that was evaluated.
    Label,
}

/// Operators before their operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prefix {
    /// `-`
    Minus,
    /// `+`
    Plus,
    /// `√`
    Root,
}

/// Operators behind their operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Postfix {
    /// `!`
    Factorial,
    /// `!!`
    DoubleFactorial,
    /// `%`
    Percent,
    /// A power; the exponent is the superscript digits at the span.
    Superscript,
}

/// Operators between two operands.
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
    /// A product of operands that stand side by side; it binds tighter than `/`.
    Juxtapose,
    /// `^`
    Power,
}

/// The precedence of an operator, from 3 to 9; a higher one binds tighter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level(pub(super) u8);

impl Level {
    pub(super) const PREFIX: Self = Self(7);
    pub(super) const POSTFIX: Self = Self(9);
    pub(super) const ATOM: Self = Self(10);
}

impl Binary {
    /// Returns the precedence.
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
    /// Returns the name of the function that the node, a call in `line`, calls.
    #[must_use]
    pub fn callee<'t>(&self, line: &'t str) -> &'t str {
        match self.kind {
            NodeKind::Call { name, .. } => &self.span.of(line)[..name as usize],
            _ => self.span.of(line),
        }
    }
}

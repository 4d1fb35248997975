//! Nodes of expressions, and the operators of the language.

use super::Span;

/// A node of an expression. Nodes are in postfix order: operands come before their operator.
///
/// Because of this order, no code needs recursion to walk, evaluate or drop an expression, at any
/// depth of nesting. Only `if`, `and` and `or` need jumps, because they do not evaluate all their
/// operands. The nodes of an `if` have the order `condition`, `JumpIfFalse`, `then`, `Jump`, `else`,
/// `Label`. The nodes of `a and b` have the order `a`, `ShortCircuit`, `b`, `Joined`. The nodes of
/// `a < b < c < d` have the order `a`, `b`, `ChainStart`, `c`, `ChainNext`, `d`, `ChainEnd`.
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
    /// The last answer, which is not written: a conversion stands alone.
    LastAnswer,
    /// `k` or `M` directly behind a literal: a factor, unless the name is bound.
    Magnitude,
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
    /// The absolute value `|x|`. The span is from bar to bar.
    Bars,
    /// Follows the left operand of `and` or `or`. If this operand decides, evaluation continues
    /// after the [`NodeKind::Joined`] at the index. Otherwise the operand is removed from the stack.
    ShortCircuit {
        /// The operator.
        logic: Logic,
        /// The index of the [`NodeKind::Joined`] in the nodes of the line.
        end: u32,
    },
    /// Follows the right operand of `and` or `or`, whose value is the value of this operand.
    Joined(Logic),
    /// Compares two values. Leaves the truth and the second value on the stack.
    ChainStart(Binary),
    /// Compares the last two values. Removes the first of them, and makes the truth before it false
    /// if the comparison is false.
    ChainNext(Binary),
    /// Compares the last two values. Removes both, and makes the truth before them false if the
    /// comparison is false.
    ChainEnd(Binary),
    /// Converts a value to another form. The span is the place of the form.
    ///
    /// The fields are those of a [`Conversion`](super::Conversion), which would make all nodes larger.
    Convert {
        /// The row of the form in [`FORMS`](super::FORMS).
        form: u8,
        /// The count of digits or the base, if the form has one.
        operand: u32,
    },
    /// The name of a unit in the target of a conversion.
    UnitName,
    /// Converts a value to as many units, which are behind it on the stack. The span is their place.
    ConvertUnits(u8),
}

/// The operators on truth values that do not always evaluate their right operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logic {
    /// `and`
    And,
    /// `or`
    Or,
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
    /// `∛`
    CubeRoot,
    /// `∜`
    FourthRoot,
    /// `~`
    Complement,
    /// `not`
    Not,
}

/// The operators that are written after their operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Postfix {
    /// `!`, or a longer run of `!`. The length of the span is the distance of the factors.
    Factorial,
    /// `%`
    Percent,
    /// A power with an exponent in superscript digits. The span is the place of these digits.
    Superscript,
    /// The square of a unit, as in `square feet`. The span is the place of the word.
    Square,
    /// The cube of a unit, as in `cubic feet`. The span is the place of the word.
    Cube,
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
    /// `//`: the floor of the quotient
    FloorDivide,
    /// `|`
    BitOr,
    /// `xor`
    BitXor,
    /// `&`
    BitAnd,
    /// `<<`
    ShiftLeft,
    /// `>>`
    ShiftRight,
    /// The sum of a mixed quantity, as in `5 ft 10 in`. It has the sign of its left operand.
    Mixed,
    /// A product without an operator sign, as in `2 x`. It binds tighter than `/`.
    Juxtapose,
    /// `^`
    Power,
}

/// The precedence of an operator. An operator of higher precedence binds tighter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level(pub(super) u8);

impl Level {
    pub(super) const CONVERSION: Self = Self(0);
    pub(super) const OR: Self = Self(1);
    pub(super) const AND: Self = Self(2);
    pub(super) const NOT: Self = Self(3);
    pub(super) const COMPARISON: Self = Self(5);
    pub(super) const PRODUCT: Self = Self(12);
    /// A call without parentheses. Its argument is a product without an operator sign.
    pub(super) const CALL: Self = Self(13);
    pub(super) const MIXED: Self = Self(14);
    pub(super) const PREFIX: Self = Self(16);
    pub(super) const POWER: Self = Self(17);
    pub(super) const POSTFIX: Self = Self(18);
    pub(super) const ATOM: Self = Self(19);
}

impl Logic {
    /// Returns the precedence of the operator.
    pub(super) fn level(self) -> Level {
        match self {
            Self::Or => Level::OR,
            Self::And => Level::AND,
        }
    }

    /// Returns the operator as it is written between its operands.
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Or => " or ",
            Self::And => " and ",
        }
    }
}

impl Prefix {
    /// Returns the precedence of the operator.
    pub(super) fn level(self) -> Level {
        match self {
            Self::Not => Level::NOT,
            _ => Level::PREFIX,
        }
    }

    /// Returns the operator as it is written before its operand.
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Minus => "-",
            Self::Plus => "+",
            Self::Root => "√",
            Self::CubeRoot => "∛",
            Self::FourthRoot => "∜",
            Self::Complement => "~",
            Self::Not => "not ",
        }
    }
}

impl Binary {
    /// Returns the precedence of the operator.
    pub(super) fn level(self) -> Level {
        match self {
            Self::Equal | Self::Unequal => Level(4),
            Self::Less | Self::LessEqual | Self::Greater | Self::GreaterEqual => Level::COMPARISON,
            Self::BitOr => Level(6),
            Self::BitXor => Level(7),
            Self::BitAnd => Level(8),
            Self::ShiftLeft | Self::ShiftRight => Level(9),
            Self::Add | Self::Subtract | Self::AddPercent | Self::SubtractPercent => Level(11),
            Self::Multiply | Self::Divide | Self::Modulo | Self::FloorDivide => Level::PRODUCT,
            Self::Mixed => Level::MIXED,
            Self::Juxtapose => Level(15),
            Self::Power => Level::POWER,
        }
    }

    /// Whether the operator is a comparison that can be a part of a chain.
    pub(super) fn chains(self) -> bool {
        self.level() == Level::COMPARISON
    }

    /// Whether the operator works on the bits of integers.
    pub(super) fn is_bitwise(self) -> bool {
        (Level(6)..=Level(9)).contains(&self.level())
    }

    /// Returns the operator as it is written between its operands. A product without an operator
    /// sign is written with the sign.
    pub(super) fn symbol(self) -> &'static str {
        match self {
            Self::Less => " < ",
            Self::LessEqual => " <= ",
            Self::Greater => " > ",
            Self::GreaterEqual => " >= ",
            Self::Equal => " == ",
            Self::Unequal => " != ",
            Self::BitOr => " | ",
            Self::BitXor => " xor ",
            Self::BitAnd => " & ",
            Self::ShiftLeft => " << ",
            Self::ShiftRight => " >> ",
            Self::Add | Self::AddPercent => " + ",
            Self::Subtract | Self::SubtractPercent => " - ",
            Self::Mixed => " ",
            Self::Multiply | Self::Juxtapose => "*",
            Self::Divide => "/",
            Self::Modulo => " mod ",
            Self::FloorDivide => "//",
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

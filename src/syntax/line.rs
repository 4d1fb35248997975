//! A parsed line: its statements as trees in postfix order.

use std::{fmt, fmt::Write as _, ops::Range};

use smallvec::SmallVec;

use super::{Conversion, Span, token};

/// A line: statements over one text.
#[derive(Clone, Debug, PartialEq)]
pub struct Line<'t> {
    /// The text that was parsed; every span is a place in it.
    pub text: &'t str,
    /// What it says, in order. None: a blank line or a comment.
    pub statements: Statements,
    /// The nodes of all statements. See [`Node`] for their order.
    pub nodes: Nodes,
}

/// Statements; one needs no allocation.
pub type Statements = SmallVec<[Statement; 1]>;

/// Nodes in postfix order; those of a short line need no allocation.
pub type Nodes = SmallVec<[Node; 16]>;

/// One statement of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// What its value is bound to, if to anything.
    pub binds: Option<Definition>,
    /// Its expression: a range of the line's nodes.
    pub nodes: Range<u32>,
    /// The conversions of its value, in the order written.
    pub conversions: Vec<(Conversion, Span)>,
}

impl Statement {
    /// Whether it defines a function, and so has no value itself.
    #[must_use]
    pub fn is_function(&self) -> bool {
        self.binds
            .as_ref()
            .is_some_and(|binding| binding.parameters.is_some())
    }
}

/// The left side of a definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The name that is bound.
    pub name: Span,
    /// The parameters of a function; none at all for a variable.
    pub parameters: Option<Vec<Span>>,
    /// The right side.
    pub right: Span,
}

/// A node of an expression and its place: the operator's, the literal's, the whole
/// call's.
///
/// A tree is kept in postfix order: operands stand before what is done with them. So
/// no depth of nesting and no length of a chain makes anything recursive that walks
/// it, evaluates it or drops it. Only `if` needs more, since it evaluates one of its
/// branches: `condition, Unless(else), then, Else(end), else, EndIf`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// Where it is.
    pub span: Span,
}

/// The kinds of nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A number as written.
    Literal,
    /// The value of a name.
    Name,
    /// A function of so many arguments; the name begins the span.
    Call {
        /// The number of arguments.
        arguments: u16,
        /// Bytes of the name.
        name: u32,
    },
    /// An operator before its operand.
    Prefix(Prefix),
    /// An operator behind its operand.
    Postfix(Postfix),
    /// An operator between two operands.
    Binary(Binary),
    /// Takes a truth value; where it is false, goes on behind the node at this index
    /// of the line (an `Jump`).
    JumpIfFalse(u32),
    /// Goes on at the node at this index of the line (an `Label`).
    Jump(u32),
    /// The end of an `if`, where the value of a branch is its own.
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
    /// Superscript digits, which the span shows.
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
    /// `+ b%`: increases by that part. The operand is `b`.
    AddPercent,
    /// `- b%`: decreases by that part. The operand is `b`.
    SubtractPercent,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `mod`, or `%` between operands
    Modulo,
    /// Two operands side by side: a product that binds tighter than `/`.
    Juxtapose,
    /// `^`
    Power,
}

/// How tightly operators bind: the levels of the language, 3 to 9.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level(pub(super) u8);

impl Level {
    pub(super) const PREFIX: Self = Self(7);
    const POSTFIX: Self = Self(9);
    const ATOM: Self = Self(10);
}

impl Binary {
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

    fn symbol(self) -> &'static str {
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

impl<'t> Line<'t> {
    /// A line of which nothing has been read.
    #[must_use]
    pub fn unread(text: &'t str) -> Self {
        Self {
            text,
            statements: Statements::new(),
            nodes: Nodes::new(),
        }
    }

    /// The nodes of `statement`.
    #[must_use]
    pub fn expression(&self, statement: &Statement) -> &[Node] {
        &self.nodes[statement.nodes.start as usize..statement.nodes.end as usize]
    }
}

impl Node {
    /// The name of the function that this, a call in `line`, calls.
    #[must_use]
    pub fn callee<'t>(&self, line: &'t str) -> &'t str {
        match self.kind {
            NodeKind::Call { name, .. } => &self.span.of(line)[..name as usize],
            _ => self.span.of(line),
        }
    }
}

impl fmt::Display for Line<'_> {
    /// The line in its plainest spelling: no comments, ASCII operators, no more
    /// parentheses than are needed. It parses to the same line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, statement) in self.statements.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            if let Some(Definition {
                name, parameters, ..
            }) = &statement.binds
            {
                f.write_str(name.of(self.text))?;
                if let Some(parameters) = parameters {
                    let names: Vec<_> = parameters.iter().map(|p| p.of(self.text)).collect();
                    write!(f, "({})", names.join(", "))?;
                }
                f.write_str(" = ")?;
            }
            f.write_str(&self.spelled(self.expression(statement)))?;
            for (conversion, _) in &statement.conversions {
                write!(f, " to {conversion}")?;
            }
        }
        Ok(())
    }
}

/// A part of an expression as text.
struct Spelling {
    text: String,
    /// How tightly its outermost operator binds.
    level: Level,
    /// Whether it ends in `b%`, which a sum in front of it would take for its own.
    percent: bool,
}

impl Spelling {
    fn atom(text: String) -> Self {
        Self {
            text,
            level: Level::ATOM,
            percent: false,
        }
    }

    fn is_literal(&self) -> bool {
        self.level == Level::ATOM
            && !self
                .text
                .starts_with(|c: char| c == '_' || c.is_alphabetic())
    }

    /// The text as an operand of something that binds as tightly as `level`.
    fn within(self, level: Level) -> String {
        if self.level < level {
            format!("({})", self.text)
        } else {
            self.text
        }
    }
}

impl Line<'_> {
    fn spelled(&self, nodes: &[Node]) -> String {
        let mut parts: Vec<Spelling> = Vec::new();
        for node in nodes {
            let spelling = self.spelling(node, &mut parts);
            parts.extend(spelling);
        }
        parts.pop().map(|part| part.text).unwrap_or_default()
    }

    /// What `node` makes of the last parts.
    fn spelling(&self, node: &Node, parts: &mut Vec<Spelling>) -> Option<Spelling> {
        let mut pop = || parts.pop().expect("operands stand before their operator");
        let text = node.span.of(self.text);
        Some(match node.kind {
            NodeKind::Literal | NodeKind::Name => Spelling::atom(text.into()),
            NodeKind::JumpIfFalse(_) | NodeKind::Jump(_) => return None,
            NodeKind::Label => {
                let (otherwise, then, condition) = (pop(), pop(), pop());
                let parts = [condition.text, then.text, otherwise.text];
                Spelling::atom(format!("if({})", parts.join(", ")))
            }
            NodeKind::Call { arguments, .. } => {
                let start = parts.len() - usize::from(arguments);
                let arguments: Vec<_> = parts.drain(start..).map(|part| part.text).collect();
                Spelling::atom(format!(
                    "{}({})",
                    node.callee(self.text),
                    arguments.join(", ")
                ))
            }
            NodeKind::Prefix(operator) => {
                let symbol = match operator {
                    Prefix::Minus => '-',
                    Prefix::Plus => '+',
                    Prefix::Root => '√',
                };
                Spelling {
                    text: format!("{symbol}{}", pop().within(Level::PREFIX)),
                    level: Level::PREFIX,
                    percent: false,
                }
            }
            NodeKind::Postfix(operator) => {
                let mut spelled = pop().within(Level::POSTFIX);
                match operator {
                    // `5! !` is not `5!!`.
                    Postfix::Factorial if spelled.ends_with('!') => spelled.push_str(" !"),
                    Postfix::Factorial => spelled.push('!'),
                    Postfix::DoubleFactorial if spelled.ends_with('!') => spelled.push_str(" !!"),
                    Postfix::DoubleFactorial => spelled.push_str("!!"),
                    Postfix::Percent => spelled.push('%'),
                    Postfix::Superscript
                        if spelled.ends_with(|c| token::superscript(c).is_some()) =>
                    {
                        write!(spelled, " {text}").expect("a String takes everything");
                    }
                    Postfix::Superscript => spelled.push_str(text),
                }
                Spelling {
                    text: spelled,
                    level: Level::POSTFIX,
                    percent: operator == Postfix::Percent,
                }
            }
            NodeKind::Binary(operator) => {
                let (right, left) = (pop(), pop());
                binary(operator, left, right)
            }
        })
    }
}

fn binary(operator: Binary, left: Spelling, right: Spelling) -> Spelling {
    let level = operator.level();
    let tighter = Level(level.0 + 1);
    let (left, right) = match operator {
        // Its right operand may carry prefix signs, its left one may not.
        Binary::Power => (left.within(Level::POSTFIX), right.within(Level::PREFIX)),
        Binary::AddPercent | Binary::SubtractPercent => (
            left.within(level),
            format!("{}%", right.within(Level::POSTFIX)),
        ),
        Binary::Add | Binary::Subtract if right.percent => {
            (left.within(level), format!("({})", right.text))
        }
        // Behind a name it would be a call, behind a `%` its divisor.
        Binary::Juxtapose if !left.text.ends_with([')', '!']) && !left.is_literal() => {
            (format!("({})", left.text), format!("({})", right.text))
        }
        Binary::Juxtapose => (left.within(level), format!("({})", right.text)),
        _ => (left.within(level), right.within(tighter)),
    };
    Spelling {
        text: format!("{left}{}{right}", operator.symbol()),
        level,
        percent: false,
    }
}

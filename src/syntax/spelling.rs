//! Converts parsed lines to text.

use std::{fmt, fmt::Write as _};

use super::{Binary, Definition, Line, Node, NodeKind, Postfix, Prefix, node::Level, token};

impl fmt::Display for Line<'_> {
    /// Writes the line in its simplest spelling, which parses to the same line.
    ///
    /// The spelling has no comments and no unnecessary parentheses. Operators are in ASCII if
    /// possible.
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

/// A subexpression as text.
struct Spelling {
    text: String,
    /// The precedence of the outermost operator.
    level: Level,
    /// Whether the text ends in a percentage. A `+` or `-` before a percentage has another meaning.
    percent: bool,
}

impl Spelling {
    /// Creates the spelling of a subexpression that never needs parentheses.
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

    /// Returns the text, in parentheses if its precedence is below `level`.
    fn within(self, level: Level) -> String {
        if self.level < level {
            format!("({})", self.text)
        } else {
            self.text
        }
    }
}

impl Line<'_> {
    /// Returns an expression as text.
    fn spelled(&self, nodes: &[Node]) -> String {
        let mut parts: Vec<Spelling> = Vec::new();
        for node in nodes {
            let spelling = self.spelling(node, &mut parts);
            parts.extend(spelling);
        }
        parts.pop().map(|part| part.text).unwrap_or_default()
    }

    /// Removes the operands of `node` from the end of `parts`, and returns the spelling of `node`
    /// with these operands. Returns `None` for a jump, which has no text.
    fn spelling(&self, node: &Node, parts: &mut Vec<Spelling>) -> Option<Spelling> {
        let mut pop = || parts.pop().expect("operands come before their operator");
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
                        write!(spelled, " {text}").expect("writing to a String cannot fail");
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

/// Joins two operands with an operator.
fn binary(operator: Binary, left: Spelling, right: Spelling) -> Spelling {
    let level = operator.level();
    let tighter = Level(level.0 + 1);
    let (left, right) = match operator {
        // The right operand may have prefix signs. The left operand may not.
        Binary::Power => (left.within(Level::POSTFIX), right.within(Level::PREFIX)),
        Binary::AddPercent | Binary::SubtractPercent => (
            left.within(level),
            format!("{}%", right.within(Level::POSTFIX)),
        ),
        Binary::Add | Binary::Subtract if right.percent => {
            (left.within(level), format!("({})", right.text))
        }
        // Parentheses after a name would be a call. Parentheses after a `%` would be a divisor.
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

//! Converts parsed lines to text.

use std::{borrow::Cow, fmt};

use super::{
    Binary, Conversion, Definition, Line, Literal, Logic, Node, NodeKind, Postfix, Prefix,
    alphabet::superscript, node::Level,
};

/// The longest operand of a chain of comparisons that is written twice, in bytes.
const REPEATED: usize = 64;

/// Replaces names in the text of a line, to tell what they mean.
pub trait Rewriting {
    /// Returns the text before and after the arguments of a call of `name`, without the parentheses
    /// of the call: `("log10", "")`.
    fn call(&self, name: &str, arguments: usize) -> Option<(&'static str, &'static str)>;

    /// Returns the text of a name that is a number.
    fn name(&self, name: &str) -> Option<&'static str>;

    /// Returns the text of `k` or `M` behind a number.
    fn magnitude(&self, name: &str) -> Option<&'static str>;
}

/// Leaves all names as they are.
struct AsWritten;

impl Rewriting for AsWritten {
    fn call(&self, _name: &str, _arguments: usize) -> Option<(&'static str, &'static str)> {
        None
    }

    fn name(&self, _name: &str) -> Option<&'static str> {
        None
    }

    fn magnitude(&self, _name: &str) -> Option<&'static str> {
        None
    }
}

impl fmt::Display for Line<'_> {
    /// Writes the line with all its operators and the necessary parentheses. This text has the same
    /// meaning as the line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.spelled(&AsWritten))
    }
}

impl Line<'_> {
    /// Returns the line with all its operators and the necessary parentheses, and with the names
    /// that `rewriting` replaces. This text has the same meaning as the line.
    #[must_use]
    pub fn spelled(&self, rewriting: &dyn Rewriting) -> String {
        let mut text = String::new();
        for (index, statement) in self.statements.iter().enumerate() {
            if index > 0 {
                text += "; ";
            }
            if let Some(Definition {
                name, parameters, ..
            }) = &statement.binds
            {
                text += name.of(&self.text);
                if let Some(parameters) = parameters {
                    let names: Vec<_> = parameters.iter().map(|p| p.of(&self.text)).collect();
                    text.extend(["(", &names.join(", "), ")"]);
                }
                text += " = ";
            }
            let speller = Speller {
                line: &self.text,
                rewriting,
                parts: Vec::new(),
            };
            text += &speller.expression(self.expression(statement));
        }
        text
    }
}

/// A subexpression as text.
struct Spelling {
    text: String,
    /// The precedence of the outermost operator.
    level: Level,
    /// Whether the text is a percentage. A `+` or `-` before a percentage has another meaning.
    percent: bool,
    /// Whether the text is a written percentage, which is added to percentages.
    written: bool,
}

impl Spelling {
    fn new(text: String, level: Level) -> Self {
        Self {
            text,
            level,
            percent: false,
            written: false,
        }
    }

    /// Creates the spelling of a subexpression that never needs parentheses.
    fn atom(text: impl Into<String>) -> Self {
        Self::new(text.into(), Level::ATOM)
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

/// Writes an expression. The operands that wait for their operator are in `parts`.
struct Speller<'l> {
    line: &'l str,
    rewriting: &'l dyn Rewriting,
    parts: Vec<Spelling>,
}

impl Speller<'_> {
    fn expression(mut self, nodes: &[Node]) -> String {
        for node in nodes {
            let spelling = self.spelling(node);
            self.parts.extend(spelling);
        }
        self.parts.pop().map(|part| part.text).unwrap_or_default()
    }

    fn pop(&mut self) -> Spelling {
        self.parts
            .pop()
            .expect("operands come before their operator")
    }

    /// Removes the operands of `node` from the end of `parts`, and returns the spelling of `node`
    /// with these operands. Returns `None` for a jump, which has no text.
    fn spelling(&mut self, node: &Node) -> Option<Spelling> {
        let text = node.span.of(self.line);
        Some(match node.kind {
            NodeKind::Literal => literal(text),
            NodeKind::Name | NodeKind::UnitName => {
                Spelling::atom(self.rewriting.name(text).unwrap_or(text))
            }
            NodeKind::Magnitude => Spelling::atom(self.rewriting.magnitude(text).unwrap_or(text)),
            NodeKind::LastAnswer => Spelling::atom("ans"),
            NodeKind::JumpIfFalse(_) | NodeKind::Jump(_) | NodeKind::ShortCircuit { .. } => {
                return None;
            }
            NodeKind::Label => {
                let (otherwise, then, condition) = (self.pop(), self.pop(), self.pop());
                let parts = [condition.text, then.text, otherwise.text];
                Spelling::atom(format!("if({})", parts.join(", ")))
            }
            NodeKind::Call { arguments, .. } => {
                let start = self.parts.len() - usize::from(arguments);
                let arguments: Vec<_> = self.parts.drain(start..).map(|part| part.text).collect();
                let name = node.callee(self.line);
                let rewritten = self.rewriting.call(name, arguments.len());
                let (before, behind) = rewritten.unwrap_or((name, ""));
                Spelling::atom(format!("{before}({}){behind}", arguments.join(", ")))
            }
            NodeKind::Bars => Spelling::atom(format!("abs({})", self.pop().text)),
            NodeKind::Prefix(operator) => {
                let level = operator.level();
                let operand = self.pop();
                // Other calculators read `-2^2` differently.
                let is_power = operator == Prefix::Minus && operand.level == Level::POWER;
                let written = operand.written && matches!(operator, Prefix::Minus | Prefix::Plus);
                let operand = operand.within(if is_power { Level::POSTFIX } else { level });
                let text = format!("{}{operand}", operator.symbol());
                Spelling {
                    written,
                    ..Spelling::new(text, level)
                }
            }
            NodeKind::Postfix(operator) => self.postfix(operator, text),
            NodeKind::Binary(operator) => {
                let (right, left) = (self.pop(), self.pop());
                binary(operator, left, right)
            }
            NodeKind::Joined(logic) => {
                let (right, left) = (self.pop(), self.pop());
                joined(logic, left, right)
            }
            NodeKind::ChainStart(operator) => {
                let (right, left) = (self.pop(), self.pop());
                let repeated = Spelling::new(right.text.clone(), right.level);
                self.parts.push(binary(operator, left, right));
                repeated
            }
            NodeKind::ChainNext(operator) => {
                let right = self.pop();
                let repeated = Spelling::new(right.text.clone(), right.level);
                let chain = self.chained(operator, right);
                self.parts.push(chain);
                repeated
            }
            NodeKind::ChainEnd(operator) => {
                let right = self.pop();
                self.chained(operator, right)
            }
            NodeKind::Convert { form, operand } => {
                let conversion = Conversion::new(form, operand);
                let value = self.pop().text;
                Spelling::new(format!("{value} to {conversion}"), Level::CONVERSION)
            }
            NodeKind::ConvertUnits(units) => {
                let mut targets: Vec<_> = (0..units).map(|_| self.pop().text).collect();
                targets.reverse();
                let value = self.pop().text;
                Spelling::new(
                    format!("{value} to {}", targets.join(" + ")),
                    Level::CONVERSION,
                )
            }
        })
    }

    /// Returns the spelling of a chain of comparisons that ends in `right`. Its other comparisons
    /// and the left operand are the last parts.
    fn chained(&mut self, operator: Binary, right: Spelling) -> Spelling {
        let (left, chain) = (self.pop(), self.pop());
        if left.text.len() > REPEATED {
            let right = right.within(Level(operator.level().0 + 1));
            return Spelling::new(
                format!("{}{}{right}", chain.text, operator.symbol()),
                chain.level,
            );
        }
        joined(Logic::And, chain, binary(operator, left, right))
    }

    fn postfix(&mut self, operator: Postfix, sign: &str) -> Spelling {
        let operand = self.pop();
        match operator {
            Postfix::Factorial if sign.len() > 1 => {
                let operand = operand.text;
                Spelling::atom(format!("multifactorial({operand}, {})", sign.len()))
            }
            Postfix::Factorial => {
                let mut text = operand.within(Level::POSTFIX);
                if text.ends_with('!') {
                    // `5!!` is another operator.
                    text = format!("({text})");
                }
                Spelling::new(text + "!", Level::POSTFIX)
            }
            Postfix::Percent => {
                let mut text = operand.within(Level::POSTFIX);
                if text.ends_with('%') {
                    // `5%%` is a fault.
                    text = format!("({text})");
                }
                Spelling {
                    text: text + "%",
                    level: Level::POSTFIX,
                    percent: true,
                    written: true,
                }
            }
            Postfix::Square | Postfix::Cube => {
                let exponent = if operator == Postfix::Square { 2 } else { 3 };
                let base = operand.within(Level::POSTFIX);
                Spelling::new(format!("{base}^{exponent}"), Level::POWER)
            }
            Postfix::Superscript => {
                let exponent: String = sign.chars().filter_map(superscript).collect();
                let base = operand.within(Level::POSTFIX);
                Spelling::new(format!("{base}^{exponent}"), Level::POWER)
            }
        }
    }
}

/// Writes a literal. Separators of digits are left out.
fn literal(text: &str) -> Spelling {
    match Literal::of(text) {
        Literal::Mixed {
            whole,
            numerator,
            denominator,
        } => Spelling::atom(format!("({whole} + {numerator}/{denominator})")),
        Literal::Vulgar {
            whole,
            fraction: (n, d),
        } if !whole.is_empty() => Spelling::atom(format!("({whole} + {n}/{d})")),
        Literal::Recurring { .. } => Spelling::atom(format!("{}...", text.trim_end_matches('.'))),
        Literal::Decimal { .. } => {
            let digits = without_groups(text);
            // Behind a comma, needless zeros are a fault.
            let short = digits.trim_start_matches('0');
            let begins_with_digit = short.starts_with(|c: char| c.is_ascii_digit());
            if begins_with_digit || short.len() == digits.len() {
                Spelling::atom(short)
            } else {
                Spelling::atom(format!("0{short}"))
            }
        }
        _ => Spelling::atom(text),
    }
}

/// Removes the separators of digit groups from a literal.
fn without_groups(text: &str) -> Cow<'_, str> {
    let is_separator = |c: char| c == ',' || c == '\'' || c == '_' || c.is_whitespace();
    if text.contains(is_separator) {
        return text.replace(is_separator, "").into();
    }
    text.into()
}

/// Joins two operands with `and` or `or`.
fn joined(logic: Logic, left: Spelling, right: Spelling) -> Spelling {
    let level = logic.level();
    let (left, right) = (left.within(level), right.within(Level(level.0 + 1)));
    Spelling::new(format!("{left}{}{right}", logic.symbol()), level)
}

/// Joins two operands with an operator.
fn binary(operator: Binary, left: Spelling, right: Spelling) -> Spelling {
    let mut level = operator.level();
    let tighter = Level(level.0 + 1);
    let is_sum = matches!(operator, Binary::Add | Binary::Subtract);
    let written = is_sum && left.written && right.written;
    let (left, right) = match operator {
        // The right operand may have prefix signs. The left operand may not.
        Binary::Power if right.level == Level::POWER => {
            (left.within(Level::POSTFIX), format!("({})", right.text))
        }
        Binary::Power => (left.within(Level::POSTFIX), right.within(Level::PREFIX)),
        Binary::AddPercent | Binary::SubtractPercent => {
            let left = left.within(Level::PRODUCT);
            let right = right.within(Level::PRODUCT);
            let text = format!("{left} * (1{}{right}/100)", operator.symbol());
            return Spelling::new(text, Level::PRODUCT);
        }
        Binary::Add | Binary::Subtract if right.percent && !left.written => {
            (left.within(level), format!("({})", right.text))
        }
        Binary::Mixed => {
            // The sign of the left operand is that of the whole quantity.
            let sign = if left.text.starts_with('-') {
                " - "
            } else {
                " + "
            };
            let (left, right) = (left.within(Level::PRODUCT), right.within(Level::PRODUCT));
            return Spelling::new(format!("{left}{sign}{right}"), Binary::Add.level());
        }
        Binary::FloorDivide => {
            let (left, right) = (left.within(level), right.within(tighter));
            return Spelling::atom(format!("floor({left}/{right})"));
        }
        Binary::Juxtapose => {
            level = Level::PRODUCT;
            (left.within(level), right.within(Level::CALL))
        }
        _ if operator.chains() => (left.within(tighter), right.within(tighter)),
        _ => (left.within(level), right.within(tighter)),
    };
    let is_long = left.contains(' ') || right.contains(' ');
    let symbol = match operator.symbol() {
        "*" if is_long => " * ",
        symbol => symbol,
    };
    Spelling {
        written,
        ..Spelling::new(format!("{left}{symbol}{right}"), level)
    }
}

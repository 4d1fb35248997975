//! What a worksheet was told, so that a new one can be told the same.

use std::mem;

use crate::{
    client::{AngleUnit, Answer, Reply, TypedValue},
    engine::{CONSTANTS, library},
    syntax::{self, Line, NodeKind, ParseLimits, Prefix, Statement},
};

/// Lines that are kept.
const LINES: usize = 10_000;

/// Bytes of them.
const BYTES: usize = 1 << 20;

/// Lines that make the definitions and the last answer of a worksheet again, in the
/// order in which they were typed. What is exact is kept as its value, so that it
/// depends on nothing; what is not, as the line that made it.
#[derive(Debug, Default)]
pub(in crate::repl) struct Log {
    entries: Vec<Entry>,
    /// Lines that make the last answer, one after the other, behind the entries.
    last: Last,
    bytes: usize,
    overflowed: bool,
}

/// A line that defines something.
#[derive(Debug)]
struct Entry {
    line: String,
    /// What bare angles meant in it.
    angle: AngleUnit,
    /// What it defines, if that is one name.
    name: Option<String>,
    /// Whether it means the same wherever it stands.
    independent: bool,
}

/// What makes the last answer: these lines behind the entries, or where there are none,
/// the last entry that has a value.
#[derive(Debug, Default)]
struct Last {
    /// Each with what bare angles meant in it.
    lines: Vec<(String, AngleUnit)>,
    /// Whether they mean the same wherever they stand.
    independent: bool,
}

impl Log {
    /// The lines, the oldest first, each with what bare angles meant in it; none where they
    /// were too many.
    pub(in crate::repl) fn lines(&self) -> Option<impl Iterator<Item = (&str, AngleUnit)>> {
        let entries = self.entries.iter().map(|it| (it.line.as_str(), it.angle));
        let last = self.last.lines.iter();
        let lines = entries.chain(last.map(|(line, angle)| (line.as_str(), *angle)));
        (!self.overflowed).then_some(lines)
    }

    /// A typed call was answered.
    pub(in crate::repl) fn record_reply(&mut self, reply: &Reply) {
        if let Some(number) = reply.literal() {
            self.set_last(vec![(number, AngleUnit::Unspecified)], true);
        }
    }

    /// The worksheet answered `line`, in which bare angles meant this.
    pub(in crate::repl) fn record(&mut self, line: &str, angle: AngleUnit, answer: &Answer) {
        let Ok(parsed) = syntax::parse(line, &ParseLimits::DEFAULT) else {
            // It was answered, so another kind of server reads it.
            self.overflowed = true;
            return;
        };
        let value = reads_back(answer);
        let independent = is_independent(&parsed);
        let name = match &parsed.statements[..] {
            [
                Statement {
                    binds: Some(binding),
                    ..
                },
            ] => Some(binding.name.of(line)),
            _ => None,
        };
        let binds = parsed.statements.iter().any(|it| it.binds.is_some());
        if binds {
            if answer.text.is_none() {
                // The last answer stays what it is, whatever is defined from here on.
                self.settle_last();
            }
            let entry = match (name, value) {
                (Some(name), Some(value)) if !independent || value.len() < line.len() => Entry {
                    line: format!("{name} = {value}"),
                    angle,
                    name: Some(name.to_owned()),
                    independent: true,
                },
                _ => Entry {
                    line: line.to_owned(),
                    angle,
                    name: name.map(str::to_owned),
                    independent: independent && name.is_some(),
                },
            };
            if mentions_last(line) && !entry.independent {
                self.append_last();
            }
            self.push(entry);
        }
        if answer.text.is_none() {
            return;
        }
        match (value, name) {
            (Some(value), _) => self.set_last(vec![(value.to_owned(), angle)], true),
            (None, Some(name)) => self.set_last(vec![(name.to_owned(), angle)], false),
            // The line is the last entry.
            (None, None) if binds => self.set_last(Vec::new(), false),
            (None, None) => {
                let mut lines = if mentions_last(line) {
                    mem::take(&mut self.last.lines)
                } else {
                    Vec::new()
                };
                lines.push((line.to_owned(), angle));
                self.set_last(lines, independent);
            }
        }
    }

    fn set_last(&mut self, lines: Vec<(String, AngleUnit)>, independent: bool) {
        self.last = Last { lines, independent };
        self.bound();
    }

    /// Puts what makes the last answer among the entries, if something behind could
    /// change that.
    fn settle_last(&mut self) {
        if !self.last.independent {
            self.append_last();
        }
    }

    fn append_last(&mut self) {
        self.last.independent = false;
        for (line, angle) in mem::take(&mut self.last.lines) {
            self.push(Entry {
                line,
                angle,
                name: None,
                independent: false,
            });
        }
    }

    fn push(&mut self, entry: Entry) {
        if entry.independent && entry.name.is_some() {
            // An older definition of the name can go, unless what came later may have
            // needed it.
            let needed = self.entries.iter().rposition(|entry| !entry.independent);
            let free = needed.map_or(0, |at| at + 1);
            let same = |older: &Entry| older.name == entry.name;
            if let Some(at) = self.entries[free..].iter().position(same) {
                self.bytes -= self.entries.remove(free + at).line.len();
            }
        }
        self.bytes += entry.line.len();
        self.entries.push(entry);
        self.bound();
    }

    fn bound(&mut self) {
        let lines = self.entries.len() + self.last.lines.len();
        let bytes = self.bytes
            + self
                .last
                .lines
                .iter()
                .map(|(line, _)| line.len())
                .sum::<usize>();
        if lines > LINES || bytes > BYTES {
            *self = Self {
                overflowed: true,
                ..Self::default()
            };
        }
    }
}

/// Whether a line means the same wherever it stands: all its names are those of the
/// language, or it defines functions, which look at the names when they are called.
pub(in crate::repl) fn is_independent(line: &Line<'_>) -> bool {
    let known = |name: &str| {
        library::find(name).is_some()
            || matches!(name, "true" | "false")
            || CONSTANTS.iter().any(|(constant, _)| *constant == name)
    };
    line.statements.iter().all(|statement| {
        let mut nodes = line.expression(statement).iter();
        statement.is_function()
            || nodes.all(|node| match node.kind {
                NodeKind::Name => known(node.span.of(line.text)),
                NodeKind::Call { .. } => known(node.callee(line.text)),
                _ => true,
            })
    })
}

/// The text of an answer, if a line with that text has the same value and shows it so.
fn reads_back(answer: &Answer) -> Option<&str> {
    let text = answer.text.as_deref()?;
    let exact = answer.exact.as_ref().filter(|_| !answer.rounded)?;
    let reads_back = match exact {
        _ if text.len() >= ParseLimits::DEFAULT.line / 2 => false,
        TypedValue::Truth(_) | TypedValue::Fraction { .. } => true,
        // A factored one would lose its factors.
        TypedValue::Integer(_) | TypedValue::Text => is_literal(text),
    };
    reads_back.then_some(text)
}

/// Whether `text` is one literal, with a sign or without.
fn is_literal(text: &str) -> bool {
    syntax::parse(text, &ParseLimits::DEFAULT).is_ok_and(|line| {
        let literal = [NodeKind::Literal, NodeKind::Prefix(Prefix::Minus)];
        line.nodes.iter().all(|node| literal.contains(&node.kind))
    })
}

/// Whether `line` may want the last answer. Some lines that do not may seem to.
pub(in crate::repl) fn mentions_last(line: &str) -> bool {
    line.contains("ans") || line.contains('_')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::{self, Options, Work, Worksheet};

    /// The lines of a log after each of these lines was answered so; a `~` stands before
    /// what is rounded, and nothing is the answer to the definition of a function.
    #[track_caller]
    fn logged(rows: &[(&str, &str)]) -> Vec<String> {
        let mut log = Log::default();
        for (line, answer) in rows {
            let text = answer.trim_start_matches('~');
            let rounded = answer.starts_with('~');
            let answer = Answer {
                name: String::new(),
                text: (!text.is_empty()).then(|| text.to_owned()),
                rounded,
                exact: match text {
                    "" => None,
                    "true" => Some(TypedValue::Truth(true)),
                    _ if rounded => None,
                    _ => Some(text.parse().map_or(TypedValue::Text, TypedValue::Integer)),
                },
            };
            log.record(line, AngleUnit::Unspecified, &answer);
        }
        let lines = log.lines().unwrap();
        lines.map(|(line, _)| line.to_owned()).collect()
    }

    #[test]
    fn exact_values_are_kept_as_such() {
        assert_eq!(
            logged(&[
                ("x = 2^10 + y", "1034"),
                ("x = x + 1", "1035"),
                ("x", "1035")
            ]),
            ["x = 1035", "1035"]
        );
        assert_eq!(
            logged(&[("x = 2^90", "1237940039285380274899124224")]),
            ["x = 2^90", "1237940039285380274899124224"]
        );
        assert_eq!(logged(&[("t = 1 < y", "true")]), ["t = true", "true"]);
        assert_eq!(
            logged(&[("x = factor(360)", "2^3 * 3^2 * 5")]),
            ["x = factor(360)", "x"]
        );
    }

    #[test]
    fn what_is_not_exact_is_kept_with_what_it_needs() {
        assert_eq!(
            logged(&[
                ("r = 2", "2"),
                ("x = sqrt(r)", "~1.41"),
                ("r = 3", "3"),
                ("r = 4", "4"),
                ("x", "~1.41"),
            ]),
            ["r = 2", "x = sqrt(r)", "r = 4", "x"]
        );
        assert_eq!(
            logged(&[("x = sqrt(2)", "~1.41"), ("x = sqrt(3)", "~1.73")]),
            ["x = sqrt(3)", "x"]
        );
    }

    #[test]
    fn the_last_answer_is_kept_where_it_is_needed() {
        assert_eq!(
            logged(&[
                ("pi", "~3.14"),
                ("ans + 1", "~4.14"),
                ("x = 2 ans", "~8.28")
            ]),
            ["pi", "ans + 1", "x = 2 ans", "x"]
        );
        assert_eq!(
            logged(&[("7", "7"), ("x = ans pi", "~21.9"), ("y = ans pi", "~69.1")]),
            ["7", "x = ans pi", "x", "y = ans pi", "y"]
        );
        assert_eq!(
            logged(&[("7", "7"), ("ans pi", "~21.9"), ("f(n) = n", "")]),
            ["7", "ans pi", "f(n) = n"]
        );
        assert_eq!(
            logged(&[("7", "7"), ("a = ans; a pi", "~21.9"), ("f(n) = n", "")]),
            ["7", "a = ans; a pi", "f(n) = n"]
        );
        assert_eq!(
            logged(&[("x = pi", "~3.14"), ("x(n) = n", "")]),
            ["x = pi", "x", "x(n) = n"]
        );
    }

    #[test]
    fn functions() {
        assert_eq!(
            logged(&[
                ("f(x) = x", ""),
                ("f(2) pi", "~6.28"),
                ("f(x) = 2 x", ""),
                ("f(x) = 3 x", ""),
            ]),
            ["f(x) = x", "f(2) pi", "f(x) = 3 x"]
        );
        assert_eq!(
            logged(&[("7", "7"), ("f(x) = x", ""), ("f(x) = 2 x", "")]),
            ["f(x) = 2 x", "7"]
        );
    }

    #[test]
    fn a_log_that_overflows_says_so() {
        let mut log = Log::default();
        let answer = Answer {
            text: Some("1.5".into()),
            rounded: true,
            ..Answer::default()
        };
        for n in 0..LINES {
            assert!(log.lines().is_some(), "{n}");
            log.record("x = x + pi", AngleUnit::Unspecified, &answer);
        }
        assert!(log.lines().is_none());
    }

    /// A worksheet, and what `line` answers there.
    fn run(sheet: &mut Worksheet, line: &str) -> Option<Answer> {
        let limits = engine::Limits::default();
        let mut work = Work::new(&limits, limits.work, &|| None);
        let found = sheet.run(line, Options::default(), &mut work).ok()?;
        let rounded = found.value.as_ref().is_some_and(|shown| shown.rounded);
        Some(Answer {
            name: found.name.map(Into::into).unwrap_or_default(),
            rounded,
            exact: found.value.as_ref().and_then(typed),
            text: found.value.map(|shown| shown.text.into()),
        })
    }

    /// The value of a rendered answer as a client has it.
    fn typed(shown: &engine::Rendered) -> Option<TypedValue> {
        Some(match &shown.typed {
            Some(engine::ExactValue::Integer(n)) => TypedValue::Integer(*n),
            Some(engine::ExactValue::Truth(truth)) => TypedValue::Truth(*truth),
            Some(engine::ExactValue::Ratio(n, d)) => TypedValue::Fraction {
                numerator: n.to_string(),
                denominator: d.to_string(),
            },
            Some(engine::ExactValue::Fraction(parts)) => TypedValue::Fraction {
                numerator: parts.0.to_string(),
                denominator: parts.1.to_string(),
            },
            None if shown.rounded => return None,
            None => TypedValue::Text,
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        /// A worksheet that is told the lines of the log is the same as before.
        #[test]
        fn a_worksheet_is_made_again(program in proptest::collection::vec(
            prop_oneof![
                "(x|y) = [1-9]",
                "(x|y) = (x|y|ans) [-+*] (x|y|ans|pi|[1-9])",
                "(x|y) = (sqrt\\(2\\)|f\\(x\\)|f\\(ans\\) \\* pi)",
                "(x|y|ans|f\\(y\\)|[1-9]) ?[-+*] ?(x|y|ans|pi|[1-9])",
                "(f|x)\\(n\\) = n (x|y|[1-9])",
                "(x|y) = [1-9]; (x|y) = (x|y) pi; (x|y|ans) \\+ 1",
                "(x|y) = ans; f\\(n\\) = n \\+ (x|y)",
                "(x|y) = (x|y|ans) to 3 digits",
                "x = y < 3|y = factor\\(12\\)|x = 1/3|ans to hex",
            ],
            1..25,
        )) {
            let (mut sheet, mut log) = (Worksheet::default(), Log::default());
            for line in &program {
                if let Some(answer) = run(&mut sheet, line) {
                    log.record(line, AngleUnit::Unspecified, &answer);
                }
            }
            let mut again = Worksheet::default();
            for (line, _) in log.lines().unwrap() {
                prop_assert!(run(&mut again, line).is_some(), "{program:?} {line}");
            }
            for line in ["ans", "x", "y", "f(2)", "x(2)", "x - y"] {
                let (mut before, mut after) = (run(&mut sheet, line), run(&mut again, line));
                // A factorization is the number that it shows.
                for answer in [&mut before, &mut after].into_iter().flatten() {
                    answer.text = answer.text.take().map(|text| text.replace("2^2 * 3", "12"));
                }
                prop_assert_eq!(before, after, "{:?} {:?}", program, log);
            }
        }
    }
}

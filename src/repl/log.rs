//! What a worksheet was told, so that a new one can be told the same.

use std::mem;

use crate::{
    client::{Answer, Reply},
    syntax::{self, Limits, NodeKind},
};

/// Lines that are kept.
const LINES: usize = 10_000;

/// Bytes of them.
const BYTES: usize = 1 << 20;

/// Lines that make the definitions and the last answer of a worksheet again, in the
/// order in which they were typed. What is exact is kept as its value, so that it
/// depends on nothing; what is not, as the line that made it.
#[derive(Debug, Default)]
pub(super) struct Log {
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
    /// What it defines, if that is one name.
    name: Option<String>,
    /// Whether it means the same wherever it stands.
    independent: bool,
}

#[derive(Debug, Default)]
struct Last {
    lines: Vec<String>,
    /// Whether they mean the same wherever they stand.
    independent: bool,
}

impl Log {
    /// The lines, the oldest first; none where they were too many.
    pub(super) fn lines(&self) -> Option<impl Iterator<Item = &str>> {
        let entries = self.entries.iter().map(|entry| &entry.line);
        let lines = entries.chain(&self.last.lines).map(String::as_str);
        (!self.overflowed).then_some(lines)
    }

    /// A typed call was answered.
    pub(super) fn record_reply(&mut self, reply: &Reply) {
        if let Some(number) = reply.exact() {
            self.set_last(vec![number], true);
        }
    }

    /// The worksheet answered `line`.
    pub(super) fn record(&mut self, line: &str, answer: &Answer) {
        let Ok(parsed) = syntax::parse(line, &Limits::DEFAULT) else {
            // It was answered, so another kind of server reads it.
            self.overflowed = true;
            return;
        };
        let value = answer.text.as_deref().filter(|text| {
            // What is exact and plain reads back to the same value.
            !answer.rounded && text.len() < Limits::DEFAULT.line / 2 && is_plain(text)
        });
        let names_nothing =
            |kind: NodeKind| !matches!(kind, NodeKind::Name | NodeKind::Call { .. });
        let constant = parsed.nodes.iter().all(|node| names_nothing(node.kind));
        let uses_last = mentions_last(line);
        let bindings: Vec<_> = parsed
            .statements
            .iter()
            .filter_map(|it| it.binds.as_ref())
            .collect();
        let functions = parsed.statements.iter().all(syntax::Statement::is_function);

        if let [binding, ..] = bindings[..] {
            if answer.text.is_none() {
                // The last answer stays what it is, whatever is defined from here on.
                self.settle_last();
            }
            let single = parsed.statements.len() == 1;
            let name = single.then(|| binding.name.of(line).to_owned());
            let entry = match (&name, value) {
                (Some(name), Some(value)) if !constant || value.len() < line.len() => Entry {
                    line: format!("{name} = {value}"),
                    name: Some(name.clone()),
                    independent: true,
                },
                _ => Entry {
                    line: line.to_owned(),
                    independent: functions || (single && constant),
                    name,
                },
            };
            if uses_last && !entry.independent {
                self.settle_last();
            }
            self.push(entry);
        }
        if answer.text.is_none() {
            return;
        }
        match (value, &bindings[..], &parsed.statements[..]) {
            (Some(value), ..) => self.set_last(vec![value.to_owned()], true),
            (None, [binding], [_]) => {
                // The definition stands in the log already.
                let right = binding.right.of(line).to_owned();
                self.extend_last(right, uses_last, constant);
            }
            _ => self.extend_last(line.to_owned(), uses_last, constant),
        }
    }

    /// `line` makes the last answer, with what made the one before if it `uses_last`.
    fn extend_last(&mut self, line: String, uses_last: bool, constant: bool) {
        let mut lines = if uses_last {
            mem::take(&mut self.last.lines)
        } else {
            Vec::new()
        };
        lines.push(line);
        self.set_last(lines, constant && !uses_last);
    }

    fn set_last(&mut self, lines: Vec<String>, independent: bool) {
        self.last = Last { lines, independent };
        self.bound();
    }

    /// Puts what makes the last answer among the entries, before what would change it.
    fn settle_last(&mut self) {
        if self.last.independent {
            return;
        }
        for line in mem::take(&mut self.last.lines) {
            self.push(Entry {
                line,
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
        let bytes = self.bytes + self.last.lines.iter().map(String::len).sum::<usize>();
        if lines > LINES || bytes > BYTES {
            *self = Self {
                overflowed: true,
                ..Self::default()
            };
        }
    }
}

/// Whether a text of a value is a single literal, or a truth value.
fn is_plain(text: &str) -> bool {
    let digit = |b: u8| b.is_ascii_hexdigit() || matches!(b, b'-' | b'.' | b'/' | b'x' | b'o');
    matches!(text, "true" | "false") || text.bytes().all(digit)
}

/// Whether `line` may want the last answer. Some lines that do not may seem to.
pub(super) fn mentions_last(line: &str) -> bool {
    line.contains("ans") || line.contains('_')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a log after each of these lines was answered so; a `~` stands before
    /// what is rounded, and nothing is the answer to the definition of a function.
    #[track_caller]
    fn logged(rows: &[(&str, &str)]) -> Vec<String> {
        let mut log = Log::default();
        for (line, answer) in rows {
            let text = answer.trim_start_matches('~');
            let answer = Answer {
                name: String::new(),
                text: (!text.is_empty()).then(|| text.to_owned()),
                rounded: answer.starts_with('~'),
            };
            log.record(line, &answer);
        }
        log.lines().unwrap().map(str::to_owned).collect()
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
            ["x = factor(360)", "factor(360)"]
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
            logged(&[
                ("pi", "~3.14"),
                ("ans + 1", "~4.14"),
                ("x = 2 ans", "~8.28")
            ]),
            ["pi", "ans + 1", "x = 2 ans", "2 ans"]
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
            log.record("x = x + pi", &answer);
        }
        assert!(log.lines().is_none());
    }
}

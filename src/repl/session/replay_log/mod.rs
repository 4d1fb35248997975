//! The log of a worksheet: lines that restore the worksheet in a new stream.

use std::{borrow::Cow, mem};

use indexmap::IndexMap;

use crate::{
    client::{AngleUnit, Answered, Reply, TypedValue},
    engine::{BuiltInFunctions, forgotten, is_built_in},
    syntax::{self, Line, NodeKind, ParseLimits, Prefix},
};

/// The maximum number of lines in a log.
const LINES: usize = 10_000;

/// The maximum total size, in bytes, of the lines in a log.
const BYTES: usize = 1 << 20;

/// The maximum length, in bytes, of an exact answer that is kept without a look at its line.
const SHORT: usize = 64;

/// Lines that restore the definitions and the last answer of a worksheet, the oldest first.
///
/// For an exact value, the log keeps a line with the value itself. This line depends on no other
/// line. For a rounded value, the log keeps the line that computed the value. Most lines are
/// recorded without being parsed.
#[derive(Debug, Default)]
pub(in crate::repl) struct Log {
    entries: Vec<LogEntry>,
    /// The newest definitions, by name. They run after the lines of the entries. They depend on
    /// no other line, so a new definition of a name replaces the old one.
    definitions: IndexMap<String, LogEntry>,
    /// The value that the last answer has after the lines of the definitions.
    last: Last,
    /// The line of [`Last::Value`]. It is kept here so that its memory is used again.
    value: String,
    /// The total size, in bytes, of the lines in `entries` and `definitions`.
    bytes: usize,
    /// Whether the worksheet cannot be restored: its lines exceeded a limit, or a line could not be
    /// parsed.
    overflowed: bool,
}

/// A line, and the unit of angles that are written without a unit in the line.
#[derive(Debug)]
struct LogEntry {
    line: String,
    angle: AngleUnit,
}

/// The last answer.
#[derive(Debug, Default)]
enum Last {
    /// The value of the last entry that has a value.
    #[default]
    Logged,
    /// An integer. It needs no line until the worksheet is restored.
    Integer(i64),
    /// The value of the line `value` of the log, which is a short literal.
    Value,
    /// The value of the last of these lines.
    Lines(Vec<LogEntry>),
}

impl LogEntry {
    fn new(line: impl Into<String>, angle: AngleUnit) -> Self {
        let line = line.into();
        Self { line, angle }
    }
}

impl Log {
    /// Returns the lines of the log, the oldest first, or `None` if the log has overflowed. Each
    /// line comes with the unit of its angles that are written without a unit.
    pub(in crate::repl) fn lines(&self) -> Option<impl Iterator<Item = (Cow<'_, str>, AngleUnit)>> {
        let (lines, value) = match &self.last {
            Last::Logged => (&[][..], None),
            Last::Integer(integer) => (&[][..], Some(integer.to_string().into())),
            Last::Value => (&[][..], Some(self.value.as_str().into())),
            Last::Lines(lines) => (&lines[..], None),
        };
        let entries = self.entries.iter().chain(self.definitions.values());
        let lines = entries
            .chain(lines)
            .map(|it| (it.line.as_str().into(), it.angle))
            .chain(value.map(|value| (value, AngleUnit::Unspecified)));
        (!self.overflowed).then_some(lines)
    }

    /// Records the reply of a typed call.
    pub(super) fn record_reply(&mut self, reply: &Reply) {
        if let Some(number) = reply.literal() {
            self.set_last(&number, AngleUnit::Unspecified);
        }
    }

    /// Records the answer to a line with a single statement, if the text of the answer can replace
    /// the line. Otherwise, returns false.
    #[inline]
    pub(in crate::repl) fn record_exact(&mut self, answer: &Answered<'_>) -> bool {
        if answer.name.is_empty()
            && let Some(TypedValue::Integer(integer)) = answer.exact
        {
            self.last = Last::Integer(integer);
            return true;
        }
        self.record_text(answer)
    }

    fn record_text(&mut self, answer: &Answered<'_>) -> bool {
        let Some(value) = reads_back(answer).filter(|value| value.len() <= SHORT) else {
            return false;
        };
        if !answer.name.is_empty() {
            let parts = [&answer.name, " = ", value];
            self.define(&answer.name, &parts, AngleUnit::Unspecified);
        }
        self.value.clear();
        self.value.push_str(value);
        self.last = Last::Value;
        true
    }

    /// Records the answer of the worksheet to a line.
    pub(in crate::repl) fn record(&mut self, line: &str, angle: AngleUnit, answer: &Answered<'_>) {
        if let Some(name) = forgotten(line) {
            self.forget(name);
        } else if memchr::memchr(b';', line.as_bytes()).is_some() {
            self.record_statements(line, angle, answer);
        } else if answer.name.is_empty() {
            self.record_value(line, angle, answer);
        } else {
            self.record_definition(line, angle, answer);
        }
    }

    /// Records the answer to a line that defines no name.
    fn record_value(&mut self, line: &str, angle: AngleUnit, answer: &Answered<'_>) {
        if answer.text.is_none() {
            return;
        }
        match reads_back(answer) {
            Some(value) => self.set_last(value, angle),
            None if mentions_last(line) => {
                let mut lines = self.take_last();
                lines.push(LogEntry::new(line, angle));
                self.last = Last::Lines(lines);
                self.bound();
            }
            None => self.set_last(line, angle),
        }
    }

    /// Records the answer to a line that consists of a single definition.
    fn record_definition(&mut self, line: &str, angle: AngleUnit, answer: &Answered<'_>) {
        let name = &*answer.name;
        if answer.text.is_none() {
            // A function looks up names only when it is called. Later definitions must not change
            // the last answer.
            self.settle_last();
            self.define(name, &[line], angle);
            return;
        }
        let right = line.split_once('=').map_or(line, |(_, right)| right);
        let value = reads_back(answer);
        if let Some(value) = value
            && (value.len() < line.len() || !is_independent(right))
        {
            self.define(name, &[name, " = ", value], angle);
        } else if is_independent(right) {
            self.define(name, &[line], angle);
        } else {
            if mentions_last(line) {
                self.append_last();
            }
            self.append(line, angle);
        }
        self.set_last(value.unwrap_or(name), angle);
    }

    /// Removes the definition of `name`, or adds a line that removes it, if another line needs it.
    fn forget(&mut self, name: &str) {
        self.settle_last();
        let is_free = self.entries.iter().all(|it| !has_word(&it.line, name));
        if let Some(definition) = self.definitions.shift_remove(name) {
            self.bytes -= definition.line.len();
        }
        if !is_free {
            // The first line defines the name, so the second line cannot fail. Neither changes the last answer.
            self.append(&format!("{name}(n) = n"), AngleUnit::Unspecified);
            self.append(&format!(":forget {name}"), AngleUnit::Unspecified);
        }
    }

    /// Records the answer to a line that has several statements.
    fn record_statements(&mut self, line: &str, angle: AngleUnit, answer: &Answered<'_>) {
        let Ok(parsed) = syntax::parse(line, &ParseLimits::DEFAULT, &BuiltInFunctions) else {
            // The server supports a syntax that this program cannot parse.
            self.overflowed = true;
            return;
        };
        if !parsed.statements.iter().any(|it| it.binds.is_some()) {
            self.record_value(line, angle, answer);
            return;
        }
        if answer.text.is_none() {
            self.settle_last();
        }
        if mentions_last(line) {
            self.append_last();
        }
        self.append(line, angle);
        if answer.text.is_some() {
            match reads_back(answer) {
                Some(value) => self.set_last(value, angle),
                None => self.last = Last::Logged,
            }
        }
    }

    /// Makes the value of a line the last answer. The line does not use the last answer.
    fn set_last(&mut self, line: &str, angle: AngleUnit) {
        match &mut self.last {
            Last::Lines(lines) if lines.len() == 1 => {
                lines[0].angle = angle;
                lines[0].line.clear();
                lines[0].line.push_str(line);
            }
            last => *last = Last::Lines(vec![LogEntry::new(line, angle)]),
        }
        self.bound();
    }

    /// Takes the lines that compute the last answer.
    fn take_last(&mut self) -> Vec<LogEntry> {
        match mem::take(&mut self.last) {
            Last::Logged => Vec::new(),
            Last::Integer(integer) => {
                vec![LogEntry::new(integer.to_string(), AngleUnit::Unspecified)]
            }
            Last::Value => vec![LogEntry::new(self.value.as_str(), AngleUnit::Unspecified)],
            Last::Lines(lines) => lines,
        }
    }

    /// Moves the lines of the last answer into `entries`, if these lines depend on other lines.
    fn settle_last(&mut self) {
        if let Last::Lines(lines) = &self.last
            && !lines.iter().all(|it| is_independent(&it.line))
        {
            self.append_last();
        }
    }

    fn append_last(&mut self) {
        for LogEntry { line, angle } in self.take_last() {
            self.append(&line, angle);
        }
    }

    /// Adds a definition that depends on no other line. The line consists of `parts`.
    fn define(&mut self, name: &str, parts: &[&str], angle: AngleUnit) {
        let entry = if let Some(entry) = self.definitions.get_mut(name) {
            entry
        } else {
            let entry = LogEntry::new("", angle);
            self.definitions.entry(name.to_owned()).or_insert(entry)
        };
        self.bytes -= entry.line.len();
        entry.line.clear();
        entry.line.extend(parts.iter().copied());
        entry.angle = angle;
        self.bytes += entry.line.len();
        self.bound();
    }

    /// Adds a line that may depend on the lines before it.
    fn append(&mut self, line: &str, angle: AngleUnit) {
        let definitions = self.definitions.drain(..);
        self.entries.extend(definitions.map(|(_, entry)| entry));
        self.bytes += line.len();
        self.entries.push(LogEntry::new(line, angle));
        self.bound();
    }

    fn bound(&mut self) {
        let last = match &self.last {
            Last::Logged | Last::Integer(_) | Last::Value => &[][..],
            Last::Lines(lines) => lines,
        };
        let lines = self.entries.len() + self.definitions.len() + last.len();
        let bytes = self.bytes + last.iter().map(|it| it.line.len()).sum::<usize>();
        if lines > LINES || bytes > BYTES {
            *self = Self {
                overflowed: true,
                ..Self::default()
            };
        }
    }
}

/// Whether `word` is one of the words of a line.
fn has_word(line: &str, word: &str) -> bool {
    words(line).any(|it| it == word)
}

/// Returns the words of a line without the digits before them. Some are empty.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.map(|word| word.trim_start_matches(|c: char| c.is_ascii_digit()))
}

/// Whether the value of a line with a single expression does not depend on other lines. A line that
/// cannot be parsed depends on other lines.
fn is_independent(line: &str) -> bool {
    // Most lines need not be parsed: a word that is built in means the same wherever it stands.
    words(line).all(|word| word.is_empty() || is_built_in(word))
        || syntax::parse(line, &ParseLimits::DEFAULT, &BuiltInFunctions)
            .is_ok_and(|line| has_built_ins_only(&line))
}

/// Whether the value of a line does not depend on other lines.
///
/// This is true if all names in the line are built-in names. It is also true if the line defines
/// functions, since a function looks up names only when it is called.
pub(super) fn has_built_ins_only(line: &Line<'_>) -> bool {
    line.statements.iter().all(|statement| {
        let mut nodes = line.expression(statement).iter();
        statement.is_function()
            || nodes.all(|node| match node.kind {
                NodeKind::Name => is_built_in(node.span.of(&line.text)),
                NodeKind::Call { .. } => is_built_in(node.callee(&line.text)),
                _ => true,
            })
    })
}

/// Returns the text of an answer, if a line with that text has exactly the same answer.
fn reads_back<'a>(answer: &'a Answered<'_>) -> Option<&'a str> {
    let text = answer.text.as_deref()?;
    // The worksheet may bind the name of a unit to something else.
    if answer
        .remarks
        .as_ref()
        .is_some_and(|remarks| !remarks.unit.is_empty())
    {
        return None;
    }
    let exact = answer.exact.as_ref().filter(|_| !answer.rounded)?;
    let reads_back = match exact {
        _ if text.len() >= ParseLimits::DEFAULT.line / 2 => false,
        TypedValue::Truth(_) | TypedValue::Fraction { .. } | TypedValue::BigInteger => true,
        // A factored number would lose its factors.
        TypedValue::Integer(_) | TypedValue::Untyped => is_literal(text),
    };
    reads_back.then_some(text)
}

/// Whether `text` is a single literal, with or without a minus sign.
fn is_literal(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return true;
    }
    syntax::parse(text, &ParseLimits::DEFAULT, &BuiltInFunctions).is_ok_and(|line| {
        let literal = [NodeKind::Literal, NodeKind::Prefix(Prefix::Minus)];
        line.nodes.iter().all(|node| literal.contains(&node.kind))
    })
}

/// Whether a line may use the last answer. The test is approximate: some other lines match too.
pub(in crate::repl) fn mentions_last(line: &str) -> bool {
    line.contains("ans") || line.contains('_')
}

#[cfg(test)]
mod tests;

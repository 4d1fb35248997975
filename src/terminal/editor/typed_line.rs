//! Finds the commands in the line that is being typed. Its colors and its preview need them.

use std::{
    cell::{Ref, RefCell},
    ops::Range,
};

use crate::repl::command::{self, Head, registry::OperandKind};

/// The maximum length of a text that is analyzed, in bytes. A longer text would slow down each key.
const LONGEST: usize = 4096;

/// A line that is being typed. It is parsed once, for its colors and its preview.
#[derive(Debug, Default)]
pub(in crate::terminal) struct TypedLine {
    /// The text of the line.
    pub(super) text: String,
    /// The byte ranges of the command names. `:explain` can precede another command.
    pub(super) commands: Vec<Range<usize>>,
    /// The part after the commands.
    pub(super) rest: AfterCommand,
    /// Whether the line belongs to the language, and is not a command.
    pub(super) is_expression: bool,
    /// The faulty part of a command, as a range of characters.
    pub(super) fault: Option<Range<usize>>,
}

/// The parsed line after the last key press.
#[derive(Default)]
pub(super) struct LatestLine(RefCell<TypedLine>);

impl LatestLine {
    /// Returns the parsed `text`. Parses it only if it has changed since the last call.
    pub(super) fn parsed(&self, text: &str) -> Ref<'_, TypedLine> {
        if self.0.borrow().text != text {
            self.0.replace(TypedLine::new(text));
        }
        self.0.borrow()
    }
}

/// The part of a line after its commands, and the byte where it begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum AfterCommand {
    /// Plain text.
    #[default]
    Text,
    /// Operands of a typed call.
    Operands(usize),
    /// A line of the language.
    Language(usize),
}

impl TypedLine {
    /// Parses a line. A line that is too long counts as plain text.
    pub(super) fn new(text: &str) -> Self {
        let mut line = Self {
            text: text.into(),
            ..Self::default()
        };
        if text.len() > LONGEST {
            return line;
        }
        match command::parse(text) {
            Ok(parsed) => line.is_expression = parsed.is_expression(),
            Err(fault) => line.fault = Some(fault.span),
        }
        line.rest = line.split();
        line
    }

    /// Finds the names of the commands, and the part after them.
    fn split(&mut self) -> AfterCommand {
        let mut start = 0;
        loop {
            let Some(head) = Head::read(&self.text[start..]) else {
                return AfterCommand::Language(start);
            };
            let Some(spec) = head.spec else {
                return if head.has_colon() {
                    AfterCommand::Text
                } else {
                    AfterCommand::Language(start)
                };
            };
            let end = start + head.end;
            self.commands.push(end - head.name.text.len()..end);
            match spec.operand_kind {
                OperandKind::Line => start = end,
                OperandKind::Integers => return AfterCommand::Operands(end),
                OperandKind::Words => return AfterCommand::Text,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_the_part_after_them() {
        for (text, commands, rest) in [
            ("1 + 1", &[][..], AfterCommand::Language(0)),
            ("", &[], AfterCommand::Language(0)),
            ("add = 3", &[], AfterCommand::Language(0)),
            ("é + 1", &[], AfterCommand::Language(0)),
            (":frob 1", &[], AfterCommand::Text),
            (":ans#note", &[(0, 4)], AfterCommand::Text),
            ("\u{a0}add\t1 2", &[(2, 5)], AfterCommand::Operands(5)),
            (
                ":explain\u{a0}:explain x",
                &[(0, 8), (10, 18)],
                AfterCommand::Language(18),
            ),
        ] {
            let line = TypedLine::new(text);
            let found = line.commands.iter().map(|span| (span.start, span.end));
            assert!(found.eq(commands.iter().copied()), "{text:?}");
            assert_eq!(line.rest, rest, "{text:?}");
        }
    }

    #[test]
    fn a_line_is_parsed_once_until_it_changes() {
        let latest = LatestLine::default();
        let first = latest.parsed("1 + 1").text.as_ptr();
        assert_eq!(latest.parsed("1 + 1").text.as_ptr(), first);
        assert_eq!(latest.parsed("add 1").commands.len(), 1);
        assert!(latest.parsed("1 + 1").is_expression);
    }

    #[test]
    fn a_line_that_is_too_long_is_plain_text() {
        let line = TypedLine::new(&"1 + ".repeat(LONGEST));
        assert!(!line.is_expression && line.rest == AfterCommand::Text);
    }
}

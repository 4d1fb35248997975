//! The words of a line, and the operands of a command.

use std::ops::Range;

use super::{
    fault::{LineFault, SYNTAX},
    registry::CommandSpec,
};
use crate::{syntax::is_space, text::printable::quoted};

/// A word and its position in the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'t> {
    /// The text of the word.
    pub text: &'t str,
    /// The position of the word in the line, as a half-open range of characters counted from 0.
    pub span: Range<usize>,
}

impl Word<'_> {
    /// Returns a fault at the position of the word.
    pub(super) fn fault(&self, message: String, help: impl Into<String>) -> LineFault {
        LineFault {
            reason: SYNTAX,
            message,
            span: self.span.clone(),
            help: help.into(),
        }
    }

    /// Returns the fault of a word that cannot be an operand of a typed call. The message is the
    /// word, followed by `wrong`. For example, `wrong` is "is not an integer".
    pub(in crate::repl) fn no_operand(&self, wrong: &str) -> LineFault {
        self.fault(
            format!("{} {wrong}", quoted(self.text)),
            format!(
                "operands are integers from {} to {}, or names of integers",
                i32::MIN,
                i32::MAX
            ),
        )
    }
}

/// An iterator over the words of a line. Words in a comment are left out.
///
/// Words are separated by Unicode white space or by byte order marks.
#[derive(Debug)]
pub(super) struct Words<'t> {
    /// The line without its comment.
    code: &'t str,
    /// The part of `code` after the words that were read.
    rest: &'t str,
    /// The number of characters of the line before `rest`.
    column: usize,
}

impl<'t> Words<'t> {
    pub(super) fn new(line: &'t str) -> Self {
        let code = line.split('#').next().unwrap_or(line);
        Self {
            code,
            rest: code,
            column: 0,
        }
    }

    /// Returns the text that was not read yet, without leading white space.
    pub(super) fn ahead(&self) -> &'t str {
        self.rest.trim_start_matches(is_space)
    }

    /// Returns the number of bytes that were read.
    fn position(&self) -> usize {
        self.code.len() - self.rest.len()
    }

    /// Returns the number of characters from the start of the line to the end of the last word.
    fn end(&self) -> usize {
        self.code.trim_end_matches(is_space).chars().count()
    }
}

/// The first word of a line, which may name a command.
#[derive(Clone, Debug)]
pub struct Head<'t> {
    /// The word.
    pub name: Word<'t>,
    /// The row that defines the command. `None` if the line is an expression or statement, or if
    /// the command is unknown.
    pub spec: Option<&'static CommandSpec>,
    /// The byte offset in the line at which the word ends.
    pub end: usize,
}

impl<'t> Head<'t> {
    /// Reads the first word of `line`. Returns `None` if the line is blank or a comment.
    #[must_use]
    pub fn read(line: &'t str) -> Option<Self> {
        Self::split(line).map(|(head, _)| head)
    }

    /// Reads the first word of `line`. Returns this word and an iterator over the other words, or
    /// `None` if the line is blank or a comment.
    pub(super) fn split(line: &'t str) -> Option<(Self, Words<'t>)> {
        let mut words = Words::new(line);
        let name = words.next()?;
        let is_command = || name.text.starts_with(':') || !words.ahead().starts_with('=');
        let head = Self {
            spec: CommandSpec::find(name.text).filter(|_| is_command()),
            end: words.position(),
            name,
        };
        Some((head, words))
    }

    /// Whether the word begins with a colon. Such a word can be a command, but not a name in an
    /// expression.
    #[must_use]
    pub fn has_colon(&self) -> bool {
        self.name.text.starts_with(':')
    }
}

impl<'t> Iterator for Words<'t> {
    type Item = Word<'t>;

    fn next(&mut self) -> Option<Word<'t>> {
        let word = self.ahead();
        let spaces = &self.rest[..self.rest.len() - word.len()];
        let text = &word[..word.find(is_space).unwrap_or(word.len())];
        let start = self.column + spaces.chars().count();
        self.column = start + text.chars().count();
        self.rest = &word[text.len()..];
        (!text.is_empty()).then_some(Word {
            text,
            span: start..self.column,
        })
    }
}

/// The name of a command, and the operands after it.
#[derive(Debug)]
pub(super) struct Arguments<'t> {
    /// The name, as the user wrote it.
    pub(super) name: Word<'t>,
    words: Words<'t>,
    /// The text of the line after the name, including the comment.
    after: &'t str,
    /// The option of the command, if it has one. Users may write the option before or after any
    /// operand.
    option: Option<&'static str>,
    /// Whether the option was read.
    has_option: bool,
}

/// The text of a line after the name of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rest<'t> {
    /// The text, without leading and trailing white space.
    pub(super) text: &'t str,
    /// The number of characters in the line before the text.
    pub(super) column: usize,
}

impl<'t> Arguments<'t> {
    pub(super) fn new(
        line: &'t str,
        head: &Head<'t>,
        words: Words<'t>,
        option: Option<&'static str>,
    ) -> Self {
        Self {
            name: head.name.clone(),
            words,
            after: &line[head.end..],
            option,
            has_option: false,
        }
    }

    /// Reads the next operand. Skips the option of the command.
    pub(super) fn next(&mut self) -> Option<Word<'t>> {
        loop {
            let word = self.words.next()?;
            if self.option != Some(word.text) {
                return Some(word);
            }
            self.has_option = true;
        }
    }

    /// Whether the option of the command was read.
    pub(super) fn has_option(&self) -> bool {
        self.has_option
    }

    /// Returns the position after the last word of the line, as an empty range.
    pub(super) fn end(&self) -> Range<usize> {
        let end = self.words.end();
        end..end
    }

    /// Returns the fault for a `word` that the command does not accept. `takes` describes the operands
    /// that the command accepts.
    pub(super) fn takes(&self, takes: &str, word: &Word<'_>, help: &str) -> LineFault {
        let (name, found) = (quoted(self.name.text), quoted(word.text));
        word.fault(format!("{name} takes {takes}, found {found}"), help)
    }

    /// Checks that no operands are left to read. `takes` describes the operands that the command
    /// accepts.
    pub(super) fn no_more(&mut self, takes: &str) -> Result<(), LineFault> {
        match self.next() {
            None => Ok(()),
            Some(word) => Err(self.takes(takes, &word, "remove it")),
        }
    }

    /// Reads the only operand, if there is one. `takes` describes the operands that the command
    /// accepts.
    pub(super) fn at_most_one(&mut self, takes: &str) -> Result<Option<Word<'t>>, LineFault> {
        let word = self.next();
        self.no_more(takes)?;
        Ok(word)
    }

    /// Returns the fault of a command whose operand is missing. The message is "NAME takes" and `takes`.
    pub(super) fn missing(&self, takes: &str, help: impl Into<String>) -> LineFault {
        let column = self.name.span.end;
        let place = Word {
            text: "",
            span: column..column,
        };
        place.fault(format!("{} takes {takes}", quoted(self.name.text)), help)
    }

    /// Reads all text after the name. A `#` in this text does not begin a comment.
    pub(super) fn rest(&mut self) -> Rest<'t> {
        self.words.rest = "";
        let after = self.after.trim_end_matches(is_space);
        let text = after.trim_start_matches(is_space);
        let spaces = after[..after.len() - text.len()].chars().count();
        Rest {
            text,
            column: self.name.span.end + spaces,
        }
    }
}

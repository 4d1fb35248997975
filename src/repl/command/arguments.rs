//! The words of a line, and the operands of a command.

use std::ops::Range;

use super::{
    fault::{LineFault, SYNTAX},
    parse::Command,
};
use crate::{syntax::is_space, text::printable::quoted};

/// A word and its position in the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'t> {
    /// The word.
    pub text: &'t str,
    /// Its position in the line, in characters from 0, half-open.
    pub span: Range<usize>,
}

impl Word<'_> {
    /// Returns a fault at the word.
    pub(super) fn fault(&self, message: String, help: impl Into<String>) -> LineFault {
        LineFault {
            reason: SYNTAX,
            message,
            span: self.span.clone(),
            help: help.into(),
        }
    }

    /// Returns the fault of a word that is no operand of a typed call. `wrong` completes the
    /// sentence that begins with the word.
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

/// The words of a line up to its comment.
///
/// Words stand between white space: Unicode's, and the byte order mark.
#[derive(Debug)]
pub(super) struct Words<'t> {
    /// The text after the words that were read.
    pub(super) rest: &'t str,
    /// Characters before `rest`.
    column: usize,
    /// Characters up to the end of the last word.
    end: usize,
}

impl<'t> Words<'t> {
    pub(super) fn new(line: &'t str) -> Self {
        let code = line.split('#').next().unwrap_or(line);
        Self {
            rest: code,
            column: 0,
            end: code.trim_end_matches(is_space).chars().count(),
        }
    }
}

impl<'t> Iterator for Words<'t> {
    type Item = Word<'t>;

    fn next(&mut self) -> Option<Word<'t>> {
        let word = self.rest.trim_start_matches(is_space);
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
    /// The name, as it is written.
    pub(super) name: Word<'t>,
    words: Words<'t>,
    line: &'t str,
    /// An option of the command, which may stand anywhere among the operands.
    option: Option<&'static str>,
    has_option: bool,
}

/// The rest of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rest<'t> {
    /// The text, without white space around it.
    pub(super) text: &'t str,
    /// Characters before it.
    pub(super) column: usize,
}

impl<'t> Arguments<'t> {
    pub(super) fn new(
        line: &'t str,
        name: Word<'t>,
        words: Words<'t>,
        option: Option<&'static str>,
    ) -> Self {
        Self {
            name,
            words,
            line,
            option,
            has_option: false,
        }
    }

    /// Reads the next operand.
    pub(super) fn next(&mut self) -> Option<Word<'t>> {
        loop {
            let word = self.words.next()?;
            if self.option != Some(word.text) {
                return Some(word);
            }
            self.has_option = true;
        }
    }

    /// Whether the option of the command stood among the words read so far.
    pub(super) fn has_option(&self) -> bool {
        self.has_option
    }

    /// Returns the position after the last word.
    pub(super) fn end(&self) -> Range<usize> {
        self.words.end..self.words.end
    }

    /// Returns the fault of a command that `takes` something else than `word`.
    pub(super) fn takes(&self, takes: &str, word: &Word<'_>, help: &str) -> LineFault {
        let (name, found) = (quoted(self.name.text), quoted(word.text));
        word.fault(format!("{name} takes {takes}, found {found}"), help)
    }

    /// Checks that no operand is left. `takes` are the operands of the command, in words.
    pub(super) fn no_more(&mut self, takes: &str) -> Result<(), LineFault> {
        match self.next() {
            None => Ok(()),
            Some(word) => Err(self.takes(takes, &word, "leave it out")),
        }
    }

    /// Returns `command` if it has no operands.
    pub(super) fn none(&mut self, command: Command<'t>) -> Result<Command<'t>, LineFault> {
        self.no_more("no operands").map(|()| command)
    }

    /// Reads at most one operand, which `takes` describes.
    pub(super) fn at_most_one(&mut self, takes: &str) -> Result<Option<Word<'t>>, LineFault> {
        let word = self.next();
        self.no_more(takes)?;
        Ok(word)
    }

    /// Returns all that stands after the name: there, `#` begins no comment.
    pub(super) fn rest(&self) -> Rest<'t> {
        let all = self.line.trim_end_matches(is_space);
        let name = self.name.text;
        let start = all.find(name).map_or(0, |at| at + name.len());
        let text = all[start..].trim_start_matches(is_space);
        let column = all[..all.len() - text.len()].chars().count();
        Rest { text, column }
    }
}

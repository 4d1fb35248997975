//! What is wrong with a line that was sent to nobody.

use std::{fmt, ops::Range};

use crate::{proto::errors::reason, syntax::ParseLimits, text::printable::quoted};

/// A line that is no command: what is wrong, where, and what would help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFault {
    /// The kind of fault, as servers name theirs.
    pub reason: &'static str,
    /// One sentence, without a full stop.
    pub message: String,
    /// The place in the line, in characters from 0, half-open.
    pub span: Range<usize>,
    /// What to do about it.
    pub help: String,
}

/// The reason of most: what is wrong with the text.
pub(in crate::repl) const SYNTAX: &str = "SYNTAX";

/// Bytes of a line: no server of ours takes more.
pub(in crate::repl) const LINE: usize = ParseLimits::DEFAULT.line;

impl LineFault {
    /// The same in a line that has so many `characters` in front.
    pub(in crate::repl) fn behind(mut self, characters: usize) -> Self {
        self.span = self.span.start + characters..self.span.end + characters;
        self
    }

    /// The command of this line is none for scripts.
    pub(in crate::repl) fn for_prompts(line: &str) -> Self {
        let command = line.trim().split(char::is_whitespace).next();
        let command = command.unwrap_or_default();
        let start = line.chars().take_while(|c| c.is_whitespace()).count();
        Self {
            reason: SYNTAX,
            message: format!("{} works at the prompt only", quoted(command)),
            span: start..start + command.chars().count(),
            help: match command {
                ":explain" => "from a shell: grpcalc --explain LINE".into(),
                ":set" => "leave out --save".into(),
                _ => "leave it out".into(),
            },
        }
    }

    /// The line has `length` bytes, which is too many.
    pub(in crate::repl) fn too_long(length: usize) -> Self {
        Self {
            reason: reason::LIMIT,
            message: format!("the line has {length} bytes, more than the limit of {LINE}"),
            span: 0..0,
            help: "split it".into(),
        }
    }
}

impl fmt::Display for LineFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let column = self.span.start + 1;
        write!(f, "{} (column {column}): {}", self.message, self.help)
    }
}

impl std::error::Error for LineFault {}

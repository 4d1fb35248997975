//! Faults of lines that are refused before they are sent.

use std::{fmt, ops::Range};

use crate::{proto::errors::reason, syntax::ParseLimits};

/// The fault of a line that is not sent: a message, its position and advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFault {
    /// The kind of the fault, in the notation of servers (`UPPER_SNAKE_CASE`).
    pub reason: &'static str,
    /// One sentence, without a full stop.
    pub message: String,
    /// The position in the line, in characters from 0, half-open.
    pub span: Range<usize>,
    /// Advice, in a few words.
    pub help: String,
}

/// The reason of most faults: the text of the line is wrong.
pub(in crate::repl) const SYNTAX: &str = "SYNTAX";

/// Bytes of the longest line that our servers take.
pub(in crate::repl) const LINE: usize = ParseLimits::DEFAULT.line;

impl LineFault {
    /// Shifts the position by `characters` characters.
    pub(in crate::repl) fn shifted(mut self, characters: usize) -> Self {
        self.span = self.span.start + characters..self.span.end + characters;
        self
    }

    /// The fault of a line of `length` bytes, more than [`LINE`].
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

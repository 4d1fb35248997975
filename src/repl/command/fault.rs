//! Faults of lines that the client refuses before it sends them.

use std::{fmt, ops::Range};

use crate::{proto::errors::reason, syntax::ParseLimits};

/// The fault of a line that is not sent: a message, a position in the line, and advice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineFault {
    /// The reason code of the fault, in `UPPER_SNAKE_CASE` like the reason codes of servers.
    pub reason: &'static str,
    /// The message: one sentence, without a full stop.
    pub message: String,
    /// The position in the line, as a half-open range of characters counted from 0.
    pub span: Range<usize>,
    /// The advice to the user, in a few words.
    pub help: String,
}

/// The reason code of most faults: the line is not valid.
pub(in crate::repl) const SYNTAX: &str = "SYNTAX";

/// The maximum number of bytes of a line. It is the default limit of servers.
pub(in crate::repl) const LINE: usize = ParseLimits::DEFAULT.line;

impl LineFault {
    /// Adds `characters` to the position.
    pub(in crate::repl) fn shifted(mut self, characters: usize) -> Self {
        self.span = self.span.start + characters..self.span.end + characters;
        self
    }

    /// Returns the fault of a line that is longer than [`LINE`]. `length` is the number of bytes of
    /// the line.
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

//! What is wrong with a line that was sent to nobody.

use std::{fmt, ops::Range};

use crate::syntax::Limits;

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
pub(super) const SYNTAX: &str = "SYNTAX";

/// Bytes of a line: no server of ours takes more.
pub(super) const LINE: usize = Limits::DEFAULT.line;

impl LineFault {
    /// The line has `length` bytes, which is too many.
    pub(super) fn too_long(length: usize) -> Self {
        Self {
            reason: "LIMIT",
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

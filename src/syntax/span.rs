//! Spans: ranges of bytes in a line.

use std::ops::Range;

/// A range of bytes in a line, counted from 0. Lines are shorter than 4 GiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The index of the first byte.
    pub start: u32,
    /// The index after the last byte.
    pub end: u32,
}

impl Span {
    /// Returns the span from the byte `start` to the byte before `end`.
    pub(crate) fn new(start: usize, end: usize) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the parser rejects longer lines"
        )]
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    /// Returns the span from the start of this span to the end of `last`.
    pub(super) fn to(self, last: Self) -> Self {
        Self {
            start: self.start,
            end: last.end,
        }
    }

    /// Returns the text of `line` in this span.
    #[must_use]
    pub fn of(self, line: &str) -> &str {
        &line[self.start as usize..self.end as usize]
    }

    /// Converts the span to a range of characters. Messages count positions in characters.
    #[must_use]
    pub fn characters(self, line: &str) -> Range<usize> {
        let count = |end: u32| line[..end as usize].chars().count();
        count(self.start)..count(self.end)
    }
}

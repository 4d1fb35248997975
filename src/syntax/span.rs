//! Spans: places in a line.

use std::ops::Range;

/// A place in a line, in bytes from 0. Lines are shorter than 4 GiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The index of the first byte.
    pub start: u32,
    /// The index behind the last byte.
    pub end: u32,
}

impl Span {
    /// The span from the byte `start` to the byte before `end`.
    pub(super) fn new(start: usize, end: usize) -> Self {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the parser refuses longer lines"
        )]
        Self {
            start: start as u32,
            end: end as u32,
        }
    }

    /// The span from the start of this one to the end of `last`.
    pub(super) fn to(self, last: Self) -> Self {
        Self {
            start: self.start,
            end: last.end,
        }
    }

    /// Returns the text in `line` at this place.
    #[must_use]
    pub fn of(self, line: &str) -> &str {
        &line[self.start as usize..self.end as usize]
    }

    /// Returns the same place in characters, as messages count it.
    #[must_use]
    pub fn characters(self, line: &str) -> Range<usize> {
        let count = |end: u32| line[..end as usize].chars().count();
        count(self.start)..count(self.end)
    }
}

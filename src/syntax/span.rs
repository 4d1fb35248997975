//! Places in a line.

use std::ops::Range;

/// A place in a line, in bytes from 0, half-open. Lines are far shorter than 4 GiB.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
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

    /// The text that stands in `line` at this place.
    #[must_use]
    pub fn of(self, line: &str) -> &str {
        &line[self.start as usize..self.end as usize]
    }

    /// The same place in characters, which is how people and messages count.
    #[must_use]
    pub fn characters(self, line: &str) -> Range<usize> {
        let count = |end: u32| line[..end as usize].chars().count();
        count(self.start)..count(self.end)
    }
}

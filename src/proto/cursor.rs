//! Cursors: positions in the history of the chat, sent in metadata.
//!
//! The message type of a note has no field for a number. Without a cursor, a client could not
//! distinguish new notes from old notes after its stream broke. Peers that ignore these metadata
//! keys still work.

use std::{fmt, str::FromStr};

/// The metadata key for the cursor of the first note of a `ChatStream`.
///
/// A request contains the cursor of the note that the stream should start with. A response contains
/// the cursor of the note that the stream does start with.
pub const FROM: &str = "grpcalc-from";

/// The metadata key for the number of the next new note. Only responses have this key.
///
/// Notes with lower numbers are from the history.
pub const NEXT: &str = "grpcalc-next";

/// The position of a note in a chat history, written `ID/NUMBER`. The note may not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The ID of the history: ASCII letters, digits and hyphens.
    pub history: String,
    /// The number of the note in that history.
    pub number: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.history, self.number)
    }
}

/// The error for a text that is not a cursor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCursor;

impl FromStr for Cursor {
    type Err = InvalidCursor;

    fn from_str(text: &str) -> Result<Self, InvalidCursor> {
        let (history, number) = text.rsplit_once('/').ok_or(InvalidCursor)?;
        let is_id = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if history.is_empty() || !history.chars().all(is_id) {
            return Err(InvalidCursor);
        }
        Ok(Self {
            history: history.into(),
            number: number.parse().map_err(|_| InvalidCursor)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_parsed_from_its_text() {
        let cursor = Cursor {
            history: "00ff-1".into(),
            number: u64::MAX,
        };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in [
            "",
            "/",
            "x/",
            "/1",
            "x/-1",
            "x y/1",
            "x/18446744073709551616",
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(InvalidCursor), "{text:?}");
        }
    }
}

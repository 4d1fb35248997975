//! A place in the history of the chat, as it travels in metadata beside the contract.
//!
//! The contract has no numbers of notes, so that a member whose stream broke could not
//! tell which notes are new to it. Who knows nothing of this misses nothing of the contract.

use std::{fmt, str::FromStr};

/// The key in the metadata of `ChatStream`. In a response it says where the stream
/// begins; in a request, from where on notes are wanted.
pub const FROM: &str = "grpcalc-from";

/// The key in the metadata of a response for the number of the note that is said next:
/// those before it are the history.
pub const NEXT: &str = "grpcalc-next";

/// A note in a history, which there may be or not: `ID/NUMBER`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// Which history.
    pub history: String,
    /// The note's number.
    pub number: u64,
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.history, self.number)
    }
}

/// A text that is no bookmark.
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
    fn it_reads_back() {
        let bookmark = Cursor {
            history: "00ff-1".into(),
            number: u64::MAX,
        };
        assert_eq!(bookmark.to_string().parse(), Ok(bookmark));
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

//! Rules for notes of the chat.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use unicode_security::skeleton;

use super::grpc::Note;
use crate::text::printable::is_blank;

/// The maximum length of the name in a note, in characters.
pub const NAME: usize = 64;

/// The maximum length of the text in a note, in characters.
pub const TEXT: usize = 4096;

/// The name in announcements of the server. Notes of clients must not have this name.
pub const ANNOUNCER: &str = "grpcalc";

/// The reason why a note is rejected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The name is too long. The field is the length of the name, in characters.
    #[error("the name has {0} characters, more than the limit of {NAME}")]
    NameTooLong(usize),
    /// The text is too long. The field is the length of the text, in characters.
    #[error("the text has {0} characters, more than the limit of {TEXT}")]
    TextTooLong(usize),
    /// The name has a control character, which a terminal would interpret.
    #[error("the name has a control character")]
    ControlInName,
    /// The text has a control character, which a terminal would interpret.
    #[error("the text has a control character")]
    ControlInText,
    /// The name is [`ANNOUNCER`], or looks like [`ANNOUNCER`].
    #[error("the name '{ANNOUNCER}' is reserved for the server")]
    ReservedName,
}

impl NoteError {
    /// Returns the name of the invalid field of [`Note`].
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::NameTooLong(_) | Self::ControlInName | Self::ReservedName => "name",
            Self::TextTooLong(_) | Self::ControlInText => "message",
        }
    }
}

/// Checks the name and the text of a note.
pub fn check(note: &Note) -> Result<(), NoteError> {
    check_name(&note.name)?;
    let length = note.message.chars().count();
    if length > TEXT {
        return Err(NoteError::TextTooLong(length));
    }
    if note.message.contains(char::is_control) {
        return Err(NoteError::ControlInText);
    }
    Ok(())
}

/// Checks the name of a note. Empty names are valid, because clients of the tutorial's chat send
/// empty names.
pub fn check_name(name: &str) -> Result<(), NoteError> {
    let length = name.chars().count();
    if length > NAME {
        return Err(NoteError::NameTooLong(length));
    }
    if name.contains(char::is_control) {
        return Err(NoteError::ControlInName);
    }
    if looks_like(name, ANNOUNCER) {
        return Err(NoteError::ReservedName);
    }
    Ok(())
}

/// Whether `name` looks like `other`, which has only small ASCII letters.
///
/// Names look the same if they differ only in case, spaces, invisible characters, marks, compatible
/// forms, and letters that are easily confused (Unicode Technical Standard 39, section 4).
fn looks_like(name: &str, other: &str) -> bool {
    let letters = name
        .nfkd()
        .filter(|c| !is_blank(*c) && !is_combining_mark(*c));
    let visible: String = letters.collect();
    let is_same = |text: &str| skeleton(text).eq(skeleton(other));
    is_same(&visible) || is_same(&visible.to_lowercase())
}

/// Creates the note with which the server reports that `count` notes are missing.
#[must_use]
pub fn missing(count: u64) -> Note {
    let notes = if count == 1 { "note is" } else { "notes are" };
    Note {
        name: ANNOUNCER.into(),
        message: format!("{count} {notes} missing here: the history reaches no further back"),
    }
}

/// Returns the number of missing notes that `note` reports, if [`missing`] created `note`.
#[must_use]
pub fn missed(note: &Note) -> Option<u64> {
    let (count, _) = note.message.split_once(' ')?;
    let count = count.parse().ok()?;
    (*note == missing(count)).then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(name: &str, message: &str) -> Note {
        Note {
            name: name.into(),
            message: message.into(),
        }
    }

    #[test]
    fn notes_are_checked() {
        let (name, text) = ("é".repeat(NAME), "π".repeat(TEXT));
        for good in [
            note("ada", "hello"),
            note("", ""),
            note(&name, &text),
            note("日本", "\u{202e}olleh"),
            note("grpcalc2", "1"),
        ] {
            assert_eq!(check(&good), Ok(()), "{good:?}");
        }
        for (bad, error) in [
            (note(&(name + "é"), ""), NoteError::NameTooLong(65)),
            (note("", &(text + "π")), NoteError::TextTooLong(4097)),
            (note("\x1b[2J", ""), NoteError::ControlInName),
            (note("a", "b\nc"), NoteError::ControlInText),
            (note("a", "\u{9b}2J"), NoteError::ControlInText),
            (note("grpcalc", ""), NoteError::ReservedName),
            (note(" GRPCalc\u{200b}\u{a0}", ""), NoteError::ReservedName),
            (note("ｇｒｐｃａｌｃ", ""), NoteError::ReservedName),
            (note("grp\u{441}al\u{441}", ""), NoteError::ReservedName),
            (note("GRP\u{421}ALC", ""), NoteError::ReservedName),
            (note("grpcaIc", ""), NoteError::ReservedName),
            (note("grpca1c", ""), NoteError::ReservedName),
            (
                note("g\u{332}rpca\u{301}lc\u{e0020}", ""),
                NoteError::ReservedName,
            ),
        ] {
            assert_eq!(check(&bad), Err(error), "{bad:?}");
        }
    }

    #[test]
    fn the_count_of_missing_notes_is_read_back() {
        for count in [1, 2, u64::MAX] {
            assert_eq!(missed(&missing(count)), Some(count));
        }
        assert_eq!(missed(&note("ada", &missing(3).message)), None);
        assert_eq!(missed(&note(ANNOUNCER, "3 notes")), None);
        assert_eq!(missed(&note(ANNOUNCER, "")), None);
    }
}

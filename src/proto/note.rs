//! What a note of the chat may be.

use super::grpc::Note;
use crate::text::printable::is_blank;

/// Characters of a name.
pub const NAME: usize = 64;

/// Characters of a text.
pub const TEXT: usize = 4096;

/// Who tells what the server has to say: nobody else may use this name.
pub const ANNOUNCER: &str = "grpcalc";

/// Why a note is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// The name has so many characters.
    #[error("the name has {0} characters, more than the limit of {NAME}")]
    LongName(usize),
    /// The text has so many characters.
    #[error("the text has {0} characters, more than the limit of {TEXT}")]
    LongText(usize),
    /// Something in the name is for terminals to obey, and not to show.
    #[error("the name has a control character")]
    ControlInName,
    /// As above, in the text.
    #[error("the text has a control character")]
    ControlInText,
    /// The name is [`ANNOUNCER`], or is shown like it.
    #[error("the name '{ANNOUNCER}' is the server's own")]
    Reserved,
}

impl NoteError {
    /// The field of the note that is to blame.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::LongName(_) | Self::ControlInName | Self::Reserved => "name",
            Self::LongText(_) | Self::ControlInText => "message",
        }
    }
}

/// Checks what somebody wants to say.
pub fn check(note: &Note) -> Result<(), NoteError> {
    check_name(&note.name)?;
    let length = note.message.chars().count();
    if length > TEXT {
        return Err(NoteError::LongText(length));
    }
    if note.message.contains(char::is_control) {
        return Err(NoteError::ControlInText);
    }
    Ok(())
}

/// Checks under which name somebody wants to say something. It may be empty: clients of
/// the tutorial's chat let it be.
pub fn check_name(name: &str) -> Result<(), NoteError> {
    let length = name.chars().count();
    if length > NAME {
        return Err(NoteError::LongName(length));
    }
    if name.contains(char::is_control) {
        return Err(NoteError::ControlInName);
    }
    // Spaces and what is not shown make no other name, nor do capital letters.
    let shown: String = name.chars().filter(|c| !is_blank(*c)).collect();
    if shown.eq_ignore_ascii_case(ANNOUNCER) {
        return Err(NoteError::Reserved);
    }
    Ok(())
}

/// The note that tells a member that so many notes are missing at this place.
#[must_use]
pub fn missing(count: u64) -> Note {
    let notes = if count == 1 { "note is" } else { "notes are" };
    Note {
        name: ANNOUNCER.into(),
        message: format!("{count} {notes} missing here: the history reaches no further back"),
    }
}

/// How many notes are missing where `note` stands, if it is one that tells so.
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
    fn what_may_be_said() {
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
            (note(&(name + "é"), ""), NoteError::LongName(65)),
            (note("", &(text + "π")), NoteError::LongText(4097)),
            (note("\x1b[2J", ""), NoteError::ControlInName),
            (note("a", "b\nc"), NoteError::ControlInText),
            (note("a", "\u{9b}2J"), NoteError::ControlInText),
            (note("grpcalc", ""), NoteError::Reserved),
            (note(" GRPCalc\u{200b}\u{a0}", ""), NoteError::Reserved),
        ] {
            assert_eq!(check(&bad), Err(error), "{bad:?}");
        }
    }

    #[test]
    fn a_gap_is_told_and_understood() {
        for count in [1, 2, u64::MAX] {
            assert_eq!(missed(&missing(count)), Some(count));
        }
        assert_eq!(missed(&note("ada", &missing(3).message)), None);
        assert_eq!(missed(&note(ANNOUNCER, "3 notes")), None);
        assert_eq!(missed(&note(ANNOUNCER, "")), None);
    }
}

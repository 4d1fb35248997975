//! Hides the echoes of the user's own notes. An echo is the copy of a note that the chat sends to
//! the author of the note.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::client::Note;

/// The maximum number of expected echoes. If there are more, the echo of the oldest note is no
/// longer expected, so it is shown.
const MOST: usize = 1024;

/// The user's own notes whose echoes have not arrived yet. These echoes are not shown, since the
/// user has seen the notes already.
///
/// Clones share the notes.
#[derive(Clone, Debug, Default)]
pub(super) struct EchoFilter(Arc<Mutex<ExpectedEchoes>>);

#[derive(Debug, Default)]
struct ExpectedEchoes {
    notes: VecDeque<Note>,
    /// How many of the notes were sent before the stream broke. They are the oldest notes.
    older: usize,
}

/// The expected echo of a note that is being sent.
///
/// If this value is dropped without `confirm`, it is unknown whether the server stored the note.
/// The echo is then no longer expected, and is shown if it arrives.
pub(super) struct PendingEcho<'f> {
    filter: &'f EchoFilter,
    note: Note,
    is_confirmed: bool,
}

impl EchoFilter {
    fn expected(&self) -> MutexGuard<'_, ExpectedEchoes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that the echo of a note is expected. Call this before you send the note.
    pub(super) fn expect(&self, note: &Note) -> PendingEcho<'_> {
        let mut expected = self.expected();
        if expected.notes.len() == MOST {
            expected.remove(0);
        }
        expected.notes.push_back(note.clone());
        PendingEcho {
            filter: self,
            note: note.clone(),
            is_confirmed: false,
        }
    }

    /// Whether `note` is an expected echo. If so, removes it from the expected echoes.
    pub(super) fn remove(&self, note: &Note) -> bool {
        let mut expected = self.expected();
        let found = expected.notes.iter().position(|expected| expected == note);
        found.is_some_and(|index| expected.remove(index))
    }

    /// Records that the stream broke. The notes of all expected echoes were sent before the break.
    pub(super) fn mark_break(&self) {
        let mut expected = self.expected();
        expected.older = expected.notes.len();
    }

    /// Forgets the notes that were sent before the stream broke. Call this if the server has lost
    /// its history: the echoes of these notes will not arrive.
    pub(super) fn forget_older(&self) {
        let mut expected = self.expected();
        let older = mem::take(&mut expected.older);
        expected.notes.drain(..older);
    }

    /// Forgets all expected echoes.
    pub(super) fn clear(&self) {
        *self.expected() = ExpectedEchoes::default();
    }
}

impl ExpectedEchoes {
    fn remove(&mut self, index: usize) -> bool {
        self.older -= usize::from(index < self.older);
        self.notes.remove(index).is_some()
    }
}

impl PendingEcho<'_> {
    /// Confirms that the server has stored the note, so its echo will arrive.
    pub(super) fn confirm(mut self) {
        self.is_confirmed = true;
    }
}

impl Drop for PendingEcho<'_> {
    fn drop(&mut self) {
        if !self.is_confirmed {
            self.filter.remove(&self.note);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(text: &str) -> Note {
        Note {
            name: "ada".into(),
            text: text.into(),
        }
    }

    #[test]
    fn each_echo_is_removed_once() {
        let filter = EchoFilter::default();
        filter.expect(&note("a")).confirm();
        filter.expect(&note("b")).confirm();
        filter.expect(&note("a")).confirm();
        assert!(!filter.remove(&note("c")));
        for removed in [true, true, false] {
            assert_eq!(filter.remove(&note("a")), removed);
        }
        filter.clear();
        assert!(!filter.remove(&note("b")));
    }

    #[test]
    fn the_echo_of_an_unconfirmed_note_is_not_expected() {
        let filter = EchoFilter::default();
        drop(filter.expect(&note("a")));
        assert!(!filter.remove(&note("a")));
        let pending = filter.expect(&note("a"));
        assert!(
            filter.remove(&note("a")),
            "an echo may come before its confirmation"
        );
        drop(pending);
        assert!(!filter.remove(&note("a")));
    }

    #[test]
    fn echoes_from_the_new_server_are_expected() {
        let filter = EchoFilter::default();
        for text in ["a", "b"] {
            filter.expect(&note(text)).confirm();
        }
        filter.mark_break();
        filter.expect(&note("c")).confirm();
        assert!(filter.remove(&note("a")));
        filter.forget_older();
        assert!(!filter.remove(&note("b")));
        assert!(filter.remove(&note("c")));
    }

    #[test]
    fn the_number_of_expected_echoes_is_bounded() {
        let filter = EchoFilter::default();
        for number in 0..=MOST {
            filter.expect(&note(&number.to_string())).confirm();
        }
        assert!(!filter.remove(&note("0")));
        assert!(filter.remove(&note("1")));
    }
}

//! The echo of the user's own notes, which the chat sends to its author too.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::client::Note;

/// The most notes whose echo is expected. Beyond it the oldest is shown when it comes.
const MOST: usize = 1024;

/// The notes that this user has sent, and whose echo is not shown: the user has seen them.
///
/// Clones share the notes.
#[derive(Clone, Debug, Default)]
pub(super) struct EchoFilter(Arc<Mutex<ExpectedEchoes>>);

#[derive(Debug, Default)]
struct ExpectedEchoes {
    notes: VecDeque<Note>,
    /// The number of notes, from the oldest, that were sent before the stream broke.
    older: usize,
}

/// The echo of a note that is being sent.
///
/// If it is dropped unconfirmed, the server may or may not have stored the note; its echo is shown.
pub(super) struct PendingEcho<'f> {
    filter: &'f EchoFilter,
    note: Note,
    is_confirmed: bool,
}

impl EchoFilter {
    fn expected(&self) -> MutexGuard<'_, ExpectedEchoes> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Expects the echo of a note that is about to be sent.
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

    /// Whether `note` is an expected echo. If so, it is no longer expected.
    pub(super) fn remove(&self, note: &Note) -> bool {
        let mut expected = self.expected();
        let found = expected.notes.iter().position(|expected| expected == note);
        found.is_some_and(|index| expected.remove(index))
    }

    /// Records that the stream broke: the echoes expected now are of notes sent before.
    pub(super) fn mark_break(&self) {
        let mut expected = self.expected();
        expected.older = expected.notes.len();
    }

    /// Forgets the echoes of notes sent before the stream broke: the server has lost its history.
    pub(super) fn forget_older(&self) {
        let mut expected = self.expected();
        let older = mem::take(&mut expected.older);
        expected.notes.drain(..older);
    }

    /// Forgets all echoes.
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
    /// Confirms that the server has the note: its echo will come.
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

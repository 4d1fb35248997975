//! Notes of one's own, which come back from the chat.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::client::Note;

/// Notes whose coming back is waited for.
const MOST: usize = 1024;

/// Notes of our own that the server will send to us, too. The user has seen them.
#[derive(Clone, Debug, Default)]
pub(in crate::repl) struct EchoFilter(Arc<Mutex<Expected>>);

#[derive(Debug, Default)]
struct Expected {
    notes: VecDeque<Note>,
    /// How many of them, the oldest ones, were said before the stream broke.
    older: usize,
}

/// A note that is being said. Where it is dropped, nobody knows whether it was, and it is
/// told when it comes.
pub(in crate::repl) struct PendingEcho<'o> {
    own: &'o EchoFilter,
    note: Note,
    said: bool,
}

impl EchoFilter {
    fn notes(&self) -> MutexGuard<'_, Expected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(in crate::repl) fn expect(&self, note: &Note) -> PendingEcho<'_> {
        let mut expected = self.notes();
        if expected.notes.len() == MOST {
            expected.remove(0);
        }
        expected.notes.push_back(note.clone());
        PendingEcho {
            own: self,
            note: note.clone(),
            said: false,
        }
    }

    /// Whether `note` is one of ours, which is not expected any more then.
    pub(in crate::repl) fn takes(&self, note: &Note) -> bool {
        let mut expected = self.notes();
        let found = expected.notes.iter().position(|own| own == note);
        found.is_some_and(|at| expected.remove(at))
    }

    /// The stream broke.
    pub(in crate::repl) fn breaks(&self) {
        let mut expected = self.notes();
        expected.older = expected.notes.len();
    }

    /// The server has forgotten what was said before the stream broke.
    pub(in crate::repl) fn forget_older(&self) {
        let mut expected = self.notes();
        let older = mem::take(&mut expected.older);
        expected.notes.drain(..older);
    }

    pub(in crate::repl) fn forget(&self) {
        *self.notes() = Expected::default();
    }
}

impl Expected {
    fn remove(&mut self, at: usize) -> bool {
        self.older -= usize::from(at < self.older);
        self.notes.remove(at).is_some()
    }
}

impl PendingEcho<'_> {
    pub(in crate::repl) fn confirm(mut self) {
        self.said = true;
    }
}

impl Drop for PendingEcho<'_> {
    fn drop(&mut self) {
        if !self.said {
            self.own.takes(&self.note);
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
    fn each_is_taken_once() {
        let own = EchoFilter::default();
        own.expect(&note("a")).confirm();
        own.expect(&note("b")).confirm();
        own.expect(&note("a")).confirm();
        assert!(!own.takes(&note("c")));
        for taken in [true, true, false] {
            assert_eq!(own.takes(&note("a")), taken);
        }
        own.forget();
        assert!(!own.takes(&note("b")));
    }

    #[test]
    fn one_that_was_perhaps_not_said_is_not_expected() {
        let own = EchoFilter::default();
        drop(own.expect(&note("a")));
        assert!(!own.takes(&note("a")));
        let coming = own.expect(&note("a"));
        assert!(own.takes(&note("a")), "it may come before it is confirmed");
        drop(coming);
        assert!(!own.takes(&note("a")));
    }

    #[test]
    fn what_was_said_to_the_new_server_is_expected() {
        let own = EchoFilter::default();
        for text in ["a", "b"] {
            own.expect(&note(text)).confirm();
        }
        own.breaks();
        own.expect(&note("c")).confirm();
        assert!(own.takes(&note("a")));
        own.forget_older();
        assert!(!own.takes(&note("b")));
        assert!(own.takes(&note("c")));
    }

    #[test]
    fn there_are_not_too_many() {
        let own = EchoFilter::default();
        for number in 0..=MOST {
            own.expect(&note(&number.to_string())).confirm();
        }
        assert!(!own.takes(&note("0")));
        assert!(own.takes(&note("1")));
    }
}

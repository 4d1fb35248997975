//! Filters out the notes that a server sends a second time when the user rejoins the chat.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    mem,
};

use crate::client::Note;

/// The maximum number of notes that are remembered. Later notes are not remembered, so a replay
/// shows these notes again.
const MOST: usize = 10_000;

/// Separates new notes from replayed notes, for servers that do not number their notes. Such a
/// server sends its complete history to each subscriber, the oldest note first.
///
/// While the received notes equal the known notes, in the same order, the filter holds them back.
/// If a different note arrives, or the history ends before all known notes were repeated, then the
/// server was restarted and has a new history. In this case the notes that were held back are new,
/// and the filter releases them. No note is lost.
#[derive(Debug, Default)]
pub(super) struct ReplayFilter {
    /// The hashes of the notes that were received, in the order of arrival.
    known: Vec<u64>,
    /// The notes of the current replay that are held back.
    held: Vec<Note>,
    is_replaying: bool,
}

impl ReplayFilter {
    /// Starts a replay, after the user rejoined the chat. Drops the notes that were held back: the
    /// server sends these notes again.
    pub(super) fn rejoin(&mut self) {
        self.held.clear();
        self.is_replaying = !self.known.is_empty();
    }

    /// Takes the next note from the server, and returns the notes that are new.
    pub(super) fn receive(&mut self, note: Note) -> Vec<Note> {
        if !self.is_replaying {
            self.remember(&note);
            return vec![note];
        }
        let is_known = self.known.get(self.held.len()) == Some(&hash(&note));
        self.held.push(note);
        if !is_known {
            return self.release();
        }
        if self.held.len() == self.known.len() {
            self.is_replaying = false;
            self.held.clear();
        }
        Vec::new()
    }

    /// Records the end of the history. If notes are still held back, these notes are new, and are
    /// returned.
    pub(super) fn end_history(&mut self) -> Vec<Note> {
        if self.is_replaying {
            self.release()
        } else {
            Vec::new()
        }
    }

    /// Releases the notes that were held back, and remembers them as the start of a new history.
    fn release(&mut self) -> Vec<Note> {
        self.is_replaying = false;
        self.known.clear();
        let new = mem::take(&mut self.held);
        for note in &new {
            self.remember(note);
        }
        new
    }

    fn remember(&mut self, note: &Note) {
        if self.known.len() < MOST {
            self.known.push(hash(note));
        }
    }
}

fn hash(note: &Note) -> u64 {
    let mut hasher = DefaultHasher::new();
    note.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the new notes of `texts`, in which a letter is a note and a dot ends the history.
    fn receive(filter: &mut ReplayFilter, texts: &str) -> String {
        let mut new = Vec::new();
        for text in texts.chars() {
            new.extend(if text == '.' {
                filter.end_history()
            } else {
                filter.receive(Note {
                    name: String::new(),
                    text: text.into(),
                })
            });
        }
        new.into_iter().map(|note| note.text).collect()
    }

    #[test]
    fn a_replayed_note_is_not_new() {
        for (first, second, new) in [
            ("abc.", "abc.", ""),
            ("abc.", "abcd.e", "de"),
            ("ab.c", "abcc.", "c"),
            ("aaa.", "aaaa.", "a"),
            ("", "ab.", "ab"),
            // New histories.
            ("abc.", ".", ""),
            ("abc.", ".a", "a"),
            ("abc.", "x.y", "xy"),
            ("abc.", "ab.", "ab"),
            ("abc.", "abx.", "abx"),
        ] {
            let mut filter = ReplayFilter::default();
            let all = first.replace('.', "");
            assert_eq!(receive(&mut filter, first), all);
            filter.rejoin();
            assert_eq!(receive(&mut filter, second), new, "{first} {second}");
            let all = second.replace('.', "");
            filter.rejoin();
            assert_eq!(receive(&mut filter, &(all + ".")), "", "{first} {second}");
        }
    }

    #[test]
    fn notes_held_back_when_the_stream_breaks_are_replayed() {
        let mut filter = ReplayFilter::default();
        assert_eq!(receive(&mut filter, "abc."), "abc");
        filter.rejoin();
        assert_eq!(receive(&mut filter, "ab"), "");
        filter.rejoin();
        assert_eq!(receive(&mut filter, "abcd."), "d");
        filter.rejoin();
        assert_eq!(receive(&mut filter, "ab"), "");
        filter.rejoin();
        assert_eq!(receive(&mut filter, "ab."), "ab", "a new history");
    }
}

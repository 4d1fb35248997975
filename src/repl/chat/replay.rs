//! Notes that a server sends again when it is joined again.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    mem,
};

use crate::client::Note;

/// Notes that are known again. Those behind them are shown again.
const MOST: usize = 10_000;

/// Tells new notes from those that were heard before, where the server sends all that it
/// knows each time, the oldest first, and has no numbers for them.
///
/// As long as the notes that come are those that came the first time, they are held back.
/// Where another one comes, or no more, the server has begun a new history (it was started
/// again), and they are new, though they say the same. So nothing is lost.
#[derive(Debug, Default)]
pub(in crate::repl) struct ReplayFilter {
    /// What tells the notes from others, in their order.
    heard: Vec<u64>,
    /// Those that came again, as it seems.
    held: Vec<Note>,
    /// Whether it is looked for such.
    again: bool,
}

impl ReplayFilter {
    /// The chat was joined again. What is held back will come once more.
    pub(in crate::repl) fn rejoin(&mut self) {
        self.held.clear();
        self.again = !self.heard.is_empty();
    }

    /// The notes that are new, now that this one came.
    pub(in crate::repl) fn hear(&mut self, note: Note) -> Vec<Note> {
        if !self.again {
            self.remember(&note);
            return vec![note];
        }
        let repeats = self.heard.get(self.held.len()) == Some(&hash(&note));
        self.held.push(note);
        if !repeats {
            return self.begin_anew();
        }
        if self.held.len() == self.heard.len() {
            self.again = false;
            self.held.clear();
        }
        Vec::new()
    }

    /// The notes that are new after all, since no more of the history came.
    pub(in crate::repl) fn history_is_over(&mut self) -> Vec<Note> {
        if self.again {
            self.begin_anew()
        } else {
            Vec::new()
        }
    }

    fn begin_anew(&mut self) -> Vec<Note> {
        self.again = false;
        self.heard.clear();
        let new = mem::take(&mut self.held);
        for note in &new {
            self.remember(note);
        }
        new
    }

    fn remember(&mut self, note: &Note) {
        if self.heard.len() < MOST {
            self.heard.push(hash(note));
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

    /// What is new of these notes, and of those behind when the history is over.
    fn hear(repeats: &mut ReplayFilter, texts: &str) -> String {
        let mut new = Vec::new();
        for text in texts.chars() {
            new.extend(if text == '.' {
                repeats.history_is_over()
            } else {
                repeats.hear(Note {
                    name: String::new(),
                    text: text.into(),
                })
            });
        }
        new.into_iter().map(|note| note.text).collect()
    }

    #[test]
    fn each_note_is_new_once() {
        for (first, second, new) in [
            ("abc.", "abc.", ""),
            ("abc.", "abcd.e", "de"),
            ("ab.c", "abcc.", "c"),
            ("aaa.", "aaaa.", "a"),
            ("", "ab.", "ab"),
            // Other histories.
            ("abc.", ".", ""),
            ("abc.", ".a", "a"),
            ("abc.", "x.y", "xy"),
            ("abc.", "ab.", "ab"),
            ("abc.", "abx.", "abx"),
        ] {
            let mut repeats = ReplayFilter::default();
            let all = first.replace('.', "");
            assert_eq!(hear(&mut repeats, first), all);
            repeats.rejoin();
            assert_eq!(hear(&mut repeats, second), new, "{first} {second}");
            let all = second.replace('.', "");
            repeats.rejoin();
            assert_eq!(hear(&mut repeats, &(all + ".")), "", "{first} {second}");
        }
    }

    #[test]
    fn what_is_held_back_when_the_stream_breaks_comes_once_more() {
        let mut repeats = ReplayFilter::default();
        assert_eq!(hear(&mut repeats, "abc."), "abc");
        repeats.rejoin();
        assert_eq!(hear(&mut repeats, "ab"), "");
        repeats.rejoin();
        assert_eq!(hear(&mut repeats, "abcd."), "d");
        repeats.rejoin();
        assert_eq!(hear(&mut repeats, "ab"), "");
        repeats.rejoin();
        assert_eq!(hear(&mut repeats, "ab."), "ab", "of another history");
    }
}

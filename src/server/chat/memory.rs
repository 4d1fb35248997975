//! A history in the memory of this process.

use std::{
    collections::VecDeque,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::history::{Extent, History, HistoryError, NotePage};
use crate::proto::{cursor::Cursor, grpc::Note};

/// The maximum size of a page of notes, in bytes. A page with only one note may be larger.
///
/// The server keeps one page in memory for each subscriber that does not read its stream.
const PAGE: usize = 8 * 1024;

/// The latest notes, in the memory of this process.
#[derive(Debug)]
pub struct InMemoryHistory {
    id: String,
    /// The maximum number of notes that are kept.
    capacity: usize,
    stored: Mutex<StoredNotes>,
    /// The number of the next note. Readers wait until this number changes.
    next: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct StoredNotes {
    /// The number of the oldest note.
    first: u64,
    notes: VecDeque<Arc<Note>>,
}

impl StoredNotes {
    fn numbers(&self) -> Range<u64> {
        self.first..self.first + self.notes.len() as u64
    }
}

impl InMemoryHistory {
    /// Creates a history that keeps the latest `capacity` notes. A `capacity` of 0 keeps one note.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            id: format!("{:016x}", fastrand::u64(..)),
            capacity: capacity.max(1),
            stored: Mutex::default(),
            next: watch::Sender::new(0),
        }
    }

    fn stored(&self) -> MutexGuard<'_, StoredNotes> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tonic::async_trait]
impl History for InMemoryHistory {
    async fn append(&self, note: Note) -> Result<u64, HistoryError> {
        let end = {
            let mut stored = self.stored();
            if stored.notes.len() == self.capacity {
                stored.notes.pop_front();
                stored.first += 1;
            }
            stored.notes.push_back(Arc::new(note));
            stored.numbers().end
        };
        // Another task may have announced a later note first.
        self.next.send_modify(|next| *next = end.max(*next));
        Ok(end - 1)
    }

    async fn extent(&self) -> Result<Extent, HistoryError> {
        Ok(Extent {
            history: self.id.clone(),
            numbers: self.stored().numbers(),
        })
    }

    async fn read(&self, from: &Cursor) -> Result<NotePage, HistoryError> {
        let Cursor { history, number } = from;
        if *history != self.id {
            return Err(HistoryError::Replaced);
        }
        // This fails only if the sender is dropped, but the sender lives as long as this history.
        let _ = self.next.subscribe().wait_for(|next| next > number).await;
        let stored = self.stored();
        let first = (*number).max(stored.first);
        let skipped = usize::try_from(first - stored.first).unwrap_or(usize::MAX);
        let (mut notes, mut bytes) = (Vec::new(), 0);
        for note in stored.notes.iter().skip(skipped) {
            bytes += note.name.len() + note.message.len();
            if bytes > PAGE && !notes.is_empty() {
                break;
            }
            notes.push(Arc::clone(note));
        }
        Ok(NotePage { first, notes })
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    fn note(text: &str) -> Note {
        Note {
            name: "ada".into(),
            message: text.into(),
        }
    }

    fn at(history: &InMemoryHistory, number: u64) -> Cursor {
        Cursor {
            history: history.id.clone(),
            number,
        }
    }

    fn texts(page: &NotePage) -> (u64, Vec<&str>) {
        let texts = page.notes.iter().map(|note| note.message.as_str());
        (page.first, texts.collect())
    }

    #[tokio::test]
    async fn the_oldest_notes_are_dropped() {
        let history = InMemoryHistory::new(3);
        for (number, text) in (0..).zip(["a", "b", "c", "d", "e"]) {
            assert_eq!(history.append(note(text)).await.unwrap(), number);
        }
        assert_eq!(history.extent().await.unwrap().numbers, 2..5);
        for (from, page) in [
            (0, (2, vec!["c", "d", "e"])),
            (2, (2, vec!["c", "d", "e"])),
            (4, (4, vec!["e"])),
        ] {
            let found = history.read(&at(&history, from)).await.unwrap();
            assert_eq!(texts(&found), page);
        }
    }

    #[tokio::test]
    async fn reading_waits_for_the_next_note() {
        let history = InMemoryHistory::new(3);
        let (first, second) = (at(&history, 0), at(&history, 1));
        let mut reading = history.read(&first);
        assert!((&mut reading).now_or_never().is_none());
        history.append(note("a")).await.unwrap();
        assert_eq!(texts(&reading.await.unwrap()), (0, vec!["a"]));
        assert!(history.read(&second).now_or_never().is_none());
    }

    #[tokio::test]
    async fn a_page_is_short_and_never_empty() {
        let (history, long) = (InMemoryHistory::new(10), "x".repeat(PAGE / 3));
        for text in [&*long, "b", &long, &long, "e"] {
            history.append(note(text)).await.unwrap();
        }
        let page = history.read(&at(&history, 0)).await.unwrap();
        assert_eq!(texts(&page), (0, vec![&*long, "b", &long]));
        history.append(note(&"y".repeat(2 * PAGE))).await.unwrap();
        let page = history.read(&at(&history, 5)).await.unwrap();
        assert_eq!((page.first, page.notes.len()), (5, 1));
    }

    #[tokio::test]
    async fn a_cursor_of_another_history_is_refused() {
        let (history, other) = (InMemoryHistory::new(1), InMemoryHistory::new(1));
        assert_ne!(history.id, other.id);
        let error = history.read(&at(&other, 0)).await.unwrap_err();
        assert!(matches!(error, HistoryError::Replaced));
    }
}

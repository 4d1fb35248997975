//! What was said in the chat, in its order.

use std::{
    collections::VecDeque,
    fmt,
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;
use tonic::Status;

use crate::proto::grpc::Note;

/// Bytes of the notes that a member is handed at once: what is kept for one that does not
/// read.
const PAGE: usize = 8 * 1024;

/// Notes in the order in which everybody sees them. Each has a number, which is one more
/// than that of the note before it; the oldest ones are forgotten.
///
/// Several servers that share one would share their chat.
#[tonic::async_trait]
pub trait History: fmt::Debug + Send + Sync {
    /// What tells it from other histories, in which numbers mean other notes: letters,
    /// digits and `-`.
    fn id(&self) -> &str;

    /// Adds a note behind all others.
    async fn add(&self, note: Note) -> Result<(), Status>;

    /// The numbers of the notes that are kept; its end is the number of the next one.
    async fn range(&self) -> Result<Range<u64>, Status>;

    /// The next notes from number `from` on, of which there is at least one: it is waited
    /// for.
    async fn read(&self, from: u64) -> Result<Page, Status>;
}

/// Some notes, one behind the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The number of the first. Where it is greater than what was asked for, those between
    /// are forgotten.
    pub first: u64,
    /// The notes.
    pub notes: Vec<Arc<Note>>,
}

/// The latest notes, in the memory of this process.
#[derive(Debug)]
pub struct InMemoryHistory {
    id: String,
    /// How many are kept.
    most: usize,
    kept: Mutex<Kept>,
    /// The number of the next one.
    next: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Kept {
    /// The number of the oldest.
    first: u64,
    notes: VecDeque<Arc<Note>>,
}

impl Kept {
    fn range(&self) -> Range<u64> {
        self.first..self.first + self.notes.len() as u64
    }
}

impl InMemoryHistory {
    /// A history that keeps so many notes, at least one.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self {
            id: format!("{:016x}", fastrand::u64(..)),
            most: most.max(1),
            kept: Mutex::default(),
            next: watch::Sender::new(0),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[tonic::async_trait]
impl History for InMemoryHistory {
    fn id(&self) -> &str {
        &self.id
    }

    async fn add(&self, note: Note) -> Result<(), Status> {
        let next = {
            let mut kept = self.kept();
            if kept.notes.len() == self.most {
                kept.notes.pop_front();
                kept.first += 1;
            }
            kept.notes.push_back(Arc::new(note));
            kept.range().end
        };
        // Another note may have been added since, and told of first.
        self.next.send_modify(|told| *told = next.max(*told));
        Ok(())
    }

    async fn range(&self) -> Result<Range<u64>, Status> {
        Ok(self.kept().range())
    }

    async fn read(&self, from: u64) -> Result<Page, Status> {
        // The sender lives as long as this does.
        let _ = self.next.subscribe().wait_for(|next| *next > from).await;
        let kept = self.kept();
        let first = from.max(kept.first);
        let (mut notes, mut bytes) = (Vec::new(), 0);
        let skipped = usize::try_from(first - kept.first).unwrap_or(usize::MAX);
        for note in kept.notes.iter().skip(skipped) {
            bytes += note.name.len() + note.message.len();
            if bytes > PAGE && !notes.is_empty() {
                break;
            }
            notes.push(Arc::clone(note));
        }
        Ok(Page { first, notes })
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

    fn texts(page: &Page) -> (u64, Vec<&str>) {
        let texts = page.notes.iter().map(|note| note.message.as_str());
        (page.first, texts.collect())
    }

    #[tokio::test]
    async fn the_oldest_are_forgotten() {
        let history = InMemoryHistory::new(3);
        for text in ["a", "b", "c", "d", "e"] {
            history.add(note(text)).await.unwrap();
        }
        assert_eq!(history.range().await.unwrap(), 2..5);
        for (from, page) in [
            (0, (2, vec!["c", "d", "e"])),
            (2, (2, vec!["c", "d", "e"])),
            (4, (4, vec!["e"])),
        ] {
            assert_eq!(texts(&history.read(from).await.unwrap()), page);
        }
    }

    #[tokio::test]
    async fn the_next_note_is_waited_for() {
        let history = InMemoryHistory::new(3);
        let mut reading = history.read(0);
        assert!((&mut reading).now_or_never().is_none());
        history.add(note("a")).await.unwrap();
        assert_eq!(texts(&reading.await.unwrap()), (0, vec!["a"]));
        assert!(history.read(1).now_or_never().is_none());
    }

    #[tokio::test]
    async fn a_page_is_short() {
        let (history, long) = (InMemoryHistory::new(10), "x".repeat(PAGE / 3));
        for text in [&*long, "b", &long, &long, "e"] {
            history.add(note(text)).await.unwrap();
        }
        let page = history.read(0).await.unwrap();
        assert_eq!(texts(&page), (0, vec![&*long, "b", &long]));
        history.add(note(&"y".repeat(2 * PAGE))).await.unwrap();
        let page = history.read(5).await.unwrap();
        assert_eq!((page.first, page.notes.len()), (5, 1), "but never empty");
    }

    #[tokio::test]
    async fn histories_are_told_apart() {
        assert_ne!(InMemoryHistory::new(1).id(), InMemoryHistory::new(1).id());
    }
}

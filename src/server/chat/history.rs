//! The interface of the stores for the chat history.

use std::{error::Error, fmt, ops::Range, sync::Arc};

use crate::proto::{cursor::Cursor, grpc::Note};

/// A store of chat notes, which all clients see in the same order.
///
/// The notes have consecutive numbers. A store may drop its oldest notes. Servers that use the
/// same store have the same chat.
///
/// Every method waits for the store. A method fails while the store is unavailable, and the chat
/// service then answers `UNAVAILABLE`. If a caller cancels or disconnects, the future of the
/// method is dropped.
#[tonic::async_trait]
pub trait History: fmt::Debug + Send + Sync {
    /// Appends a note and returns its number once the note is stored.
    ///
    /// After an error, the note may or may not be stored. If a store retries a failed write, it
    /// must recognize the repeated note, for example by a message id, and store that note only
    /// once.
    async fn append(&self, note: Note) -> Result<u64, HistoryError>;

    /// Returns the identifier of the history and the numbers of the stored notes.
    async fn extent(&self) -> Result<Extent, HistoryError>;

    /// Returns the next notes, starting at `from`. Waits until there is at least one note.
    async fn read(&self, from: &Cursor) -> Result<NotePage, HistoryError>;
}

/// The range of notes that a history holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// The identifier of the history: letters, digits and `-`.
    ///
    /// The identifier is needed because another history uses the same numbers for different notes.
    pub history: String,
    /// The range of the numbers of the stored notes. The range ends before the next note's number.
    pub numbers: Range<u64>,
}

/// Consecutive notes of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct NotePage {
    /// The number of the first note.
    ///
    /// If it is greater than the requested number, the notes between these two numbers are no
    /// longer stored.
    pub first: u64,
    /// The notes, in the order of their numbers.
    pub notes: Vec<Arc<Note>>,
}

/// An error of a history.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The store cannot be reached or does not answer.
    #[error("the history of the chat is unavailable: {0}")]
    Unavailable(#[source] Box<dyn Error + Send + Sync>),
    /// The cursor belongs to another history: the store was replaced.
    #[error("the history of the chat was replaced")]
    Replaced,
}

//! The history of the chat: the interface of its stores.

use std::{error::Error, fmt, ops::Range, sync::Arc};

use crate::proto::{cursor::Cursor, grpc::Note};

/// A store of chat notes, in one order for all clients.
///
/// Each note has a number, one more than that of the note before it. A store may drop its
/// oldest notes. Servers that share a store share their chat.
///
/// Every method waits for the store and fails while it is unavailable: the chat service then
/// answers `UNAVAILABLE`. A call whose caller leaves drops the future.
#[tonic::async_trait]
pub trait History: fmt::Debug + Send + Sync {
    /// Appends a note and returns its number once the note is stored.
    ///
    /// After an error the note may be stored or not. A store that publishes again itself must
    /// recognise the note, by a message id for example, and store it once.
    async fn append(&self, note: Note) -> Result<u64, HistoryError>;

    /// Returns the notes that are stored now.
    async fn extent(&self) -> Result<Extent, HistoryError>;

    /// Returns the next notes from `from` on, at least one: waits until there is one.
    async fn read(&self, from: &Cursor) -> Result<NotePage, HistoryError>;
}

/// The notes that a history holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Extent {
    /// Identifies the history, since numbers mean other notes in another one. Letters, digits
    /// and `-`.
    pub history: String,
    /// The numbers of the stored notes. The end is the number of the next note.
    pub numbers: Range<u64>,
}

/// Consecutive notes of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct NotePage {
    /// The number of the first note. If it is greater than the requested one, the notes
    /// between are no longer stored.
    pub first: u64,
    /// The notes.
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

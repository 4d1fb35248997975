//! The service `grpc.ChatServer`. It stores the chat notes in a history.

pub(super) mod history;
pub(super) mod memory;

use std::sync::Arc;

use futures_util::{
    Stream, StreamExt as _, TryStreamExt as _,
    stream::{self, BoxStream},
};
use tonic::{Request, Response, Status};

use self::history::{Extent, History, HistoryError};
use super::{
    Metrics,
    peer::{NoteRate, Peer},
    status::{invalid_note, too_many_notes},
};
use crate::proto::grpc::{Empty, Note, chat_server_server::ChatServer};
use crate::proto::{
    cursor::{Cursor, FROM, NEXT},
    note,
};

/// The chat service.
///
/// Subscribers share only the history. Each subscriber reads the history at its own speed. So all
/// subscribers see the same order of notes, and no subscriber waits for another.
#[derive(Clone, Debug)]
pub(super) struct ChatService {
    history: Arc<dyn History>,
    /// The maximum rate of notes from each connection.
    rate: NoteRate,
    metrics: Arc<Metrics>,
}

impl ChatService {
    pub(super) fn new(history: Arc<dyn History>, rate: NoteRate, metrics: Arc<Metrics>) -> Self {
        Self {
            history,
            rate,
            metrics,
        }
    }
}

#[tonic::async_trait]
impl ChatServer for ChatService {
    type ChatStreamStream = BoxStream<'static, Result<Note, Status>>;

    async fn chat_stream(
        &self,
        request: Request<Empty>,
    ) -> Result<Response<Self::ChatStreamStream>, Status> {
        let Extent { history, numbers } = self
            .history
            .extent()
            .await
            .map_err(|error| history_unavailable(&error))?;
        let requested = request.metadata().get(FROM);
        let requested = requested.and_then(|text| text.to_str().ok()?.parse::<Cursor>().ok());
        let number = match requested {
            Some(cursor) if cursor.history == history => cursor.number.min(numbers.end),
            _ => numbers.start,
        };
        let from = Cursor { history, number };
        let mut response = Response::new(());
        let metadata = response.metadata_mut();
        for (key, value) in [(FROM, from.to_string()), (NEXT, numbers.end.to_string())] {
            if let Ok(value) = value.parse() {
                metadata.insert(key, value);
            }
        }
        let subscription = Subscription::new(&self.metrics);
        let notes = notes(Arc::clone(&self.history), from).inspect(move |_| {
            // The stream owns the subscription.
            let _ = &subscription;
        });
        Ok(response.map(|()| notes.boxed()))
    }

    async fn send_note(&self, request: Request<Note>) -> Result<Response<Empty>, Status> {
        if let Some(peer) = request.extensions().get::<Arc<Peer>>() {
            // Invalid notes, which are refused below, count too.
            peer.take_note(self.rate)
                .map_err(|wait| too_many_notes(self.rate.per_second.get(), wait))?;
        }
        let note = request.into_inner();
        note::check(&note).map_err(|error| invalid_note(&error))?;
        let stored = self.history.append(note).await;
        stored.map_err(|error| history_unavailable(&error))?;
        self.metrics.notes.inc();
        Ok(Response::new(Empty {}))
    }
}

/// Returns the stream of notes that starts at `from`.
///
/// If some notes are no longer stored, the stream has one note in their place. The text of this
/// note states how many notes are missing. The stream ends with `UNAVAILABLE` if the history
/// fails. A client can then subscribe again from its cursor.
fn notes(
    history: Arc<dyn History>,
    from: Cursor,
) -> impl Stream<Item = Result<Note, Status>> + Send {
    let pages = stream::try_unfold((history, from), |(history, mut cursor)| async move {
        let page = history.read(&cursor).await;
        let page = page.map_err(|error| history_unavailable(&error))?;
        let missing = page.first.saturating_sub(cursor.number);
        let gap = (missing > 0).then(|| note::missing(missing));
        cursor.number = page.first + page.notes.len() as u64;
        let notes = page.notes.into_iter().map(|note| Note::clone(&note));
        let notes = stream::iter(gap.into_iter().chain(notes).map(Ok));
        Ok::<_, Status>(Some((notes, (history, cursor))))
    });
    pages.try_flatten()
}

/// A guard that counts an open `ChatStream` call in the metrics until it is dropped.
struct Subscription(Arc<Metrics>);

impl Subscription {
    fn new(metrics: &Arc<Metrics>) -> Self {
        metrics.members.inc();
        Self(Arc::clone(metrics))
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.0.members.dec();
    }
}

/// Logs an error of the chat history, and returns the status of the call that failed.
fn history_unavailable(error: &HistoryError) -> Status {
    tracing::warn!(%error, "the chat history failed");
    Status::unavailable("the history of the chat is unavailable; try again a little later")
}

#[cfg(test)]
mod tests {
    use super::memory::InMemoryHistory;
    use super::*;

    async fn append(history: &InMemoryHistory, text: &str) {
        let note = Note {
            name: "ada".into(),
            message: text.into(),
        };
        history.append(note).await.unwrap();
    }

    #[tokio::test]
    async fn a_slow_subscriber_learns_how_many_notes_are_missing() {
        let history = Arc::new(InMemoryHistory::new(3));
        let from = Cursor {
            history: history.extent().await.unwrap().history,
            number: 0,
        };
        let mut notes = Box::pin(notes(history.clone(), from));
        append(&history, "0").await;
        assert_eq!(notes.next().await.unwrap().unwrap().message, "0");
        for number in 1..8 {
            append(&history, &number.to_string()).await;
        }
        assert_eq!(notes.next().await.unwrap().unwrap(), note::missing(4));
        for number in 5..8 {
            let note = notes.next().await.unwrap().unwrap();
            assert_eq!(note.message, number.to_string());
        }
    }
}

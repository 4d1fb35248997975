//! The chat of a server: sending notes and receiving them.

use std::{fmt, future::pending, sync::Arc, time::Duration};

use tokio::time::{self, sleep};
use tonic::{Request, Response, Status, Streaming, codegen::BoxFuture, metadata::MetadataMap};

use super::{
    CallError,
    channel::{
        connector::{Connectivity, ConnectivityState},
        grpc_channel::GrpcChannel,
    },
    with_deadline,
};
use crate::{
    proto::{
        cursor::{Cursor, FROM, NEXT},
        grpc as proto,
        grpc::{Empty, chat_server_client::ChatServerClient},
        note::{NAME, TEXT, missed},
    },
    text::printable::{printable, printable_with_emoji},
};

/// The time without a new note after which the history counts as complete.
///
/// The client uses this time for servers that do not send the length of the history. Servers in
/// some languages do not even send response headers before the first note.
const HISTORY_PAUSE: Duration = Duration::from_millis(500);

/// A note of the chat, as it was received. `Display` makes the note safe for a terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Note {
    /// The name of the author.
    pub name: String,
    /// The text of the note.
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, text) = (
            printable(&self.name, NAME),
            printable_with_emoji(&self.text, TEXT),
        );
        write!(f, "[{name}] {text}")
    }
}

/// Cuts a text after `limit` characters. A server, which is not trusted, may send a longer text.
fn truncate(mut text: String, limit: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(limit) {
        text.truncate(end);
        text.push('…');
        text.shrink_to_fit();
    }
    text
}

/// A stream of the notes of a chat, from the oldest to the newest.
pub struct Notes {
    stream: Stream,
    /// The cursor of the next note, if the server sends cursors.
    cursor: Option<Cursor>,
    /// The number of the first note after the history, as in [`Cursor::number`].
    first_live: u64,
    /// Whether any note was received.
    has_begun: bool,
    /// The name of the server of this stream.
    server: String,
    connectivity: Arc<Connectivity>,
}

enum Stream {
    /// The server has not sent response headers yet.
    Opening(BoxFuture<Response<Streaming<proto::Note>>, Status>),
    Open(Box<Streaming<proto::Note>>),
}

impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut notes = f.debug_struct("Notes");
        notes.field("server", &self.server);
        notes.field("cursor", &self.cursor).finish_non_exhaustive()
    }
}

/// Opens a stream of notes.
///
/// The stream starts at the cursor `from` if the server recognizes this cursor, and at the oldest
/// note otherwise.
pub(super) async fn subscribe(
    channel: GrpcChannel,
    from: Option<&Cursor>,
    connectivity: &Arc<Connectivity>,
) -> Result<Notes, Status> {
    let mut request = Request::new(Empty {});
    if let Some(cursor) = from.and_then(|from| from.to_string().parse().ok()) {
        request.metadata_mut().insert(FROM, cursor);
    }
    let mut stub = ChatServerClient::new(channel);
    let mut opening: BoxFuture<_, _> = Box::pin(async move { stub.chat_stream(request).await });
    let mut notes = Notes {
        stream: Stream::Opening(Box::pin(pending())),
        cursor: None,
        first_live: 0,
        has_begun: false,
        server: connectivity.server(),
        connectivity: Arc::clone(connectivity),
    };
    loop {
        tokio::select! {
            response = &mut opening => {
                notes.begin(response?);
                return Ok(notes);
            }
            // The connection works, so the server has not sent response headers.
            () = sleep(HISTORY_PAUSE) => if connectivity.state() == ConnectivityState::Ready {
                notes.stream = Stream::Opening(opening);
                return Ok(notes);
            }
        }
    }
}

/// Sends `note`, and gives the server `timeout` to accept it.
pub(super) async fn send(
    channel: GrpcChannel,
    note: &Note,
    timeout: Duration,
) -> Result<(), Status> {
    let note = proto::Note {
        name: note.name.clone(),
        message: note.text.clone(),
    };
    let mut stub = ChatServerClient::new(channel);
    stub.send_note(with_deadline(note, timeout)).await?;
    Ok(())
}

impl Notes {
    fn begin(&mut self, response: Response<Streaming<proto::Note>>) {
        let metadata = response.metadata();
        let from = text(metadata, FROM).and_then(|from| from.parse::<Cursor>().ok());
        let next = text(metadata, NEXT).and_then(|next| next.parse().ok());
        if let (Some(from), Some(next)) = (from, next) {
            (self.cursor, self.first_live) = (Some(from), next);
        }
        self.stream = Stream::Open(Box::new(response.into_inner()));
    }

    /// Returns the cursor of the next note, if the server sends cursors.
    #[must_use]
    pub fn cursor(&self) -> Option<&Cursor> {
        self.cursor.as_ref()
    }

    /// Waits for the next note. An error means that the stream has ended.
    ///
    /// If the future is dropped, no note is lost.
    pub async fn next(&mut self) -> Result<Note, CallError> {
        if let Stream::Opening(opening) = &mut self.stream {
            let opened = opening.await;
            let response = opened.map_err(|status| {
                CallError::from_status(&status, Duration::ZERO, &self.connectivity)
            })?;
            self.begin(response);
        }
        let note = match self.message().await {
            Ok(Some(note)) => note,
            Ok(None) => return Err(CallError::ended(&self.server, "chat")),
            Err(status) => {
                let (server, connectivity) = (&self.server, &self.connectivity);
                return Err(if self.has_begun {
                    CallError::from_stream(&status, server, connectivity)
                } else {
                    CallError::from_new_stream(&status, server, connectivity)
                });
            }
        };
        self.has_begun = true;
        if let Some(cursor) = &mut self.cursor {
            // A note that announces a gap stands for all the notes in the gap.
            let notes = missed(&note).unwrap_or(1);
            cursor.number = cursor.number.saturating_add(notes);
        }
        Ok(Note {
            name: truncate(note.name, NAME),
            text: truncate(note.message, TEXT),
        })
    }

    async fn message(&mut self) -> Result<Option<proto::Note>, Status> {
        match &mut self.stream {
            Stream::Open(messages) => messages.message().await,
            Stream::Opening(_) => Ok(None),
        }
    }

    /// Waits for the next note of the history. Returns None at the end of the history.
    ///
    /// Fails if the history is not complete and the server sends no note within `timeout`.
    pub async fn next_of_history(&mut self, timeout: Duration) -> Result<Option<Note>, CallError> {
        let limit = match &self.cursor {
            Some(cursor) if cursor.number >= self.first_live => return Ok(None),
            Some(_) => timeout,
            None => HISTORY_PAUSE,
        };
        match time::timeout(limit, self.next()).await {
            Ok(note) => note.map(Some),
            Err(_) if self.cursor.is_none() => Ok(None),
            Err(_) => {
                let cause = format!("the server sent no note of the history within {limit:?}");
                Err(CallError::silent_stream(&self.server, cause))
            }
        }
    }
}

fn text<'m>(metadata: &'m MetadataMap, key: &str) -> Option<&'m str> {
    metadata.get(key)?.to_str().ok()
}

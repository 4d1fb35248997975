//! The chat of a server, from the side of a member.

use std::{fmt, future::pending, sync::Arc, time::Duration};

use tokio::time::{sleep, timeout};
use tonic::{Request, Response, Status, Streaming, codegen::BoxFuture, metadata::MetadataMap};

use super::{
    CallError, Peer,
    channel::{connector::Stage, grpc_channel::GrpcChannel},
    with_deadline,
};
use crate::{
    proto::{
        cursor::{Cursor, FROM, NEXT},
        grpc as proto,
        grpc::{Empty, chat_server_client::ChatServerClient},
        note::{NAME, TEXT, missed},
    },
    text::printable::printable,
};

/// How long nothing comes before the notes that came are taken for the whole history, of a
/// server that does not tell. Servers of some languages say nothing at all before the first
/// note, not even that the call is taken.
const QUIET: Duration = Duration::from_millis(500);

/// Something that somebody said. It may be anything: what displays it makes it fit for a
/// terminal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Note {
    /// Who said it.
    pub name: String,
    /// What was said.
    pub text: String,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, text) = (printable(&self.name, NAME), printable(&self.text, TEXT));
        write!(f, "[{name}] {text}")
    }
}

/// What may be kept of a text. It may be anybody's server.
fn cut(mut text: String, limit: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(limit) {
        text.truncate(end);
        text.push('…');
        text.shrink_to_fit();
    }
    text
}

/// What is heard of a chat.
pub struct Notes {
    stream: Stream,
    /// The next note, where the server tells.
    bookmark: Option<Cursor>,
    /// The number of the first note that was said after the stream began.
    live: u64,
    /// What to call the server of this stream.
    server: String,
    peer: Arc<Peer>,
}

enum Stream {
    /// The server has not said yet that it takes the call.
    Opening(BoxFuture<Response<Streaming<proto::Note>>, Status>),
    Open(Box<Streaming<proto::Note>>),
}

impl fmt::Debug for Notes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut notes = f.debug_struct("Notes");
        notes.field("server", &self.server);
        notes
            .field("bookmark", &self.bookmark)
            .finish_non_exhaustive()
    }
}

/// Begins to listen, with the note at `from` where the server knows that place, else with
/// the oldest.
pub(super) async fn listen(
    channel: GrpcChannel,
    from: Option<&Cursor>,
    peer: &Arc<Peer>,
) -> Result<Notes, Status> {
    let mut request = Request::new(Empty {});
    if let Some(place) = from.and_then(|from| from.to_string().parse().ok()) {
        request.metadata_mut().insert(FROM, place);
    }
    let mut stub = ChatServerClient::new(channel);
    let mut opening: BoxFuture<_, _> = Box::pin(async move { stub.chat_stream(request).await });
    let mut notes = Notes {
        stream: Stream::Opening(Box::pin(pending())),
        bookmark: None,
        live: 0,
        server: peer.name(),
        peer: Arc::clone(peer),
    };
    loop {
        tokio::select! {
            response = &mut opening => {
                notes.begin(response?);
                return Ok(notes);
            }
            // It has a connection, so it is the server that says nothing.
            () = sleep(QUIET) => if peer.stage() == Stage::Speaking {
                notes.stream = Stream::Opening(opening);
                return Ok(notes);
            }
        }
    }
}

/// Says `note`, within `left`.
pub(super) async fn say(channel: GrpcChannel, note: &Note, left: Duration) -> Result<(), Status> {
    let note = proto::Note {
        name: note.name.clone(),
        message: note.text.clone(),
    };
    let mut stub = ChatServerClient::new(channel);
    stub.send_note(with_deadline(note, left)).await?;
    Ok(())
}

impl Notes {
    fn begin(&mut self, response: Response<Streaming<proto::Note>>) {
        let metadata = response.metadata();
        let from = text(metadata, FROM).and_then(|from| from.parse::<Cursor>().ok());
        let next = text(metadata, NEXT).and_then(|next| next.parse().ok());
        if let (Some(from), Some(next)) = (from, next) {
            (self.bookmark, self.live) = (Some(from), next);
        }
        self.stream = Stream::Open(Box::new(response.into_inner()));
    }

    /// The place of the next note, where the server tells of places.
    #[must_use]
    pub fn bookmark(&self) -> Option<&Cursor> {
        self.bookmark.as_ref()
    }

    /// Waits for the next note. An error is the end of the stream. Nothing is lost where the
    /// future is dropped.
    pub async fn next(&mut self) -> Result<Note, CallError> {
        if let Stream::Opening(opening) = &mut self.stream {
            let opened = opening.await;
            let failed = |status| CallError::from_status(&status, Duration::ZERO, &self.peer);
            let response = opened.map_err(failed)?;
            self.begin(response);
        }
        let note = match self.message().await {
            Ok(Some(note)) => note,
            Ok(None) => return Err(CallError::ended(&self.server, "chat")),
            Err(status) => return Err(CallError::of_stream(&status, &self.server, &self.peer)),
        };
        if let Some(bookmark) = &mut self.bookmark {
            // What tells of a gap is no note of the history, but stands for those in it.
            let notes = missed(&note).unwrap_or(1);
            bookmark.number = bookmark.number.saturating_add(notes);
        }
        Ok(Note {
            name: cut(note.name, NAME),
            text: cut(note.message, TEXT),
        })
    }

    async fn message(&mut self) -> Result<Option<proto::Note>, Status> {
        match &mut self.stream {
            Stream::Open(messages) => messages.message().await,
            Stream::Opening(_) => Ok(None),
        }
    }

    /// Waits for the next note that was said before the stream began; none where there are
    /// no more. One that is due has to come within `patience`.
    pub async fn next_of_history(&mut self, patience: Duration) -> Result<Option<Note>, CallError> {
        let patience = match &self.bookmark {
            Some(bookmark) if bookmark.number >= self.live => return Ok(None),
            Some(_) => patience,
            None => QUIET,
        };
        match timeout(patience, self.next()).await {
            Ok(note) => note.map(Some),
            Err(_) if self.bookmark.is_none() => Ok(None),
            Err(_) => Err(CallError::silent(&self.server, patience)),
        }
    }
}

fn text<'m>(metadata: &'m MetadataMap, key: &str) -> Option<&'m str> {
    metadata.get(key)?.to_str().ok()
}

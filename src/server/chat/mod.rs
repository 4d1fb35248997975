//! `grpc.ChatServer` over a history.

pub(super) mod history;

use std::sync::Arc;

use futures_util::{
    StreamExt as _, TryStreamExt as _,
    stream::{self, BoxStream},
};
use tonic::{Request, Response, Status};

use self::history::History;
use super::{
    Metrics,
    status::{invalid_note, too_many_notes},
    transport::peer::{NoteRate, Peer},
};
use crate::proto::grpc::{Empty, Note, chat_server_server::ChatServer};
use crate::proto::{
    cursor::{Cursor, FROM, NEXT},
    note,
};

/// The service.
///
/// Members share nothing but the history: each goes through it at its own pace, so that
/// all see the same order and none waits for another. Between two notes a member is a
/// future that waits.
#[derive(Clone, Debug)]
pub(super) struct Chat {
    history: Arc<dyn History>,
    /// For each connection.
    rate: NoteRate,
    metrics: Arc<Metrics>,
}

impl Chat {
    pub(super) fn new(history: Arc<dyn History>, rate: NoteRate, metrics: Arc<Metrics>) -> Self {
        Self {
            history,
            rate,
            metrics,
        }
    }
}

#[tonic::async_trait]
impl ChatServer for Chat {
    type ChatStreamStream = BoxStream<'static, Result<Note, Status>>;

    async fn chat_stream(
        &self,
        request: Request<Empty>,
    ) -> Result<Response<Self::ChatStreamStream>, Status> {
        let history = Arc::clone(&self.history);
        let kept = history.range().await?;
        let wanted = request.metadata().get(FROM);
        let wanted = wanted.and_then(|text| text.to_str().ok()?.parse::<Cursor>().ok());
        let number = match wanted {
            Some(mark) if mark.history == history.id() => mark.number.min(kept.end),
            _ => kept.start,
        };
        let from = Cursor {
            history: history.id().into(),
            number,
        };
        let member = Member::new(&self.metrics);
        let notes = notes(history, number).inspect(move |_| {
            let _ = &member;
        });
        let mut response = Response::new(notes.boxed());
        let metadata = response.metadata_mut();
        for (key, value) in [(FROM, from.to_string()), (NEXT, kept.end.to_string())] {
            if let Ok(value) = value.parse() {
                metadata.insert(key, value);
            }
        }
        Ok(response)
    }

    async fn send_note(&self, request: Request<Note>) -> Result<Response<Empty>, Status> {
        if let Some(peer) = request.extensions().get::<Arc<Peer>>() {
            // What is refused below counts, too.
            peer.take_note(self.rate)
                .map_err(|wait| too_many_notes(self.rate.per_second.get(), wait))?;
        }
        let note = request.into_inner();
        note::check(&note).map_err(|error| invalid_note(&error))?;
        self.history.add(note).await?;
        self.metrics.notes.inc();
        Ok(Response::new(Empty {}))
    }
}

/// The notes from number `from` on, and at each gap how many are missing.
fn notes(
    history: Arc<dyn History>,
    from: u64,
) -> impl stream::Stream<Item = Result<Note, Status>> + Send {
    let pages = stream::try_unfold((history, from), |(history, from)| async move {
        let page = history.read(from).await?;
        let gap = (page.first > from).then(|| note::missing(page.first - from));
        let next = page.first + page.notes.len() as u64;
        let notes = page.notes.into_iter().map(|note| Note::clone(&note));
        let notes = stream::iter(gap.into_iter().chain(notes).map(Ok));
        Ok::<_, Status>(Some((notes, (history, next))))
    });
    pages.try_flatten()
}

/// Somebody who listens.
struct Member(Arc<Metrics>);

impl Member {
    fn new(metrics: &Arc<Metrics>) -> Self {
        metrics.members.inc();
        Self(Arc::clone(metrics))
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        self.0.members.dec();
    }
}

#[cfg(test)]
mod tests {
    use super::history::InMemoryHistory;
    use super::*;

    async fn say(history: &InMemoryHistory, text: &str) {
        let note = Note {
            name: "ada".into(),
            message: text.into(),
        };
        history.add(note).await.unwrap();
    }

    #[tokio::test]
    async fn who_falls_behind_is_told_how_far() {
        let history = Arc::new(InMemoryHistory::new(3));
        let mut notes = Box::pin(notes(history.clone(), 0));
        say(&history, "0").await;
        assert_eq!(notes.next().await.unwrap().unwrap().message, "0");
        for number in 1..8 {
            say(&history, &number.to_string()).await;
        }
        assert_eq!(notes.next().await.unwrap().unwrap(), note::missing(4));
        for number in 5..8 {
            let note = notes.next().await.unwrap().unwrap();
            assert_eq!(note.message, number.to_string());
        }
    }
}

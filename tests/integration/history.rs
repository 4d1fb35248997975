//! Servers whose chat history is not the default implementation.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use grpcalc::{
    proto::{
        cursor::Cursor,
        grpc::{Empty, Note, chat_server_client::ChatServerClient},
    },
    server::{
        self, Extent, History, HistoryError, InMemoryHistory, NotePage, ServerLimits, Settings,
    },
};
use hyper_util::rt::TokioIo;
use tokio::{io::duplex, time::timeout};
use tonic::{
    Code, Status, Streaming,
    transport::{Channel, Endpoint},
};

use crate::harness::PATIENCE;

type Stub = ChatServerClient<Channel>;

/// A history in which every second append fails.
#[derive(Debug)]
struct Flaky {
    inner: InMemoryHistory,
    appends: AtomicUsize,
}

#[tonic::async_trait]
impl History for Flaky {
    async fn append(&self, note: Note) -> Result<u64, HistoryError> {
        if self.appends.fetch_add(1, Ordering::Relaxed) % 2 == 1 {
            return Err(HistoryError::Unavailable("no acknowledgement".into()));
        }
        self.inner.append(note).await
    }

    async fn extent(&self) -> Result<Extent, HistoryError> {
        self.inner.extent().await
    }

    async fn read(&self, from: &Cursor) -> Result<NotePage, HistoryError> {
        self.inner.read(from).await
    }
}

/// A history that cannot be reached.
#[derive(Debug)]
struct Unreachable;

#[tonic::async_trait]
impl History for Unreachable {
    async fn append(&self, _: Note) -> Result<u64, HistoryError> {
        Err(HistoryError::Unavailable("connection refused".into()))
    }

    async fn extent(&self) -> Result<Extent, HistoryError> {
        Err(HistoryError::Unavailable("connection refused".into()))
    }

    async fn read(&self, _: &Cursor) -> Result<NotePage, HistoryError> {
        Err(HistoryError::Unavailable("connection refused".into()))
    }
}

/// Starts an embedded server with `history`, and returns a stub.
async fn serve(history: Arc<dyn History>) -> Stub {
    serve_with(Settings {
        history: Some(history),
        ..Settings::default()
    })
    .await
}

/// Returns a stub of an embedded server with these settings.
async fn serve_with(settings: Settings) -> Stub {
    let (dial, connections) = server::in_memory();
    tokio::spawn(server::run(connections, std::future::pending(), settings));
    let connector = tower::service_fn(move |_| {
        let dial = dial.clone();
        async move {
            let (ours, theirs) = duplex(64 * 1024);
            dial.send(theirs).await.map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>(TokioIo::new(ours))
        }
    });
    let channel = Endpoint::from_static("http://embedded")
        .connect_with_connector(connector)
        .await;
    ChatServerClient::new(channel.unwrap())
}

async fn say(stub: &mut Stub, message: &str) -> Result<(), Status> {
    let note = Note {
        name: "ada".into(),
        message: message.into(),
    };
    stub.send_note(note).await.map(|_| ())
}

async fn next(notes: &mut Streaming<Note>) -> String {
    let note = timeout(PATIENCE, notes.message()).await.unwrap().unwrap();
    note.unwrap().message
}

#[tokio::test]
async fn a_failing_history_refuses_notes_and_its_subscribers_go_on() {
    let mut stub = serve(Arc::new(Flaky {
        inner: InMemoryHistory::new(10),
        appends: AtomicUsize::new(0),
    }))
    .await;
    let mut notes = stub.chat_stream(Empty {}).await.unwrap().into_inner();
    for round in 0..3 {
        let (stored, lost) = (format!("stored {round}"), format!("lost {round}"));
        say(&mut stub, &stored).await.unwrap();
        let refusal = say(&mut stub, &lost).await.unwrap_err();
        assert_eq!(refusal.code(), Code::Unavailable);
        // The cause is only in the operator's log.
        assert!(!refusal.message().contains("acknowledgement"), "{refusal}");
        assert_eq!(next(&mut notes).await, stored);
    }
}

#[tokio::test]
async fn an_unreachable_history_answers_unavailable() {
    let mut stub = serve(Arc::new(Unreachable)).await;
    let refusal = say(&mut stub, "hello").await.unwrap_err();
    assert_eq!(refusal.code(), Code::Unavailable);
    let refusal = stub.chat_stream(Empty {}).await.unwrap_err();
    assert_eq!(refusal.code(), Code::Unavailable);
}

#[tokio::test]
async fn servers_with_one_history_share_their_chat() {
    let history = Arc::new(InMemoryHistory::new(ServerLimits::DEFAULT.notes));
    let mut first = serve(history.clone()).await;
    let mut second = serve(history).await;
    let mut notes = second.chat_stream(Empty {}).await.unwrap().into_inner();
    say(&mut first, "hello").await.unwrap();
    assert_eq!(next(&mut notes).await, "hello");
}

#[tokio::test]
async fn without_a_history_the_server_keeps_as_many_notes_as_its_limit() {
    let mut stub = serve_with(Settings {
        limits: ServerLimits {
            notes: 2,
            ..ServerLimits::DEFAULT
        },
        ..Settings::default()
    })
    .await;
    for message in ["one", "two", "three"] {
        say(&mut stub, message).await.unwrap();
    }
    let mut notes = stub.chat_stream(Empty {}).await.unwrap().into_inner();
    assert_eq!(next(&mut notes).await, "two");
    assert_eq!(next(&mut notes).await, "three");
}

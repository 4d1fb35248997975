//! The server: the services over the engine, on any kind of connection.

mod calculator;
mod connection;
mod evaluator;
mod inbox;
mod line;
mod listener;
mod pool;
mod routes;
mod status;
mod worksheet;

use std::{io, pin::pin, time::Duration};

use futures_util::{Stream, StreamExt as _};
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    sync::mpsc,
    time,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;
use tonic::transport;

use self::{connection::Connection, routes::Routes};
use crate::engine::Limits;

pub use self::{
    calculator::CalculatorService,
    evaluator::Evaluator,
    listener::Listener,
    status::{DOMAIN, END, HELP, START},
};

/// Calls that one connection may have open at the same time.
const STREAMS_PER_CONNECTION: u32 = 256;

/// Bytes that a peer may send on a stream, and on a connection, before we have read them.
/// A stream that is not read must leave room for the others of its connection.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 * STREAM_WINDOW;

/// Bytes of the frames that a peer may send: a script's requests come in one.
const FRAME: u32 = 128 * 1024;

/// What an operator can choose.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long a shutdown waits for connections that still have calls running
    /// or do not answer.
    pub grace: Duration,
    /// How long a worksheet may be idle before it ends; none for ever.
    pub idle: Option<Duration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            grace: Duration::from_secs(10),
            idle: Some(Duration::from_secs(60 * 60)),
        }
    }
}

/// How a server came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum End {
    /// Every connection was closed in good order.
    Drained,
    /// Some were still open when the grace was over. They are closed when the
    /// runtime that serves them ends.
    GraceExceeded,
}

/// Serves every connection that `connections` yields until `shutdown` completes,
/// then drains: no new connection, peers that never said anything are dropped,
/// the others are told to go and may finish their calls within the grace.
///
/// `connections` may be a [`Listener`]'s, an [`in_memory`] pipe's or any other
/// stream of byte streams. Its end is a shutdown too.
pub async fn run<IO>(
    connections: impl Stream<Item = io::Result<IO>>,
    shutdown: impl Future<Output = ()>,
    settings: &Settings,
) -> Result<End, transport::Error>
where
    IO: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let draining = CancellationToken::new();
    let connections = connections.map(|io| Ok::<_, io::Error>(Connection::new(io?, &draining)));
    let evaluator = Evaluator::new(Limits::default(), settings.clone(), draining.clone());
    let mut served = pin!(
        transport::Server::builder()
            .max_concurrent_streams(STREAMS_PER_CONNECTION)
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(FRAME)
            .serve_with_incoming_shutdown(
                Routes::new(evaluator),
                connections,
                draining.cancelled(),
            )
    );
    tokio::select! {
        result = &mut served => return result.map(|()| End::Drained),
        () = shutdown => draining.cancel(),
    }
    match time::timeout(settings.grace, served).await {
        Ok(result) => result.map(|()| End::Drained),
        Err(_) => Ok(End::GraceExceeded),
    }
}

/// A way into a server of the same process: what is sent to the first is a
/// connection of the second. No port is opened, so nobody else can reach it.
pub fn in_memory() -> (
    mpsc::Sender<DuplexStream>,
    impl Stream<Item = io::Result<DuplexStream>>,
) {
    // One client connects once, and again only when its connection broke.
    let (dial, accept) = mpsc::channel(1);
    (dial, ReceiverStream::new(accept).map(Ok))
}

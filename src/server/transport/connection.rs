//! A connection: from a byte stream to calls, and how it ends.

use std::{
    convert::Infallible,
    error::Error as _,
    future::poll_fn,
    io, mem,
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use hyper::{rt::Executor, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Duration, Instant, sleep, sleep_until, timeout_at},
};

use tokio_io_timeout::TimeoutStream;

use super::peer::Peer;
use crate::net::tap::{AnyStream, IoEvent, Tap};
use crate::server::{Server, call::answer};

/// The length of what every HTTP/2 client says first (RFC 9113, section 3.4).
const PREFACE: usize = 24;

/// Bytes that a peer may send on a stream, and on a connection, before we have read them.
/// A stream that is not read must leave room for the others of its connection.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 * STREAM_WINDOW;

/// Bytes of the frames that a peer may send: a script's requests come in one.
const FRAME: u32 = 128 * 1024;

/// Bytes of a stream's responses that wait for a peer to take them.
const SEND_BUFFER: usize = 128 * 1024;

/// How long a peer that has no calls under way may take to close its connection when it
/// was asked to.
const FAREWELL: Duration = Duration::from_secs(1);

/// A byte stream, and who is at its other end.
pub struct Connection {
    io: AnyStream,
    /// Whether others could read along: TLS is spoken where the server has it.
    open: bool,
    peer: String,
}

impl Connection {
    /// A connection that nobody else can read, such as a pipe, to a peer of that name.
    pub fn private(
        io: impl AsyncRead + AsyncWrite + Send + 'static,
        peer: impl Into<String>,
    ) -> Self {
        Self {
            io: Box::pin(io),
            open: false,
            peer: peer.into(),
        }
    }

    /// A connection through a network.
    pub fn open(io: impl AsyncRead + AsyncWrite + Send + 'static, peer: impl Into<String>) -> Self {
        Self {
            open: true,
            ..Self::private(io, peer)
        }
    }

    /// The bytes alone, for another protocol.
    pub(in crate::server) fn into_io(self) -> AnyStream {
        self.io
    }

    /// Serves the calls that come until the peer leaves, the server drains or the peer
    /// breaks a rule. One that is `surplus` is only told so, and soon to go: there may be
    /// room by then, but this one would never know.
    pub(in crate::server) async fn serve(self, server: Arc<Server>, surplus: bool) {
        let limits = server.settings.limits;
        let peer = Arc::new(Peer::new(self.peer, surplus));
        let greeted_by = Instant::now() + limits.handshake;
        let io = match &server.settings.tls {
            Some(tls) if self.open => match tokio::select! {
                accepted = timeout_at(greeted_by, tls.accept(self.io)) => accepted,
                () = server.draining.cancelled() => return,
            } {
                Ok(Ok(io)) => Box::pin(io) as AnyStream,
                Ok(Err(error)) => {
                    tracing::info!(peer = peer.name(), %error, "TLS handshake failed");
                    return;
                }
                Err(_) => return too_slow(&server, &peer),
            },
            _ => self.io,
        };
        // A ping does not reach a peer that takes nothing of what it is sent, nor does a
        // farewell.
        let mut io = TimeoutStream::new(io);
        let patience = limits.keepalive.saturating_add(limits.keepalive_timeout);
        io.set_write_timeout(Some(patience));
        let io = Tap::new(Box::pin(io), {
            let (peer, mut lacks) = (Arc::clone(&peer), PREFACE);
            move |sound| {
                if lacks > 0
                    && let IoEvent::Read(bytes) = sound
                {
                    lacks = lacks.saturating_sub(bytes.len());
                    if lacks == 0 {
                        peer.speak();
                    }
                }
            }
        });
        let service = {
            let (server, peer) = (Arc::clone(&server), Arc::clone(&peer));
            service_fn(move |request| {
                let (server, peer) = (Arc::clone(&server), Arc::clone(&peer));
                async { Ok::<_, Infallible>(answer(server, peer, request).await) }
            })
        };
        let calls = InlineExecutor::default();
        let mut serving = pin!(
            http2::Builder::new(calls.clone())
                .timer(TokioTimer::new())
                .max_concurrent_streams(limits.streams)
                .initial_stream_window_size(STREAM_WINDOW)
                .initial_connection_window_size(CONNECTION_WINDOW)
                .max_frame_size(FRAME)
                .max_send_buf_size(SEND_BUFFER)
                .keep_alive_interval(limits.keepalive)
                .keep_alive_timeout(limits.keepalive_timeout)
                .serve_connection(TokioIo::new(io), service)
        );
        let mut phase = Phase::Greeting;
        let mut clock = pin!(sleep_until(greeted_by));
        let mut begun = 0;
        let unused = limits.unused.unwrap_or(Duration::MAX);
        loop {
            tokio::select! {
                biased;
                end = poll_fn(|cx| calls.poll(serving.as_mut(), cx)) => {
                    if let Err(error) = end {
                        broken(&server, &peer, &error);
                    }
                    return;
                }
                // hyper cannot end a connection before its preface has arrived (hyper
                // issue 4170), and nothing is lost with one.
                () = server.draining.cancelled(), if phase != Phase::Closing => {
                    if !peer.has_spoken() {
                        return;
                    }
                    phase = Phase::Closing;
                    serving.as_mut().graceful_shutdown();
                    clock.set(sleep(FAREWELL));
                }
                // What is polled above finds that out.
                () = poll_fn(|_| peer.poll_spoken()), if phase == Phase::Greeting => {
                    phase = Phase::Serving;
                    clock.set(sleep(if surplus { FAREWELL } else { unused }));
                }
                () = &mut clock => {
                    let (calls, all) = peer.calls();
                    let is_unused = calls == 0 && mem::replace(&mut begun, all) == all;
                    match phase {
                        Phase::Greeting => return too_slow(&server, &peer),
                        Phase::Closing if is_unused => return,
                        Phase::Serving if is_unused || surplus => {
                            phase = Phase::Closing;
                            serving.as_mut().graceful_shutdown();
                        }
                        Phase::Serving | Phase::Closing => {}
                    }
                    clock.set(sleep(match phase {
                        Phase::Closing => FAREWELL,
                        _ => unused,
                    }));
                }
            }
        }
    }
}

/// How far a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The peer has to begin.
    Greeting,
    Serving,
    /// The peer was told to go.
    Closing,
}

fn too_slow(server: &Server, peer: &Peer) {
    server.settings.metrics.limit("handshake");
    let limit = server.settings.limits.handshake;
    tracing::info!(peer = peer.name(), ?limit, "peer said nothing in time");
}

fn broken(server: &Server, peer: &Peer, error: &hyper::Error) {
    // A ping that was not answered, or could not even be sent.
    let unsent = error.source().and_then(|it| it.downcast_ref::<h2::Error>());
    let unsent = unsent.and_then(h2::Error::get_io).map(io::Error::kind);
    if error.is_timeout() || unsent == Some(io::ErrorKind::TimedOut) {
        server.settings.metrics.limit("keepalive_timeout");
        tracing::info!(peer = peer.name(), "peer gives no sign of life");
    } else {
        let cause = error.source().map(ToString::to_string);
        if peer.has_spoken() {
            tracing::info!(peer = peer.name(), %error, cause, "connection broke");
        } else {
            // Whoever only looks whether the port is open.
            tracing::debug!(peer = peer.name(), %error, cause, "connection broke");
        }
    }
}

/// The calls of a connection that have just come.
///
/// They are answered one after the other once all that has arrived is read, so that their
/// answers are written together. Most are answered at once, and need no task: what that
/// takes is more than the call itself. The others become one where they have to wait.
#[derive(Clone, Default)]
struct InlineExecutor(Arc<Mutex<Vec<Waiting>>>);

type Waiting = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for InlineExecutor {
    fn execute(&self, call: F) {
        self.queue().push(Box::pin(call));
    }
}

impl InlineExecutor {
    fn queue(&self) -> MutexGuard<'_, Vec<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on `serving`, and on the calls that it finds.
    fn poll<S: Future>(&self, mut serving: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<S::Output> {
        loop {
            if let Poll::Ready(end) = serving.as_mut().poll(cx) {
                // Nobody waits for them, and each holds the queue that holds it.
                drop(mem::take(&mut *self.queue()));
                return Poll::Ready(end);
            }
            let calls = mem::take(&mut *self.queue());
            if calls.is_empty() {
                return Poll::Pending;
            }
            for mut call in calls {
                // Whoever waits here is asked again by the task.
                let mut nobody = Context::from_waker(Waker::noop());
                if call.as_mut().poll(&mut nobody).is_pending() {
                    tokio::spawn(call);
                }
            }
        }
    }
}

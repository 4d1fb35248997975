//! A connection: a byte stream, the calls on it, and the reasons to close it.

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

use super::tls::ServerTls;
use crate::net::tap::{AnyStream, IoEvent, Tap};
use crate::server::peer::Peer;
use crate::server::{ServerLimits, ServerState, call::admit::answer};

/// The length, in bytes, of the connection preface of an HTTP/2 client (RFC 9113, section 3.4).
const PREFACE: usize = 24;

/// The maximum number of bytes that a peer may send on a stream before the server reads them.
const STREAM_WINDOW: u32 = 1 << 20;

/// The maximum number of bytes that a peer may send on a connection before the server reads them.
///
/// The value is greater than [`STREAM_WINDOW`]. So a stream that the server does not read leaves
/// room for the other streams.
const CONNECTION_WINDOW: u32 = 4 * STREAM_WINDOW;

/// The maximum length, in bytes, of a frame that a peer may send.
///
/// Each request that a script sends fits in one frame.
const FRAME: u32 = 128 * 1024;

/// The maximum number of bytes of responses that the server buffers for each stream.
const SEND_BUFFER: usize = 128 * 1024;

/// The maximum time that a peer without calls may take to close its connection after a `GOAWAY`.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// A time that never passes: 100 years.
const FOREVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

/// A byte stream to a peer.
pub struct Connection {
    io: AnyStream,
    /// Whether the stream crosses a network. If it does, the server's TLS configuration applies.
    open: bool,
    /// The peer's address, or another name of the peer. The log shows it.
    peer: String,
    /// Whether the peer is the process of the server, so that its own limits apply.
    own: bool,
}

impl Connection {
    /// Creates a connection that no other party can read, such as a pipe.
    pub fn private(
        io: impl AsyncRead + AsyncWrite + Send + 'static,
        peer: impl Into<String>,
    ) -> Self {
        Self {
            io: Box::pin(io),
            open: false,
            peer: peer.into(),
            own: false,
        }
    }

    /// Returns the same connection, for a peer that is the process of the server. The limits in
    /// [`Settings::own`](crate::server::Settings::own) apply to its lines.
    #[must_use]
    pub fn of_own_process(self) -> Self {
        Self { own: true, ..self }
    }

    /// Creates a connection through a network.
    pub fn open(io: impl AsyncRead + AsyncWrite + Send + 'static, peer: impl Into<String>) -> Self {
        Self {
            open: true,
            ..Self::private(io, peer)
        }
    }

    /// Returns the byte stream, for a protocol other than gRPC.
    pub(in crate::server) fn into_io(self) -> AnyStream {
        self.io
    }

    /// Serves calls until the peer disconnects or violates the protocol, or the server drains.
    ///
    /// If `is_surplus` is true, the connection exceeds the limit of connections. Then each call
    /// fails with the status of this limit. After a short time, the server closes the connection,
    /// so that the peer connects again.
    pub(in crate::server) async fn serve(self, server: Arc<ServerState>, is_surplus: bool) {
        let limits = server.settings.limits;
        let peer = Arc::new(Peer::new(self.peer, is_surplus, self.own));
        let handshake_end = Instant::now() + limits.handshake;
        let io = match &server.settings.tls {
            Some(tls) if self.open => {
                match accept_tls(tls, self.io, &server, &peer, handshake_end).await {
                    Some(io) => io,
                    None => return,
                }
            }
            _ => self.io,
        };
        let io = watch_preface(limit_writes(io, &limits), &peer);
        let service = {
            let (server, peer) = (Arc::clone(&server), Arc::clone(&peer));
            service_fn(move |request| {
                let (server, peer) = (Arc::clone(&server), Arc::clone(&peer));
                async { Ok::<_, Infallible>(answer(server, peer, request).await) }
            })
        };
        let calls = InlineExecutor::default();
        let mut serving =
            pin!(http2_builder(calls.clone(), &limits).serve_connection(TokioIo::new(io), service));
        let mut phase = Phase::Handshake;
        let mut timer = pin!(sleep_until(handshake_end));
        // The number of all calls at the last tick of the timer.
        let mut seen_calls = 0;
        let unused = limits.unused.unwrap_or(Duration::MAX);
        let mut ageing = pin!(sleep(limits.age.map_or(FOREVER, jittered)));
        let mut is_old = false;
        loop {
            tokio::select! {
                biased;
                end = poll_fn(|cx| calls.poll(serving.as_mut(), cx)) => {
                    if let Err(error) = end {
                        report_error(&server, &peer, &error);
                    }
                    return;
                }
                // hyper cannot shut down a connection before its preface has arrived (hyper
                // issue 4170); such a connection has no calls.
                () = server.draining.cancelled(), if phase != Phase::Closing => {
                    if !peer.has_greeted() {
                        return;
                    }
                    phase = Phase::Closing;
                    serving.as_mut().graceful_shutdown();
                    timer.set(sleep(CLOSE_TIMEOUT));
                }
                // Polled after the connection, which reads the preface.
                () = poll_fn(|_| peer.poll_greeted()), if phase == Phase::Handshake => {
                    phase = Phase::Serving;
                    timer.set(sleep(if is_surplus { CLOSE_TIMEOUT } else { unused }));
                }
                () = &mut ageing => {
                    if mem::replace(&mut is_old, true) {
                        report_cut(&server, &peer);
                        return;
                    }
                    ageing.set(sleep(limits.age_grace.unwrap_or(FOREVER)));
                    if phase != Phase::Closing {
                        phase = Phase::Closing;
                        serving.as_mut().graceful_shutdown();
                        timer.set(sleep(CLOSE_TIMEOUT));
                    }
                }
                () = &mut timer => {
                    let (active, all) = peer.calls();
                    let is_unused = active == 0 && mem::replace(&mut seen_calls, all) == all;
                    match phase {
                        Phase::Handshake => return handshake_timeout(&server, &peer),
                        Phase::Closing if is_unused => return,
                        Phase::Serving if is_unused || is_surplus => {
                            phase = Phase::Closing;
                            serving.as_mut().graceful_shutdown();
                        }
                        Phase::Serving | Phase::Closing => {}
                    }
                    timer.set(sleep(match phase {
                        Phase::Closing => CLOSE_TIMEOUT,
                        _ => unused,
                    }));
                }
            }
        }
    }
}

/// The phase of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The preface has not arrived.
    Handshake,
    Serving,
    /// The server has sent a `GOAWAY`.
    Closing,
}

/// Performs the TLS handshake with a client. Returns `None` if the connection must end.
async fn accept_tls(
    tls: &ServerTls,
    io: AnyStream,
    server: &ServerState,
    peer: &Peer,
    handshake_end: Instant,
) -> Option<AnyStream> {
    let accepted = tokio::select! {
        accepted = timeout_at(handshake_end, tls.accept(io)) => accepted,
        () = server.draining.cancelled() => return None,
    };
    match accepted {
        Ok(Ok(io)) => return Some(Box::pin(io)),
        Ok(Err(error)) => tracing::info!(peer = peer.name(), %error, "TLS handshake failed"),
        Err(_) => handshake_timeout(server, peer),
    }
    None
}

/// Returns the builder of an HTTP/2 connection, with all settings.
fn http2_builder(calls: InlineExecutor, limits: &ServerLimits) -> http2::Builder<InlineExecutor> {
    let mut builder = http2::Builder::new(calls);
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits.streams)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(FRAME)
        .max_send_buf_size(SEND_BUFFER)
        .keep_alive_interval(limits.keepalive)
        .keep_alive_timeout(limits.keepalive_timeout);
    builder
}

/// Returns `io` with a timeout for writes.
///
/// The timeout ends the connection of a peer that reads nothing. A PING or a GOAWAY does not reach
/// such a peer.
fn limit_writes(io: AnyStream, limits: &ServerLimits) -> AnyStream {
    let mut io = TimeoutStream::new(io);
    io.set_write_timeout(Some(
        limits.keepalive.saturating_add(limits.keepalive_timeout),
    ));
    Box::pin(io)
}

/// Returns `io` with a tap. The tap records in `peer` that the HTTP/2 preface has arrived.
fn watch_preface(io: AnyStream, peer: &Arc<Peer>) -> Tap<impl FnMut(IoEvent<'_>) + use<>> {
    let (peer, mut missing) = (Arc::clone(peer), PREFACE);
    Tap::new(io, move |event| {
        if missing > 0
            && let IoEvent::Read(bytes) = event
        {
            missing = missing.saturating_sub(bytes.len());
            if missing == 0 {
                peer.set_greeted();
            }
        }
    })
}

/// Returns an age that is up to 10 percent shorter or longer (gRFC A9).
///
/// Without jitter, connections that were made at the same time would also end at the same time.
fn jittered(age: Duration) -> Duration {
    let nanoseconds = age.as_nanos().min(FOREVER.as_nanos());
    let nanoseconds = u64::try_from(nanoseconds).unwrap_or(u64::MAX);
    Duration::from_nanos(nanoseconds).mul_f64(0.9 + 0.2 * fastrand::f64())
}

fn report_cut(server: &ServerState, peer: &Peer) {
    let metrics = &server.settings.metrics;
    metrics.count_limit(&ServerLimits::AGE_GRACE.name());
    let (calls, _) = peer.calls();
    tracing::info!(peer = peer.name(), calls, "closed an old connection");
}

fn handshake_timeout(server: &ServerState, peer: &Peer) {
    let metrics = &server.settings.metrics;
    metrics.count_limit(&ServerLimits::HANDSHAKE.name());
    let limit = server.settings.limits.handshake;
    tracing::info!(peer = peer.name(), ?limit, "handshake timed out");
}

fn report_error(server: &ServerState, peer: &Peer, error: &hyper::Error) {
    let io_error = error.source().and_then(|it| it.downcast_ref::<h2::Error>());
    let io_error = io_error.and_then(h2::Error::get_io).map(io::Error::kind);
    // A PING was not answered, or could not be written.
    if error.is_timeout() || io_error == Some(io::ErrorKind::TimedOut) {
        let metrics = &server.settings.metrics;
        metrics.count_limit(&ServerLimits::KEEPALIVE_TIMEOUT.name());
        tracing::info!(peer = peer.name(), "keepalive timed out");
    } else {
        let cause = error.source().map(ToString::to_string);
        if peer.has_greeted() {
            tracing::info!(peer = peer.name(), %error, cause, "connection broke");
        } else {
            // This is a port scan or a health probe of a load balancer.
            tracing::debug!(peer = peer.name(), %error, cause, "connection broke");
        }
    }
}

/// The executor of a connection. It polls each new call once, and spawns a task if the call waits.
///
/// New calls are polled only after all arrived data has been read, so that their answers are
/// written together. Most calls are ready after the first poll. For such a call, a task would cost
/// more than the call itself.
#[derive(Clone, Default)]
struct InlineExecutor(Arc<Mutex<Vec<CallFuture>>>);

type CallFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for InlineExecutor {
    fn execute(&self, call: F) {
        self.queue().push(Box::pin(call));
    }
}

impl InlineExecutor {
    fn queue(&self) -> MutexGuard<'_, Vec<CallFuture>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Polls `serving` and the calls that `serving` submits.
    fn poll<S: Future>(&self, mut serving: Pin<&mut S>, cx: &mut Context<'_>) -> Poll<S::Output> {
        loop {
            if let Poll::Ready(end) = serving.as_mut().poll(cx) {
                // Breaks the cycle: each call holds the queue that holds this call.
                drop(mem::take(&mut *self.queue()));
                return Poll::Ready(end);
            }
            let calls = mem::take(&mut *self.queue());
            if calls.is_empty() {
                return Poll::Pending;
            }
            for mut call in calls {
                // A spawned task polls a pending call again, with a waker.
                let mut no_wake = Context::from_waker(Waker::noop());
                if call.as_mut().poll(&mut no_wake).is_pending() {
                    tokio::spawn(call);
                }
            }
        }
    }
}

//! From a route to a byte stream, and how far the connections of a channel got.

use std::{
    io,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use hyper_util::rt::TokioIo;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    io::{AsyncRead, AsyncWrite, DuplexStream},
    net::{TcpStream, UnixStream},
    sync::mpsc,
    time,
};
use tonic::transport::Uri;
use tower::Service;

use super::tls::{self, ClientTls};
use crate::client::wire::{
    exchange::{Destination, ServerAddress},
    recorder::{Direction, Recorder},
};
use crate::net::{
    address::Address,
    tap::{AnyStream, IoEvent, Tap},
};

/// Bytes that an in-memory pipe holds in each direction.
const PIPE: usize = 256 * 1024;

/// TCP keepalive, which notices that the other machine is gone.
const TCP_KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(60))
    .with_interval(Duration::from_secs(10));

/// How to connect to one server.
#[derive(Clone, Debug)]
pub(in crate::client) enum Route {
    /// The server in this process, which receives its end of a new pipe here, and the addresses at
    /// which other programs reach it.
    Embedded(mpsc::Sender<DuplexStream>, Vec<ServerAddress>),
    /// A server that listens at an address.
    Remote {
        address: Address,
        /// How the connection is encrypted, if it is.
        tls: Option<Arc<ClientTls>>,
        /// Whether the connection must be encrypted.
        encrypted: bool,
        /// Whether a token will be sent, which must not leave this machine unencrypted.
        token: bool,
    },
}

impl Route {
    /// Returns the URI whose parts become the `:scheme` and `:authority` of requests.
    ///
    /// It is never resolved. For routes without a host it names `localhost`, as gRPC's naming
    /// asks.
    pub(in crate::client) fn uri(&self) -> String {
        match self {
            Self::Remote {
                address: address @ Address::Tcp { .. },
                tls,
                ..
            } => {
                let scheme = if tls.is_some() { "https" } else { "http" };
                format!("{scheme}://{address}")
            }
            Self::Remote { .. } | Self::Embedded(..) => "http://localhost".into(),
        }
    }

    /// Returns the server, as recordings of its connections name it.
    fn destination(&self) -> Destination {
        match self {
            Self::Embedded(_, listens_at) => Destination::Embedded {
                listens_at: listens_at.clone(),
            },
            Self::Remote { address, tls, .. } => Destination::Remote(ServerAddress {
                address: address.clone(),
                tls: tls.as_ref().map(|tls| tls.files().clone()),
            }),
        }
    }

    /// Connects to the server.
    async fn dial(&self) -> io::Result<AnyStream> {
        match self {
            Self::Embedded(server, _) => {
                let (ours, theirs) = tokio::io::duplex(PIPE);
                let closed = |_| io::Error::new(io::ErrorKind::ConnectionRefused, "it has ended");
                server.send(theirs).await.map_err(closed)?;
                Ok(Box::pin(ours))
            }
            Self::Remote {
                address: Address::Tcp { host, port },
                tls,
                encrypted,
                token,
            } => {
                let stream = TcpStream::connect((host.as_str(), *port)).await?;
                stream.set_nodelay(true)?;
                // Without it, a machine that has vanished is only noticed later.
                let _ = SockRef::from(&stream).set_tcp_keepalive(&TCP_KEEPALIVE);
                match tls {
                    Some(tls) => Ok(Box::pin(tls.connect(host, stream).await?)),
                    None if *encrypted => Err(io::Error::other("no encryption was set up")),
                    None if *token && !stream.peer_addr()?.ip().to_canonical().is_loopback() => {
                        Err(io::Error::other(
                            "a token is not sent there without encryption",
                        ))
                    }
                    None => Ok(Box::pin(stream)),
                }
            }
            Self::Remote {
                address: Address::Unix(path),
                ..
            } => Ok(Box::pin(UnixStream::connect(path).await?)),
        }
    }
}

/// The name of a server, and how far the connections to it got.
///
/// A call without a reply does not say why; this does.
#[derive(Debug)]
pub(in crate::client) struct Connectivity {
    server: String,
    /// The state of the newest connection.
    state: AtomicU8,
    /// Whether any connection was ever ready.
    was_ready: AtomicBool,
    /// Attempts to connect.
    attempts: AtomicUsize,
    /// Reads that returned bytes, on all connections.
    reads: AtomicUsize,
    /// The TLS error of the newest connection. The server may refuse us after our side of the
    /// handshake is complete (RFC 8446, section 4.4.2.4), and hyper does not report why a
    /// connection broke.
    tls_error: Mutex<Option<String>>,
}

/// How far a connection got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::client) enum ConnectivityState {
    /// Not connected yet.
    Connecting,
    /// Connected, and nothing received.
    Connected,
    /// The server sent something other than HTTP/2.
    NotHttp2,
    /// The server speaks HTTP/2.
    Ready,
}

impl Connectivity {
    pub(in crate::client) fn new(route: &Route) -> Self {
        Self {
            server: route.destination().to_string(),
            state: AtomicU8::new(ConnectivityState::Connecting as u8),
            was_ready: AtomicBool::new(false),
            attempts: AtomicUsize::new(0),
            reads: AtomicUsize::new(0),
            tls_error: Mutex::default(),
        }
    }

    /// Returns the name of the server for messages.
    pub(in crate::client) fn server(&self) -> String {
        self.server.clone()
    }

    /// Returns the state of the newest connection.
    pub(in crate::client) fn state(&self) -> ConnectivityState {
        let states = [
            ConnectivityState::Connecting,
            ConnectivityState::Connected,
            ConnectivityState::NotHttp2,
            ConnectivityState::Ready,
        ];
        states[usize::from(self.state.load(Ordering::Relaxed))]
    }

    /// Whether any connection was ever ready.
    pub(in crate::client) fn was_ready(&self) -> bool {
        self.was_ready.load(Ordering::Relaxed)
    }

    /// Returns the number of attempts to connect.
    pub(in crate::client) fn attempts(&self) -> usize {
        self.attempts.load(Ordering::Relaxed)
    }

    /// Returns the number of reads that returned bytes. It grows while the server is alive.
    pub(in crate::client) fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    /// Returns the TLS error that broke the newest connection, if one did.
    pub(in crate::client) fn tls_error(&self) -> Option<String> {
        self.lock_tls_error().clone()
    }

    fn lock_tls_error(&self) -> MutexGuard<'_, Option<String>> {
        self.tls_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn set_state(&self, state: ConnectivityState) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    /// Counts a read, and tells HTTP/2 from other protocols by the first byte of a connection.
    ///
    /// An HTTP/2 server begins with a SETTINGS frame (RFC 9113, section 3.4), whose 24-bit
    /// length begins with zero; neither a TLS record nor a line of text does.
    fn record_read(&self, bytes: &[u8]) {
        self.reads
            .fetch_add(usize::from(!bytes.is_empty()), Ordering::Relaxed);
        match (self.state(), bytes.first()) {
            (ConnectivityState::Connected, Some(0)) => {
                self.set_state(ConnectivityState::Ready);
                self.was_ready.store(true, Ordering::Relaxed);
            }
            (ConnectivityState::Connected, Some(_)) => self.set_state(ConnectivityState::NotHttp2),
            _ => {}
        }
    }
}

/// Returns the service that connects a channel, again whenever its connection broke.
///
/// A connection has to be made within `timeout`. `connectivity` follows it; `recorder` gets
/// all bytes.
pub(in crate::client) fn connector(
    route: Route,
    timeout: Duration,
    connectivity: Arc<Connectivity>,
    recorder: Option<Recorder>,
) -> impl Service<
    Uri,
    Response = TokioIo<impl AsyncRead + AsyncWrite + Send + Unpin>,
    Error = io::Error,
    Future: Send,
> + Send {
    tower::service_fn(move |_: Uri| {
        let (route, recorder) = (route.clone(), recorder.clone());
        let connectivity = Arc::clone(&connectivity);
        async move {
            connectivity.attempts.fetch_add(1, Ordering::Relaxed);
            connectivity.set_state(ConnectivityState::Connecting);
            *connectivity.lock_tls_error() = None;
            let dialed = time::timeout(timeout, route.dial()).await;
            let stream = dialed.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
            connectivity.set_state(ConnectivityState::Connected);
            let wire = recorder.map(|recorder| recorder.connection(route.destination()));
            let mut write_start = Instant::now();
            Ok(TokioIo::new(Tap::new(stream, move |event| match event {
                IoEvent::Read(bytes) => {
                    if let Some(wire) = &wire {
                        wire.record(Direction::Received, bytes, Instant::now());
                    }
                    connectivity.record_read(bytes);
                }
                IoEvent::Failed(error) => *connectivity.lock_tls_error() = tls::cause(error),
                IoEvent::Writing if wire.is_some() => write_start = Instant::now(),
                IoEvent::Writing => {}
                IoEvent::Written(bytes) => {
                    if let Some(wire) = &wire {
                        wire.record(Direction::Sent, bytes, write_start);
                    }
                }
            })))
        }
    })
}

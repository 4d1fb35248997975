//! Opens the byte stream of a route, and tracks the state of the connections of a channel.

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

use super::{
    goaway::GoawayScanner,
    happy_eyeballs,
    proxy::Proxy,
    resolver::{Resolver, SystemResolver, addresses},
    tls::{self, ClientTls},
};
use crate::client::wire::{
    exchange::{Destination, ServerAddress},
    recorder::{Direction, Recorder},
};
use crate::net::{
    address::Address,
    tap::{AnyStream, IoEvent, Tap},
};

/// The maximum number of bytes that an in-memory pipe holds in each direction.
const PIPE: usize = 256 * 1024;

/// The settings of TCP keepalive, which detects that the other machine is no longer reachable.
const TCP_KEEPALIVE: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(60))
    .with_interval(Duration::from_secs(10));

/// The way to connect to one server.
#[derive(Clone, Debug)]
pub(in crate::client) enum Route {
    /// The server in this process. The sender passes one end of each new pipe to the server. The
    /// addresses are for other programs that connect to the server.
    Embedded(mpsc::Sender<DuplexStream>, Vec<ServerAddress>),
    /// A server that listens at an address.
    Remote {
        address: Address,
        /// The TLS configuration of the connection; None if the connection is not encrypted.
        tls: Option<Arc<ClientTls>>,
        /// Whether the connection must be encrypted.
        encrypted: bool,
        /// Whether a token will be sent. A token must not leave this machine unencrypted.
        token: bool,
        /// The index of the address of the host that is used. None means the first that accepts.
        slot: Option<usize>,
        /// The `:authority` of requests; None means the address.
        authority: Option<String>,
        /// The resolver of host names; None means that of the operating system.
        resolver: Option<Arc<dyn Resolver>>,
        /// The proxy through which the server is reached.
        proxy: Option<Proxy>,
    },
}

impl Route {
    /// Returns the URI whose parts become the `:scheme` and `:authority` of requests.
    ///
    /// The URI is never resolved. For a route without a host, the host in the URI is `localhost`,
    /// as the naming rules of gRPC require.
    pub(in crate::client) fn uri(&self) -> String {
        match self {
            Self::Remote {
                address,
                tls,
                authority,
                ..
            } => {
                let scheme = if tls.is_some() { "https" } else { "http" };
                match (authority, address) {
                    (Some(authority), _) => format!("{scheme}://{authority}"),
                    (None, Address::Tcp { .. }) => format!("{scheme}://{address}"),
                    (None, Address::Unix(_)) => "http://localhost".into(),
                }
            }
            Self::Embedded(..) => "http://localhost".into(),
        }
    }

    /// Returns the description of the server for the recordings of its connections.
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
                let closed =
                    |_| io::Error::new(io::ErrorKind::ConnectionRefused, "the server has ended");
                server.send(theirs).await.map_err(closed)?;
                Ok(Box::pin(ours))
            }
            Self::Remote {
                address: Address::Tcp { host, port },
                tls,
                encrypted,
                token,
                slot,
                resolver,
                proxy,
                ..
            } => {
                let resolver = resolver.as_deref().unwrap_or(&SystemResolver);
                let proxy = proxy.as_ref().and_then(|proxy| proxy.route(host, *port));
                let (stream, is_local) = match &proxy {
                    None => {
                        let stream = dial_tcp(host, *port, *slot, resolver).await?;
                        let is_local = stream.peer_addr()?.ip().to_canonical().is_loopback();
                        (stream, is_local)
                    }
                    Some(proxy) => {
                        let stream = dial_tcp(&proxy.host, proxy.port, None, resolver).await?;
                        (proxy.tunnel(stream, host, *port).await?, false)
                    }
                };
                match tls {
                    Some(tls) => Ok(Box::pin(tls.connect(host, stream).await?)),
                    None if *encrypted => Err(io::Error::other("no TLS configuration was given")),
                    None if *token && !is_local => Err(io::Error::other(
                        "a token is not sent to another machine without encryption",
                    )),
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

/// Connects to an address of `host`: to the one in `slot`, or to the next one that accepts.
async fn dial_tcp(
    host: &str,
    port: u16,
    slot: Option<usize>,
    resolver: &dyn Resolver,
) -> io::Result<TcpStream> {
    let mut addresses = addresses(resolver, host, port).await?;
    if let Some(slot) = slot {
        let count = addresses.len();
        addresses.rotate_left(slot % count);
    }
    let stream = happy_eyeballs::connect(addresses, TcpStream::connect).await?;
    stream.set_nodelay(true)?;
    // Without keepalive, the client detects only later that the other machine is gone.
    let _ = SockRef::from(&stream).set_tcp_keepalive(&TCP_KEEPALIVE);
    Ok(stream)
}

/// The name of a server, and the state of the connections to it.
///
/// If a call gets no reply, the state explains why. The error of the call does not.
#[derive(Debug)]
pub(in crate::client) struct Connectivity {
    server: String,
    /// The state of the newest connection.
    state: AtomicU8,
    /// Whether any connection was ever ready.
    was_ready: AtomicBool,
    /// The number of attempts to connect.
    attempts: AtomicUsize,
    /// The number of reads, on all connections, that returned bytes.
    reads: AtomicUsize,
    /// The TLS error of the newest connection. The server may refuse us after our side of the
    /// handshake is complete (RFC 8446, section 4.4.2.4), and hyper does not report why a
    /// connection broke.
    tls_error: Mutex<Option<String>>,
    /// The reason that the server gave for the end of the newest connection, if it reported an
    /// error.
    goaway: Mutex<Option<String>>,
}

/// The state of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::client) enum ConnectivityState {
    /// The connection is not established.
    Connecting,
    /// The connection is established, but nothing was received on it.
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
            goaway: Mutex::default(),
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

    /// Returns the number of reads that returned bytes. The number grows while the server is alive.
    pub(in crate::client) fn reads(&self) -> usize {
        self.reads.load(Ordering::Relaxed)
    }

    /// Returns the TLS error that broke the newest connection, if there was a TLS error.
    pub(in crate::client) fn tls_error(&self) -> Option<String> {
        self.lock_tls_error().clone()
    }

    /// Returns the reason that the server gave for the end of the newest connection, if it reported
    /// an error.
    pub(in crate::client) fn goaway(&self) -> Option<String> {
        self.lock_goaway().clone()
    }

    fn lock_goaway(&self) -> MutexGuard<'_, Option<String>> {
        self.goaway.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock_tls_error(&self) -> MutexGuard<'_, Option<String>> {
        self.tls_error
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn set_state(&self, state: ConnectivityState) {
        self.state.store(state as u8, Ordering::Relaxed);
    }

    /// Counts a read, and detects from the first byte of a connection whether the server speaks
    /// HTTP/2.
    ///
    /// An HTTP/2 server first sends a SETTINGS frame (RFC 9113, section 3.4), whose 24-bit length
    /// begins with a zero byte. A TLS record or a line of text does not begin with a zero byte.
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

/// Returns the service that makes the first connection of a channel and each later connection.
///
/// Each connection must be made within `timeout`. `connectivity` tracks the state of the
/// connection. `recorder` receives all bytes of the connection.
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
            *connectivity.lock_goaway() = None;
            let dialed = time::timeout(timeout, route.dial()).await;
            let stream = dialed.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
            connectivity.set_state(ConnectivityState::Connected);
            let wire = recorder.map(|recorder| recorder.connection(route.destination()));
            let mut write_start = Instant::now();
            let mut goaway = GoawayScanner::default();
            Ok(TokioIo::new(Tap::new(stream, move |event| match event {
                IoEvent::Read(bytes) => {
                    if let Some(wire) = &wire {
                        wire.record(Direction::Received, bytes, Instant::now());
                    }
                    connectivity.record_read(bytes);
                    if let Some(reason) = goaway.scan(bytes) {
                        *connectivity.lock_goaway() = Some(reason);
                    }
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

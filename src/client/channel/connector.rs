//! From an address to a byte stream.

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

/// When the system looks whether the other machine is still there.
const PROBES: TcpKeepalive = TcpKeepalive::new()
    .with_time(Duration::from_secs(60))
    .with_interval(Duration::from_secs(10));

/// A way to one server.
#[derive(Clone, Debug)]
pub(in crate::client) enum Route {
    /// The server in this process: accepts its end of a new pipe. Also the addresses at which
    /// other programs reach it.
    Embedded(mpsc::Sender<DuplexStream>, Vec<ServerAddress>),
    /// One that listens somewhere, and how the connection to it is encrypted. Whether a
    /// token will be sent, which must not leave this machine in the open.
    Remote {
        address: Address,
        tls: Option<Arc<ClientTls>>,
        /// Whether it has to be.
        encrypted: bool,
        token: bool,
    },
}

impl Route {
    /// What goes into the requests' `:scheme` and `:authority`. Nobody resolves
    /// it; where there is no host, `localhost` is what gRPC's naming asks for.
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

    /// A connection to the server.
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
                // Where that fails, a machine that has vanished is only noticed later.
                let _ = SockRef::from(&stream).set_tcp_keepalive(&PROBES);
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

/// The server at the other end: its name, and how far we got with it. A call that
/// had no answer says nothing about why; this does.
#[derive(Debug)]
pub(in crate::client) struct Peer {
    name: String,
    /// Of the newest connection.
    stage: AtomicU8,
    /// Whether any connection got as far as to be spoken on.
    spoken: AtomicBool,
    /// Connections that were begun.
    dials: AtomicUsize,
    /// Reads that brought something, on any connection.
    heard: AtomicUsize,
    /// What the newest connection broke of, where that is a matter of encryption: the
    /// server may refuse us after the handshake was over for us (RFC 8446, section
    /// 4.4.2.4), and hyper keeps to itself why a connection broke.
    trouble: Mutex<Option<String>>,
}

/// How far a connection got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(in crate::client) enum Stage {
    /// Not connected yet.
    Dialing,
    /// Connected, and nothing heard.
    Silent,
    /// It answers, but not in HTTP/2.
    Foreign,
    /// It speaks HTTP/2.
    Speaking,
}

impl Peer {
    pub(in crate::client) fn new(way: &Route) -> Self {
        Self {
            name: way.destination().to_string(),
            stage: AtomicU8::new(Stage::Dialing as u8),
            spoken: AtomicBool::new(false),
            dials: AtomicUsize::new(0),
            heard: AtomicUsize::new(0),
            trouble: Mutex::default(),
        }
    }

    /// What to call it.
    pub(in crate::client) fn name(&self) -> String {
        self.name.clone()
    }

    pub(in crate::client) fn stage(&self) -> Stage {
        let stages = [
            Stage::Dialing,
            Stage::Silent,
            Stage::Foreign,
            Stage::Speaking,
        ];
        stages[usize::from(self.stage.load(Ordering::Relaxed))]
    }

    /// Whether it has ever spoken HTTP/2 with us.
    pub(in crate::client) fn has_spoken(&self) -> bool {
        self.spoken.load(Ordering::Relaxed)
    }

    /// How many connections have been begun.
    pub(in crate::client) fn dials(&self) -> usize {
        self.dials.load(Ordering::Relaxed)
    }

    /// A number that grows with everything that comes from the server.
    pub(in crate::client) fn heard(&self) -> usize {
        self.heard.load(Ordering::Relaxed)
    }

    /// Why the newest connection broke, if it was a matter of encryption.
    pub(in crate::client) fn trouble(&self) -> Option<String> {
        self.troubles().clone()
    }

    fn troubles(&self) -> MutexGuard<'_, Option<String>> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reach(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    /// Looks at the first bytes that came. An HTTP/2 server begins with a SETTINGS
    /// frame (RFC 9113, section 3.4), whose 24-bit length begins with zero; neither
    /// a TLS record nor a line of text does.
    fn hear(&self, bytes: &[u8]) {
        self.heard
            .fetch_add(usize::from(!bytes.is_empty()), Ordering::Relaxed);
        match (self.stage(), bytes.first()) {
            (Stage::Silent, Some(0)) => {
                self.reach(Stage::Speaking);
                self.spoken.store(true, Ordering::Relaxed);
            }
            (Stage::Silent, Some(_)) => self.reach(Stage::Foreign),
            _ => {}
        }
    }
}

/// Dials for a channel, again whenever the connection broke, and lets `peer` see what
/// comes back, and `recorder` what travels. A connection has to be made within `patience`.
pub(in crate::client) fn connector(
    way: Route,
    patience: Duration,
    peer: Arc<Peer>,
    recorder: Option<Recorder>,
) -> impl Service<
    Uri,
    Response = TokioIo<impl AsyncRead + AsyncWrite + Send + Unpin>,
    Error = io::Error,
    Future: Send,
> + Send {
    tower::service_fn(move |_: Uri| {
        let (way, peer, recorder) = (way.clone(), Arc::clone(&peer), recorder.clone());
        async move {
            peer.dials.fetch_add(1, Ordering::Relaxed);
            peer.reach(Stage::Dialing);
            *peer.troubles() = None;
            let dialed = time::timeout(patience, way.dial()).await;
            let socket = dialed.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
            peer.reach(Stage::Silent);
            let wire = recorder.map(|recorder| recorder.connection(way.destination()));
            let mut began = Instant::now();
            Ok(TokioIo::new(Tap::new(socket, move |sound| match sound {
                IoEvent::Read(bytes) => {
                    if let Some(wire) = &wire {
                        wire.record(Direction::Received, bytes, Instant::now());
                    }
                    peer.hear(bytes);
                }
                IoEvent::Failed(error) => *peer.troubles() = tls::cause(error),
                IoEvent::Writing if wire.is_some() => began = Instant::now(),
                IoEvent::Writing => {}
                IoEvent::Written(bytes) => {
                    if let Some(wire) = &wire {
                        wire.record(Direction::Sent, bytes, began);
                    }
                }
            })))
        }
    })
}

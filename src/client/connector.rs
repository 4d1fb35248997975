//! From a target to a byte stream.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering},
    },
    time::Duration,
};

use hyper_util::rt::TokioIo;
use tokio::{
    io::DuplexStream,
    net::{TcpStream, UnixStream},
    sync::mpsc,
    time,
};
use tokio_util::{either::Either, io::InspectReader};
use tonic::transport::Uri;
use tower::Service;

use crate::address::Address;

/// Bytes that an in-memory pipe holds in each direction.
const PIPE: usize = 256 * 1024;

/// Which server to ask.
#[derive(Clone, Debug)]
pub enum Target {
    /// One in this process: what is sent here is its end of a new pipe.
    Embedded(mpsc::Sender<DuplexStream>),
    /// One that listens at one of these addresses: the first that takes a connection.
    Remote(Vec<Address>),
}

impl Target {
    /// What goes into the requests' `:scheme` and `:authority`. Nobody resolves
    /// it; where there is no host, `localhost` is what gRPC's naming asks for.
    pub(super) fn uri(&self) -> String {
        match self {
            Self::Remote(addresses) => match addresses.first() {
                Some(address @ Address::Tcp { .. }) => format!("http://{address}"),
                Some(Address::Unix(_)) | None => "http://localhost".into(),
            },
            Self::Embedded(_) => "http://localhost".into(),
        }
    }

    /// What the servers are called.
    fn names(&self) -> Vec<String> {
        match self {
            Self::Embedded(_) => vec!["the embedded server".into()],
            Self::Remote(addresses) => addresses.iter().map(ToString::to_string).collect(),
        }
    }

    /// A connection to the server with this index among them.
    async fn dial(&self, index: usize) -> io::Result<Socket> {
        match self {
            Self::Embedded(server) => {
                let (ours, theirs) = tokio::io::duplex(PIPE);
                let closed = |_| io::Error::new(io::ErrorKind::ConnectionRefused, "it has ended");
                server.send(theirs).await.map_err(closed)?;
                Ok(Either::Right(Either::Right(ours)))
            }
            Self::Remote(addresses) => match &addresses[index] {
                Address::Tcp { host, port } => {
                    let stream = TcpStream::connect((host.as_str(), *port)).await?;
                    stream.set_nodelay(true)?;
                    Ok(Either::Left(stream))
                }
                Address::Unix(path) => UnixStream::connect(path)
                    .await
                    .map(|stream| Either::Right(Either::Left(stream))),
            },
        }
    }
}

type Socket = Either<TcpStream, Either<UnixStream, DuplexStream>>;

/// The server at the other end: its name, and how far we got with it. A call that
/// had no answer says nothing about why; this does.
#[derive(Debug)]
pub(super) struct Peer {
    names: Vec<String>,
    /// Which of them was dialed last.
    current: AtomicUsize,
    /// Of the newest connection.
    stage: AtomicU8,
    /// Whether any connection got as far as to be spoken on.
    spoken: AtomicBool,
    /// Connections that were begun.
    dials: AtomicUsize,
    /// Reads that brought something, on any connection.
    heard: AtomicUsize,
}

/// How far a connection got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Stage {
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
    pub(super) fn new(target: &Target) -> Self {
        Self {
            names: target.names(),
            current: AtomicUsize::new(0),
            stage: AtomicU8::new(Stage::Dialing as u8),
            spoken: AtomicBool::new(false),
            dials: AtomicUsize::new(0),
            heard: AtomicUsize::new(0),
        }
    }

    /// What to call it. Where no server was reached, what to call them all.
    pub(super) fn name(&self) -> String {
        match self.stage() {
            Stage::Dialing => self.names.join(", "),
            _ => self.names[self.current.load(Ordering::Relaxed)].clone(),
        }
    }

    pub(super) fn stage(&self) -> Stage {
        let stages = [
            Stage::Dialing,
            Stage::Silent,
            Stage::Foreign,
            Stage::Speaking,
        ];
        stages[usize::from(self.stage.load(Ordering::Relaxed))]
    }

    /// Whether it has ever spoken HTTP/2 with us.
    pub(super) fn has_spoken(&self) -> bool {
        self.spoken.load(Ordering::Relaxed)
    }

    /// How many connections have been begun.
    pub(super) fn dials(&self) -> usize {
        self.dials.load(Ordering::Relaxed)
    }

    /// A number that grows with everything that comes from the server.
    pub(super) fn heard(&self) -> usize {
        self.heard.load(Ordering::Relaxed)
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

/// Dials `target` for a channel, again whenever the connection broke, and lets
/// `peer` see what comes back. Where there are several addresses, each has its share of
/// `patience` to take the connection.
pub(super) fn connector(
    target: Target,
    patience: Duration,
    peer: Arc<Peer>,
) -> impl Service<
    Uri,
    Response = TokioIo<InspectReader<Socket, impl FnMut(&[u8]) + Send + Unpin>>,
    Error = io::Error,
    Future: Send,
> + Send {
    tower::service_fn(move |_: Uri| {
        let (target, peer) = (target.clone(), Arc::clone(&peer));
        async move {
            let socket = dial(&target, patience, &peer).await?;
            peer.reach(Stage::Silent);
            Ok(TokioIo::new(InspectReader::new(socket, move |bytes| {
                peer.hear(bytes);
            })))
        }
    })
}

/// A connection to the first address that takes one, beginning with that of the last
/// connection, unless nothing came of that.
async fn dial(target: &Target, patience: Duration, peer: &Peer) -> io::Result<Socket> {
    let count = peer.names.len();
    let begun = peer.dials.fetch_add(1, Ordering::Relaxed);
    let came_to_nothing = begun > 0 && matches!(peer.stage(), Stage::Silent | Stage::Foreign);
    let first = peer.current.load(Ordering::Relaxed) + usize::from(came_to_nothing);
    peer.reach(Stage::Dialing);
    let mut last = None;
    for index in (first..first + count).map(|index| index % count) {
        peer.current.store(index, Ordering::Relaxed);
        let dialing = target.dial(index);
        let dialed = if count == 1 {
            dialing.await
        } else {
            let share = patience / u32::try_from(count).unwrap_or(u32::MAX);
            let late = |_| Err(io::ErrorKind::TimedOut.into());
            time::timeout(share, dialing).await.unwrap_or_else(late)
        };
        match dialed {
            Ok(socket) => return Ok(socket),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
}

//! Sockets that a server listens on.

use std::{
    fs, io,
    net::SocketAddr,
    os::unix::fs::{FileTypeExt as _, MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::{Stream, stream};
use tokio::{
    net::{TcpListener, TcpSocket, UnixListener, UnixSocket, UnixStream, lookup_host},
    time,
};

use crate::net::address::Address;
use crate::server::Connection;

/// Connections that the system keeps waiting for us to accept them.
const BACKLOG: u32 = 1024;

/// How long to wait after the system refused to hand out a connection, for want
/// of file descriptors mostly: trying again at once would burn a core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A bound socket. It is open from the moment it exists, so its address can be
/// told to others before anything is served.
#[derive(Debug)]
pub struct Listener {
    socket: Socket,
    address: Address,
}

#[derive(Debug)]
enum Socket {
    Tcp(TcpListener),
    Unix {
        listener: UnixListener,
        _file: SocketFile,
    },
}

impl Listener {
    /// Binds `address`. A Unix socket can be used by its owner only; a file that a
    /// dead server left behind is replaced.
    pub async fn bind(address: &Address) -> io::Result<Self> {
        match address {
            Address::Tcp { host, port } => {
                let listener = bind_tcp(host, *port).await?;
                let bound = listener.local_addr()?;
                Ok(Self {
                    socket: Socket::Tcp(listener),
                    address: bound.into(),
                })
            }
            Address::Unix(path) => Ok(Self {
                socket: bind_unix(path).await?,
                address: address.clone(),
            }),
        }
    }

    /// The address it is bound to, with the port that the system chose.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Whether peers from other machines can connect.
    #[must_use]
    pub fn is_open_to_the_network(&self) -> bool {
        match &self.socket {
            Socket::Tcp(listener) => !listener
                .local_addr()
                .is_ok_and(|address| address.ip().to_canonical().is_loopback()),
            Socket::Unix { .. } => false,
        }
    }

    /// The connections that arrive here.
    pub fn connections(self) -> impl Stream<Item = Connection> {
        stream::unfold(self, |listener| async move {
            loop {
                match listener.accept().await {
                    Ok(connection) => return Some((connection, listener)),
                    Err(error) => {
                        tracing::warn!(%error, "cannot accept a connection");
                        time::sleep(ACCEPT_PAUSE).await;
                    }
                }
            }
        })
    }

    async fn accept(&self) -> io::Result<Connection> {
        Ok(match &self.socket {
            Socket::Tcp(listener) => {
                let (io, peer) = listener.accept().await?;
                // Answers are small and must not wait for more (Nagle's algorithm).
                // It fails where the peer has gone already, which reading will show.
                let _ = io.set_nodelay(true);
                Connection::open(io, peer.to_string())
            }
            Socket::Unix { listener, .. } => {
                let (io, _) = listener.accept().await?;
                Connection::private(io, self.address.to_string())
            }
        })
    }
}

/// Binds the first address of `host` that can be bound.
async fn bind_tcp(host: &str, port: u16) -> io::Result<TcpListener> {
    let mut outcome = Err(io::ErrorKind::AddrNotAvailable.into());
    for address in lookup_host((host, port)).await? {
        outcome = listen_tcp(address);
        if outcome.is_ok() {
            break;
        }
    }
    outcome
}

/// As `TcpListener::bind`, but with our backlog: with its 128 the peers of further
/// connections try again only after a second.
fn listen_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4(),
        SocketAddr::V6(_) => TcpSocket::new_v6(),
    }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

async fn bind_unix(path: &Path) -> io::Result<Socket> {
    remove_if_stale(path).await?;
    let socket = UnixSocket::new_stream()?;
    socket.bind(path)?;
    let file = SocketFile::new(path)?;
    // Nobody can connect before `listen`, so nobody slips in while the mode is wider.
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(Socket::Unix {
        listener: socket.listen(BACKLOG)?,
        _file: file,
    })
}

/// Removes a socket file that nobody listens on any more; any other file stays,
/// and `bind` will say that the address is in use.
async fn remove_if_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => match UnixStream::connect(path).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// A socket file of ours, removed when its listener goes.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    /// Its device and inode: by now the path may lead to another server's.
    identity: (u64, u64),
}

impl SocketFile {
    fn new(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.into(),
            identity: identity(path)?,
        })
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|found| found == self.identity) {
            // Nobody is left to be told that this failed.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

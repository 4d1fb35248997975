//! The sockets that a server listens on.

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

use super::authority::AuthorityFilter;
use crate::net::address::Address;
use crate::server::Connection;

/// The maximum number of connections that wait in the operating system until they are accepted.
const BACKLOG: u32 = 1024;

/// The pause before the next try when a connection could not be accepted.
///
/// The usual cause is that no file descriptor is free. Without a pause, the retries would use a
/// complete core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A bound socket that listens.
///
/// The socket listens before the server serves calls. So the address can be published early.
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
    /// Binds a socket to `address`, and listens on it.
    ///
    /// A Unix socket gets the mode 0600. If a socket file exists but no process listens on it, for
    /// example after a server was killed, the new socket replaces this file.
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

    /// Returns the bound address. If port 0 was requested, the address has the port that the system
    /// chose.
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

    /// Returns the stream of accepted connections.
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
                // Answers are small and must not wait for more data (Nagle's algorithm).
                // An error means that the peer has disconnected, and the next read reports that.
                let _ = io.set_nodelay(true);
                Connection::open(io, peer.to_string())
            }
            Socket::Unix { listener, .. } => {
                let (io, _) = listener.accept().await?;
                let io = AuthorityFilter::new(Box::pin(io));
                Connection::private(io, self.address.to_string())
            }
        })
    }
}

/// Tries the addresses of `host` in order, and binds a socket to the first one that works.
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

/// Binds a TCP socket with a backlog of [`BACKLOG`].
///
/// `TcpListener::bind` sets a backlog of 128. If the backlog is full, a client tries to connect
/// again only after a second.
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
    // No peer can connect before `listen`, while the mode is still wider.
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(Socket::Unix {
        listener: socket.listen(BACKLOG)?,
        _file: file,
    })
}

/// Removes the file at `path` if it is a socket without a listener.
///
/// Any other file is kept. Binding a socket to `path` then fails.
async fn remove_if_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => match UnixStream::connect(path).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// A socket file. Dropping this value removes the file.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    /// The device and the inode of the file.
    ///
    /// Both are checked before the file is removed, because another server may have replaced the
    /// file.
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
            // An error here cannot be reported.
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let found = fs::symlink_metadata(path)?;
    Ok((found.dev(), found.ino()))
}

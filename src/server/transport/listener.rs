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

use crate::net::address::Address;
use crate::server::Connection;

/// The maximum number of connections that wait in the system until they are accepted.
const BACKLOG: u32 = 1024;

/// The pause after a connection could not be accepted.
///
/// The usual cause is that no file descriptor is free. A retry without a pause would use a core
/// completely.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// A socket that is bound and listens.
///
/// It listens before the server serves calls, so its address can be published before that.
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
    /// A Unix socket has the mode 0600. It replaces a socket file without a listener, for example
    /// from a server that was killed.
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

    /// Returns the bound address. In place of port 0, it has the port that the system chose.
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
                Connection::private(io, self.address.to_string())
            }
        })
    }
}

/// Binds a socket to the first address of `host` for which this succeeds.
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
/// `TcpListener::bind` has a backlog of 128. A client that exceeds the backlog connects again only
/// after a second.
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
/// Any other file stays, and makes `bind` fail.
async fn remove_if_stale(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => match UnixStream::connect(path).await {
            Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
            _ => Ok(()),
        },
        _ => Ok(()),
    }
}

/// A socket file, which is removed when its listener is dropped.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    /// The device and the inode of the file.
    ///
    /// They are checked before the removal, because another server may have replaced the file.
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

//! Encryption of connections, and who may connect.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{self, ServerConfig, server::WebPkiClientVerifier},
    server::TlsStream,
};

use crate::net::tls::{HTTP2, TlsError, certificates, private_key, roots};

/// How long a client may take to hear why its handshake failed.
const FAREWELL: Duration = Duration::from_secs(1);

/// The files that make a server's side of TLS, in PEM.
#[derive(Clone, Debug)]
pub struct ServerTlsFiles {
    /// The server's certificate, and those between it and a root.
    pub cert: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Certificates that sign those of clients. Where there are any, who has none signed
    /// by them may not connect.
    pub client_ca: Option<PathBuf>,
}

/// A server's side of TLS. The files can be read again while it serves.
pub struct ServerTls {
    files: ServerTlsFiles,
    config: RwLock<Arc<ServerConfig>>,
}

impl ServerTls {
    /// Reads `files`.
    pub fn new(files: ServerTlsFiles) -> Result<Self, TlsError> {
        let config = RwLock::new(Arc::new(config(&files)?));
        Ok(Self { files, config })
    }

    /// Reads the files again, for connections that come from now on. Where that fails,
    /// everything stays as it was.
    pub fn reload(&self) -> Result<(), TlsError> {
        let config = Arc::new(config(&self.files)?);
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// The handshake with a client at the other end of `io`.
    pub(in crate::server) async fn accept<IO: AsyncRead + AsyncWrite + Unpin>(
        &self,
        io: IO,
    ) -> io::Result<TlsStream<IO>> {
        let config = {
            let current = self.config.read().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(&current)
        };
        let accepting = TlsAcceptor::from(config).accept(io).into_fallible();
        let (error, mut io) = match accepting.await {
            Ok(stream) => return Ok(stream),
            Err(failed) => failed,
        };
        // Closing at once what was not read to its end would overtake the alert that tells
        // the client what is wrong.
        let farewell = async {
            io.shutdown().await?;
            tokio::io::copy(&mut io, &mut tokio::io::sink()).await
        };
        let _ = timeout(FAREWELL, farewell).await;
        Err(error)
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

fn config(files: &ServerTlsFiles) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let wrong = |file: &Path, error| TlsError::Wrong {
        file: file.into(),
        error,
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(&files.cert, error))?;
    let builder = match &files.client_ca {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let roots = Arc::new(roots(file)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| TlsError::ClientCa {
                file: file.clone(),
                error,
            })?)
        }
    };
    let (chain, key) = (certificates(&files.cert)?, private_key(&files.key)?);
    let config = builder.with_single_cert(chain, key);
    let mut config = config.map_err(|error| wrong(&files.key, error))?;
    config.alpn_protocols = vec![HTTP2.to_vec()];
    Ok(config)
}

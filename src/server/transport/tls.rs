//! The TLS configuration of a server, and the check of client certificates.

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

/// The maximum time that a client may take to read the alert after a failed handshake.
const ALERT_TIMEOUT: Duration = Duration::from_secs(1);

/// The files of a server's TLS configuration, in the PEM format.
#[derive(Clone, Debug)]
pub struct ServerTlsFiles {
    /// The server's certificate, and its intermediate certificates.
    pub cert: PathBuf,
    /// The private key of the certificate.
    pub key: PathBuf,
    /// The certificates of the authorities that sign client certificates. If set, only clients
    /// with a certificate that one of these authorities signed can connect.
    pub client_ca: Option<PathBuf>,
}

/// The TLS configuration of a server. Its files can be read again while the server runs.
pub struct ServerTls {
    files: ServerTlsFiles,
    config: RwLock<Arc<ServerConfig>>,
}

impl ServerTls {
    /// Reads the configuration from `files`.
    pub fn new(files: ServerTlsFiles) -> Result<Self, TlsError> {
        let config = RwLock::new(Arc::new(config(&files)?));
        Ok(Self { files, config })
    }

    /// Reads the files again, for new connections. After an error, the configuration is unchanged.
    pub fn reload(&self) -> Result<(), TlsError> {
        let config = Arc::new(config(&self.files)?);
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Performs the TLS handshake with a client.
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
        // Closing a socket with unread bytes sends a reset, and the client may then miss the alert.
        let closing = async {
            io.shutdown().await?;
            tokio::io::copy(&mut io, &mut tokio::io::sink()).await
        };
        let _ = timeout(ALERT_TIMEOUT, closing).await;
        Err(error)
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls")
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}

fn config(files: &ServerTlsFiles) -> Result<ServerConfig, TlsError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let invalid = |file: &Path, error| TlsError::Wrong {
        file: file.into(),
        error,
    };
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .map_err(|error| invalid(&files.cert, error))?;
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
    let mut config = config.map_err(|error| invalid(&files.key, error))?;
    config.alpn_protocols = vec![HTTP2.to_vec()];
    Ok(config)
}

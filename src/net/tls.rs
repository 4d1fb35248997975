//! Certificates and keys in PEM files, for TLS clients and TLS servers.

use std::path::{Path, PathBuf};

use tokio_rustls::rustls::{
    self, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    server::VerifierBuilderError,
};

/// The ALPN protocol name of HTTP/2 (RFC 7301; RFC 9113, section 3.2).
pub(crate) const HTTP2: &[u8] = b"h2";

/// The reason why TLS cannot be configured.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or is not PEM.
    #[error("{}: {error}", file.display())]
    File {
        /// The file's path.
        file: PathBuf,
        /// The cause.
        error: pem::Error,
    },
    /// A file has no certificate.
    #[error("{}: the file has no certificate", .0.display())]
    NoCertificate(PathBuf),
    /// The certificates and keys are not a valid TLS configuration.
    #[error("{}: {error}", file.display())]
    Wrong {
        /// The path of the file that is not valid.
        file: PathBuf,
        /// The cause.
        error: rustls::Error,
    },
    /// The CA certificates for verifying client certificates cannot be used.
    #[error("{}: {error}", file.display())]
    ClientCa {
        /// The file's path.
        file: PathBuf,
        /// The cause.
        error: VerifierBuilderError,
    },
}

/// The PEM files with which a client verifies servers and identifies itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientTlsFiles {
    /// The CA certificates that sign server certificates. If None, the CAs of the system are
    /// trusted.
    pub ca: Option<PathBuf>,
    /// The files of the client's certificate and private key, for servers that require a client
    /// certificate.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// The name that server certificates must have. If None, this is the host of the server's
    /// address.
    pub domain: Option<String>,
}

/// Loads the certificates in `file` as trust anchors.
pub(crate) fn roots(file: &Path) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots.add(certificate).map_err(|error| TlsError::Wrong {
            file: file.into(),
            error,
        })?;
    }
    Ok(roots)
}

/// Loads the certificates in `file`. Fails if the file has no certificate.
pub(crate) fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found =
        CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match found {
        Ok(found) if found.is_empty() => Err(TlsError::NoCertificate(file.into())),
        Ok(found) => Ok(found),
        Err(error) => Err(unreadable(file, error)),
    }
}

/// Loads the private key in `file`.
pub(crate) fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| unreadable(file, error))
}

fn unreadable(file: &Path, error: pem::Error) -> TlsError {
    TlsError::File {
        file: file.into(),
        error,
    }
}

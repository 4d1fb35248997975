//! Certificates and keys in PEM files, for both ends of TLS.

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
    /// The certificates and keys do not make a valid configuration.
    #[error("{}: {error}", file.display())]
    Wrong {
        /// The path of the file at fault.
        file: PathBuf,
        /// The cause.
        error: rustls::Error,
    },
    /// The certificates that client certificates are verified with cannot be used.
    #[error("{}: {error}", file.display())]
    ClientCa {
        /// The file's path.
        file: PathBuf,
        /// The cause.
        error: VerifierBuilderError,
    },
}

/// The PEM files with which a client authenticates servers, and itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientTlsFiles {
    /// Certificates that sign those of servers; None for those that the system trusts.
    pub ca: Option<PathBuf>,
    /// The client's certificate and its private key, for servers that require one.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// The name in the servers' certificates, if it is not the host of the address.
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

/// Loads the certificates in `file`. Fails if it has none.
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

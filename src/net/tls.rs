//! Certificates and keys in PEM files, for both ends of TLS.

use std::path::{Path, PathBuf};

use tokio_rustls::rustls::{
    self, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem, pem::PemObject as _},
    server::VerifierBuilderError,
};

/// The name of HTTP/2 in the handshake (RFC 7301, RFC 9113).
pub(crate) const HTTP2: &[u8] = b"h2";

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read, or is no PEM.
    #[error("{}: {error}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        error: pem::Error,
    },
    /// A file holds no certificate.
    #[error("{}: no certificate in it", .0.display())]
    NoCertificate(PathBuf),
    /// The files do not make a configuration.
    #[error("{}: {error}", file.display())]
    Wrong {
        /// Which is to blame.
        file: PathBuf,
        /// Why.
        error: rustls::Error,
    },
    /// The certificates of `client_ca` cannot be used.
    #[error("{}: {error}", file.display())]
    ClientCa {
        /// Which.
        file: PathBuf,
        /// Why.
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

/// The certificates in `file`, for a store of roots.
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

/// The certificates in `file`: one at least.
pub(crate) fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found =
        CertificateDer::pem_file_iter(file).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match found {
        Ok(found) if found.is_empty() => Err(TlsError::NoCertificate(file.into())),
        Ok(found) => Ok(found),
        Err(error) => Err(unreadable(file, error)),
    }
}

/// The private key in `file`.
pub(crate) fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_file(file).map_err(|error| unreadable(file, error))
}

fn unreadable(file: &Path, error: pem::Error) -> TlsError {
    TlsError::File {
        file: file.into(),
        error,
    }
}

//! Encryption of connections, and whom to trust.

use std::{fmt, io, sync::Arc};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{self, ClientConfig, RootCertStore, pki_types::ServerName},
};

use crate::net::tls::{ClientTlsFiles, HTTP2, TlsError, certificates, private_key, roots};

/// A client's side of TLS.
pub struct ClientTls {
    config: Arc<ClientConfig>,
    domain: Option<ServerName<'static>>,
    files: ClientTlsFiles,
}

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetupError {
    /// A file is to blame.
    #[error(transparent)]
    File(#[from] TlsError),
    /// The versions of TLS cannot be had.
    #[error(transparent)]
    Versions(#[from] rustls::Error),
    /// No certificate that the system trusts was found.
    #[error("the system has no certificates to trust ({0}); --ca names some")]
    NoRoots(String),
    /// A name that no certificate can be for.
    #[error("{0:?} is no name of a server")]
    Domain(String),
}

impl ClientTls {
    /// Reads `files`.
    pub fn new(files: &ClientTlsFiles) -> Result<Self, TlsSetupError> {
        let roots = match &files.ca {
            Some(file) => roots(file)?,
            None => system_roots()?,
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        let mut config = match &files.identity {
            None => builder.with_no_client_auth(),
            Some((cert, key)) => builder
                .with_client_auth_cert(certificates(cert)?, private_key(key)?)
                .map_err(|error| TlsError::Wrong {
                    file: key.clone(),
                    error,
                })?,
        };
        config.alpn_protocols = vec![HTTP2.to_vec()];
        let domain = files.domain.clone().map(|name| {
            ServerName::try_from(name.clone()).map_err(|_| TlsSetupError::Domain(name))
        });
        Ok(Self {
            config: Arc::new(config),
            domain: domain.transpose()?,
            files: files.clone(),
        })
    }

    /// Returns the files that this was read from.
    pub(in crate::client) fn files(&self) -> &ClientTlsFiles {
        &self.files
    }

    /// The handshake with a server that is at `host`.
    pub(in crate::client) async fn connect<IO: AsyncRead + AsyncWrite + Unpin>(
        &self,
        host: &str,
        io: IO,
    ) -> io::Result<TlsStream<IO>> {
        let name = match &self.domain {
            Some(name) => name.clone(),
            None => ServerName::try_from(host.to_owned()).map_err(io::Error::other)?,
        };
        let connector = TlsConnector::from(Arc::clone(&self.config));
        connector.connect(name, io).await
    }
}

fn system_roots() -> Result<RootCertStore, TlsSetupError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // Old systems have some that cannot be used; the others will do.
    let (added, _) = roots.add_parsable_certificates(found.certs);
    if added > 0 {
        return Ok(roots);
    }
    let errors: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
    Err(TlsSetupError::NoRoots(if errors.is_empty() {
        "none are installed".into()
    } else {
        errors.join("; ")
    }))
}

/// What is wrong with an encrypted connection, in words, if that is the error.
pub(in crate::client) fn cause(error: &io::Error) -> Option<String> {
    use rustls::{AlertDescription, CertificateError};
    Some(match error.get_ref()?.downcast_ref()? {
        rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer
            | CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. },
        ) => "its certificate is signed by nobody who is trusted; --ca names whom to trust".into(),
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => "its certificate is for another name; --domain says for which".into(),
        // webpki's own word for it has no name in rustls.
        rustls::Error::InvalidCertificate(CertificateError::Other(other))
            if other.to_string().contains("CaUsedAsEndEntity") =>
        {
            "its certificate is one that signs others (CA:TRUE), which no server may present".into()
        }
        rustls::Error::InvalidMessage(_) => "what listens there does not speak TLS".into(),
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "it asks for a certificate; --cert and --key present one".into()
        }
        rustls::Error::AlertReceived(
            AlertDescription::UnknownCA | AlertDescription::BadCertificate,
        ) => "it does not trust our certificate".into(),
        error => error.to_string(),
    })
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

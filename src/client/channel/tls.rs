//! The client's side of TLS.

use std::{fmt, io, sync::Arc};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, ClientConfig, RootCertStore, client::WebPkiServerVerifier, pki_types::ServerName,
    },
};

use super::pinned::{PinnedVerifier, is_ca};

use crate::net::tls::{ClientTlsFiles, HTTP2, TlsError, certificates, private_key, roots};

/// The TLS configuration of a client.
pub struct ClientTls {
    config: Arc<ClientConfig>,
    domain: Option<ServerName<'static>>,
    files: ClientTlsFiles,
}

/// The error of a TLS configuration.
#[derive(Debug, thiserror::Error)]
pub enum TlsSetupError {
    /// A file cannot be read or used.
    #[error(transparent)]
    File(#[from] TlsError),
    /// rustls refuses the TLS versions.
    #[error(transparent)]
    Versions(#[from] rustls::Error),
    /// The system has no usable CA certificates.
    #[error(
        "the system has no trusted CA certificates ({0}); give a CA certificate file with --ca"
    )]
    NoRoots(String),
    /// The name is not valid for a server certificate.
    #[error("{0:?} is not a valid server name")]
    Domain(String),
}

impl ClientTls {
    /// Reads `files` and returns the configuration that they define.
    pub fn new(files: &ClientTlsFiles) -> Result<Self, TlsSetupError> {
        let (roots, trusted) = match &files.ca {
            Some(file) => (roots(file)?, certificates(file)?),
            None => (system_roots()?, Vec::new()),
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let webpki =
            WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                .build()
                .map_err(|error| TlsSetupError::NoRoots(error.to_string()))?;
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(PinnedVerifier { webpki, trusted }));
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

    /// Returns the files from which the configuration was read.
    pub(in crate::client) fn files(&self) -> &ClientTlsFiles {
        &self.files
    }

    /// Performs the TLS handshake on `io` with the server at `host`.
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
    // Old systems have some unusable certificates. The other certificates are sufficient.
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

/// Returns the message for `error` if it is a TLS error.
pub(in crate::client) fn cause(error: &io::Error) -> Option<String> {
    use rustls::{AlertDescription, CertificateError};
    Some(match error.get_ref()?.downcast_ref()? {
        rustls::Error::InvalidCertificate(
            CertificateError::UnknownIssuer
            | CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. },
        ) => {
            "the server certificate is not signed by a trusted CA; give a CA certificate with --ca"
                .into()
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => {
            "the server certificate is not for this host name; give the expected name with --domain"
                .into()
        }
        error if is_ca(error) => {
            "the server certificate is a CA certificate (CA:TRUE), and not a certificate of --ca"
                .into()
        }
        rustls::Error::InvalidMessage(_) => "the server does not speak TLS".into(),
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "the server requires a client certificate; give a certificate with --cert and --key"
                .into()
        }
        rustls::Error::AlertReceived(
            AlertDescription::UnknownCA | AlertDescription::BadCertificate,
        ) => "the server does not trust our client certificate".into(),
        error => error.to_string(),
    })
}

impl fmt::Debug for ClientTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientTls").finish_non_exhaustive()
    }
}

//! Which servers to ask, and how they are reached.

use std::{fmt, str::FromStr, sync::Arc};

use http::HeaderValue;
use tokio::{io::DuplexStream, sync::mpsc};

use super::tls::ClientTls;
use crate::{
    client::wire::exchange::ServerAddress,
    net::address::{Address, AddressError},
    proto::token::is_token,
};

/// Which server to ask.
#[derive(Clone, Debug)]
pub enum Target {
    /// The server in this process: accepts its end of a new pipe. The option is set if the
    /// server also listens for other programs.
    Embedded(mpsc::Sender<DuplexStream>, Option<Listening>),
    /// Those that listen at these addresses: calls are spread over them, and one that
    /// fails is made again at another.
    Remote(Vec<Remote>, Access),
}

impl Target {
    /// Servers that ask for no token, and encryption only where an address does.
    #[must_use]
    pub fn open(servers: Vec<Remote>) -> Self {
        Self::Remote(servers, Access::default())
    }
}

/// How other programs reach the embedded server.
#[derive(Clone, Debug)]
pub struct Listening {
    /// The addresses that it listens at.
    pub addresses: Vec<ServerAddress>,
    /// The token that it requires of every call, this program's included.
    pub token: Option<BearerToken>,
}

/// A server somewhere else: `HOST:PORT`, `http://HOST:PORT`, `https://HOST:PORT` or
/// `unix:PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// Where it listens.
    pub address: Address,
    scheme: Scheme,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Unsaid,
    Http,
    Https,
}

impl FromStr for Remote {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = match text.split_once("://") {
            Some(("https", rest)) => (Scheme::Https, rest),
            Some(("http", rest)) => (Scheme::Http, rest),
            _ => (Scheme::Unsaid, text),
        };
        let rest = match scheme {
            Scheme::Unsaid => rest,
            Scheme::Http | Scheme::Https => rest.strip_suffix('/').unwrap_or(rest),
        };
        let address = rest.parse()?;
        match (&address, scheme) {
            (Address::Unix(_), Scheme::Http | Scheme::Https) => Err(AddressError::Scheme),
            _ => Ok(Self { address, scheme }),
        }
    }
}

/// What a client has to show or to see.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// How connections are encrypted, those to addresses that say `https://` and, where it
    /// `is_meant`, those that say nothing.
    pub tls: Option<Arc<ClientTls>>,
    /// Whether somebody asked for encryption.
    pub is_meant: bool,
    /// What is presented with each call.
    pub token: Option<BearerToken>,
}

impl Access {
    /// How the connection to `server` is encrypted, if it is.
    pub(in crate::client) fn encryption(&self, server: &Remote) -> Option<&Arc<ClientTls>> {
        self.tls
            .as_ref()
            .filter(|_| server.is_encrypted(self.is_meant))
    }
}

impl Remote {
    /// Whether the connection is encrypted, for somebody who asked for that or did not.
    #[must_use]
    pub fn is_encrypted(&self, asked: bool) -> bool {
        match (&self.address, self.scheme) {
            (Address::Unix(_), _) | (_, Scheme::Http) => false,
            (_, Scheme::Https) => true,
            (_, Scheme::Unsaid) => asked,
        }
    }

    /// Whether what is sent there stays on this machine, by its address.
    #[must_use]
    pub fn is_local(&self) -> bool {
        match &self.address {
            Address::Unix(_) => true,
            Address::Tcp { host, .. } => {
                host == "localhost"
                    || host
                        .parse::<std::net::IpAddr>()
                        .is_ok_and(|ip| ip.to_canonical().is_loopback())
            }
        }
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

/// A bearer token (RFC 6750), which is never shown.
#[derive(Clone)]
pub struct BearerToken(HeaderValue);

/// A text that is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token is one or more visible ASCII characters")]
pub struct NoToken;

impl FromStr for BearerToken {
    type Err = NoToken;

    fn from_str(text: &str) -> Result<Self, NoToken> {
        if !is_token(text) {
            return Err(NoToken);
        }
        let mut value = HeaderValue::try_from(format!("Bearer {text}")).map_err(|_| NoToken)?;
        // Neither printed nor kept in tables of compression.
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

impl BearerToken {
    /// The value of the header `authorization`.
    pub(in crate::client) fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers() {
        for (text, encrypted, local) in [
            ("localhost:1", [false, true], true),
            ("127.8.0.1:1", [false, true], true),
            ("[::1]:1", [false, true], true),
            ("[::ffff:127.0.0.1]:1", [false, true], true),
            ("10.0.0.1:1", [false, true], false),
            ("localhost.example.org:1", [false, true], false),
            ("http://localhost:1", [false, false], true),
            ("https://example.org:1/", [true, true], false),
            ("unix:calc.sock", [false, false], true),
        ] {
            let server: Remote = text.parse().unwrap();
            let found = [false, true].map(|asked| server.is_encrypted(asked));
            assert_eq!((found, server.is_local()), (encrypted, local), "{text}");
        }
        for (text, error) in [
            ("https://unix:x", AddressError::Scheme),
            ("ftp://localhost:1", AddressError::Scheme),
            ("https://localhost", AddressError::Port),
            ("https://localhost:1/x", AddressError::Trailing),
        ] {
            assert_eq!(text.parse::<Remote>(), Err(error), "{text}");
        }
    }

    #[test]
    fn a_token_is_not_shown() {
        let token: BearerToken = "secret".parse().unwrap();
        assert_eq!(token.header(), "Bearer secret");
        assert!(!format!("{token:?} {:?}", token.header()).contains("secret"));
        for text in ["", "two words", "line\n", "é"] {
            assert!(text.parse::<BearerToken>().is_err(), "{text:?}");
        }
    }
}

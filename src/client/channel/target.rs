//! The servers of a client, and the ways to reach them.

use std::{fmt, str::FromStr, sync::Arc};

use http::HeaderValue;
use tokio::{io::DuplexStream, sync::mpsc};

use super::{connector::Route, tls::ClientTls};
use crate::{
    client::wire::exchange::ServerAddress,
    net::address::{Address, AddressError},
    proto::bearer_token::{authorization, is_token},
};

/// The servers of a client.
#[derive(Clone, Debug)]
pub enum Target {
    /// A server in this process. The sender passes one end of each new pipe to the server. The
    /// [`Listening`] is present if the server also listens for other programs.
    Embedded(mpsc::Sender<DuplexStream>, Option<Listening>),
    /// Servers at addresses. The client distributes the calls over the servers, and sends a call
    /// that fails at one server to another server.
    Remote(Vec<Remote>, Access),
}

impl Target {
    /// Returns a target of servers that need no token.
    ///
    /// Only the connections to `https://` addresses are encrypted.
    #[must_use]
    pub fn open(servers: Vec<Remote>) -> Self {
        Self::Remote(servers, Access::default())
    }

    /// Returns a route and a token for each server.
    pub(in crate::client) fn routes(self) -> Vec<(Route, Option<BearerToken>)> {
        match self {
            Self::Embedded(server, listening) => {
                let (addresses, token) =
                    listening.map_or_else(Default::default, |it| (it.addresses, it.token));
                vec![(Route::Embedded(server, addresses), token)]
            }
            Self::Remote(servers, access) => {
                let routes = servers.into_iter().map(|server| {
                    let route = Route::Remote {
                        tls: access.encryption(&server).cloned(),
                        encrypted: server.is_encrypted(access.encrypt_by_default),
                        address: server.address,
                        token: access.token.is_some(),
                    };
                    (route, access.token.clone())
                });
                routes.collect()
            }
        }
    }
}

/// The addresses at which other programs reach the embedded server, and its token.
#[derive(Clone, Debug)]
pub struct Listening {
    /// The addresses at which the server listens.
    pub addresses: Vec<ServerAddress>,
    /// The token that the server requires for every call, including the calls of this program.
    pub token: Option<BearerToken>,
}

/// The address of a server: `HOST:PORT`, `http://HOST:PORT`, `https://HOST:PORT` or
/// `unix:PATH`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// The address without its scheme.
    pub address: Address,
    scheme: Scheme,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    Unspecified,
    Http,
    Https,
}

impl FromStr for Remote {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (scheme, rest) = match text.split_once("://") {
            Some(("https", rest)) => (Scheme::Https, rest),
            Some(("http", rest)) => (Scheme::Http, rest),
            _ => (Scheme::Unspecified, text),
        };
        let rest = match scheme {
            Scheme::Unspecified => rest,
            Scheme::Http | Scheme::Https => rest.strip_suffix('/').unwrap_or(rest),
        };
        let address = rest.parse()?;
        match (&address, scheme) {
            (Address::Unix(_), Scheme::Http | Scheme::Https) => Err(AddressError::Scheme),
            _ => Ok(Self { address, scheme }),
        }
    }
}

/// Encryption and credentials of a client.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The TLS configuration of the connections that are encrypted.
    pub tls: Option<Arc<ClientTls>>,
    /// Whether connections to addresses without a scheme are encrypted.
    pub encrypt_by_default: bool,
    /// The token that is sent with each call.
    pub token: Option<BearerToken>,
}

impl Access {
    /// Returns the TLS configuration for `server`; None if the connection is not encrypted.
    fn encryption(&self, server: &Remote) -> Option<&Arc<ClientTls>> {
        self.tls
            .as_ref()
            .filter(|_| server.is_encrypted(self.encrypt_by_default))
    }
}

impl Remote {
    /// Whether the connection is encrypted; `by_default` decides for addresses without a scheme.
    #[must_use]
    pub fn is_encrypted(&self, by_default: bool) -> bool {
        match (&self.address, self.scheme) {
            (Address::Unix(_), _) | (_, Scheme::Http) => false,
            (_, Scheme::Https) => true,
            (_, Scheme::Unspecified) => by_default,
        }
    }

    /// Whether the address is `localhost`, a loopback address or a Unix socket.
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

/// A bearer token (RFC 6750). `Debug` does not show it.
#[derive(Clone)]
pub struct BearerToken(HeaderValue);

/// The error for a text that is not a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a token is one or more visible ASCII characters")]
pub struct InvalidToken;

impl FromStr for BearerToken {
    type Err = InvalidToken;

    fn from_str(text: &str) -> Result<Self, InvalidToken> {
        if !is_token(text) {
            return Err(InvalidToken);
        }
        let mut value = HeaderValue::try_from(authorization(text)).map_err(|_| InvalidToken)?;
        // A sensitive value is not printed and not put in HPACK tables.
        value.set_sensitive(true);
        Ok(Self(value))
    }
}

impl BearerToken {
    /// Returns the value of the header field `authorization` that carries this token.
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
    fn addresses_of_servers() {
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
            let found = [false, true].map(|by_default| server.is_encrypted(by_default));
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
    fn debug_output_hides_the_token() {
        let token: BearerToken = "secret".parse().unwrap();
        assert_eq!(token.header(), "Bearer secret");
        assert!(!format!("{token:?} {:?}", token.header()).contains("secret"));
        for text in ["", "two words", "line\n", "é"] {
            assert!(text.parse::<BearerToken>().is_err(), "{text:?}");
        }
    }
}

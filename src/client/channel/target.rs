//! The servers of a client, and the ways to reach them.

use std::{fmt, str::FromStr, sync::Arc};

use http::HeaderValue;
use tokio::{io::DuplexStream, sync::mpsc};

use super::{
    connector::Route,
    proxy::Proxy,
    resolver::{Resolver, addresses},
    tls::ClientTls,
};
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
                        slot: server.slot,
                        address: server.address,
                        token: access.token.is_some(),
                        authority: access.authority.clone(),
                        resolver: access.resolver.clone(),
                        proxy: access.proxy.clone(),
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

/// The address of a server: `HOST:PORT`, `http://HOST:PORT`, `https://HOST:PORT`, `unix:PATH`, or a
/// name of gRPC (`doc/naming.md`): `dns:///HOST:PORT`, `ipv4:ADDRESS:PORT` or `ipv6:[ADDRESS]:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// The address without its scheme.
    pub address: Address,
    scheme: Scheme,
    /// The index of the address of the host that is used. None means the first that accepts.
    slot: Option<usize>,
}

/// The servers that one address names, at least one: `ipv4:` and `ipv6:` are followed by addresses
/// that are separated by commas.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remotes(pub Vec<Remote>);

impl FromStr for Remotes {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let (scheme, list) = match split_scheme(text) {
            Some((scheme, list)) if ["ipv4", "ipv6"].contains(&&*scheme) => (scheme, list),
            _ => return text.parse().map(|remote| Self(vec![remote])),
        };
        let remotes = list
            .split(',')
            .map(|address| format!("{scheme}:{address}").parse());
        remotes.collect::<Result<_, _>>().map(Self)
    }
}

/// Splits a text into a scheme, in lower case, and the rest after the colon.
fn split_scheme(text: &str) -> Option<(String, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    Some((scheme.to_ascii_lowercase(), rest))
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
        let of_address = |address, scheme| Self {
            address,
            scheme,
            slot: None,
        };
        match split_scheme(text) {
            Some((name, rest)) if name == "http" || name == "https" => {
                let scheme = if name == "http" {
                    Scheme::Http
                } else {
                    Scheme::Https
                };
                // A host may have the name of a scheme.
                let Some(rest) = rest.strip_prefix("//") else {
                    return Ok(of_address(text.parse()?, Scheme::Unspecified));
                };
                let address = rest.strip_suffix('/').unwrap_or(rest).parse()?;
                match address {
                    Address::Unix(_) => Err(AddressError::Scheme),
                    Address::Tcp { .. } => Ok(of_address(address, scheme)),
                }
            }
            Some((name, rest)) if name == "dns" && !is_port(rest) => {
                let rest = match rest.strip_prefix("//") {
                    None => rest,
                    Some(rest) => rest.strip_prefix('/').ok_or(AddressError::Authority)?,
                };
                let address = Address::tcp(rest)?;
                Ok(Self {
                    slot: Some(0),
                    ..of_address(address, Scheme::Unspecified)
                })
            }
            _ => Ok(of_address(text.parse()?, Scheme::Unspecified)),
        }
    }
}

/// Whether a text is a port, so that the text before the colon is a host and not a scheme.
fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok()
}

impl Remote {
    /// Returns a server for each address of a `dns:` name, between which calls are distributed.
    ///
    /// Each of these servers resolves the name again when it connects. If the name has no address
    /// at the moment, there is one server.
    pub async fn resolve(self, resolver: &dyn Resolver) -> Vec<Self> {
        let (Some(_), Address::Tcp { host, port }) = (self.slot, &self.address) else {
            return vec![self];
        };
        let addresses = addresses(resolver, host, *port).await;
        let count = addresses.map_or(1, |addresses| addresses.len());
        let slots = (0..count).map(|slot| Self {
            slot: Some(slot),
            ..self.clone()
        });
        slots.collect()
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
    /// The `:authority` of requests. None means the address of the server.
    pub authority: Option<String>,
    /// The resolver of host names.
    pub resolver: Option<Arc<dyn Resolver>>,
    /// The proxy through which servers are reached.
    pub proxy: Option<Proxy>,
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
            ("HTTPS://example.org:1", [true, true], false),
            ("http:1", [false, true], false),
            ("dns:1", [false, true], false),
            ("dns:///localhost:1", [false, true], true),
            ("dns:localhost:1", [false, true], true),
            ("ipv4:127.0.0.1:1", [false, true], true),
        ] {
            let server: Remote = text.parse().unwrap();
            let found = [false, true].map(|by_default| server.is_encrypted(by_default));
            assert_eq!((found, server.is_local()), (encrypted, local), "{text}");
        }
        for (text, error) in [
            ("https://unix:x", AddressError::Scheme),
            ("ftp://localhost:1", AddressError::Scheme),
            ("dns://8.8.8.8/localhost:1", AddressError::Authority),
            ("dns:///", AddressError::NoHost),
            ("dns:///localhost", AddressError::NoPort),
            ("https://localhost", AddressError::NoPort),
            ("https://localhost:1/x", AddressError::Trailing),
        ] {
            assert_eq!(text.parse::<Remote>(), Err(error), "{text}");
        }
    }

    #[test]
    fn one_address_may_name_several_servers() {
        for (text, expected) in [
            (
                "ipv4:10.0.0.1:1,10.0.0.2:2",
                Ok(vec!["10.0.0.1:1", "10.0.0.2:2"]),
            ),
            ("ipv6:[::1]:1,[::2]:2", Ok(vec!["[::1]:1", "[::2]:2"])),
            ("localhost:1", Ok(vec!["localhost:1"])),
            ("ipv4:10.0.0.1:1,", Err(AddressError::NoHost)),
            ("localhost:1,localhost:2", Err(AddressError::Host)),
        ] {
            let found = text.parse::<Remotes>();
            let found = found.map(|found| found.0.iter().map(ToString::to_string).collect());
            let expected = expected.map(|texts| texts.into_iter().map(str::to_owned).collect());
            assert_eq!(found, expected as Result<Vec<String>, _>, "{text}");
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

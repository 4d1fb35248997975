//! Addresses of servers: `host:port` or `unix:PATH`.

use std::{
    fmt,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
};

/// An address to listen on or to connect to.
///
/// The text that `Display` writes can be parsed to the same address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A host and a TCP port.
    Tcp {
        /// The host name or IP address; an IPv6 address has no brackets here.
        host: String,
        /// The port. For listening, 0 means that the operating system chooses a free port.
        port: u16,
    },
    /// The path of a Unix domain socket.
    Unix(PathBuf),
}

/// The reason why a text is not an address. The message includes the correct form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// The text has a scheme that is not known, or not possible here.
    #[error(
        "unknown scheme; write HOST:PORT or unix:PATH; to call a server, https://HOST:PORT or \
         dns:///HOST:PORT too"
    )]
    Scheme,
    /// The text names a DNS server, as in `dns://8.8.8.8/host:1`.
    #[error("a name server is not supported; write dns:///HOST:PORT")]
    Authority,
    /// `unix:` is not followed by a path.
    #[error("no path; write unix:PATH")]
    Path,
    /// The address has a path after the port, as in `host:1/path`.
    #[error("a path after the port is not allowed; write HOST:PORT")]
    Trailing,
    /// The host is missing.
    #[error("no host; write HOST:PORT, as in localhost:50050")]
    NoHost,
    /// The host has characters that are not allowed in a host name.
    #[error("the host is not valid; write HOST:PORT, as in localhost:50050 or [::1]:50050")]
    Host,
    /// The host is not an IP address of the family that the scheme names.
    #[error("not an IP address; write ipv4:127.0.0.1:50050 or ipv6:[::1]:50050")]
    Ip,
    /// The address has a user name, as in `user@host:1`.
    #[error("a user name is not allowed; write HOST:PORT")]
    User,
    /// The port is missing.
    #[error("no port; write HOST:PORT, as in localhost:50050")]
    NoPort,
    /// The port is not a number up to 65535.
    #[error("the port is not a number up to 65535; write HOST:PORT, as in localhost:50050")]
    Port,
    /// The host is an IPv6 address without brackets. Without brackets, the end of the host is
    /// ambiguous, as in `::1:50050`.
    #[error("write the IPv6 address in brackets, as in [::1]:50050")]
    Brackets,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let scheme = text.split_once(':').map(|(scheme, rest)| {
            let scheme = scheme.to_ascii_lowercase();
            (scheme, rest)
        });
        match &scheme {
            Some((scheme, path)) if scheme == "unix" => {
                // gRPC name resolution (grpc/doc/naming.md) allows unix:path and
                // unix:///absolute_path.
                let path = path.strip_prefix("//").unwrap_or(path);
                match path {
                    "" => Err(AddressError::Path),
                    _ => Ok(Self::Unix(path.into())),
                }
            }
            Some((scheme, address)) if scheme == "ipv4" || scheme == "ipv6" => {
                let address = Self::tcp(address)?;
                let Self::Tcp { host, .. } = &address else {
                    return Err(AddressError::Ip);
                };
                let is_ip = if scheme == "ipv4" {
                    host.parse::<Ipv4Addr>().is_ok()
                } else {
                    host.parse::<Ipv6Addr>().is_ok()
                };
                is_ip.then_some(address).ok_or(AddressError::Ip)
            }
            _ if text.contains("://") => Err(AddressError::Scheme),
            _ => Self::tcp(text),
        }
    }
}

impl Address {
    /// Parses `HOST:PORT`.
    pub fn tcp(text: &str) -> Result<Self, AddressError> {
        if text.contains('@') {
            return Err(AddressError::User);
        }
        if text.contains('/') {
            return Err(AddressError::Trailing);
        }
        let is_ipv6 = |host: &str| host.parse::<Ipv6Addr>().is_ok();
        let (host, port) = match text.rsplit_once(':') {
            _ if text.is_empty() => return Err(AddressError::NoHost),
            // In [::1], the last colon is part of the host.
            None => return Err(AddressError::NoPort),
            Some(_) if text.ends_with(']') => return Err(AddressError::NoPort),
            Some(parts) => parts,
        };
        let bracketed = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let host = match bracketed {
            Some(host) => host,
            None if is_ipv6(text) || is_ipv6(host) => return Err(AddressError::Brackets),
            None if host.contains(':') => return Err(AddressError::Host),
            None => host,
        };
        if host.is_empty() {
            return Err(AddressError::NoHost);
        }
        if !is_host(host, bracketed.is_some()) {
            return Err(AddressError::Host);
        }
        if port.is_empty() {
            return Err(AddressError::NoPort);
        }
        // `u16::from_str` would also accept "+80".
        if !port.bytes().all(|b| b.is_ascii_digit()) {
            return Err(AddressError::Port);
        }
        let port = port.parse().map_err(|_| AddressError::Port)?;
        Ok(Self::Tcp {
            host: host.into(),
            port,
        })
    }
}

/// Whether `host` is valid: an IPv6 address if `bracketed`, otherwise a name or an IPv4 address.
///
/// Names follow RFC 1123, but may also have underscores.
fn is_host(host: &str, bracketed: bool) -> bool {
    if bracketed {
        return host.parse::<Ipv6Addr>().is_ok();
    }
    let allowed = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'.' | b'-' | b'_');
    !host.is_empty() && host.len() <= 253 && host.bytes().all(allowed)
}

impl From<SocketAddr> for Address {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp {
            host: address.ip().to_string(),
            port: address.port(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Address {
        Address::Tcp {
            host: host.into(),
            port,
        }
    }

    #[test]
    fn texts_are_parsed_or_rejected() {
        for (text, expected) in [
            ("localhost:50050", Ok(tcp("localhost", 50050))),
            ("127.0.0.1:0", Ok(tcp("127.0.0.1", 0))),
            ("[::1]:50050", Ok(tcp("::1", 50050))),
            ("unix:calc.sock", Ok(Address::Unix("calc.sock".into()))),
            (
                "unix:/run/calc.sock",
                Ok(Address::Unix("/run/calc.sock".into())),
            ),
            (
                "unix:///run/calc.sock",
                Ok(Address::Unix("/run/calc.sock".into())),
            ),
            ("https://example.org:443", Err(AddressError::Scheme)),
            ("ftp://example.org:21", Err(AddressError::Scheme)),
            ("unix:", Err(AddressError::Path)),
            ("localhost:1/calc", Err(AddressError::Trailing)),
            (":50050", Err(AddressError::NoHost)),
            ("a b:1", Err(AddressError::Host)),
            ("%41:1", Err(AddressError::Host)),
            ("user@localhost:1", Err(AddressError::User)),
            ("localhost?x:1", Err(AddressError::Host)),
            ("ü.example:1", Err(AddressError::Host)),
            ("[[::1]]:1", Err(AddressError::Host)),
            ("[localhost]:1", Err(AddressError::Host)),
            ("[]:1", Err(AddressError::NoHost)),
            ("localhost", Err(AddressError::NoPort)),
            ("localhost:", Err(AddressError::NoPort)),
            ("localhost:http", Err(AddressError::Port)),
            ("localhost:+80", Err(AddressError::Port)),
            ("localhost:65536", Err(AddressError::Port)),
            ("::1:50050", Err(AddressError::Brackets)),
            ("::1", Err(AddressError::Brackets)),
            ("[::1]", Err(AddressError::NoPort)),
            ("a:b:1", Err(AddressError::Host)),
            ("[::1]:x", Err(AddressError::Port)),
            ("ipv4:127.0.0.1:1", Ok(tcp("127.0.0.1", 1))),
            ("ipv6:[::1]:1", Ok(tcp("::1", 1))),
            ("IPv4:127.0.0.1:1", Ok(tcp("127.0.0.1", 1))),
            ("UNIX:x", Ok(Address::Unix("x".into()))),
            ("ipv4:localhost:1", Err(AddressError::Ip)),
            ("ipv4:[::1]:1", Err(AddressError::Ip)),
            ("ipv6:127.0.0.1:1", Err(AddressError::Ip)),
            ("ipv4:127.0.0.1", Err(AddressError::NoPort)),
            ("dns:///localhost:1", Err(AddressError::Scheme)),
            ("", Err(AddressError::NoHost)),
        ] {
            assert_eq!(text.parse(), expected, "{text:?}");
        }
    }

    #[test]
    fn the_text_of_an_address_parses_to_the_same_address() {
        for text in ["localhost:50050", "[::1]:50050", "unix:/run/calc.sock"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }
}

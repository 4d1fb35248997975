//! Addresses of servers: `host:port` or `unix:PATH`.

use std::{
    fmt,
    net::{Ipv6Addr, SocketAddr},
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
    /// The text has a scheme other than `unix:`.
    #[error(
        "unknown scheme; write HOST:PORT or unix:PATH; to call a server, https://HOST:PORT too"
    )]
    Scheme,
    /// `unix:` is not followed by a path.
    #[error("no path; write unix:PATH")]
    Path,
    /// The address has a path after the port, as in `host:1/path`.
    #[error("a path after the port is not allowed; write HOST:PORT")]
    Trailing,
    /// The host is missing, or has characters that are not allowed in a host name.
    #[error("no valid host; write HOST:PORT, as in localhost:50050 or [::1]:50050")]
    Host,
    /// The port is missing, or is not a number up to 65535.
    #[error("no valid port; write HOST:PORT, as in localhost:50050")]
    Port,
    /// The host is an IPv6 address without brackets. Without brackets, the end of the host is
    /// ambiguous, as in `::1:50050`.
    #[error("write the IPv6 address in brackets, as in [::1]:50050")]
    Brackets,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        if let Some(path) = text.strip_prefix("unix:") {
            // gRPC name resolution (grpc/doc/naming.md) allows unix:path and unix:///absolute_path.
            let path = path.strip_prefix("//").unwrap_or(path);
            return match path {
                "" => Err(AddressError::Path),
                _ => Ok(Self::Unix(path.into())),
            };
        }
        if text.contains("://") {
            return Err(AddressError::Scheme);
        }
        let authority = text;
        if authority.contains('/') {
            return Err(AddressError::Trailing);
        }
        let (host, port) = authority.rsplit_once(':').ok_or(AddressError::Port)?;
        let bracketed = host.strip_prefix('[').and_then(|h| h.strip_suffix(']'));
        let host = match bracketed {
            Some(host) => host,
            None if host.contains(':') => return Err(AddressError::Brackets),
            None => host,
        };
        if !is_host(host, bracketed.is_some()) {
            return Err(AddressError::Host);
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
            (":50050", Err(AddressError::Host)),
            ("a b:1", Err(AddressError::Host)),
            ("%41:1", Err(AddressError::Host)),
            ("user@localhost:1", Err(AddressError::Host)),
            ("localhost?x:1", Err(AddressError::Host)),
            ("ü.example:1", Err(AddressError::Host)),
            ("[[::1]]:1", Err(AddressError::Host)),
            ("[localhost]:1", Err(AddressError::Host)),
            ("[]:1", Err(AddressError::Host)),
            ("localhost", Err(AddressError::Port)),
            ("localhost:", Err(AddressError::Port)),
            ("localhost:http", Err(AddressError::Port)),
            ("localhost:+80", Err(AddressError::Port)),
            ("localhost:65536", Err(AddressError::Port)),
            ("::1:50050", Err(AddressError::Brackets)),
            ("", Err(AddressError::Port)),
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

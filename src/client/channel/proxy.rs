//! Connections through an HTTP proxy, by `CONNECT` (RFC 9110, section 9.3.6).

use std::{env, fmt, io, sync::Arc};

use http::Uri;
use hyper_util::{
    client::{legacy::connect::proxy::Tunnel, proxy::matcher::Matcher},
    rt::TokioIo,
};
use tokio::net::TcpStream;
use tower::{Service as _, service_fn};

/// The proxy of a client, and the hosts that are reached without it.
#[derive(Clone)]
pub struct Proxy(Arc<Matcher>);

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may contain a password.
        f.debug_struct("Proxy").finish_non_exhaustive()
    }
}

/// A proxy that is used for a connection.
pub(super) struct ProxyRoute {
    /// The host and the port of the proxy.
    pub(super) host: String,
    pub(super) port: u16,
    uri: Uri,
    authorization: Option<http::HeaderValue>,
}

impl Proxy {
    /// Returns the proxy that the environment names; None if it names no proxy.
    ///
    /// As in gRPC, the first of `grpc_proxy` and `https_proxy` counts for all servers, and the first
    /// of `no_grpc_proxy` and `no_proxy` lists the exceptions. The names may be in upper case.
    #[must_use]
    pub fn from_env() -> Option<Self> {
        let value = |names: [&str; 2]| {
            let names = names
                .iter()
                .flat_map(|name| [(*name).into(), name.to_uppercase()]);
            let mut values = names.filter_map(|name: String| env::var(name).ok());
            values.find(|value| !value.is_empty())
        };
        let proxy = value(["grpc_proxy", "https_proxy"])?;
        let exceptions = value(["no_grpc_proxy", "no_proxy"]).unwrap_or_default();
        Some(Self::new(&proxy, &exceptions))
    }

    /// Returns a proxy at the URL `proxy` for all hosts but those in the list `exceptions`.
    #[must_use]
    pub fn new(proxy: &str, exceptions: &str) -> Self {
        let matcher = Matcher::builder().all(proxy).no(exceptions);
        Self(Arc::new(matcher.build()))
    }

    /// Returns the proxy for a host; None if the host is reached without a proxy.
    pub(super) fn route(&self, host: &str, port: u16) -> Option<ProxyRoute> {
        let found = self.0.intercept(&target(host, port)?)?;
        let uri = found.uri().clone();
        Some(ProxyRoute {
            host: uri.host()?.trim_matches(['[', ']']).to_owned(),
            port: uri.port_u16().unwrap_or(80),
            authorization: found.basic_auth().cloned(),
            uri,
        })
    }
}

impl ProxyRoute {
    /// Returns the connection to a host on the connection `stream` to the proxy.
    pub(super) async fn tunnel(
        &self,
        stream: TcpStream,
        host: &str,
        port: u16,
    ) -> io::Result<TcpStream> {
        let target = target(host, port).ok_or(io::ErrorKind::InvalidInput)?;
        let mut stream = Some(TokioIo::new(stream));
        let connected = service_fn(move |_: Uri| {
            let stream = stream.take();
            async { stream.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected)) }
        });
        let mut tunnel = Tunnel::new(self.uri.clone(), connected);
        if let Some(authorization) = &self.authorization {
            tunnel = tunnel.with_auth(authorization.clone());
        }
        let tunnelled = tunnel.call(target).await;
        let refused = |error| {
            let Self { host, port, .. } = self;
            io::Error::other(format!("the proxy {host}:{port} failed: {error}"))
        };
        Ok(tunnelled.map_err(refused)?.into_inner())
    }
}

/// Returns the URI of a host, in the form that the matcher and the tunnel take.
fn target(host: &str, port: u16) -> Option<Uri> {
    let host = if host.contains(':') {
        format!("[{host}]")
    } else {
        host.to_owned()
    };
    format!("https://{host}:{port}").parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exceptions_are_reached_without_the_proxy() {
        let proxy = Proxy::new(
            "http://user:pass%20word@proxy.example:3128",
            "localhost,.internal,10.0.0.0/8,exact.example",
        );
        for (host, is_used) in [
            ("calc.example", true),
            ("localhost", false),
            ("a.internal", false),
            ("10.1.2.3", false),
            ("11.1.2.3", true),
            ("exact.example", false),
            ("::1", true),
        ] {
            assert_eq!(proxy.route(host, 443).is_some(), is_used, "{host}");
        }
        let route = proxy.route("calc.example", 443).unwrap();
        assert_eq!((route.host.as_str(), route.port), ("proxy.example", 3128));
        assert!(route.authorization.is_some());
        assert!(!format!("{proxy:?}").contains("pass"));
        assert!(Proxy::new("http://p:1", "*").route("a", 1).is_none());
    }
}

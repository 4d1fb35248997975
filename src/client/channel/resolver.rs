//! Name resolution: from the name of a host to its addresses.

use std::{fmt, io, net::SocketAddr};

use futures_util::{FutureExt as _, future::BoxFuture};
use tokio::net::lookup_host;

/// The maximum number of addresses of a name that are used.
const MAX_ADDRESSES: usize = 64;

/// A source of the addresses of hosts.
pub trait Resolver: fmt::Debug + Send + Sync {
    /// Returns the addresses of `host`, each with `port`, in the order of preference.
    fn resolve<'r>(
        &'r self,
        host: &'r str,
        port: u16,
    ) -> BoxFuture<'r, io::Result<Vec<SocketAddr>>>;
}

/// The resolver of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn resolve<'r>(
        &'r self,
        host: &'r str,
        port: u16,
    ) -> BoxFuture<'r, io::Result<Vec<SocketAddr>>> {
        async move { Ok(lookup_host((host, port)).await?.collect()) }.boxed()
    }
}

/// Returns the distinct addresses of `host`, at least one and at most 64.
pub(super) async fn addresses(
    resolver: &dyn Resolver,
    host: &str,
    port: u16,
) -> io::Result<Vec<SocketAddr>> {
    let mut addresses: Vec<SocketAddr> = Vec::new();
    for address in resolver.resolve(host, port).await? {
        if addresses.len() < MAX_ADDRESSES && !addresses.contains(&address) {
            addresses.push(address);
        }
    }
    if addresses.is_empty() {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "the host name has no address",
        ));
    }
    Ok(addresses)
}

//! Servers that others on the network can reach.

use crate::{
    net::address::Address,
    server::{Listener, Settings},
};

/// A listener that is open to the network, and what its server should have for that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exposed<'l> {
    pub(super) address: &'l Address,
    pub(super) lack: &'static str,
}

/// What tells who calls: in a program of one user, and in a server that may ask for
/// certificates.
pub(super) const BY_TOKEN: &str = "a token (--token-file)";
pub(super) const BY_TOKEN_OR_CERTIFICATE: &str =
    "a token (--token-file) or certificates of clients (--client-ca)";

/// Those of `listeners` that are open to the network without encryption, or where nothing
/// tells who calls: `unknown` is what would.
pub(super) fn exposed<'l>(
    listeners: &'l [Listener],
    settings: &Settings,
    unknown: Option<&'static str>,
) -> impl Iterator<Item = Exposed<'l>> {
    let lack = match (settings.tls.is_some(), unknown) {
        (true, unknown) => unknown,
        (false, None) => Some("encryption (--cert, --key)"),
        (false, Some(_)) => Some("encryption (--cert, --key) and without a token (--token-file)"),
    };
    let open = listeners.iter().filter(|it| it.is_open_to_the_network());
    open.filter_map(move |listener| {
        let address = listener.address();
        lack.map(|lack| Exposed { address, lack })
    })
}

impl Exposed<'_> {
    /// Why it does not listen there.
    pub(super) fn refusal(&self) -> String {
        let Self { address, lack } = self;
        format!("{address} is open to the network without {lack}; --insecure listens all the same")
    }
}

//! Checks that a server is protected if it is open to the network.

use crate::{
    net::address::Address,
    server::{Listener, Settings},
};

/// A listener that is open to the network without protection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exposed<'l> {
    pub(super) address: &'l Address,
    /// The missing protection, as text for messages.
    pub(super) lack: &'static str,
}

/// The authentication that an embedded server supports, as text for messages.
pub(super) const BY_TOKEN: &str = "a token (--token-file)";

/// The authentication that `grpcalc serve` supports, as text for messages.
pub(super) const BY_TOKEN_OR_CERTIFICATE: &str =
    "a token (--token-file) or certificates of clients (--client-ca)";

/// Returns the listeners that are open to the network and lack encryption, authentication or both.
///
/// `missing` is the missing authentication, as text for messages; None if authentication is
/// configured.
pub(super) fn exposed<'l>(
    listeners: &'l [Listener],
    settings: &Settings,
    missing: Option<&'static str>,
) -> impl Iterator<Item = Exposed<'l>> {
    let lack = match (settings.tls.is_some(), missing) {
        (true, missing) => missing,
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
    /// Returns the error message for an address on which the server refuses to listen.
    pub(super) fn refusal(&self) -> String {
        let Self { address, lack } = self;
        format!("{address} is open to the network without {lack}; use --insecure to listen anyway")
    }
}

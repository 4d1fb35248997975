//! The check that a server open to the network is protected.

use crate::{
    net::address::Address,
    server::{Listener, Settings},
};

/// A listener that is open to the network without protection.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exposed<'l> {
    pub(super) address: &'l Address,
    /// The missing protection, in the words of the message to the user.
    pub(super) lack: &'static str,
}

/// The way to authenticate callers of an embedded server, in the words of a message.
pub(super) const BY_TOKEN: &str = "a token (--token-file)";

/// The ways to authenticate callers of `grpcalc serve`, in the words of a message.
pub(super) const BY_TOKEN_OR_CERTIFICATE: &str =
    "a token (--token-file) or certificates of clients (--client-ca)";

/// Returns the listeners that are open to the network without encryption or authentication.
///
/// If no authentication is configured, `missing` names the possible ways to authenticate callers.
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
    /// Returns the message that refuses to listen on the address.
    pub(super) fn refusal(&self) -> String {
        let Self { address, lack } = self;
        format!("{address} is open to the network without {lack}; use --insecure to listen anyway")
    }
}

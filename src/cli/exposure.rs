//! Servers that others on the network can reach.

use crate::{
    address::Address,
    server::{Listener, Settings},
};

/// A listener that is open to the network, and what its server should have for that.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exposed<'l> {
    pub(super) address: &'l Address,
    pub(super) lack: &'static str,
}

/// Those of `listeners` that are open to the network without enough protection.
/// `certified`: whether only clients with a certificate are let in, which tells who calls
/// as well as a token does.
pub(super) fn exposed<'l>(
    listeners: &'l [Listener],
    settings: &Settings,
    certified: bool,
) -> impl Iterator<Item = Exposed<'l>> {
    let lack = match (
        settings.tls.is_some(),
        settings.tokens.is_some() || certified,
    ) {
        (true, true) => None,
        (true, false) => Some("a token (--token-file) or certificates of clients (--client-ca)"),
        (false, true) => Some("encryption (--cert, --key)"),
        (false, false) => Some("encryption (--cert, --key) and without a token (--token-file)"),
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

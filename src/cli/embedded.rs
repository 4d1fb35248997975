//! The embedded server, inside this process.

use std::{
    sync::{Arc, mpsc},
    time::Duration,
};

use anyhow::Context as _;
use futures_util::stream::{StreamExt as _, select_all};
use tokio::{
    runtime::{Builder, Runtime},
    sync::oneshot,
};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    Exit,
    exposure::{BY_TOKEN, exposed},
    options::LineOptions,
    print_error, runtime,
};
use crate::{
    client::{ClientTlsFiles, Listening, ServerAddress, Target},
    net::address::Address,
    server::{
        self, Listener, OwnLimits, ServerLimits, ServerTls, ServerTlsFiles, Settings, Tokens,
    },
};

/// The maximum time that connected peers may take to finish when this process ends.
const GRACE: Duration = Duration::from_secs(2);

/// The embedded server, which runs on a separate thread.
#[derive(Debug)]
pub(super) struct EmbeddedServer {
    pub(super) target: Target,
    /// The addresses on which the server listens for other clients.
    pub(super) addresses: Vec<Address>,
    /// The limits of the lines of this process.
    pub(super) own: OwnLimits,
    shutdown: DropGuard,
    ended: oneshot::Receiver<()>,
}

/// Starts the embedded server. If the server cannot listen, returns the exit code.
///
/// Other programs can connect only if the options contain addresses to listen on. If the options
/// contain a token, other programs must present it.
pub(super) async fn start(options: &LineOptions) -> anyhow::Result<Result<EmbeddedServer, Exit>> {
    let token = match &options.listen[..] {
        [] => None,
        _ => options.token()?,
    };
    let own = OwnLimits::new(options.limits.0);
    let settings = settings(options, own.clone(), token.as_deref())?;
    let presented = token.map(|token| token.parse()).transpose()?;
    let (dial, private) = server::in_memory();
    let runtime = runtime(&mut Builder::new_current_thread())?;
    let (addresses, insecure) = (options.listen.clone(), options.insecure);
    let (shutdown, (send_bound, bound), (end, ended)) = (
        CancellationToken::new(),
        oneshot::channel(),
        oneshot::channel(),
    );
    let shutdown_requested = shutdown.clone();
    let (give, take) = mpsc::channel::<Runtime>();
    let serve = move || {
        let Ok(runtime) = take.recv() else {
            return;
        };
        runtime.block_on(async {
            let listeners = match listen(&addresses, &settings, insecure).await {
                Ok(listeners) => listeners,
                Err(exit) => {
                    let _ = send_bound.send(Err(exit));
                    return;
                }
            };
            let addresses = listeners.iter().map(|it| it.address().clone());
            let _ = send_bound.send(Ok(addresses.collect()));
            let public = listeners.into_iter().map(|it| it.connections().boxed());
            let connections = select_all(public.chain([private.boxed()]));
            let _ = server::run(connections, shutdown_requested.cancelled(), settings).await;
            let _ = end.send(());
        });
    };
    let thread = std::thread::Builder::new().name("server".into());
    let spawned = thread.spawn(serve);
    // A runtime must not be dropped here.
    match &spawned {
        Ok(_) => drop(give.send(runtime)),
        Err(_) => runtime.shutdown_background(),
    }
    spawned.context("cannot start a thread")?;
    let addresses = if options.listen.is_empty() {
        // Without addresses to listen on, there is nothing to wait for.
        Vec::new()
    } else {
        match bound.await.context("the embedded server has failed")? {
            Ok(addresses) => addresses,
            Err(exit) => return Ok(Err(exit)),
        }
    };
    let listening = (!addresses.is_empty()).then(|| Listening {
        addresses: reachable_at(&addresses, options),
        token: presented,
    });
    Ok(Ok(EmbeddedServer {
        target: Target::Embedded(dial, listening),
        addresses,
        own,
        shutdown: shutdown.drop_guard(),
        ended,
    }))
}

impl EmbeddedServer {
    /// Shuts the server down. Connected peers may finish their calls.
    pub(super) async fn end(self) {
        drop(self.shutdown);
        if !self.addresses.is_empty() {
            // An error means that the thread has already ended.
            let _ = self.ended.await;
        }
    }
}

/// Adds to each address the TLS files that other programs need to connect to the address.
fn reachable_at(addresses: &[Address], options: &LineOptions) -> Vec<ServerAddress> {
    // The certificate file itself serves as the list of trusted certificates.
    let tls = options.cert.as_ref().map(|cert| ClientTlsFiles {
        ca: Some(cert.clone()),
        ..ClientTlsFiles::default()
    });
    let tls_at = |address: &Address| match address {
        Address::Tcp { .. } => tls.clone(),
        Address::Unix(_) => None,
    };
    addresses
        .iter()
        .map(|address| ServerAddress {
            address: address.clone(),
            tls: tls_at(address),
        })
        .collect()
}

fn settings(
    options: &LineOptions,
    own: OwnLimits,
    token: Option<&str>,
) -> anyhow::Result<Settings> {
    let limits = ServerLimits {
        // Memory that an idle worksheet releases would help no other process.
        idle: None,
        unused: None,
        ..ServerLimits::DEFAULT
    };
    let mut settings = Settings {
        own: Some(own),
        limits,
        grace: GRACE,
        ..Settings::default()
    };
    if !options.listen.is_empty() {
        let tokens = token.map(|token| Tokens::new(vec![token.into()], None));
        settings.tokens = tokens.transpose()?.map(Arc::new);
        let files = options.cert.clone().zip(options.key.clone());
        let tls = files.map(|(cert, key)| {
            ServerTls::new(ServerTlsFiles {
                cert,
                key,
                client_ca: None,
            })
        });
        settings.tls = tls.transpose()?.map(Arc::new);
    }
    Ok(settings)
}

/// Binds the addresses. If that fails, prints the error and returns the exit code.
async fn listen(
    addresses: &[Address],
    settings: &Settings,
    insecure: bool,
) -> Result<Vec<Listener>, Exit> {
    let mut listeners = Vec::new();
    for address in addresses {
        match Listener::bind(address).await {
            Ok(listener) => listeners.push(listener),
            Err(error) => {
                print_error(format_args!("cannot listen on {address}: {error}"));
                return Err(Exit::NoServer);
            }
        }
    }
    let missing = settings.tokens.is_none().then_some(BY_TOKEN);
    if let Some(exposed) = exposed(&listeners, settings, missing).next()
        && !insecure
    {
        print_error(format_args!("{}", exposed.refusal()));
        return Err(Exit::Usage);
    }
    Ok(listeners)
}

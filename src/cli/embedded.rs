//! The server inside this process.

use std::{sync::Arc, time::Duration};

use anyhow::Context as _;
use futures_util::stream::{StreamExt as _, select_all};
use tokio::{runtime::Builder, sync::oneshot};
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
    server::{self, Listener, ServerLimits, ServerTls, ServerTlsFiles, Settings, Tokens},
};

/// How long others who are connected may take to finish when this process ends.
const GRACE: Duration = Duration::from_secs(2);

/// The server, which works on a thread of its own while this one reads lines and prints
/// answers.
#[derive(Debug)]
pub(super) struct Embedded {
    pub(super) target: Target,
    /// Where it listens for others.
    pub(super) addresses: Vec<Address>,
    shutdown: DropGuard,
    ended: oneshot::Receiver<()>,
}

/// Starts it. Nobody else can reach it, unless the options say where to listen: then who
/// calls has to present the token, if there is one. Where it cannot listen there, the exit
/// code is told.
pub(super) async fn start(options: &LineOptions) -> anyhow::Result<Result<Embedded, Exit>> {
    let token = match &options.listen[..] {
        [] => None,
        _ => options.token()?,
    };
    let settings = settings(options, token.as_deref())?;
    let presented = token.map(|token| token.parse()).transpose()?;
    let (dial, own) = server::in_memory();
    let runtime = runtime(&mut Builder::new_current_thread())?;
    let (wanted, insecure) = (options.listen.clone(), options.insecure);
    let (shutdown, (tell, told), (end, ended)) = (
        CancellationToken::new(),
        oneshot::channel(),
        oneshot::channel(),
    );
    let asked = shutdown.clone();
    let serve = move || {
        runtime.block_on(async {
            let listeners = match listen(&wanted, &settings, insecure).await {
                Ok(listeners) => listeners,
                Err(exit) => {
                    let _ = tell.send(Err(exit));
                    return;
                }
            };
            let addresses = listeners.iter().map(|it| it.address().clone());
            let _ = tell.send(Ok(addresses.collect()));
            let others = listeners.into_iter().map(|it| it.connections().boxed());
            let connections = select_all(others.chain([own.boxed()]));
            let _ = server::run(connections, asked.cancelled(), settings).await;
            let _ = end.send(());
        });
    };
    let thread = std::thread::Builder::new().name("server".into());
    thread.spawn(serve).context("cannot start a thread")?;
    let addresses = if options.listen.is_empty() {
        // It has nothing to tell, and is not waited for.
        Vec::new()
    } else {
        match told.await.context("the embedded server has failed")? {
            Ok(addresses) => addresses,
            Err(exit) => return Ok(Err(exit)),
        }
    };
    let listening = (!addresses.is_empty()).then(|| Listening {
        addresses: reachable_at(&addresses, options),
        token: presented,
    });
    Ok(Ok(Embedded {
        target: Target::Embedded(dial, listening),
        addresses,
        shutdown: shutdown.drop_guard(),
        ended,
    }))
}

impl Embedded {
    /// Ends it. Others who are connected may finish their calls.
    pub(super) async fn end(self) {
        drop(self.shutdown);
        if !self.addresses.is_empty() {
            // Where it has failed it has ended, too.
            let _ = self.ended.await;
        }
    }
}

/// Returns `addresses` as other programs connect to them.
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

fn settings(options: &LineOptions, token: Option<&str>) -> anyhow::Result<Settings> {
    let mut settings = Settings {
        limits: ServerLimits {
            // Nobody else could use what its worksheet holds.
            idle: None,
            unused: None,
            ..ServerLimits::DEFAULT
        },
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

/// Listens at the addresses, or tells the user why not.
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
    let unknown = settings.tokens.is_none().then_some(BY_TOKEN);
    if let Some(exposed) = exposed(&listeners, settings, unknown).next()
        && !insecure
    {
        print_error(format_args!("{}", exposed.refusal()));
        return Err(Exit::Usage);
    }
    Ok(listeners)
}

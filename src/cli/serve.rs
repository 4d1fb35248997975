//! `grpcalc serve`.

use std::{
    io::{self, Write as _},
    sync::Arc,
};

use anyhow::Context as _;
use futures_util::stream::select_all;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use super::{
    Exit,
    exposure::{BY_TOKEN_OR_CERTIFICATE, Exposed, exposed},
    log,
    options::{ServeOptions, token_of_environment},
    print_error,
};
use crate::{
    net::address::Address,
    server::{self, DrainOutcome, Listener, ServerTls, ServerTlsFiles, Settings, Tokens},
};

/// File descriptors beside those of connections.
const OTHER_FILES: u64 = 128;

/// Serves on every address until a signal comes, and then drains.
pub(super) async fn serve(options: &ServeOptions) -> anyhow::Result<Exit> {
    // Watched before anybody is told the address: a signal that comes at once counts.
    let watch = |kind, name| signal(kind).with_context(|| format!("cannot watch for {name}"));
    let mut interrupt = watch(SignalKind::interrupt(), "SIGINT")?;
    let mut terminate = watch(SignalKind::terminate(), "SIGTERM")?;
    let hangup = watch(SignalKind::hangup(), "SIGHUP")?;
    let _log = log::start(options.log, options.log_level);

    let settings = settings(options)?;
    let mut listeners = Vec::new();
    for address in &options.listen {
        match Listener::bind(address).await {
            Ok(listener) => listeners.push(listener),
            Err(error) => return Ok(cannot_listen(address, &error)),
        }
    }
    let exporter = match &options.metrics {
        None => None,
        Some(address @ Address::Unix(_)) => {
            let message = "metrics are offered on HOST:PORT";
            let error = io::Error::new(io::ErrorKind::InvalidInput, message);
            return Ok(cannot_listen(address, &error));
        }
        Some(address) => match Listener::bind(address).await {
            Ok(listener) => Some(listener),
            Err(error) => return Ok(cannot_listen(address, &error)),
        },
    };
    // A certificate tells who calls as well as a token does.
    let known = settings.tokens.is_some() || options.client_ca.is_some();
    let unknown = (!known).then_some(BY_TOKEN_OR_CERTIFICATE);
    for exposed in exposed(&listeners, &settings, unknown) {
        if !options.insecure {
            print_error(format_args!("{}", exposed.refusal()));
            return Ok(Exit::Usage);
        }
        let Exposed { address, lack } = exposed;
        tracing::warn!(%address, "open to the network without {lack}");
    }
    raise_file_limit(settings.limits.connections);
    for address in listeners.iter().map(Listener::address) {
        tracing::info!(%address, "listening");
        tell(address);
    }
    if let Some(exporter) = exporter {
        let address = exporter.address();
        tracing::info!(%address, "offering metrics");
        if exporter.is_open_to_the_network() {
            tracing::warn!(%address, "metrics are open to the network without encryption and a token");
        }
        tell(address);
        tokio::spawn(server::export(
            exporter.connections(),
            Arc::clone(&settings.metrics),
        ));
    }
    tokio::spawn(reload(
        hangup,
        settings.tls.clone(),
        settings.tokens.clone(),
    ));

    let connections = listeners
        .into_iter()
        .map(|listener| Box::pin(listener.connections()));
    let shutdown = CancellationToken::new();
    let mut asked = async || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    let asked_twice = async {
        asked().await;
        tracing::info!(grace = ?options.grace, "draining");
        shutdown.cancel();
        asked().await;
    };
    tokio::select! {
        end = server::run(select_all(connections), shutdown.cancelled(), settings) => {
            if end == DrainOutcome::GraceExceeded {
                print_error(format_args!(
                    "closed connections that were open after {:?}",
                    options.grace
                ));
            }
            tracing::info!("ended");
            Ok(Exit::Success)
        }
        () = asked_twice => Ok(Exit::Interrupted),
    }
}

/// Prints an address for whoever started the server.
fn tell(address: &Address) {
    if let Err(error) = writeln!(io::stdout(), "{address}") {
        print_error(format_args!("cannot print the address {address}: {error}"));
    }
}

fn cannot_listen(address: &Address, error: &io::Error) -> Exit {
    print_error(format_args!("cannot listen on {address}: {error}"));
    Exit::NoServer
}

fn settings(options: &ServeOptions) -> anyhow::Result<Settings> {
    let given = match (&options.token[..], &options.token_file) {
        ([], None) => token_of_environment()?.into_iter().collect(),
        (given, _) => given.to_vec(),
    };
    let tokens = (!given.is_empty() || options.token_file.is_some())
        .then(|| Tokens::new(given, options.token_file.clone()));
    let files = options.cert.clone().zip(options.key.clone());
    let tls = files.map(|(cert, key)| {
        ServerTls::new(ServerTlsFiles {
            cert,
            key,
            client_ca: options.client_ca.clone(),
        })
    });
    Ok(Settings {
        grace: options.grace,
        tokens: tokens.transpose()?.map(Arc::new),
        tls: tls.transpose()?.map(Arc::new),
        ..Settings::with_limits(options.limits.engine, options.limits.server)
    })
}

/// Reads certificates and tokens again whenever somebody asks for it.
async fn reload(mut hangup: Signal, tls: Option<Arc<ServerTls>>, tokens: Option<Arc<Tokens>>) {
    while hangup.recv().await.is_some() {
        let read = |what: &str, outcome: Result<(), String>| match outcome {
            Ok(()) => tracing::info!("{what} read again"),
            Err(error) => tracing::error!(error, "{what} left as they were"),
        };
        if let Some(tls) = &tls {
            read(
                "certificates",
                tls.reload().map_err(|error| error.to_string()),
            );
        }
        if let Some(tokens) = &tokens {
            read("tokens", tokens.reload().map_err(|error| error.to_string()));
        }
    }
}

/// Sees to it that so many connections can be open, as far as the system lets us.
fn raise_file_limit(connections: usize) {
    let wanted = (connections as u64).saturating_add(OTHER_FILES);
    match rlimit::Resource::NOFILE.get() {
        Ok((soft, _)) if soft >= wanted => {}
        _ => match rlimit::increase_nofile_limit(wanted) {
            Ok(files) if files >= wanted => {}
            outcome => tracing::warn!(
                wanted,
                files = outcome.unwrap_or_default(),
                "the system allows too few open files for so many connections"
            ),
        },
    }
}

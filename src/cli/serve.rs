//! The command `grpcalc serve`.

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
    options::{CompressionMode, ServeOptions, token_of_environment},
    print_error,
};
use crate::{
    net::address::Address,
    server::{
        self, Compression, DrainOutcome, Listener, ServerTls, ServerTlsFiles, Settings, Tokens,
    },
};

/// The number of file descriptors that the process needs in addition to one for each connection.
const OTHER_FILES: u64 = 128;

/// Serves on every address until SIGINT or SIGTERM, and then drains the connections.
pub(super) async fn serve(options: &ServeOptions) -> anyhow::Result<Exit> {
    // Watched before the address is printed, since a signal may follow immediately.
    let watch = |kind, name| signal(kind).with_context(|| format!("cannot watch for {name}"));
    let mut interrupt = watch(SignalKind::interrupt(), "SIGINT")?;
    let mut terminate = watch(SignalKind::terminate(), "SIGTERM")?;
    let hangup = watch(SignalKind::hangup(), "SIGHUP")?;
    let _log = log::start(options.log, options.log_level);

    let settings = settings(options)?;
    let (listeners, exporter) = match bind(options).await {
        Ok(bound) => bound,
        Err(exit) => return Ok(exit),
    };
    if !is_protected(&listeners, &settings, options) {
        return Ok(Exit::Usage);
    }
    raise_file_limit(settings.limits.connections);
    for address in listeners.iter().map(Listener::address) {
        tracing::info!(%address, "listening");
        print_address(address)?;
    }
    if let Some(exporter) = exporter {
        start_exporter(exporter, &settings)?;
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
    let mut signalled = async || {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    let signalled_twice = async {
        signalled().await;
        tracing::info!(grace = ?options.grace, "draining");
        shutdown.cancel();
        signalled().await;
    };
    tokio::select! {
        end = server::run(select_all(connections), shutdown.cancelled(), settings) => {
            if end == DrainOutcome::GraceExceeded {
                print_error(format_args!(
                    "closed the connections that were still open after {:?} (--grace)",
                    options.grace
                ));
            }
            tracing::info!("ended");
            Ok(Exit::Success)
        }
        () = signalled_twice => Ok(Exit::Interrupted),
    }
}

/// Binds the listeners for calls and for metrics.
///
/// If that fails, prints the error and returns the exit code.
async fn bind(options: &ServeOptions) -> Result<(Vec<Listener>, Option<Listener>), Exit> {
    let mut listeners = Vec::new();
    for address in &options.listen {
        let listener = Listener::bind(address).await;
        listeners.push(listener.map_err(|error| cannot_listen(address, &error))?);
    }
    let exporter = match &options.metrics {
        None => None,
        Some(address @ Address::Unix(_)) => {
            let message = "metrics need a TCP address; write HOST:PORT";
            let error = io::Error::new(io::ErrorKind::InvalidInput, message);
            return Err(cannot_listen(address, &error));
        }
        Some(address) => {
            let listener = Listener::bind(address).await;
            Some(listener.map_err(|error| cannot_listen(address, &error))?)
        }
    };
    Ok((listeners, exporter))
}

/// Whether the server may use the listeners. Each listener that is open to the network must be
/// protected, unless `--insecure` is given.
///
/// For a listener that is not protected, prints an error; with `--insecure`, logs a warning
/// instead.
fn is_protected(listeners: &[Listener], settings: &Settings, options: &ServeOptions) -> bool {
    let authenticated = settings.tokens.is_some() || options.client_ca.is_some();
    let missing = (!authenticated).then_some(BY_TOKEN_OR_CERTIFICATE);
    for exposed in exposed(listeners, settings, missing) {
        if !options.insecure {
            print_error(format_args!("{}", exposed.refusal()));
            return false;
        }
        let Exposed { address, lack } = exposed;
        tracing::warn!(%address, "open to the network without {lack}");
    }
    true
}

/// Starts to serve the metrics, and prints their address.
fn start_exporter(exporter: Listener, settings: &Settings) -> anyhow::Result<()> {
    let address = exporter.address();
    tracing::info!(%address, "serving metrics");
    if exporter.is_open_to_the_network() {
        tracing::warn!(%address, "metrics are open to the network without encryption or a token");
    }
    print_address(address)?;
    let metrics = Arc::clone(&settings.metrics);
    tokio::spawn(server::export(exporter.connections(), metrics));
    Ok(())
}

/// Prints an address on standard output.
fn print_address(address: &Address) -> anyhow::Result<()> {
    let mut output = io::stdout();
    writeln!(output, "{address}")
        .and_then(|()| output.flush())
        .with_context(|| format!("cannot print the address {address}"))
}

fn cannot_listen(address: &Address, error: &io::Error) -> Exit {
    print_error(format_args!("cannot listen on {address}: {error}"));
    Exit::NoServer
}

fn settings(options: &ServeOptions) -> anyhow::Result<Settings> {
    let fixed = match (&options.token[..], &options.token_file) {
        ([], None) => token_of_environment()?.into_iter().collect(),
        (tokens, _) => tokens.to_vec(),
    };
    let tokens = (!fixed.is_empty() || options.token_file.is_some())
        .then(|| Tokens::new(fixed, options.token_file.clone()));
    let files = options.cert.clone().zip(options.key.clone());
    let tls = files.map(|(cert, key)| {
        ServerTls::new(ServerTlsFiles {
            cert,
            key,
            client_ca: options.client_ca.clone(),
        })
    });
    Ok(Settings {
        engine: options.limits.engine,
        limits: options.limits.server,
        grace: options.grace,
        compression: match options.compression {
            CompressionMode::Asked => Compression::Asked,
            CompressionMode::Gzip => Compression::Gzip,
            CompressionMode::None => Compression::Never,
        },
        tokens: tokens.transpose()?.map(Arc::new),
        tls: tls.transpose()?.map(Arc::new),
        ..Settings::default()
    })
}

/// Reads the certificates and the tokens again at each SIGHUP.
async fn reload(mut hangup: Signal, tls: Option<Arc<ServerTls>>, tokens: Option<Arc<Tokens>>) {
    while hangup.recv().await.is_some() {
        let log = |what: &str, result: Result<(), String>| match result {
            Ok(()) => tracing::info!("{what} read again"),
            Err(error) => tracing::error!(
                error,
                "cannot read the {what} again; the old {what} stay in use"
            ),
        };
        if let Some(tls) = &tls {
            log(
                "certificates",
                tls.reload().map_err(|error| error.to_string()),
            );
        }
        if let Some(tokens) = &tokens {
            log("tokens", tokens.reload().map_err(|error| error.to_string()));
        }
    }
}

/// Raises the soft limit of open files if it is too low for this number of connections.
fn raise_file_limit(connections: usize) {
    let needed = (connections as u64).saturating_add(OTHER_FILES);
    match rlimit::Resource::NOFILE.get() {
        Ok((soft, _)) if soft >= needed => {}
        _ => match rlimit::increase_nofile_limit(needed) {
            Ok(files) if files >= needed => {}
            outcome => tracing::warn!(
                needed,
                files = outcome.unwrap_or_default(),
                "the system allows too few open files for the maximum number of connections"
            ),
        },
    }
}

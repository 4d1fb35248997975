//! `grpcalc serve`.

use std::io::{self, Write as _};

use anyhow::Context as _;
use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{Exit, complain, options::ServeOptions};
use crate::server::{self, Listener};

/// Serves on every address until a signal comes, and then drains.
pub(super) async fn serve(options: &ServeOptions) -> anyhow::Result<Exit> {
    // Watched before anybody is told the address: a signal that comes at once counts.
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot watch for SIGINT")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot watch for SIGTERM")?;

    let mut listeners = Vec::new();
    for address in &options.listen {
        match Listener::bind(address).await {
            Ok(listener) => listeners.push(listener),
            Err(error) => {
                complain(format_args!("cannot listen on {address}: {error}"));
                return Ok(Exit::NoServer);
            }
        }
    }
    for listener in &listeners {
        let address = listener.address();
        if listener.is_open_to_the_network() {
            complain(format_args!(
                "{address} is open to the network, without encryption"
            ));
        }
        if let Err(error) = writeln!(io::stdout(), "{address}") {
            complain(format_args!("cannot print the address {address}: {error}"));
        }
    }

    let settings = server::Settings {
        grace: options.grace,
        idle: Some(options.idle),
    };
    let shutdown = CancellationToken::new();
    let mut servers = JoinSet::new();
    for listener in listeners {
        let (shutdown, settings) = (shutdown.clone(), settings.clone());
        servers.spawn(async move { listener.serve(shutdown.cancelled(), &settings).await });
    }
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
        // None ends by itself but for a failure.
        Some(end) = servers.join_next() => {
            let _ = end.context("a server task failed")?.context("cannot go on serving")?;
        }
    }
    shutdown.cancel();
    let drained = async {
        while let Some(end) = servers.join_next().await {
            match end
                .context("a server task failed")?
                .context("cannot serve")?
            {
                server::End::Drained => {}
                server::End::GraceExceeded => {
                    complain(format_args!(
                        "closed connections that were open after {:?}",
                        options.grace
                    ));
                }
            }
        }
        Ok(Exit::Success)
    };
    tokio::select! {
        exit = drained => exit,
        // Asked twice: now.
        _ = interrupt.recv() => Ok(Exit::Interrupted),
        _ = terminate.recv() => Ok(Exit::Interrupted),
    }
}

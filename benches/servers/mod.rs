//! Servers for benches.

use std::{sync::mpsc, thread, time::Duration};

use grpcalc::{
    client::{Client, Target},
    server::{self, Listener, Settings},
};
use tokio::runtime::{Builder, Runtime};

const PATIENCE: Duration = Duration::from_secs(60);

/// A server on a thread of its own, as the program embeds it, and a client.
pub(crate) fn embedded(runtime: &Runtime) -> Client {
    let (dial, connections) = server::in_memory();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let settings = Settings::default();
        runtime.block_on(server::run(connections, std::future::pending(), settings))
    });
    let _guard = runtime.enter();
    Client::lazy(Target::Embedded(dial, None), PATIENCE)
}

/// A server on a loopback port, and a client.
#[allow(dead_code, reason = "not every bench needs it")]
pub(crate) fn over_loopback(runtime: &Runtime) -> Client {
    let (bound, address) = mpsc::channel();
    thread::spawn(move || {
        let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = Listener::bind(&"127.0.0.1:0".parse().unwrap())
                .await
                .unwrap();
            bound.send(listener.address().to_string()).unwrap();
            let connections = listener.connections();
            server::run(connections, std::future::pending(), Settings::default()).await
        })
    });
    let _guard = runtime.enter();
    Client::lazy(
        Target::open(vec![address.recv().unwrap().parse().unwrap()]),
        PATIENCE,
    )
}

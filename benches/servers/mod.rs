//! Servers for benchmarks.

use std::{sync::mpsc, thread, time::Duration};

use grpcalc::{
    client::{Client, Target},
    server::{self, Listener, Settings},
};
use tokio::runtime::{Builder, Runtime};

/// The deadline of each call.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Starts an embedded server on a separate thread, as the program does, and returns a client.
pub(crate) fn embedded(runtime: &Runtime) -> Client {
    let (dial, connections) = server::in_memory();
    thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let settings = Settings::default();
        runtime.block_on(server::run(connections, std::future::pending(), settings))
    });
    let _guard = runtime.enter();
    Client::lazy(Target::Embedded(dial, None), TIMEOUT)
}

/// Starts a server on a loopback port and returns a client.
#[allow(dead_code, reason = "not used by all benchmarks")]
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
        TIMEOUT,
    )
}

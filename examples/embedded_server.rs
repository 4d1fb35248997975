//! Runs the server inside this process, calls it over an in-memory pipe, and stops it.
//!
//!     cargo run --example embedded_server

use std::time::Duration;

use grpcalc::{
    client::{Client, Evaluate, EvaluateOptions, Request, Target},
    server::{self, DrainOutcome, Settings},
};
use tokio::sync::oneshot;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // `dial` opens connections, and `connections` yields the server's end of each. A
    // `server::Listener` yields the connections of a socket in the same way.
    let (dial, connections) = server::in_memory();
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async { stopped.await.unwrap_or(()) };
    let server = tokio::spawn(server::run(connections, shutdown, Settings::default()));

    let client = Client::lazy(Target::Embedded(dial, None), Duration::from_secs(10));
    let line = Evaluate {
        expression: "1/3 + 1/4 to fraction".to_owned(),
        options: EvaluateOptions::default(),
    };
    println!("{}", client.call(Request::Evaluate(line)).await?);

    drop(client);
    let _ = stop.send(());
    // Waits until every connection is closed, or the grace in `Settings` is over.
    assert_eq!(server.await?, DrainOutcome::Drained);
    Ok(())
}

//! Calls `calc.Calculator/Add` of the server at the given address, or of an embedded server.
//!
//!     cargo run --example typed_call
//!     cargo run --example typed_call -- 127.0.0.1:50050

use std::{future, time::Duration};

use grpcalc::{
    client::{Call, Client, Method, Target},
    server::{self, Settings},
};

/// The deadline of the call. It includes connecting.
const TIMEOUT: Duration = Duration::from_secs(10);

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let target = if let Some(address) = std::env::args().nth(1) {
        // HOST:PORT, `https://HOST:PORT` or `unix:PATH`.
        Target::open(vec![address.parse()?])
    } else {
        let (dial, connections) = server::in_memory();
        tokio::spawn(server::run(
            connections,
            future::pending(),
            Settings::default(),
        ));
        Target::Embedded(dial, None)
    };
    let client = Client::lazy(target, TIMEOUT);
    let call = Call {
        method: Method::Add,
        n1: 20,
        n2: 10,
    };
    println!("{}", client.call(call).await?);
    Ok(())
}

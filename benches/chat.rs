//! The delay until notes reach many subscribers. `cargo bench --bench chat`.
//!
//! 2,000 subscribers on 100 connections receive 100 notes twice: first at 50 notes a second, then
//! without pauses. The server is `grpcalc serve`, a separate process on the same machine.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::Arc,
    time::Duration,
};

use grpcalc::proto::grpc::{Empty, Note, chat_server_client::ChatServerClient};
use tokio::{
    runtime::Builder,
    sync::{Barrier, mpsc},
    time::{Instant, sleep_until},
};
use tonic::{
    Streaming,
    transport::{Channel, Endpoint},
};

const CONNECTIONS: usize = 100;
const SUBSCRIBERS_PER_CONNECTION: usize = 20;
const NOTES: u32 = 100;

fn main() {
    // `cargo test --benches` only checks that the benchmark starts.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    for (pace, pause) in [
        ("50 notes a second", Duration::from_millis(20)),
        ("all notes without pauses", Duration::ZERO),
    ] {
        let server = Server::start();
        let mut delays = runtime.block_on(measure(&server.address, pause));
        delays.sort();
        let percentile = |percent: usize| delays[(delays.len() - 1) * percent / 100];
        println!(
            "{pace}: {} notes received; delay: median {:.1?}, 99 % {:.1?}, maximum {:.1?}; \
             server: peak {} MiB, CPU {:.2} s",
            delays.len(),
            percentile(50),
            percentile(99),
            percentile(100),
            server.peak_memory() / 1024,
            server.cpu_seconds(),
        );
    }
}

/// Returns the delay of each note at each subscriber.
async fn measure(address: &str, pause: Duration) -> Vec<Duration> {
    let subscribed = Arc::new(Barrier::new(CONNECTIONS * SUBSCRIBERS_PER_CONNECTION + 1));
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let begin = Instant::now();
    for _ in 0..CONNECTIONS {
        let stub = connect(address).await;
        for _ in 0..SUBSCRIBERS_PER_CONNECTION {
            let (mut stub, subscribed, sender) =
                (stub.clone(), Arc::clone(&subscribed), sender.clone());
            tokio::spawn(async move {
                let notes = stub.chat_stream(Empty {}).await.unwrap().into_inner();
                subscribed.wait().await;
                sender.send(receive(notes, begin).await).unwrap();
            });
        }
    }
    drop(sender);
    subscribed.wait().await;
    let (mut stub, start) = (connect(address).await, Instant::now());
    for number in 0..NOTES {
        sleep_until(start + number * pause).await;
        let note = Note {
            name: "speaker".into(),
            message: begin.elapsed().as_nanos().to_string(),
        };
        stub.send_note(note).await.unwrap();
    }
    let mut delays = Vec::new();
    while let Some(received) = receiver.recv().await {
        delays.extend(received);
    }
    delays
}

/// Receives all notes and returns their delays.
///
/// The text of a note is the time from `begin` until the note was sent, in nanoseconds.
async fn receive(mut notes: Streaming<Note>, begin: Instant) -> Vec<Duration> {
    let (mut delays, mut last) = (Vec::new(), 0);
    for _ in 0..NOTES {
        let note = notes.message().await.unwrap().unwrap();
        let sent: u64 = note.message.parse().unwrap();
        assert!(sent > last, "notes arrive in their order");
        last = sent;
        delays.push(begin.elapsed().saturating_sub(Duration::from_nanos(sent)));
    }
    delays
}

async fn connect(address: &str) -> ChatServerClient<Channel> {
    let endpoint = Endpoint::try_from(format!("http://{address}")).unwrap();
    ChatServerClient::new(endpoint.connect().await.unwrap())
}

/// A server process. Dropping it kills the process.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_grpcalc"))
            .args(["serve", "--listen", "127.0.0.1:0", "--log-level", "error"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        stdout.read_line(&mut address).unwrap();
        let address = address.trim().to_owned();
        Self { child, address }
    }

    /// Returns the peak resident memory of the process, in KiB.
    fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap()
    }

    /// Returns the CPU time of the process, in seconds. The kernel counts it in ticks of 10 ms.
    fn cpu_seconds(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.child.id())).unwrap();
        let (_, fields) = stat.rsplit_once(')').unwrap();
        let times = fields.split_whitespace().skip(11).take(2);
        times
            .map(|ticks| ticks.parse::<f64>().unwrap())
            .sum::<f64>()
            / 100.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

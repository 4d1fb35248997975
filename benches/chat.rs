//! How late notes come where many listen. `cargo bench --bench chat`.
//!
//! 2,000 members on 100 connections hear 100 notes, said 50 a second and then all at once,
//! by `grpcalc serve` in a process of its own, which shares the machine with all of them.

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
const MEMBERS: usize = 20;
const NOTES: u32 = 100;

fn main() {
    // `cargo test --benches` only wants to know that it runs.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = Builder::new_multi_thread().enable_all().build().unwrap();
    for (how, pause) in [
        ("50 notes a second", Duration::from_millis(20)),
        ("all notes at once", Duration::ZERO),
    ] {
        let server = Server::start();
        let mut late = runtime.block_on(measure(&server.address, pause));
        late.sort();
        let share = |percent: usize| late[(late.len() - 1) * percent / 100];
        println!(
            "{how}: {} notes came; late: median {:.1?}, 99 % {:.1?}, at most {:.1?}; \
             server: peak {} MiB, CPU {:.2} s",
            late.len(),
            share(50),
            share(99),
            share(100),
            server.peak() / 1024,
            server.cpu(),
        );
    }
}

/// How late each note came to each member.
async fn measure(address: &str, pause: Duration) -> Vec<Duration> {
    let listening = Arc::new(Barrier::new(CONNECTIONS * MEMBERS + 1));
    let (tell, mut told) = mpsc::unbounded_channel();
    let begin = Instant::now();
    for _ in 0..CONNECTIONS {
        let stub = connect(address).await;
        for _ in 0..MEMBERS {
            let (mut stub, listening, tell) = (stub.clone(), Arc::clone(&listening), tell.clone());
            tokio::spawn(async move {
                let notes = stub.chat_stream(Empty {}).await.unwrap().into_inner();
                listening.wait().await;
                tell.send(hear(notes, begin).await).unwrap();
            });
        }
    }
    drop(tell);
    listening.wait().await;
    let (mut speaker, start) = (connect(address).await, Instant::now());
    for number in 0..NOTES {
        sleep_until(start + number * pause).await;
        let note = Note {
            name: "speaker".into(),
            message: begin.elapsed().as_nanos().to_string(),
        };
        speaker.send_note(note).await.unwrap();
    }
    let mut late = Vec::new();
    while let Some(heard) = told.recv().await {
        late.extend(heard);
    }
    late
}

async fn hear(mut notes: Streaming<Note>, begin: Instant) -> Vec<Duration> {
    let (mut late, mut last) = (Vec::new(), 0);
    for _ in 0..NOTES {
        let note = notes.message().await.unwrap().unwrap();
        let said: u64 = note.message.parse().unwrap();
        assert!(said > last, "in their order");
        last = said;
        late.push(begin.elapsed().saturating_sub(Duration::from_nanos(said)));
    }
    late
}

async fn connect(address: &str) -> ChatServerClient<Channel> {
    let endpoint = Endpoint::try_from(format!("http://{address}")).unwrap();
    ChatServerClient::new(endpoint.connect().await.unwrap())
}

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

    /// The most memory that it has had, in KiB.
    fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.unwrap()
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .unwrap()
    }

    /// Seconds, of which the system counts a hundred parts.
    fn cpu(&self) -> f64 {
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

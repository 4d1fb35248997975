//! Starts the program and servers for tests. A server listens on loopback, on a port that the
//! system chooses, and ends with its test.

use std::{
    convert::Infallible,
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    process::{Child, ChildStdout, Command, ExitStatus, Output, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use grpcalc::proto::calc::{
    AddReply, AddRequest, DivideReply, DivideRequest, MultiplyReply, MultiplyRequest,
    SubstractReply, SubstractRequest,
    calculator_server::{Calculator, CalculatorServer},
};
use nix::{
    sys::{
        signal::{Signal, kill},
        wait::{WaitPidFlag, WaitStatus, waitpid},
    },
    unistd::Pid,
};
use rexpect::session::{PtySession, spawn_command};
use tonic::{Request, Response, Status, body::Body, transport::server::TcpIncoming};
use tower::Service;

/// The maximum time that a test waits for an event that normally takes milliseconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Returns a command for the built program. Environment variables with settings are removed.
pub(crate) fn grpcalc() -> Command {
    without_settings(Command::new(env!("CARGO_BIN_EXE_grpcalc")))
}

/// Returns a command for the built program with shell redirections, such as `> file`.
pub(crate) fn redirected(redirection: &str) -> Command {
    let mut shell = Command::new("sh");
    let script = format!("{} {redirection}", env!("CARGO_BIN_EXE_grpcalc"));
    shell.args(["-c", &script]);
    without_settings(shell)
}

fn without_settings(mut command: Command) -> Command {
    command
        .env_remove("GRPCALC_ADDR")
        .env_remove("GRPCALC_TOKEN")
        .env("GRPCALC_CONFIG", "")
        .env("GRPCALC_HISTORY", "")
        .env_remove("NO_COLOR");
    command
}

/// Starts the program with pipes as its standard streams.
pub(crate) fn piped(arguments: &[&str]) -> Child {
    grpcalc()
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Returns an address without a listener.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().to_string()
}

/// Starts `command` in a pseudo-terminal.
pub(crate) fn at_terminal(mut command: Command) -> PtySession {
    command.env("TERM", "xterm").env("NO_COLOR", "1");
    let patience = u64::try_from(PATIENCE.as_millis()).unwrap();
    spawn_command(command, Some(patience)).unwrap()
}

/// Encodes a text like the output of rexpect, which treats every byte as a character.
pub(crate) fn on_screen(text: &str) -> String {
    text.bytes().map(char::from).collect()
}

/// The output and the exit code of the program.
#[derive(Debug, PartialEq)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: i32,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code().expect("not killed by a signal"),
        }
    }
}

/// Runs the program with `arguments` and `input`.
pub(crate) fn run(arguments: &[&str], input: impl AsRef<[u8]>) -> Ran {
    let output = assert_cmd::Command::from_std(grpcalc())
        .args(arguments)
        .write_stdin(input.as_ref())
        .timeout(3 * PATIENCE)
        .output();
    output.unwrap().into()
}

/// Returns an expected result of [`run`].
pub(crate) fn ran(stdout: &str, stderr: &str, code: i32) -> Ran {
    Ran {
        stdout: stdout.into(),
        stderr: stderr.into(),
        code,
    }
}

/// A running `grpcalc serve`.
#[derive(Debug)]
pub(crate) struct Serve {
    child: Child,
    stdout: BufReader<ChildStdout>,
}

impl Serve {
    /// Starts a server with options. Unless they set a log level, the server logs only errors.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let quiet: &[_] = if arguments.contains(&"--log-level") {
            &[]
        } else {
            &["--log-level", "error"]
        };
        let mut child = grpcalc()
            .arg("serve")
            .args(quiet)
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout }
    }

    /// Starts a server on a free port. Returns the server and its address.
    pub(crate) fn on_any_port() -> (Self, String) {
        let mut server = Self::start(&["--listen", "127.0.0.1:0"]);
        let address = server.address();
        (server, address)
    }

    /// Starts a server at `address`.
    pub(crate) fn at(address: &str) -> Self {
        let mut server = Self::start(&["--listen", address]);
        assert_eq!(server.address(), address);
        server
    }

    /// Kills the process.
    pub(crate) fn kill(self) {
        drop(self);
    }

    /// Reads the next address from the output of the process.
    pub(crate) fn address(&mut self) -> String {
        let mut line = String::new();
        self.stdout.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = i32::try_from(self.child.id()).unwrap();
        kill(Pid::from_raw(pid), signal).unwrap();
        if signal == Signal::SIGSTOP {
            // Threads stop one after the other, so wait for all of them.
            let stopped = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WUNTRACED));
            assert!(
                matches!(stopped, Ok(WaitStatus::Stopped(..))),
                "{stopped:?}"
            );
        }
    }

    /// Returns the peak memory of the process in KiB; 0 if the system does not report it.
    pub(crate) fn peak(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak.map_or(0, |peak| {
            let digits = peak.trim().trim_end_matches(" kB");
            digits.parse().unwrap()
        })
    }

    /// Waits for the end of the process. Fails the test after [`PATIENCE`].
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let (over, waiting) = mpsc::channel::<()>();
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap());
        let watchdog = thread::spawn(move || {
            if waiting.recv_timeout(PATIENCE).is_err() {
                let _ = kill(pid, Signal::SIGKILL);
            }
        });
        let mut stderr = String::new();
        let mut pipe = self.child.stderr.take().unwrap();
        std::io::Read::read_to_string(&mut pipe, &mut stderr).unwrap();
        let status = self.child.wait().unwrap();
        let _ = over.send(());
        watchdog.join().unwrap();
        (status, stderr)
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A server whose calls never end.
pub(crate) struct Stuck {
    pub(crate) address: String,
    /// Receives an event for each call that arrives, and for each call that is dropped.
    pub(crate) events: mpsc::Receiver<Event>,
}

#[derive(Debug, PartialEq)]
pub(crate) enum Event {
    Arrived,
    Dropped,
}

impl Stuck {
    pub(crate) fn start() -> Self {
        let (sender, events) = mpsc::channel();
        let address = only(Stand(sender));
        Self { address, events }
    }

    pub(crate) fn next(&self) -> Event {
        self.events.recv_timeout(PATIENCE).unwrap()
    }
}

/// Starts a server that has only typed calls. Returns the server's address.
pub(crate) fn typed_only() -> String {
    only(grpcalc::server::CalculatorService)
}

/// Starts a server that has only `calculator`. Returns the server's address.
fn only(calculator: impl Calculator) -> String {
    alone(CalculatorServer::new(calculator))
}

/// Starts a server that has only `service`. Returns the server's address.
pub(crate) fn alone<S>(service: S) -> String
where
    S: Service<
            http::Request<Body>,
            Response = http::Response<Body>,
            Error = Infallible,
            Future: Send,
        > + Clone
        + Send
        + 'static,
{
    let (bound, address) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
            bound.send(incoming.local_addr().unwrap()).unwrap();
            tonic::transport::Server::builder()
                .serve_with_incoming(service, incoming)
                .await
        })
    });
    address.recv_timeout(PATIENCE).unwrap().to_string()
}

struct Stand(mpsc::Sender<Event>);

impl Stand {
    async fn still<T>(&self) -> Result<Response<T>, Status> {
        struct Guard<'a>(&'a mpsc::Sender<Event>);
        impl Drop for Guard<'_> {
            fn drop(&mut self) {
                let _ = self.0.send(Event::Dropped);
            }
        }
        let _ = self.0.send(Event::Arrived);
        let _guard = Guard(&self.0);
        std::future::pending().await
    }
}

#[tonic::async_trait]
impl Calculator for Stand {
    async fn add(&self, _: Request<AddRequest>) -> Result<Response<AddReply>, Status> {
        self.still().await
    }

    async fn substract(
        &self,
        _: Request<SubstractRequest>,
    ) -> Result<Response<SubstractReply>, Status> {
        Err(Status::unauthenticated("who are you?\u{1b}[2J"))
    }

    async fn multiply(
        &self,
        _: Request<MultiplyRequest>,
    ) -> Result<Response<MultiplyReply>, Status> {
        Err(Status::internal("no multiplication table"))
    }

    async fn divide(&self, _: Request<DivideRequest>) -> Result<Response<DivideReply>, Status> {
        Ok(Response::new(DivideReply { f1: 0.5 }))
    }
}

//! Options to what to do: wires the rooms and knows the exit codes.

use std::{
    io::{self, IsTerminal as _, Write as _},
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context as _;
use clap::{Args, CommandFactory as _, Parser, Subcommand, error::ErrorKind};
use tokio::{
    io::AsyncRead,
    runtime,
    signal::unix::{SignalKind, signal},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    address::Address,
    client::{Client, Target},
    repl::script::{self, Rules},
    server::{self, Listener},
    terminal::{self, Editor, prompt},
};

/// How the process ends; `docs/exit-codes.md` tells users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Every line was answered.
    Success = 0,
    /// Some line had a fault.
    Fault = 1,
    /// The options make no sense, or a file cannot be read or written.
    Usage = 2,
    /// A server was not reached, was lost or refused us; or cannot listen.
    NoServer = 3,
    /// Ctrl-C ended a script: 128 and the number of SIGINT, as shells do.
    Interrupted = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        (exit as u8).into()
    }
}

/// A calculator whose every answer is a gRPC call.
///
/// Alone it starts a server inside this process and asks for lines; with --addr it
/// asks another server. Lines come from the terminal, from a pipe, from a file or
/// from the arguments.
#[derive(Debug, Parser)]
#[command(
    version,
    disable_help_subcommand = true,
    args_conflicts_with_subcommands = true
)]
#[command(after_help = EXAMPLES)]
struct Options {
    #[command(subcommand)]
    mode: Option<Mode>,
    #[command(flatten)]
    lines: LineOptions,
}

const EXAMPLES: &str = "\
Examples:
  grpcalc                                 a prompt; `help` lists the commands
  grpcalc add 20 10                       one line, one answer; options go before the line
  printf 'add 20 10\\n' | grpcalc          a script
  grpcalc serve                           a server on 127.0.0.1:50050
  grpcalc --addr 127.0.0.1:50050 add 1 2  a line for that server

Exit codes:
  0  every line answered    1  some line had a fault    2  usage
  3  server not reached, lost or refusing               130  interrupted";

#[derive(Debug, Subcommand)]
enum Mode {
    /// Serve calculators until SIGINT or SIGTERM.
    Serve(ServeOptions),
}

#[derive(Debug, Args)]
struct LineOptions {
    /// The server to ask: HOST:PORT, http://HOST:PORT or unix:PATH [default: one inside this process]
    #[arg(
        long,
        env = "GRPCALC_ADDR",
        hide_env_values = true,
        value_name = "ADDR"
    )]
    addr: Option<Server>,

    /// The deadline of each call: seconds, or with a unit as in 500ms, 2s, 1m
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = duration)]
    timeout: Duration,

    /// Read the lines from a file; - is standard input
    #[arg(short, long, value_name = "FILE", conflicts_with = "line")]
    file: Option<PathBuf>,

    /// Print nothing after the first fault
    #[arg(long)]
    fail_fast: bool,

    /// One line to answer; its words may stand apart
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "LINE"
    )]
    line: Vec<String>,
}

#[derive(Debug, Args)]
struct ServeOptions {
    /// Where to listen: HOST:PORT (port 0: any free one) or unix:PATH; may be repeated
    #[arg(long, default_value = "127.0.0.1:50050", value_name = "ADDR")]
    listen: Vec<Address>,

    /// How long a shutdown waits for calls that are running and for peers that do not answer
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = duration)]
    grace: Duration,
}

/// `--addr`, where an empty text (an environment variable set to nothing) is no address.
#[derive(Clone, Debug)]
struct Server(Option<Address>);

impl std::str::FromStr for Server {
    type Err = <Address as std::str::FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Ok(Self(None)),
            _ => text.parse().map(|address| Self(Some(address))),
        }
    }
}

/// The longest time that can be asked for: a year.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[number.len()..] {
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("the unit is none of ms, s, m, h".into()),
    };
    let count: f64 = number
        .parse()
        .map_err(|_| "write a number of seconds, or 500ms, 2s, 1m")?;
    match Duration::try_from_secs_f64(count * unit) {
        Ok(duration) if duration > Duration::ZERO && duration <= LONGEST => Ok(duration),
        _ => Err("must be more than nothing and at most a year".into()),
    }
}

/// Runs the program on the process's own arguments and streams.
#[must_use]
pub fn main() -> Exit {
    let options = Options::parse();
    if let Some(error) = misread_option(&options.lines.line) {
        error.exit();
    }
    let done = match options.mode {
        Some(Mode::Serve(options)) => {
            block_on(&mut runtime::Builder::new_multi_thread(), serve(&options))
        }
        // One client is served faster by one thread than by two that take turns.
        None => block_on(
            &mut runtime::Builder::new_current_thread(),
            lines(options.lines),
        ),
    };
    done.unwrap_or_else(|error| {
        complain(format_args!("{error:#}"));
        Exit::Usage
    })
}

/// An option that was taken for a part of the line: one of ours behind the line's
/// first word, or any long one that is this first word. `--` in front of the line
/// says that it is meant so.
fn misread_option(line: &[String]) -> Option<clap::Error> {
    let mut command = Options::command();
    let is_ours = |word: &str| {
        let name = word.split('=').next().unwrap_or(word);
        command.get_arguments().any(|option| {
            let long = option.get_long().map(|long| format!("--{long}"));
            let short = option.get_short().map(|short| format!("-{short}"));
            [long, short].into_iter().flatten().any(|own| own == name)
        })
    };
    let is_long = |word: &str| {
        let name = word.strip_prefix("--");
        name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
    };
    let message = match line {
        [first, ..] if is_long(first) => format!("unknown option '{first}'"),
        [_, rest @ ..] => {
            let option = rest.iter().find(|word| is_ours(word))?;
            format!("the option '{option}' stands behind the line; options go before it")
        }
        [] => return None,
    };
    let meant = std::env::args_os().any(|argument| argument == "--");
    (!meant).then(|| command.error(ErrorKind::UnknownArgument, message))
}

/// Runs `task`, and then waits for nothing more: a read of standard input that
/// blocks a thread would never end, nor would a connection beyond its grace.
fn block_on(
    builder: &mut runtime::Builder,
    task: impl Future<Output = anyhow::Result<Exit>>,
) -> anyhow::Result<Exit> {
    let runtime = runtime(builder)?;
    let done = runtime.block_on(task);
    runtime.shutdown_background();
    done
}

fn runtime(builder: &mut runtime::Builder) -> anyhow::Result<runtime::Runtime> {
    builder
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

fn complain(text: std::fmt::Arguments<'_>) {
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "grpcalc: {text}");
}

async fn lines(options: LineOptions) -> anyhow::Result<Exit> {
    let target = match options.addr.and_then(|Server(address)| address) {
        Some(address) => Target::Remote(address),
        None => embedded()?,
    };
    let rules = Rules {
        fail_fast: options.fail_fast,
        numbered: true,
    };
    if !options.line.is_empty() {
        let line = options.line.join(" ");
        let numbered = line.contains('\n');
        let client = Client::lazy(target, options.timeout);
        return script(line.as_bytes(), &client, Rules { numbered, ..rules }).await;
    }
    match options.file.as_deref() {
        Some(path) if path != Path::new("-") => {
            let file = tokio::fs::File::open(path).await;
            let file = file.with_context(|| format!("cannot open {}", path.display()))?;
            script(file, &Client::lazy(target, options.timeout), rules).await
        }
        None if io::stdin().is_terminal() => session(target, options.timeout).await,
        _ => {
            script(
                tokio::io::stdin(),
                &Client::lazy(target, options.timeout),
                rules,
            )
            .await
        }
    }
}

/// Starts a server in this process, on a thread of its own: it works while this
/// one reads lines and prints answers. It ends with the process.
fn embedded() -> anyhow::Result<Target> {
    let (dial, connections) = server::in_memory();
    let runtime = runtime(&mut runtime::Builder::new_current_thread())?;
    let serve = move || {
        let settings = server::Settings::default();
        runtime.block_on(server::run(connections, std::future::pending(), &settings))
    };
    let thread = std::thread::Builder::new().name("server".into());
    thread.spawn(serve).context("cannot start a thread")?;
    Ok(Target::Embedded(dial))
}

async fn script(
    input: impl AsyncRead + Unpin,
    client: &Client,
    rules: Rules,
) -> anyhow::Result<Exit> {
    let mut interrupts = signal(SignalKind::interrupt()).context("cannot watch for Ctrl-C")?;
    tokio::select! {
        end = script::run(input, tokio::io::stdout(), tokio::io::stderr(), client, rules) => Ok(match end? {
            script::End::Answered | script::End::Unread => Exit::Success,
            script::End::Faulty => Exit::Fault,
            script::End::NoServer => Exit::NoServer,
        }),
        _ = interrupts.recv() => Ok(Exit::Interrupted),
    }
}

async fn session(target: Target, timeout: Duration) -> anyhow::Result<Exit> {
    let client = match Client::connect(target, timeout).await {
        Ok(client) => client,
        Err(error) => {
            complain(format_args!("{error}"));
            return Ok(Exit::NoServer);
        }
    };
    let history = terminal::history_file().unwrap_or_else(|error| {
        complain(format_args!("no history is kept: {error}"));
        None
    });
    let mut editor = Editor::start(history).context("cannot start the line editor")?;
    eprintln!(
        "grpcalc {}, asking {}. 'help' lists the commands, Ctrl-D ends.",
        env!("CARGO_PKG_VERSION"),
        client.server()
    );
    let done = prompt::run(&client, &mut editor).await;
    editor.close();
    done.context("the terminal")?;
    Ok(Exit::Success)
}

async fn serve(options: &ServeOptions) -> anyhow::Result<Exit> {
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
        // Whoever started us may wait for these lines only.
        let _ = writeln!(io::stdout(), "{address}");
    }

    let settings = server::Settings {
        grace: options.grace,
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
    }
    shutdown.cancel();
    tokio::select! {
        ends = servers.join_all() => {
            if ends.iter().any(|end| matches!(end, Ok(server::End::GraceExceeded))) {
                complain(format_args!("closed connections that were open after {:?}", options.grace));
            }
            Ok(Exit::Success)
        }
        // Asked twice: now.
        _ = interrupt.recv() => Ok(Exit::Interrupted),
        _ = terminate.recv() => Ok(Exit::Interrupted),
    }
}

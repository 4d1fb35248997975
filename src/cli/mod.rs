//! The command line: options, exit codes, and the start of the client, the server and the prompt.

mod client;
mod config;
mod embedded;
mod exit;
mod exposure;
mod limits;
mod log;
mod options;
mod serve;
mod user;
mod value_parser;

use std::io::{self, Write as _};

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_complete::Shell;
use tokio::runtime::{Builder, Runtime};

use self::{
    client::answer_lines,
    options::{Arguments, ProgramMode},
    serve::serve,
};

pub use self::exit::Exit;

/// Runs the program with the arguments and the standard streams of this process.
#[must_use]
pub fn main() -> Exit {
    let arguments: Vec<_> = std::env::args_os().collect();
    let options = Arguments::read(&arguments).unwrap_or_else(|error| error.exit());
    let exit = match options.mode {
        Some(ProgramMode::Completions { shell }) => return print_completions(shell),
        Some(ProgramMode::Serve(options)) => {
            block_on(&mut Builder::new_multi_thread(), serve(&options))
        }
        // For one client, one thread is faster than two.
        None => block_on(
            &mut Builder::new_current_thread(),
            answer_lines(options.lines),
        ),
    };
    exit.unwrap_or_else(|error| {
        print_error(format_args!("{error:#}"));
        Exit::Usage
    })
}

/// Prints the script that makes `shell` complete the options.
fn print_completions(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "grpcalc", &mut script);
    match io::stdout().write_all(&script) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            print_error(format_args!("cannot write the completions: {error}"));
            Exit::Usage
        }
        // A closed pipe is not an error: the reader has ended.
        _ => Exit::Success,
    }
}

/// Runs `task`, and returns without waiting for work that still runs in the background.
///
/// Such work may never end: a blocking read of standard input, or a connection that is still open
/// after the grace period of a shutdown.
fn block_on(
    builder: &mut Builder,
    task: impl Future<Output = anyhow::Result<Exit>>,
) -> anyhow::Result<Exit> {
    let runtime = runtime(builder)?;
    let exit = runtime.block_on(task);
    runtime.shutdown_background();
    exit
}

fn runtime(builder: &mut Builder) -> anyhow::Result<Runtime> {
    builder
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

fn print_error(text: std::fmt::Arguments<'_>) {
    // An error on standard error cannot be reported.
    let _ = writeln!(io::stderr(), "grpcalc: {text}");
}

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
mod start;
mod user;

use std::{
    io::{self, Write as _},
    sync::Arc,
};

use anyhow::Context as _;
use clap::CommandFactory as _;
use clap_complete::Shell;
use nix::libc::SIGXFSZ;
use signal_hook::flag;
use tokio::runtime::{Builder, Runtime};

use self::{
    client::answer_lines,
    options::{Arguments, ProgramMode},
    serve::serve,
};

pub use self::exit::Exit;

use crate::text::io_error;

/// Runs the program with the arguments and the standard streams of this process.
#[must_use]
pub fn main() -> Exit {
    start::guarded(run)
}

fn run() -> Exit {
    let arguments: Vec<_> = std::env::args_os().collect();
    ignore_file_size_limit();
    let options = match Arguments::read(&arguments) {
        Ok(options) => options,
        Err(error) if error.use_stderr() => error.exit(),
        // The help or the version.
        Err(text) => return printed("the text", text.print()),
    };
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
    printed("the completions", io::stdout().write_all(&script))
}

/// Ends the output of `what`, which was `written` to standard output.
fn printed(what: &str, written: io::Result<()>) -> Exit {
    match written.and_then(|()| io::stdout().flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let error = io_error::describe(&error);
            print_error(format_args!("cannot write {what}: {error}"));
            Exit::Usage
        }
        // A closed pipe is not an error: the reader has ended.
        _ => Exit::Success,
    }
}

/// Makes a write beyond the limit of the size of files fail, instead of ending the process.
fn ignore_file_size_limit() {
    // This fails only for signals that a process must not handle.
    let _ = flag::register(SIGXFSZ, Arc::default());
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

//! Options to what to do: wires the rooms and knows the exit codes.

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
    client::lines,
    options::{Arguments, Mode},
    serve::serve,
};

pub use self::exit::Exit;

/// Runs the program on the process's own arguments and streams.
#[must_use]
pub fn main() -> Exit {
    let arguments: Vec<_> = std::env::args_os().collect();
    let options = Arguments::read(&arguments).unwrap_or_else(|error| error.exit());
    let done = match options.mode {
        Some(Mode::Completions { shell }) => return completions(shell),
        Some(Mode::Serve(options)) => block_on(&mut Builder::new_multi_thread(), serve(&options)),
        // One client is served faster by one thread than by two that take turns.
        None => block_on(&mut Builder::new_current_thread(), lines(options.lines)),
    };
    done.unwrap_or_else(|error| {
        print_error(format_args!("{error:#}"));
        Exit::Usage
    })
}

/// Prints what a shell reads to complete our options.
fn completions(shell: Shell) -> Exit {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "grpcalc", &mut script);
    match io::stdout().write_all(&script) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            print_error(format_args!("cannot write the completions: {error}"));
            Exit::Usage
        }
        // Whoever closed the pipe has seen enough.
        _ => Exit::Success,
    }
}

/// Runs `task`, and then waits for nothing more: a read of standard input that
/// blocks a thread would never end, nor would a connection beyond its grace.
fn block_on(
    builder: &mut Builder,
    task: impl Future<Output = anyhow::Result<Exit>>,
) -> anyhow::Result<Exit> {
    let runtime = runtime(builder)?;
    let done = runtime.block_on(task);
    runtime.shutdown_background();
    done
}

fn runtime(builder: &mut Builder) -> anyhow::Result<Runtime> {
    builder
        .enable_all()
        .build()
        .context("cannot start the runtime")
}

fn print_error(text: std::fmt::Arguments<'_>) {
    // Where standard error is closed there is nobody to tell.
    let _ = writeln!(io::stderr(), "grpcalc: {text}");
}

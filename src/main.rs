//! The program `grpcalc`: see the library's [`grpcalc::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    grpcalc::cli::main().into()
}

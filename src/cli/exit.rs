//! Exit codes.

use std::process::ExitCode;

/// The exit code of the process, documented in `docs/exit-codes.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Every line was answered.
    Success = 0,
    /// A line had a fault.
    Fault = 1,
    /// The options are invalid, or a file cannot be read or written.
    Usage = 2,
    /// The server was not reached, was lost or refused a call. Also used if a server cannot listen.
    NoServer = 3,
    /// The terminal of a session was closed: 128 plus the number of SIGHUP, as in shells.
    HungUp = 129,
    /// Ctrl-C ended a script: 128 plus the number of SIGINT.
    Interrupted = 130,
    /// Ctrl-\ ended a session while a line ran: 128 plus the number of SIGQUIT.
    Quit = 131,
    /// SIGTERM ended a session: 128 plus the number of SIGTERM.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        (exit as u8).into()
    }
}

//! Exit codes.

use std::process::ExitCode;

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
    /// The terminal of a session was closed: 128 and the number of SIGHUP, as shells do.
    HungUp = 129,
    /// Ctrl-C ended a script: 128 and the number of SIGINT.
    Interrupted = 130,
    /// Ctrl-\ ended a session while a line ran: 128 and the number of SIGQUIT.
    Quit = 131,
    /// A session was ended from elsewhere: 128 and the number of SIGTERM.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        (exit as u8).into()
    }
}

//! The mode of the terminal, for a session that ends while a line is edited.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
};

use nix::sys::termios::{SetArg, Termios, tcgetattr, tcsetattr};

use super::color::is_dumb;

/// What the editor turns on, off again: pasted text comes with marks around it (xterm's control
/// sequences, "Bracketed Paste Mode").
const PLAIN_PASTES: &[u8] = b"\x1b[?2004l";

/// The mode that the terminal had.
#[derive(Debug)]
pub struct Mode {
    terminal: File,
    settings: Termios,
}

impl Mode {
    /// The mode that the process's terminal has now; none where there is no terminal.
    #[must_use]
    pub fn now() -> Option<Self> {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
        let terminal = terminal.ok()?;
        let settings = tcgetattr(&terminal).ok()?;
        Some(Self { terminal, settings })
    }

    /// Gives it back, and the screen's next line to whoever comes next.
    pub fn restore(mut self) {
        // Where the terminal is gone, nobody misses it.
        let _ = tcsetattr(&self.terminal, SetArg::TCSANOW, &self.settings);
        let end: &[u8] = if is_dumb() { b"" } else { PLAIN_PASTES };
        let _ = self.terminal.write_all(&[end, b"\n"].concat());
    }
}

//! The mode of the terminal, for a session that ends while a line is edited.

use std::{
    fs::{File, OpenOptions},
    io::Write as _,
    sync::{Mutex, PoisonError},
    thread,
    time::Duration,
};

use nix::{
    sys::{
        signal::{Signal, kill},
        termios::{SetArg, Termios, tcgetattr, tcsetattr},
    },
    unistd::Pid,
};

use crate::terminal::screen::color::is_dumb;

/// What the editor turns on, and off again: pasted text comes with marks around it (xterm's
/// control sequences, "Bracketed Paste Mode").
const MARKED_PASTES: &str = "\x1b[?2004h";
const PLAIN_PASTES_AND_NEXT_LINE: &str = "\x1b[?2004l\n";

/// By when a thread has seen a signal.
const SOON: Duration = Duration::from_millis(100);

/// The mode that the terminal had.
#[derive(Debug)]
pub(in crate::terminal) struct Mode {
    terminal: File,
    settings: Mutex<Termios>,
}

impl Mode {
    /// The mode that the process's terminal has now; none where there is no terminal.
    pub(in crate::terminal) fn now() -> Option<Self> {
        let terminal = OpenOptions::new().read(true).write(true).open("/dev/tty");
        let terminal = terminal.ok()?;
        let settings = Mutex::new(tcgetattr(&terminal).ok()?);
        Some(Self { terminal, settings })
    }

    /// Gives it back, and the screen's next line to whoever comes next.
    pub(in crate::terminal) fn restore(&self) {
        self.set();
        // In one write: the editor's thread may write too.
        self.write(if is_dumb() {
            "\n"
        } else {
            PLAIN_PASTES_AND_NEXT_LINE
        });
    }

    /// Takes it again, for the editor.
    pub(in crate::terminal) fn resume(&self) {
        self.set();
        if !is_dumb() {
            self.write(MARKED_PASTES);
        }
    }

    // Where the terminal is gone, nobody misses it.
    fn set(&self) {
        let settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = tcsetattr(&self.terminal, SetArg::TCSANOW, &settings);
    }

    fn write(&self, sequence: &str) {
        let _ = (&self.terminal).write_all(sequence.as_bytes());
    }
}

/// Stops the process group, as Ctrl-Z does where the terminal sees to it, until it is told to
/// go on.
pub(in crate::terminal) fn stop() {
    let _ = kill(Pid::from_raw(0), Signal::SIGTSTP);
    // Any thread may be the one that sees the signal, and only then do all of them stop. Nothing
    // tells when, and a signal to this thread would stop the process a second time.
    thread::sleep(SOON);
}

//! The mode of the terminal: no echo during a session, and the original mode afterwards.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write as _},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, sync_channel},
    },
};

use futures_util::FutureExt as _;
use nix::{
    sys::{
        signal::{
            Signal::{SIGCONT, SIGSTOP, SIGTSTP},
            kill,
        },
        termios::{LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr},
    },
    unistd::{Pid, getpgid, getpgrp, getsid, tcgetpgrp},
};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::terminal::screen::color::is_dumb;

/// The sequence that turns bracketed paste on, so that the terminal marks pasted text.
///
/// The editor turns bracketed paste on for each line, and off after the line (xterm control
/// sequences, "Bracketed Paste Mode").
const BRACKETED_PASTE: &str = "\x1b[?2004h";
/// The sequence that turns bracketed paste off and moves to the next line.
const PLAIN_PASTE_AND_NEXT_LINE: &str = "\x1b[?2004l\n";

/// The controlling terminal of the process, and the mode that the terminal had at the start.
#[derive(Debug)]
pub(in crate::terminal) struct ControllingTerminal {
    device: File,
    original: Mutex<Termios>,
}

impl ControllingTerminal {
    /// Opens the controlling terminal; returns `None` if the process has none.
    pub(in crate::terminal) fn open() -> Option<Self> {
        let device = OpenOptions::new().read(true).write(true).open("/dev/tty");
        let device = device.ok()?;
        let original = Mutex::new(tcgetattr(&device).ok()?);
        Some(Self { device, original })
    }

    /// Turns the echo off. Keys typed while a line runs are kept for the next prompt; Ctrl-C and
    /// Ctrl-Z still send signals.
    ///
    /// The editor returns to this mode after each line. A dumb terminal keeps its own mode, because
    /// its driver edits the lines and needs the echo for that.
    pub(in crate::terminal) fn mute(&self) {
        if is_dumb() {
            return;
        }
        let mut mode = self.original();
        mode.local_flags
            .remove(LocalFlags::ECHO | LocalFlags::ICANON);
        mode.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
        mode.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
        self.set(&mode);
    }

    /// Restores the original mode, unless another job is in the foreground of the terminal.
    pub(in crate::terminal) fn restore(&self) {
        if self.is_foreground() {
            self.set(&self.original());
        }
    }

    /// Restores the original mode while a line is being edited, and moves to the next line.
    pub(in crate::terminal) fn restore_below_line(&self) {
        self.restore();
        // A single write, since the editor's thread may write at the same time.
        self.write(if is_dumb() {
            "\n"
        } else {
            PLAIN_PASTE_AND_NEXT_LINE
        });
    }

    /// Restores the terminal's original mode, and stops the process.
    ///
    /// When the process is continued, the mode from before the stop is set again.
    async fn stop(&self, continued: &mut Signal) {
        let Ok(mode) = tcgetattr(&self.device) else {
            return;
        };
        // Ctrl-C is a key, not a signal, while the editor reads a line.
        let is_editing = !mode.local_flags.contains(LocalFlags::ISIG);
        if is_editing {
            self.restore_below_line();
        } else {
            self.restore();
        }
        while continued.recv().now_or_never().is_some() {}
        if can_be_continued() && kill(Pid::this(), SIGSTOP).is_ok() {
            continued.recv().await;
        }
        // A running line continues in the background too, without this mode. For the editor, the
        // system stops the process here until it is in the foreground.
        if is_editing || self.is_foreground() {
            self.set(&mode);
        }
        if is_editing && !is_dumb() {
            self.write(BRACKETED_PASTE);
        }
    }

    fn original(&self) -> Termios {
        let original = self.original.lock();
        original.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn is_foreground(&self) -> bool {
        tcgetpgrp(&self.device) == Ok(getpgrp())
    }

    // Errors are ignored: a terminal that is closed needs no mode.
    fn set(&self, mode: &Termios) {
        let _ = tcsetattr(&self.device, SetArg::TCSANOW, mode);
    }

    fn write(&self, sequence: &str) {
        let _ = (&self.device).write_all(sequence.as_bytes());
    }
}

/// Whether a shell with job control can continue this process after a stop.
///
/// No shell can continue an orphaned process group. SIGTSTP does not stop such a group (POSIX,
/// "Terminal Access Control"), but SIGSTOP does. Without job control, all processes are in the
/// process group of the session leader.
fn can_be_continued() -> bool {
    let group = getsid(None).and_then(|leader| getpgid(Some(leader)));
    group.is_ok_and(|group| group != getpgrp())
}

/// A guard that restores the terminal's original mode when dropped, also after a panic.
#[derive(Debug)]
pub(in crate::terminal) struct RestoreOnDrop(pub(in crate::terminal) Arc<ControllingTerminal>);

impl Drop for RestoreOnDrop {
    fn drop(&mut self) {
        self.0.restore();
    }
}

/// The handler of Ctrl-Z in the editor, where Ctrl-Z is a key and not a signal.
///
/// It stops the process group.
#[derive(Debug)]
pub(in crate::terminal) struct StopKey {
    /// Receives a message each time the process is continued after a stop.
    wakeups: Mutex<Receiver<()>>,
}

impl StopKey {
    /// Starts to handle SIGTSTP, which Ctrl-Z sends while a line runs.
    pub(in crate::terminal) fn new(terminal: Arc<ControllingTerminal>) -> io::Result<Self> {
        let mut stops = signal(SignalKind::from_raw(SIGTSTP as i32))?;
        let mut continues = signal(SignalKind::from_raw(SIGCONT as i32))?;
        let (awake, wakeups) = sync_channel(1);
        tokio::spawn(async move {
            while stops.recv().await.is_some() {
                terminal.stop(&mut continues).await;
                // A full channel already holds the same message.
                let _ = awake.try_send(());
            }
        });
        Ok(Self {
            wakeups: Mutex::new(wakeups),
        })
    }

    /// Stops the process group, and returns after this process is continued.
    ///
    /// rustyline's own Ctrl-Z may return before the process stops, because another thread may
    /// receive the signal. The shell would then run in the editor's terminal mode, and the editor
    /// in the shell's mode.
    pub(in crate::terminal) fn press(&self) {
        let wakeups = self.wakeups.lock().unwrap_or_else(PoisonError::into_inner);
        while wakeups.try_recv().is_ok() {}
        if kill(Pid::from_raw(0), SIGTSTP).is_ok() {
            let _ = wakeups.recv();
        }
    }
}

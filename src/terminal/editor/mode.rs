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

/// Turns bracketed paste on: marks around pasted text (xterm control sequences, "Bracketed Paste
/// Mode"). The editor turns it on for each line, and off behind it.
const BRACKETED_PASTE: &str = "\x1b[?2004h";
const PLAIN_PASTE_AND_NEXT_LINE: &str = "\x1b[?2004l\n";

/// The controlling terminal of the process, with the mode that it had at first.
#[derive(Debug)]
pub(in crate::terminal) struct ControllingTerminal {
    device: File,
    original: Mutex<Termios>,
}

impl ControllingTerminal {
    /// Opens the terminal; `None` if the process has none.
    pub(in crate::terminal) fn open() -> Option<Self> {
        let device = OpenOptions::new().read(true).write(true).open("/dev/tty");
        let device = device.ok()?;
        let original = Mutex::new(tcgetattr(&device).ok()?);
        Some(Self { device, original })
    }

    /// Turns echo off. Keys typed while a line runs are kept for the next prompt; Ctrl-C and Ctrl-Z
    /// stay signals.
    ///
    /// The editor takes this for the terminal's normal mode, and returns to it after each line. A
    /// dumb terminal keeps its mode: it edits lines itself, and needs the echo for that.
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

    /// Restores the original mode, unless the terminal belongs to another job by now.
    pub(in crate::terminal) fn restore(&self) {
        if self.is_foreground() {
            self.set(&self.original());
        }
    }

    /// Restores the original mode in the middle of a line, and moves to the next one.
    pub(in crate::terminal) fn restore_below_line(&self) {
        self.restore();
        // In one write: the editor's thread may write too.
        self.write(if is_dumb() {
            "\n"
        } else {
            PLAIN_PASTE_AND_NEXT_LINE
        });
    }

    /// Stops the process with the terminal in its original mode, and returns to the present mode
    /// when it is continued.
    async fn stop(&self, continued: &mut Signal) {
        let Ok(mode) = tcgetattr(&self.device) else {
            return;
        };
        // The editor takes Ctrl-C as a key.
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
        // A line runs on in the background as well; the editor waits for the foreground here.
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

    // Errors are ignored: a terminal that is gone needs no mode.
    fn set(&self, mode: &Termios) {
        let _ = tcsetattr(&self.device, SetArg::TCSANOW, mode);
    }

    fn write(&self, sequence: &str) {
        let _ = (&self.device).write_all(sequence.as_bytes());
    }
}

/// Whether a shell controls jobs in this session, and can continue one that was stopped.
///
/// SIGTSTP does not stop an orphaned process group (POSIX, "Terminal Access Control"), but SIGSTOP
/// does, for good. Without job control all processes are in the group of the session's leader.
fn can_be_continued() -> bool {
    let group = getsid(None).and_then(|leader| getpgid(Some(leader)));
    group.is_ok_and(|group| group != getpgrp())
}

/// Restores the terminal's original mode when dropped, also after a panic.
#[derive(Debug)]
pub(in crate::terminal) struct RestoreOnDrop(pub(in crate::terminal) Arc<ControllingTerminal>);

impl Drop for RestoreOnDrop {
    fn drop(&mut self) {
        self.0.restore();
    }
}

/// Stops the process group on Ctrl-Z in the editor, where Ctrl-Z is a key and not a signal.
#[derive(Debug)]
pub(in crate::terminal) struct StopKey {
    /// A message each time the process was continued.
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
                // If the channel is full, the message in it says the same.
                let _ = awake.try_send(());
            }
        });
        Ok(Self {
            wakeups: Mutex::new(wakeups),
        })
    }

    /// Stops the process group, and returns after this process was continued.
    ///
    /// rustyline's own Ctrl-Z does not wait until the process has stopped, since another thread may
    /// be the first to see the signal. Shell and editor would get each other's mode.
    pub(in crate::terminal) fn press(&self) {
        let wakeups = self.wakeups.lock().unwrap_or_else(PoisonError::into_inner);
        while wakeups.try_recv().is_ok() {}
        if kill(Pid::from_raw(0), SIGTSTP).is_ok() {
            let _ = wakeups.recv();
        }
    }
}

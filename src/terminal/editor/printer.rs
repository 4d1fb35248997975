//! Output of the chat while a line is typed.

use std::{
    io::{self, Write as _},
    sync::Arc,
    thread,
};

use rustyline::ExternalPrinter;
use tokio::sync::{Mutex, mpsc};

use crate::repl::ChatEvent;

/// Whether a line is being edited.
///
/// The editor and the printer lock this value before they write. rustyline's printer checks only
/// once whether there is a prompt. Without the lock, a prompt could appear after the check, and the
/// printer would write behind this prompt.
pub(super) type Editing = Arc<Mutex<bool>>;

/// Prints chat events above the line that is being typed, until the channel is closed.
///
/// The printer has its own thread, since it waits while the terminal is stopped (Ctrl-S).
/// Meanwhile the channel fills up. On a dumb terminal there is no `printer`, and the thread writes
/// to standard error.
pub(super) fn start(
    printer: Option<(impl ExternalPrinter + Send + 'static, Editing)>,
    mut events: mpsc::Receiver<ChatEvent>,
) -> io::Result<()> {
    let print = move || {
        let mut printer = printer;
        while let Some(event) = events.blocking_recv() {
            let text = match event {
                ChatEvent::Note(note) => format!("{note}\n"),
                ChatEvent::Notice(text) => format!("{text}\n"),
            };
            let is_printed = printer.as_mut().is_some_and(|(printer, editing)| {
                let is_editing = editing.blocking_lock();
                // No lock while a line is edited, since the printer may then wait for the editor.
                let _lock = (!*is_editing).then_some(is_editing);
                printer.print(text.clone()).is_ok()
            });
            if !is_printed {
                // Errors are ignored: the session continues without the chat's output.
                let _ = io::stderr().write_all(text.as_bytes());
            }
        }
    };
    thread::Builder::new().name("printer".into()).spawn(print)?;
    Ok(())
}

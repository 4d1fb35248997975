//! Output of the chat while a line is typed.

use std::{
    io::{self, Write as _},
    sync::Arc,
    thread,
};

use rustyline::ExternalPrinter;
use tokio::sync::{Mutex, mpsc};

use crate::repl::ChatEvent;

/// Whether a line is being edited. Both sides lock it before they write: rustyline's printer checks
/// only once whether there is a prompt, and could write behind a prompt that appears meanwhile.
pub(super) type Editing = Arc<Mutex<bool>>;

/// Prints chat events above the line that is being typed, until the channel is closed.
///
/// Runs on its own thread: a stopped terminal (Ctrl-S) blocks the printer, and the channel fills
/// up. Without a `printer`, on a dumb terminal, events go to standard error.
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
                // While a line is edited, the printer may wait for the editor: no lock then.
                let _lock = (!*is_editing).then_some(is_editing);
                printer.print(text.clone()).is_ok()
            });
            if !is_printed {
                // Errors are ignored: the session goes on without the chat's output.
                let _ = io::stderr().write_all(text.as_bytes());
            }
        }
    };
    thread::Builder::new().name("printer".into()).spawn(print)?;
    Ok(())
}

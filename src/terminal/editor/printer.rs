//! What is shown while somebody types.

use std::{
    io::{self, Write as _},
    thread,
};

use rustyline::ExternalPrinter;
use tokio::sync::mpsc;

use crate::repl::ChatEvent;

/// Shows what is heard, above the line that is being typed, until nothing more can be heard.
///
/// On a thread of its own: a terminal that is stopped (Ctrl-S) holds up the printer, and
/// then nothing more is taken from `heard`. Without a `printer`, on a terminal that cannot
/// move its cursor, it goes to standard error.
pub(in crate::terminal) fn start(
    printer: Option<impl ExternalPrinter + Send + 'static>,
    mut heard: mpsc::Receiver<ChatEvent>,
) -> io::Result<()> {
    let show = move || {
        let mut printer = printer;
        while let Some(heard) = heard.blocking_recv() {
            let text = match heard {
                ChatEvent::Note(note) => format!("{note}\n"),
                ChatEvent::Notice(text) => format!("{text}\n"),
            };
            let shown = printer
                .as_mut()
                .is_some_and(|printer| printer.print(text.clone()).is_ok());
            if !shown {
                // Where nobody sees it, the session goes on.
                let _ = io::stderr().write_all(text.as_bytes());
            }
        }
    };
    thread::Builder::new().name("printer".into()).spawn(show)?;
    Ok(())
}

//! The keys that the editor handles itself: Ctrl-C and Ctrl-Z.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rustyline::{Cmd, ConditionalEventHandler, EventContext, EventHandler, RepeatCount};

use super::mode::StopKey;

/// A key binding. The function returns the editor command that the key runs.
struct KeyBinding<F>(F);

impl<F: Fn() -> Cmd + Send + Sync> ConditionalEventHandler for KeyBinding<F> {
    fn handle(
        &self,
        _: &rustyline::Event,
        _: RepeatCount,
        _: bool,
        _: &EventContext<'_>,
    ) -> Option<Cmd> {
        Some((self.0)())
    }
}

fn binding(command: impl Fn() -> Cmd + Send + Sync + 'static) -> EventHandler {
    EventHandler::Conditional(Box::new(KeyBinding(command)))
}

/// Returns the binding of Ctrl-C, which closes a list of names, like `q`. If there is no list,
/// Ctrl-C ends the line, like Enter.
///
/// rustyline's own Ctrl-C would also discard the keys typed after Ctrl-C, and leave the preview on
/// the screen.
pub(super) fn interrupt(interrupted: Arc<AtomicBool>, lists: Arc<AtomicBool>) -> EventHandler {
    binding(move || {
        if lists.load(Ordering::Relaxed) {
            return Cmd::SelfInsert(1, 'q');
        }
        interrupted.store(true, Ordering::Relaxed);
        Cmd::AcceptLine
    })
}

/// Returns the binding of Ctrl-Z: it stops the process group.
pub(super) fn suspend(stop_key: Option<StopKey>) -> EventHandler {
    binding(move || {
        if let Some(stop_key) = &stop_key {
            stop_key.press();
        }
        Cmd::Repaint
    })
}

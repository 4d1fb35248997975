//! The keys that the editor handles itself: Ctrl-C, Ctrl-Z, Up and Down, and operators that begin a line.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use rustyline::{
    Cmd, ConditionalEventHandler, EventContext, EventHandler, KeyCode, KeyEvent, Modifiers,
    RepeatCount,
};

use super::mode::StopKey;

/// A key binding. The function returns the editor command that the key runs.
///
/// `None` stands for the usual command of the key.
struct KeyBinding<F>(F);

impl<F: Fn(&EventContext<'_>) -> Option<Cmd> + Send + Sync> ConditionalEventHandler
    for KeyBinding<F>
{
    fn handle(
        &self,
        _: &rustyline::Event,
        _: RepeatCount,
        _: bool,
        context: &EventContext<'_>,
    ) -> Option<Cmd> {
        (self.0)(context)
    }
}

fn binding(
    command: impl Fn(&EventContext<'_>) -> Option<Cmd> + Send + Sync + 'static,
) -> EventHandler {
    EventHandler::Conditional(Box::new(KeyBinding(command)))
}

/// Returns the binding of Ctrl-C, which closes a list of names, like `q`. If there is no list,
/// Ctrl-C ends the line, like Enter.
///
/// rustyline's own Ctrl-C would also discard the keys typed after Ctrl-C, and leave the preview on
/// the screen.
pub(super) fn interrupt(interrupted: Arc<AtomicBool>, lists: Arc<AtomicBool>) -> EventHandler {
    binding(move |_| {
        if lists.load(Ordering::Relaxed) {
            return Some(Cmd::SelfInsert(1, 'q'));
        }
        interrupted.store(true, Ordering::Relaxed);
        Some(Cmd::AcceptLine)
    })
}

/// Returns the binding of Ctrl-Z: it stops the process group.
pub(super) fn suspend(stop_key: Option<StopKey>) -> EventHandler {
    binding(move |_| {
        if let Some(stop_key) = &stop_key {
            stop_key.press();
        }
        Some(Cmd::Repaint)
    })
}

/// Tells a line that Up or Down took from the history from a line that the user has typed.
#[derive(Debug, Default)]
pub(super) struct HistoryWalk(Mutex<Walk>);

#[derive(Debug, Default, PartialEq, Eq)]
enum Walk {
    /// The line is the user's.
    #[default]
    Typed,
    /// A key is about to replace the line.
    Moving,
    /// This line is from the history.
    At(String),
}

impl HistoryWalk {
    /// Reports the line after a key.
    pub(super) fn observe(&self, line: &str) {
        let mut walk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut *walk {
            Walk::Moving => *walk = Walk::At(line.to_owned()),
            Walk::At(known) if known != line => *walk = Walk::Typed,
            Walk::At(_) | Walk::Typed => {}
        }
    }

    /// Whether the next line is any line of the history, not one with the same beginning.
    fn begins(&self, line: &str) -> bool {
        let mut walk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_any = line.is_empty()
            || line.contains('\n')
            || matches!(&*walk, Walk::At(known) if known == line);
        *walk = if is_any { Walk::Moving } else { Walk::Typed };
        is_any
    }
}

/// Returns the keys Up and Down with their bindings. Behind typed text they search for a line that
/// begins like the text before the cursor.
pub(super) fn history(walk: &Arc<HistoryWalk>) -> [(KeyEvent, EventHandler); 2] {
    [
        (KeyCode::Up, Cmd::HistorySearchBackward),
        (KeyCode::Down, Cmd::HistorySearchForward),
    ]
    .map(|(key, search)| {
        let walk = Arc::clone(walk);
        let command = move |context: &EventContext<'_>| {
            (!walk.begins(context.line())).then(|| search.clone())
        };
        (KeyEvent(key, Modifiers::NONE), binding(command))
    })
}

/// The operators that continue the last answer if they begin a line.
const OPERATORS: [char; 5] = ['*', '/', '^', '%', '!'];

/// Returns the keys of operators with their bindings. At the start of a line they insert a visible
/// `ans`.
///
/// The language itself supplies the last answer to a conversion alone, such as `to hex`.
pub(super) fn operators() -> impl Iterator<Item = (KeyEvent, EventHandler)> {
    OPERATORS.iter().map(|key| {
        let command = move |context: &EventContext<'_>| {
            let is_first = context.line().is_empty();
            is_first.then(|| Cmd::Insert(1, format!("ans {key}")))
        };
        (KeyEvent::from(*key), binding(command))
    })
}

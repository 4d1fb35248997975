//! rustyline on a thread of its own.
//!
//! `readline` blocks until Enter is pressed: on a thread of the runtime it would
//! hold up every call, and the runtime's end.

mod completion;
mod highlight;
pub(super) mod history;
mod mode;
pub(super) mod preview;
mod printer;

use std::{
    borrow::Cow,
    cell::Cell,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use rustyline::{
    Behavior, Cmd, ColorMode, CompletionType, ConditionalEventHandler, Config, Context,
    EventContext, EventHandler, Helper, KeyEvent, RepeatCount,
    completion::Completer,
    error::ReadlineError,
    highlight::{CmdKind, Highlighter},
    hint::{Hint, Hinter},
    history::DefaultHistory,
    validate::{ValidationContext, ValidationResult, Validator},
};
use tokio::sync::mpsc;

use self::{
    completion::{Candidate, complete},
    highlight::highlighted,
    mode::{ControllingTerminal, RestoreOnDrop, StopKey},
    preview::{EditorReply, EditorRequest, Previews, ReplySender, previews},
};
use super::screen::{
    color::{Color, Palette, styled},
    columns,
    pointer::PROMPT,
};
use crate::repl::{ChatEvent, join_continuations, settings::Theme};

/// Names that can be listed. Nobody reads more, and rustyline counts them in 16 bits.
const CANDIDATES: usize = 10_000;

/// Lines that the history keeps.
const HISTORY: usize = 10_000;

/// What the person at the terminal did.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    /// Typed a line, or pasted several.
    Line(String),
    /// Pressed Ctrl-C: the line is thrown away.
    Interrupt,
    /// Sent bytes that are no text: the line is thrown away.
    Garbled,
    /// Pressed Ctrl-D on an empty line.
    End,
}

/// What comes from the editor.
#[derive(Debug)]
pub enum Event {
    /// What the person did.
    Input(io::Result<Input>),
    /// What is to be told with [`Editor::tell`] while the line is typed.
    EditorRequest(EditorRequest),
}

/// The editor. It owns the terminal while a line is read and never else, so that
/// answers can be printed in between.
#[derive(Debug)]
pub struct Editor {
    // Either holds one message at most: a question, or its answer.
    questions: mpsc::Sender<Theme>,
    answers: mpsc::Receiver<io::Result<Input>>,
    teller: ReplySender,
    /// The controlling terminal; `None` if the process has none.
    terminal: Option<RestoreOnDrop>,
    thread: JoinHandle<()>,
}

impl Editor {
    /// Starts the thread. Lines are kept in the file `history`; where it cannot be
    /// read or written, editing works all the same. What comes from `heard` is shown above
    /// the line that is being edited, or between two lines.
    pub fn start(
        history: Option<PathBuf>,
        color: Color,
        heard: mpsc::Receiver<ChatEvent>,
    ) -> io::Result<Self> {
        let (questions, mut asked) = mpsc::channel(1);
        let (answer, answers) = mpsc::channel(1);
        let (previews, teller) = previews();
        let terminal = ControllingTerminal::open().map(Arc::new);
        let stop_key = terminal.clone().map(StopKey::new).transpose()?;
        let of_thread = terminal.clone().map(RestoreOnDrop);
        let thread = thread::Builder::new()
            .name("editor".into())
            .spawn(move || {
                let mut lines = match Lines::new(history, color, stop_key, previews, heard) {
                    Ok(lines) => lines,
                    Err(error) => {
                        let _ = answer.blocking_send(Err(error));
                        return;
                    }
                };
                while let Some(theme) = asked.blocking_recv() {
                    // Again for each line: a shell may have changed the mode since the last.
                    if let Some(RestoreOnDrop(terminal)) = &of_thread {
                        terminal.mute();
                    }
                    if answer.blocking_send(lines.read(theme)).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self {
            questions,
            answers,
            teller,
            terminal: terminal.map(RestoreOnDrop),
            thread,
        })
    }

    /// Turns the terminal's echo off until the session ends.
    pub fn mute(&self) {
        if let Some(RestoreOnDrop(terminal)) = &self.terminal {
            terminal.mute();
        }
    }

    /// Shows the prompt. What the person does comes from [`Editor::next`].
    pub async fn ask(&self, theme: Theme) {
        // Where the thread is gone, its reason stands in the other channel.
        let _ = self.questions.send(theme).await;
    }

    /// Waits for what comes next. Nothing is lost where the future is dropped.
    pub async fn next(&mut self) -> Event {
        let gone = || Err(io::Error::other("the line editor has ended"));
        tokio::select! {
            biased;
            input = self.answers.recv() => Event::Input(input.unwrap_or_else(gone)),
            Some(wanted) = self.teller.wanted.recv() => Event::EditorRequest(wanted),
        }
    }

    /// Tells what was wanted.
    pub fn tell(&self, told: EditorReply) {
        // Where the thread is gone, its reason stands elsewhere.
        let _ = self.teller.told.send(told);
    }

    /// Gives the terminal back while the thread waits for a key: it ends with the process.
    pub fn abandon(self) {
        if let Some(RestoreOnDrop(terminal)) = &self.terminal {
            terminal.restore_below_line();
        }
    }

    /// Ends the thread, which gives the terminal back as it was.
    pub fn close(self) {
        drop((self.questions, self.teller));
        // It can only have panicked, and has said so.
        let _ = self.thread.join();
    }
}

/// The editor's side of the thread.
struct Lines {
    editor: rustyline::Editor<Assistant, DefaultHistory>,
    history: Option<PathBuf>,
    /// Whether colors may be used at all.
    is_colored: bool,
    /// Whether the line ended with Ctrl-C.
    interrupted: Arc<AtomicBool>,
}

impl Lines {
    fn new(
        history: Option<PathBuf>,
        color: Color,
        stop_key: Option<StopKey>,
        previews: Previews,
        heard: mpsc::Receiver<ChatEvent>,
    ) -> io::Result<Self> {
        // rustyline looks for itself whether there is a terminal.
        let is_colored = color.is_on(&io::stderr()) || color.is_on(&io::stdout());
        let config = Config::builder()
            .max_history_size(HISTORY)
            .and_then(|config| config.history_ignore_dups(true))
            .map_err(io_error)?
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            // A list stops at each screen; a question before it would take every key for an
            // answer, Ctrl-C as well.
            .completion_prompt_limit(usize::MAX)
            // Without colors it would not tell the highlighter when names are listed.
            .color_mode(ColorMode::Forced)
            // The terminal itself, so that standard output is for answers only. (A dumb
            // one excepted: there rustyline writes the prompt to standard output.)
            .behavior(Behavior::PreferTerm)
            .build();
        let mut editor = rustyline::Editor::with_config(config).map_err(io_error)?;
        // A dumb terminal has none.
        printer::start(editor.create_external_printer().ok(), heard)?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let lists = Arc::new(AtomicBool::new(false));
        let ctrl_c = interrupt(Arc::clone(&interrupted), Arc::clone(&lists));
        editor.bind_sequence(KeyEvent::ctrl('C'), ctrl_c);
        editor.bind_sequence(KeyEvent::ctrl('Z'), suspend(stop_key));
        editor.set_helper(Some(Assistant {
            previews,
            cursor: Cell::new(None),
            palette: None,
            lists,
        }));
        if let Some(file) = &history {
            // There is none the first time.
            let _ = editor.load_history(file);
        }
        Ok(Self {
            editor,
            history,
            is_colored,
            interrupted,
        })
    }

    fn read(&mut self, theme: Theme) -> io::Result<Input> {
        if let Some(assistant) = self.editor.helper_mut() {
            assistant.palette = Palette::of(theme).filter(|_| self.is_colored);
        }
        loop {
            match self.editor.readline(PROMPT) {
                Ok(_) if self.interrupted.swap(false, Ordering::Relaxed) => {
                    return Ok(Input::Interrupt);
                }
                Ok(line) => {
                    self.remember(&line);
                    return Ok(Input::Line(line));
                }
                Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                    return Ok(Input::Garbled);
                }
                Err(ReadlineError::Interrupted) => return Ok(Input::Interrupt),
                Err(ReadlineError::Eof) => return Ok(Input::End),
                // The window changed its size; nothing of the line is lost by reading on.
                Err(ReadlineError::Signal(_)) => {}
                Err(error) => return Err(io_error(error)),
            }
        }
    }

    /// Appends at once: whatever ends the session, the line is kept.
    fn remember(&mut self, line: &str) {
        if !line.trim().is_empty()
            && self.editor.add_history_entry(line).unwrap_or(false)
            && let Some(file) = &self.history
        {
            let _ = self.editor.append_history::<Path>(file);
        }
    }
}

fn io_error(error: ReadlineError) -> io::Error {
    match error {
        ReadlineError::Io(error) => error,
        ReadlineError::Errno(number) => io::Error::from_raw_os_error(number as i32),
        error => io::Error::other(error),
    }
}

/// What a key of ours does.
struct Key<F>(F);

impl<F: Fn() -> Cmd + Send + Sync> ConditionalEventHandler for Key<F> {
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

fn key(does: impl Fn() -> Cmd + Send + Sync + 'static) -> EventHandler {
    EventHandler::Conditional(Box::new(Key(does)))
}

/// Ctrl-C, which ends the line as Enter does: rustyline's own way would also throw away what
/// was typed behind it, and leave a preview on the screen. It ends a list of names as `q` does.
fn interrupt(interrupted: Arc<AtomicBool>, lists: Arc<AtomicBool>) -> EventHandler {
    key(move || {
        if lists.load(Ordering::Relaxed) {
            return Cmd::SelfInsert(1, 'q');
        }
        interrupted.store(true, Ordering::Relaxed);
        Cmd::AcceptLine
    })
}

/// Ctrl-Z, which stops the process group.
fn suspend(stop_key: Option<StopKey>) -> EventHandler {
    key(move || {
        if let Some(stop_key) = &stop_key {
            stop_key.press();
        }
        Cmd::Repaint
    })
}

/// What helps while a line is typed.
struct Assistant {
    previews: Previews,
    /// Where the cursor is; none where the line is done.
    cursor: Cell<Option<usize>>,
    /// The colors; `None` for plain text.
    palette: Option<&'static Palette>,
    /// Whether names are listed.
    lists: Arc<AtomicBool>,
}

impl Assistant {
    fn dimmed(&self, text: &str) -> String {
        match self.palette {
            Some(palette) => styled(palette.dim, text),
            None => text.to_owned(),
        }
    }
}

/// An answer behind the cursor, which no key takes over.
struct Shown(String);

impl Hint for Shown {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Completer for Assistant {
    type Candidate = Candidate;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Candidate>)> {
        let (start, mut candidates) = complete(line, cursor, || self.previews.names());
        if candidates.len() > CANDIDATES {
            candidates.clear();
        }
        let columns = columns();
        let candidates = candidates.into_iter().map(|it| it.within(columns));
        Ok((start, candidates.collect()))
    }
}

impl Hinter for Assistant {
    type Hint = Shown;

    fn hint(&self, line: &str, cursor: usize, _: &Context<'_>) -> Option<Shown> {
        let answer = self.previews.answer(line)?;
        (cursor == line.len()).then(|| {
            Shown(if self.palette.is_some() {
                format!("  {answer}")
            } else {
                // Nothing else tells it from what was typed.
                format!("  [{answer}]")
            })
        })
    }
}

impl Highlighter for Assistant {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        self.lists.store(false, Ordering::Relaxed);
        let Some(palette) = self.palette else {
            return line.into();
        };
        let fault = self.previews.fault(line);
        highlighted(line, self.cursor.get(), fault, palette).into()
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        self.dimmed(hint).into()
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        self.lists.store(true, Ordering::Relaxed);
        match candidate.find("  ") {
            Some(end) => (candidate[..end].to_owned() + &self.dimmed(&candidate[end..])).into(),
            None => candidate.into(),
        }
    }

    fn highlight_char(&self, _: &str, cursor: usize, kind: CmdKind) -> bool {
        let is_done = kind == CmdKind::ForcedRefresh;
        self.cursor.set((!is_done).then_some(cursor));
        // Any key can change what belongs to what.
        !is_done
    }
}

impl Validator for Assistant {
    /// A line goes on while a parenthesis is open, unless its last part is blank: so there
    /// is a way out.
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        let is_given_up = text
            .rsplit_once('\n')
            .is_some_and(|(_, last)| last.trim().is_empty());
        if join_continuations(text).is_open && !is_given_up {
            return Ok(ValidationResult::Incomplete);
        }
        Ok(ValidationResult::Valid(None))
    }
}

impl Helper for Assistant {}

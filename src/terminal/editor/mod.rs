//! The line editor: rustyline on its own thread.
//!
//! `readline` blocks until the user presses Enter. On a thread of the Tokio runtime it would delay
//! every call and the shutdown of the runtime.

mod completion;
mod highlight;
pub(super) mod history;
mod keys;
mod mode;
pub(super) mod preview;
mod printer;
mod typed_line;

use std::{
    borrow::Cow,
    cell::Cell,
    io::{self, Write as _},
    mem,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
};

use rustyline::{
    Behavior, ColorMode, CompletionType, Config, Context, Helper, KeyEvent,
    completion::Completer,
    error::ReadlineError,
    highlight::{CmdKind, Highlighter},
    hint::{Hint, Hinter},
    history::DefaultHistory,
    validate::{ValidationContext, ValidationResult, Validator},
};
use tokio::sync::{OwnedMutexGuard, mpsc};

use self::{
    completion::{CompletionCandidate, complete},
    highlight::highlighted,
    history::HistoryFile,
    keys::{HistoryWalk, interrupt, operators, suspend},
    mode::{ControllingTerminal, RestoreOnDrop, StopKey},
    preview::{EditorReply, EditorRequest, Previews, ReplySender, previews},
    printer::Editing,
    typed_line::LatestLine,
};
use super::screen::{
    color::{Color, Palette, styled},
    columns,
    pointer::PROMPT,
};
use crate::{
    repl::{ChatEvent, join_continuations, settings::Theme},
    text::io_error,
};

/// The maximum number of names that Tab lists; if there are more, Tab lists none.
///
/// rustyline counts the names in 16 bits.
const CANDIDATES: usize = 10_000;

/// The maximum number of lines in the history.
const HISTORY: usize = 10_000;

/// The outcome of editing a line.
#[derive(Debug, PartialEq, Eq)]
pub enum UserInput {
    /// A typed line, or several pasted lines.
    Line(String),
    /// Ctrl-C: the line is discarded.
    Interrupt,
    /// Bytes that are not UTF-8: the line is discarded.
    InvalidUtf8,
    /// Ctrl-D on an empty line.
    End,
}

/// A message of the editor's thread to the session.
#[derive(Debug)]
pub enum EditorEvent {
    /// The user has ended the line, or reading it has failed.
    Input(io::Result<UserInput>),
    /// A request while the user types. The session replies with [`Editor::reply`].
    Request(EditorRequest),
}

/// The line editor. It uses the terminal only while it reads a line, so that answers can be printed
/// between two lines.
#[derive(Debug)]
pub struct Editor {
    /// Sends a theme to the thread, which then reads a line in the colors of this theme.
    ///
    /// This channel and the channel of `inputs` hold at most one message each.
    prompts: mpsc::Sender<Theme>,
    inputs: mpsc::Receiver<io::Result<UserInput>>,
    replies: ReplySender,
    /// The controlling terminal; `None` if the process has none.
    terminal: Option<RestoreOnDrop>,
    thread: JoinHandle<()>,
}

impl Editor {
    /// Starts the editor's thread. The caller must be in a Tokio runtime.
    ///
    /// The file `history` keeps the lines; the first error in writing this file is printed. The
    /// thread prints each of `events` above the line that is being edited, or between two lines.
    pub fn start(
        history: Option<PathBuf>,
        color: Color,
        events: mpsc::Receiver<ChatEvent>,
    ) -> io::Result<Self> {
        let (prompts, mut prompted) = mpsc::channel(1);
        let (input, inputs) = mpsc::channel(1);
        let (previews, replies) = previews();
        let terminal = ControllingTerminal::open().map(Arc::new);
        let stop_key = terminal.clone().map(StopKey::new).transpose()?;
        let thread_terminal = terminal.clone().map(RestoreOnDrop);
        let thread = thread::Builder::new()
            .name("editor".into())
            .spawn(move || {
                let mut lines = match Lines::new(history, color, stop_key, previews, events) {
                    Ok(lines) => lines,
                    Err(error) => {
                        let _ = input.blocking_send(Err(error));
                        return;
                    }
                };
                while let Some(theme) = prompted.blocking_recv() {
                    // Repeated for each line, since a shell may have changed the mode.
                    if let Some(RestoreOnDrop(terminal)) = &thread_terminal {
                        terminal.mute();
                    }
                    if input.blocking_send(lines.read(theme)).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self {
            prompts,
            inputs,
            replies,
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

    /// Shows the prompt. [`Editor::next`] returns the line that the user types.
    pub async fn prompt(&self, theme: Theme) {
        // The receiver is dropped only after an error, which `next` returns.
        let _ = self.prompts.send(theme).await;
    }

    /// Waits for the next event. Cancel safe: dropping the future loses no event.
    pub async fn next(&mut self) -> EditorEvent {
        let gone = || Err(io::Error::other("the line editor has ended"));
        tokio::select! {
            biased;
            input = self.inputs.recv() => EditorEvent::Input(input.unwrap_or_else(gone)),
            Some(request) = self.replies.requests.recv() => EditorEvent::Request(request),
        }
    }

    /// Replies to a request of the editor.
    pub fn reply(&self, reply: EditorReply) {
        // The receiver is dropped only after an error, which `next` returns.
        let _ = self.replies.replies.send(reply);
    }

    /// Restores the terminal without waiting for the thread, which may be waiting for a key.
    ///
    /// The thread ends with the process.
    pub fn detach(self) {
        if let Some(RestoreOnDrop(terminal)) = &self.terminal {
            terminal.restore_below_line();
        }
    }

    /// Ends the thread, and restores the terminal.
    pub fn close(self) {
        drop((self.prompts, self.replies));
        // An error is a panic, which the thread has already reported.
        let _ = self.thread.join();
    }
}

/// The state of the editor's thread.
struct Lines {
    editor: rustyline::Editor<Assistant, DefaultHistory>,
    history: Option<HistoryFile>,
    /// Whether the user was told that the history file cannot be written.
    is_history_broken: bool,
    /// Whether `--color` and `NO_COLOR` allow colors. The theme of each line chooses the colors.
    is_colored: bool,
    /// Whether Ctrl-C ended the line.
    interrupted: Arc<AtomicBool>,
    /// Whether a line is being edited; `None` on a dumb terminal, which needs no lock.
    editing: Option<Editing>,
}

impl Lines {
    fn new(
        history: Option<PathBuf>,
        color: Color,
        stop_key: Option<StopKey>,
        previews: Previews,
        events: mpsc::Receiver<ChatEvent>,
    ) -> io::Result<Self> {
        // The editor uses the terminal even if one of the two streams is redirected.
        let is_colored = color.is_on(&io::stderr()) || color.is_on(&io::stdout());
        let config = Config::builder()
            .max_history_size(HISTORY)
            .and_then(|config| config.history_ignore_dups(true))
            .map_err(io_error)?
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            // A list stops after each screen. rustyline's question before a long list would treat
            // every key as an answer, even Ctrl-C.
            .completion_prompt_limit(usize::MAX)
            // Without colors rustyline would not call the highlighter when names are listed.
            .color_mode(ColorMode::Forced)
            // rustyline writes to the terminal directly, so that standard output holds only
            // answers. (On a dumb terminal it writes the prompt to standard output.)
            .behavior(Behavior::PreferTerm)
            .build();
        let mut editor = rustyline::Editor::with_config(config).map_err(io_error)?;
        // Dumb terminals have no external printer.
        let printer = editor.create_external_printer().ok();
        let editing = printer.is_some().then(Editing::default);
        printer::start(printer.zip(editing.clone()), events)?;
        let interrupted = Arc::new(AtomicBool::new(false));
        let lists = Arc::new(AtomicBool::new(false));
        let ctrl_c = interrupt(Arc::clone(&interrupted), Arc::clone(&lists));
        editor.bind_sequence(KeyEvent::ctrl('C'), ctrl_c);
        editor.bind_sequence(KeyEvent::ctrl('Z'), suspend(stop_key));
        let walk = Arc::<HistoryWalk>::default();
        for (key, handler) in keys::history(&walk).into_iter().chain(operators()) {
            editor.bind_sequence(key, handler);
        }
        editor.set_helper(Some(Assistant {
            previews,
            latest: LatestLine::default(),
            walk,
            cursor: Cell::new(None),
            palette: None,
            lists,
            starting: Cell::new(None),
        }));
        let history = history.map(HistoryFile::new);
        let loaded = match &history {
            Some(file) => file.load(editor.history_mut(), HISTORY),
            None => Ok(()),
        };
        let mut lines = Self {
            editor,
            history,
            is_history_broken: false,
            is_colored,
            interrupted,
            editing,
        };
        lines.report_history(loaded);
        Ok(lines)
    }

    fn read(&mut self, theme: Theme) -> io::Result<UserInput> {
        if let Some(assistant) = self.editor.helper_mut() {
            assistant.palette = Palette::of(theme).filter(|_| self.is_colored);
        }
        loop {
            match self.read_line() {
                Ok(_) if self.interrupted.swap(false, Ordering::Relaxed) => {
                    return Ok(UserInput::Interrupt);
                }
                Ok(line) => {
                    self.remember(&line);
                    return Ok(UserInput::Line(line));
                }
                Err(ReadlineError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                    return Ok(UserInput::InvalidUtf8);
                }
                Err(ReadlineError::Interrupted) => return Ok(UserInput::Interrupt),
                Err(ReadlineError::Eof) => return Ok(UserInput::End),
                // The window was resized. rustyline keeps the line for the next read.
                Err(ReadlineError::Signal(_)) => {}
                Err(error) => return Err(io_error(error)),
            }
        }
    }

    fn read_line(&mut self) -> rustyline::Result<String> {
        let Some(editing) = self.editing.clone() else {
            return self.editor.readline(PROMPT);
        };
        let starting = Arc::clone(&editing).blocking_lock_owned();
        if let Some(assistant) = self.editor.helper() {
            assistant.starting.set(Some(starting));
        }
        let line = self.editor.readline(PROMPT);
        if let Some(assistant) = self.editor.helper() {
            drop(assistant.starting.take());
        }
        *editing.blocking_lock() = false;
        line
    }

    /// Adds a line to the history, and immediately appends it to the file.
    ///
    /// The file then has the line even if the process is killed.
    fn remember(&mut self, line: &str) {
        if !line.trim().is_empty()
            && self.editor.add_history_entry(line).unwrap_or(false)
            && let Some(file) = &self.history
        {
            let appended = file.append(line);
            self.report_history(appended);
        }
    }

    /// Tells the user once if the history file cannot be written.
    fn report_history(&mut self, written: io::Result<()>) {
        if let Err(error) = written
            && !mem::replace(&mut self.is_history_broken, true)
        {
            let error = io_error::describe(&error);
            let notice = format!("grpcalc: the history cannot be kept: {error}\n");
            // An error on standard error cannot be reported.
            let _ = io::stderr().write_all(notice.as_bytes());
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

/// Completion, colors and previews for rustyline.
struct Assistant {
    previews: Previews,
    /// The typed line, parsed once for the preview and the colors.
    latest: LatestLine,
    /// Whether the line is from the history.
    walk: Arc<HistoryWalk>,
    /// The byte position of the cursor; `None` after the user has ended the line.
    cursor: Cell<Option<usize>>,
    /// The colors; `None` for plain text.
    palette: Option<&'static Palette>,
    /// Whether a list of names is on the screen.
    lists: Arc<AtomicBool>,
    /// The lock of [`printer::Editing`], held until rustyline is about to draw the prompt.
    starting: Cell<Option<OwnedMutexGuard<bool>>>,
}

impl Assistant {
    fn dimmed(&self, text: &str) -> String {
        match self.palette {
            Some(palette) => styled(palette.dim, text),
            None => text.to_owned(),
        }
    }
}

/// The preview after the cursor. Unlike other hints of rustyline it cannot be inserted.
struct PreviewHint(String);

impl Hint for PreviewHint {
    fn display(&self) -> &str {
        &self.0
    }

    fn completion(&self) -> Option<&str> {
        None
    }
}

impl Completer for Assistant {
    type Candidate = CompletionCandidate;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<CompletionCandidate>)> {
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
    type Hint = PreviewHint;

    fn hint(&self, line: &str, cursor: usize, _: &Context<'_>) -> Option<PreviewHint> {
        // rustyline requests the hint in raw mode, before it draws the line.
        if let Some(mut editing) = self.starting.take() {
            *editing = true;
        }
        self.walk.observe(line);
        let answer = self.previews.answer(&self.latest.parsed(line))?;
        (cursor == line.len()).then(|| {
            PreviewHint(if self.palette.is_some() {
                format!("  {answer}")
            } else {
                // Without colors, brackets separate the preview from the typed text.
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
        highlighted(&self.latest.parsed(line), self.cursor.get(), fault, palette).into()
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
        // Each key can change which parentheses match.
        !is_done
    }
}

impl Validator for Assistant {
    /// Accepts the text if no parenthesis is open, or if its last line is blank.
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let text = context.input();
        let is_ended = text
            .rsplit_once('\n')
            .is_some_and(|(_, last)| last.trim().is_empty());
        if join_continuations(text).is_open && !is_ended {
            return Ok(ValidationResult::Incomplete);
        }
        Ok(ValidationResult::Valid(None))
    }
}

impl Helper for Assistant {}

//! rustyline on a thread of its own.
//!
//! `readline` blocks until Enter is pressed: on a thread of the runtime it would
//! hold up every call, and the runtime's end.

use std::{
    io,
    path::{Path, PathBuf},
    thread::{self, JoinHandle},
};

use rustyline::{
    Behavior, CompletionType, Config, Context, Helper, completion::Completer, error::ReadlineError,
    highlight::Highlighter, hint::Hinter, history::DefaultHistory, validate::Validator,
};
use tokio::sync::mpsc;

use super::{completion::complete, printer};
use crate::repl::Heard;

/// Lines that the history keeps.
const HISTORY: usize = 10_000;

/// What the person at the terminal did.
#[derive(Debug, PartialEq, Eq)]
pub enum Input {
    /// Typed a line, or pasted several.
    Line(String),
    /// Pressed Ctrl-C: the line is thrown away.
    Interrupt,
    /// Pressed Ctrl-D on an empty line.
    End,
}

/// The editor. It owns the terminal while a line is read and never else, so that
/// answers can be printed in between.
#[derive(Debug)]
pub struct Editor {
    // Either holds one message at most: a question, or its answer.
    questions: mpsc::Sender<()>,
    answers: mpsc::Receiver<io::Result<Input>>,
    thread: JoinHandle<()>,
}

impl Editor {
    /// Starts the thread. Lines are kept in the file `history`; where it cannot be
    /// read or written, editing works all the same. What comes from `heard` is shown above
    /// the line that is being edited, or between two lines.
    pub fn start(history: Option<PathBuf>, heard: mpsc::Receiver<Heard>) -> io::Result<Self> {
        let (questions, mut asked) = mpsc::channel(1);
        let (answer, answers) = mpsc::channel(1);
        let thread = thread::Builder::new()
            .name("editor".into())
            .spawn(move || {
                let mut lines = match Lines::new(history, heard) {
                    Ok(lines) => lines,
                    Err(error) => {
                        let _ = answer.blocking_send(Err(error));
                        return;
                    }
                };
                while let Some(()) = asked.blocking_recv() {
                    if answer.blocking_send(lines.read()).is_err() {
                        return;
                    }
                }
            })?;
        Ok(Self {
            questions,
            answers,
            thread,
        })
    }

    /// Shows the prompt and waits for what the person does.
    pub async fn read(&mut self) -> io::Result<Input> {
        // Where the thread is gone, its reason stands in the other channel.
        let _ = self.questions.send(()).await;
        let gone = || Err(io::Error::other("the line editor has ended"));
        self.answers.recv().await.unwrap_or_else(gone)
    }

    /// Ends the thread, which gives the terminal back as it was.
    pub fn close(self) {
        drop(self.questions);
        // It can only have panicked, and has said so.
        let _ = self.thread.join();
    }
}

/// The editor's side of the thread.
struct Lines {
    editor: rustyline::Editor<Completion, DefaultHistory>,
    history: Option<PathBuf>,
}

impl Lines {
    fn new(history: Option<PathBuf>, heard: mpsc::Receiver<Heard>) -> io::Result<Self> {
        let config = Config::builder()
            .max_history_size(HISTORY)
            .and_then(|config| config.history_ignore_dups(true))
            .map_err(io_error)?
            .history_ignore_space(true)
            .completion_type(CompletionType::List)
            // The terminal itself, so that standard output is for answers only. (A dumb
            // one excepted: there rustyline writes the prompt to standard output.)
            .behavior(Behavior::PreferTerm)
            .build();
        let mut editor = rustyline::Editor::with_config(config).map_err(io_error)?;
        // A dumb terminal has none.
        printer::start(editor.create_external_printer().ok(), heard)?;
        editor.set_helper(Some(Completion));
        if let Some(file) = &history {
            // There is none the first time.
            let _ = editor.load_history(file);
        }
        Ok(Self { editor, history })
    }

    fn read(&mut self) -> io::Result<Input> {
        loop {
            match self.editor.readline("> ") {
                Ok(line) => {
                    self.remember(&line);
                    return Ok(Input::Line(line));
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

struct Completion;

impl Completer for Completion {
    type Candidate = String;

    fn complete(
        &self,
        line: &str,
        cursor: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<String>)> {
        Ok(complete(line, cursor))
    }
}

impl Hinter for Completion {
    type Hint = String;
}
impl Highlighter for Completion {}
impl Validator for Completion {}
impl Helper for Completion {}

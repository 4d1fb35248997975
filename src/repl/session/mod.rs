//! What becomes of the lines that somebody types.

pub(super) mod answers;
pub(super) mod background;
mod execute;
pub(super) mod reconnect;
pub(super) mod replay_log;
mod restore;
pub(super) mod stream;
pub(super) mod worksheet;

use std::{path::PathBuf, time::Duration};

use tokio::sync::mpsc;

use self::{
    answers::{AnswerHistory, NumberedAnswer},
    background::BackgroundReply,
    execute::Prompt,
    worksheet::{CallContext, ReconnectingWorksheet},
};
use super::{
    Calls, Outcome,
    calling::{calls::LineResult, evaluation::Evaluation},
    chat::{Chat, share::Answered, subscriber::ChatEvent},
    command::{self, ParsedCommand, inspect::explainable},
    interpreter::interpret,
    settings::Settings,
};
use crate::client::{Answer, EvaluateOptions, Recorder};
use crate::explain::{self, Explained};

/// What to say, once, where lines become typed calls.
pub const LOWERED: &str =
    "this server has typed calls only: integers with + - * and a last / become such calls";

/// Definitions as text, a line each.
pub(super) fn definitions(rows: &[LineResult]) -> String {
    let mut text = String::new();
    for row in rows {
        let line = match row {
            Ok(Answer {
                name,
                text: Some(value),
                rounded,
            }) => format!("{name} {} {value}\n", if *rounded { '≈' } else { '=' }),
            Ok(answer) => format!("{}\n", answer.name),
            Err(fault) => format!("# {fault}\n"),
        };
        text += &line;
    }
    text
}

/// Who types, and how.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// What others call the user in the chat.
    pub name: String,
    /// How long an answer is waited for, and so is a connection that was lost.
    pub timeout: Duration,
    /// How lines are evaluated and answers shown.
    pub settings: Settings,
    /// The file in which settings are kept, if they can be.
    pub file: Option<PathBuf>,
}

/// Somebody who types, and somebody who answers.
pub struct Session<C: Calls> {
    calls: C,
    timeout: Duration,
    /// How long a server that is gone is looked for.
    patience: Duration,
    settings: Settings,
    /// Where they are kept.
    file: Option<PathBuf>,
    evaluation: Evaluation,
    worksheet: ReconnectingWorksheet<C>,
    /// Whether it was said that lines become typed calls.
    lowering_told: bool,
    chat: Chat,
    answers: AnswerHistory,
    /// Whether what travels is told of each line.
    tracing: bool,
    /// What travelled for the last line.
    trace: Option<String>,
}

impl<C: Calls> Session<C> {
    /// A session with whoever answers `calls`, and did so before. What is heard in the chat
    /// goes to `heard`.
    pub fn new(calls: C, profile: SessionConfig, heard: mpsc::Sender<ChatEvent>) -> Self {
        let SessionConfig {
            name,
            timeout,
            settings,
            file,
        } = profile;
        Self {
            chat: Chat::new(&name, timeout, heard),
            calls,
            timeout,
            patience: timeout,
            settings,
            file,
            evaluation: Evaluation::Worksheet,
            worksheet: ReconnectingWorksheet::default(),
            lowering_told: false,
            answers: AnswerHistory::default(),
            tracing: false,
            trace: None,
        }
    }

    /// The same, but every line is evaluated by itself, and nobody is looked for.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.evaluation = Evaluation::Alone;
        self.patience = Duration::ZERO;
        self
    }

    /// How answers are to be shown.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// From here on answers are shown so.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// The number of the newest answer, from 1; 0 where there is none.
    #[must_use]
    pub fn newest(&self) -> usize {
        self.answers.newest()
    }

    /// What travelled for the last line, where that is wanted.
    pub fn take_trace(&mut self) -> Option<String> {
        self.trace.take()
    }

    /// Reads `line` as a command or as a line of the language, and does what it asks
    /// for. What is to be said meanwhile goes to `notice`.
    ///
    /// Where the future is dropped, [`Session::interrupt`] comes next.
    pub async fn answer(&mut self, line: &str, notice: &mut impl FnMut(&str)) -> Outcome {
        self.worksheet.abandon_previews();
        let recorder = self.calls.recorder().filter(|_| self.tracing);
        if let Some(recorder) = &recorder {
            self.start(recorder).await;
        }
        let parsed = command::parse(line);
        let calling_line = parsed.as_ref().map_or(line, ParsedCommand::calling_line);
        let outcome = interpret(&mut Prompt::new(self, notice), parsed).await;
        if let Some(recorder) = &recorder {
            let exchanges = recorder.stop();
            self.trace = Some(explain::trace(&exchanges)).filter(|trace| !trace.is_empty());
        }
        self.keep(calling_line, &outcome);
        outcome
    }

    /// Numbers what a line came to.
    fn keep(&mut self, line: &str, outcome: &Outcome) {
        if let Some(reply) = outcome.reply().filter(|reply| reply.is_said())
            && !matches!(outcome, Outcome::Recalled(_))
        {
            self.answers.push(NumberedAnswer {
                answered: Answered {
                    line: line.into(),
                    reply: reply.clone(),
                },
                angle: self.settings.options.angle,
            });
        }
    }

    /// Answers a line, and tells how. As with [`Session::answer`].
    pub async fn explain(&mut self, line: &str, notice: &mut impl FnMut(&str)) -> Outcome {
        match explainable(line) {
            Ok(parsed) => self.explain_parsed(parsed, notice).await,
            Err(fault) => Outcome::Unsendable(fault),
        }
    }

    async fn explain_parsed(
        &mut self,
        parsed: ParsedCommand<'_>,
        notice: &mut impl FnMut(&str),
    ) -> Outcome {
        let Some(recorder) = self.calls.recorder() else {
            let message = "nothing was recorded of this connection".into();
            return Outcome::fault("UNRECORDED", message, "");
        };
        self.start(&recorder).await;
        // Boxed, since an interpreter runs within another.
        let outcome = Box::pin(interpret(&mut Prompt::new(self, notice), Ok(parsed))).await;
        let explained = Explained {
            exchanges: &recorder.stop(),
            outcome: &outcome,
        };
        let text = explained.text();
        Outcome::Explained(Box::new(outcome), text)
    }

    /// Begins to record, when nothing is under way any more that belongs to no line.
    async fn start(&mut self, recorder: &Recorder) {
        self.worksheet.finish(self.timeout).await;
        recorder.start();
    }

    /// Stops what runs. The outcome is that of a line which had been answered just then.
    pub async fn interrupt(&mut self) -> Outcome {
        self.worksheet.interrupt().await
    }

    /// Asks what `line` would answer, for [`Session::aside`].
    ///
    /// Whether it was asked: where previews are off, the server has no worksheets, or too
    /// much is under way, it is not.
    pub async fn preview(&mut self, line: String) -> bool {
        if self.evaluation != Evaluation::Worksheet || !self.settings.preview {
            return false;
        }
        let context = context(&self.calls, self.settings.options, self.timeout);
        self.worksheet.ask_preview(line, context).await
    }

    /// Asks for the preview that had to wait until others came.
    pub async fn preview_waiting(&mut self) {
        self.worksheet.ask_waiting().await;
    }

    /// Whether something was bound since the definitions were asked for.
    #[must_use]
    pub fn has_new_names(&self) -> bool {
        self.worksheet.has_new_names()
    }

    /// Asks for the definitions, for [`Session::aside`]. Whether it was asked: where there can
    /// be none, it is not.
    pub async fn definitions(&mut self) -> bool {
        self.worksheet.ask_names(self.settings.options).await
    }

    /// Waits for what was asked on the side. Nothing is lost where the future is dropped.
    pub async fn aside(&mut self) -> BackgroundReply {
        self.worksheet.background_reply(self.timeout).await
    }
}

fn context<C: Calls>(calls: &C, options: EvaluateOptions, timeout: Duration) -> CallContext<'_, C> {
    CallContext {
        calls,
        options,
        timeout,
    }
}

//! An interactive session: lines in, outcomes out, over one connection.

pub(super) mod answers;
pub(super) mod background;
mod execute;
mod file;
pub(super) mod reconnect;
mod replay;
pub(super) mod replay_log;
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
    chat::{ChatSession, share::AnsweredLine, subscriber::ChatEvent},
    command::{self, ParsedCommand, inspect::explainable},
    interpreter::interpret_at_prompt,
    settings::Settings,
};
use crate::client::{Answer, EvaluateOptions, Recorder};
use crate::explain::{self, Explanation};

/// The notice, given once, that lines become typed calls.
pub const LOWERED: &str =
    "this server has typed calls only: integers with + - * and a last / become such calls";

/// Returns definitions as text, a line each.
pub(super) fn definitions(names: &[LineResult]) -> String {
    let mut text = String::new();
    for name in names {
        let line = match name {
            Ok(Answer {
                name,
                text: Some(value),
                rounded,
                ..
            }) => format!("{name} {} {value}\n", if *rounded { '≈' } else { '=' }),
            Ok(answer) => format!("{}\n", answer.name),
            Err(fault) => format!("# {fault}\n"),
        };
        text += &line;
    }
    text
}

/// The user, the deadline and the settings of a session.
#[derive(Clone, Debug)]
pub struct SessionConfig {
    /// The name of the user in the chat.
    pub name: String,
    /// How long to wait for an answer, and for a connection that was lost.
    pub timeout: Duration,
    /// How lines are evaluated and answers are shown.
    pub settings: Settings,
    /// The file in which settings are saved, if there is a directory for it.
    pub file: Option<PathBuf>,
}

/// A session: a connection, a worksheet, a chat, the settings and the answers so far.
pub struct Session<C: Calls> {
    calls: C,
    timeout: Duration,
    /// How long to try to reconnect to a lost server.
    patience: Duration,
    settings: Settings,
    /// The file in which the settings are saved.
    file: Option<PathBuf>,
    evaluation: Evaluation,
    worksheet: ReconnectingWorksheet<C>,
    /// Whether [`LOWERED`] was shown.
    lowering_told: bool,
    chat: ChatSession,
    answers: AnswerHistory,
    /// Whether the calls of each line are traced.
    tracing: bool,
    /// The trace of the last line.
    trace: Option<String>,
}

impl<C: Calls> Session<C> {
    /// Creates a session over `calls`. Notes and notices of the chat go to `events`.
    pub fn new(calls: C, config: SessionConfig, events: mpsc::Sender<ChatEvent>) -> Self {
        let SessionConfig {
            name,
            timeout,
            settings,
            file,
        } = config;
        Self {
            chat: ChatSession::new(&name, timeout, events),
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

    /// Evaluates every line by itself from here on, and does not reconnect.
    #[must_use]
    pub fn alone(mut self) -> Self {
        self.evaluation = Evaluation::Alone;
        self.patience = Duration::ZERO;
        self
    }

    /// Returns the settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Replaces the settings.
    pub fn set_settings(&mut self, settings: Settings) {
        self.settings = settings;
    }

    /// Returns the number of the newest answer, from 1, or 0 if there is none.
    #[must_use]
    pub fn newest(&self) -> usize {
        self.answers.newest()
    }

    /// Takes the trace of the last line, if tracing is on and the line made a call.
    pub fn take_trace(&mut self) -> Option<String> {
        self.trace.take()
    }

    /// Parses a line and runs it. Messages that come before the outcome go to `notice`.
    ///
    /// If the future is dropped, call [`Session::interrupt`] next.
    pub async fn answer(&mut self, line: &str, notice: &mut impl FnMut(&str)) -> Outcome {
        self.worksheet.abandon_previews();
        let recorder = self.calls.recorder().filter(|_| self.tracing);
        if let Some(recorder) = &recorder {
            self.start(recorder).await;
        }
        let parsed = command::parse(line);
        let calling_line = parsed.as_ref().map_or(line, ParsedCommand::calling_line);
        let outcome = interpret_at_prompt(&mut Prompt::new(self, notice), parsed).await;
        if let Some(recorder) = &recorder {
            let exchanges = recorder.stop();
            self.trace = Some(explain::trace(&exchanges)).filter(|trace| !trace.is_empty());
        }
        self.keep(calling_line, &outcome);
        outcome
    }

    /// Adds the answer of a line to the numbered answers.
    fn keep(&mut self, line: &str, outcome: &Outcome) {
        if let Some(reply) = outcome.reply().filter(|reply| reply.is_computed())
            && !matches!(outcome, Outcome::Recalled(_))
        {
            self.answers.push(NumberedAnswer {
                answered: AnsweredLine {
                    line: line.into(),
                    reply: reply.clone(),
                },
                angle: self.settings.options.angle,
            });
        }
    }

    /// Answers a line and describes its call. Works like [`Session::answer`] otherwise.
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
            let message = "this connection was not recorded".into();
            return Outcome::fault("UNRECORDED", message, "");
        };
        self.start(&recorder).await;
        // Boxed, since an interpreter runs within another.
        let outcome = Box::pin(interpret_at_prompt(
            &mut Prompt::new(self, notice),
            Ok(parsed),
        ))
        .await;
        let explanation = Explanation::new(&recorder.stop(), outcome.line_result());
        Outcome::Explained(Box::new(outcome), Box::new(explanation))
    }

    /// Starts recording, when no request of an earlier line is in flight.
    async fn start(&mut self, recorder: &Recorder) {
        self.worksheet.finish(self.timeout).await;
        recorder.start();
    }

    /// Cancels all that is in flight. Returns the outcome of the line, if it was answered just then.
    pub async fn interrupt(&mut self) -> Outcome {
        self.worksheet.interrupt().await
    }

    /// Requests the answer that `line` would have, for [`Session::aside`].
    ///
    /// Returns whether it is requested: not if previews are off, the server has no worksheets,
    /// or too many requests are in flight.
    pub async fn preview(&mut self, line: String) -> bool {
        if self.evaluation != Evaluation::Worksheet || !self.settings.preview {
            return false;
        }
        let context = context(&self.calls, self.settings.options, self.timeout);
        self.worksheet.ask_preview(line, context).await
    }

    /// Requests the preview that had to wait for others.
    pub async fn preview_waiting(&mut self) {
        self.worksheet.ask_waiting().await;
    }

    /// Whether a name was bound since the definitions were requested.
    #[must_use]
    pub fn has_new_names(&self) -> bool {
        self.worksheet.has_new_names()
    }

    /// Requests the definitions, for [`Session::aside`]. Returns whether they are requested.
    pub async fn definitions(&mut self) -> bool {
        self.worksheet.ask_names(self.settings.options).await
    }

    /// Waits for the next reply to a background request. Cancel safe.
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

#[cfg(test)]
mod tests;

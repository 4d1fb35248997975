//! An interactive session: runs lines over one connection, and returns their outcomes.

mod answers;
pub(super) mod background;
mod execute;
mod file;
pub(super) mod reconnect;
pub(super) mod replay;
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
use crate::explain::{CallSummary, Explanation};
use crate::server::OwnLimits;

/// The notice about a server that supports only typed calls. A session shows the notice once.
pub const LOWERED: &str =
    "this server supports only typed calls: expressions can have integers, + - * and a final /";

/// Returns a text with one definition on each line.
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
    /// The maximum time to wait for an answer, and to reconnect to a lost server.
    pub timeout: Duration,
    /// How lines are evaluated and answers are shown.
    pub settings: Settings,
    /// The limits of the embedded server for the lines of the session. `None` if the server is another
    /// process, whose limits the session cannot change.
    pub own: Option<OwnLimits>,
    /// The file in which settings are saved. `None` if there is no configuration directory.
    pub file: Option<PathBuf>,
}

/// A session: a connection, a worksheet, a chat, the settings, and the answers of the session.
pub struct Session<C: Calls> {
    calls: C,
    own: Option<OwnLimits>,
    timeout: Duration,
    /// The maximum time to try to reconnect to a lost server.
    patience: Duration,
    settings: Settings,
    /// The file in which the settings are saved.
    file: Option<PathBuf>,
    evaluation: Evaluation,
    worksheet: ReconnectingWorksheet<C>,
    /// Whether the notice [`LOWERED`] was shown.
    lowering_told: bool,
    chat: ChatSession,
    answers: AnswerHistory,
    /// Whether the calls of each line are traced.
    tracing: bool,
}

impl<C: Calls> Session<C> {
    /// Creates a session that makes its calls with `calls`. Notes and notices of the chat are sent
    /// to `events`.
    pub fn new(calls: C, config: SessionConfig, events: mpsc::Sender<ChatEvent>) -> Self {
        let SessionConfig {
            name,
            timeout,
            settings,
            own,
            file,
        } = config;
        if let Some(own) = &own {
            own.set(settings.limits);
        }
        Self {
            own,
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
        }
    }

    /// Makes the session evaluate each line without a worksheet, and never reconnect to a lost
    /// server.
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

    /// Returns the number of the newest answer, counted from 1, or 0 if there is no answer.
    #[must_use]
    pub fn newest(&self) -> usize {
        self.answers.newest()
    }

    /// Parses a line and runs it. Calls `notice` with each message that precedes the outcome.
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
        self.keep(calling_line, &outcome);
        match recorder {
            Some(recorder) => {
                outcome.traced(recorder.stop().iter().map(CallSummary::new).collect())
            }
            None => outcome,
        }
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

    /// Runs a line like [`Session::answer`], and describes the calls that the line made.
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
            let message = "the calls of this connection are not recorded".into();
            return Outcome::fault("UNRECORDED", message, "");
        };
        self.start(&recorder).await;
        // Boxed, since an interpreter runs within another.
        let outcome = Box::pin(interpret_at_prompt(
            &mut Prompt::new(self, notice),
            Ok(parsed),
        ))
        .await;
        let explanation = Explanation::new(&recorder.stop(), outcome.explained_result());
        Outcome::Explained(Box::new(outcome), Box::new(explanation))
    }

    /// Waits until the requests of earlier lines are answered, and then starts the recorder.
    async fn start(&mut self, recorder: &Recorder) {
        self.worksheet.finish(self.timeout).await;
        recorder.start();
    }

    /// Cancels all requests in flight. Returns the outcome of the running line if its answer
    /// arrives in time. Otherwise, returns a fault: the line was cancelled.
    pub async fn interrupt(&mut self) -> Outcome {
        self.worksheet.interrupt().await
    }

    /// Requests the preview of `line`: the answer that the line would have if it ran now.
    /// [`Session::aside`] returns the preview.
    ///
    /// Returns whether the preview is requested now or will be requested later. Returns false if
    /// previews are off or cannot be computed now.
    pub async fn preview(&mut self, line: String) -> bool {
        if self.evaluation != Evaluation::Worksheet || !self.settings.preview {
            return false;
        }
        let context = context(&self.calls, self.settings.options, self.timeout);
        self.worksheet.ask_preview(line, context).await
    }

    /// Requests the preview that is waiting, unless too many requests are in flight.
    pub async fn preview_waiting(&mut self) {
        self.worksheet.ask_waiting().await;
    }

    /// Whether a name was defined since the last request for the definitions.
    #[must_use]
    pub fn has_new_names(&self) -> bool {
        self.worksheet.has_new_names()
    }

    /// Requests the definitions of the worksheet. [`Session::aside`] returns the definitions.
    ///
    /// Returns whether the definitions are requested.
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

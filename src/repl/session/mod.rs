//! What becomes of the lines that somebody types.

pub(super) mod answers;
pub(super) mod reconnect;
pub(super) mod replay_log;
pub(super) mod stream;
pub(super) mod worksheet;

use std::{mem, path::PathBuf, time::Duration};

use tokio::sync::mpsc;

use self::{
    answers::{Answers, Numbered},
    reconnect::reconnect,
    worksheet::{BackgroundReply, CallContext, ReconnectingWorksheet, connected},
};
use super::{
    Calls, Outcome,
    calling::{
        calls::LineResult,
        discovery::discover,
        evaluation::{Evaluation, evaluate},
    },
    chat::{Chat, Talk, share::Answered, subscriber::ChatEvent},
    command::{self, Command, Operand, Rest, Set, Word, help::help, operand},
    settings::{SETTINGS, Settings, file},
};
use crate::client::{
    Answer, Call, EvaluateOptions, Method, Recorder, Reply, Request, WorksheetRequest,
};
use crate::explain::{self, Explained};

/// What to say, once, where lines become typed calls.
pub const LOWERED: &str =
    "this server has typed calls only: integers with + - * and a last / become such calls";

/// The reason of a fault that has to do with files.
const FILE: &str = "FILE";

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
    sheet: ReconnectingWorksheet<C>,
    /// Whether it was said that lines become typed calls.
    said: bool,
    chat: Chat,
    answers: Answers,
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
            sheet: ReconnectingWorksheet::default(),
            said: false,
            answers: Answers::default(),
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
        self.sheet.abandon_previews();
        let recorder = self.calls.recorder().filter(|_| self.tracing);
        if let Some(recorder) = &recorder {
            self.start(recorder).await;
        }
        let outcome = self.obey(line, notice).await;
        if let Some(recorder) = &recorder {
            let exchanges = recorder.stop();
            self.trace = Some(explain::trace(&exchanges)).filter(|trace| !trace.is_empty());
        }
        let line = match (&outcome, command::parse(line)) {
            (Outcome::Explained(..), Ok(Command::Explain(rest))) => rest.line,
            _ => line,
        };
        self.keep(line, &outcome);
        outcome
    }

    /// Numbers what a line came to.
    fn keep(&mut self, line: &str, outcome: &Outcome) {
        if let Some(reply) = outcome.reply().filter(|reply| reply.is_said())
            && !matches!(outcome, Outcome::Recalled(_))
        {
            self.answers.push(Numbered {
                answered: Answered {
                    line: line.into(),
                    reply: reply.clone(),
                },
                angle: self.settings.options.angle,
            });
        }
    }

    async fn obey(&mut self, line: &str, notice: &mut impl FnMut(&str)) -> Outcome {
        let command = match command::parse(line) {
            Ok(Command::Explain(Rest { line, column })) => {
                return self.explain(line, notice).await.behind(column);
            }
            command => command,
        };
        match command {
            Ok(command) => self.perform(command, line, notice).await,
            Err(fault) => Outcome::Unsendable(fault),
        }
    }

    async fn perform(
        &mut self,
        command: Command<'_>,
        line: &str,
        notice: &mut impl FnMut(&str),
    ) -> Outcome {
        match command {
            Command::Nothing | Command::Explain(_) => Outcome::Silence,
            Command::Call(method, operands) => self.call(method, operands, notice).await,
            Command::Evaluate => self.evaluate(line, notice).await,
            Command::Names => self.names(notice).await,
            Command::Clear => {
                self.sheet.clear();
                self.answers = Answers::default();
                Outcome::Silence
            }
            Command::Discover(inquiry) => {
                let attempt = async |calls: &C| discover(calls, inquiry.clone()).await;
                self.call_with_retry(attempt, notice).await
            }
            Command::Talk(talk) => {
                let (chat, last) = (self.chat.clone(), self.answers.last().cloned());
                let attempt = async |calls: &C| chat.talk(calls, talk, last.as_ref()).await;
                let outcome = self.call_with_retry(attempt, notice).await;
                match &outcome {
                    Outcome::Answer(reply) => self.sheet.replied(reply),
                    Outcome::Silence if talk == Talk::Join => self.chat.greet().await,
                    _ => {}
                }
                outcome
            }
            Command::Set(set) => self.set(set).await,
            Command::Answers(None) => Outcome::Text(self.answers.list()),
            Command::Answers(Some(number)) => self.recall(number, notice).await,
            Command::Save(path) => self.save(path).await,
            Command::Load(path) => match file::load(path).await {
                Ok(sheaf) => Outcome::Load(sheaf),
                Err(error) => Outcome::fault(FILE, error.to_string(), ""),
            },
            Command::Trace(on) => {
                self.tracing = on;
                Outcome::Silence
            }
            Command::Help(topic) => Outcome::Text(help(topic)),
            Command::Quit => Outcome::Quit,
        }
    }

    /// Answers a line, and tells how. As with [`Session::answer`].
    pub async fn explain(&mut self, line: &str, notice: &mut impl FnMut(&str)) -> Outcome {
        let command = match command::explainable(line) {
            Ok(command) => command,
            Err(fault) => return Outcome::Unsendable(fault),
        };
        let Some(recorder) = self.calls.recorder() else {
            let message = "nothing was recorded of this connection".into();
            return Outcome::fault("UNRECORDED", message, "");
        };
        self.start(&recorder).await;
        let outcome = self.perform(command, line, notice).await;
        let explained = Explained {
            exchanges: &recorder.stop(),
            outcome: &outcome,
        };
        let text = explained.text();
        Outcome::Explained(Box::new(outcome), text)
    }

    /// Begins to record, when nothing is under way any more that belongs to no line.
    async fn start(&mut self, recorder: &Recorder) {
        self.sheet.finish(self.timeout).await;
        recorder.start();
    }

    /// Stops what runs. The outcome is that of a line which had been answered just then.
    pub async fn interrupt(&mut self) -> Outcome {
        self.sheet.interrupt().await
    }

    /// Asks what `line` would answer, for [`Session::aside`].
    ///
    /// Whether it was asked: where previews are off, the server has no worksheets, or too
    /// much is under way, it is not.
    pub async fn preview(&mut self, line: String) -> bool {
        if self.evaluation != Evaluation::Worksheet || !self.settings.preview {
            return false;
        }
        let terms = terms(&self.calls, self.settings.options, self.timeout);
        self.sheet.ask_preview(line, terms).await
    }

    /// Asks for the preview that had to wait until others came.
    pub async fn preview_waiting(&mut self) {
        self.sheet.ask_waiting().await;
    }

    /// Whether something was bound since the definitions were asked for.
    #[must_use]
    pub fn has_new_names(&self) -> bool {
        self.sheet.has_new_names()
    }

    /// Asks for the definitions, for [`Session::aside`]. Whether it was asked: where there can
    /// be none, it is not.
    pub async fn definitions(&mut self) -> bool {
        self.sheet.ask_names(self.settings.options).await
    }

    /// Waits for what was asked on the side. Nothing is lost where the future is dropped.
    pub async fn aside(&mut self) -> BackgroundReply {
        self.sheet.aside(self.timeout).await
    }

    async fn call(
        &mut self,
        method: Method,
        operands: [Operand<'_>; 2],
        notice: &mut impl FnMut(&str),
    ) -> Outcome {
        let mut numbers = [0; 2];
        for (number, operand) in numbers.iter_mut().zip(operands) {
            *number = match operand {
                Operand::Integer(n) => n,
                Operand::Name(word) => match self.lookup(&word, notice).await {
                    Ok(n) => n,
                    Err(outcome) => return outcome,
                },
            };
        }
        let [n1, n2] = numbers;
        let question = Request::from(Call { method, n1, n2 });
        let attempt = async |calls: &C| calls.call(question.clone()).await.into();
        let outcome = self.call_with_retry(attempt, notice).await;
        if let Outcome::Answer(reply) = &outcome {
            self.sheet.replied(reply);
        }
        outcome
    }

    /// What `attempt` comes to. Where the server is gone, it is looked for, and the attempt
    /// made again.
    async fn call_with_retry(
        &mut self,
        attempt: impl AsyncFn(&C) -> Outcome,
        notice: &mut impl FnMut(&str),
    ) -> Outcome {
        let mut told = false;
        let again = async || match attempt(&self.calls).await {
            Outcome::Unanswered(error) if error.may_pass() => Err(error),
            outcome => Ok(outcome),
        };
        match reconnect(self.patience, &mut told, notice, again).await {
            Ok(outcome) => {
                if told {
                    self.found(notice).await;
                }
                outcome
            }
            Err(error) => Outcome::Unanswered(error),
        }
    }

    /// There is a server again, with the worksheet or without.
    async fn found(&mut self, notice: &mut impl FnMut(&str)) {
        self.sheet.lose_if_ended();
        if self.sheet.is_missing() {
            let terms = terms(&self.calls, self.settings.options, self.timeout);
            // Where that fails, the next line tries again.
            let _ = self.sheet.restore(&mut true, terms, notice).await;
        } else {
            notice(&connected(&self.calls));
        }
    }

    /// The integer that a name stands for.
    async fn lookup(
        &mut self,
        word: &Word<'_>,
        notice: &mut impl FnMut(&str),
    ) -> Result<i32, Outcome> {
        if matches!(word.text, "ans" | "_")
            && let Some(reply) = self.sheet.reply()
        {
            return operand::of_reply(word, reply);
        }
        if self.evaluation == Evaluation::Calls {
            return Err(operand::unknown(word));
        }
        let options = self.settings.options.decimal();
        let request = WorksheetRequest::Preview {
            text: word.text.into(),
            options,
        };
        let terms = terms(&self.calls, options, self.timeout);
        match self.sheet.ask(&request, terms, notice).await {
            Ok(rows) => match rows.into_iter().next() {
                Some(row) => operand::of_row(word, row),
                None => Err(operand::unknown(word)),
            },
            Err(error) if error.is_unimplemented() => {
                self.evaluation = Evaluation::Calls;
                Err(operand::unknown(word))
            }
            Err(error) => Err(Outcome::Unanswered(error)),
        }
    }

    async fn names(&mut self, notice: &mut impl FnMut(&str)) -> Outcome {
        if !self.sheet.is_opened() {
            return Outcome::Text(String::new());
        }
        let options = self.settings.options;
        let terms = terms(&self.calls, options, self.timeout);
        let request = WorksheetRequest::Names { options };
        match self.sheet.ask(&request, terms, notice).await {
            Ok(rows) => Outcome::Text(definitions(&rows)),
            // There are none.
            Err(error) if error.is_unimplemented() => Outcome::Text(String::new()),
            Err(error) => Outcome::Unanswered(error),
        }
    }

    async fn evaluate(&mut self, line: &str, notice: &mut impl FnMut(&str)) -> Outcome {
        let options = self.settings.options;
        if self.evaluation == Evaluation::Worksheet {
            if let Some(fault) = self.sheet.unusable_reply(line) {
                return Outcome::Unsendable(fault);
            }
            let terms = terms(&self.calls, options, self.timeout);
            match self.sheet.run(line, terms, notice).await {
                Ok(outcome) => return outcome,
                Err(error) if error.is_unimplemented() => self.evaluation = Evaluation::Calls,
                Err(error) => return Outcome::Unanswered(error),
            }
        }
        let evaluation = self.evaluation;
        let attempt = async |calls: &C| evaluate(calls, line.to_owned(), options, evaluation).await;
        let outcome = self.call_with_retry(attempt, notice).await;
        if let Outcome::Lowered(reply) = &outcome {
            if !mem::replace(&mut self.said, true) {
                notice(LOWERED);
            }
            self.sheet.replied(&reply.clone());
        }
        outcome
    }

    /// Makes an earlier answer the last one again.
    async fn recall(&mut self, number: usize, notice: &mut impl FnMut(&str)) -> Outcome {
        let Some(numbered) = self.answers.get(number).cloned() else {
            let help = match self.answers.newest() {
                0 => "there are none yet".into(),
                newest => format!(
                    "they have the numbers {} to {newest}",
                    self.answers.oldest()
                ),
            };
            return Outcome::fault("NO_ANSWER", format!("there is no answer {number}"), &help);
        };
        let expression = numbered.expression();
        let reply = match &numbered.answered.reply {
            // Its digits are not all of it, but the expression makes it again.
            Reply::Answer(answer)
                if answer.rounded
                    && let Some(expression) = expression =>
            {
                let angle = mem::replace(&mut self.settings.options.angle, numbered.angle);
                let outcome = self.evaluate(expression, notice).await;
                self.settings.options.angle = angle;
                return match outcome {
                    Outcome::Answer(reply) => Outcome::Recalled(reply),
                    outcome => outcome,
                };
            }
            // It would no longer be marked as what it is.
            reply @ Reply::Answer(answer) if answer.rounded => {
                notice("of that answer only these digits are known, so ans stays what it is");
                return Outcome::Recalled(reply.clone());
            }
            Reply::Answer(answer) => Reply::Shared(answer.clone()),
            reply => reply.clone(),
        };
        self.sheet.replied(&reply);
        Outcome::Recalled(reply)
    }

    async fn set(&mut self, set: Set) -> Outcome {
        match set {
            Set::Show => Outcome::Text(self.settings.table(&SETTINGS)),
            Set::ShowOne(setting) => Outcome::Text(self.settings.table([setting])),
            Set::Change(change, keep) => {
                self.settings.change(&change);
                if keep {
                    self.keep_settings().await
                } else {
                    Outcome::Silence
                }
            }
            Set::Keep => self.keep_settings().await,
        }
    }

    async fn keep_settings(&self) -> Outcome {
        let Some(path) = &self.file else {
            let message = "there is no directory for configuration here".into();
            return Outcome::fault(FILE, message, "GRPCALC_CONFIG names one");
        };
        match file::keep(path, &self.settings).await {
            Ok(()) => Outcome::Text(format!("kept in {}\n", path.display())),
            Err(error) => Outcome::fault(FILE, error.to_string(), ""),
        }
    }

    async fn save(&self, path: &str) -> Outcome {
        let Some(lines) = self.sheet.log().lines() else {
            let message = "the worksheet has too many definitions to be kept here";
            return Outcome::fault(FILE, message.into(), "':vars' shows them");
        };
        match file::save(path, lines).await {
            Ok(0) => Outcome::fault(FILE, "there is nothing to be saved yet".into(), ""),
            Ok(_) => Outcome::Silence,
            Err(error) => Outcome::fault(FILE, error.to_string(), ""),
        }
    }
}

fn terms<C>(calls: &C, options: EvaluateOptions, timeout: Duration) -> CallContext<'_, C> {
    CallContext {
        calls,
        options,
        timeout,
    }
}

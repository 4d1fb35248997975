//! The operations of commands at the prompt. Each operation waits for its answer.

use std::{convert::Infallible, mem, ops::ControlFlow};

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::{
    Session, answers::AnswerHistory, context, definitions, file, reconnect::reconnect,
    worksheet::connected,
};
use crate::client::{
    Call, CallError, EvaluateOptions, Method, ReflectionRequest, Reply, Request, WorksheetRequest,
};
use crate::repl::{
    Calls, LOWERED, Outcome,
    calling::{
        calls::LineResult,
        evaluation::{Evaluation, evaluate},
        operand::{Lookup, integers},
        reflection::reflect,
    },
    command::{Explain, Operand, Talk},
    interpreter::{Execute, PromptOnly},
    settings::{Change, Settings},
};

/// The reason code of faults that concern a file.
const FILE: &str = "FILE";

/// The reason of a fault of a setting that only a server can change.
const SERVER: &str = "LIMIT";

/// Runs one command in a session.
pub(super) struct Prompt<'s, C: Calls, N> {
    session: &'s mut Session<C>,
    /// A function that shows a message. It is called before the answer is returned.
    notice: &'s mut N,
}

impl<'s, C: Calls, N: FnMut(&str)> Prompt<'s, C, N> {
    pub(super) fn new(session: &'s mut Session<C>, notice: &'s mut N) -> Self {
        Self { session, notice }
    }
}

impl<C: Calls, N: FnMut(&str)> Execute for Prompt<'_, C, N> {
    type Done = Outcome;

    async fn finish(&mut self, outcome: Outcome) -> Outcome {
        outcome
    }

    async fn evaluate(&mut self, line: &str) -> Outcome {
        self.session.evaluate(line, self.notice).await
    }

    async fn call(&mut self, method: Method, operands: [Operand<'_>; 2]) -> Outcome {
        let ControlFlow::Continue(integers) = integers(self, operands).await;
        match integers {
            Ok([n1, n2]) => {
                let call = Call { method, n1, n2 };
                self.session.call(call, self.notice).await
            }
            Err(outcome) => outcome,
        }
    }

    async fn names(&mut self) -> Outcome {
        self.session.names(self.notice).await
    }

    async fn clear(&mut self) -> Outcome {
        self.session.worksheet.clear();
        self.session.evaluation.forget();
        self.session.answers = AnswerHistory::default();
        Outcome::Silence
    }

    async fn reflect(&mut self, request: ReflectionRequest) -> Outcome {
        let attempt = async |calls: &C| reflect(calls, request.clone()).await;
        self.session.call_with_retry(attempt, self.notice).await
    }

    async fn talk(&mut self, talk: Talk<'_>) -> Outcome {
        self.session.talk(talk, self.notice).await
    }

    fn settings(&self) -> &Settings {
        &self.session.settings
    }

    async fn change(&mut self, change: &Change) -> Outcome {
        match self.session.change(change) {
            Ok(()) => Outcome::Silence,
            Err(outcome) => outcome,
        }
    }

    async fn quit(&mut self) -> Outcome {
        Outcome::Quit
    }
}

impl<C: Calls> Session<C> {
    /// Changes a setting. Fails if it is a limit of another process.
    fn change(&mut self, change: &Change) -> Result<(), Outcome> {
        if change.setting.is_limit && self.own.is_none() {
            let message = format!("{} is a limit of the server", change.setting.name);
            let help = "only the embedded server's limits can be set; see help limits";
            return Err(Outcome::fault(SERVER, message, help));
        }
        self.settings.change(change);
        if let Some(own) = &self.own {
            own.set(self.settings.limits);
        }
        Ok(())
    }
}

impl<C: Calls, N: FnMut(&str)> PromptOnly for Prompt<'_, C, N> {
    async fn save_settings(&mut self, change: Option<&Change>) -> Outcome {
        if let Some(change) = change
            && let Err(outcome) = self.session.change(change)
        {
            return outcome;
        }
        let Some(path) = &self.session.file else {
            let message = "there is no configuration directory".into();
            return Outcome::fault(FILE, message, "set GRPCALC_CONFIG to a directory");
        };
        match file::keep(path, &self.session.settings).await {
            Ok(()) => Outcome::Text(format!("saved in {}\n", path.display())),
            Err(error) => Outcome::fault(FILE, error.to_string(), ""),
        }
    }

    async fn answers(&mut self) -> Outcome {
        Outcome::Text(self.session.answers.list())
    }

    async fn copy(&mut self) -> Outcome {
        let Some(answered) = self.session.answers.last() else {
            return Outcome::Text("there is no answer yet\n".into());
        };
        let text = answered.reply.to_string();
        // "Operating System Command" 52 of xterm, with the clipboard as its target.
        let encoded = BASE64_STANDARD.encode(&text);
        let count = text.chars().count();
        let characters = if count == 1 {
            "character"
        } else {
            "characters"
        };
        Outcome::Text(format!(
            "\x1b]52;c;{encoded}\x07copied {count} {characters}\n"
        ))
    }

    async fn recall(&mut self, number: usize) -> Outcome {
        self.session.recall(number, self.notice).await
    }

    async fn save(&mut self, path: &str) -> Outcome {
        let Some(lines) = self.session.worksheet.log().lines() else {
            let message = "the worksheet has too many definitions to save";
            return Outcome::fault(FILE, message.into(), "':vars' lists the definitions");
        };
        match file::save(path, lines).await {
            Ok(0) => Outcome::fault(FILE, "there is nothing to save yet".into(), ""),
            Ok(_) => Outcome::Silence,
            Err(error) => Outcome::fault(FILE, error.to_string(), ""),
        }
    }

    async fn load(&mut self, path: &str) -> Outcome {
        match file::load(path).await {
            Ok(loaded) => Outcome::Load(loaded),
            Err(error) => Outcome::fault(FILE, error.to_string(), ""),
        }
    }

    async fn explain(&mut self, explain: Explain<'_>) -> Outcome {
        let Explain { command, column } = explain;
        let outcome = self.session.explain_parsed(*command, self.notice).await;
        outcome.shifted(column)
    }

    async fn trace(&mut self, on: bool) -> Outcome {
        self.session.tracing = on;
        Outcome::Silence
    }
}

impl<C: Calls, N: FnMut(&str)> Lookup for Prompt<'_, C, N> {
    type Stop = Infallible;

    fn is_lowered(&mut self) -> bool {
        self.session.refresh();
        matches!(self.session.evaluation, Evaluation::Calls(_))
    }

    fn lower(&mut self) {
        self.session.evaluation = Evaluation::lowered(&self.session.calls);
    }

    fn options(&self) -> EvaluateOptions {
        self.session.settings.options
    }

    async fn last_reply(&mut self) -> ControlFlow<Infallible, Option<Reply>> {
        ControlFlow::Continue(self.session.worksheet.reply().cloned())
    }

    async fn preview(
        &mut self,
        name: &str,
        options: EvaluateOptions,
    ) -> ControlFlow<Infallible, Result<Option<LineResult>, CallError>> {
        let session = &mut *self.session;
        let request = WorksheetRequest::Preview {
            text: name.into(),
            options,
        };
        let context = context(&session.calls, options, session.timeout);
        let answers = session.worksheet.ask(&request, context, self.notice).await;
        ControlFlow::Continue(answers.map(|answers| answers.into_iter().next()))
    }
}

impl<C: Calls> Session<C> {
    async fn call(&mut self, call: Call, notice: &mut impl FnMut(&str)) -> Outcome {
        let request = Request::from(call);
        let attempt = async |calls: &C| calls.call(request.clone()).await.into();
        let outcome = self.call_with_retry(attempt, notice).await;
        if let Outcome::Answer(reply) = &outcome {
            self.worksheet.replied(reply);
        }
        outcome
    }

    async fn talk(&mut self, talk: Talk<'_>, notice: &mut impl FnMut(&str)) -> Outcome {
        let (chat, last) = (self.chat.clone(), self.answers.last().cloned());
        let attempt = async |calls: &C| chat.talk(calls, talk, last.as_ref()).await;
        let outcome = self.call_with_retry(attempt, notice).await;
        match &outcome {
            Outcome::Answer(reply) => self.worksheet.replied(reply),
            Outcome::Silence if talk == Talk::Join => self.chat.greet().await,
            _ => {}
        }
        outcome
    }

    /// Repeats `attempt` until the server is reachable. Returns the outcome of the last attempt.
    async fn call_with_retry(
        &mut self,
        attempt: impl AsyncFn(&C) -> Outcome,
        notice: &mut impl FnMut(&str),
    ) -> Outcome {
        let mut is_told = false;
        let attempt = async || match attempt(&self.calls).await {
            Outcome::Unanswered(error) if error.is_transient() => Err(error),
            outcome => Ok(outcome),
        };
        let outage = self.calls.outage();
        match reconnect(self.patience, outage, &mut is_told, notice, attempt).await {
            Ok(outcome) => {
                if is_told {
                    self.reconnected(notice).await;
                }
                outcome
            }
            Err(error) => Outcome::Unanswered(error),
        }
    }

    /// Reports that the server is reachable again. Restores the worksheet if it is lost.
    async fn reconnected(&mut self, notice: &mut impl FnMut(&str)) {
        self.worksheet.lose_if_ended();
        if self.worksheet.is_missing() {
            let context = context(&self.calls, self.settings.options, self.timeout);
            // If the worksheet cannot be restored, the next line tries again.
            let _ = self.worksheet.restore(&mut true, context, notice).await;
        } else {
            notice(&connected(&self.calls));
        }
    }

    async fn names(&mut self, notice: &mut impl FnMut(&str)) -> Outcome {
        if !self.worksheet.is_opened() {
            return Outcome::Text(String::new());
        }
        let options = self.settings.options;
        let context = context(&self.calls, options, self.timeout);
        let request = WorksheetRequest::Names { options };
        match self.worksheet.ask(&request, context, notice).await {
            Ok(names) => Outcome::Text(definitions(&names)),
            Err(error) => Outcome::Unanswered(error),
        }
    }

    async fn evaluate(&mut self, line: &str, notice: &mut impl FnMut(&str)) -> Outcome {
        let options = self.settings.options;
        self.refresh();
        if self.evaluation == Evaluation::Worksheet {
            if let Some(fault) = self.worksheet.unusable_reply(line) {
                return Outcome::Unsendable(fault);
            }
            let context = context(&self.calls, options, self.timeout);
            match self.worksheet.run(line, context, notice).await {
                Ok(outcome) => return outcome,
                Err(error) if error.is_unimplemented() => {
                    self.evaluation = Evaluation::lowered(&self.calls);
                }
                Err(error) => return Outcome::Unanswered(error),
            }
        }
        let evaluation = self.evaluation;
        let attempt = async |calls: &C| evaluate(calls, line.to_owned(), options, evaluation).await;
        let outcome = self.call_with_retry(attempt, notice).await;
        if let Outcome::Lowered(reply) = &outcome {
            if !mem::replace(&mut self.lowering_told, true) {
                notice(LOWERED);
            }
            self.worksheet.replied(&reply.clone());
        }
        outcome
    }

    /// Forgets that the server supports only typed calls, if another server may answer now.
    ///
    /// A server that had the evaluator before is asked for each line.
    fn refresh(&mut self) {
        self.evaluation.refresh(&self.calls);
        if self.worksheet.is_opened() {
            self.evaluation.forget();
        }
    }

    /// Makes the answer with this number, counted from 1, the last answer again.
    async fn recall(&mut self, number: usize, notice: &mut impl FnMut(&str)) -> Outcome {
        let Some(numbered) = self.answers.get(number).cloned() else {
            let help = match self.answers.newest() {
                0 => "the session has no answers yet".into(),
                newest => format!(
                    "the answers have the numbers {} to {newest}",
                    self.answers.oldest()
                ),
            };
            return Outcome::fault("NO_ANSWER", format!("there is no answer {number}"), &help);
        };
        let expression = numbered.expression();
        let reply = match &numbered.answered.reply {
            // The digits of the answer are not exact, but its expression can be evaluated again.
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
            // If this answer became `ans`, it would not be marked as rounded any more.
            reply @ Reply::Answer(answer) if answer.rounded => {
                notice("this answer is rounded and cannot be computed again, so ans is unchanged");
                return Outcome::Recalled(reply.clone());
            }
            Reply::Answer(answer) => Reply::Shared(answer.clone()),
            reply => reply.clone(),
        };
        self.worksheet.replied(&reply);
        Outcome::Recalled(reply)
    }
}

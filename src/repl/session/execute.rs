//! The operations of commands at the prompt: each waits for its answer.

use std::mem;

use super::{
    Session, answers::AnswerHistory, context, definitions, file, reconnect::reconnect,
    worksheet::connected,
};
use crate::client::{Call, Method, ReflectionRequest, Reply, Request, WorksheetRequest};
use crate::repl::{
    Calls, LOWERED, Outcome,
    calling::{
        discovery::discover,
        evaluation::{Evaluation, evaluate},
        operand,
    },
    command::{Explain, Operand, Talk, Word},
    interpreter::{Execute, PromptOnly},
    settings::{Change, Settings},
};

/// The reason of a fault of a file.
const FILE: &str = "FILE";

/// A session that runs one command.
pub(super) struct Prompt<'s, C: Calls, N> {
    session: &'s mut Session<C>,
    /// Shows messages that come before the answer.
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
        self.session.call(method, operands, self.notice).await
    }

    async fn names(&mut self) -> Outcome {
        self.session.names(self.notice).await
    }

    async fn clear(&mut self) -> Outcome {
        self.session.worksheet.clear();
        self.session.answers = AnswerHistory::default();
        Outcome::Silence
    }

    async fn discover(&mut self, request: ReflectionRequest) -> Outcome {
        let attempt = async |calls: &C| discover(calls, request.clone()).await;
        self.session.call_with_retry(attempt, self.notice).await
    }

    async fn talk(&mut self, talk: Talk<'_>) -> Outcome {
        self.session.talk(talk, self.notice).await
    }

    fn settings(&self) -> &Settings {
        &self.session.settings
    }

    async fn change(&mut self, change: &Change) -> Outcome {
        self.session.settings.change(change);
        Outcome::Silence
    }

    async fn quit(&mut self) -> Outcome {
        Outcome::Quit
    }
}

impl<C: Calls, N: FnMut(&str)> PromptOnly for Prompt<'_, C, N> {
    async fn save_settings(&mut self, change: Option<&Change>) -> Outcome {
        if let Some(change) = change {
            self.session.settings.change(change);
        }
        let Some(path) = &self.session.file else {
            let message = "there is no directory for configuration here".into();
            return Outcome::fault(FILE, message, "GRPCALC_CONFIG names one");
        };
        match file::keep(path, &self.session.settings).await {
            Ok(()) => Outcome::Text(format!("saved in {}\n", path.display())),
            Err(error) => Outcome::fault(FILE, error.to_string(), ""),
        }
    }

    async fn answers(&mut self) -> Outcome {
        Outcome::Text(self.session.answers.list())
    }

    async fn recall(&mut self, number: usize) -> Outcome {
        self.session.recall(number, self.notice).await
    }

    async fn save(&mut self, path: &str) -> Outcome {
        let Some(lines) = self.session.worksheet.log().lines() else {
            let message = "the worksheet has too many definitions to save";
            return Outcome::fault(FILE, message.into(), "':vars' shows them");
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

impl<C: Calls> Session<C> {
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
        let request = Request::from(Call { method, n1, n2 });
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

    /// Returns the outcome of `attempt`, which is repeated until the server is reachable.
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
        match reconnect(self.patience, &mut is_told, notice, attempt).await {
            Ok(outcome) => {
                if is_told {
                    self.reconnected(notice).await;
                }
                outcome
            }
            Err(error) => Outcome::Unanswered(error),
        }
    }

    /// Restores the worksheet if it is lost, and reports the connection.
    async fn reconnected(&mut self, notice: &mut impl FnMut(&str)) {
        self.worksheet.lose_if_ended();
        if self.worksheet.is_missing() {
            let context = context(&self.calls, self.settings.options, self.timeout);
            // If this fails, the next line tries again.
            let _ = self.worksheet.restore(&mut true, context, notice).await;
        } else {
            notice(&connected(&self.calls));
        }
    }

    /// Returns the integer that a name stands for.
    async fn lookup(
        &mut self,
        word: &Word<'_>,
        notice: &mut impl FnMut(&str),
    ) -> Result<i32, Outcome> {
        if matches!(word.text, "ans" | "_")
            && let Some(reply) = self.worksheet.reply()
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
        let context = context(&self.calls, options, self.timeout);
        match self.worksheet.ask(&request, context, notice).await {
            Ok(answers) => match answers.into_iter().next() {
                Some(answer) => operand::of_row(word, answer),
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
        if !self.worksheet.is_opened() {
            return Outcome::Text(String::new());
        }
        let options = self.settings.options;
        let context = context(&self.calls, options, self.timeout);
        let request = WorksheetRequest::Names { options };
        match self.worksheet.ask(&request, context, notice).await {
            Ok(names) => Outcome::Text(definitions(&names)),
            // A server with typed calls only has no names.
            Err(error) if error.is_unimplemented() => Outcome::Text(String::new()),
            Err(error) => Outcome::Unanswered(error),
        }
    }

    async fn evaluate(&mut self, line: &str, notice: &mut impl FnMut(&str)) -> Outcome {
        let options = self.settings.options;
        if self.evaluation == Evaluation::Worksheet {
            if let Some(fault) = self.worksheet.unusable_reply(line) {
                return Outcome::Unsendable(fault);
            }
            let context = context(&self.calls, options, self.timeout);
            match self.worksheet.run(line, context, notice).await {
                Ok(outcome) => return outcome,
                Err(error) if error.is_unimplemented() => self.evaluation = Evaluation::Calls,
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

    /// Makes the answer `number`, counted from 1, the last answer again.
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
            // Its digits are not exact, but its expression can be evaluated again.
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
            // As `ans`, it would lose its mark as rounded.
            reply @ Reply::Answer(answer) if answer.rounded => {
                notice("only these digits of that answer are known, so ans is unchanged");
                return Outcome::Recalled(reply.clone());
            }
            Reply::Answer(answer) => Reply::Shared(answer.clone()),
            reply => reply.clone(),
        };
        self.worksheet.replied(&reply);
        Outcome::Recalled(reply)
    }
}

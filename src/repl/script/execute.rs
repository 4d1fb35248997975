//! The operations of commands in a script: each starts a request, and its answer is collected
//! in the order of the lines.

use std::ops::ControlFlow;

use tokio::sync::oneshot;

use super::{
    executor::Operation,
    pending::{InputLine, LastAnswer, NewestAnswer, Pending},
    submit::Submitter,
};
use crate::{
    client::{Call, Method, ReflectionRequest, WorksheetRequest},
    repl::{
        Calls, Outcome,
        calling::{calls::WorksheetSender as _, evaluation::Evaluation, operand},
        chat::share::AnsweredLine,
        command::{Operand, Talk, Word},
        interpreter::Execute,
        session::replay_log::mentions_last,
        settings::{Change, Settings},
    },
};

/// A line of the script that is about to be run.
pub(super) struct ScriptLine<'s, 'a, C: Calls> {
    pub(super) submitter: &'s mut Submitter<'a, C>,
    /// The number of the line, from 1.
    pub(super) number: u64,
    pub(super) text: &'s str,
}

impl<C: Calls> ScriptLine<'_, '_, C> {
    fn input(&self) -> InputLine {
        InputLine {
            number: self.number,
            text: self.submitter.is_shown().then(|| self.text.to_owned()),
        }
    }
}

/// Whether to read on: `Break` ends the script.
type Flow = ControlFlow<()>;

impl<C: Calls> Execute for ScriptLine<'_, '_, C> {
    type Done = Flow;

    async fn finish(&mut self, outcome: Outcome) -> Flow {
        let item = Pending::Done(self.input(), outcome);
        self.submitter.push(item).await
    }

    async fn evaluate(&mut self, line: &str) -> Flow {
        let submitter = &mut *self.submitter;
        if submitter.is_full() {
            submitter.flush().await?;
        }
        let is_shown = submitter.is_shown();
        if submitter.worksheet_is_stale && mentions_last(line) {
            if let (LastAnswer::Reply(reply), _) = submitter.last_answer().await? {
                let Some(exact) = reply.literal() else {
                    let fault = operand::no_number(&reply, line);
                    return self.finish(Outcome::Unsendable(fault)).await;
                };
                submitter.batch.push_hidden(&exact);
            }
            submitter.worksheet_is_stale = false;
        }
        submitter.batch.push(self.number, line, is_shown);
        Flow::Continue(())
    }

    async fn call(&mut self, method: Method, operands: [Operand<'_>; 2]) -> Flow {
        self.submitter.set_newest(self.number, self.text);
        let mut numbers = [0; 2];
        for (number, operand) in numbers.iter_mut().zip(operands) {
            *number = match operand {
                Operand::Integer(n) => n,
                Operand::Name(word) => match self.submitter.lookup(&word).await? {
                    Ok(n) => n,
                    Err(outcome) => return self.finish(outcome).await,
                },
            };
        }
        let [n1, n2] = numbers;
        self.submitter.worksheet_is_stale = true;
        let call = Operation::Call(Call { method, n1, n2 });
        self.submitter.start(self.input(), call).await
    }

    async fn names(&mut self) -> Flow {
        self.submitter.flush().await?;
        let options = self.submitter.settings.options;
        let Some(requests) = &self.submitter.requests else {
            return self.finish(Outcome::Text(String::new())).await;
        };
        requests.send(WorksheetRequest::Names { options }).await;
        let item = Pending::Names(self.input());
        self.submitter.push(item).await
    }

    async fn clear(&mut self) -> Flow {
        let item = Pending::Clear(self.input());
        let submitter = &mut *self.submitter;
        submitter.flush().await?;
        (submitter.requests, submitter.worksheet_is_stale) = (None, false);
        submitter.push(item).await?;
        // The item has to precede the next worksheet.
        submitter.flush().await
    }

    async fn discover(&mut self, request: ReflectionRequest) -> Flow {
        let operation = Operation::Discover(request);
        self.submitter.start(self.input(), operation).await
    }

    async fn talk(&mut self, talk: Talk<'_>) -> Flow {
        let submitter = &mut *self.submitter;
        let (_, newest) = submitter.last_answer().await?;
        let (number, line) = &submitter.newest;
        let newest = newest.filter(|answer| answer.number == *number);
        let answered = newest.map(|NewestAnswer { reply, .. }| AnsweredLine {
            line: line.clone(),
            reply,
        });
        // Boxed, since it is rare and large.
        let talking = Box::pin(
            submitter
                .chat
                .talk(submitter.calls, talk, answered.as_ref()),
        );
        let outcome = talking.await;
        submitter.worksheet_is_stale |= matches!(outcome, Outcome::Answer(_));
        self.finish(outcome).await
    }

    fn settings(&self) -> &Settings {
        &self.submitter.settings
    }

    async fn change(&mut self, change: &Change) -> Flow {
        // The lines before this one keep the settings that they were written for.
        self.submitter.flush().await?;
        self.submitter.settings.change(change);
        self.finish(Outcome::Silence).await
    }

    async fn quit(&mut self) -> Flow {
        self.finish(Outcome::Quit).await?;
        self.submitter.flush().await?;
        Flow::Break(())
    }
}

impl<C: Calls> Submitter<'_, C> {
    /// Starts a call of its own for a line.
    async fn start(&mut self, input: InputLine, operation: Operation) -> Flow {
        self.reserve_item().await?;
        let outcome = self.request(operation);
        self.batch.items.push(Pending::Call(input, outcome));
        Flow::Continue(())
    }

    /// Returns the integer that a name stands for, when all lines before are answered.
    async fn lookup(&mut self, word: &Word<'_>) -> ControlFlow<(), Result<i32, Outcome>> {
        self.flush().await?;
        if matches!(word.text, "ans" | "_")
            && let (LastAnswer::Reply(reply), _) = self.last_answer().await?
        {
            return ControlFlow::Continue(operand::of_reply(word, &reply));
        }
        if self.evaluation == Evaluation::Calls {
            return ControlFlow::Continue(Err(operand::unknown(word)));
        }
        let request = WorksheetRequest::Preview {
            text: word.text.into(),
            options: self.settings.options.decimal(),
        };
        match self.send(request).await {
            Ok(()) => {}
            Err(error) if error.is_unimplemented() => {
                self.evaluation = Evaluation::Calls;
                return ControlFlow::Continue(Err(operand::unknown(word)));
            }
            Err(error) => {
                self.give(Pending::Broken(error));
                return ControlFlow::Break(());
            }
        }
        let (sender, answer) = oneshot::channel();
        self.give(Pending::Lookup(sender));
        match answer.await {
            Ok(answer) => ControlFlow::Continue(operand::of_row(word, answer)),
            Err(_) => ControlFlow::Break(()),
        }
    }

    /// Returns the last answer and the answer of the newest line, when all lines before are
    /// answered.
    async fn last_answer(&mut self) -> ControlFlow<(), (LastAnswer, Option<NewestAnswer>)> {
        self.flush().await?;
        let (sender, last) = oneshot::channel();
        self.give(Pending::Last(sender));
        match last.await {
            Ok(last) => ControlFlow::Continue(last),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

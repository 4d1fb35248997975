//! The operations of commands in a script. An operation does not wait for its answer: the
//! collector prints the answers in the order of the lines.

use std::ops::ControlFlow;

use tokio::sync::oneshot;

use super::{
    pending::{InputLine, LastAnswer, NewestAnswer, Pending},
    side_calls::Operation,
    submit::{Flow, Submitter},
};
use crate::{
    client::{
        Call, CallError, EvaluateOptions, Method, ReflectionRequest, Reply, WorksheetRequest,
    },
    repl::{
        Calls, Outcome,
        calling::{
            calls::LineResult,
            evaluation::Evaluation,
            operand::{self, Lookup},
        },
        chat::share::AnsweredLine,
        command::{Operand, Talk},
        interpreter::Execute,
        session::replay_log::mentions_last,
        settings::{Change, Settings},
    },
};

/// A line of the script that is about to be run.
pub(super) struct ScriptLine<'s, 'a, C: Calls> {
    pub(super) submitter: &'s mut Submitter<'a, C>,
    /// The number of the line, counted from 1.
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
        if operands
            .iter()
            .any(|operand| matches!(operand, Operand::Name(_)))
        {
            // The lines before this one may bind the names.
            self.submitter.flush().await?;
        }
        let [n1, n2] = match operand::integers(self.submitter, operands).await? {
            Ok(integers) => integers,
            Err(outcome) => return self.finish(outcome).await,
        };
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
        submitter.evaluation.forget();
        submitter.push(item).await?;
        // The collector has to get this item before the next worksheet.
        submitter.flush().await
    }

    async fn reflect(&mut self, request: ReflectionRequest) -> Flow {
        let operation = Operation::Reflect(request);
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
        // Boxed, since the future is rare and large.
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
        // Earlier lines are evaluated with the earlier settings.
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
    /// Requests an operation from the executor, and adds the pending answer of the line `input`.
    async fn start(&mut self, input: InputLine, operation: Operation) -> Flow {
        self.reserve_item().await?;
        let outcome = self.request(operation);
        self.batch.items.push(Pending::Call(input, outcome));
        Flow::Continue(())
    }

    /// Waits until all earlier lines are answered. Returns the last answer, and the answer of the
    /// newest line.
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

/// Looks up names, after all earlier lines are answered.
impl<C: Calls> Lookup for Submitter<'_, C> {
    type Stop = ();

    fn is_lowered(&mut self) -> bool {
        self.evaluation.refresh(self.calls);
        matches!(self.evaluation, Evaluation::Calls(_))
    }

    fn lower(&mut self) {
        self.evaluation = Evaluation::lowered(self.calls);
    }

    fn options(&self) -> EvaluateOptions {
        self.settings.options
    }

    async fn last_reply(&mut self) -> ControlFlow<(), Option<Reply>> {
        ControlFlow::Continue(match self.last_answer().await? {
            (LastAnswer::Reply(reply), _) => Some(reply),
            _ => None,
        })
    }

    async fn preview(
        &mut self,
        name: &str,
        options: EvaluateOptions,
    ) -> ControlFlow<(), Result<Option<LineResult>, CallError>> {
        let request = WorksheetRequest::Preview {
            text: name.into(),
            options,
        };
        match self.send(request).await {
            Ok(()) => {}
            Err(error) if error.is_unimplemented() => return ControlFlow::Continue(Err(error)),
            Err(error) => {
                self.give(Pending::Broken(error));
                return ControlFlow::Break(());
            }
        }
        let (sender, answer) = oneshot::channel();
        self.give(Pending::Lookup(sender));
        match answer.await {
            Ok(answer) => ControlFlow::Continue(Ok(Some(answer))),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

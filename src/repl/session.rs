//! What becomes of one line.

use std::cell::Cell;

use super::{
    Calls,
    command::{self, Command, Topic},
    fault::LineFault,
    lowering,
};
use crate::client::{CallError, Evaluate, Question, Reply};

/// Somebody who types, and somebody who answers.
#[derive(Debug)]
pub struct Session<C> {
    calls: C,
    digits: u32,
    /// Whether the server has turned out to know typed calls only.
    typed_only: Cell<bool>,
}

/// What there is to print for a line, or to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing to say: a blank line or a comment.
    Silence,
    /// A server's reply.
    Answer(Reply),
    /// The reply to the last of the typed calls that a line of the language became,
    /// since the server knows no others.
    Lowered(Reply),
    /// The help that was asked for.
    Help(Option<Topic>),
    /// The line was sent to nobody.
    Unsendable(LineFault),
    /// The line was sent, and has no reply.
    Unanswered(CallError),
    /// The session was asked to end.
    Quit,
}

/// What to say, once, where lines become typed calls.
pub const LOWERED: &str =
    "this server has typed calls only: integers with + - * and a last / become such calls";

impl<C: Calls> Session<C> {
    /// A session with whoever answers `calls`, who are asked for so many `digits`.
    pub fn new(calls: C, digits: u32) -> Self {
        Self {
            calls,
            digits,
            typed_only: Cell::new(false),
        }
    }

    /// Reads `line` as a command or as a line of the language, and does what it asks
    /// for. Everything but a call is done at once.
    pub async fn answer(&self, line: &str) -> Outcome {
        self.carry_out(line, command::parse(line)).await
    }

    /// Does what `line`, already parsed, asks for.
    pub(super) async fn carry_out(
        &self,
        line: &str,
        parsed: Result<Command, LineFault>,
    ) -> Outcome {
        match parsed {
            Ok(Command::Nothing) => Outcome::Silence,
            Ok(Command::Call(call)) => answered(self.calls.ask(call.into()).await),
            Ok(Command::Evaluate) => self.evaluate(line).await,
            Ok(Command::Help(topic)) => Outcome::Help(topic),
            Ok(Command::Quit) => Outcome::Quit,
            Err(fault) => Outcome::Unsendable(fault),
        }
    }

    async fn evaluate(&self, line: &str) -> Outcome {
        if !self.typed_only.get() {
            let question = Question::Evaluate(Evaluate {
                expression: line.to_owned(),
                digits: self.digits,
            });
            match self.calls.ask(question).await {
                Err(error) if error.is_unimplemented() => self.typed_only.set(true),
                reply => return answered(reply),
            }
        }
        match lowering::lower(line) {
            Ok(expression) => match expression.ask(&self.calls).await {
                Ok(reply) => Outcome::Lowered(reply),
                Err(error) => Outcome::Unanswered(error),
            },
            Err(fault) => Outcome::Unsendable(fault),
        }
    }
}

fn answered(reply: Result<Reply, CallError>) -> Outcome {
    match reply {
        Ok(reply) => Outcome::Answer(reply),
        Err(error) => Outcome::Unanswered(error),
    }
}

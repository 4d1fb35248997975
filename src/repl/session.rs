//! What becomes of one line.

use super::{
    Calls,
    command::{self, Command, Entry},
    fault::LineFault,
};
use crate::client::{CallError, Reply};

/// What there is to print for a line, or to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing to say: a blank line or a comment.
    Silence,
    /// A server's reply.
    Answer(Reply),
    /// The help that was asked for.
    Help(Option<&'static Entry>),
    /// The line was sent to nobody.
    Unsendable(LineFault),
    /// The line was sent, and has no reply.
    Unanswered(CallError),
    /// The session was asked to end.
    Quit,
}

/// Reads `line` as a command and does what it asks for. Everything but a call is
/// done at once.
pub async fn answer(calls: &impl Calls, line: &str) -> Outcome {
    carry_out(calls, command::parse(line)).await
}

/// Does what an already parsed line asks for.
pub(super) async fn carry_out(calls: &impl Calls, parsed: Result<Command, LineFault>) -> Outcome {
    match parsed {
        Ok(Command::Nothing) => Outcome::Silence,
        Ok(Command::Call(call)) => match calls.call(call).await {
            Ok(reply) => Outcome::Answer(reply),
            Err(error) => Outcome::Unanswered(error),
        },
        Ok(Command::Help(topic)) => Outcome::Help(topic),
        Ok(Command::Quit) => Outcome::Quit,
        Err(fault) => Outcome::Unsendable(fault),
    }
}

//! How a line of the language is asked for where it is not asked of a worksheet.

use super::lowering;
use crate::client::{Evaluate, EvaluateOptions, Request};
use crate::repl::{Calls, Outcome};

/// How lines of the language are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::repl) enum Evaluation {
    /// Of a worksheet, which remembers.
    Worksheet,
    /// Each by itself, of `EvaluatorService/Evaluate`.
    Alone,
    /// As typed calls: the server has nothing else.
    Calls,
}

/// Asks for `line` by itself; as typed calls where the server has nothing else.
pub(in crate::repl) async fn evaluate(
    calls: &impl Calls,
    line: String,
    options: EvaluateOptions,
    evaluation: Evaluation,
) -> Outcome {
    if evaluation != Evaluation::Calls {
        let question = Request::Evaluate(Evaluate {
            expression: line.clone(),
            options,
        });
        match calls.call(question).await {
            Err(error) if error.is_unimplemented() => {}
            reply => return reply.into(),
        }
    }
    match lowering::lower(&line) {
        Ok(expression) => match expression.ask(calls).await {
            Ok(reply) => Outcome::Lowered(reply),
            Err(error) => Outcome::Unanswered(error),
        },
        Err(fault) => Outcome::Unsendable(fault),
    }
}

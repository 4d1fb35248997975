//! Evaluation of a line of the language without a worksheet.

use super::lowering;
use crate::client::{Evaluate, EvaluateOptions, Request};
use crate::repl::{Calls, Outcome};

/// How lines of the language are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::repl) enum Evaluation {
    /// In a worksheet, which keeps names.
    Worksheet,
    /// Each by itself, with `EvaluatorService/Evaluate`.
    Alone,
    /// As typed calls, since the server has nothing else.
    Calls,
}

/// Evaluates a line by itself, as typed calls if the server has nothing else.
pub(in crate::repl) async fn evaluate(
    calls: &impl Calls,
    line: String,
    options: EvaluateOptions,
    evaluation: Evaluation,
) -> Outcome {
    if evaluation != Evaluation::Calls {
        let request = Request::Evaluate(Evaluate {
            expression: line.clone(),
            options,
        });
        match calls.call(request).await {
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

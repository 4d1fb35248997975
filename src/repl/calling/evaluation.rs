//! Evaluates an expression or statement without a worksheet.

use super::lowering;
use crate::client::{Evaluate, EvaluateOptions, Request};
use crate::repl::{Calls, Outcome};

/// How expressions and statements are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::repl) enum Evaluation {
    /// In a worksheet. The worksheet keeps the names that lines define.
    Worksheet,
    /// Without a worksheet: each line is a call of `EvaluatorService/Evaluate`.
    Alone,
    /// As typed calls, since the server supports only typed calls.
    Calls,
}

/// Evaluates a line without a worksheet. Uses typed calls if the server supports no other calls.
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

//! Evaluates an expression or statement without a worksheet.

use super::lowering;
use crate::client::{CallError, Evaluate, EvaluateOptions, Request};
use crate::repl::{Calls, Outcome};

/// How expressions and statements are evaluated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::repl) enum Evaluation {
    /// In a worksheet. The worksheet keeps the names that lines define.
    Worksheet,
    /// Without a worksheet: each line is a call of `EvaluatorService/Evaluate`.
    Alone,
    /// As typed calls, since the server supports only typed calls. The field is the number of
    /// attempts to connect when this was learned: another server may answer a new connection.
    Calls(usize),
}

impl Evaluation {
    /// Returns the evaluation after the server answered that it has no evaluator.
    pub(in crate::repl) fn lowered(calls: &impl Calls) -> Self {
        Self::Calls(calls.connections())
    }

    /// Forgets what a server can do if the calls use a new connection.
    pub(in crate::repl) fn refresh(&mut self, calls: &impl Calls) {
        if let Self::Calls(connections) = *self
            && connections != calls.connections()
        {
            *self = Self::Worksheet;
        }
    }

    /// Forgets what a server can do.
    pub(in crate::repl) fn forget(&mut self) {
        if let Self::Calls(_) = self {
            *self = Self::Worksheet;
        }
    }
}

/// Evaluates a line without a worksheet. Uses typed calls if the server supports no other calls.
pub(in crate::repl) async fn evaluate(
    calls: &impl Calls,
    line: String,
    options: EvaluateOptions,
    evaluation: Evaluation,
) -> Outcome {
    if !matches!(evaluation, Evaluation::Calls(_)) {
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
            // An answer in HTTP is named as such.
            Err(error @ CallError::Fault { .. }) if error.is_unimplemented() => {
                Outcome::Unanswered(CallError::no_calculator())
            }
            Err(error) => Outcome::Unanswered(error),
        },
        Err(fault) => Outcome::Unsendable(fault),
    }
}

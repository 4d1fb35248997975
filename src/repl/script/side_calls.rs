//! Runs the calls of a script concurrently.

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::{mpsc::UnboundedReceiver, oneshot};

use crate::{
    client::{Call, EvaluateOptions, ReflectionRequest},
    repl::{
        Calls, Outcome,
        calling::{
            evaluation::{Evaluation, evaluate},
            reflection::reflect,
        },
    },
};

/// An operation to run, and the channel to which its outcome is sent.
#[derive(Debug)]
pub(super) struct CallRequest {
    pub(super) operation: Operation,
    pub(super) reply: oneshot::Sender<Outcome>,
}

/// An operation that makes separate calls and does not use the worksheet.
#[derive(Debug)]
pub(super) enum Operation {
    /// Makes a typed call.
    Call(Call),
    /// Evaluates an expression or statement without a worksheet.
    Line(String, EvaluateOptions, Evaluation),
    /// Requests the services, the descriptors or the health of the server.
    Reflect(ReflectionRequest),
}

/// Runs operations concurrently as they arrive. Ends when no more operations can arrive and every
/// operation has an outcome.
pub(super) async fn run_all(calls: &impl Calls, mut requests: UnboundedReceiver<CallRequest>) {
    let mut running = FuturesUnordered::new();
    let mut is_open = true;
    while is_open || !running.is_empty() {
        tokio::select! {
            biased;
            Some(()) = running.next() => {}
            request = requests.recv(), if is_open => match request {
                Some(request) => running.push(run(calls, request)),
                None => is_open = false,
            },
        }
    }
}

async fn run(calls: &impl Calls, CallRequest { operation, reply }: CallRequest) {
    let outcome = match operation {
        Operation::Call(call) => calls.call(call.into()).await.into(),
        Operation::Line(line, options, evaluation) => {
            // Boxed, since the future is rare and large.
            Box::pin(evaluate(calls, line, options, evaluation)).await
        }
        Operation::Reflect(request) => Box::pin(reflect(calls, request)).await,
    };
    // Without a receiver the script has ended.
    let _ = reply.send(outcome);
}

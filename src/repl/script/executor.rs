//! Calls that are under way, beside each other.

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::{mpsc::UnboundedReceiver, oneshot};

use crate::{
    client::{Call, EvaluateOptions, ReflectionRequest},
    repl::{
        Calls, Outcome,
        calling::{
            discovery::discover,
            evaluation::{Evaluation, evaluate},
        },
    },
};

/// What is asked, and where the answer goes.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) question: Question,
    pub(super) answer: oneshot::Sender<Outcome>,
}

#[derive(Debug)]
pub(super) enum Question {
    /// A typed call.
    Call(Call),
    /// A line by itself.
    Line(String, EvaluateOptions, Evaluation),
    /// What a server tells of itself.
    Discover(ReflectionRequest),
}

/// Asks whatever comes, until nothing more comes and everything is answered.
pub(super) async fn ask_all(calls: &impl Calls, mut coming: UnboundedReceiver<Asked>) {
    let mut running = FuturesUnordered::new();
    let mut more = true;
    while more || !running.is_empty() {
        tokio::select! {
            biased;
            Some(()) = running.next() => {}
            asked = coming.recv(), if more => match asked {
                Some(asked) => running.push(ask(calls, asked)),
                None => more = false,
            },
        }
    }
}

async fn ask(calls: &impl Calls, Asked { question, answer }: Asked) {
    let outcome = match question {
        Question::Call(call) => calls.call(call.into()).await.into(),
        Question::Line(line, options, evaluation) => {
            // Boxed, since it is rare and large.
            Box::pin(evaluate(calls, line, options, evaluation)).await
        }
        Question::Discover(inquiry) => Box::pin(discover(calls, inquiry)).await,
    };
    // Where nobody takes it, the script has ended.
    let _ = answer.send(outcome);
}

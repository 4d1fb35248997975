//! What the repl asks of a client.

use crate::client::{CallError, Client, Question, Reply};

/// Somebody who answers questions: a [`Client`], or a stand-in for one in a test.
pub trait Calls {
    /// Asks `question` and waits for the reply. Any number may be waited for at once.
    fn ask(&self, question: Question) -> impl Future<Output = Result<Reply, CallError>>;
}

impl Calls for Client {
    fn ask(&self, question: Question) -> impl Future<Output = Result<Reply, CallError>> {
        Client::ask(self, question)
    }
}

impl<C: Calls> Calls for &C {
    fn ask(&self, question: Question) -> impl Future<Output = Result<Reply, CallError>> {
        C::ask(self, question)
    }
}

//! What the repl asks of a client.

use crate::client::{Call, CallError, Client, Reply};

/// Somebody who answers calls: a [`Client`], or a stand-in for one in a test.
pub trait Calls {
    /// Makes `call` and waits for its reply. Any number may be waited for at once.
    fn call(&self, call: Call) -> impl Future<Output = Result<Reply, CallError>>;
}

impl Calls for Client {
    fn call(&self, call: Call) -> impl Future<Output = Result<Reply, CallError>> {
        self.call(call)
    }
}

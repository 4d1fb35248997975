//! What the repl asks of a client.

use crate::client::{
    CallError, Client, Note, Notes, Recorder, ReflectionRequest, ReflectionResponse, Reply,
    Request, Requests, Responses, WorksheetRequest,
};
use crate::proto::cursor::Cursor;

/// Somebody who answers questions: a [`Client`], or a stand-in for one in a test. Copies
/// are the same somebody.
pub trait Calls: Clone + Send + Sync + 'static {
    /// Asks `question` and waits for the reply. Any number may be waited for at once.
    fn call(&self, question: Request) -> impl Future<Output = Result<Reply, CallError>> + Send;

    /// A worksheet, whose first request is `first`.
    fn worksheet(
        &self,
        first: WorksheetRequest,
    ) -> impl Future<Output = Result<(Requests, Responses), CallError>> + Send;

    /// What a server tells of itself.
    fn inquire(
        &self,
        inquiry: ReflectionRequest,
    ) -> impl Future<Output = Result<ReflectionResponse, CallError>> + Send;

    /// Listens to the chat, from that place on or from the oldest note that is kept.
    fn listen(&self, from: Option<Cursor>)
    -> impl Future<Output = Result<Notes, CallError>> + Send;

    /// Says something in the chat.
    fn say(&self, note: &Note) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Who is asked, in words.
    fn server(&self) -> String;

    /// Where what travels is recorded, if it is.
    fn recorder(&self) -> Option<Recorder> {
        None
    }
}

impl Calls for Client {
    fn call(&self, question: Request) -> impl Future<Output = Result<Reply, CallError>> + Send {
        Client::call(self, question)
    }

    fn worksheet(
        &self,
        first: WorksheetRequest,
    ) -> impl Future<Output = Result<(Requests, Responses), CallError>> + Send {
        Client::worksheet(self, first)
    }

    fn inquire(
        &self,
        inquiry: ReflectionRequest,
    ) -> impl Future<Output = Result<ReflectionResponse, CallError>> + Send {
        Client::reflect(self, inquiry)
    }

    fn listen(
        &self,
        from: Option<Cursor>,
    ) -> impl Future<Output = Result<Notes, CallError>> + Send {
        Client::subscribe(self, from)
    }

    fn say(&self, note: &Note) -> impl Future<Output = Result<(), CallError>> + Send {
        Client::send_note(self, note)
    }

    fn server(&self) -> String {
        Client::server(self)
    }

    fn recorder(&self) -> Option<Recorder> {
        Client::recorder(self).cloned()
    }
}

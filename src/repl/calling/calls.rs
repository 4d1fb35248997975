//! The RPCs that the repl makes, as traits: the client implements them, and fakes in tests do.

use std::{future::ready, time::Duration};

use crate::client::{
    Answer, CallError, Client, Fault, Note, Notes, Recorder, ReflectionRequest, ReflectionResponse,
    Reply, Request, Requests, Responses, WorksheetEvent, WorksheetRequest,
};
use crate::proto::cursor::Cursor;

/// The answer of a worksheet to a line, or the fault of that line.
pub(in crate::repl) type LineResult = Result<Answer, Box<Fault>>;

/// Both halves of a worksheet's stream.
pub(in crate::repl) type WorksheetHalves<C> = (
    <C as Calls>::WorksheetSender,
    <C as Calls>::WorksheetReceiver,
);

/// The RPCs that a session makes. Implemented by [`Client`] and by fakes in tests; clones
/// share one connection.
///
/// The methods that an implementation leaves out answer as a server does that lacks them.
pub trait Calls: Clone + Send + Sync + 'static {
    /// The sending half of a worksheet's stream.
    type WorksheetSender: WorksheetSender;
    /// The receiving half of a worksheet's stream.
    type WorksheetReceiver: WorksheetReceiver;
    /// A subscription to the chat.
    type Notes: NoteStream;

    /// Sends `request` and waits for the reply. Any number of calls may run at once.
    fn call(&self, _request: Request) -> impl Future<Output = Result<Reply, CallError>> + Send {
        ready(Err(CallError::unimplemented()))
    }

    /// Opens a worksheet's stream with its first request.
    fn worksheet(
        &self,
        _first: WorksheetRequest,
    ) -> impl Future<Output = Result<(Self::WorksheetSender, Self::WorksheetReceiver), CallError>> + Send
    {
        async { Err(CallError::unimplemented()) }
    }

    /// Asks the server about itself: its services, their descriptors, its health.
    fn reflect(
        &self,
        _request: ReflectionRequest,
    ) -> impl Future<Output = Result<ReflectionResponse, CallError>> + Send {
        ready(Err(CallError::unimplemented()))
    }

    /// Subscribes to the chat, starting with the note at the cursor, or with the oldest note that
    /// the server keeps.
    fn subscribe(
        &self,
        _from: Option<Cursor>,
    ) -> impl Future<Output = Result<Self::Notes, CallError>> + Send {
        async { Err(CallError::unimplemented()) }
    }

    /// Sends a note to the chat.
    fn send_note(&self, _note: &Note) -> impl Future<Output = Result<(), CallError>> + Send {
        ready(Err(CallError::unimplemented()))
    }

    /// Names the server, for messages.
    fn server(&self) -> String;

    /// Returns the recorder of the connection, if the connection is recorded.
    fn recorder(&self) -> Option<Recorder> {
        None
    }
}

/// The sending half of a worksheet's stream. The stream ends when every clone is dropped and
/// every request is answered.
pub trait WorksheetSender: Clone + Send + Sync + 'static {
    /// Sends a request. If the stream has ended, the request is dropped, and the receiving half
    /// reports why.
    fn send(&self, request: WorksheetRequest) -> impl Future<Output = ()> + Send;

    /// Interrupts the line whose answer will be number `answer` of the stream, counted from 1,
    /// unless it is answered already. 0 stands for the running line.
    fn cancel(&self, answer: u64) -> impl Future<Output = ()> + Send;
}

/// The receiving half of a worksheet's stream. A script takes each of its answers from here, so
/// `take` is a plain call on a type known at compile time.
pub trait WorksheetReceiver: Send + 'static {
    /// Whether an event has arrived that is not taken yet.
    fn is_ready(&self) -> bool;

    /// Returns the number of the next answer of the stream, counted from 1, or `None` if the
    /// next event may be the end of a request.
    fn due(&self) -> Option<u64>;

    /// Waits for more events. An error is the end of the stream. Cancel safe.
    fn wait(&mut self) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Takes the next event that has arrived. An error is the end of the stream.
    fn take(&mut self) -> Option<Result<WorksheetEvent<'_>, CallError>>;

    /// Returns the error of a stream on which an answer was due and nothing came for `timeout`.
    fn silent(&self, timeout: Duration) -> CallError;

    /// Returns the error of a stream whose events do not fit the requests.
    fn protocol_error(&self) -> CallError;
}

/// A subscription to the chat.
pub trait NoteStream: Send + 'static {
    /// Returns the position of the next note, if the server numbers its notes.
    fn cursor(&self) -> Option<&Cursor>;

    /// Waits for the next note. An error is the end of the stream. Cancel safe.
    fn next(&mut self) -> impl Future<Output = Result<Note, CallError>> + Send;

    /// Waits for the next note that was sent before the stream began, at most for `patience`.
    /// `None` is the end of that history.
    fn next_of_history(
        &mut self,
        patience: Duration,
    ) -> impl Future<Output = Result<Option<Note>, CallError>> + Send;
}

impl Calls for Client {
    type WorksheetSender = Requests;
    type WorksheetReceiver = Responses;
    type Notes = Notes;

    fn call(&self, request: Request) -> impl Future<Output = Result<Reply, CallError>> + Send {
        Client::call(self, request)
    }

    fn worksheet(
        &self,
        first: WorksheetRequest,
    ) -> impl Future<Output = Result<(Requests, Responses), CallError>> + Send {
        Client::worksheet(self, first)
    }

    fn reflect(
        &self,
        request: ReflectionRequest,
    ) -> impl Future<Output = Result<ReflectionResponse, CallError>> + Send {
        Client::reflect(self, request)
    }

    fn subscribe(
        &self,
        from: Option<Cursor>,
    ) -> impl Future<Output = Result<Notes, CallError>> + Send {
        Client::subscribe(self, from)
    }

    fn send_note(&self, note: &Note) -> impl Future<Output = Result<(), CallError>> + Send {
        Client::send_note(self, note)
    }

    fn server(&self) -> String {
        Client::server(self)
    }

    fn recorder(&self) -> Option<Recorder> {
        Client::recorder(self).cloned()
    }
}

impl WorksheetSender for Requests {
    fn send(&self, request: WorksheetRequest) -> impl Future<Output = ()> + Send {
        Requests::send(self, request)
    }

    fn cancel(&self, answer: u64) -> impl Future<Output = ()> + Send {
        Requests::cancel(self, answer)
    }
}

impl WorksheetReceiver for Responses {
    #[inline]
    fn is_ready(&self) -> bool {
        Responses::is_ready(self)
    }

    fn due(&self) -> Option<u64> {
        Responses::due(self)
    }

    fn wait(&mut self) -> impl Future<Output = Result<(), CallError>> + Send {
        Responses::wait(self)
    }

    #[inline]
    fn take(&mut self) -> Option<Result<WorksheetEvent<'_>, CallError>> {
        Responses::take(self)
    }

    fn silent(&self, timeout: Duration) -> CallError {
        Responses::silent(self, timeout)
    }

    fn protocol_error(&self) -> CallError {
        Responses::protocol_error(self)
    }
}

impl NoteStream for Notes {
    fn cursor(&self) -> Option<&Cursor> {
        self.cursor()
    }

    fn next(&mut self) -> impl Future<Output = Result<Note, CallError>> + Send {
        Notes::next(self)
    }

    fn next_of_history(
        &mut self,
        patience: Duration,
    ) -> impl Future<Output = Result<Option<Note>, CallError>> + Send {
        Notes::next_of_history(self, patience)
    }
}

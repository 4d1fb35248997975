//! The RPCs of the repl, as traits. The client implements the traits, and so do fakes in tests.

use std::{future::ready, time::Duration};

use tokio::sync::watch;

use crate::client::{
    Answer, CallError, Client, Fault, Note, Notes, Recorder, ReflectionRequest, ReflectionResponse,
    Reply, Request, Requests, Responses, WorksheetEvent, WorksheetRequest,
};
use crate::proto::cursor::Cursor;

/// The answer of a worksheet to a line, or the fault of the line.
pub(in crate::repl) type LineResult = Result<Answer, Box<Fault>>;

/// Both halves of a worksheet's stream.
pub(in crate::repl) type WorksheetHalves<C> = (
    <C as Calls>::WorksheetSender,
    <C as Calls>::WorksheetReceiver,
);

/// The RPCs of a session. [`Client`] implements this trait, and so do fakes in tests. Clones share
/// one connection.
pub trait Calls: Clone + Send + Sync + 'static {
    /// The sending half of a worksheet's stream.
    type WorksheetSender: WorksheetSender;
    /// The receiving half of a worksheet's stream.
    type WorksheetReceiver: WorksheetReceiver;
    /// A subscription to the chat.
    type Notes: NoteStream;

    /// Sends `request` and waits for the reply. Any number of calls may run concurrently.
    fn call(&self, _request: Request) -> impl Future<Output = Result<Reply, CallError>> + Send {
        ready(Err(CallError::unimplemented()))
    }

    /// Opens the stream of a worksheet. `first` is the first request on the stream.
    fn worksheet(
        &self,
        _first: WorksheetRequest,
    ) -> impl Future<Output = Result<(Self::WorksheetSender, Self::WorksheetReceiver), CallError>> + Send
    {
        async { Err(CallError::unimplemented()) }
    }

    /// Asks the server for its services, their descriptors or its health.
    fn reflect(
        &self,
        _request: ReflectionRequest,
    ) -> impl Future<Output = Result<ReflectionResponse, CallError>> + Send {
        ready(Err(CallError::unimplemented()))
    }

    /// Subscribes to the chat. The subscription starts with the note at the cursor. Without a
    /// cursor, it starts with the oldest note that the server keeps.
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

    /// Returns the name of the server, for messages.
    fn server(&self) -> String;

    /// Returns the state of the servers: the error of a call that waits for a server, from the time
    /// when no server can be reached until a call is answered. Otherwise the state is None.
    fn outage(&self) -> watch::Receiver<Option<CallError>> {
        watch::Sender::new(None).subscribe()
    }

    /// Returns the number of attempts to connect. While it is the same, no new connection is used.
    fn connections(&self) -> usize {
        0
    }

    /// Returns the recorder of the connection, if the connection is recorded.
    fn recorder(&self) -> Option<Recorder> {
        None
    }
}

/// The sending half of a worksheet's stream. The stream ends when all clones are dropped and all
/// requests are answered.
pub trait WorksheetSender: Clone + Send + Sync + 'static {
    /// Sends a request. If the stream has ended, the request is dropped, and the receiving half
    /// reports why the stream has ended.
    fn send(&self, request: WorksheetRequest) -> impl Future<Output = ()> + Send;

    /// Interrupts a line, unless the line is already answered. `answer` is the number of the line's
    /// answer in the stream, counted from 1; 0 means the running line.
    fn cancel(&self, answer: u64) -> impl Future<Output = ()> + Send;
}

/// The receiving half of a worksheet's stream.
///
/// A script calls `take` for each answer. To make these calls fast, `take` is synchronous and is
/// not called through a `dyn` type.
pub trait WorksheetReceiver: Send + 'static {
    /// Whether an event has arrived but was not taken yet.
    fn is_ready(&self) -> bool;

    /// Returns the number of the next answer of the stream, counted from 1. Returns `None` if the
    /// next event may be the end of a request.
    fn due(&self) -> Option<u64>;

    /// Waits for more events. An error means that the stream has ended. Cancel safe.
    fn wait(&mut self) -> impl Future<Output = Result<(), CallError>> + Send;

    /// Takes the next event, if an event has arrived. An error means that the stream has ended.
    fn take(&mut self) -> Option<Result<WorksheetEvent<'_>, CallError>>;

    /// Returns the error for a stream on which an expected answer did not arrive within `timeout`.
    fn silent(&self, timeout: Duration) -> CallError;

    /// Returns the error for a stream whose events do not match the requests.
    fn protocol_error(&self) -> CallError;
}

/// A subscription to the chat.
pub trait NoteStream: Send + 'static {
    /// Returns the position of the next note, if the server numbers its notes.
    fn cursor(&self) -> Option<&Cursor>;

    /// Waits for the next note. An error means that the stream has ended. Cancel safe.
    fn next(&mut self) -> impl Future<Output = Result<Note, CallError>> + Send;

    /// Waits at most `patience` for the next note of the history. The history consists of the notes
    /// that were sent before the stream began. Returns `None` if the history has ended.
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

    fn outage(&self) -> watch::Receiver<Option<CallError>> {
        Client::outage(self)
    }

    fn connections(&self) -> usize {
        Client::connections(self)
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

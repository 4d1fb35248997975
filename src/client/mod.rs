//! The client: typed calls to a server in this process or on another machine.
//!
//! It does not use the engine: every answer comes from a server.

mod call;
mod cause;
mod channel;
mod chat;
mod error;
mod reading;
mod reflection;
mod retry;
mod status;
mod wire;
mod worksheet;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{sync::watch, time::Instant};

use self::channel::{
    balancer::Backend, concurrency::ConcurrencyLimit, endpoint::Endpoint, grpc_channel::Unary,
};
use self::retry::{RetryPolicy, RetryingChannel, share};
use crate::proto::cursor::Cursor;

pub use crate::net::tls::ClientTlsFiles;

pub use self::{
    call::{
        AngleUnit, Answer, Call, Evaluate, EvaluateOptions, Method, NumberBase, Reply, Request,
        TypedValue,
    },
    channel::{
        concurrency::MAX as MAX_CALLS,
        proxy::Proxy,
        resolver::{Resolver, SystemResolver},
        target::{Access, BearerToken, InvalidToken, Listening, Remote, Remotes, Target},
        tls::{ClientTls, TlsSetupError},
    },
    chat::{Note, Notes},
    error::{CallError, Fault},
    reading::{Reading, ReadingKind, Remarks},
    reflection::{Health, MAX_SERVICES, ReflectionRequest, ReflectionResponse},
    wire::{
        exchange::{CallEnd, Destination, Exchange, Payload, Role, ServerAddress},
        http2::HeaderField,
        recorder::Recorder,
    },
    worksheet::{Answered, Requests, Responses, Row, WorksheetEvent, WorksheetRequest},
};

/// The number of consecutive silent calls after which the connection counts as lost. A silent call
/// passes its deadline while nothing is received from any server.
const MAX_SILENT_CALLS: u32 = 16;

/// A client of the servers of a target: the stubs, with one connection to each server.
///
/// A connection is made when a call first needs it, and made again after it breaks. Any number of
/// calls can use a connection at the same time.
///
/// Only the calls of the chat have side effects. If the connection of any other call breaks, or the
/// server has no capacity for the call, the client sends the call again within its deadline. If the
/// target has several servers, the client sends the call to another server.
///
/// The chat is the chat of the first server. All clones of a client share its connections.
#[derive(Clone, Debug)]
pub struct Client(Arc<Shared>);

/// The state of a client. All clones of the client share this state.
#[derive(Debug)]
struct Shared {
    channel: RetryingChannel,
    concurrency: ConcurrencyLimit,
    /// The number of consecutive calls that passed their deadlines with nothing received.
    silent_calls: AtomicU32,
    recorder: Option<Recorder>,
}

impl Client {
    /// Returns a client of `target` that connects when its first call is made.
    ///
    /// `timeout` is the maximum duration of each call, including the time to connect.
    #[must_use]
    pub fn lazy(target: Target, timeout: Duration) -> Self {
        let endpoints = endpoints(target, timeout, None);
        let backends = endpoints.into_iter().map(Endpoint::lazy).collect();
        Self::new(RetryingChannel::new(backends, 0, timeout), None)
    }

    /// Connects to the first reachable server of `target`, and records the traffic with `recorder`.
    ///
    /// Fails if no server of the target can be reached.
    pub async fn connect(
        target: Target,
        timeout: Duration,
        recorder: Option<&Recorder>,
    ) -> Result<Self, CallError> {
        let (mut backends, mut connected, mut last_error) = (Vec::<Backend>::new(), None, None);
        for endpoint in endpoints(target, timeout, recorder) {
            if connected.is_some() {
                backends.push(endpoint.lazy());
                continue;
            }
            let (backend, error) = endpoint.connect().await;
            if error.is_none() {
                connected = Some(backends.len());
            }
            backends.push(backend);
            last_error = error;
        }
        let channel = RetryingChannel::new(backends, connected.unwrap_or(0), timeout);
        match last_error.filter(|_| connected.is_none()) {
            Some(error) => Err(channel.name_all(error, channel.balancer.count())),
            None => Ok(Self::new(channel, recorder.cloned())),
        }
    }

    fn new(channel: RetryingChannel, recorder: Option<Recorder>) -> Self {
        Self(Arc::new(Shared {
            concurrency: ConcurrencyLimit::new(channel.timeout),
            channel,
            silent_calls: AtomicU32::new(0),
            recorder,
        }))
    }

    /// Returns the recorder of the traffic, if the client has a recorder.
    #[must_use]
    pub fn recorder(&self) -> Option<&Recorder> {
        self.0.recorder.as_ref()
    }

    /// Returns the name, for use in messages, of the server that replied last.
    ///
    /// The name is the address of the server, or "the embedded server".
    #[must_use]
    pub fn server(&self) -> String {
        self.0.channel.last_server()
    }

    /// Returns the state of the servers, which changes while calls are made.
    ///
    /// The state is the error of a call that waits for a server, from the time when no server can
    /// be reached until a call is answered. Otherwise the state is None.
    #[must_use]
    pub fn outage(&self) -> watch::Receiver<Option<CallError>> {
        self.0.channel.outage()
    }

    /// Sends `request` with the stub, and waits for the reply until the deadline of the call.
    ///
    /// If the limit of concurrent calls is reached, the request first waits until another call
    /// ends. The time limit of the call starts at the end of this wait. Dropping the future cancels
    /// the call.
    ///
    #[cfg_attr(feature = "server", doc = "```")]
    #[cfg_attr(not(feature = "server"), doc = "```ignore")]
    /// use std::{future::pending, time::Duration};
    ///
    /// use grpcalc::{
    ///     client::{Call, CallError, Client, Method, Reply, Target},
    ///     server::{self, Settings},
    /// };
    ///
    /// #[tokio::main(flavor = "current_thread")]
    /// async fn main() -> Result<(), CallError> {
    ///     let (dial, connections) = server::in_memory();
    ///     tokio::spawn(server::run(connections, pending(), Settings::default()));
    ///
    ///     let client = Client::lazy(Target::Embedded(dial, None), Duration::from_secs(5));
    ///     let call = Call { method: Method::Add, n1: 20, n2: 10 };
    ///     assert_eq!(client.call(call).await?, Reply::Integer(30));
    ///     Ok(())
    /// }
    /// ```
    pub async fn call(&self, request: impl Into<Request>) -> Result<Reply, CallError> {
        let request = request.into();
        let Shared {
            channel,
            concurrency,
            silent_calls,
            ..
        } = &*self.0;
        let permit = concurrency.acquire().await;
        let (start, reads) = (Instant::now(), self.reads());
        let request = &request;
        let attempt =
            |backend: Arc<Backend>, left| async move { call::send(&backend, request, left).await };
        let completed = channel
            .call_with_retry(start, RetryPolicy::AnyBackend, attempt)
            .await;
        let result = completed.result;
        let timed_out = matches!(result, Err(CallError::Deadline(_)));
        if completed.overloaded || timed_out {
            permit.record_overload();
        } else if result.is_ok() {
            permit.record_reply(start.elapsed());
        }
        if !timed_out || self.reads() != reads {
            silent_calls.store(0, Ordering::Relaxed);
        } else if silent_calls.fetch_add(1, Ordering::Relaxed) + 1 >= MAX_SILENT_CALLS {
            let servers = channel.balancer.names();
            return Err(CallError::silent_calls(
                MAX_SILENT_CALLS,
                channel.timeout,
                servers,
            ));
        }
        result
    }

    /// Opens the stream of a worksheet and sends the request `first` on it.
    pub async fn worksheet(
        &self,
        first: WorksheetRequest,
    ) -> Result<(Requests, Responses), CallError> {
        let channel = &self.0.channel;
        let servers = channel.balancer.count();
        let patience = (servers > 1).then(|| share(channel.timeout, servers));
        let attempt = |backend, left| worksheet::open(backend, first.clone(), left, patience);
        let start = Instant::now();
        let completed = self
            .0
            .channel
            .call_with_retry(start, RetryPolicy::AnyBackend, attempt);
        completed.await.result
    }

    /// Requests the services, the descriptors or the health of a server.
    pub async fn reflect(
        &self,
        request: ReflectionRequest,
    ) -> Result<ReflectionResponse, CallError> {
        let request = &request;
        let attempt = |backend: Arc<Backend>, left| async move {
            reflection::reflect(backend.channel.clone(), request, left).await
        };
        let start = Instant::now();
        let completed = self
            .0
            .channel
            .call_with_retry(start, RetryPolicy::AnyBackend, attempt);
        completed.await.result
    }

    /// Subscribes to the notes of the chat: first the notes of the history, then the new notes.
    ///
    /// The history starts at the cursor `from` if the server recognizes this cursor, and at the
    /// oldest note otherwise.
    pub async fn subscribe(&self, from: Option<Cursor>) -> Result<Notes, CallError> {
        let from = from.as_ref();
        let attempt = |backend: Arc<Backend>, _| async move {
            chat::subscribe(backend.channel.clone(), from, &backend.connectivity).await
        };
        let start = Instant::now();
        let completed = self
            .0
            .channel
            .call_with_retry(start, RetryPolicy::FirstBackend, attempt);
        completed.await.result
    }

    /// Sends `note` to the chat.
    ///
    /// If the connection breaks during the call, the server may or may not have received the note,
    /// so the client does not send the note again.
    pub async fn send_note(&self, note: &Note) -> Result<(), CallError> {
        let attempt = |backend: Arc<Backend>, left| async move {
            chat::send(backend.channel.clone(), note, left).await
        };
        let start = Instant::now();
        let completed = self
            .0
            .channel
            .call_with_retry(start, RetryPolicy::Once, attempt);
        completed.await.result.map_err(CallError::for_note)
    }

    /// Returns the number of attempts to connect to the servers.
    #[must_use]
    pub fn connections(&self) -> usize {
        let backends = self.0.channel.balancer.iter();
        let attempts = backends.map(|backend| backend.connectivity.attempts());
        attempts.fold(0, usize::wrapping_add)
    }

    /// Returns the number of reads, on the connections to all servers, that returned bytes.
    fn reads(&self) -> usize {
        let backends = self.0.channel.balancer.iter();
        let reads = backends.map(|backend| backend.connectivity.reads());
        reads.fold(0, usize::wrapping_add)
    }
}

/// Returns the endpoints of `target`. Each endpoint has an equal part of `timeout` to connect.
fn endpoints(target: Target, timeout: Duration, recorder: Option<&Recorder>) -> Vec<Endpoint> {
    let routes = target.routes();
    let timeout = share(timeout, routes.len());
    let endpoints = routes
        .into_iter()
        .map(|route| Endpoint::new(route, timeout, recorder));
    endpoints.collect()
}

/// Returns the request of a unary call, with `message` and a deadline after `timeout`.
fn with_deadline<T>(message: T, timeout: Duration) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.extensions_mut().insert(Unary);
    request.set_timeout(timeout);
    request
}

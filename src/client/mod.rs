//! The client: typed calls, to a server in this process or anywhere else.
//!
//! Uses no engine: an answer always crosses the wire.

mod call;
mod channel;
mod chat;
mod error;
mod reflection;
mod wire;
mod worksheet;

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use crate::proto::cursor::Cursor;
use tokio::time::{self, Instant};
use tonic::{Code, Status, transport::Endpoint};

use self::{
    channel::{
        balancer::{Balancer, Server, jittered},
        concurrency::ConcurrencyLimit,
        connector::{Peer, Route},
    },
    error::{RetryAction, later},
};
use crate::proto::{
    calc::{AddRequest, DivideRequest, MultiplyRequest, SubstractRequest},
    grpcalc::v1::EvaluateRequest,
};

pub use crate::net::tls::ClientTlsFiles;

pub use self::{
    call::{
        AngleUnit, Answer, Call, Evaluate, EvaluateOptions, Method, NumberBase, Reply, Request,
    },
    channel::{
        concurrency::MOST as MOST_CALLS,
        target::{Access, BearerToken, Listening, NoToken, Remote, Target},
        tls::{ClientTls, TlsSetupError},
    },
    chat::{Note, Notes},
    error::{CallError, Fault},
    reflection::{Health, ReflectionRequest, ReflectionResponse},
    wire::{
        exchange::{CallEnd, Destination, Exchange, Payload, Role, ServerAddress},
        http2::HeaderField,
        recorder::Recorder,
    },
    worksheet::{Answered, Requests, Responses, Row, WorksheetEvent, WorksheetRequest},
};

/// How this client names itself to servers.
const USER_AGENT: &str = concat!("grpcalc/", env!("CARGO_PKG_VERSION"));

/// How often a call is sent again in a row while no other call has any luck either.
const RETRIES: u32 = 5;

/// How many calls in a row may run out of time before a server of which nothing at all
/// was heard meanwhile is taken for lost.
const UNHEARD: u32 = 16;

/// The first pause before a call is sent again; each further one is twice as long.
const PAUSE: Duration = Duration::from_millis(5);

/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_millis(250);

/// Bytes that a server may send on a stream, and on the connection, before we have read
/// them. A worksheet whose answers nobody takes must leave room for typed calls.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 * STREAM_WINDOW;

/// How long nothing may be heard of a server that has calls of ours before it is asked for
/// a sign of life, and how long it may take to give it. Servers in C++, Go and other languages
/// close connections on which they are asked oftener than every five minutes while they have
/// nothing to say (gRFC A8); where its machine is gone, TCP finds that out earlier.
const KEEPALIVE: Duration = Duration::from_secs(310);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// Bytes of the frames that a server may send: most responses come in one.
const FRAME: u32 = 128 * 1024;

/// What servers are asked by: one connection to each, made when it is first needed and
/// made anew when it broke. Any number of calls may be under way on it at once.
///
/// All calls but those of the chat are pure, so one whose connection broke is sent again
/// within its deadline, and so is one that the server had no room for; to another server,
/// where there is one. The chat is that of the first server: others know nothing of it.
#[derive(Clone, Debug)]
pub struct Client(Arc<Shared>);

/// What the calls of a client share.
#[derive(Debug)]
struct Shared {
    servers: Balancer,
    window: ConcurrencyLimit,
    timeout: Duration,
    /// Replies so far.
    replies: AtomicUsize,
    /// The server that answered last.
    latest: AtomicUsize,
    /// Calls in a row that ran out of time with nothing heard.
    unheard: AtomicU32,
    recorder: Option<Recorder>,
}

impl Client {
    /// A client of `target` that connects with its first call. `timeout` is the
    /// deadline of each call; connecting counts.
    #[must_use]
    pub fn lazy(target: Target, timeout: Duration) -> Self {
        let ways = ways(target);
        let patience = share(timeout, ways.len());
        let servers = ways.into_iter().map(|(way, token)| {
            let peer = Arc::new(Peer::new(&way));
            let connector =
                channel::connector::connector(way.clone(), patience, Arc::clone(&peer), None);
            let channel = endpoint(&way).connect_with_connector_lazy(connector);
            Server::new(channel, peer, token)
        });
        Self::new(servers.collect(), timeout, None)
    }

    /// A client that is connected to a server of `target`, or the reason why not. What
    /// travels is shown to `recorder`.
    pub async fn connect(
        target: Target,
        timeout: Duration,
        recorder: Option<&Recorder>,
    ) -> Result<Self, CallError> {
        let ways = ways(target);
        let patience = share(timeout, ways.len());
        let (mut servers, mut connected, mut failed) = (Vec::new(), None, None);
        for (index, (way, token)) in ways.into_iter().enumerate() {
            let peer = Arc::new(Peer::new(&way));
            let connector = || {
                let (way, peer, recorder) = (way.clone(), Arc::clone(&peer), recorder.cloned());
                channel::connector::connector(way, patience, peer, recorder)
            };
            let endpoint = endpoint(&way);
            let channel = if connected.is_some() {
                endpoint.connect_with_connector_lazy(connector())
            } else {
                let connecting = endpoint.connect_with_connector(connector());
                let error = match time::timeout(patience, connecting).await {
                    Ok(Ok(channel)) => {
                        connected = Some(index);
                        servers.push(Server::new(channel, peer, token));
                        continue;
                    }
                    Ok(Err(error)) => CallError::unreachable(&error, &peer),
                    Err(_) => CallError::deadline(patience, &peer),
                };
                failed = Some(error);
                endpoint.connect_with_connector_lazy(connector())
            };
            let server = Server::new(channel, peer, token);
            if connected.is_none() {
                server.fail();
            }
            servers.push(server);
        }
        let client = Self::new(servers, timeout, recorder.cloned());
        match (connected, failed) {
            (None, Some(error)) => {
                let all: Vec<_> = (0..client.0.servers.count()).collect();
                Err(client.of_all(error, &all))
            }
            (index, _) => {
                client.0.latest.store(index.unwrap_or(0), Ordering::Relaxed);
                Ok(client)
            }
        }
    }

    fn new(servers: Vec<Server>, timeout: Duration, recorder: Option<Recorder>) -> Self {
        Self(Arc::new(Shared {
            servers: Balancer::new(servers),
            window: ConcurrencyLimit::new(timeout),
            timeout,
            replies: AtomicUsize::new(0),
            latest: AtomicUsize::new(0),
            unheard: AtomicU32::new(0),
            recorder,
        }))
    }

    /// Where what travels is recorded, if it is.
    #[must_use]
    pub fn recorder(&self) -> Option<&Recorder> {
        self.0.recorder.as_ref()
    }

    /// Who answered last, in words: an address, or the embedded server.
    #[must_use]
    pub fn server(&self) -> String {
        let latest = self.0.latest.load(Ordering::Relaxed);
        let server = self.0.servers.iter().nth(latest);
        server.map_or_else(String::new, |server| server.peer.name())
    }

    /// Sends `question` as the stub call of its method and waits for the reply, at
    /// most until the deadline. Where very many calls are under way, it is sent, and
    /// its time runs, when others have ended. Dropping the future cancels the call.
    pub async fn call(&self, question: impl Into<Request>) -> Result<Reply, CallError> {
        let question = question.into();
        let Shared {
            window,
            replies,
            unheard,
            ..
        } = &*self.0;
        let place = window.enter().await;
        let (start, heard) = (Instant::now(), self.heard());
        let question = &question;
        let attempt = |server: Arc<Server>, left| async move { server.send(question, left).await };
        let (answer, refused) = self.persist(start, RetryPolicy::Pure, attempt).await;
        let out_of_time = matches!(answer, Err(CallError::Deadline(_)));
        if refused || out_of_time {
            place.refused();
        } else if answer.is_ok() {
            place.replied(start.elapsed());
        }
        if answer.is_ok() {
            replies.fetch_add(1, Ordering::Relaxed);
        }
        if !out_of_time || self.heard() != heard {
            unheard.store(0, Ordering::Relaxed);
        } else if unheard.fetch_add(1, Ordering::Relaxed) + 1 >= UNHEARD {
            let names = self.0.servers.names();
            return Err(CallError::unheard(UNHEARD, self.0.timeout, names));
        }
        answer
    }

    /// A worksheet, whose first request is `first`.
    pub async fn worksheet(
        &self,
        first: WorksheetRequest,
    ) -> Result<(Requests, Responses), CallError> {
        let attempt = |server: Arc<Server>, _| {
            let first = first.clone();
            async move { worksheet::open(server.evaluator.clone(), first, &server.peer).await }
        };
        self.persist(Instant::now(), RetryPolicy::Pure, attempt)
            .await
            .0
    }

    /// What a server tells of itself.
    pub async fn inquire(
        &self,
        inquiry: ReflectionRequest,
    ) -> Result<ReflectionResponse, CallError> {
        let inquiry = &inquiry;
        let attempt = |server: Arc<Server>, left| async move {
            reflection::inquire(server.channel.clone(), inquiry, left).await
        };
        self.persist(Instant::now(), RetryPolicy::Pure, attempt)
            .await
            .0
    }

    /// Listens to the chat: to the notes that are kept, from the place `from` on where the
    /// server knows it, and then to each that is said.
    pub async fn listen(&self, from: Option<Cursor>) -> Result<Notes, CallError> {
        let from = from.as_ref();
        let attempt = |server: Arc<Server>, _| async move {
            chat::listen(server.channel.clone(), from, &server.peer).await
        };
        self.persist(Instant::now(), RetryPolicy::Listen, attempt)
            .await
            .0
    }

    /// Says `note` in the chat. Where the connection breaks meanwhile, nobody can know whether
    /// it was said, so it is not said again.
    pub async fn say(&self, note: &Note) -> Result<(), CallError> {
        let attempt = |server: Arc<Server>, left| async move {
            chat::say(server.channel.clone(), note, left).await
        };
        let said = self
            .persist(Instant::now(), RetryPolicy::Say, attempt)
            .await
            .0;
        said.map_err(CallError::of_note)
    }

    /// Makes `attempt`s, each with the time that is left, until there is a reply, or a
    /// failure that another one would not mend, or the deadline has passed. Tells also
    /// whether a server had no room at some time.
    async fn persist<T, A: Future<Output = Result<T, Status>>>(
        &self,
        start: Instant,
        nature: RetryPolicy,
        attempt: impl Fn(Arc<Server>, Duration) -> A,
    ) -> (Result<T, CallError>, bool) {
        let Shared {
            servers,
            timeout,
            replies,
            latest,
            ..
        } = &*self.0;
        let end = start + *timeout;
        let (mut pause, mut retries, mut refused) = (PAUSE, 0, false);
        // The servers that failed, the last one at the end.
        let mut failed = Vec::new();
        let others = nature == RetryPolicy::Pure && servers.count() > 1;
        let failure = |status: &Status, peer: &Peer, failed: &[usize]| {
            let error = CallError::from_status(status, *timeout, peer);
            if others {
                self.of_all(error, failed)
            } else {
                error
            }
        };
        loop {
            let picked = match nature {
                RetryPolicy::Pure => servers.pick(&failed),
                RetryPolicy::Listen | RetryPolicy::Say => servers.first(),
            };
            let peer = &Arc::clone(&picked.server.peer);
            let (dials, luck) = (peer.dials(), replies.load(Ordering::Relaxed));
            let left = end.saturating_duration_since(Instant::now());
            // While there is another to ask, one that gives no sign of life has its share.
            let untried = servers.count().saturating_sub(failed.len());
            let patience = (others && untried > 1).then(|| share(left, untried));
            let attempting =
                with_liveness_check(attempt(Arc::clone(&picked.server), left), patience, peer);
            // The request carries the deadline to the server. This one holds even
            // where no request can be sent: tonic's own does not cover connecting.
            let status = match time::timeout_at(end, attempting).await {
                Ok(Some(Ok(reply))) => {
                    picked.server.recover();
                    latest.store(picked.index, Ordering::Relaxed);
                    return (Ok(reply), refused);
                }
                Ok(Some(Err(status))) => status,
                Ok(None) => {
                    picked.server.fail();
                    failed.push(picked.index);
                    continue;
                }
                Err(_) => {
                    picked.server.fail();
                    return (Err(CallError::deadline(*timeout, peer)), refused);
                }
            };
            if replies.load(Ordering::Relaxed) != luck {
                retries = 0;
            }
            let remedy = RetryAction::of(&status);
            refused |= matches!(remedy, RetryAction::Wait | RetryAction::Yield);
            let sensible = match remedy {
                RetryAction::Wait => true,
                // It may have been said.
                RetryAction::Retry if nature == RetryPolicy::Say => false,
                RetryAction::Yield
                    if nature == RetryPolicy::Say && status.code() == Code::Unavailable =>
                {
                    false
                }
                RetryAction::Yield => retries < RETRIES,
                RetryAction::Retry => (others || peer.has_spoken()) && retries < RETRIES,
                RetryAction::Redial if others => failed.len() + 1 < servers.count(),
                // What was dialed before this call began says nothing of today.
                RetryAction::Redial => peer.dials() == dials && retries < RETRIES,
                RetryAction::None => false,
            };
            if matches!(
                remedy,
                RetryAction::Yield | RetryAction::Retry | RetryAction::Redial
            ) {
                picked.server.fail();
            }
            if !sensible {
                return (Err(failure(&status, peer, &failed)), refused);
            }
            retries += 1;
            failed.retain(|index| *index != picked.index);
            failed.push(picked.index);
            drop(picked);
            let pausing = time::sleep(jittered(pause).max(later(&status).unwrap_or_default()));
            if time::timeout_at(end, pausing).await.is_err() {
                return (Err(failure(&status, peer, &failed)), refused);
            }
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    /// The same error, where it stands for all servers: so many have `failed` before it.
    fn of_all(&self, error: CallError, failed: &[usize]) -> CallError {
        match error {
            CallError::Unreachable { cause, .. } if failed.len() + 1 >= self.0.servers.count() => {
                CallError::Unreachable {
                    server: self.0.servers.names(),
                    cause,
                }
            }
            error => error,
        }
    }

    /// A number that grows with everything that comes from any server.
    fn heard(&self) -> usize {
        let heard = self.0.servers.iter().map(|server| server.peer.heard());
        heard.fold(0, usize::wrapping_add)
    }
}

/// What a call is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RetryPolicy {
    /// It changes nothing, and any server will do.
    Pure,
    /// It changes nothing, but asks for what one server has.
    Listen,
    /// It changes something there.
    Say,
}

impl Server {
    async fn send(&self, question: &Request, deadline: Duration) -> Result<Reply, Status> {
        match question {
            Request::Call(call) => self.send_call(*call, deadline).await,
            Request::Evaluate(line) => self.send_line(line, deadline).await,
        }
    }

    async fn send_line(&self, line: &Evaluate, deadline: Duration) -> Result<Reply, Status> {
        let request = EvaluateRequest {
            expression: line.expression.clone(),
            options: Some(line.options.into()),
        };
        let mut stub = self.evaluator.clone();
        let response = stub.evaluate(with_deadline(request, deadline)).await?;
        let answer = response.into_inner().answer.unwrap_or_default();
        Ok(Reply::Answer(Answer::from_proto(answer)))
    }

    async fn send_call(&self, call: Call, deadline: Duration) -> Result<Reply, Status> {
        let Call { method, n1, n2 } = call;
        let mut stub = self.calculator.clone();
        Ok(match method {
            Method::Add => {
                let request = with_deadline(AddRequest { n1, n2 }, deadline);
                Reply::Integer(stub.add(request).await?.into_inner().n1)
            }
            Method::Subtract => {
                let request = with_deadline(SubstractRequest { n1, n2 }, deadline);
                Reply::Integer(stub.substract(request).await?.into_inner().n1)
            }
            Method::Multiply => {
                let request = with_deadline(MultiplyRequest { n1, n2 }, deadline);
                Reply::Integer(stub.multiply(request).await?.into_inner().n1)
            }
            Method::Divide => {
                let request = with_deadline(DivideRequest { n1, n2 }, deadline);
                Reply::Float(stub.divide(request).await?.into_inner().f1)
            }
        })
    }
}

fn with_deadline<T>(message: T, deadline: Duration) -> tonic::Request<T> {
    let mut request = tonic::Request::new(message);
    request.set_timeout(deadline);
    request
}

/// The ways to the servers of a target, and what is presented there.
fn ways(target: Target) -> Vec<(Route, Option<BearerToken>)> {
    match target {
        Target::Embedded(server, listening) => {
            let (addresses, token) =
                listening.map_or_else(Default::default, |it| (it.addresses, it.token));
            vec![(Route::Embedded(server, addresses), token)]
        }
        Target::Remote(servers, access) => servers
            .into_iter()
            .map(|server| {
                let way = Route::Remote {
                    tls: access.encryption(&server).cloned(),
                    encrypted: server.is_encrypted(access.is_meant),
                    address: server.address,
                    token: access.token.is_some(),
                };
                (way, access.token.clone())
            })
            .collect(),
    }
}

/// What `attempt` comes to; None where it takes longer than `patience` and nothing was heard
/// of the peer meanwhile.
async fn with_liveness_check<T>(
    attempt: impl Future<Output = T>,
    patience: Option<Duration>,
    peer: &Peer,
) -> Option<T> {
    let Some(patience) = patience else {
        return Some(attempt.await);
    };
    let (mut attempt, heard) = (pin!(attempt), peer.heard());
    match time::timeout(patience, &mut attempt).await {
        Ok(outcome) => Some(outcome),
        Err(_) if peer.heard() == heard => None,
        Err(_) => Some(attempt.await),
    }
}

/// The time that each of so many servers has to take a connection.
fn share(timeout: Duration, servers: usize) -> Duration {
    timeout / u32::try_from(servers.max(1)).unwrap_or(u32::MAX)
}

fn endpoint(way: &Route) -> Endpoint {
    Endpoint::try_from(way.uri())
        .and_then(|endpoint| endpoint.user_agent(USER_AGENT))
        .expect("valid by construction")
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(FRAME)
        .http2_keep_alive_interval(KEEPALIVE)
        .keep_alive_timeout(KEEPALIVE_TIMEOUT)
}

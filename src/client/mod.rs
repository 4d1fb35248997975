//! The client: typed calls, to a server in this process or anywhere else.
//!
//! Uses no engine: an answer always crosses the wire.

mod call;
mod connector;
mod error;
mod grpc_only;
mod window;
mod worksheet;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::{self, Instant};
use tonic::{
    Request, Status,
    transport::{Channel, Endpoint},
};

use self::{connector::Peer, error::Remedy, grpc_only::GrpcOnly, window::Window};
use crate::proto::{
    calc::{
        AddRequest, DivideRequest, MultiplyRequest, SubstractRequest,
        calculator_client::CalculatorClient,
    },
    grpcalc::v1::{EvaluateRequest, Options, evaluator_service_client::EvaluatorServiceClient},
};

pub use self::{
    call::{Answer, Call, Evaluate, Method, Question, Reply},
    connector::Target,
    error::{CallError, Fault},
    worksheet::{Answered, Event, Request as WorksheetRequest, Requests, Responses, Row},
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

/// Bytes of the frames that a server may send: most responses come in one.
const FRAME: u32 = 128 * 1024;

/// What a server is asked by: one connection, made when it is first needed and
/// made anew when it broke. Any number of calls may be under way on it at once.
///
/// All calls here are pure, so one whose connection broke is sent again within its
/// deadline, and so is one that the server had no room for.
#[derive(Clone, Debug)]
pub struct Client {
    calculator: CalculatorClient<GrpcOnly>,
    evaluator: EvaluatorServiceClient<GrpcOnly>,
    connection: Arc<Connection>,
}

/// What the calls of a client share.
#[derive(Debug)]
struct Connection {
    peer: Arc<Peer>,
    window: Window,
    timeout: Duration,
    /// Replies so far.
    replies: AtomicUsize,
    /// Calls in a row that ran out of time with nothing heard.
    unheard: AtomicU32,
}

impl Client {
    /// A client of `target` that connects with its first call. `timeout` is the
    /// deadline of each call; connecting counts.
    #[must_use]
    pub fn lazy(target: Target, timeout: Duration) -> Self {
        let peer = Arc::new(Peer::new(&target));
        let channel = endpoint(&target).connect_with_connector_lazy(connector::connector(
            target,
            timeout,
            Arc::clone(&peer),
        ));
        Self::new(channel, peer, timeout)
    }

    /// A client that is connected to `target`, or the reason why not.
    pub async fn connect(target: Target, timeout: Duration) -> Result<Self, CallError> {
        let peer = Arc::new(Peer::new(&target));
        let endpoint = endpoint(&target);
        let connecting = endpoint.connect_with_connector(connector::connector(
            target,
            timeout,
            Arc::clone(&peer),
        ));
        match time::timeout(timeout, connecting).await {
            Ok(Ok(channel)) => Ok(Self::new(channel, peer, timeout)),
            Ok(Err(error)) => Err(CallError::unreachable(&error, &peer)),
            Err(_) => Err(CallError::deadline(timeout, &peer)),
        }
    }

    fn new(channel: Channel, peer: Arc<Peer>, timeout: Duration) -> Self {
        Self {
            calculator: CalculatorClient::new(GrpcOnly(channel.clone())),
            evaluator: EvaluatorServiceClient::new(GrpcOnly(channel)),
            connection: Arc::new(Connection {
                peer,
                window: Window::new(timeout),
                timeout,
                replies: AtomicUsize::new(0),
                unheard: AtomicU32::new(0),
            }),
        }
    }

    /// Who is asked, in words: an address, or the embedded server.
    #[must_use]
    pub fn server(&self) -> String {
        self.connection.peer.name()
    }

    /// Sends `question` as the stub call of its method and waits for the reply, at
    /// most until the deadline. Where very many calls are under way, it is sent, and
    /// its time runs, when others have ended. Dropping the future cancels the call.
    pub async fn ask(&self, question: impl Into<Question>) -> Result<Reply, CallError> {
        let question = question.into();
        let Connection {
            peer,
            window,
            timeout,
            replies,
            unheard,
        } = &*self.connection;
        let place = window.enter().await;
        let (start, heard) = (Instant::now(), peer.heard());
        // The request carries the deadline to the server. This one holds even
        // where no request can be sent: tonic's own does not cover connecting.
        let attempt = |left| self.send(&question, left);
        let sent = time::timeout(*timeout, self.persist(start, attempt)).await;
        let (answer, refused) = match sent {
            Ok((reply, refused)) => (
                reply.map_err(|status| CallError::from_status(&status, *timeout, peer)),
                refused,
            ),
            Err(_) => (Err(CallError::deadline(*timeout, peer)), false),
        };
        let out_of_time = matches!(answer, Err(CallError::Deadline(_)));
        if refused || out_of_time {
            place.refused();
        } else if answer.is_ok() {
            place.replied(start.elapsed());
        }
        if answer.is_ok() {
            replies.fetch_add(1, Ordering::Relaxed);
        }
        if !out_of_time || peer.heard() != heard {
            unheard.store(0, Ordering::Relaxed);
        } else if unheard.fetch_add(1, Ordering::Relaxed) + 1 >= UNHEARD {
            return Err(CallError::unheard(UNHEARD, *timeout, peer));
        }
        answer
    }

    /// A worksheet, whose first request is `first`.
    pub async fn worksheet(
        &self,
        first: WorksheetRequest,
    ) -> Result<(Requests, Responses), CallError> {
        let Connection { peer, timeout, .. } = &*self.connection;
        let attempt = |_| worksheet::open(self.evaluator.clone(), first.clone(), peer);
        let opened = time::timeout(*timeout, self.persist(Instant::now(), attempt)).await;
        match opened {
            Ok((opened, _)) => {
                opened.map_err(|status| CallError::from_status(&status, *timeout, peer))
            }
            Err(_) => Err(CallError::deadline(*timeout, peer)),
        }
    }

    /// Makes `attempt`s, each with the time that is left, until there is a reply, or a
    /// failure that another one would not mend. Tells also whether the server had no room
    /// at some time.
    async fn persist<T, A: Future<Output = Result<T, Status>>>(
        &self,
        start: Instant,
        attempt: impl Fn(Duration) -> A,
    ) -> (Result<T, Status>, bool) {
        let Connection {
            peer,
            timeout,
            replies,
            ..
        } = &*self.connection;
        let (mut pause, mut retries, mut refused) = (PAUSE, 0, false);
        loop {
            let left = timeout.saturating_sub(start.elapsed());
            let (dials, luck) = (peer.dials(), replies.load(Ordering::Relaxed));
            let status = match attempt(left).await {
                Ok(reply) => return (Ok(reply), refused),
                Err(status) => status,
            };
            if replies.load(Ordering::Relaxed) != luck {
                retries = 0;
            }
            let remedy = Remedy::of(&status);
            refused |= matches!(remedy, Remedy::Wait | Remedy::Yield);
            let sensible = match remedy {
                Remedy::Wait => true,
                Remedy::Yield => retries < RETRIES,
                Remedy::Retry => peer.has_spoken() && retries < RETRIES,
                // What was dialed before this call began says nothing of today.
                Remedy::Redial => peer.dials() == dials && retries < RETRIES,
                Remedy::None => false,
            };
            if !sensible {
                return (Err(status), refused);
            }
            retries += 1;
            time::sleep(pause).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    async fn send(&self, question: &Question, deadline: Duration) -> Result<Reply, Status> {
        match question {
            Question::Call(call) => self.send_call(*call, deadline).await,
            Question::Evaluate(line) => self.send_line(line, deadline).await,
        }
    }

    async fn send_line(&self, line: &Evaluate, deadline: Duration) -> Result<Reply, Status> {
        let request = EvaluateRequest {
            expression: line.expression.clone(),
            options: Some(Options {
                digits: line.digits,
                ..Options::default()
            }),
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

fn with_deadline<T>(message: T, deadline: Duration) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(deadline);
    request
}

fn endpoint(target: &Target) -> Endpoint {
    Endpoint::try_from(target.uri())
        .and_then(|endpoint| endpoint.user_agent(USER_AGENT))
        .expect("valid by construction")
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_frame_size(FRAME)
}

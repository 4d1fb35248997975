//! A call's way through the server: who may make it, how long it may take, and what is
//! counted and told of its end.

pub(super) mod deadline;
pub(super) mod metered_body;
pub(super) mod methods;
pub(super) mod routes;
pub(super) mod tokens;

use std::{
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{HeaderMap, Request, Response, StatusCode, header::CONTENT_TYPE};
use hyper::body::{Frame, Incoming};
use tokio::time::{Instant, Sleep, sleep_until, timeout_at};
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::{Code, Status, body::Body};
use tonic_types::StatusExt;

use self::{
    metered_body::MeteredBody,
    methods::{Method, Service},
};
use super::{Server, budget::Share, status, transport::peer::Peer};
use crate::proto::errors::{DOMAIN, LIMIT, reason::INTERNAL};
use crate::{engine::Reason, proto::code};

/// Answers `request`, which `peer` made.
pub(super) async fn answer(
    server: Arc<Server>,
    peer: Arc<Peer>,
    request: Request<Incoming>,
) -> Response<Body> {
    let media_type = request.headers().get(CONTENT_TYPE);
    if !media_type.is_some_and(|it| it.as_bytes().starts_with(b"application/grpc")) {
        // As gRPC over HTTP2, "Requests", asks for.
        let mut response = Response::new(Body::empty());
        *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
        return response;
    }
    let call = Call::begin(server, peer, request.uri().path());
    let given = deadline::given(request.headers());
    if let Err(status) = call.admit(request.headers()) {
        return call.fail(&status);
    }
    let server = Arc::clone(&call.server);
    let streams = call.method().streams;
    let limit = server.settings.limits.call;
    // Of a stream, the time until it begins.
    let time = given.map_or(limit, |given| given.min(limit));
    let serving = timeout_at(call.begun + time, call.serve(request));
    let response = tokio::select! {
        biased;
        response = serving => response.unwrap_or_else(|_| Err(status::out_of_time(time))),
        () = server.draining.cancelled(), if streams => Err(status::shutting_down()),
    };
    match response {
        Ok(response) if streams => {
            let until = given.map(|given| (call.begun + given.min(LONGEST), given));
            call.go_on(response, until)
        }
        Ok(response) => call.replied(response),
        Err(status) => call.fail(&status),
    }
}

/// Calls of the health service that are under way: watches, mostly.
const HEALTH_CALLS: usize = 1024;

/// The longest deadline that is heeded: a month. What is longer is none.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A call that is under way. Where it is dropped, the caller has left.
struct Call {
    server: Arc<Server>,
    peer: Arc<Peer>,
    /// Of the methods.
    method: usize,
    begun: Instant,
    ended: bool,
}

impl Call {
    fn begin(server: Arc<Server>, peer: Arc<Peer>, path: &str) -> Self {
        let method = server.methods.find(path);
        let call = Self {
            method,
            server,
            peer,
            begun: Instant::now(),
            ended: false,
        };
        call.counter().fetch_add(1, Ordering::Relaxed);
        call.peer.begin();
        call
    }

    /// Where it counts. Who asks for health, without a token perhaps, takes no room from
    /// others, and is answered when there is none for them.
    fn counter(&self) -> &AtomicUsize {
        match self.method().service {
            Service::Health => &self.server.health_calls,
            _ => &self.server.calls,
        }
    }

    fn method(&self) -> &Method {
        self.server.methods.get(self.method)
    }

    /// Whether it may be made at all.
    fn admit(&self, headers: &HeaderMap) -> Result<(), Status> {
        let settings = &self.server.settings;
        if self.peer.is_surplus() {
            let limit = settings.limits.connections;
            return Err(status::overloaded(status::Limit::Connections, limit));
        }
        let limit = match self.method().service {
            Service::Health => HEALTH_CALLS,
            _ => settings.limits.calls,
        };
        if self.counter().load(Ordering::Relaxed) > limit {
            return Err(status::overloaded(status::Limit::Calls, limit));
        }
        match &settings.tokens {
            Some(tokens) if self.method().service != Service::Health => tokens
                .admit(headers)
                .then_some(())
                .ok_or_else(status::no_token),
            _ => Ok(()),
        }
    }

    /// What the service answers.
    async fn serve(&self, request: Request<Incoming>) -> Result<Response<Body>, Status> {
        let service = self.method().service;
        let mut request = request.map(|body| MeteredBody::new(body, &self.server.requests));
        if service == Service::Chat {
            // What one may say depends on what was said on its connection.
            request.extensions_mut().insert(Arc::clone(&self.peer));
        }
        let serving = self.server.routes.call(service, request);
        match AssertUnwindSafe(serving).catch_unwind().await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(infallible)) => match infallible {},
            // A bug of ours; nobody else is to suffer from it.
            Err(_) => Err(status::internal("the call could not be answered")),
        }
    }

    /// The response to a call that is no stream.
    fn replied(mut self, mut response: Response<Body>) -> Response<Body> {
        match response.headers().get(Status::GRPC_STATUS) {
            None => self.end(None),
            Some(_) => self.end(Status::from_header_map(response.headers()).as_ref()),
        }
        // A long answer is under way until it is sent, and no shutdown may cut it.
        match response.extensions_mut().remove::<Arc<Share>>() {
            None => response,
            Some(share) => response.map(|body| {
                Body::new(HeldBody {
                    body,
                    _call: self,
                    _share: share,
                })
            }),
        }
    }

    /// The response that says no more than `status`.
    fn fail(mut self, status: &Status) -> Response<Body> {
        self.end(Some(status));
        status.clone().into_http()
    }

    /// The response of a stream, which may end by `until`.
    fn go_on(self, response: Response<Body>, until: Option<(Instant, Duration)>) -> Response<Body> {
        if response.headers().contains_key(Status::GRPC_STATUS) {
            return self.replied(response);
        }
        let draining = match self.method().service {
            // It ends its streams itself, after the line that runs.
            Service::Evaluator => None,
            _ => Some(Box::pin(self.server.draining.clone().cancelled_owned())),
        };
        let until = until.map(|(until, given)| (Box::pin(sleep_until(until)), given));
        let call = Some(self);
        response.map(|body| {
            Body::new(DeadlineBody {
                body,
                call,
                draining,
                until,
            })
        })
    }

    /// Counts the call, and tells of it where it failed. None is success.
    fn end(&mut self, status: Option<&Status>) {
        self.ended = true;
        let method = self.method();
        let elapsed = self.begun.elapsed();
        let metrics = &self.server.settings.metrics;
        let counted = method.counted(metrics);
        counted.seconds.observe(elapsed.as_secs_f64());
        let code = status.map_or(Code::Ok, Status::code);
        if code == Code::Ok {
            counted.answered.inc();
            return;
        }
        metrics.handled(&method.called(), code::name(code)).inc();
        let info = status.and_then(StatusExt::get_details_error_info);
        let info = info.filter(|info| info.domain == DOMAIN);
        let reason = info.as_ref().map_or("", |info| &info.reason);
        if let Some(info) = &info {
            metrics.fault(reason);
            if let Some(limit) = info.metadata.get(LIMIT) {
                metrics.limit(limit);
            }
        }
        self.tell(code, reason, elapsed);
    }

    fn tell(&self, code: Code, reason: &str, elapsed: Duration) {
        let peer = self.peer.name();
        // What callers made up stays out of the log: the path, the message.
        let (service, method) = self.method().names;
        let ms = (elapsed.as_secs_f64() * 1e6).round() / 1e3;
        let name = code::name(code);
        // A level is a constant to the macros beneath.
        macro_rules! line {
            ($level:ident, $what:literal) => {
                tracing::$level!(peer, service, method, code = name, reason, ms, $what)
            };
        }
        let overloaded = reason == Reason::Overloaded.as_str();
        match code {
            // tonic says INTERNAL of requests that make no sense, too.
            Code::Internal if reason == INTERNAL => line!(error, "call failed"),
            // Their rate keeps those in check who talk much.
            _ if overloaded && self.method().service == Service::Chat => {
                line!(debug, "call refused");
            }
            _ if overloaded || code == Code::Unauthenticated => line!(warn, "call refused"),
            // That is how worksheets end when their clients do.
            Code::Cancelled | Code::Aborted => line!(debug, "caller left"),
            _ => line!(info, "call failed"),
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if !self.ended {
            self.end(Some(&Status::cancelled("")));
        }
        self.counter().fetch_sub(1, Ordering::Relaxed);
        self.peer.end();
    }
}

/// A long answer, and what it takes until it is sent.
struct HeldBody {
    body: Body,
    _call: Call,
    _share: Arc<Share>,
}

impl hyper::body::Body for HeldBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }
}

/// The body of a stream, which ends when its deadline passes or the server drains.
///
/// tonic alone heeds deadlines only until the first response, and services that wait for
/// something would keep a server from ending.
struct DeadlineBody {
    body: Body,
    /// None after its end.
    call: Option<Call>,
    draining: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    until: Option<(Pin<Box<Sleep>>, Duration)>,
}

impl DeadlineBody {
    /// Why the stream ends here, if it does.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        if let Some((until, given)) = &mut self.until
            && until.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(status::out_of_time(*given));
        }
        match &mut self.draining {
            Some(draining) => draining.as_mut().poll(cx).map(|()| status::shutting_down()),
            None => Poll::Pending,
        }
    }

    fn end(&mut self, status: Option<&Status>) {
        if let Some(mut call) = self.call.take() {
            call.end(status);
        }
        self.body = Body::empty();
    }
}

impl hyper::body::Body for DeadlineBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.call.is_none() {
            return Poll::Ready(None);
        }
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            let status = ready!(self.poll_end(cx));
            self.end(Some(&status));
            let mut trailers = HeaderMap::new();
            status.add_header(&mut trailers)?;
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        };
        match &frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.end(Status::from_header_map(trailers).as_ref());
                }
            }
            Some(Err(status)) => self.end(Some(&status.clone())),
            None => self.end(None),
        }
        Poll::Ready(frame)
    }
}

//! A call under way: its counters, its response, and the log at its end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::Response;
use tokio::time::{Instant, sleep_until};
use tonic::{Code, Status, body::Body};
use tonic_types::StatusExt;

use super::{
    body::{DeadlineBody, HeldBody},
    methods::{ServedMethod, ServiceId},
};
use crate::proto::errors::{DOMAIN, LIMIT, reason::INTERNAL};
use crate::server::{ServerState, byte_budget::Reservation, peer::Peer};
use crate::{engine::Reason, proto::code};

/// A call under way. If it is dropped before it ends, its caller has left.
pub(super) struct ActiveCall {
    pub(super) server: Arc<ServerState>,
    pub(super) peer: Arc<Peer>,
    /// The index in the table of methods.
    method: usize,
    pub(super) begun: Instant,
    has_ended: bool,
}

impl ActiveCall {
    /// Counts a call of the method at `path`.
    pub(super) fn begin(server: Arc<ServerState>, peer: Arc<Peer>, path: &str) -> Self {
        let method = server.methods.find(path);
        let call = Self {
            method,
            server,
            peer,
            begun: Instant::now(),
            has_ended: false,
        };
        call.counter().fetch_add(1, Ordering::Relaxed);
        call.peer.begin_call();
        call
    }

    /// The counter of calls under way that includes this call.
    ///
    /// Health calls have their own: they need no token, must not use up the limit of other
    /// calls, and are answered when that is reached.
    pub(super) fn counter(&self) -> &AtomicUsize {
        match self.method().service {
            ServiceId::Health => &self.server.health_calls,
            _ => &self.server.calls,
        }
    }

    pub(super) fn method(&self) -> &ServedMethod {
        self.server.methods.get(self.method)
    }

    /// Ends the call with the response of a method that is not a stream.
    pub(super) fn respond(mut self, mut response: Response<Body>) -> Response<Body> {
        match response.headers().get(Status::GRPC_STATUS) {
            None => self.end(None),
            Some(_) => self.end(Status::from_header_map(response.headers()).as_ref()),
        }
        // A long answer counts until it is sent, and a shutdown waits for it.
        match response.extensions_mut().remove::<Arc<Reservation>>() {
            None => response,
            Some(reservation) => {
                response.map(|body| Body::new(HeldBody::new(body, self, reservation)))
            }
        }
    }

    /// Ends the call with `status` alone.
    pub(super) fn fail(mut self, status: &Status) -> Response<Body> {
        self.end(Some(status));
        status.clone().into_http()
    }

    /// Passes on the response of a stream, which ends the call at its end.
    ///
    /// `deadline` is the time when the stream has to end, and the timeout that set it.
    pub(super) fn respond_stream(
        self,
        response: Response<Body>,
        deadline: Option<(Instant, Duration)>,
    ) -> Response<Body> {
        if response.headers().contains_key(Status::GRPC_STATUS) {
            return self.respond(response);
        }
        let draining = match self.method().service {
            // It ends its streams itself, after the line that runs.
            ServiceId::Evaluator => None,
            _ => Some(Box::pin(self.server.draining.clone().cancelled_owned())),
        };
        let deadline = deadline.map(|(until, timeout)| (Box::pin(sleep_until(until)), timeout));
        response.map(|body| Body::new(DeadlineBody::new(body, self, draining, deadline)))
    }

    /// Counts the call, and logs it if it failed. `None` is success.
    pub(super) fn end(&mut self, status: Option<&Status>) {
        self.has_ended = true;
        let method = self.method();
        let elapsed = self.begun.elapsed();
        let metrics = &self.server.settings.metrics;
        let counters = method.metrics(metrics);
        counters.seconds.observe(elapsed.as_secs_f64());
        let code = status.map_or(Code::Ok, Status::code);
        if code == Code::Ok {
            counters.answered.inc();
            return;
        }
        metrics.handled(&method.labels(), code::name(code)).inc();
        let info = status.and_then(StatusExt::get_details_error_info);
        let info = info.filter(|info| info.domain == DOMAIN);
        let reason = info.as_ref().map_or("", |info| &info.reason);
        if let Some(info) = &info {
            metrics.count_fault(reason);
            if let Some(limit) = info.metadata.get(LIMIT) {
                metrics.count_limit(limit);
            }
        }
        self.log(code, reason, elapsed);
    }

    fn log(&self, code: Code, reason: &str, elapsed: Duration) {
        let peer = self.peer.name();
        // Texts of the caller are not logged: the path, the message.
        let (service, method) = self.method().names;
        let ms = (elapsed.as_secs_f64() * 1e6).round() / 1e3;
        let name = code::name(code);
        // The macros of `tracing` take a constant level.
        macro_rules! event {
            ($level:ident, $message:literal) => {
                tracing::$level!(peer, service, method, code = name, reason, ms, $message)
            };
        }
        let is_overload = reason == Reason::Overloaded.as_str();
        match code {
            // tonic answers INTERNAL to malformed requests, too.
            Code::Internal if reason == INTERNAL => event!(error, "call failed"),
            // The rate of notes refuses calls in normal operation.
            _ if is_overload && self.method().service == ServiceId::Chat => {
                event!(debug, "call refused");
            }
            _ if is_overload || code == Code::Unauthenticated => event!(warn, "call refused"),
            // Worksheets end so when their clients end.
            Code::Cancelled | Code::Aborted => event!(debug, "caller left"),
            _ => event!(info, "call failed"),
        }
    }
}

impl Drop for ActiveCall {
    fn drop(&mut self) {
        if !self.has_ended {
            self.end(Some(&Status::cancelled("")));
        }
        self.counter().fetch_sub(1, Ordering::Relaxed);
        self.peer.end_call();
    }
}

//! A call under way: the counters, the response, and the log entry when the call ends.

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

/// A call under way.
///
/// If this value is dropped before the call has ended, the caller has cancelled or disconnected.
pub(super) struct ActiveCall {
    pub(super) server: Arc<ServerState>,
    pub(super) peer: Arc<Peer>,
    /// The index of the method in the table of methods.
    method: usize,
    pub(super) begun: Instant,
    has_ended: bool,
}

impl ActiveCall {
    /// Begins a call of the method at `path`, and adds the call to the counters.
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

    /// Returns the counter for this call: the counter of health calls or the counter of other
    /// calls.
    ///
    /// Health calls have a separate counter. They need no token, so they must not use up the limit
    /// of other calls. They must also be answered when that limit is reached.
    pub(super) fn counter(&self) -> &AtomicUsize {
        match self.method().service {
            ServiceId::Health => &self.server.health_calls,
            _ => &self.server.calls,
        }
    }

    pub(super) fn method(&self) -> &ServedMethod {
        self.server.methods.get(self.method)
    }

    /// Ends the call, and returns the response to send. `response` must not be a stream.
    ///
    /// If the answer is long, the call ends only when the answer has been sent.
    pub(super) fn respond(mut self, mut response: Response<Body>) -> Response<Body> {
        match response.headers().get(Status::GRPC_STATUS) {
            None => self.end(None),
            Some(_) => self.end(Status::from_header_map(response.headers()).as_ref()),
        }
        // The call counts as under way until a long answer is sent, so a shutdown waits for it.
        match response.extensions_mut().remove::<Arc<Reservation>>() {
            None => response,
            Some(reservation) => {
                response.map(|body| Body::new(HeldBody::new(body, self, reservation)))
            }
        }
    }

    /// Ends the call with the error `status`, and returns a response with this status.
    pub(super) fn fail(mut self, status: &Status) -> Response<Body> {
        self.end(Some(status));
        status.clone().into_http()
    }

    /// Returns `response` with a body that ends the call when the stream ends.
    ///
    /// `deadline` is the time at which the stream must end, together with the caller's timeout.
    pub(super) fn respond_stream(
        self,
        response: Response<Body>,
        deadline: Option<(Instant, Duration)>,
    ) -> Response<Body> {
        if response.headers().contains_key(Status::GRPC_STATUS) {
            return self.respond(response);
        }
        let draining = match self.method().service {
            // The evaluator ends its streams itself, after the running line.
            ServiceId::Evaluator => None,
            _ => Some(Box::pin(self.server.draining.clone().cancelled_owned())),
        };
        let deadline = deadline.map(|(until, timeout)| (Box::pin(sleep_until(until)), timeout));
        response.map(|body| Body::new(DeadlineBody::new(body, self, draining, deadline)))
    }

    /// Counts the call in the metrics, and logs the call if it failed.
    ///
    /// A `status` of `None` means that the call succeeded.
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
        // Text from the caller, for example the path or the message, is not logged.
        let (service, method) = self.method().names;
        let ms = (elapsed.as_secs_f64() * 1e6).round() / 1e3;
        let name = code::name(code);
        // The macros of `tracing` need a constant level.
        macro_rules! event {
            ($level:ident, $message:literal) => {
                tracing::$level!(peer, service, method, code = name, reason, ms, $message)
            };
        }
        let is_overload = reason == Reason::Overloaded.as_str();
        match code {
            // tonic also answers malformed requests with INTERNAL.
            Code::Internal if reason == INTERNAL => event!(error, "call failed"),
            // The limit on the rate of notes also refuses calls in normal operation.
            _ if is_overload && self.method().service == ServiceId::Chat => {
                event!(debug, "call refused");
            }
            _ if is_overload || code == Code::Unauthenticated => event!(warn, "call refused"),
            // Worksheets end with these codes when their clients exit.
            Code::Cancelled | Code::Aborted => event!(debug, "caller cancelled or disconnected"),
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

//! Retries: when a call is sent again, how often, and to which backend.

use std::{
    error::Error as _,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use h2::Reason;
use tokio::{
    sync::watch,
    time::{self, Instant},
};
use tonic::{Code, ConnectError, Status, TimeoutExpired};
use tonic_types::StatusExt as _;

use super::channel::{
    balancer::{ActiveCall, Backend, Balancer},
    connector::{Connectivity, ConnectivityState},
    grpc_channel::NotGrpc,
    response_body::MalformedResponse,
};
use crate::{
    client::{
        cause::find_source,
        error::{CallError, Fault},
        status::crosses_limit,
    },
    net::backoff::{Backoff, BackoffPolicy},
};

/// The maximum number of consecutive retries of a call that the server may have received, and of
/// any call before the first reply. When another call gets a reply, the count starts again at 0.
///
/// A call that no server can receive at the moment is sent again until its deadline passes.
const MAX_RETRIES: u32 = 5;

/// The pauses between the attempts of a call.
const BACKOFF: BackoffPolicy =
    BackoffPolicy::new(Duration::from_millis(5), Duration::from_millis(250));

/// The number of times that the silence of a server is checked before a call goes to another one.
const SLICES: u32 = 8;

/// The rule that decides whether a call is sent again, and to which backend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryPolicy {
    /// The call changes nothing, and any backend can answer it.
    AnyBackend,
    /// The call changes nothing, but needs the state of the first backend.
    FirstBackend,
    /// The call changes the state of the first backend. The call is sent again only if the server
    /// cannot have executed it.
    Once,
}

/// The action after a failed attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryAction {
    /// Fails the call.
    Fail,
    /// Sends the call again if another connection can be attempted.
    Reconnect,
    /// Sends the call again a limited number of times. If the connection broke, the call is sent
    /// over a new connection.
    Retry,
    /// Sends the call again later, a limited number of times, because the server is overloaded.
    BackOff,
    /// Sends the call again later, until the deadline, because the server is unavailable.
    ///
    /// The status can come from a proxy that has lost its server.
    WaitForServer,
    /// Sends the call to the other backends, because the server does not implement the method.
    TryOthers,
    /// Sends the call again later, any number of times until the deadline, because the server
    /// refused the stream.
    Wait,
}

impl RetryAction {
    /// Returns the action after an attempt that failed with `status`.
    fn of(status: &Status) -> Self {
        let by_code = match status.code() {
            // The line exceeds a limit of our own server, and would exceed it again.
            Code::ResourceExhausted if crosses_limit(status) => Self::Fail,
            Code::ResourceExhausted => Self::BackOff,
            Code::Unavailable => Self::WaitForServer,
            Code::Unimplemented => Self::TryOthers,
            _ => Self::Fail,
        };
        let Some(error) = status.source() else {
            return by_code;
        };
        if find_source::<NotGrpc>(error).is_some() {
            return by_code;
        }
        if let Some(malformed) = find_source::<MalformedResponse>(error) {
            return match malformed {
                // A proxy ends a response in this way if it loses its server.
                MalformedResponse::NoStatus => Self::Retry,
                MalformedResponse::NoMessage
                | MalformedResponse::SecondMessage
                | MalformedResponse::NoResult => Self::Fail,
            };
        }
        if find_source::<TimeoutExpired>(error).is_some() || find_source::<Fault>(error).is_some() {
            return Self::Fail;
        }
        if find_source::<ConnectError>(error).is_some() {
            return Self::Reconnect;
        }
        match find_source::<h2::Error>(error) {
            Some(error) if error.is_reset() => match error.reason() {
                // The server has not processed a refused stream (RFC 9113, section 8.7). If there
                // are too many calls, grpcio resets streams with either of these two codes.
                Some(Reason::REFUSED_STREAM | Reason::ENHANCE_YOUR_CALM) => Self::Wait,
                // Proxies reset a stream with one of these codes if they lose its server.
                Some(Reason::NO_ERROR | Reason::INTERNAL_ERROR | Reason::CANCEL) => Self::Retry,
                _ => Self::Fail,
            },
            _ => Self::Retry,
        }
    }

    /// Whether the status shows that the server cannot be reached at the moment.
    fn is_outage(self) -> bool {
        matches!(self, Self::Reconnect | Self::Retry | Self::WaitForServer)
    }
}

/// Sends calls to the backends of a client, and sends a failed call again if that may help.
#[derive(Debug)]
pub(super) struct RetryingChannel {
    pub(super) balancer: Balancer,
    /// The maximum duration of each call.
    pub(super) timeout: Duration,
    /// The number of replies so far.
    replies: AtomicUsize,
    /// The index of the backend that replied last.
    last_backend: AtomicUsize,
    /// The error of the call that waits for a server, if no server can be reached.
    outage: watch::Sender<Option<CallError>>,
    /// Whether `outage` has an error.
    has_outage: AtomicBool,
}

/// The outcome of a call that may have been sent several times.
#[derive(Debug)]
pub(super) struct Completed<T> {
    pub(super) result: Result<T, CallError>,
    /// Whether a server refused an attempt for lack of capacity.
    pub(super) overloaded: bool,
}

/// The state of a call that is being sent.
struct Attempts<'c> {
    channel: &'c RetryingChannel,
    policy: RetryPolicy,
    deadline: Instant,
    backoff: Backoff,
    /// The number of consecutive retries. When another call gets a reply, the count starts again at
    /// 0.
    retries: u32,
    /// The indices of the backends that failed this call, the most recent failure last.
    failed: Vec<usize>,
    /// The indices of the backends that do not implement the method, and the error of the last one.
    unimplemented: Vec<usize>,
    unimplemented_error: Option<CallError>,
    overloaded: bool,
}

impl RetryingChannel {
    pub(super) fn new(backends: Vec<Backend>, last_backend: usize, timeout: Duration) -> Self {
        Self {
            balancer: Balancer::new(backends),
            timeout,
            replies: AtomicUsize::new(0),
            last_backend: AtomicUsize::new(last_backend),
            outage: watch::Sender::new(None),
            has_outage: AtomicBool::new(false),
        }
    }

    /// Returns the state of the servers: the error of a call that waits for a server, or None while
    /// calls are answered.
    pub(super) fn outage(&self) -> watch::Receiver<Option<CallError>> {
        self.outage.subscribe()
    }

    fn begin_outage(&self, error: impl FnOnce() -> CallError) {
        if !self.has_outage.swap(true, Ordering::Relaxed) {
            self.outage.send_replace(Some(error()));
        }
    }

    /// Counts a reply, which ends an outage. When this count changes, the calls under way count
    /// their retries again from 0.
    fn record_reply(&self) {
        self.replies.fetch_add(1, Ordering::Relaxed);
        if self.has_outage.load(Ordering::Relaxed) {
            self.has_outage.store(false, Ordering::Relaxed);
            self.outage.send_replace(None);
        }
    }

    /// Returns the name of the server that replied last.
    pub(super) fn last_server(&self) -> String {
        let index = self.last_backend.load(Ordering::Relaxed);
        let backend = self.balancer.iter().nth(index);
        backend.map_or_else(String::new, |backend| backend.connectivity.server())
    }

    /// Calls `attempt` with a backend and the time left, and repeats the attempt if it fails.
    ///
    /// The call ends when an attempt gets a reply, when an attempt fails in a way that another
    /// attempt would not change, or when the deadline passes.
    pub(super) async fn call_with_retry<T, A: Future<Output = Result<T, Status>>>(
        &self,
        start: Instant,
        policy: RetryPolicy,
        attempt: impl Fn(Arc<Backend>, Duration) -> A,
    ) -> Completed<T> {
        let mut attempts = Attempts {
            channel: self,
            policy,
            deadline: start + self.timeout,
            backoff: Backoff::new(BACKOFF),
            retries: 0,
            failed: Vec::new(),
            unimplemented: Vec::new(),
            unimplemented_error: None,
            overloaded: false,
        };
        let result = attempts.run(attempt).await;
        Completed {
            result,
            overloaded: attempts.overloaded,
        }
    }

    /// Puts the names of all servers into `error`, if no server can be reached.
    ///
    /// `error` is the error of the last backend. `failed_before` is the number of backends that
    /// failed before the last backend.
    pub(super) fn name_all(&self, error: CallError, failed_before: usize) -> CallError {
        match error {
            CallError::Unreachable { cause, .. } if failed_before + 1 >= self.balancer.count() => {
                CallError::Unreachable {
                    server: self.balancer.names(),
                    cause,
                }
            }
            error => error,
        }
    }
}

impl Attempts<'_> {
    async fn run<T, A: Future<Output = Result<T, Status>>>(
        &mut self,
        attempt: impl Fn(Arc<Backend>, Duration) -> A,
    ) -> Result<T, CallError> {
        let RetryingChannel {
            balancer,
            timeout,
            replies,
            last_backend,
            ..
        } = self.channel;
        loop {
            let call = match self.policy {
                RetryPolicy::AnyBackend => balancer.pick(&self.failed),
                RetryPolicy::FirstBackend | RetryPolicy::Once => balancer.first(),
            };
            let backend = Arc::clone(&call.backend);
            let connectivity = &backend.connectivity;
            let connection_attempts = connectivity.attempts();
            let replies_before = replies.load(Ordering::Relaxed);
            let left = self.deadline.saturating_duration_since(Instant::now());
            // While other backends are untried, a backend that sends nothing gets only a share of
            // the time.
            let untried = balancer.count().saturating_sub(self.failed.len());
            let patience = (self.has_other_backends() && untried > 1).then(|| share(left, untried));
            let attempting =
                with_liveness_check(attempt(Arc::clone(&backend), left), patience, connectivity);
            // The request carries the deadline to the server. Unlike the timeout of tonic, this
            // timeout also covers the time to connect.
            let status = match time::timeout_at(self.deadline, attempting).await {
                Ok(Some(Ok(reply))) => {
                    backend.record_success();
                    last_backend.store(call.index, Ordering::Relaxed);
                    self.channel.record_reply();
                    return Ok(reply);
                }
                Ok(Some(Err(status))) => status,
                Ok(None) => {
                    backend.record_failure();
                    self.failed.push(call.index);
                    continue;
                }
                Err(_) => {
                    backend.record_failure();
                    return Err(CallError::deadline(*timeout, connectivity));
                }
            };
            if replies.load(Ordering::Relaxed) != replies_before {
                self.retries = 0;
            }
            let action = self.action(&status, connectivity);
            self.record_failure(action, &backend);
            if action == RetryAction::TryOthers {
                self.unimplemented.push(call.index);
                self.unimplemented_error = Some(self.error(&status, connectivity));
            }
            let reconnected = connectivity.attempts() != connection_attempts;
            if !self.may_retry(action, connectivity, reconnected) {
                break Err(self.error(&status, connectivity));
            }
            if action.is_outage() && !self.has_usable_backend(call.index) {
                self.channel
                    .begin_outage(|| CallError::from_status(&status, *timeout, connectivity));
            }
            if !self.pause(action, &status, call).await {
                break Err(self.error(&status, connectivity));
            }
        }
        // A server without the method is alive, unlike the others.
        .map_err(|error: CallError| self.unimplemented_error.take().unwrap_or(error))
    }

    /// Returns the action after an attempt that failed with `status`.
    ///
    /// A connection that was accepted, but broke before the server sent anything, is no connection.
    /// Proxies for TCP accept connections even if they have no server.
    fn action(&self, status: &Status, connectivity: &Connectivity) -> RetryAction {
        match RetryAction::of(status) {
            RetryAction::Retry
                if self.policy != RetryPolicy::Once
                    && connectivity.state() != ConnectivityState::Ready =>
            {
                RetryAction::Reconnect
            }
            action => action,
        }
    }

    /// Whether a backend other than `index` has not failed this call.
    fn has_usable_backend(&self, index: usize) -> bool {
        let mut others = (0..self.channel.balancer.count()).filter(|other| *other != index);
        self.has_other_backends() && others.any(|other| !self.failed.contains(&other))
    }

    /// Records a failure of the backend, unless only the call failed.
    fn record_failure(&mut self, action: RetryAction, backend: &Backend) {
        self.overloaded |= matches!(action, RetryAction::Wait | RetryAction::BackOff);
        if action == RetryAction::BackOff || action.is_outage() {
            backend.record_failure();
        }
    }

    /// Whether another attempt is allowed and may get a reply.
    ///
    /// `reconnected` is true if the client tried to connect to the server during the last attempt.
    fn may_retry(
        &self,
        action: RetryAction,
        connectivity: &Connectivity,
        reconnected: bool,
    ) -> bool {
        let others = self.has_other_backends();
        let count = self.channel.balancer.count();
        let is_pure = self.policy != RetryPolicy::Once;
        let has_retries = self.retries < MAX_RETRIES;
        // Another server implements the method, or each of them has been asked once.
        let waits = self.unimplemented.is_empty();
        match action {
            RetryAction::Wait => true,
            RetryAction::Fail => false,
            RetryAction::TryOthers => others && self.failed.len() + 1 < count,
            RetryAction::BackOff => has_retries,
            // In the next two cases, the server may have executed the call.
            RetryAction::WaitForServer => is_pure && waits && (has_retries || self.has_replied()),
            RetryAction::Retry => {
                is_pure && waits && has_retries && (others || connectivity.was_ready())
            }
            RetryAction::Reconnect if others => {
                self.failed.len() + 1 < count || waits && self.was_ready()
            }
            // If no new connection was attempted, the error is that of an earlier connection.
            RetryAction::Reconnect => {
                !reconnected && has_retries
                    || self.policy == RetryPolicy::AnyBackend && self.was_ready()
            }
        }
    }

    /// Whether any call of the client was answered.
    fn has_replied(&self) -> bool {
        self.channel.replies.load(Ordering::Relaxed) > 0
    }

    /// Whether any connection to any backend was ever ready.
    fn was_ready(&self) -> bool {
        let mut backends = self.channel.balancer.iter();
        backends.any(|backend| backend.connectivity.was_ready())
    }

    /// Waits before the next attempt. Returns false if the deadline passes during the wait.
    async fn pause(&mut self, action: RetryAction, status: &Status, call: ActiveCall) -> bool {
        // A call that cannot reach a server costs the server nothing.
        let is_free = match action {
            RetryAction::Reconnect => self.was_ready(),
            RetryAction::WaitForServer => self.has_replied(),
            _ => false,
        };
        if !is_free {
            self.retries += 1;
        }
        self.failed.retain(|index| *index != call.index);
        self.failed.push(call.index);
        drop(call);
        if action == RetryAction::TryOthers {
            return true;
        }
        let pause = self.backoff.pause();
        let pausing = time::sleep(pause.max(retry_delay(status).unwrap_or_default()));
        time::timeout_at(self.deadline, pausing).await.is_ok()
    }

    fn has_other_backends(&self) -> bool {
        self.policy == RetryPolicy::AnyBackend && self.channel.balancer.count() > 1
    }

    fn error(&self, status: &Status, connectivity: &Connectivity) -> CallError {
        let error = CallError::from_status(status, self.channel.timeout, connectivity);
        if self.has_other_backends() {
            self.channel.name_all(error, self.failed.len())
        } else {
            error
        }
    }
}

/// Returns the time that the server asks the client to wait before a retry
/// (`google.rpc.RetryInfo`).
fn retry_delay(status: &Status) -> Option<Duration> {
    status.get_details_retry_info()?.retry_delay
}

/// Returns the result of `attempt`, or None if the attempt is abandoned.
///
/// The attempt is abandoned when nothing has been received from the server for the time `patience`,
/// within one part in [`SLICES`].
async fn with_liveness_check<T>(
    attempt: impl Future<Output = T>,
    patience: Option<Duration>,
    connectivity: &Connectivity,
) -> Option<T> {
    let Some(patience) = patience else {
        return Some(attempt.await);
    };
    let mut attempt = pin!(attempt);
    let (mut reads, mut silent) = (connectivity.reads(), 0);
    while silent < SLICES {
        if let Ok(outcome) = time::timeout(patience / SLICES, &mut attempt).await {
            return Some(outcome);
        }
        silent += 1;
        // The server may stop in the middle of its answers, so the last answer counts.
        if reads != connectivity.reads() {
            (reads, silent) = (connectivity.reads(), 0);
        }
    }
    None
}

/// Divides `timeout` by the number of backends, so that each backend gets an equal part.
pub(super) fn share(timeout: Duration, backends: usize) -> Duration {
    timeout / u32::try_from(backends.max(1)).unwrap_or(u32::MAX)
}

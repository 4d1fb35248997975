//! Client-side load balancing: which backend gets the next call.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use tonic::transport::Channel;

use super::{connector::Connectivity, grpc_channel::GrpcChannel, target::BearerToken};
use crate::{
    net::backoff::{Backoff, BackoffPolicy},
    proto::{
        calc::calculator_client::CalculatorClient,
        grpcalc::v1::evaluator_service_client::EvaluatorServiceClient,
    },
};

/// The backoff of a failed backend. During the backoff, the backend gets no calls if the client has
/// other backends.
const BACKOFF: BackoffPolicy =
    BackoffPolicy::new(Duration::from_millis(100), Duration::from_secs(5));

/// A server, and the channel to it.
#[derive(Debug)]
pub(in crate::client) struct Backend {
    pub(in crate::client) channel: GrpcChannel,
    pub(in crate::client) calculator: CalculatorClient<GrpcChannel>,
    pub(in crate::client) evaluator: EvaluatorServiceClient<GrpcChannel>,
    pub(in crate::client) connectivity: Arc<Connectivity>,
    active_calls: AtomicUsize,
    failures: Mutex<Failures>,
}

/// The backoff of a backend after failures.
#[derive(Debug)]
struct Failures {
    backoff: Backoff,
    backed_off_until: Option<Instant>,
}

/// The backends of a client.
#[derive(Debug)]
pub(in crate::client) struct Balancer {
    backends: Vec<Arc<Backend>>,
    /// A counter. Modulo the number of backends, it is the index of the backend that is preferred
    /// among equals.
    round_robin: AtomicUsize,
}

/// A backend that was picked for a call. The call counts as active on the backend until this value
/// is dropped.
#[derive(Debug)]
pub(in crate::client) struct ActiveCall {
    pub(in crate::client) backend: Arc<Backend>,
    pub(in crate::client) index: usize,
}

impl Backend {
    pub(in crate::client) fn new(
        channel: Channel,
        connectivity: Arc<Connectivity>,
        token: Option<BearerToken>,
    ) -> Self {
        let channel = GrpcChannel::new(channel, token);
        Self {
            calculator: CalculatorClient::new(channel.clone()),
            evaluator: EvaluatorServiceClient::new(channel.clone()),
            channel,
            connectivity,
            active_calls: AtomicUsize::new(0),
            failures: Mutex::new(Failures {
                backoff: Backoff::new(BACKOFF),
                backed_off_until: None,
            }),
        }
    }

    fn backed_off(&self, now: Instant) -> bool {
        let until = self.failures().backed_off_until;
        until.is_some_and(|until| until > now)
    }

    /// Ends the backoff after a reply.
    pub(in crate::client) fn record_success(&self) {
        let mut failures = self.failures();
        failures.backoff.reset();
        failures.backed_off_until = None;
    }

    /// Starts the backoff after a failure of the server. A failure of a single call does not count.
    pub(in crate::client) fn record_failure(&self) {
        let mut failures = self.failures();
        let pause = failures.backoff.pause();
        failures.backed_off_until = Some(Instant::now() + pause);
    }

    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Balancer {
    pub(in crate::client) fn new(backends: Vec<Backend>) -> Self {
        Self {
            backends: backends.into_iter().map(Arc::new).collect(),
            round_robin: AtomicUsize::new(0),
        }
    }

    pub(in crate::client) fn iter(&self) -> impl Iterator<Item = &Backend> {
        self.backends.iter().map(|backend| &**backend)
    }

    pub(in crate::client) fn count(&self) -> usize {
        self.backends.len()
    }

    /// Picks the backend with the fewest active calls among the usable backends.
    ///
    /// `failed` lists the backends that have failed this call. A backend is usable if it is neither
    /// in `failed` nor backed off. If no backend is usable, a backend that is only backed off is
    /// preferred to a backend in `failed`. The last backend in `failed` is picked only if it is the
    /// only backend of the client.
    pub(in crate::client) fn pick(&self, failed: &[usize]) -> ActiveCall {
        let count = self.backends.len();
        if count == 1 {
            return self.first();
        }
        let now = Instant::now();
        let start = self.round_robin.fetch_add(1, Ordering::Relaxed);
        let order = (start..start + count).map(|index| index % count);
        let best = order
            .filter(|index| failed.last() != Some(index))
            .min_by_key(|index| {
                let backend = &self.backends[*index];
                let active = backend.active_calls.load(Ordering::Relaxed);
                (failed.contains(index), backend.backed_off(now), active)
            });
        self.activate(best.unwrap_or_default())
    }

    /// Picks the first backend of the target.
    pub(in crate::client) fn first(&self) -> ActiveCall {
        self.activate(0)
    }

    fn activate(&self, index: usize) -> ActiveCall {
        let backend = Arc::clone(&self.backends[index]);
        backend.active_calls.fetch_add(1, Ordering::Relaxed);
        ActiveCall { backend, index }
    }

    /// Returns the names of all servers, for messages.
    pub(in crate::client) fn names(&self) -> String {
        let names: Vec<_> = self.iter().map(|it| it.connectivity.server()).collect();
        names.join(", ")
    }
}

impl Drop for ActiveCall {
    fn drop(&mut self) {
        self.backend.active_calls.fetch_sub(1, Ordering::Relaxed);
    }
}

//! Servers that share the calls of a client.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;
use tonic::transport::Channel;

use super::{connector::Peer, grpc_channel::GrpcChannel, target::BearerToken};
use crate::proto::{
    calc::calculator_client::CalculatorClient,
    grpcalc::v1::evaluator_service_client::EvaluatorServiceClient,
};

/// How long a server that failed is left alone, if there are others; each failure in a row
/// doubles it.
const REST: Duration = Duration::from_millis(100);

/// The longest such rest.
const LONGEST_REST: Duration = Duration::from_secs(5);

/// One of the servers, and the connection to it.
#[derive(Debug)]
pub(in crate::client) struct Server {
    pub(in crate::client) channel: GrpcChannel,
    pub(in crate::client) calculator: CalculatorClient<GrpcChannel>,
    pub(in crate::client) evaluator: EvaluatorServiceClient<GrpcChannel>,
    pub(in crate::client) peer: Arc<Peer>,
    under_way: AtomicUsize,
    health: Mutex<Health>,
}

#[derive(Debug, Default)]
struct Health {
    /// In a row.
    failures: u32,
    rests_until: Option<Instant>,
}

/// All of them.
#[derive(Debug)]
pub(in crate::client) struct Balancer {
    all: Vec<Arc<Server>>,
    /// Whose turn it is where nothing else decides.
    turn: AtomicUsize,
}

/// A call or a worksheet that a server has.
#[derive(Debug)]
pub(in crate::client) struct Picked {
    pub(in crate::client) server: Arc<Server>,
    pub(in crate::client) index: usize,
}

impl Server {
    pub(in crate::client) fn new(
        channel: Channel,
        peer: Arc<Peer>,
        token: Option<BearerToken>,
    ) -> Self {
        let channel = GrpcChannel::new(channel, token);
        Self {
            calculator: CalculatorClient::new(channel.clone()),
            evaluator: EvaluatorServiceClient::new(channel.clone()),
            channel,
            peer,
            under_way: AtomicUsize::new(0),
            health: Mutex::default(),
        }
    }

    fn backed_off(&self, now: Instant) -> bool {
        let health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        health.rests_until.is_some_and(|until| until > now)
    }

    /// It answered.
    pub(in crate::client) fn recover(&self) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        *health = Health::default();
    }

    /// A call to it failed in a way that says something about the server.
    pub(in crate::client) fn fail(&self) {
        let mut health = self.health.lock().unwrap_or_else(PoisonError::into_inner);
        let rest = REST * 2_u32.pow(health.failures.min(10));
        health.failures = health.failures.saturating_add(1);
        health.rests_until = Some(Instant::now() + jittered(rest.min(LONGEST_REST)));
    }
}

impl Balancer {
    pub(in crate::client) fn new(all: Vec<Server>) -> Self {
        Self {
            all: all.into_iter().map(Arc::new).collect(),
            turn: AtomicUsize::new(0),
        }
    }

    pub(in crate::client) fn iter(&self) -> impl Iterator<Item = &Server> {
        self.all.iter().map(|server| &**server)
    }

    pub(in crate::client) fn count(&self) -> usize {
        self.all.len()
    }

    /// The one that has the least to do of those that work as far as is known: one that has
    /// not `failed` this call, if there is one, and never that which did so last, if there
    /// are others.
    pub(in crate::client) fn pick(&self, failed: &[usize]) -> Picked {
        let count = self.all.len();
        if count == 1 {
            return self.picked(0);
        }
        let (now, turn) = (Instant::now(), self.turn.fetch_add(1, Ordering::Relaxed));
        let order = (turn..turn + count).map(|turn| turn % count);
        let best = order
            .filter(|index| failed.last() != Some(index))
            .min_by_key(|index| {
                let server = &self.all[*index];
                let under_way = server.under_way.load(Ordering::Relaxed);
                (failed.contains(index), server.backed_off(now), under_way)
            });
        self.picked(best.unwrap_or_default())
    }

    /// The one that was named first.
    pub(in crate::client) fn first(&self) -> Picked {
        self.picked(0)
    }

    /// Those that have this server know how it does.
    fn picked(&self, index: usize) -> Picked {
        let server = Arc::clone(&self.all[index]);
        server.under_way.fetch_add(1, Ordering::Relaxed);
        Picked { server, index }
    }

    /// What to call them all.
    pub(in crate::client) fn names(&self) -> String {
        let names: Vec<_> = self.iter().map(|server| server.peer.name()).collect();
        names.join(", ")
    }
}

impl Drop for Picked {
    fn drop(&mut self) {
        self.server.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// About `pause`: a fifth less or more, so that many who wait do not come back together
/// (gRPC's guide to retries).
pub(in crate::client) fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.8 + 0.4 * fastrand::f64())
}

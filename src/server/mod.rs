//! The server: the services over the engine, on any kind of connection.

mod budget;
mod calculator;
mod call;
mod chat;
mod evaluator;
mod limits;
mod observe;
mod status;
mod transport;

use std::{
    sync::{Arc, atomic::AtomicUsize},
    time::Duration,
};

use futures_util::{Stream, StreamExt as _};
use tokio::{
    io::DuplexStream,
    sync::{Semaphore, mpsc},
    time::timeout,
};
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tonic_health::{ServingStatus, server::HealthReporter};

use self::{
    budget::Budget,
    call::{methods::Methods, routes::Routes},
    chat::Chat,
    evaluator::Evaluator,
};
use crate::engine;

pub use self::{
    calculator::CalculatorService,
    call::tokens::{Tokens, TokensError, tokens},
    chat::history::{History, InMemoryHistory, Page},
    limits::ServerLimits,
    observe::{exporter::export, metrics::Metrics},
    transport::{
        connection::Connection,
        listener::Listener,
        peer::NoteRate,
        tls::{ServerTls, ServerTlsFiles},
    },
};

/// Connections beyond the limit that are told of it.
const SURPLUS: usize = 64;

/// What an operator can choose.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What a calculation may not exceed.
    pub engine: engine::Limits,
    /// What peers may not exceed.
    pub limits: ServerLimits,
    /// How long a shutdown waits for connections that still have calls running
    /// or do not answer.
    pub grace: Duration,
    /// The tokens of which a caller has to present one, health checks apart. None: all may
    /// call.
    pub tokens: Option<Arc<Tokens>>,
    /// Spoken on connections through a network.
    pub tls: Option<Arc<ServerTls>>,
    /// Where it is counted what happens.
    pub metrics: Arc<Metrics>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            engine: engine::Limits::default(),
            limits: ServerLimits::DEFAULT,
            grace: Duration::from_secs(10),
            tokens: None,
            tls: None,
            metrics: Arc::default(),
        }
    }
}

/// How a server came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum DrainOutcome {
    /// Every connection was closed in good order.
    Drained,
    /// Some were still open when the grace was over, and were cut.
    GraceExceeded,
}

/// What all connections of a server share.
#[derive(Debug)]
struct Server {
    settings: Settings,
    methods: Methods,
    routes: Routes,
    health: HealthReporter,
    /// Calls under way.
    calls: AtomicUsize,
    /// Those that ask for health, which do not count among them.
    health_calls: AtomicUsize,
    /// Of requests that are arriving.
    requests: Arc<Budget>,
    /// Cancelled when the server is about to end.
    draining: CancellationToken,
}

impl Server {
    fn new(settings: Settings) -> Self {
        let (health, draining) = (HealthReporter::new(), CancellationToken::new());
        let requests = Arc::new(Budget::new(settings.limits.requests));
        let evaluator = Evaluator::new(&settings, Arc::clone(&requests), draining.clone());
        let limits = &settings.limits;
        let history = Arc::new(InMemoryHistory::new(limits.notes));
        let chat = Chat::new(history, limits.note_rate, Arc::clone(&settings.metrics));
        Self {
            methods: Methods::new(),
            routes: Routes::new(evaluator, chat, health.clone(), limits),
            health,
            calls: AtomicUsize::new(0),
            health_calls: AtomicUsize::new(0),
            requests,
            draining,
            settings,
        }
    }

    /// Tells whoever checks its health whether it serves.
    async fn report(&self, status: ServingStatus) {
        for name in call::methods::Service::ALL
            .map(|(name, _)| name)
            .into_iter()
            .chain([""])
        {
            self.health.set_service_status(name, status).await;
        }
    }
}

/// Serves every connection that `connections` yields until `shutdown` completes,
/// then drains: no new connection, peers that never said anything are dropped,
/// the others are told to go and may finish their calls within the grace. Streams end, a
/// worksheet's after the line that runs.
///
/// `connections` may be a [`Listener`]'s, an [`in_memory`] pipe's or any other
/// stream of connections. Its end is a shutdown too.
pub async fn run(
    connections: impl Stream<Item = Connection>,
    shutdown: impl Future<Output = ()>,
    settings: Settings,
) -> DrainOutcome {
    let server = Arc::new(Server::new(settings));
    server.report(ServingStatus::Serving).await;
    let (tasks, cut) = (TaskTracker::new(), CancellationToken::new());
    let _cut = cut.clone().drop_guard();
    let mut connections = Box::pin(connections);
    let (regular, told) = (places(server.settings.limits.connections), places(SURPLUS));
    let accepting = async {
        while let Some(connection) = connections.next().await {
            let metrics = Arc::clone(&server.settings.metrics);
            let place = Arc::clone(&regular).try_acquire_owned();
            let surplus = place.is_err();
            if surplus {
                metrics.limit("connections");
            }
            // Those that are told of the limit take no place of those that are served.
            let Ok(place) = place.or_else(|_| Arc::clone(&told).try_acquire_owned()) else {
                continue;
            };
            let serving = connection.serve(Arc::clone(&server), surplus);
            let serving = cut.clone().run_until_cancelled_owned(serving);
            tasks.spawn(async move {
                metrics.connections.inc();
                serving.await;
                metrics.connections.dec();
                drop(place);
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        () = shutdown => {}
    }
    // Nobody connects any more.
    drop(connections);
    server.report(ServingStatus::NotServing).await;
    server.draining.cancel();
    tasks.close();
    match timeout(server.settings.grace, tasks.wait()).await {
        Ok(()) => DrainOutcome::Drained,
        Err(_) => DrainOutcome::GraceExceeded,
    }
}

/// So many places, or as many as there can be.
fn places(count: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)))
}

/// A way into a server of the same process: what is sent to the first is a
/// connection of the second. No port is opened, so nobody else can reach it.
pub fn in_memory() -> (mpsc::Sender<DuplexStream>, impl Stream<Item = Connection>) {
    // One client connects once, and again only when its connection broke.
    let (dial, accept) = mpsc::channel(1);
    let connections = ReceiverStream::new(accept);
    (
        dial,
        connections.map(|io| Connection::private(io, "embedded")),
    )
}

//! The server: gRPC services that use the engine, on any kind of connection.

mod byte_budget;
mod calculator;
mod call;
mod chat;
mod evaluator;
mod health;
mod limits;
mod observe;
mod peer;
mod reflection;
mod status;
mod transport;

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::AtomicUsize},
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

use self::{
    byte_budget::ByteBudget,
    call::{methods::MethodTable, routes::Routes},
    chat::ChatService,
    evaluator::Evaluator,
    health::HealthService,
};
use crate::{engine, proto::health::health_check_response::ServingStatus};

pub use self::peer::NoteRate;
pub use self::{
    calculator::CalculatorService,
    call::{
        compression::Compression,
        tokens::{Tokens, TokensError, tokens},
    },
    chat::{
        history::{Extent, History, HistoryError, NotePage},
        memory::InMemoryHistory,
    },
    limits::ServerLimits,
    observe::{exporter::export, metrics::Metrics},
    transport::{
        connection::Connection,
        listener::Listener,
        tls::{ServerTls, ServerTlsFiles},
    },
};

/// The maximum number of open connections in addition to [`ServerLimits::connections`].
///
/// Each call on such an additional connection fails with the status of that limit. Further
/// connections are closed.
const SURPLUS: usize = 64;

/// The settings of a server.
///
/// Servers that use clones of the same settings share the metrics. They also share the chat history
/// if [`Settings::history`] is set.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The limits of a calculation.
    pub engine: engine::Limits,
    /// The limits of a calculation for the process of the server itself. `None` means those of
    /// [`Settings::engine`].
    pub own: Option<OwnLimits>,
    /// The limits of the server and its connections.
    pub limits: ServerLimits,
    /// The maximum time that a shutdown waits for running calls and for peers that do not answer.
    pub grace: Duration,
    /// The valid tokens. Each call except a health check must present one of these tokens. `None`
    /// means that calls need no token.
    pub tokens: Option<Arc<Tokens>>,
    /// The TLS configuration for connections through a network. `None` means plain text.
    pub tls: Option<Arc<ServerTls>>,
    /// The store of the chat notes. If this is `None`, the server keeps the latest
    /// [`ServerLimits::notes`] notes in memory.
    pub history: Option<Arc<dyn History>>,
    /// The answers that the server compresses.
    pub compression: Compression,
    /// The metrics that the server updates.
    pub metrics: Arc<Metrics>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            engine: engine::Limits::default(),
            own: None,
            limits: ServerLimits::DEFAULT,
            grace: Duration::from_secs(10),
            tokens: None,
            tls: None,
            history: None,
            compression: Compression::default(),
            metrics: Arc::default(),
        }
    }
}

/// The limits of a calculation for the process of the server, which it can change. Clones share the
/// limits.
#[derive(Clone, Debug, Default)]
pub struct OwnLimits(Arc<Mutex<Arc<engine::Limits>>>);

impl OwnLimits {
    /// Creates limits that can be changed.
    #[must_use]
    pub fn new(limits: engine::Limits) -> Self {
        Self(Arc::new(Mutex::new(Arc::new(limits))))
    }

    /// Returns the limits of the lines that begin now.
    #[must_use]
    pub fn get(&self) -> Arc<engine::Limits> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the limits of all later lines.
    pub fn set(&self, limits: engine::Limits) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(limits);
    }
}

/// The outcome of a shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum DrainOutcome {
    /// Every connection was closed before the grace period was over.
    Drained,
    /// Some connections were still open when the grace period was over. The server closed them.
    GraceExceeded,
}

/// The state that all connections of a server share.
#[derive(Debug)]
struct ServerState {
    settings: Settings,
    methods: MethodTable,
    routes: Routes,
    health: HealthService,
    /// The number of calls under way, without health calls.
    calls: AtomicUsize,
    /// The number of health calls under way.
    health_calls: AtomicUsize,
    /// The budget that enforces [`ServerLimits::requests`].
    requests: Arc<ByteBudget>,
    /// The token that is cancelled when the server begins to shut down.
    draining: CancellationToken,
}

impl ServerState {
    fn new(settings: Settings) -> Self {
        let (health, draining) = (
            HealthService::new(&call::methods::SERVICES),
            CancellationToken::new(),
        );
        let requests = Arc::new(ByteBudget::new(settings.limits.requests));
        let evaluator = Evaluator::new(&settings, Arc::clone(&requests), draining.clone());
        let limits = &settings.limits;
        let history = settings.history.clone();
        let history = history.unwrap_or_else(|| Arc::new(InMemoryHistory::new(limits.notes)));
        let chat = ChatService::new(history, limits.note_rate, Arc::clone(&settings.metrics));
        Self {
            methods: MethodTable::new(),
            routes: Routes::new(evaluator, chat, health.clone(), limits),
            health,
            calls: AtomicUsize::new(0),
            health_calls: AtomicUsize::new(0),
            requests,
            draining,
            settings,
        }
    }
}

/// Serves every connection of `connections` until `shutdown` completes, then drains.
///
/// `connections` can come from a [`Listener`], from [`in_memory`] or from any other stream of
/// connections. The end of this stream also starts the shutdown.
///
/// While the server drains, it accepts no new connection. It drops peers that have not sent their
/// HTTP/2 preface. All other peers get a `GOAWAY` and may finish their calls within
/// [`Settings::grace`]. The server ends all streams. It ends the stream of a worksheet after the
/// running line.
///
#[cfg_attr(feature = "client", doc = "```")]
#[cfg_attr(not(feature = "client"), doc = "```ignore")]
/// use grpcalc::{
///     client::{Call, Client, Method, Target},
///     server::{self, Settings},
/// };
/// use std::time::Duration;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (dial, connections) = server::in_memory();
/// let server = async { server::run(connections, std::future::pending(), Settings::default()).await };
/// let client = async {
///     let client = Client::lazy(Target::Embedded(dial, None), Duration::from_secs(10));
///     client.call(Call { method: Method::Add, n1: 20, n2: 10 }).await
/// };
/// let reply = tokio::select! {
///     reply = client => reply?,
///     _ = server => unreachable!("the client can still dial"),
/// };
/// assert_eq!(reply.to_string(), "30");
/// # Ok(())
/// # }
/// ```
pub async fn run(
    connections: impl Stream<Item = Connection>,
    shutdown: impl Future<Output = ()>,
    settings: Settings,
) -> DrainOutcome {
    let server = Arc::new(ServerState::new(settings));
    let (tasks, cut) = (TaskTracker::new(), CancellationToken::new());
    let _cut = cut.clone().drop_guard();
    let mut connections = Box::pin(connections);
    let (regular, surplus) = (
        semaphore(server.settings.limits.connections),
        semaphore(SURPLUS),
    );
    let accepting = async {
        while let Some(connection) = connections.next().await {
            let metrics = Arc::clone(&server.settings.metrics);
            let permit = Arc::clone(&regular).try_acquire_owned();
            let is_surplus = permit.is_err();
            if is_surplus {
                metrics.count_limit(&ServerLimits::CONNECTIONS.name());
            }
            let Ok(permit) = permit.or_else(|_| Arc::clone(&surplus).try_acquire_owned()) else {
                continue;
            };
            let serving = connection.serve(Arc::clone(&server), is_surplus);
            let serving = cut.clone().run_until_cancelled_owned(serving);
            tasks.spawn(async move {
                metrics.connections.inc();
                serving.await;
                metrics.connections.dec();
                drop(permit);
            });
        }
    };
    tokio::select! {
        () = accepting => {}
        () = shutdown => {}
    }
    // Closes the listeners.
    drop(connections);
    server.health.set(ServingStatus::NotServing);
    server.draining.cancel();
    tasks.close();
    match timeout(server.settings.grace, tasks.wait()).await {
        Ok(()) => DrainOutcome::Drained,
        Err(_) => DrainOutcome::GraceExceeded,
    }
}

/// Creates a semaphore with `permits` permits, but at most [`Semaphore::MAX_PERMITS`].
fn semaphore(permits: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)))
}

/// Creates a sender and a stream of connections, for a server without a network port.
///
/// To connect, create a pipe and send one of its two ends through the sender. Only code that has
/// the sender can connect.
pub fn in_memory() -> (mpsc::Sender<DuplexStream>, impl Stream<Item = Connection>) {
    // A client has one connection. It connects again only after this connection broke.
    let (dial, accept) = mpsc::channel(1);
    let connections = ReceiverStream::new(accept);
    (
        dial,
        connections.map(|io| Connection::private(io, "embedded").of_own_process()),
    )
}

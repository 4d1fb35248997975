//! The settings of HTTP/2 connections, and channels with them.

use std::{sync::Arc, time::Duration};

use tokio::time;
use tonic::transport::{self, Channel};

use super::{
    balancer::Backend,
    connector::{Connectivity, Route, connector},
    target::BearerToken,
};
use crate::client::{CallError, wire::recorder::Recorder};

/// The user agent of requests.
const USER_AGENT: &str = concat!("grpcalc/", env!("CARGO_PKG_VERSION"));

/// Flow-control windows of a stream and of a connection, in bytes. A worksheet whose answers
/// are not read must leave capacity for typed calls.
const STREAM_WINDOW: u32 = 1 << 20;
const CONNECTION_WINDOW: u32 = 4 * STREAM_WINDOW;

/// Silence after which a server that has calls of ours gets a ping, and the time it has to
/// answer. gRPC servers in other languages close connections that are pinged more often than
/// every five minutes without data (gRFC A8); TCP notices a lost machine earlier.
const KEEPALIVE: Duration = Duration::from_secs(310);
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// The longest frame that a server may send, in bytes: most responses fit in one.
const MAX_FRAME: u32 = 128 * 1024;

/// A route and the settings of its channel.
pub(in crate::client) struct Endpoint {
    route: Route,
    token: Option<BearerToken>,
    /// The time that each attempt to connect may take.
    timeout: Duration,
    recorder: Option<Recorder>,
    connectivity: Arc<Connectivity>,
}

impl Endpoint {
    pub(in crate::client) fn new(
        (route, token): (Route, Option<BearerToken>),
        timeout: Duration,
        recorder: Option<&Recorder>,
    ) -> Self {
        Self {
            connectivity: Arc::new(Connectivity::new(&route)),
            route,
            token,
            timeout,
            recorder: recorder.cloned(),
        }
    }

    /// Returns a backend that connects with its first call.
    pub(in crate::client) fn lazy(self) -> Backend {
        let channel = self.http2().connect_with_connector_lazy(connector(
            self.route,
            self.timeout,
            Arc::clone(&self.connectivity),
            self.recorder,
        ));
        Backend::new(channel, self.connectivity, self.token)
    }

    /// Returns a connected backend, or a lazy one and the reason why it is not connected.
    pub(in crate::client) async fn connect(self) -> (Backend, Option<CallError>) {
        let connecting = self.connect_channel();
        let error = match time::timeout(self.timeout, connecting).await {
            Ok(Ok(channel)) => {
                return (Backend::new(channel, self.connectivity, self.token), None);
            }
            Ok(Err(error)) => CallError::unreachable(&error, &self.connectivity),
            Err(_) => CallError::deadline(self.timeout, &self.connectivity),
        };
        let backend = self.lazy();
        backend.record_failure();
        (backend, Some(error))
    }

    async fn connect_channel(&self) -> Result<Channel, transport::Error> {
        let connectivity = Arc::clone(&self.connectivity);
        let (route, recorder) = (self.route.clone(), self.recorder.clone());
        let connector = connector(route, self.timeout, connectivity, recorder);
        self.http2().connect_with_connector(connector).await
    }

    fn http2(&self) -> transport::Endpoint {
        transport::Endpoint::try_from(self.route.uri())
            .and_then(|endpoint| endpoint.user_agent(USER_AGENT))
            .expect("valid by construction")
            .initial_stream_window_size(STREAM_WINDOW)
            .initial_connection_window_size(CONNECTION_WINDOW)
            .max_frame_size(MAX_FRAME)
            .http2_keep_alive_interval(KEEPALIVE)
            .keep_alive_timeout(KEEPALIVE_TIMEOUT)
    }
}

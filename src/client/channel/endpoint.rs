//! The settings of HTTP/2 connections, and the channels that use these settings.

use std::{sync::Arc, time::Duration};

use tokio::time;
use tonic::transport::{self, Channel};

use super::{
    balancer::Backend,
    connector::{Connectivity, Route, connector},
    target::BearerToken,
};
use crate::client::{CallError, wire::recorder::Recorder};

/// The value of the header field `user-agent` of requests.
const USER_AGENT: &str = concat!("grpcalc/", env!("CARGO_PKG_VERSION"));

/// The flow-control window of a stream, in bytes.
const STREAM_WINDOW: u32 = 1 << 20;

/// The flow-control window of a connection, in bytes.
///
/// It is larger than the window of a stream. If the answers of a worksheet are not read, the
/// connection still has capacity for typed calls.
const CONNECTION_WINDOW: u32 = 4 * STREAM_WINDOW;

/// The time without received data after which the client pings a server that has open calls.
///
/// gRPC servers in other languages close connections that are pinged more often than every five
/// minutes without data (gRFC A8). TCP keepalive detects a lost machine earlier.
const KEEPALIVE: Duration = Duration::from_secs(310);

/// The time that a server has to answer a ping.
const KEEPALIVE_TIMEOUT: Duration = Duration::from_secs(20);

/// The maximum length, in bytes, of a frame that a server may send. Most responses fit in one frame
/// of this length.
const MAX_FRAME: u32 = 128 * 1024;

/// A route and the settings of its channel.
pub(in crate::client) struct Endpoint {
    route: Route,
    token: Option<BearerToken>,
    /// The maximum duration of each attempt to connect.
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

    /// Returns a backend that connects when its first call is made.
    pub(in crate::client) fn lazy(self) -> Backend {
        let channel = self.http2().connect_with_connector_lazy(connector(
            self.route,
            self.timeout,
            Arc::clone(&self.connectivity),
            self.recorder,
        ));
        Backend::new(channel, self.connectivity, self.token)
    }

    /// Connects, and returns the backend. If the connection fails, returns the error and a backend
    /// that connects later.
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

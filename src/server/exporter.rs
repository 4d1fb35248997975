//! Metrics for whoever monitors the server, by HTTP.

use std::{convert::Infallible, io, sync::Arc, time::Duration};

use http::{Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    time::{sleep, timeout},
};

use super::Metrics;
use crate::address::Address;

/// Where the metrics are.
const PATH: &str = "/metrics";

/// What they are written in (`OpenMetrics`, "Overall Structure").
const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Connections at the same time; further ones wait.
const CONNECTIONS: usize = 16;

/// How long a connection may last, and a request take to arrive.
const LIFE: Duration = Duration::from_secs(10 * 60);
const PATIENCE: Duration = Duration::from_secs(10);

/// A socket on which metrics are offered.
#[derive(Debug)]
pub struct Exporter {
    listener: TcpListener,
    address: Address,
    metrics: Arc<Metrics>,
}

impl Exporter {
    /// Binds `address`, which is a TCP port.
    pub async fn bind(address: &Address, metrics: Arc<Metrics>) -> io::Result<Self> {
        let Address::Tcp { host, port } = address else {
            let message = "metrics are offered on HOST:PORT";
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        };
        let listener = TcpListener::bind((host.as_str(), *port)).await?;
        let address = listener.local_addr()?.into();
        Ok(Self {
            listener,
            address,
            metrics,
        })
    }

    /// The address it is bound to, with the port that the system chose.
    #[must_use]
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Whether peers from other machines can connect.
    #[must_use]
    pub fn is_open_to_the_network(&self) -> bool {
        let bound = self.listener.local_addr();
        !bound.is_ok_and(|address| address.ip().to_canonical().is_loopback())
    }

    /// Offers the metrics for ever.
    pub async fn serve(self) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let place = Arc::clone(&places).acquire_owned().await;
            match self.listener.accept().await {
                Ok((io, _)) => {
                    let answering = converse(io, Arc::clone(&self.metrics));
                    tokio::spawn(async move {
                        let _place = place;
                        let _ = timeout(LIFE, answering).await;
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection for metrics");
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }
}

async fn converse(io: TcpStream, metrics: Arc<Metrics>) {
    let service = service_fn(move |request| {
        let response = respond(&request, &metrics);
        async { Ok::<_, Infallible>(response) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(io), service);
    if let Err(error) = serving.await {
        tracing::debug!(%error, "connection for metrics broke");
    }
}

fn respond(request: &Request<Incoming>, metrics: &Metrics) -> Response<Full<Bytes>> {
    let known = request.uri().path() == PATH;
    let asked = matches!(*request.method(), Method::GET | Method::HEAD);
    let (status, text) = match (known, asked) {
        (true, true) => (StatusCode::OK, metrics.text()),
        (true, false) => (StatusCode::METHOD_NOT_ALLOWED, String::new()),
        (false, _) => (
            StatusCode::NOT_FOUND,
            format!("the metrics are at {PATH}\n"),
        ),
    };
    let mut response = Response::new(Full::from(text));
    *response.status_mut() = status;
    let format = if status == StatusCode::OK {
        FORMAT
    } else {
        "text/plain"
    };
    let format = http::HeaderValue::from_static(format);
    response.headers_mut().insert(CONTENT_TYPE, format);
    response
}

//! Metrics for whoever monitors the server, by HTTP.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use futures_util::{Stream, StreamExt as _};
use http::{Method, Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{sync::Semaphore, time::timeout};

use crate::server::{Connection, Metrics};

/// Where the metrics are.
const PATH: &str = "/metrics";

/// What they are written in (`OpenMetrics`, "Overall Structure").
const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Connections at the same time; further ones wait.
const CONNECTIONS: usize = 16;

/// How long a connection may last, and a request take to arrive.
const LIFE: Duration = Duration::from_secs(10 * 60);
const PATIENCE: Duration = Duration::from_secs(10);

/// Offers `metrics` to whoever connects, for ever.
pub async fn export(connections: impl Stream<Item = Connection>, metrics: Arc<Metrics>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = pin!(connections);
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        let Some(connection) = connections.next().await else {
            return;
        };
        let answering = converse(connection, Arc::clone(&metrics));
        tokio::spawn(async move {
            let _place = place;
            let _ = timeout(LIFE, answering).await;
        });
    }
}

async fn converse(connection: Connection, metrics: Arc<Metrics>) {
    let service = service_fn(move |request| {
        let response = respond(&request, &metrics);
        async { Ok::<_, Infallible>(response) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(connection.into_io()), service);
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

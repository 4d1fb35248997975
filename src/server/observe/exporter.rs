//! The HTTP endpoint that serves the metrics.

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

/// The path of the metrics.
const PATH: &str = "/metrics";

/// The media type of the metrics (`OpenMetrics`, "Overall Structure").
const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The maximum number of connections that are served at the same time. Other connections wait.
const CONNECTIONS: usize = 16;

/// The maximum lifetime of a connection.
const LIFETIME: Duration = Duration::from_secs(10 * 60);

/// The maximum time that the header of a request may take to arrive.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);

/// Serves `metrics` over HTTP on every connection, until `connections` ends.
pub async fn export(connections: impl Stream<Item = Connection>, metrics: Arc<Metrics>) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = pin!(connections);
    loop {
        let permit = Arc::clone(&permits).acquire_owned().await;
        let Some(connection) = connections.next().await else {
            return;
        };
        let serving = serve(connection, Arc::clone(&metrics));
        tokio::spawn(async move {
            let _permit = permit;
            let _ = timeout(LIFETIME, serving).await;
        });
    }
}

async fn serve(connection: Connection, metrics: Arc<Metrics>) {
    let service = service_fn(move |request| {
        let response = respond(&request, &metrics);
        async { Ok::<_, Infallible>(response) }
    });
    let serving = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(connection.into_io()), service);
    if let Err(error) = serving.await {
        tracing::debug!(%error, "a connection for metrics failed");
    }
}

fn respond(request: &Request<Incoming>, metrics: &Metrics) -> Response<Full<Bytes>> {
    let is_page = request.uri().path() == PATH;
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let (status, text) = match (is_page, is_read) {
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

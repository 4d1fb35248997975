//! The admission of calls: checks the HTTP request, the limits and the token, and sets the deadline.

use std::{
    panic::AssertUnwindSafe,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use futures_util::FutureExt as _;
use http::{
    HeaderMap, HeaderValue, Method, Request, Response, StatusCode,
    header::{ALLOW, AUTHORIZATION, CONTENT_TYPE},
};
use hyper::body::Incoming;
use tokio::time::timeout_at;
use tonic::{Status, body::Body};

use super::{
    active::ActiveCall, compression::compress, deadline, methods::ServiceId,
    request_body::request_body,
};
use crate::proto::{
    compression::NamedEncoding,
    header::{ENCODING, is_grpc},
};
use crate::server::{
    ServerLimits, ServerState,
    peer::{CallerId, Peer},
    status,
};

/// The maximum number of health calls under way. Most of these calls are watches.
const HEALTH_CALLS: usize = 1024;

/// The maximum duration of a stream that has a deadline. A longer timeout is reduced to this time.
const LONGEST: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Answers a request from `peer`.
pub(in crate::server) async fn answer(
    server: Arc<ServerState>,
    peer: Arc<Peer>,
    mut request: Request<Incoming>,
) -> Response<Body> {
    if let Some(refusal) = refuse(&request) {
        return refusal;
    }
    let call = ActiveCall::begin(server, peer, request.uri().path());
    let admitted = admit(&call, request.headers());
    let timeout = match admitted.and_then(|()| deadline::timeout(request.headers())) {
        Ok(timeout) => timeout,
        Err(status) => return call.fail(&status),
    };
    // The messages are uncompressed for the services.
    let named = request.headers_mut().remove(&ENCODING);
    let named = NamedEncoding::parse(named.as_ref().map(HeaderValue::as_bytes));
    let compression = call.server.settings.compression;
    let encoding = compression.choose(named, request.headers());
    let server = Arc::clone(&call.server);
    let streams = call.method().streams;
    let limit = server.settings.limits.call;
    // For a stream, this limits only the time until the stream begins.
    let time = timeout.map_or(limit, |timeout| timeout.min(limit));
    let serving = timeout_at(call.begun + time, serve(&call, request, named));
    let response = tokio::select! {
        biased;
        response = serving => response.unwrap_or_else(|_| Err(status::out_of_time(time))),
        () = server.draining.cancelled(), if streams => Err(status::shutting_down()),
    };
    let response = match encoding {
        Some(encoding) => response.map(|response| compress(response, encoding)),
        None => response,
    };
    match response {
        Ok(response) if streams => {
            let deadline = timeout.map(|timeout| (call.begun + timeout.min(LONGEST), timeout));
            call.respond_stream(response, deadline)
        }
        Ok(response) => call.respond(response),
        Err(status) => call.fail(&status),
    }
}

/// Returns the response to an HTTP request that is not a gRPC call.
///
/// A call is a POST request with the media type of gRPC with protobuf messages (gRPC over HTTP2,
/// "Requests").
fn refuse(request: &Request<Incoming>) -> Option<Response<Body>> {
    let mut response = Response::new(Body::empty());
    if request.method() != Method::POST {
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        let headers = response.headers_mut();
        headers.insert(ALLOW, HeaderValue::from_static("POST"));
        return Some(response);
    }
    let media_type = request.headers().get(CONTENT_TYPE);
    if media_type.is_some_and(|media_type| is_grpc(media_type.as_bytes())) {
        return None;
    }
    *response.status_mut() = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Some(response)
}

/// Checks the limits of connections and calls, and then the token.
fn admit(call: &ActiveCall, headers: &HeaderMap) -> Result<(), Status> {
    let settings = &call.server.settings;
    if call.peer.is_surplus() {
        let limit = settings.limits.connections;
        return Err(status::overloaded(&ServerLimits::CONNECTIONS, limit));
    }
    let is_health = call.method().service == ServiceId::Health;
    let limit = if is_health {
        HEALTH_CALLS
    } else {
        settings.limits.calls
    };
    if call.counter().load(Ordering::Relaxed) > limit {
        return Err(status::overloaded(&ServerLimits::CALLS, limit));
    }
    match &settings.tokens {
        Some(tokens) if !is_health && !tokens.admit(headers) => Err(status::no_token()),
        _ => Ok(()),
    }
}

/// Passes an admitted request to its service. `encoding` is the encoding of compressed messages.
async fn serve(
    call: &ActiveCall,
    request: Request<Incoming>,
    encoding: NamedEncoding,
) -> Result<Response<Body>, Status> {
    let service = call.method().service;
    let limit = call.server.routes.message_limit(service);
    let is_single = call.method().has_single_request();
    let budget = &call.server.requests;
    let mut request = request.map(|body| request_body(body, encoding, is_single, limit, budget));
    match service {
        // The chat limits the rate of notes from each connection.
        ServiceId::Chat => drop(request.extensions_mut().insert(Arc::clone(&call.peer))),
        // The callers of the evaluator take turns.
        ServiceId::Evaluator => {
            let token = call.server.settings.tokens.as_ref();
            let token = token.and_then(|_| request.headers().get(AUTHORIZATION));
            let caller = CallerId::new(&call.peer, token);
            request.extensions_mut().insert(caller);
        }
        _ => {}
    }
    let serving = call.server.routes.call(service, request);
    match AssertUnwindSafe(serving).catch_unwind().await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(infallible)) => match infallible {},
        // A panic is a defect of the server and must not end other calls.
        Err(_) => Err(status::internal("the call could not be answered")),
    }
}

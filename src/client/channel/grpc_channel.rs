//! A channel that accepts gRPC responses only.

use std::task::{Context, Poll};

use futures_util::future::{FutureExt as _, Map};
use http::{
    HeaderMap, Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use http_body_util::BodyExt as _;
use tonic::{
    Status,
    body::Body,
    metadata::{MetadataMap, MetadataValue},
    transport::{self, Channel, channel::ResponseFuture},
};
use tower::{BoxError, Service};

use super::target::BearerToken;
use crate::proto::header::STATUS_DETAILS;

/// The error for an HTTP response that is not gRPC, such as a page of a web server or of a proxy.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the server answers in HTTP, but not in gRPC ({0})")]
pub(in crate::client) struct NotGrpc(StatusCode);

/// A channel that accepts only gRPC responses, and sends the token if the client has a token.
///
/// tonic reads any body as gRPC messages, so its error for an HTML page is "invalid compression
/// flag: 60". tonic also panics on error details that are not base64.
#[derive(Clone, Debug)]
pub(in crate::client) struct GrpcChannel {
    channel: Channel,
    token: Option<BearerToken>,
}

impl GrpcChannel {
    pub(in crate::client) fn new(channel: Channel, token: Option<BearerToken>) -> Self {
        Self { channel, token }
    }
}

type ResponseResult<E> = Result<Response<Body>, E>;

impl Service<Request<Body>> for GrpcChannel {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future =
        Map<ResponseFuture, fn(ResponseResult<transport::Error>) -> ResponseResult<BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.channel.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        if let Some(token) = &self.token {
            let headers = request.headers_mut();
            headers.insert(AUTHORIZATION, token.header().clone());
        }
        self.channel.call(request).map(check)
    }
}

/// Checks that a response is gRPC, and removes error details that tonic cannot read.
///
/// The media type of every gRPC response begins with `application/grpc` (gRPC over HTTP2,
/// "Responses").
fn check(response: ResponseResult<transport::Error>) -> ResponseResult<BoxError> {
    let mut response = response?;
    let media_type = response.headers().get(CONTENT_TYPE);
    let is_grpc = media_type.is_some_and(|it| it.as_bytes().starts_with(b"application/grpc"));
    // A gRPC response that a proxy creates has no body, and so may have no media type.
    if !is_grpc && !response.headers().contains_key(Status::GRPC_STATUS) {
        return Err(NotGrpc(response.status()).into());
    }
    drop_unreadable_details(response.headers_mut());
    Ok(response.map(|body| {
        Body::new(body.map_frame(|mut frame| {
            if let Some(trailers) = frame.trailers_mut() {
                drop_unreadable_details(trailers);
            }
            frame
        }))
    }))
}

fn drop_unreadable_details(headers: &mut HeaderMap) {
    if let Some(details) = headers.get(STATUS_DETAILS) {
        let alone =
            HeaderMap::from_iter([(STATUS_DETAILS.parse().expect("a name"), details.clone())]);
        let alone = MetadataMap::from_headers(alone);
        let details = alone.get_bin(STATUS_DETAILS).map(MetadataValue::to_bytes);
        if !matches!(details, Some(Ok(_))) {
            headers.remove(STATUS_DETAILS);
        }
    }
}

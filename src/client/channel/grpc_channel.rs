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

/// The error for an HTTP response that is not gRPC: the page of a web server or a proxy.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("it answers in HTTP, but not in gRPC ({0})")]
pub(in crate::client) struct NotGrpc(StatusCode);

/// A channel that checks that responses are gRPC, and sends the token, if there is one.
///
/// tonic takes any body for messages, so that an HTML page becomes "invalid compression flag:
/// 60", and it panics on error details that are not base64.
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

/// Checks the media type, which begins with `application/grpc` in every gRPC response (gRPC
/// over HTTP2, "Responses").
fn check(response: ResponseResult<transport::Error>) -> ResponseResult<BoxError> {
    let mut response = response?;
    let media_type = response.headers().get(CONTENT_TYPE);
    let is_grpc = media_type.is_some_and(|it| it.as_bytes().starts_with(b"application/grpc"));
    // The response of a proxy has no body, and so perhaps no media type.
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

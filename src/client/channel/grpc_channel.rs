//! A channel that accepts gRPC responses only.

use std::{
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use futures_util::future::{BoxFuture, FutureExt as _};
use http::{
    HeaderMap, HeaderValue, Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE},
    uri::PathAndQuery,
};
use http_body_util::BodyExt as _;
use tokio::sync::oneshot;
use tonic::{
    Code, Status,
    body::Body,
    metadata::{MetadataMap, MetadataValue},
    transport::{self, Channel},
};
use tower::{BoxError, Service};

use super::{request_body::RequestBody, response_body::response_body, target::BearerToken};
use crate::proto::{
    compression::{ACCEPTED, NamedEncoding},
    header::{ACCEPT_ENCODING, ENCODING, STATUS_DETAILS},
};

/// The error for an HTTP response that is not gRPC, such as a page of a web server or of a proxy.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the server answers in HTTP, but not in gRPC ({status})")]
pub(in crate::client) struct NotGrpc {
    status: StatusCode,
    /// Whether an earlier call of the same method was answered in gRPC.
    was_answered: bool,
}

impl From<NotGrpc> for Status {
    /// Returns the status that gRPC defines for an HTTP status
    /// (`doc/http-grpc-status-mapping.md`). Its source is the error.
    fn from(error: NotGrpc) -> Self {
        let code = match error.status {
            StatusCode::BAD_REQUEST | StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => Code::Internal,
            StatusCode::UNAUTHORIZED => Code::Unauthenticated,
            StatusCode::FORBIDDEN => Code::PermissionDenied,
            // A proxy that has just started may not know its servers, and a proxy that loses its
            // server in the middle of a call may not say so.
            StatusCode::NOT_FOUND | StatusCode::INTERNAL_SERVER_ERROR if error.was_answered => {
                Code::Unavailable
            }
            StatusCode::NOT_FOUND => Code::Unimplemented,
            StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT => Code::Unavailable,
            _ => Code::Unknown,
        };
        let mut status = Self::new(code, error.to_string());
        status.set_source(Arc::new(error));
        status
    }
}

/// The mark of a request whose response has exactly one message.
#[derive(Clone, Copy, Debug)]
pub(in crate::client) struct Unary;

/// A channel that accepts only gRPC responses, and sends the token if the client has a token.
/// Messages of responses may be compressed.
///
/// tonic reads any body as gRPC messages, so its error for an HTML page is "invalid compression
/// flag: 60". tonic also panics on error details that are not base64.
#[derive(Clone, Debug)]
pub(in crate::client) struct GrpcChannel {
    channel: Channel,
    token: Option<BearerToken>,
    /// The paths of the methods that were answered in gRPC. A server has few methods, so a search
    /// in a list is fast.
    answered: Arc<Mutex<Vec<PathAndQuery>>>,
}

impl GrpcChannel {
    pub(in crate::client) fn new(channel: Channel, token: Option<BearerToken>) -> Self {
        Self {
            channel,
            token,
            answered: Arc::default(),
        }
    }
}

type ResponseResult<E> = Result<Response<Body>, E>;

impl Service<Request<Body>> for GrpcChannel {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future = BoxFuture<'static, ResponseResult<BoxError>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.channel.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let is_unary = request.extensions().get::<Unary>().is_some();
        let headers = request.headers_mut();
        headers.insert(&ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED));
        if let Some(token) = &self.token {
            headers.insert(AUTHORIZATION, token.header().clone());
        }
        let path = request.uri().path_and_query().cloned();
        let (head, mut body) = request.into_parts();
        let mut open = None;
        if !is_unary {
            let (resetting, sender) = RequestBody::wrap(body);
            (body, open) = (resetting, Some(sender));
        }
        let response = self.channel.call(Request::from_parts(head, body));
        let answered = Arc::clone(&self.answered);
        let check = move |response: ResponseResult<transport::Error>| {
            let response = response?;
            let mut answered = answered.lock().unwrap_or_else(PoisonError::into_inner);
            let was_answered = path.as_ref().is_some_and(|path| answered.contains(path));
            let checked = check(response, was_answered, open)?;
            if !was_answered {
                answered.extend(path);
            }
            Ok(checked)
        };
        response.map(check).boxed()
    }
}

/// Checks that a response is gRPC, and that its body follows the protocol. Inflates compressed
/// messages, and removes error details that tonic cannot read.
///
/// A response to a streaming call holds `open` until its end.
fn check(
    mut response: Response<Body>,
    was_answered: bool,
    open: Option<oneshot::Sender<()>>,
) -> Result<Response<Body>, Status> {
    let headers = response.headers_mut();
    let media_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    let has_status = headers.contains_key(Status::GRPC_STATUS);
    // A gRPC response that a proxy creates has no body, and so may have no media type.
    if !media_type.is_some_and(is_grpc) && !has_status {
        let status = response.status();
        return Err(Status::from(NotGrpc {
            status,
            was_answered,
        }));
    }
    drop_unreadable_details(headers);
    // The messages are uncompressed from here on. tonic would refuse an encoding by its name.
    let encoding = headers.remove(&ENCODING);
    let encoding = NamedEncoding::parse(encoding.as_ref().map(HeaderValue::as_bytes));
    if has_status {
        return Ok(response);
    }
    Ok(response.map(|body| {
        let body = body.map_frame(|mut frame| {
            if let Some(trailers) = frame.trailers_mut() {
                drop_unreadable_details(trailers);
            }
            frame
        });
        response_body(body, encoding, open)
    }))
}

/// Whether a media type is that of gRPC.
///
/// The media type of every gRPC response is `application/grpc`, with or without a suffix for the
/// format of the messages (gRPC over HTTP2, "Responses").
fn is_grpc(media_type: &[u8]) -> bool {
    let rest = media_type.strip_prefix(b"application/grpc");
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';' | b' ')))
}

fn drop_unreadable_details(headers: &mut HeaderMap) {
    if let Some(details) = headers.get(&STATUS_DETAILS) {
        let alone = HeaderMap::from_iter([(STATUS_DETAILS.clone(), details.clone())]);
        let alone = MetadataMap::from_headers(alone);
        let details = alone
            .get_bin(STATUS_DETAILS.as_str())
            .map(MetadataValue::to_bytes);
        if !matches!(details, Some(Ok(_))) {
            headers.remove(&STATUS_DETAILS);
        }
    }
}

//! The body of a request that ends with its response.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use h2::Reason;
use http_body::{Body as HttpBody, Frame};
use tokio::sync::oneshot;
use tonic::{Status, body::Body};

/// A request body that fails once its response has ended or was dropped, so that the stream is
/// reset.
///
/// Without this, a body that ends after the response is sent to a server that no longer expects
/// it. Hypercorn closes the connection then.
pub(super) struct RequestBody {
    body: Body,
    /// Closed when the response has ended.
    response: oneshot::Receiver<()>,
}

impl RequestBody {
    /// Returns the body, and what the response has to hold until its end.
    pub(super) fn wrap(body: Body) -> (Body, oneshot::Sender<()>) {
        let (sender, response) = oneshot::channel();
        (Body::new(Self { body, response }), sender)
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        // First, because a body often ends when its caller has seen the end of the response.
        if Pin::new(&mut self.response).poll(cx).is_ready() {
            let error = h2::Error::from(Reason::CANCEL);
            return Poll::Ready(Some(Err(Status::from_error(Box::new(error)))));
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

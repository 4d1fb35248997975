//! The bodies of long answers and of streams. They are still in use after a handler has returned.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::HeaderMap;
use hyper::body::Frame;
use tokio::time::Sleep;
use tokio_util::sync::WaitForCancellationFutureOwned;
use tonic::{Status, body::Body};

use super::active::ActiveCall;
use crate::server::{byte_budget::Reservation, status};

/// The body of a long answer. The call and the reservation are kept until the answer is sent.
pub(super) struct HeldBody {
    body: Body,
    _call: ActiveCall,
    _reservation: Arc<Reservation>,
}

impl HeldBody {
    pub(super) fn new(body: Body, call: ActiveCall, reservation: Arc<Reservation>) -> Self {
        Self {
            body,
            _call: call,
            _reservation: reservation,
        }
    }
}

impl hyper::body::Body for HeldBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }
}

/// The body of a stream. The stream ends when its deadline passes or when the server drains.
///
/// tonic enforces a deadline only until the first response. Without this type, a stream that waits
/// for its service would also delay the shutdown.
pub(super) struct DeadlineBody {
    body: Body,
    /// The call of the stream. `None` after the end of the stream.
    call: Option<ActiveCall>,
    draining: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
    /// The timer of the deadline, and the timeout that the caller set. `None` means no deadline.
    deadline: Option<(Pin<Box<Sleep>>, Duration)>,
}

impl DeadlineBody {
    pub(super) fn new(
        body: Body,
        call: ActiveCall,
        draining: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
        deadline: Option<(Pin<Box<Sleep>>, Duration)>,
    ) -> Self {
        Self {
            body,
            call: Some(call),
            draining,
            deadline,
        }
    }

    /// Waits until the deadline passes or the server drains, and returns the stream's status.
    fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        if let Some((deadline, timeout)) = &mut self.deadline
            && deadline.as_mut().poll(cx).is_ready()
        {
            return Poll::Ready(status::out_of_time(*timeout));
        }
        match &mut self.draining {
            Some(draining) => draining.as_mut().poll(cx).map(|()| status::shutting_down()),
            None => Poll::Pending,
        }
    }

    fn end(&mut self, status: Option<&Status>) {
        if let Some(mut call) = self.call.take() {
            call.end(status);
        }
        self.body = Body::empty();
    }
}

impl hyper::body::Body for DeadlineBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        if self.call.is_none() {
            return Poll::Ready(None);
        }
        let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) else {
            let status = ready!(self.poll_end(cx));
            self.end(Some(&status));
            let mut trailers = HeaderMap::new();
            status.add_header(&mut trailers)?;
            return Poll::Ready(Some(Ok(Frame::trailers(trailers))));
        };
        match &frame {
            Some(Ok(frame)) => {
                if let Some(trailers) = frame.trailers_ref() {
                    self.end(Status::from_header_map(trailers).as_ref());
                }
            }
            Some(Err(status)) => self.end(Some(&status.clone())),
            None => self.end(None),
        }
        Poll::Ready(frame)
    }
}

//! The body of a request on its way in.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tonic::Status;

use crate::{
    proto::framing::{self, PREFIX_BYTES},
    server::{
        budget::{Budget, Share},
        status::{Limit, overloaded},
    },
};

/// Bytes of a message that are too few to count.
const SMALL: usize = 16 * 1024;

/// A request's body whose messages are paid for from a budget.
///
/// What has come of a message is kept until it is whole, though the rest may never come;
/// and tonic keeps the buffer for the stream's next message, which may never come either.
/// So a body holds as much as its longest message for as long as it lives.
pub(in crate::server) struct MeteredBody {
    body: Incoming,
    budget: Arc<Budget>,
    held: Share,
    frame: Prefix,
    /// Bytes of the message that is arriving: what has come, and what it lacks.
    arrived: usize,
    lacks: usize,
}

/// What has come of a message's prefix.
#[derive(Default)]
struct Prefix {
    bytes: [u8; PREFIX_BYTES],
    count: usize,
}

impl MeteredBody {
    pub(in crate::server) fn new(body: Incoming, budget: &Arc<Budget>) -> Self {
        Self {
            body,
            budget: Arc::clone(budget),
            held: budget.share(),
            frame: Prefix::default(),
            arrived: 0,
            lacks: 0,
        }
    }

    /// Keeps account of what came.
    fn account(&mut self, data: &Bytes) -> Result<(), Status> {
        let mut rest = data.clone();
        while rest.has_remaining() {
            if self.lacks == 0 {
                let Prefix { bytes, count } = &mut self.frame;
                bytes[*count] = rest.get_u8();
                *count += 1;
                if *count == PREFIX_BYTES {
                    *count = 0;
                    self.lacks = framing::Prefix::decode(*bytes).length;
                }
                continue;
            }
            let part = rest.remaining().min(self.lacks);
            rest.advance(part);
            self.lacks -= part;
            self.arrived += part;
            if self.arrived > SMALL.max(self.held.bytes()) {
                let limit = self.budget.limit();
                self.held
                    .resize(self.arrived)
                    .map_err(|_| overloaded(Limit::Requests, limit))?;
            }
            if self.lacks == 0 {
                self.arrived = 0;
            }
        }
        Ok(())
    }
}

impl Body for MeteredBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let frame = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
            Some(Ok(frame)) => frame,
            // tonic would take CANCELLED for the end of the request.
            Some(Err(_)) => return Poll::Ready(Some(Err(Status::aborted("the caller left")))),
            None => return Poll::Ready(None),
        };
        if let Some(data) = frame.data_ref() {
            self.account(data)?;
        }
        Poll::Ready(Some(Ok(frame)))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

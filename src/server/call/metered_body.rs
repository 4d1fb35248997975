//! The body of a request, whose messages are paid for from a budget.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tonic::Status;

use crate::{
    proto::framing::{PREFIX_BYTES, Prefix},
    server::{
        byte_budget::{ByteBudget, Reservation},
        status::{ReachedLimit, overloaded},
    },
};

/// The longest message, in bytes, that is not paid for.
const SMALL: usize = 16 * 1024;

/// The body of a request, whose messages are paid for from a budget.
///
/// tonic keeps the received part of a message until the message is complete, and then the
/// buffer for the stream's next message. So a body reserves the bytes of its longest message
/// for as long as it lives.
pub(super) struct MeteredBody {
    body: Incoming,
    budget: Arc<ByteBudget>,
    reservation: Reservation,
    prefix: LengthPrefix,
    /// Received bytes of the current message.
    received: usize,
    /// Bytes of the current message that have not been received.
    remaining: usize,
}

/// The received part of a message's prefix.
#[derive(Default)]
struct LengthPrefix {
    bytes: [u8; PREFIX_BYTES],
    received: usize,
}

impl MeteredBody {
    pub(super) fn new(body: Incoming, budget: &Arc<ByteBudget>) -> Self {
        Self {
            body,
            budget: Arc::clone(budget),
            reservation: budget.reservation(),
            prefix: LengthPrefix::default(),
            received: 0,
            remaining: 0,
        }
    }

    /// Reserves bytes for the messages in `data`.
    fn pay_for(&mut self, data: &Bytes) -> Result<(), Status> {
        let mut rest = data.clone();
        while rest.has_remaining() {
            if self.remaining == 0 {
                let LengthPrefix { bytes, received } = &mut self.prefix;
                bytes[*received] = rest.get_u8();
                *received += 1;
                if *received == PREFIX_BYTES {
                    *received = 0;
                    self.remaining = Prefix::decode(*bytes).length;
                }
                continue;
            }
            let part = rest.remaining().min(self.remaining);
            rest.advance(part);
            self.remaining -= part;
            self.received += part;
            if self.received > SMALL.max(self.reservation.bytes()) {
                let limit = self.budget.limit();
                self.reservation
                    .resize(self.received)
                    .map_err(|_| overloaded(ReachedLimit::Requests, limit))?;
            }
            if self.remaining == 0 {
                self.received = 0;
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
            // tonic takes CANCELLED for the regular end of a request.
            Some(Err(_)) => return Poll::Ready(Some(Err(Status::aborted("the caller left")))),
            None => return Poll::Ready(None),
        };
        if let Some(data) = frame.data_ref() {
            self.pay_for(data)?;
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

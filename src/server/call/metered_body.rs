//! The body of a request. The bytes of long messages are reserved in a budget.

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
        ServerLimits,
        byte_budget::{ByteBudget, Reservation},
        status::overloaded,
    },
};

/// The maximum size, in bytes, of a message that needs no reservation.
const SMALL: usize = 16 * 1024;

/// The body of a request. The bytes of its long messages are reserved in a budget.
///
/// tonic keeps the received part of a message until the message is complete. After that, tonic
/// keeps the buffer for the next message of the stream. So the size of the longest message stays
/// reserved until the body is dropped.
pub(super) struct MeteredBody {
    body: Incoming,
    budget: Arc<ByteBudget>,
    reservation: Reservation,
    prefix: LengthPrefix,
    /// The number of received bytes of the current message.
    received: usize,
    /// The number of bytes of the current message that are still to be received.
    remaining: usize,
}

/// The received part of the prefix that contains the length of a message.
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

    /// Reads the length of each message in `data`, and reserves the bytes of long messages.
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
                    .map_err(|_| overloaded(&ServerLimits::REQUESTS, limit))?;
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
            // The code is not CANCELLED, which tonic treats as the regular end of a request.
            Some(Err(_)) => {
                let status = Status::aborted("the caller cancelled the call or disconnected");
                return Poll::Ready(Some(Err(status)));
            }
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

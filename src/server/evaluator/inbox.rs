//! The queue of a worksheet's requests. These requests have arrived but are not yet answered.

use std::{collections::VecDeque, future::pending, sync::Arc};

use futures_util::FutureExt as _;
use prost::Message as _;
use tonic::{Status, Streaming};

use crate::proto::grpcalc::v1::{WorksheetRequest, worksheet_request::Request};
use crate::server::{
    ServerLimits,
    byte_budget::{ByteBudget, Reservation},
    status::overloaded,
};

/// The maximum number of requests that wait in an inbox.
const MESSAGES: usize = 2_000;

/// The size of waiting requests, in bytes, at which an inbox stops reading from the stream.
///
/// Requests beyond [`MESSAGES`] or [`BYTES`] wait in the connection's flow-control window. A Cancel
/// that was sent after such a request waits there too. Each of these two limits is twice the amount
/// that this crate's client sends before it waits for answers.
const BYTES: usize = 512 * 1024;

/// The queue of the requests of one stream.
///
/// Requests are read before their turn, so that a Cancel is noticed while a line runs.
pub(super) struct Inbox {
    requests: Streaming<WorksheetRequest>,
    waiting: VecDeque<(Option<Request>, Reservation)>,
    /// The total size of the waiting requests, in bytes.
    bytes: usize,
    budget: Arc<ByteBudget>,
    /// The answer number in a received Cancel. 0 means any answer.
    ///
    /// `None` means that no Cancel is waiting to be handled.
    cancel: Option<u64>,
    /// The result with which the stream ended. `None` until the end of the stream is read.
    end: Option<Result<(), Status>>,
}

impl Inbox {
    /// Creates the inbox of a stream. Waiting requests reserve their bytes in `budget`.
    pub(super) fn new(requests: Streaming<WorksheetRequest>, budget: Arc<ByteBudget>) -> Self {
        Self {
            budget,
            requests,
            waiting: VecDeque::new(),
            bytes: 0,
            cancel: None,
            end: None,
        }
    }

    /// Waits for the next request, and returns the request with its reservation.
    ///
    /// Returns `None` at the end of the stream. The request itself is `None` if its content is of
    /// an unknown kind. Must be called only while no line runs.
    pub(super) async fn next(&mut self) -> Option<Result<(Option<Request>, Reservation), Status>> {
        loop {
            if let Some((request, reservation)) = self.waiting.pop_front() {
                self.bytes -= reservation.bytes();
                return Some(Ok((request, reservation)));
            }
            self.drop_cancel();
            if let Some(end) = &self.end {
                return end.clone().err().map(Err);
            }
            self.read().await;
        }
    }

    /// Reads the requests that have already arrived, without waiting for more requests.
    pub(super) fn read_ahead(&mut self) {
        while self.has_capacity() && self.read().now_or_never().is_some() {}
    }

    /// Whether a Cancel of the running line has arrived. If so, the Cancel is removed.
    ///
    /// `answer` is the number that the running line's answer will have. A Cancel of an earlier
    /// answer is removed too.
    #[inline]
    pub(super) fn take_cancel(&mut self, answer: u64) -> bool {
        let due = self.cancel.filter(|&number| number <= answer);
        if due.is_some() {
            self.cancel = None;
        }
        due.is_some_and(|number| number == 0 || number == answer)
    }

    /// Drops a Cancel without an answer number. Must be called only while no line runs.
    pub(super) fn drop_cancel(&mut self) {
        self.cancel = self.cancel.filter(|&number| number != 0);
    }

    /// Waits for a Cancel of the running line or, if `any` is true, for any other request.
    ///
    /// `answer` is the number that the running line's answer will have.
    pub(super) async fn interruption(&mut self, answer: u64, any: bool) {
        loop {
            if self.take_cancel(answer) || (any && !self.waiting.is_empty()) {
                return;
            }
            if !self.has_capacity() {
                pending::<()>().await;
            }
            self.read().await;
        }
    }

    fn has_capacity(&self) -> bool {
        self.end.is_none() && self.bytes < BYTES && self.waiting.len() < MESSAGES
    }

    async fn read(&mut self) {
        match self.requests.message().await {
            Ok(Some(WorksheetRequest {
                request: Some(Request::Cancel(cancel)),
            })) => self.cancel = Some(cancel.answer),
            Ok(Some(message)) => {
                let (bytes, mut reservation) = (message.encoded_len(), self.budget.reservation());
                if reservation.grow(bytes).is_err() {
                    let limit = self.budget.limit();
                    self.end = Some(Err(overloaded(&ServerLimits::REQUESTS, limit)));
                    return;
                }
                self.bytes += bytes;
                self.waiting.push_back((message.request, reservation));
            }
            Ok(None) => self.end = Some(Ok(())),
            Err(status) => self.end = Some(Err(status)),
        }
    }
}

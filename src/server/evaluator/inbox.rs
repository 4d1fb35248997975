//! The requests of a worksheet's stream that have not been answered yet.

use std::{collections::VecDeque, future::pending, sync::Arc};

use futures_util::FutureExt as _;
use prost::Message as _;
use tonic::{Status, Streaming};

use crate::proto::grpcalc::v1::{WorksheetRequest, worksheet_request::Request};
use crate::server::{
    byte_budget::{ByteBudget, Reservation},
    status::{ReachedLimit, overloaded},
};

/// The limit of requests that are read ahead.
const MESSAGES: usize = 2_000;

/// The limit of their bytes.
///
/// Requests beyond either limit wait in the connection's window, and so does a Cancel behind
/// them. Both limits are twice what this crate's client has under way.
const BYTES: usize = 512 * 1024;

/// The requests of one stream in order, read ahead to see a Cancel while a line runs.
pub(super) struct Inbox {
    requests: Streaming<WorksheetRequest>,
    waiting: VecDeque<(Option<Request>, Reservation)>,
    /// Bytes of the waiting requests.
    bytes: usize,
    budget: Arc<ByteBudget>,
    /// The number of the answer to cancel, from a Cancel that is not handled yet; 0 for any.
    cancel: Option<u64>,
    /// The end of the stream, once it is read.
    end: Option<Result<(), Status>>,
}

impl Inbox {
    /// Creates the inbox of a stream, whose requests are paid for from `budget`.
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

    /// Returns the next request while no line runs, with its reservation.
    ///
    /// `None` is the end of the stream; a request without content is `None` within.
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

    /// Reads the requests that have arrived already.
    pub(super) fn read_ahead(&mut self) {
        while self.has_capacity() && self.read().now_or_never().is_some() {}
    }

    /// Takes a Cancel of the running line, whose answer will be number `answer`.
    ///
    /// Returns true once for each Cancel.
    #[inline]
    pub(super) fn take_cancel(&mut self, answer: u64) -> bool {
        let due = self.cancel.filter(|&number| number <= answer);
        if due.is_some() {
            self.cancel = None;
        }
        due.is_some_and(|number| number == 0 || number == answer)
    }

    /// Drops a Cancel without a number, since no line runs any more.
    pub(super) fn drop_cancel(&mut self) {
        self.cancel = self.cancel.filter(|&number| number != 0);
    }

    /// Waits for a Cancel of the running line, or for `any` request.
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
                    self.end = Some(Err(overloaded(ReachedLimit::Requests, limit)));
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

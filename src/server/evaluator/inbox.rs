//! What a client has said on its stream and we have not come to yet.

use std::{collections::VecDeque, future::pending, sync::Arc};

use futures_util::FutureExt as _;
use prost::Message as _;
use tonic::{Status, Streaming};

use crate::proto::grpcalc::v1::{WorksheetRequest, worksheet_request::Request};
use crate::server::{
    budget::{Budget, Share},
    status::{Limit, overloaded},
};

/// Requests that are read ahead of the one that is being answered.
const MESSAGES: usize = 2_000;

/// Bytes of them. What is beyond either waits in the connection's window, and a Cancel
/// behind it with it: so both are twice what our own client has under way.
const BYTES: usize = 512 * 1024;

/// The requests of one stream, in their order, read ahead so that a Cancel is seen while
/// something runs.
pub(in crate::server) struct Inbox {
    requests: Streaming<WorksheetRequest>,
    waiting: VecDeque<(Option<Request>, Share)>,
    /// Of those that are waiting.
    bytes: usize,
    budget: Arc<Budget>,
    /// The answer that a Cancel is for which came and has not been heeded; 0 for any.
    cancel: Option<u64>,
    /// How the stream ended.
    end: Option<Result<(), Status>>,
}

impl Inbox {
    /// The requests of a stream, which are paid for from `budget`.
    pub(in crate::server) fn new(
        requests: Streaming<WorksheetRequest>,
        budget: Arc<Budget>,
    ) -> Self {
        Self {
            budget,
            requests,
            waiting: VecDeque::new(),
            bytes: 0,
            cancel: None,
            end: None,
        }
    }

    /// The next request when nothing runs, and its part of the budget: None at the end of
    /// the stream. One that holds nothing is None too.
    pub(in crate::server) async fn next(
        &mut self,
    ) -> Option<Result<(Option<Request>, Share), Status>> {
        loop {
            if let Some((request, share)) = self.waiting.pop_front() {
                self.bytes -= share.bytes();
                return Some(Ok((request, share)));
            }
            self.drop_cancel();
            if let Some(end) = &self.end {
                return end.clone().err().map(Err);
            }
            self.read().await;
        }
    }

    /// Reads what has arrived already.
    pub(in crate::server) fn read_ahead(&mut self) {
        while self.has_room() && self.read().now_or_never().is_some() {}
    }

    /// Whether a Cancel has come for the line that runs, whose answer will be the
    /// stream's `answer`th. It counts once.
    #[inline]
    pub(in crate::server) fn take_cancel(&mut self, answer: u64) -> bool {
        let due = self.cancel.filter(|&named| named <= answer);
        if due.is_some() {
            self.cancel = None;
        }
        due.is_some_and(|named| named == 0 || named == answer)
    }

    /// A Cancel of whatever runs has come too late: nothing does.
    pub(in crate::server) fn drop_cancel(&mut self) {
        self.cancel = self.cancel.filter(|&named| named != 0);
    }

    /// Waits for a Cancel of the line that runs, or for `any` request.
    pub(in crate::server) async fn interruption(&mut self, answer: u64, any: bool) {
        loop {
            if self.take_cancel(answer) || (any && !self.waiting.is_empty()) {
                return;
            }
            if !self.has_room() {
                pending::<()>().await;
            }
            self.read().await;
        }
    }

    fn has_room(&self) -> bool {
        self.end.is_none() && self.bytes < BYTES && self.waiting.len() < MESSAGES
    }

    async fn read(&mut self) {
        match self.requests.message().await {
            Ok(Some(WorksheetRequest {
                request: Some(Request::Cancel(cancel)),
            })) => self.cancel = Some(cancel.answer),
            Ok(Some(message)) => {
                let (bytes, mut share) = (message.encoded_len(), self.budget.share());
                if share.grow(bytes).is_err() {
                    let limit = self.budget.limit();
                    self.end = Some(Err(overloaded(Limit::Requests, limit)));
                    return;
                }
                self.bytes += bytes;
                self.waiting.push_back((message.request, share));
            }
            Ok(None) => self.end = Some(Ok(())),
            Err(status) => self.end = Some(Err(status)),
        }
    }
}

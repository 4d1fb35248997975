//! What a client has said on its stream and we have not come to yet.

use std::{collections::VecDeque, future::pending};

use futures_util::FutureExt as _;
use prost::Message as _;
use tonic::{Status, Streaming};

use crate::proto::grpcalc::v1::{WorksheetRequest, worksheet_request::Request};

/// Requests that are read ahead of the one that is being answered.
const MESSAGES: usize = 1_000;

/// Bytes of them. What is beyond either waits in the connection's window, and a Cancel
/// behind it with it.
const BYTES: usize = 256 * 1024;

/// The requests of one stream, in their order, read ahead so that a Cancel is seen while
/// something runs.
pub(super) struct Inbox {
    requests: Streaming<WorksheetRequest>,
    waiting: VecDeque<(Option<Request>, usize)>,
    /// Of those that are waiting.
    bytes: usize,
    /// Whether a Cancel came that has not been heeded.
    cancel: bool,
    /// How the stream ended.
    end: Option<Result<(), Status>>,
}

impl Inbox {
    pub(super) fn new(requests: Streaming<WorksheetRequest>) -> Self {
        Self {
            requests,
            waiting: VecDeque::new(),
            bytes: 0,
            cancel: false,
            end: None,
        }
    }

    /// The next request when nothing runs: None at the end of the stream. One that
    /// holds nothing is None too.
    pub(super) async fn next(&mut self) -> Option<Result<Option<Request>, Status>> {
        loop {
            if let Some((request, bytes)) = self.waiting.pop_front() {
                self.bytes -= bytes;
                return Some(Ok(request));
            }
            // Nothing runs that it could stop.
            self.cancel = false;
            if let Some(end) = &self.end {
                return end.clone().err().map(Err);
            }
            self.read().await;
        }
    }

    /// Reads what has arrived already.
    pub(super) fn read_ahead(&mut self) {
        while self.has_room() && self.read().now_or_never().is_some() {}
    }

    /// Whether a Cancel has come. It counts once.
    pub(super) fn take_cancel(&mut self) -> bool {
        std::mem::take(&mut self.cancel)
    }

    /// Waits for a Cancel, or for `any` request.
    pub(super) async fn interruption(&mut self, any: bool) {
        loop {
            if self.take_cancel() || (any && !self.waiting.is_empty()) {
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
                request: Some(Request::Cancel(_)),
            })) => self.cancel = true,
            Ok(Some(message)) => {
                let bytes = message.encoded_len();
                self.bytes += bytes;
                self.waiting.push_back((message.request, bytes));
            }
            Ok(None) => self.end = Some(Ok(())),
            Err(status) => self.end = Some(Err(status)),
        }
    }
}

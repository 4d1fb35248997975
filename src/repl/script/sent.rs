//! The requests of a script to its worksheet that are not answered, for a new stream.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::{
    client::WorksheetRequest,
    repl::{Calls, calling::calls::WorksheetSender as _},
};

/// The requests that were sent to a worksheet, the oldest first. All clones share the requests.
///
/// The submitter adds requests, and the collector removes them when they are answered. If the
/// stream breaks, the collector sends them again on a new stream. Flow control limits their size.
pub(super) struct SentRequests<C: Calls>(Arc<Mutex<State<C>>>);

struct State<C: Calls> {
    requests: VecDeque<Arc<WorksheetRequest>>,
    /// The sending half of the stream. None while the collector opens a new stream.
    sender: Option<C::WorksheetSender>,
}

impl<C: Calls> Clone for SentRequests<C> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<C: Calls> SentRequests<C> {
    /// Creates the requests of a stream that was opened with the request `first`.
    pub(super) fn new(first: WorksheetRequest, sender: C::WorksheetSender) -> Self {
        Self(Arc::new(Mutex::new(State {
            requests: VecDeque::from([Arc::new(first)]),
            sender: Some(sender),
        })))
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a request on the stream, or on the next stream if the stream is broken.
    pub(super) async fn send(&self, request: WorksheetRequest) {
        let sender = {
            let mut state = self.lock();
            state.requests.push_back(Arc::new(request.clone()));
            state.sender.clone()
        };
        // If the stream breaks during the next line, the collector sends the request again.
        if let Some(sender) = sender {
            sender.send(request).await;
        }
    }

    /// Returns the oldest request.
    pub(super) fn oldest(&self) -> Option<Arc<WorksheetRequest>> {
        self.lock().requests.front().cloned()
    }

    /// Removes the oldest request, which is answered.
    pub(super) fn remove_oldest(&self) {
        self.lock().requests.pop_front();
    }

    /// Replaces the oldest request by its part that is not answered.
    pub(super) fn replace_oldest(&self, rest: WorksheetRequest) {
        if let Some(oldest) = self.lock().requests.front_mut() {
            *oldest = Arc::new(rest);
        }
    }

    /// Keeps further requests until [`SentRequests::resume`] is called.
    pub(super) fn suspend(&self) {
        self.lock().sender = None;
    }

    /// Sends all requests again, on the stream of `sender`. Further requests follow on this stream.
    pub(super) async fn resume(&self, sender: C::WorksheetSender) {
        for index in 0.. {
            let request = {
                let mut state = self.lock();
                let request = state.requests.get(index).cloned();
                if request.is_none() {
                    state.sender = Some(sender);
                    return;
                }
                request
            };
            if let Some(request) = request {
                sender.send(WorksheetRequest::clone(&request)).await;
            }
        }
    }
}

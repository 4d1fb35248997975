//! Limits for what is in flight, so that memory does not depend on the script.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::client::MAX_CALLS;

/// Bytes of lines in flight to the worksheet. More than a request and the longest line.
const BYTES: usize = 256 * 1024;

/// Requests in flight to the worksheet. Each may be answered by a small frame, of which h2
/// tolerates a few thousand before they are read.
const REQUESTS: usize = 1_000;

/// Other pending items: typed calls, faults, help. No fewer than the calls in flight.
const ITEMS: usize = MAX_CALLS;

/// Credit, taken by the submitter and given back by the collector.
#[derive(Debug)]
pub(super) struct FlowControl {
    bytes: Semaphore,
    requests: Semaphore,
    items: Semaphore,
}

impl Default for FlowControl {
    fn default() -> Self {
        Self {
            bytes: Semaphore::new(BYTES),
            requests: Semaphore::new(REQUESTS),
            items: Semaphore::new(ITEMS),
        }
    }
}

impl FlowControl {
    /// Takes credit for a request of this many bytes, waiting for it if needed.
    pub(super) async fn take_request(&self, bytes: u32) {
        let request = self.requests.acquire().await;
        request.expect("never closed").forget();
        let bytes = self.bytes.acquire_many(bytes).await;
        bytes.expect("never closed").forget();
    }

    /// Gives back the credit of a request of this many bytes.
    pub(super) fn give_request(&self, bytes: u32) {
        self.requests.add_permits(1);
        self.bytes.add_permits(bytes as usize);
    }

    /// Takes credit for an item, if there is some.
    pub(super) fn try_take_item(&self) -> bool {
        let permit = self.items.try_acquire();
        permit.map(SemaphorePermit::forget).is_ok()
    }

    /// Takes credit for an item, waiting for it if needed.
    pub(super) async fn take_item(&self) {
        self.items.acquire().await.expect("never closed").forget();
    }

    /// Gives back the credit of an item.
    pub(super) fn give_item(&self) {
        self.items.add_permits(1);
    }
}

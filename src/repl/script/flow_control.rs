//! Limits the requests and answers in flight, so that a long script needs no more memory than a
//! short one.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::client::MAX_CALLS;

/// The maximum total size, in bytes, of the lines in flight to the worksheet. The maximum is larger
/// than a full request and the longest line together.
const BYTES: usize = 256 * 1024;

/// The maximum number of requests in flight to the worksheet. The server may answer each request
/// with a small frame, and h2 allows only a few thousand unread frames.
const REQUESTS: usize = 1_000;

/// The maximum number of pending items that are not requests to the worksheet: typed calls, faults
/// and help texts. It is at least the maximum number of calls in flight.
const ITEMS: usize = MAX_CALLS;

/// The credit for requests and items. The submitter takes credit, and the collector releases it.
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
    /// Waits until there is enough credit for a request of this many bytes, and takes the credit.
    pub(super) async fn take_request(&self, bytes: u32) {
        let request = self.requests.acquire().await;
        request.expect("never closed").forget();
        let bytes = self.bytes.acquire_many(bytes).await;
        bytes.expect("never closed").forget();
    }

    /// Releases the credit of a request of this many bytes.
    pub(super) fn give_request(&self, bytes: u32) {
        self.requests.add_permits(1);
        self.bytes.add_permits(bytes as usize);
    }

    /// Takes credit for an item if there is enough credit. Returns whether it took credit.
    pub(super) fn try_take_item(&self) -> bool {
        let permit = self.items.try_acquire();
        permit.map(SemaphorePermit::forget).is_ok()
    }

    /// Waits until there is credit for an item, and takes the credit.
    pub(super) async fn take_item(&self) {
        self.items.acquire().await.expect("never closed").forget();
    }

    /// Releases the credit of an item.
    pub(super) fn give_item(&self) {
        self.items.add_permits(1);
    }
}

//! How much may be under way.

use tokio::sync::{Semaphore, SemaphorePermit};

use crate::client::MAX_CALLS;

/// Bytes of lines that the worksheet has been asked and has not answered. More than a
/// request and the longest line.
const BYTES: usize = 256 * 1024;

/// Requests that it has been asked. Each may be answered by a small frame, of which h2
/// tolerates a few thousand before they are read.
const REQUESTS: usize = 1_000;

/// Other items that wait to be answered: typed calls, faults, help. No fewer than calls can
/// be under way.
const ITEMS: usize = MAX_CALLS;

/// What may still be sent, taken by the feed and given back with the answers.
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
    /// Waits until a request of so many bytes may be sent.
    pub(super) async fn take_request(&self, bytes: u32) {
        let request = self.requests.acquire().await;
        request.expect("never closed").forget();
        let bytes = self.bytes.acquire_many(bytes).await;
        bytes.expect("never closed").forget();
    }

    /// Such a request is answered.
    pub(super) fn give_request(&self, bytes: u32) {
        self.requests.add_permits(1);
        self.bytes.add_permits(bytes as usize);
    }

    /// Takes room for an item, if there is some.
    pub(super) fn try_take_item(&self) -> bool {
        let room = self.items.try_acquire();
        room.map(SemaphorePermit::forget).is_ok()
    }

    /// Waits for room for an item.
    pub(super) async fn take_item(&self) {
        self.items.acquire().await.expect("never closed").forget();
    }

    pub(super) fn give_item(&self) {
        self.items.add_permits(1);
    }
}

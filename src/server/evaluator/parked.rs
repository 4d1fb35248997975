//! The state of a stream between two responses. The state is dropped after a time limit.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;

/// A holder for the state of a stream between two responses.
///
/// A stream is not polled while its peer does not read. So a separate task drops the state after a
/// time limit.
#[derive(Debug)]
pub(super) struct ParkedStream<T> {
    slot: Arc<Mutex<Slot<T>>>,
    _watch: Option<AbortOnDropHandle<()>>,
}

#[derive(Debug)]
enum Slot<T> {
    /// The stream is using the state to make a response.
    Taken,
    /// The state, and the time at which it was parked.
    Parked(T, Instant),
    /// The state was dropped after the time limit.
    Expired,
}

impl<T: Send + 'static> ParkedStream<T> {
    /// Parks `state`. The state is dropped if it is not taken within `limit`.
    pub(super) fn new(state: T, limit: Option<Duration>) -> Self {
        let slot = Arc::new(Mutex::new(Slot::Parked(state, Instant::now())));
        let watch = limit.map(|limit| watch(Arc::downgrade(&slot), limit));
        Self {
            slot,
            _watch: watch.map(|watch| AbortOnDropHandle::new(tokio::spawn(watch))),
        }
    }

    /// Takes the state. Returns `None` if the state was dropped after the time limit.
    pub(super) fn take(&self) -> Option<T> {
        let mut slot = lock(&self.slot);
        match std::mem::replace(&mut *slot, Slot::Taken) {
            Slot::Parked(state, _) => Some(state),
            Slot::Taken | Slot::Expired => None,
        }
    }

    /// Parks the state again, and restarts the time limit.
    pub(super) fn park(&self, state: T) {
        *lock(&self.slot) = Slot::Parked(state, Instant::now());
    }
}

fn lock<T>(slot: &Mutex<Slot<T>>) -> MutexGuard<'_, Slot<T>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Drops the state when it has been parked for `limit`.
async fn watch<T>(slot: Weak<Mutex<Slot<T>>>, limit: Duration) {
    let mut end = Instant::now() + limit;
    loop {
        sleep_until(end).await;
        let Some(slot) = slot.upgrade() else { return };
        let mut slot = lock(&slot);
        end = match &*slot {
            Slot::Parked(_, since) if *since + limit <= Instant::now() => {
                *slot = Slot::Expired;
                return;
            }
            Slot::Parked(_, since) => *since + limit,
            Slot::Taken => Instant::now() + limit,
            Slot::Expired => return,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_state_is_dropped_after_the_limit() {
        let second = Duration::from_secs(1);
        let state = Arc::new(());
        let parked = ParkedStream::new(Arc::clone(&state), Some(10 * second));
        for _ in 0..3 {
            tokio::time::sleep(9 * second).await;
            let taken = parked.take().unwrap();
            // The limit does not count while the state is taken.
            tokio::time::sleep(30 * second).await;
            parked.park(taken);
        }
        tokio::time::sleep(21 * second).await;
        assert_eq!(Arc::strong_count(&state), 1);
        assert_eq!(parked.take(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_the_state_stays() {
        let parked = ParkedStream::new(1, None);
        tokio::time::sleep(Duration::from_secs(1_000_000)).await;
        assert_eq!(parked.take(), Some(1));
    }
}

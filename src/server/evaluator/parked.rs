//! What waits for a peer to read.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};
use tokio_util::task::AbortOnDropHandle;

/// Something of which a stream's responses are made. Between two of them it waits here,
/// but not for ever: a stream is not asked for more while its peer does not read.
#[derive(Debug)]
pub(in crate::server) struct ParkedStream<T> {
    place: Arc<Mutex<Place<T>>>,
    _watch: Option<AbortOnDropHandle<()>>,
}

#[derive(Debug)]
enum Place<T> {
    /// A response is being made of it.
    Away,
    /// It waits since then.
    Waiting(T, Instant),
    /// It was dropped.
    Expired,
}

impl<T: Send + 'static> ParkedStream<T> {
    /// A place for `it`, where it may wait for as long as `limit`; without one for ever.
    pub(in crate::server) fn new(it: T, limit: Option<Duration>) -> Self {
        let place = Arc::new(Mutex::new(Place::Waiting(it, Instant::now())));
        let watch = limit.map(|limit| watch(Arc::downgrade(&place), limit));
        Self {
            place,
            _watch: watch.map(|watch| AbortOnDropHandle::new(tokio::spawn(watch))),
        }
    }

    /// Takes it away; None where it has waited for too long.
    pub(in crate::server) fn take(&self) -> Option<T> {
        let mut place = lock(&self.place);
        match std::mem::replace(&mut *place, Place::Away) {
            Place::Waiting(it, _) => Some(it),
            Place::Away | Place::Expired => None,
        }
    }

    /// Puts it back.
    pub(in crate::server) fn put(&self, it: T) {
        *lock(&self.place) = Place::Waiting(it, Instant::now());
    }
}

fn lock<T>(place: &Mutex<Place<T>>) -> MutexGuard<'_, Place<T>> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Drops what waits longer than `limit`.
async fn watch<T>(place: Weak<Mutex<Place<T>>>, limit: Duration) {
    let mut end = Instant::now() + limit;
    loop {
        sleep_until(end).await;
        let Some(place) = place.upgrade() else { return };
        let mut place = lock(&place);
        end = match &*place {
            Place::Waiting(_, since) if *since + limit <= Instant::now() => {
                *place = Place::Expired;
                return;
            }
            Place::Waiting(_, since) => *since + limit,
            Place::Away => Instant::now() + limit,
            Place::Expired => return,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_waits_for_too_long_is_dropped() {
        let second = Duration::from_secs(1);
        let it = Arc::new(());
        let unread = ParkedStream::new(Arc::clone(&it), Some(10 * second));
        for _ in 0..3 {
            tokio::time::sleep(9 * second).await;
            let taken = unread.take().unwrap();
            // It may be away for as long as it takes.
            tokio::time::sleep(30 * second).await;
            unread.put(taken);
        }
        tokio::time::sleep(21 * second).await;
        assert_eq!(Arc::strong_count(&it), 1);
        assert_eq!(unread.take(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn without_a_limit_it_waits_for_ever() {
        let unread = ParkedStream::new(1, None);
        tokio::time::sleep(Duration::from_secs(1_000_000)).await;
        assert_eq!(unread.take(), Some(1));
    }
}

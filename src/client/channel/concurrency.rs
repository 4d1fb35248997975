//! How many calls are under way at once.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Calls at first. Servers may allow few, and tell us only once we are connected.
const FIRST: usize = 16;

/// Calls at most: as many as `grpcalc serve` allows on a connection by default.
pub const MOST: usize = 256;

/// A bound on concurrent calls that finds its place between a server that is left
/// idle and one where calls queue for so long that their deadlines pass.
///
/// Each quick reply makes it wider by one, each slow or refused one narrower: an
/// additive form of the delay-based control of TCP Vegas (Brakmo and Peterson, IEEE
/// JSAC 13(8), 1995). As there, the fastest reply tells how much of the time is the
/// way to the server and not a queue; the yardstick for a queue is the deadline.
#[derive(Debug)]
pub(in crate::client) struct ConcurrencyLimit {
    permits: Semaphore,
    size: AtomicUsize,
    /// Microseconds that the fastest reply took.
    fastest: AtomicU64,
    deadline: Duration,
}

/// The right to make a call.
#[derive(Debug)]
pub(in crate::client) struct Permit<'a> {
    window: &'a ConcurrencyLimit,
    permit: SemaphorePermit<'a>,
}

impl ConcurrencyLimit {
    /// A window for calls that have `deadline` to be answered.
    pub(in crate::client) fn new(deadline: Duration) -> Self {
        Self {
            permits: Semaphore::new(FIRST),
            size: AtomicUsize::new(FIRST),
            fastest: AtomicU64::new(u64::MAX),
            deadline,
        }
    }

    /// The pace of a reply that took `elapsed`.
    fn pace(&self, elapsed: Duration) -> Latency {
        let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        let fastest = self
            .fastest
            .fetch_min(micros, Ordering::Relaxed)
            .min(micros);
        let queued = Duration::from_micros(micros - fastest);
        match queued {
            _ if queued < self.deadline / 8 => Latency::Quick,
            _ if queued > self.deadline / 3 => Latency::Slow,
            _ => Latency::Steady,
        }
    }

    /// Waits for a place. Places are given in the order in which they were asked for.
    pub(in crate::client) async fn enter(&self) -> Permit<'_> {
        let permit = self.permits.acquire().await.expect("never closed");
        Permit {
            window: self,
            permit,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Latency {
    /// The server can take more.
    Quick,
    /// Neither.
    Steady,
    /// The server has too much to do.
    Slow,
}

/// Dropping a place gives it back and changes nothing.
impl Permit<'_> {
    /// Gives the place back after a reply that took `elapsed`.
    pub(in crate::client) fn replied(self, elapsed: Duration) {
        match self.window.pace(elapsed) {
            Latency::Quick => self.widen(),
            Latency::Steady => {}
            Latency::Slow => self.narrow(),
        }
    }

    /// Gives the place back after a call that the server had no room or time for.
    pub(in crate::client) fn refused(self) {
        self.narrow();
    }

    fn widen(self) {
        let wider = |size: usize| (size < MOST).then_some(size + 1);
        if self.change(wider) {
            self.window.permits.add_permits(1);
        }
    }

    fn narrow(self) {
        let narrower = |size: usize| (size > 1).then_some(size - 1);
        if self.change(narrower) {
            self.permit.forget();
        }
    }

    fn change(&self, change: impl Fn(usize) -> Option<usize>) -> bool {
        let (set, get) = (Ordering::Relaxed, Ordering::Relaxed);
        self.window.size.fetch_update(set, get, change).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINE: Duration = Duration::from_secs(24);

    #[test]
    fn what_counts_is_the_queue_and_not_the_way() {
        for way in [0, 1, 20] {
            let window = ConcurrencyLimit::new(DEADLINE);
            for (queued, pace) in [
                (0, Latency::Quick),
                (2, Latency::Quick),
                (3, Latency::Steady),
                (8, Latency::Steady),
                (9, Latency::Slow),
                (99, Latency::Slow),
            ] {
                assert_eq!(window.pace(Duration::from_secs(way + queued)), pace);
            }
        }
    }

    #[tokio::test]
    async fn it_widens_with_quick_replies_up_to_its_bound() {
        let window = ConcurrencyLimit::new(DEADLINE);
        for _ in 0..2 * MOST {
            window.enter().await.replied(Duration::ZERO);
        }
        assert_eq!(window.permits.available_permits(), MOST);
    }

    #[tokio::test]
    async fn it_narrows_with_slow_and_refused_ones_but_never_closes() {
        let window = ConcurrencyLimit::new(DEADLINE);
        window.enter().await.replied(DEADLINE / 6);
        for _ in 0..FIRST {
            window.enter().await.replied(DEADLINE);
            window.enter().await.refused();
        }
        assert_eq!(window.permits.available_permits(), 1);
        window.enter().await.replied(DEADLINE / 3);
        assert_eq!(
            window.permits.available_permits(),
            1,
            "neither quick nor slow"
        );
        window.enter().await.replied(DEADLINE / 6);
        assert_eq!(window.permits.available_permits(), 2);
    }

    #[tokio::test]
    async fn a_call_that_is_given_up_changes_nothing() {
        let window = ConcurrencyLimit::new(DEADLINE);
        drop(window.enter().await);
        assert_eq!(window.permits.available_permits(), FIRST);
    }
}

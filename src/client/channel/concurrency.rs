//! An adaptive limit on concurrent calls.

use std::{
    sync::atomic::{AtomicU64, AtomicUsize, Ordering},
    time::Duration,
};

use tokio::sync::{Semaphore, SemaphorePermit};

/// The initial limit on the number of concurrent calls.
///
/// The initial limit is low because a server may allow few calls. The client receives the limit of
/// the server only after it has connected.
const INITIAL: usize = 16;

/// The maximum number of concurrent calls: the number that our own server allows on a connection.
pub const MAX: usize = 256;

/// An adaptive limit on the number of concurrent calls.
///
/// The limit is high enough to keep the server busy, and low enough that calls do not wait in a
/// queue until their deadlines pass. Each quick reply raises the limit by one. Each slow reply and
/// each refused call lowers the limit by one.
///
/// This is an additive form of the delay-based control of TCP Vegas (Brakmo and Peterson, IEEE JSAC
/// 13(8), 1995). As in TCP Vegas, the fastest reply measures the path without a queue. The extra
/// time of any other reply is compared with the deadline.
#[derive(Debug)]
pub(in crate::client) struct ConcurrencyLimit {
    permits: Semaphore,
    size: AtomicUsize,
    /// The latency of the fastest reply, in microseconds.
    fastest: AtomicU64,
    deadline: Duration,
}

/// The permission to make a call. Dropping a permit releases it and does not change the limit.
#[derive(Debug)]
pub(in crate::client) struct Permit<'a> {
    limit: &'a ConcurrencyLimit,
    permit: SemaphorePermit<'a>,
}

impl ConcurrencyLimit {
    /// Returns the initial limit for calls that must be answered within `deadline`.
    pub(in crate::client) fn new(deadline: Duration) -> Self {
        Self {
            permits: Semaphore::new(INITIAL),
            size: AtomicUsize::new(INITIAL),
            fastest: AtomicU64::new(u64::MAX),
            deadline,
        }
    }

    /// Classifies a reply that took `elapsed`.
    fn latency(&self, elapsed: Duration) -> Latency {
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

    /// Waits for a permit. Callers get permits in the order in which they started to wait.
    pub(in crate::client) async fn acquire(&self) -> Permit<'_> {
        let permit = self.permits.acquire().await.expect("never closed");
        Permit {
            limit: self,
            permit,
        }
    }
}

/// A class of queueing delays. The bounds are fractions of the deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Latency {
    /// Less than an eighth of the deadline: the server can accept more calls.
    Quick,
    /// Between an eighth and a third of the deadline.
    Steady,
    /// More than a third of the deadline: the server has too many calls.
    Slow,
}

impl Permit<'_> {
    /// Releases the permit after a reply that took `elapsed`, and adapts the limit.
    pub(in crate::client) fn record_reply(self, elapsed: Duration) {
        match self.limit.latency(elapsed) {
            Latency::Quick => self.raise(),
            Latency::Steady => {}
            Latency::Slow => self.lower(),
        }
    }

    /// Releases the permit after a call that the server was too busy to answer, and lowers the
    /// limit.
    pub(in crate::client) fn record_overload(self) {
        self.lower();
    }

    fn raise(self) {
        let higher = |size: usize| (size < MAX).then_some(size + 1);
        if self.change(higher) {
            self.limit.permits.add_permits(1);
        }
    }

    fn lower(self) {
        let lower = |size: usize| (size > 1).then_some(size - 1);
        if self.change(lower) {
            self.permit.forget();
        }
    }

    fn change(&self, change: impl Fn(usize) -> Option<usize>) -> bool {
        let (set, get) = (Ordering::Relaxed, Ordering::Relaxed);
        self.limit.size.fetch_update(set, get, change).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINE: Duration = Duration::from_secs(24);

    #[cfg(feature = "server")]
    #[test]
    fn the_maximum_is_what_our_server_allows() {
        assert_eq!(MAX, crate::server::ServerLimits::DEFAULT.streams as usize);
    }

    #[test]
    fn latency_measures_the_queue_and_not_the_path() {
        for path in [0, 1, 20] {
            let limit = ConcurrencyLimit::new(DEADLINE);
            for (queued, latency) in [
                (0, Latency::Quick),
                (2, Latency::Quick),
                (3, Latency::Steady),
                (8, Latency::Steady),
                (9, Latency::Slow),
                (99, Latency::Slow),
            ] {
                assert_eq!(limit.latency(Duration::from_secs(path + queued)), latency);
            }
        }
    }

    #[tokio::test]
    async fn quick_replies_raise_the_limit_up_to_its_maximum() {
        let limit = ConcurrencyLimit::new(DEADLINE);
        for _ in 0..2 * MAX {
            limit.acquire().await.record_reply(Duration::ZERO);
        }
        assert_eq!(limit.permits.available_permits(), MAX);
    }

    #[tokio::test]
    async fn slow_and_refused_calls_lower_the_limit_to_no_less_than_one() {
        let limit = ConcurrencyLimit::new(DEADLINE);
        limit.acquire().await.record_reply(DEADLINE / 6);
        for _ in 0..INITIAL {
            limit.acquire().await.record_reply(DEADLINE);
            limit.acquire().await.record_overload();
        }
        assert_eq!(limit.permits.available_permits(), 1);
        limit.acquire().await.record_reply(DEADLINE / 3);
        assert_eq!(
            limit.permits.available_permits(),
            1,
            "neither quick nor slow"
        );
        limit.acquire().await.record_reply(DEADLINE / 6);
        assert_eq!(limit.permits.available_permits(), 2);
    }

    #[tokio::test]
    async fn a_dropped_permit_changes_nothing() {
        let limit = ConcurrencyLimit::new(DEADLINE);
        drop(limit.acquire().await);
        assert_eq!(limit.permits.available_permits(), INITIAL);
    }
}

//! How many calls are under way at once.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use tokio::sync::{Semaphore, SemaphorePermit};

/// Calls at first. Servers may allow few, and tell us only once we are connected.
const FIRST: usize = 16;

/// Calls at most: what our own server allows on a connection.
const MOST: usize = 256;

/// A bound on concurrent calls that finds its place between a server that is left
/// idle and one where calls queue for so long that their deadlines pass.
///
/// Each quick reply makes it wider by one, each slow or refused one narrower: an
/// additive form of the delay-based control of TCP Vegas (Brakmo and Peterson, IEEE
/// JSAC 13(8), 1995), with the call's own deadline as the yardstick.
#[derive(Debug)]
pub(super) struct Window {
    permits: Semaphore,
    size: AtomicUsize,
}

/// The right to make a call.
#[derive(Debug)]
pub(super) struct Place<'a> {
    window: &'a Window,
    permit: SemaphorePermit<'a>,
}

impl Window {
    pub(super) fn new() -> Self {
        Self {
            permits: Semaphore::new(FIRST),
            size: AtomicUsize::new(FIRST),
        }
    }

    /// Waits for a place. Places are given in the order in which they were asked for.
    pub(super) async fn enter(&self) -> Place<'_> {
        let permit = self.permits.acquire().await.expect("never closed");
        Place {
            window: self,
            permit,
        }
    }
}

/// How a call went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// The server can take more.
    Quick,
    /// Neither.
    Steady,
    /// The server has too much to do, or said so.
    Slow,
}

impl Pace {
    /// The pace of a reply that took `elapsed` of the `deadline`.
    pub(super) fn of(elapsed: Duration, deadline: Duration) -> Self {
        match elapsed {
            _ if elapsed < deadline / 8 => Self::Quick,
            _ if elapsed > deadline / 3 => Self::Slow,
            _ => Self::Steady,
        }
    }
}

impl Place<'_> {
    /// Gives the place back. Dropping it does so too, and changes nothing.
    pub(super) fn leave(self, pace: Pace) {
        match pace {
            Pace::Quick => self.widen(),
            Pace::Steady => {}
            Pace::Slow => self.narrow(),
        }
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

    #[test]
    fn paces() {
        let deadline = Duration::from_secs(24);
        for (seconds, pace) in [
            (0, Pace::Quick),
            (2, Pace::Quick),
            (3, Pace::Steady),
            (8, Pace::Steady),
            (9, Pace::Slow),
            (99, Pace::Slow),
        ] {
            assert_eq!(Pace::of(Duration::from_secs(seconds), deadline), pace);
        }
    }

    #[tokio::test]
    async fn it_widens_with_quick_replies_up_to_its_bound() {
        let window = Window::new();
        for _ in 0..2 * MOST {
            window.enter().await.leave(Pace::Quick);
        }
        assert_eq!(window.permits.available_permits(), MOST);
    }

    #[tokio::test]
    async fn it_narrows_with_slow_ones_but_never_closes() {
        let window = Window::new();
        for _ in 0..2 * FIRST {
            window.enter().await.leave(Pace::Slow);
        }
        assert_eq!(window.permits.available_permits(), 1);
        window.enter().await.leave(Pace::Steady);
        assert_eq!(window.permits.available_permits(), 1);
        window.enter().await.leave(Pace::Quick);
        assert_eq!(window.permits.available_permits(), 2);
    }

    #[tokio::test]
    async fn a_call_that_is_given_up_changes_nothing() {
        let window = Window::new();
        drop(window.enter().await);
        assert_eq!(window.permits.available_permits(), FIRST);
    }
}

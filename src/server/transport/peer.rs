//! Who is at the other end of a connection.

use std::{
    num::NonZeroU32,
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use governor::{
    DefaultDirectRateLimiter, Quota,
    clock::{Clock as _, DefaultClock},
};

/// How many notes a peer may send to the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteRate {
    /// At once, after a silence.
    pub burst: NonZeroU32,
    /// In the long run.
    pub per_second: NonZeroU32,
}

/// Who is at the other end, and what it has under way.
#[derive(Debug)]
pub(in crate::server) struct Peer {
    name: String,
    surplus: bool,
    /// Whether its preface has come.
    spoken: AtomicBool,
    /// Calls under way, and all there have been.
    calls: AtomicUsize,
    begun: AtomicUsize,
    /// Made for those that chat.
    notes: OnceLock<DefaultDirectRateLimiter>,
}

impl Peer {
    /// A peer of which nothing was heard yet.
    pub(in crate::server) fn new(name: String, surplus: bool) -> Self {
        Self {
            name,
            surplus,
            spoken: AtomicBool::new(false),
            calls: AtomicUsize::new(0),
            begun: AtomicUsize::new(0),
            notes: OnceLock::new(),
        }
    }

    /// Its address, or another name.
    pub(in crate::server) fn name(&self) -> &str {
        &self.name
    }

    /// Whether there are more connections than there should be.
    pub(in crate::server) fn is_surplus(&self) -> bool {
        self.surplus
    }

    /// A call begins.
    pub(in crate::server) fn begin(&self) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
    }

    /// A call has ended.
    pub(in crate::server) fn end(&self) {
        self.calls.fetch_sub(1, Ordering::Relaxed);
    }

    /// The calls that are under way, and how many there have been.
    pub(in crate::server) fn calls(&self) -> (usize, usize) {
        let count = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        (count(&self.calls), count(&self.begun))
    }

    /// It sends a note; or has to wait for so long until it may.
    pub(in crate::server) fn take_note(&self, rate: NoteRate) -> Result<(), Duration> {
        let limiter = self.notes.get_or_init(|| {
            let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
            DefaultDirectRateLimiter::direct(quota)
        });
        let wait =
            |early: governor::NotUntil<_>| early.wait_time_from(DefaultClock::default().now());
        limiter.check().map_err(wait)
    }

    /// Its preface has come.
    pub(in crate::server) fn speak(&self) {
        self.spoken.store(true, Ordering::Relaxed);
    }

    /// Whether its preface has come.
    pub(in crate::server) fn has_spoken(&self) -> bool {
        self.spoken.load(Ordering::Relaxed)
    }

    /// [`Peer::has_spoken`]. Wakes nobody: what reads is polled before.
    pub(in crate::server) fn poll_spoken(&self) -> Poll<()> {
        if self.has_spoken() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

//! The peer of a connection, and the counts of its calls and notes.

use std::{
    hash::{BuildHasher as _, RandomState},
    num::NonZeroU32,
    sync::{
        LazyLock, OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::Poll,
    time::Duration,
};

use governor::{
    DefaultDirectRateLimiter, Quota,
    clock::{Clock as _, DefaultClock},
};
use http::HeaderValue;
use tonic::Extensions;

/// The maximum rate of chat notes from one peer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteRate {
    /// The maximum number of notes that a peer may send in a burst, after a pause.
    pub burst: NonZeroU32,
    /// The maximum average number of notes per second.
    pub per_second: NonZeroU32,
}

/// A caller of the evaluator: a connection or, if the server requires tokens, a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct CallerId {
    number: u64,
    is_own: bool,
}

impl CallerId {
    /// Returns the caller of a call from `peer` with the field `authorization`.
    pub(super) fn new(peer: &Peer, authorization: Option<&HeaderValue>) -> Self {
        // The key is random, so nobody can choose a token with the hash of another one.
        static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        Self {
            number: match authorization {
                None => peer.number,
                Some(value) => KEY.hash_one(value.as_bytes()),
            },
            is_own: peer.is_own,
        }
    }

    /// Whether the caller is the process of the server.
    pub(super) fn is_own(self) -> bool {
        self.is_own
    }

    /// Returns the caller that the extensions of a request name.
    pub(super) fn of(extensions: &Extensions) -> Self {
        let nobody = Self {
            number: 0,
            is_own: false,
        };
        extensions.get().copied().unwrap_or(nobody)
    }

    #[cfg(test)]
    pub(super) fn of_connection(number: u64) -> Self {
        Self {
            number,
            is_own: false,
        }
    }
}

/// The peer of a connection, with the counts of its calls and notes.
#[derive(Debug)]
pub(super) struct Peer {
    name: String,
    /// The number of the connection.
    number: u64,
    is_surplus: bool,
    /// Whether the peer is the process of the server.
    is_own: bool,
    /// Whether the HTTP/2 preface has arrived.
    greeted: AtomicBool,
    /// The number of calls under way.
    active_calls: AtomicUsize,
    /// The number of all calls so far.
    all_calls: AtomicUsize,
    /// The rate limiter of chat notes. The first note creates it.
    notes: OnceLock<DefaultDirectRateLimiter>,
}

impl Peer {
    /// Creates a peer that has not sent anything.
    pub(super) fn new(name: String, is_surplus: bool, is_own: bool) -> Self {
        static CONNECTIONS: AtomicU64 = AtomicU64::new(1);
        Self {
            name,
            number: CONNECTIONS.fetch_add(1, Ordering::Relaxed),
            is_surplus,
            is_own,
            greeted: AtomicBool::new(false),
            active_calls: AtomicUsize::new(0),
            all_calls: AtomicUsize::new(0),
            notes: OnceLock::new(),
        }
    }

    /// Returns the peer's address, or another name for the log.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Whether the connection exceeds the limit of connections.
    pub(super) fn is_surplus(&self) -> bool {
        self.is_surplus
    }

    /// Counts a call that begins.
    pub(super) fn begin_call(&self) {
        self.active_calls.fetch_add(1, Ordering::Relaxed);
        self.all_calls.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a call that has ended.
    pub(super) fn end_call(&self) {
        self.active_calls.fetch_sub(1, Ordering::Relaxed);
    }

    /// Returns the number of calls under way and the number of all calls so far.
    pub(super) fn calls(&self) -> (usize, usize) {
        let count = |count: &AtomicUsize| count.load(Ordering::Relaxed);
        (count(&self.active_calls), count(&self.all_calls))
    }

    /// Counts a chat note. Fails if the peer exceeds `rate`.
    ///
    /// The error is the time until the server accepts the next note.
    pub(super) fn take_note(&self, rate: NoteRate) -> Result<(), Duration> {
        let limiter = self.notes.get_or_init(|| {
            let quota = Quota::per_second(rate.per_second).allow_burst(rate.burst);
            DefaultDirectRateLimiter::direct(quota)
        });
        let wait =
            |early: governor::NotUntil<_>| early.wait_time_from(DefaultClock::default().now());
        limiter.check().map_err(wait)
    }

    /// Records that the HTTP/2 preface has arrived.
    pub(super) fn set_greeted(&self) {
        self.greeted.store(true, Ordering::Relaxed);
    }

    /// Whether the HTTP/2 preface has arrived.
    pub(super) fn has_greeted(&self) -> bool {
        self.greeted.load(Ordering::Relaxed)
    }

    /// Polls for the HTTP/2 preface.
    ///
    /// The function needs no waker, because the task that calls it also polls the reader.
    pub(super) fn poll_greeted(&self) -> Poll<()> {
        if self.has_greeted() {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    }
}

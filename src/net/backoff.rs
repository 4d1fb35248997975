//! Exponential backoff: the pauses between attempts to reach a server.

use std::time::Duration;

use tokio::time::Instant;

/// The jitter of [`BackoffPolicy::new`]: each pause is made up to 20 percent longer or shorter.
const JITTER: f64 = 0.2;

/// The parameters of a [`Backoff`]. Each pause is twice as long as the pause before it.
#[derive(Clone, Copy, Debug)]
pub struct BackoffPolicy {
    /// The first pause.
    pub first: Duration,
    /// The maximum length of a pause, before jitter.
    pub cap: Duration,
    /// The maximum random change of a pause, as a fraction of the pause from 0 to 1.
    ///
    /// Without jitter, clients that failed at the same time would also retry at the same time
    /// (gRPC's guide to retries).
    jitter: f64,
}

impl BackoffPolicy {
    /// Creates a policy with these pauses, and with jitter.
    #[must_use]
    pub const fn new(first: Duration, cap: Duration) -> Self {
        Self {
            first,
            cap,
            jitter: JITTER,
        }
    }
}

/// The pauses between attempts, in order. The iterator ends when the next pause would end after the
/// deadline.
#[derive(Clone, Debug)]
pub struct Backoff {
    policy: BackoffPolicy,
    /// The next pause, before jitter.
    pause: Duration,
    deadline: Option<Instant>,
}

impl Backoff {
    /// Creates an endless series of pauses.
    #[must_use]
    pub const fn new(policy: BackoffPolicy) -> Self {
        Self {
            policy,
            pause: policy.first,
            deadline: None,
        }
    }

    /// Creates a series of pauses that all end by `deadline`.
    #[must_use]
    pub const fn until(policy: BackoffPolicy, deadline: Instant) -> Self {
        Self {
            deadline: Some(deadline),
            ..Self::new(policy)
        }
    }

    /// Restarts the series with the first pause. Call this function after a successful attempt.
    pub const fn reset(&mut self) {
        self.pause = self.policy.first;
    }

    /// Returns the next pause, even if it would end after the deadline.
    pub fn pause(&mut self) -> Duration {
        let BackoffPolicy { cap, jitter, .. } = self.policy;
        let pause = self.pause.min(cap);
        self.pause = pause.saturating_mul(2).min(cap);
        pause.mul_f64(1.0 + jitter * (2.0 * fastrand::f64() - 1.0))
    }
}

impl Iterator for Backoff {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let pause = self.pause();
        let is_late = |deadline| Instant::now() + pause > deadline;
        (!self.deadline.is_some_and(is_late)).then_some(pause)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    const POLICY: BackoffPolicy = BackoffPolicy {
        first: Duration::from_millis(100),
        cap: Duration::from_secs(1),
        jitter: 0.0,
    };

    #[test]
    fn pauses_double_up_to_the_cap() {
        let mut backoff = Backoff::new(POLICY);
        let mut millis = || backoff.next().unwrap().as_millis();
        assert_eq!([(); 6].map(|()| millis()), [100, 200, 400, 800, 1000, 1000]);
        backoff.reset();
        assert_eq!(backoff.next(), Some(POLICY.first));
    }

    #[test]
    fn jitter_stays_in_its_bounds() {
        let policy = BackoffPolicy::new(POLICY.first, POLICY.cap);
        let (mut shortest, mut longest) = (Duration::MAX, Duration::ZERO);
        for _ in 0..1000 {
            let pause = Backoff::new(policy).pause();
            (shortest, longest) = (shortest.min(pause), longest.max(pause));
        }
        assert!(shortest >= POLICY.first.mul_f64(0.8) && shortest < POLICY.first.mul_f64(0.9));
        assert!(longest <= POLICY.first.mul_f64(1.2) && longest > POLICY.first.mul_f64(1.1));
    }

    #[tokio::test(start_paused = true)]
    async fn no_pause_ends_after_the_deadline() {
        let start = Instant::now();
        for pause in Backoff::until(POLICY, start + Duration::from_millis(1_500)) {
            sleep(pause).await;
        }
        // Pauses of 100, 200, 400 and 800 ms; another second does not fit.
        assert_eq!(start.elapsed(), Duration::from_millis(1_500));
        let start = Instant::now();
        for pause in Backoff::until(POLICY, start + Duration::from_millis(1_499)) {
            sleep(pause).await;
        }
        assert_eq!(start.elapsed(), Duration::from_millis(700));
    }
}

//! Repeats calls while the server is unreachable.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{
    client::CallError,
    net::backoff::{Backoff, BackoffPolicy},
    repl::outage::{Outage, looking, watch},
};

/// The pauses between the attempts to reach a lost server.
const BACKOFF: BackoffPolicy =
    BackoffPolicy::new(Duration::from_millis(50), Duration::from_secs(1));

/// Repeats `attempt` until the server is reachable, for at most `patience`.
///
/// If an attempt fails or an outage lasts, and `told` is false, calls `notice` with a message and
/// sets `told` to true.
pub(in crate::repl) async fn reconnect<T>(
    patience: Duration,
    outage: Outage,
    told: &mut bool,
    notice: &mut impl FnMut(&str),
    attempt: impl AsyncFn() -> Result<T, CallError>,
) -> Result<T, CallError> {
    let mut backoff = Backoff::until(BACKOFF, Instant::now() + patience);
    loop {
        let attempting = watch(outage.clone(), told, notice, attempt());
        let error = match attempting.await {
            Err(error) if error.is_transient() => error,
            result => return result,
        };
        let Some(pause) = backoff.next() else {
            return Err(error);
        };
        if !*told {
            notice(&looking(&error));
            *told = true;
        }
        sleep(pause).await;
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, collections::HashSet};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn sessions_that_lost_a_server_together_come_back_apart() {
        let mut times = HashSet::new();
        for _ in 0..10 {
            let (start, attempts) = (Instant::now(), Cell::new(0));
            let attempt = async || {
                attempts.set(attempts.get() + 1);
                match attempts.get() {
                    5 => Ok(()),
                    _ => Err(CallError::no_worksheet()),
                }
            };
            let (patience, mut notices) = (Duration::from_secs(5), 0);
            let outage = tokio::sync::watch::Sender::new(None).subscribe();
            reconnect(
                patience,
                outage,
                &mut false,
                &mut |_: &str| notices += 1,
                attempt,
            )
            .await
            .unwrap();
            assert_eq!(notices, 1);
            // Pauses of 50, 100, 200 and 400 ms, each up to a fifth longer or shorter.
            let elapsed = start.elapsed().as_millis();
            assert!((600..=910).contains(&elapsed), "{elapsed} ms");
            times.insert(elapsed);
        }
        assert!(times.len() > 1, "{times:?}");
    }
}

//! Repeats calls while the server is unreachable.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{
    client::CallError,
    net::backoff::{Backoff, BackoffPolicy},
};

/// The pauses between the attempts to reach a lost server.
const BACKOFF: BackoffPolicy =
    BackoffPolicy::new(Duration::from_millis(50), Duration::from_secs(1));

/// Returns the notice that the connection is lost and that the client tries to reconnect.
pub(super) fn looking(error: &CallError) -> String {
    let error = error.to_string();
    let error = error.trim_end_matches("; is a server running there?");
    format!("{error}; trying to reconnect")
}

/// Repeats `attempt` until the server is reachable, for at most `patience`.
///
/// If an attempt fails and `told` is false, calls `notice` with a message and sets `told` to true.
pub(super) async fn reconnect<T>(
    patience: Duration,
    told: &mut bool,
    notice: &mut impl FnMut(&str),
    attempt: impl AsyncFn() -> Result<T, CallError>,
) -> Result<T, CallError> {
    let mut backoff = Backoff::until(BACKOFF, Instant::now() + patience);
    loop {
        let error = match attempt().await {
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
            reconnect(patience, &mut false, &mut |_| notices += 1, attempt)
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

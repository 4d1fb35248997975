//! Retries while a server is unreachable.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::{
    client::CallError,
    net::backoff::{Backoff, BackoffPolicy},
};

/// The pauses between the attempts to reach a lost server.
const BACKOFF: BackoffPolicy = BackoffPolicy {
    first: Duration::from_millis(50),
    cap: Duration::from_secs(1),
    jitter: 0.0,
};

/// Returns the notice that the connection to a server is lost and is being retried.
pub(in crate::repl) fn looking(error: &CallError) -> String {
    let error = error.to_string();
    let error = error.trim_end_matches("; is a server running there?");
    format!("{error}; trying to reconnect")
}

/// Repeats `attempt` until the server is reachable, for at most `patience`.
///
/// Gives a notice of the loss, unless `told` is already true. Then sets `told`.
pub(in crate::repl) async fn reconnect<T>(
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

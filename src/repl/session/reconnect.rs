//! Retries while a server is gone.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::client::CallError;

/// The first pause before a server is looked for again; each further one is twice as
/// long.
const PAUSE: Duration = Duration::from_millis(50);

/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Returns the notice that a server is lost, which is given once.
pub(in crate::repl) fn looking(error: &CallError) -> String {
    let error = error.to_string();
    let error = error.trim_end_matches("; is a server running there?");
    format!("{error}; looking for it again")
}

/// Repeats `attempt` until the server is reachable, for as long as `patience`. Gives a notice of
/// the loss, unless `told` says that one was given.
pub(in crate::repl) async fn reconnect<T>(
    patience: Duration,
    told: &mut bool,
    notice: &mut impl FnMut(&str),
    attempt: impl AsyncFn() -> Result<T, CallError>,
) -> Result<T, CallError> {
    let end = Instant::now() + patience;
    let mut pause = PAUSE;
    loop {
        match attempt().await {
            Err(error) if error.may_pass() && Instant::now() + pause <= end => {
                if !*told {
                    notice(&looking(&error));
                    *told = true;
                }
                sleep(pause).await;
            }
            result => return result,
        }
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
}

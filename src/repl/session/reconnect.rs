//! Looking for a server that was there.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::client::CallError;

/// The first pause before a server is looked for again; each further one is twice as
/// long.
const PAUSE: Duration = Duration::from_millis(50);

/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What to say, once, when a server is lost.
pub(in crate::repl) fn looking(error: &CallError) -> String {
    let error = error.to_string();
    let error = error.trim_end_matches("; is a server running there?");
    format!("{error}; looking for it again")
}

/// Makes `attempt`s until there is a server, for as long as `patience`. Unless whoever
/// waits was `told` that it is looked for, `notice` tells.
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

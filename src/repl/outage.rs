//! Outages of the server that last long enough to be reported.

use std::{future::pending, pin::pin, time::Duration};

use tokio::{sync::watch, time::timeout};

use super::Calls;
use crate::client::CallError;

/// The time after which an outage is reported.
const REPORTED_AFTER: Duration = Duration::from_secs(1);

/// The state of the servers; see [`Calls::outage`].
pub(super) type Outage = watch::Receiver<Option<CallError>>;

/// Returns the notice that the connection is lost and that the client tries to reconnect.
pub(super) fn looking(error: &CallError) -> String {
    let error = error.to_string();
    let error = error.trim_end_matches("; is a server running there?");
    format!("{error}; trying to reconnect")
}

/// Waits until an outage has lasted for a second, and returns its error.
async fn lasting(outage: &mut Outage) -> CallError {
    loop {
        let begun = outage.wait_for(Option::is_some).await;
        // The state of a fake, or of a client that is dropped, does not change.
        let Some(error) = begun.ok().and_then(|state| (*state).clone()) else {
            return pending().await;
        };
        let ended = timeout(REPORTED_AFTER, outage.wait_for(Option::is_none)).await;
        if ended.is_err() {
            return error;
        }
    }
}

/// Reports each outage that lasts for a second, once. Never returns.
pub(super) async fn report(calls: &impl Calls, notice: impl AsyncFn(String)) {
    let mut outage = calls.outage();
    loop {
        let error = lasting(&mut outage).await;
        notice(looking(&error)).await;
        let _ = outage.wait_for(Option::is_none).await;
    }
}

/// Runs `attempt`. If an outage lasts for a second meanwhile and `told` is false, calls `notice`
/// with a message and sets `told` to true.
pub(super) async fn watch<T>(
    mut outage: Outage,
    told: &mut bool,
    notice: &mut impl FnMut(&str),
    attempt: impl Future<Output = T>,
) -> T {
    let mut attempt = pin!(attempt);
    if !*told {
        tokio::select! {
            biased;
            result = &mut attempt => return result,
            error = lasting(&mut outage) => {
                notice(&looking(&error));
                *told = true;
            }
        }
    }
    attempt.await
}

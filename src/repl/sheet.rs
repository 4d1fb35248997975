//! A worksheet's stream, with the patience of who waits for its answers.

use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::timeout;

use crate::client::{CallError, Event, Fault, Requests, Responses};

/// Both halves of the stream.
#[derive(Debug)]
pub(super) struct Sheet {
    pub(super) requests: Requests,
    responses: Responses,
}

impl Sheet {
    pub(super) fn new((requests, responses): (Requests, Responses)) -> Self {
        Self {
            requests,
            responses,
        }
    }

    /// What has come already.
    #[inline]
    pub(super) fn ready(&mut self) -> Option<Result<Event, CallError>> {
        self.responses.next().now_or_never()
    }

    /// Waits for what comes next. A line that takes longer than `limit` is cancelled; a
    /// server that does not even answer that is lost.
    pub(super) async fn next(&mut self, limit: Duration) -> Result<Event, CallError> {
        if let Ok(event) = timeout(limit, self.responses.next()).await {
            return event;
        }
        let cancelled = async {
            self.requests.cancel().await;
            self.responses.next().await
        };
        match timeout(limit, cancelled).await {
            Err(_) => Err(self.responses.silent(limit)),
            Ok(Ok(Event::Answer(Err(fault)))) if fault.is_cancelled() => {
                Ok(Event::Answer(Err(Box::new(Fault::deadline(limit)))))
            }
            Ok(event) => event,
        }
    }

    /// That what came is not what was asked for.
    pub(super) fn nonsense(&self) -> CallError {
        self.responses.nonsense()
    }
}

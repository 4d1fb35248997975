//! A worksheet's stream, with the patience of who waits for its answers.

use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::timeout;

use crate::client::{CallError, Fault, WorksheetEvent};
use crate::repl::calling::calls::{
    Calls, WorksheetHalves, WorksheetReceiver as _, WorksheetSender as _,
};

/// How long a worksheet may take at least to say that a line was interrupted: the calls of
/// its library cannot be.
pub(in crate::repl) const INTERRUPTION: Duration = Duration::from_secs(1);

/// Both halves of the stream.
pub(in crate::repl) struct WorksheetStream<C: Calls> {
    pub(in crate::repl) requests: C::WorksheetSender,
    responses: C::WorksheetReceiver,
    /// The deadline for which the running line was cancelled.
    overdue: Option<Duration>,
}

impl<C: Calls> WorksheetStream<C> {
    pub(in crate::repl) fn new((requests, responses): WorksheetHalves<C>) -> Self {
        Self {
            requests,
            responses,
            overdue: None,
        }
    }

    /// Takes the next of what has come already.
    #[inline]
    pub(in crate::repl) fn take(&mut self) -> Option<Result<WorksheetEvent<'_>, CallError>> {
        let limit = self.overdue;
        let event = self.responses.take()?;
        if let Some(limit) = limit {
            self.overdue = None;
            if matches!(&event, Ok(WorksheetEvent::Answer(Err(fault))) if fault.is_cancelled()) {
                return Some(Ok(WorksheetEvent::Answer(Err(Box::new(Fault::deadline(
                    limit,
                ))))));
            }
        }
        Some(event)
    }

    /// Waits for more to come. A line that takes longer than `limit` is cancelled; a
    /// server that does not even answer that is lost.
    pub(in crate::repl) async fn wait(&mut self, limit: Duration) -> Result<(), CallError> {
        if let Ok(came) = timeout(limit, self.responses.wait()).await {
            return came;
        }
        let cancelled = async {
            // Its answer may be on its way, and the line behind it has the same time.
            if let Some(late) = self.responses.due() {
                self.overdue = Some(limit);
                self.requests.cancel(late).await;
            }
            self.responses.wait().await
        };
        let came = timeout(limit.max(INTERRUPTION), cancelled).await;
        came.unwrap_or_else(|_| Err(self.responses.silent(limit)))
    }

    /// Which answer of the stream comes next, where that can be known.
    pub(in crate::repl) fn due(&self) -> Option<u64> {
        self.responses.due()
    }

    /// Whether the stream has ended, where nothing is asked of it.
    pub(in crate::repl) fn is_lost(&mut self) -> bool {
        self.responses.wait().now_or_never().is_some()
    }

    /// What comes next.
    pub(in crate::repl) async fn next(
        &mut self,
        limit: Duration,
    ) -> Result<WorksheetEvent<'_>, CallError> {
        while !self.responses.is_ready() {
            self.wait(limit).await?;
        }
        self.take()
            .unwrap_or_else(|| Err(CallError::no_worksheet()))
    }

    /// That what came is not what was asked for.
    pub(in crate::repl) fn protocol_error(&self) -> CallError {
        self.responses.protocol_error()
    }
}

//! The stream of a worksheet, with a deadline for each answer.

use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::timeout;

use crate::client::{CallError, Fault, WorksheetEvent};
use crate::repl::calling::calls::{
    Calls, WorksheetHalves, WorksheetReceiver as _, WorksheetSender as _,
};

/// The shortest time limit for the answer to a cancellation. The worksheet may be in a library
/// call, which cannot be interrupted.
pub(in crate::repl) const INTERRUPTION: Duration = Duration::from_secs(1);

/// The stream of a worksheet: its sending half and its receiving half.
pub(in crate::repl) struct WorksheetStream<C: Calls> {
    pub(in crate::repl) requests: C::WorksheetSender,
    responses: C::WorksheetReceiver,
    /// The deadline that the running line missed, if the line was cancelled for that reason.
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

    /// Takes the next event, if an event has arrived.
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

    /// Waits for more events. Cancels a line that takes longer than `limit`. Returns an error if
    /// the server does not even answer the cancellation within `grace`.
    pub(in crate::repl) async fn wait(
        &mut self,
        limit: Duration,
        grace: Duration,
    ) -> Result<(), CallError> {
        if let Ok(arrived) = timeout(limit, self.responses.wait()).await {
            return arrived;
        }
        let cancelled = async {
            // If the answer is already on its way, the next line also gets the full time.
            if let Some(late) = self.responses.due() {
                self.overdue = Some(limit);
                self.requests.cancel(late).await;
            }
            self.responses.wait().await
        };
        let arrived = timeout(grace, cancelled).await;
        arrived.unwrap_or_else(|_| Err(self.responses.silent(limit)))
    }

    /// Returns the number of the next answer of the stream, if the number is known.
    pub(super) fn due(&self) -> Option<u64> {
        self.responses.due()
    }

    /// Whether the stream has ended. Call this only while no request is in flight.
    pub(super) fn is_lost(&mut self) -> bool {
        self.responses.wait().now_or_never().is_some()
    }

    /// Waits for the next event and takes it. A server that does not answer costs about `limit`.
    pub(super) async fn next(&mut self, limit: Duration) -> Result<WorksheetEvent<'_>, CallError> {
        while !self.responses.is_ready() {
            self.wait(limit, INTERRUPTION).await?;
        }
        self.take()
            .unwrap_or_else(|| Err(CallError::no_worksheet()))
    }

    /// Returns the error for a stream with events that do not match the requests.
    pub(in crate::repl) fn protocol_error(&self) -> CallError {
        self.responses.protocol_error()
    }
}

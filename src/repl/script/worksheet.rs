//! The worksheet of a script. If its stream breaks, a new stream continues at the same line.

use std::{mem, sync::Arc};

use tokio::time::Instant;

use super::{Rules, answered::AnsweredLines, sent::SentRequests};
use crate::{
    client::{CallError, WorksheetRequest},
    repl::{
        Calls,
        session::{
            reconnect::reconnect, replay::replay_again, stream::WorksheetStream,
            worksheet::CallContext,
        },
    },
};

/// The worksheet of a script.
///
/// After the stream breaks, a new worksheet gets the answered lines that it needs, and then the
/// lines that are not answered. The lines are pure, so their answers are the same.
pub(super) struct ScriptWorksheet<C: Calls> {
    pub(super) stream: WorksheetStream<C>,
    /// The requests that are not answered.
    pub(super) sent: SentRequests<C>,
    pub(super) answered: AnsweredLines,
    /// The number of names that were listed before the stream broke.
    skipped_names: u32,
    /// Whether the end of the oldest request is due, although no event announces it.
    owes_end: bool,
    /// The first break of the stream since the last answer, and the number of the next line then.
    broken: Option<(Instant, u64)>,
}

impl<C: Calls> ScriptWorksheet<C> {
    /// Creates the worksheet of a stream that was opened with the oldest of the requests `sent`.
    pub(super) fn new(stream: WorksheetStream<C>, sent: SentRequests<C>) -> Self {
        let mut answered = AnsweredLines::default();
        answered.begin(sent.oldest());
        Self {
            stream,
            sent,
            answered,
            skipped_names: 0,
            owes_end: false,
            broken: None,
        }
    }

    /// Whether the end of a request is due, since all its answers came before the stream broke. If
    /// so, begins the next request.
    pub(super) fn take_owed_end(&mut self) -> bool {
        let owes_end = mem::take(&mut self.owes_end);
        if owes_end {
            self.answered.begin(self.sent.oldest());
        }
        owes_end
    }

    /// Whether the next name was listed before the stream broke. If so, counts the name.
    pub(super) fn skip_name(&mut self) -> bool {
        let skips = self.skipped_names > 0;
        self.skipped_names -= u32::from(skips);
        skips
    }

    /// Begins the next request, after the end of the oldest request.
    pub(super) fn end_request(&mut self) {
        self.sent.remove_oldest();
        self.answered.begin(self.sent.oldest());
    }

    /// Begins the oldest request if it was sent after the end of the request before it.
    pub(super) fn begin_request(&mut self) {
        if self.answered.is_idle() {
            self.answered.begin(self.sent.oldest());
        }
    }

    /// Continues on a new stream after `error` broke the stream. `next` is the number of the first
    /// line that is not answered.
    ///
    /// Fails if the worksheet cannot be restored, or if no line is answered within the time limit
    /// of a line although the stream was restored.
    pub(super) async fn restore(
        &mut self,
        error: CallError,
        next: u64,
        calls: &C,
        rules: Rules,
    ) -> Result<(), CallError> {
        if !error.is_transient() {
            return Err(error);
        }
        let now = Instant::now();
        match self.broken {
            Some((since, line)) if line == next => {
                if now.duration_since(since) > rules.timeout {
                    return Err(error);
                }
            }
            _ => self.broken = Some((now, next)),
        }
        self.sent.suspend();
        self.begin_request();
        let oldest = self.sent.oldest();
        let context = CallContext {
            calls,
            options: rules.options,
            timeout: rules.timeout,
        };
        let Some(lines) = self.answered.lines() else {
            return Err(error);
        };
        let attempt = async || replay_again(&lines, context, now, rules.timeout).await;
        // The outage of the server is reported for all calls together.
        let (stream, answers) = reconnect(
            rules.timeout,
            calls.outage(),
            &mut true,
            &mut |_: &str| {},
            attempt,
        )
        .await?;
        if answers.iter().any(Result::is_err) {
            return Err(error);
        }
        self.stream = stream;
        self.continue_request(oldest);
        self.sent.resume(self.stream.requests.clone()).await;
        Ok(())
    }

    /// Replaces the oldest request by the part of it that is not answered.
    fn continue_request(&mut self, oldest: Option<Arc<WorksheetRequest>>) {
        let Some(oldest) = oldest else {
            return;
        };
        let answers = self.answered.answers();
        match &*oldest {
            WorksheetRequest::Names { .. } => self.skipped_names += answers,
            WorksheetRequest::Preview { .. } if answers == 0 => {}
            WorksheetRequest::Run { lines, .. } if answers < *lines => {
                let rest = self.answered.rest(&oldest);
                self.sent.replace_oldest(rest);
            }
            WorksheetRequest::Preview { .. } | WorksheetRequest::Run { .. } => {
                self.owes_end = true;
                self.sent.remove_oldest();
                return;
            }
        }
        self.answered.begin(self.sent.oldest());
    }
}

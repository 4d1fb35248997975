//! Background requests to the worksheet: previews, and definitions for completion.

use std::{future::pending, pin::Pin, time::Duration};

use super::{
    replay_log::mentions_last,
    stream::WorksheetStream,
    worksheet::{CallContext, InFlight, Purpose, ReconnectingWorksheet},
};
use crate::client::{CallError, EvaluateOptions, WorksheetRequest};
use crate::repl::{
    Calls,
    calling::calls::{LineResult, WorksheetHalves},
};

/// While this many requests are in flight, no further background request is sent.
const IN_FLIGHT: usize = 4;

/// The reply to a background request.
#[derive(Clone, Debug, PartialEq)]
pub enum BackgroundReply {
    /// The answer that this line would have if it ran now.
    Preview(String, LineResult),
    /// Every definition of the worksheet.
    Names(Vec<LineResult>),
}

type Opened<C> = Result<WorksheetHalves<C>, CallError>;

/// A stream that is being opened. The first request on the stream is for the preview of `line`.
pub(super) struct Opening<C: Calls> {
    line: String,
    stream: Pin<Box<dyn Future<Output = Opened<C>> + Send>>,
}

impl<C: Calls> ReconnectingWorksheet<C> {
    /// Requests the preview of a line. [`ReconnectingWorksheet::background_reply`] returns the
    /// preview.
    ///
    /// Returns whether the preview is requested now or will be requested later.
    pub(super) async fn ask_preview(&mut self, line: String, context: CallContext<'_, C>) -> bool {
        if self.is_silent {
            return false;
        }
        if self.opening.is_some() || self.stream.is_some() {
            self.waiting = Some((line, context.options));
            return self.ask_waiting().await;
        }
        if self.is_opened() || self.reply.is_some() && mentions_last(&line) {
            return false;
        }
        let preview = WorksheetRequest::Preview {
            text: line.clone(),
            options: context.options,
        };
        let calls = context.calls.clone();
        self.opening = Some(Opening {
            line,
            stream: Box::pin(async move { calls.worksheet(preview).await }),
        });
        true
    }

    /// Requests the waiting preview, unless too many requests are in flight.
    ///
    /// Returns whether the preview is requested now or will be requested later.
    pub(super) async fn ask_waiting(&mut self) -> bool {
        if self.opening.is_some() || self.in_flight.len() >= IN_FLIGHT {
            return self.waiting.is_some();
        }
        let Some((line, options)) = self.waiting.take().filter(|_| self.stream.is_some()) else {
            return false;
        };
        if let Some(reply) = self.reply.as_ref().filter(|_| mentions_last(&line)) {
            let Some(text) = reply.literal() else {
                return false;
            };
            let tell = WorksheetRequest::Run {
                text,
                lines: 1,
                options,
            };
            self.send(Purpose::Reply, tell).await;
        }
        let preview = WorksheetRequest::Preview {
            text: line.clone(),
            options,
        };
        self.send(Purpose::Preview(line), preview).await;
        true
    }

    /// Ignores the previews that are in flight, since the next line may make them wrong.
    pub(super) fn abandon_previews(&mut self) {
        self.waiting = None;
        for request in &mut self.in_flight {
            if matches!(request.purpose, Purpose::Preview(_)) {
                request.purpose = Purpose::Other;
            }
        }
    }

    /// Requests the definitions. [`ReconnectingWorksheet::background_reply`] returns them.
    ///
    /// Returns whether the definitions are requested. They are not requested if there is no
    /// worksheet, or if too many requests are in flight.
    pub(super) async fn ask_names(&mut self, options: EvaluateOptions) -> bool {
        let is_free = self.in_flight.len() < IN_FLIGHT;
        let may_ask = self.is_opened() && self.stream.is_some() && is_free;
        if may_ask {
            self.has_new_names = false;
            self.send(Purpose::Names, WorksheetRequest::Names { options })
                .await;
        }
        may_ask
    }

    /// Waits for the next reply to a background request. Waits forever if there is no request.
    /// Cancel safe.
    pub(super) async fn background_reply(&mut self, limit: Duration) -> BackgroundReply {
        loop {
            if let Some(opening) = &mut self.opening {
                let opened = opening.stream.as_mut().await;
                let line = self.opening.take().map(|opening| opening.line);
                match opened {
                    Ok(halves) => {
                        self.stream = Some(WorksheetStream::new(halves));
                        let purpose = Purpose::Preview(line.unwrap_or_default());
                        self.in_flight.push_back(InFlight::new(purpose));
                    }
                    // The next line will report the error.
                    Err(_) => self.is_silent = true,
                }
            }
            if self.in_flight.is_empty() {
                return pending().await;
            }
            let Ok(request) = self.next(limit).await else {
                self.lose();
                self.is_silent = true;
                continue;
            };
            if let Some(reply) = self.on_complete(request) {
                return reply;
            }
        }
    }
}

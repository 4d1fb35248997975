//! A worksheet that is restored when its stream is lost, and the requests in flight to the
//! worksheet.

use std::{collections::VecDeque, time::Duration};

use tokio::time::{Instant, timeout};

use super::{
    background::{BackgroundReply, Opening},
    reconnect::reconnect,
    replay_log::{Log, mentions_last},
    stream::{INTERRUPTION, WorksheetStream},
};
use crate::client::{
    self, AngleUnit, CallError, EvaluateOptions, Fault, Reply, WorksheetEvent, WorksheetRequest,
};
use crate::repl::{
    Calls, Outcome,
    calling::{
        calls::{LineResult, WorksheetSender as _},
        operand,
    },
    command::fault::LineFault,
};

/// The maximum time between Ctrl-C and the next prompt. If a line needs longer to stop, it stops in
/// the background.
const PROMPTLY: Duration = Duration::from_millis(50);

/// A request to the worksheet that is in flight.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) purpose: Purpose,
    /// The answers to the request that have arrived so far.
    answers: Vec<LineResult>,
    /// Whether the request is to be cancelled.
    is_cancelled: bool,
    /// The number of the last cancelled answer. All answers of the stream are counted.
    cancelled: u64,
}

/// The purpose of a request. The purpose decides what the answers change.
#[derive(Debug)]
pub(super) enum Purpose {
    /// Runs this line of the user. Angles that are written without a unit have this unit.
    Line(String, AngleUnit),
    /// Changes nothing. The answers are returned to the caller, or dropped.
    Other,
    /// Makes a reply the last answer of the worksheet.
    Reply,
    /// Previews this line.
    Preview(String),
    /// Lists the definitions.
    Names,
}

/// A worksheet. When its stream is lost, a new stream is opened and runs the lines of the log.
pub(super) struct ReconnectingWorksheet<C: Calls> {
    pub(super) stream: Option<WorksheetStream<C>>,
    /// A stream that is being opened for a preview.
    pub(super) opening: Option<Opening<C>>,
    pub(super) support: Support,
    pub(super) in_flight: VecDeque<InFlight>,
    pub(super) log: Log,
    /// The last answer, if it is a reply that was not sent to the worksheet yet.
    pub(super) reply: Option<Reply>,
    /// Whether a name was defined since the last request for the definitions.
    pub(super) has_new_names: bool,
    /// The line to preview when fewer requests are in flight.
    pub(super) waiting: Option<(String, EvaluateOptions)>,
    /// Whether a preview failed. Then no more previews are requested before the next line.
    pub(super) is_silent: bool,
}

/// Whether the server has worksheets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Support {
    /// No worksheet was opened yet.
    Unknown,
    /// A worksheet was opened. It may have definitions or a last answer.
    Confirmed,
    /// A worksheet was opened, but the server that answers now has none.
    Missing,
}

/// The connection, the options and the deadline of a request.
#[derive(Debug)]
pub(in crate::repl) struct CallContext<'c, C> {
    pub(in crate::repl) calls: &'c C,
    pub(in crate::repl) options: EvaluateOptions,
    /// The maximum time to wait for an answer, and to reconnect to a lost server.
    pub(in crate::repl) timeout: Duration,
}

// Not derived, since `C` need not be `Copy`.
impl<C> Copy for CallContext<'_, C> {}
impl<C> Clone for CallContext<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Calls> Default for ReconnectingWorksheet<C> {
    fn default() -> Self {
        Self {
            stream: None,
            opening: None,
            support: Support::Unknown,
            in_flight: VecDeque::new(),
            log: Log::default(),
            reply: None,
            has_new_names: false,
            waiting: None,
            is_silent: false,
        }
    }
}

impl<C: Calls> ReconnectingWorksheet<C> {
    /// Whether the worksheet may have definitions or a last answer.
    pub(super) fn is_opened(&self) -> bool {
        self.support != Support::Unknown
    }

    /// Returns the last answer, if it was not sent to the worksheet yet.
    pub(in crate::repl) fn reply(&self) -> Option<&Reply> {
        self.reply.as_ref()
    }

    /// Makes a reply the last answer of the session.
    pub(super) fn replied(&mut self, reply: &Reply) {
        self.log.record_reply(reply);
        self.reply = Some(reply.clone());
    }

    /// Returns a fault if the line uses the last answer and the last answer is not a number.
    pub(super) fn unusable_reply(&self, line: &str) -> Option<LineFault> {
        let reply = self.reply.as_ref().filter(|_| mentions_last(line))?;
        reply
            .literal()
            .is_none()
            .then(|| operand::no_number(reply, line))
    }

    /// Returns the log, whose lines restore the worksheet.
    pub(super) fn log(&self) -> &Log {
        &self.log
    }

    /// Runs a line. If the line uses the last answer, and the worksheet does not have the last
    /// answer yet, the last answer is sent first. The last answer has to be a number.
    pub(super) async fn run(
        &mut self,
        line: &str,
        context: CallContext<'_, C>,
        notice: &mut impl FnMut(&str),
    ) -> Result<Outcome, CallError> {
        let (mut text, mut lines) = (line.to_owned(), 1);
        let reply = self.reply.as_ref().filter(|_| mentions_last(line));
        if let Some(number) = reply.and_then(Reply::literal) {
            (text, lines) = (format!("{number}\n{line}"), 2);
        }
        let run = WorksheetRequest::Run {
            text,
            lines,
            options: context.options,
        };
        let angle = context.options.angle;
        let purpose = || Purpose::Line(line.to_owned(), angle);
        let answers = self.request(purpose, &run, context, notice).await?;
        Ok(self.line_answered(line, angle, answers))
    }

    /// Sends a request that changes nothing, and returns the answers to the request.
    pub(super) async fn ask(
        &mut self,
        request: &WorksheetRequest,
        context: CallContext<'_, C>,
        notice: &mut impl FnMut(&str),
    ) -> Result<Vec<LineResult>, CallError> {
        self.request(|| Purpose::Other, request, context, notice)
            .await
    }

    /// Sends a request and returns the answers to the request. Restores a lost worksheet, and then
    /// sends the request again.
    async fn request(
        &mut self,
        purpose: impl Fn() -> Purpose,
        request: &WorksheetRequest,
        context: CallContext<'_, C>,
        notice: &mut impl FnMut(&str),
    ) -> Result<Vec<LineResult>, CallError> {
        let (begun, mut is_told) = (Instant::now(), false);
        (self.opening, self.is_silent) = (None, false);
        if self.stream.is_some() {
            self.send(purpose(), request.clone()).await;
            match self.answers(context.timeout).await {
                Ok(answers) => {
                    self.support = Support::Confirmed;
                    return Ok(answers);
                }
                Err(error) => {
                    self.lose();
                    // The line has used its time. The next line restores the worksheet.
                    if begun.elapsed() >= context.timeout {
                        return Err(error);
                    }
                }
            }
        }
        if self.is_opened() {
            self.restore(&mut is_told, context, notice).await?;
            self.send(purpose(), request.clone()).await;
        } else {
            let open = async || context.calls.worksheet(request.clone()).await;
            let outage = context.calls.outage();
            let opened = reconnect(context.timeout, outage, &mut is_told, notice, open).await;
            let is_answered = opened
                .as_ref()
                .err()
                .is_none_or(|error| !error.is_transient());
            if is_told && is_answered {
                notice(&connected(context.calls));
            }
            self.stream = Some(WorksheetStream::new(opened?));
            self.support = Support::Confirmed;
            self.in_flight.push_back(InFlight::new(purpose()));
        }
        let answers = self.answers(context.timeout).await;
        answers.inspect_err(|_| self.lose())
    }

    /// Sends a request on the stream, if a stream is open.
    pub(super) async fn send(&mut self, purpose: Purpose, request: WorksheetRequest) {
        if let Some(stream) = &self.stream {
            self.in_flight.push_back(InFlight::new(purpose));
            stream.requests.send(request).await;
        }
    }

    /// Drops the stream and all requests that are in flight on the stream.
    pub(super) fn lose(&mut self) {
        self.stream = None;
        self.in_flight.clear();
    }

    /// Drops the stream if it has ended.
    pub(super) fn lose_if_ended(&mut self) {
        // While requests are in flight, `next` reports the end of the stream.
        let is_ended = |stream: &mut WorksheetStream<C>| stream.is_lost();
        if self.in_flight.is_empty() && self.stream.as_mut().is_some_and(is_ended) {
            self.lose();
        }
    }

    /// Whether a name was defined since the last request for the definitions.
    pub(super) fn has_new_names(&self) -> bool {
        self.has_new_names
    }

    /// Whether the worksheet is lost and has to be restored.
    pub(super) fn is_missing(&self) -> bool {
        self.is_opened() && self.stream.is_none()
    }

    /// Returns the answers to the newest request. Completes older requests first.
    async fn answers(&mut self, limit: Duration) -> Result<Vec<LineResult>, CallError> {
        loop {
            let request = self.next(limit).await?;
            if self.in_flight.is_empty() {
                return Ok(request.answers);
            }
            self.on_complete(request);
        }
    }

    /// Waits until the oldest request is answered. Cancel safe.
    pub(super) async fn next(&mut self, limit: Duration) -> Result<InFlight, CallError> {
        let Some(stream) = &mut self.stream else {
            return Err(CallError::no_worksheet());
        };
        loop {
            if let Some(oldest) = self.in_flight.front_mut().filter(|it| it.is_cancelled)
                && let Some(due) = stream.due().filter(|due| *due > oldest.cancelled)
            {
                oldest.cancelled = due;
                stream.requests.cancel(due).await;
            }
            match stream.next(limit).await? {
                WorksheetEvent::Answer(answer) => {
                    let answer = answer.map(client::Answered::into_owned);
                    let oldest = self.in_flight.front_mut();
                    let oldest = oldest.ok_or_else(CallError::no_worksheet)?;
                    oldest.answers.push(answer);
                }
                WorksheetEvent::Done => {
                    let oldest = self.in_flight.pop_front();
                    return oldest.ok_or_else(CallError::no_worksheet);
                }
            }
        }
    }

    /// Applies the changes of a completed request for which no caller waits. Returns the reply if
    /// the request was a background request.
    pub(super) fn on_complete(&mut self, request: InFlight) -> Option<BackgroundReply> {
        let InFlight {
            purpose,
            mut answers,
            ..
        } = request;
        match purpose {
            Purpose::Line(line, angle) => {
                self.line_answered(&line, angle, answers);
                None
            }
            Purpose::Reply => {
                if matches!(answers.pop(), Some(Ok(_))) {
                    self.reply = None;
                }
                None
            }
            Purpose::Preview(line) => Some(BackgroundReply::Preview(line, answers.pop()?)),
            Purpose::Names => Some(BackgroundReply::Names(answers)),
            Purpose::Other => None,
        }
    }

    /// Records the answers to the request that ran a line, and returns the outcome of the line.
    ///
    /// The answer to the line comes last. If the request also sent the last answer of the session,
    /// the answer to that comes first.
    fn line_answered(
        &mut self,
        line: &str,
        angle: AngleUnit,
        mut answers: Vec<LineResult>,
    ) -> Outcome {
        let Some(answer) = answers.pop() else {
            return Outcome::Fault(Fault::cancelled());
        };
        match answers.pop() {
            Some(Ok(_)) => self.reply = None,
            Some(Err(fault)) => {
                // The line used a wrong last answer, and may have stored it in a variable.
                self.lose();
                return Outcome::Fault(*fault);
            }
            None => {}
        }
        match answer {
            Ok(answer) if !answer.can_answer(line) => {
                // The worksheet may have changed in any way.
                self.lose();
                Outcome::Unanswered(CallError::no_result())
            }
            Ok(answer) => {
                self.has_new_names |= !answer.name.is_empty();
                self.log.record(line, angle, &answer.borrowed());
                if answer.text.is_some() {
                    self.reply = None;
                }
                Outcome::Answer(Reply::Answer(answer))
            }
            Err(fault) => Outcome::Fault(*fault),
        }
    }

    /// Cancels all requests in flight. Returns the outcome of the running line if its answer
    /// arrives in time. Otherwise, returns a fault: the line was cancelled. A slow line stops in
    /// the background.
    pub(super) async fn interrupt(&mut self) -> Outcome {
        let cancelled = Outcome::Fault(Fault::cancelled());
        for request in &mut self.in_flight {
            request.is_cancelled = true;
        }
        let line = match self.in_flight.back() {
            None => return cancelled,
            Some(InFlight {
                purpose: Purpose::Line(line, angle),
                ..
            }) => Some((line.clone(), *angle)),
            Some(_) => None,
        };
        match timeout(PROMPTLY, self.answers(INTERRUPTION)).await {
            Ok(Ok(answers)) => match line {
                Some((line, angle)) => self.line_answered(&line, angle, answers),
                None => cancelled,
            },
            Ok(Err(_)) => {
                // The next line restores the worksheet from the log.
                self.lose();
                cancelled
            }
            Err(_) => cancelled,
        }
    }

    /// Completes all requests in flight, so that no answer to them arrives later.
    pub(super) async fn finish(&mut self, limit: Duration) {
        let finishing = async {
            while !self.in_flight.is_empty() {
                let request = self.next(limit).await?;
                self.on_complete(request);
            }
            Ok::<_, CallError>(())
        };
        // A slow request stays in flight. The next request reports errors.
        let _ = timeout(INTERRUPTION, finishing).await;
    }

    /// Drops the stream, and forgets the log and the last answer.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl InFlight {
    pub(super) fn new(purpose: Purpose) -> Self {
        Self {
            purpose,
            answers: Vec::new(),
            is_cancelled: false,
            cancelled: 0,
        }
    }
}

/// Returns the notice that the client is connected to the server again.
pub(super) fn connected(calls: &impl Calls) -> String {
    format!("connected to {} again", calls.server())
}

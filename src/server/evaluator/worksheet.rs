//! The stream of a worksheet: the requests and the responses to them.

use std::{
    ops::Range,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::stream::{self, BoxStream, StreamExt as _};
use prost::Message as _;
use tokio::{sync::OwnedSemaphorePermit, task::yield_now, time::timeout};
use tokio_util::task::AbortOnDropHandle;
use tonic::{Status, Streaming};

use super::{
    inbox::Inbox,
    line::{EvaluationResult, INLINE, INLINE_LENGTH, evaluate_in_pool, try_inline, write},
    parked::ParkedStream,
    pool::{Cancellation, RunningJob},
    shared::{Evaluator, SMALL},
};
use crate::server::{
    Metrics, ServerLimits,
    byte_budget::{BudgetExhausted, Reservation},
    peer::CallerId,
    status::{idle, internal, overloaded, shutting_down},
};
use crate::{
    engine::{Fault, Limits, Options, Work, Worksheet},
    proto::{
        grpcalc::v1::{Names, Preview, Run, WorksheetRequest, worksheet_request::Request},
        response::{ResponseWriter, WorksheetResponse},
    },
};

/// The size, in bytes, at which a response is sent although more answers follow.
const FLUSH: usize = 64 * 1024;

/// The maximum time that an answer waits for later answers before it is sent.
const FLUSH_DELAY: Duration = Duration::from_millis(5);

/// The estimated work, in nanoseconds, after which the stream yields to other tasks.
const SLICE: u64 = 200_000;

/// The estimated cost of a line in addition to its evaluation, in nanoseconds.
const LINE_COST: u64 = 200;

/// The worksheet of a client, and the stream of its requests.
///
/// The worksheet exists as long as the stream.
pub(super) struct WorksheetSession {
    service: Evaluator,
    caller: CallerId,
    /// The limits of the lines of the current request.
    limits: Arc<Limits>,
    inbox: Inbox,
    /// The worksheet. `None` while a job in the pool uses the worksheet.
    worksheet: Option<Box<Worksheet>>,
    /// The request that is being answered.
    current: Option<CurrentRequest>,
    /// The number of answers to the requests before the current request.
    answered: u64,
    /// The line of the current request that the pool is evaluating.
    pooled: Option<PooledLine>,
    /// The reserved bytes of the last response. The next poll for a response releases them.
    unread: Reservation,
    _permit: OwnedSemaphorePermit,
}

/// A line that the pool is evaluating. The job owns the worksheet until the job ends.
struct PooledLine {
    cancellation: Cancellation,
    is_cancelled: bool,
    job: AbortOnDropHandle<Option<(Box<Worksheet>, EvaluationResult)>>,
}

/// The reason why the stream stopped evaluating lines outside the pool.
enum BatchEnd {
    /// All lines of the request are answered.
    Answered,
    /// The response has reached the size at which it is sent.
    Full,
    /// The stream must let other tasks run.
    Yield,
    /// This line needs too much work for this thread, and must be evaluated in the pool.
    Heavy(String),
}

type Response = Result<WorksheetResponse, Status>;

impl WorksheetSession {
    /// Creates the session for a stream of `requests`. The session keeps `permit` until the stream
    /// ends.
    pub(super) fn new(
        service: Evaluator,
        caller: CallerId,
        requests: Streaming<WorksheetRequest>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        service.metrics.worksheets.inc();
        Self {
            inbox: Inbox::new(requests, Arc::clone(&service.requests)),
            worksheet: Some(Box::new(Worksheet::sharing(&service.values))),
            unread: service.requests.reservation(),
            limits: service.limits(caller),
            service,
            caller,
            current: None,
            answered: 0,
            pooled: None,
            _permit: permit,
        }
    }

    /// Returns the stream of responses.
    ///
    /// A line is evaluated only when the stream is polled. So a client that does not read delays
    /// only its own worksheet. That worksheet ends after the idle limit.
    pub(super) fn responses(self) -> BoxStream<'static, Response> {
        let limit = self.service.idle;
        // Boxed, because the session is moved for each response.
        let parked = ParkedStream::new(Box::new(self), limit);
        let responses = stream::unfold(Some(parked), move |parked| async move {
            let parked = parked?;
            let Some(mut this) = parked.take() else {
                let expired = Err(idle(limit.unwrap_or_default()));
                return Some((expired, None));
            };
            let mut response = this.next().await?;
            if let Ok(message) = &response
                && this.pay(message.encoded_len()).is_err()
            {
                let limit = this.service.requests.limit();
                response = Err(overloaded(&ServerLimits::REQUESTS, limit));
            }
            if response.is_err() {
                return Some((response, None));
            }
            parked.park(this);
            Some((response, Some(parked)))
        });
        responses.boxed()
    }

    /// Reserves the bytes of a long response until the next response is requested.
    fn pay(&mut self, bytes: usize) -> Result<(), BudgetExhausted> {
        self.unread.resize(if bytes > SMALL { bytes } else { 0 })
    }

    /// Returns the next response. Returns `None` at the end of the stream.
    async fn next(&mut self) -> Option<Response> {
        let draining = self.service.draining.clone();
        if draining.is_cancelled() && self.pooled.is_none() {
            return Some(Err(shutting_down()));
        }
        if self.current.is_none() {
            match self.request().await? {
                Ok((Some(request), reservation)) => {
                    self.limits = self.service.limits(self.caller);
                    self.current = Some(self.accept(request, reservation));
                }
                Ok((None, _)) => {
                    self.answered += 1;
                    return Some(Ok(unknown_request()));
                }
                Err(status) => return Some(Err(status)),
            }
        }
        let mut response = ResponseWriter::default();
        let begun = Instant::now();
        loop {
            if self.pooled.is_some() {
                let delay = (!response.is_empty()).then_some(FLUSH_DELAY);
                match self.join_pool(delay).await {
                    Some(Ok(result)) => self.write(&mut response, result),
                    Some(Err(status)) => return Some(Err(status)),
                    None => return Some(Ok(response.finish(false))),
                }
            }
            let heavy = match self.answer_inline(&mut response) {
                BatchEnd::Answered => {
                    let answered = self
                        .current
                        .take()
                        .map_or(0, |current| current.index.into());
                    self.service.metrics.lines.inc_by(answered);
                    self.answered += answered;
                    self.inbox.drop_cancel();
                    return Some(Ok(response.finish(true)));
                }
                BatchEnd::Full => return Some(Ok(response.finish(false))),
                BatchEnd::Heavy(line) => Some(line),
                BatchEnd::Yield => None,
            };
            self.inbox.read_ahead();
            if draining.is_cancelled() {
                // Answers that are ready are sent first.
                return Some(if response.is_empty() {
                    Err(shutting_down())
                } else {
                    Ok(response.finish(false))
                });
            }
            if let Some(line) = heavy {
                if let Err(fault) = self.start_pooled(line) {
                    self.write(&mut response, Err(fault));
                }
            } else {
                yield_now().await;
            }
            let is_due = response.len() >= FLUSH || begun.elapsed() >= FLUSH_DELAY;
            if is_due && !response.is_empty() {
                return Some(Ok(response.finish(false)));
            }
        }
    }

    /// Waits for the next request. An error is the status with which the stream must end.
    ///
    /// Returns `None` when the client has ended the stream of requests.
    async fn request(&mut self) -> Option<Result<(Option<Request>, Reservation), Status>> {
        let next = async {
            tokio::select! {
                biased;
                request = self.inbox.next() => request,
                () = self.service.draining.cancelled() => Some(Err(shutting_down())),
            }
        };
        match self.service.idle {
            None => next.await,
            Some(limit) => timeout(limit, next)
                .await
                .unwrap_or_else(|_| Some(Err(idle(limit)))),
        }
    }

    fn accept(&self, request: Request, reservation: Reservation) -> CurrentRequest {
        let (kind, text, options) = match request {
            Request::Run(Run { text, options }) => (RequestKind::Run, text, options),
            Request::Preview(Preview { text, options }) => (RequestKind::Preview, text, options),
            Request::Names(Names { options }) => {
                let worksheet = self.worksheet.iter();
                let names: Vec<_> = worksheet.flat_map(|worksheet| worksheet.names()).collect();
                (RequestKind::Names, names.join("\n"), options)
            }
            Request::Cancel(_) => unreachable!("the inbox handles every Cancel"),
        };
        CurrentRequest {
            next_line: (kind != RequestKind::Names || !text.is_empty()).then_some(0),
            kind,
            text,
            index: 0,
            options: options.unwrap_or_default().into(),
            _reservation: reservation,
        }
    }

    /// Evaluates lines outside the pool until one of the reasons in [`BatchEnd`] ends the batch.
    fn answer_inline(&mut self, response: &mut ResponseWriter) -> BatchEnd {
        let (Some(current), Some(worksheet)) = (&mut self.current, &mut self.worksheet) else {
            return BatchEnd::Answered;
        };
        let limits = &*self.limits;
        let budget = current.kind.budget(limits);
        let mut spent = 0;
        while let Some(line) = current.take_line() {
            let number = current.answer_number(self.answered);
            if current.kind == RequestKind::Run && self.inbox.take_cancel(number) {
                write(response, current.take_index(), Err(Fault::cancelled()));
                continue;
            }
            let text = &current.text[line];
            let mut try_inline = || {
                try_inline(INLINE, limits, budget, |work| {
                    current
                        .kind
                        .evaluate(worksheet, text, current.options, work)
                })
            };
            let tried = if text.len() <= INLINE_LENGTH {
                try_inline()
            } else {
                None
            };
            let Some((result, work)) = tried else {
                return BatchEnd::Heavy(text.to_owned());
            };
            spent += LINE_COST + work;
            count_fault(&self.service.metrics, &result);
            write(response, current.take_index(), result);
            if response.len() >= FLUSH {
                return if current.next_line.is_none() {
                    BatchEnd::Answered
                } else {
                    BatchEnd::Full
                };
            }
            if spent >= SLICE && current.next_line.is_some() {
                return BatchEnd::Yield;
            }
        }
        BatchEnd::Answered
    }

    /// Appends the answer to the current line to `response`.
    fn write(&mut self, response: &mut ResponseWriter, result: EvaluationResult) {
        let index = self.current.as_mut().map_or(0, CurrentRequest::take_index);
        count_fault(&self.service.metrics, &result);
        write(response, index, result);
    }

    /// Moves the worksheet into the pool, and starts the evaluation of `line` there.
    fn start_pooled(&mut self, line: String) -> Result<(), Box<Fault>> {
        let permit = self
            .service
            .pool
            .enter(self.caller)
            .map_err(|_| Fault::overloaded())?;
        let (Some(current), Some(mut worksheet)) = (&self.current, self.worksheet.take()) else {
            return Ok(());
        };
        let (kind, options) = (current.kind, current.options);
        let limits = Arc::clone(&self.limits);
        let job = move |job: &RunningJob| {
            let budget = kind.budget(&limits);
            let result = evaluate_in_pool(&limits, budget, job, |work| {
                kind.evaluate(&mut worksheet, &line, options, work)
            });
            (worksheet, result)
        };
        let cancellation = Cancellation::default();
        // A separate task polls the job. If the stream polled the job, a client that does not read
        // would block a thread of the pool.
        let job = tokio::spawn(permit.run(cancellation.clone(), job));
        self.pooled = Some(PooledLine {
            job: AbortOnDropHandle::new(job),
            cancellation,
            is_cancelled: false,
        });
        Ok(())
    }

    /// Waits for the line in the pool. Returns `None` if the wait takes longer than `delay`.
    async fn join_pool(
        &mut self,
        delay: Option<Duration>,
    ) -> Option<Result<EvaluationResult, Status>> {
        let (inbox, pooled) = (&mut self.inbox, self.pooled.as_mut()?);
        let current = self.current.as_ref()?;
        let number = current.answer_number(self.answered);
        let any = current.kind == RequestKind::Preview;
        let computing = async {
            loop {
                tokio::select! {
                    biased;
                    done = &mut pooled.job => return done.ok().flatten(),
                    () = inbox.interruption(number, any), if !pooled.is_cancelled => {
                        pooled.cancellation.cancel();
                        pooled.is_cancelled = true;
                    }
                }
            }
        };
        let done = match delay {
            Some(delay) => timeout(delay, computing).await.ok()?,
            None => computing.await,
        };
        self.pooled = None;
        let Some((worksheet, result)) = done else {
            let lost = "a line could not be evaluated, and the worksheet is lost";
            return Some(Err(internal(lost)));
        };
        self.worksheet = Some(worksheet);
        Some(Ok(result))
    }
}

impl Drop for WorksheetSession {
    fn drop(&mut self) {
        self.service.metrics.worksheets.dec();
    }
}

#[inline]
fn count_fault(metrics: &Metrics, result: &EvaluationResult) {
    if let Err(fault) = result {
        metrics.count_fault(fault.reason.as_str());
    }
}

/// Returns the response to a request without known content.
fn unknown_request() -> WorksheetResponse {
    let mut response = ResponseWriter::default();
    write(&mut response, 0, Err(Fault::unknown_request()));
    response.finish(true)
}

/// The request that is being answered.
struct CurrentRequest {
    kind: RequestKind,
    /// The lines to evaluate, or the names whose definitions are requested, one per line.
    text: String,
    /// The index of the byte in `text` at which the next line begins. `None` after the last line.
    next_line: Option<usize>,
    /// The index of the next answer. The first answer to the request has the index 0.
    index: u32,
    options: Options,
    _reservation: Reservation,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum RequestKind {
    Run,
    Preview,
    Names,
}

impl CurrentRequest {
    /// Returns the range of bytes of the next line, without the line break.
    ///
    /// The following call returns the range of the line after it.
    fn take_line(&mut self) -> Option<Range<usize>> {
        let start = self.next_line?;
        let rest = &self.text.as_bytes()[start..];
        let end = match self.kind {
            RequestKind::Preview => None,
            RequestKind::Run | RequestKind::Names => memchr::memchr(b'\n', rest),
        };
        self.next_line = end.map(|end| start + end + 1);
        Some(start..end.map_or(self.text.len(), |end| start + end))
    }

    /// Returns the number of the next answer. The first answer in the stream has the number 1.
    ///
    /// `before` is the number of answers to earlier requests.
    fn answer_number(&self, before: u64) -> u64 {
        before + u64::from(self.index) + 1
    }

    /// Returns the index of the next answer, and increments the index.
    fn take_index(&mut self) -> u32 {
        let index = self.index;
        self.index += 1;
        index
    }
}

impl RequestKind {
    /// Returns the maximum estimated work, in nanoseconds, of one line of a request of this kind.
    fn budget(self, limits: &Limits) -> u64 {
        match self {
            Self::Run | Self::Names => limits.work,
            Self::Preview => limits.preview,
        }
    }

    fn evaluate(
        self,
        worksheet: &mut Worksheet,
        line: &str,
        options: Options,
        work: &mut Work<'_>,
    ) -> EvaluationResult {
        match self {
            Self::Run => worksheet.run(line, options, work),
            Self::Preview => worksheet.preview(line, options, work),
            Self::Names => worksheet.definition(line, options, work),
        }
    }
}

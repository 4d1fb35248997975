//! A worksheet's stream: what a client says, and what it is answered.

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
    Evaluator, LONG,
    inbox::Inbox,
    line::{INLINE, Outcome, full, light, write},
    parked::ParkedStream,
    pool::Caller,
};
use crate::server::{
    Metrics,
    budget::{Exhausted, Share},
    status::{Limit, idle, internal, overloaded, shutting_down},
};
use crate::{
    engine::{Fault, Limits, Options, Work, Worksheet},
    proto::{
        grpcalc::v1::{Names, Preview, Run, WorksheetRequest, worksheet_request::Request},
        response::{ResponseWriter, WorksheetResponse},
    },
};

/// Bytes of answers, about, that are sent together.
const FLUSH: usize = 64 * 1024;

/// How long an answer waits at most for those behind it.
const SOON: Duration = Duration::from_millis(5);

/// Estimated nanoseconds of lines after which other tasks have their turn.
const SLICE: u64 = 200_000;

/// What a line takes beside its evaluation, about, in nanoseconds.
const LINE: u64 = 200;

/// A client's stream, and the worksheet that lives as long as it.
pub(in crate::server) struct Conversation {
    service: Evaluator,
    inbox: Inbox,
    /// None while the pool has it.
    sheet: Option<Box<Worksheet>>,
    /// What is being answered.
    task: Option<Task>,
    /// Answers to the requests before it.
    answered: u64,
    /// The line of it that the pool computes.
    heavy: Option<Heavy>,
    /// What the last response takes until it is read.
    unread: Share,
    _place: OwnedSemaphorePermit,
}

/// A line that the pool computes, and the worksheet with it.
struct Heavy {
    caller: Caller,
    /// Whether the caller has left.
    left: bool,
    job: AbortOnDropHandle<Option<(Box<Worksheet>, Outcome)>>,
}

/// Why a row of light lines ended.
enum Stop {
    /// The last one is answered.
    End,
    /// There are enough answers to be sent.
    Full,
    /// It is time for other tasks.
    Slice,
    /// This one takes longer.
    Heavy(String),
}

type Response = Result<WorksheetResponse, Status>;

impl Conversation {
    /// The conversation that begins with `requests`. It has one of the places that there
    /// are for worksheets.
    pub(in crate::server) fn new(
        service: Evaluator,
        requests: Streaming<WorksheetRequest>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        service.metrics.worksheets.inc();
        Self {
            inbox: Inbox::new(requests, Arc::clone(&service.requests)),
            sheet: Some(Box::new(Worksheet::sharing(&service.values))),
            unread: service.requests.share(),
            service,
            task: None,
            answered: 0,
            heavy: None,
            _place: place,
        }
    }

    /// What the client is answered. Nothing is evaluated before somebody asks for it, so
    /// a client that does not read holds up its own worksheet and nobody else; and not for
    /// longer than a worksheet may be idle.
    pub(in crate::server) fn responses(self) -> BoxStream<'static, Response> {
        let limit = self.service.idle;
        // Boxed, since it is moved for each response.
        let unread = ParkedStream::new(Box::new(self), limit);
        let responses = stream::unfold(Some(unread), move |unread| async move {
            let unread = unread?;
            let Some(mut this) = unread.take() else {
                let expired = Err(idle(limit.unwrap_or_default()));
                return Some((expired, None));
            };
            let mut response = this.next().await?;
            if let Ok(message) = &response
                && this.pay(message.encoded_len()).is_err()
            {
                let limit = this.service.requests.limit();
                response = Err(overloaded(Limit::Requests, limit));
            }
            if response.is_err() {
                return Some((response, None));
            }
            unread.put(this);
            Some((response, Some(unread)))
        });
        responses.boxed()
    }

    /// Pays for a response until the next one is asked for.
    fn pay(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.unread.resize(if bytes > LONG { bytes } else { 0 })
    }

    async fn next(&mut self) -> Option<Response> {
        let draining = self.service.draining.clone();
        if draining.is_cancelled() && self.heavy.is_none() {
            return Some(Err(shutting_down()));
        }
        if self.task.is_none() {
            match self.request().await? {
                Ok((Some(request), share)) => self.task = Some(self.task(request, share)),
                Ok((None, _)) => {
                    self.answered += 1;
                    return Some(Ok(refusal()));
                }
                Err(status) => return Some(Err(status)),
            }
        }
        let mut response = ResponseWriter::default();
        let began = Instant::now();
        loop {
            if self.heavy.is_some() {
                let patience = (!response.is_empty()).then_some(SOON);
                match self.computed(patience).await {
                    Some(Ok(outcome)) => self.write(&mut response, outcome),
                    Some(Err(status)) => return Some(Err(status)),
                    None => return Some(Ok(response.finish(false))),
                }
            }
            let heavy = match self.light_lines(&mut response) {
                Stop::End => {
                    let answered = self.task.take().map_or(0, |task| task.index.into());
                    self.service.metrics.lines.inc_by(answered);
                    self.answered += answered;
                    self.inbox.drop_cancel();
                    return Some(Ok(response.finish(true)));
                }
                Stop::Full => return Some(Ok(response.finish(false))),
                Stop::Heavy(line) => Some(line),
                Stop::Slice => None,
            };
            self.inbox.read_ahead();
            if draining.is_cancelled() {
                // What is answered goes out first.
                return Some(if response.is_empty() {
                    Err(shutting_down())
                } else {
                    Ok(response.finish(false))
                });
            }
            if let Some(line) = heavy {
                if let Err(fault) = self.compute(line) {
                    self.write(&mut response, Err(fault));
                }
            } else {
                yield_now().await;
            }
            let full = response.len() >= FLUSH || began.elapsed() >= SOON;
            if full && !response.is_empty() {
                return Some(Ok(response.finish(false)));
            }
        }
    }

    /// The next request, or why there is none.
    async fn request(&mut self) -> Option<Result<(Option<Request>, Share), Status>> {
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

    fn task(&self, request: Request, share: Share) -> Task {
        let (kind, text, options) = match request {
            Request::Run(Run { text, options }) => (Kind::Run, text, options),
            Request::Preview(Preview { text, options }) => (Kind::Preview, text, options),
            Request::Names(Names { options }) => {
                let sheet = self.sheet.as_ref();
                let names: Vec<_> = sheet.iter().flat_map(|sheet| sheet.names()).collect();
                (Kind::Names, names.join("\n"), options)
            }
            Request::Cancel(_) => unreachable!("the inbox keeps them to itself"),
        };
        Task {
            rest: (kind != Kind::Names || !text.is_empty()).then_some(0),
            kind,
            text,
            index: 0,
            options: options.unwrap_or_default().into(),
            _share: share,
        }
    }

    /// The index of the line that was answered just now.
    fn index(&mut self) -> u32 {
        let task = self.task.as_mut();
        task.map_or(0, Task::count)
    }

    /// Answers lines one after the other as long as they are light.
    fn light_lines(&mut self, response: &mut ResponseWriter) -> Stop {
        let (Some(task), Some(sheet)) = (&mut self.task, &mut self.sheet) else {
            return Stop::End;
        };
        let limits = &*self.service.limits;
        let budget = task.kind.budget(limits);
        let mut spent = 0;
        while let Some(line) = task.line() {
            let answer = task.answer(self.answered);
            if task.kind == Kind::Run && self.inbox.take_cancel(answer) {
                write(response, task.count(), Err(Fault::cancelled()));
                continue;
            }
            let text = &task.text[line];
            let tried = light(INLINE, limits, budget, |work| {
                task.kind.perform(sheet, text, task.options, work)
            });
            let Some((outcome, work)) = tried else {
                return Stop::Heavy(text.to_owned());
            };
            spent += LINE + work;
            count(&self.service.metrics, &outcome);
            write(response, task.count(), outcome);
            if response.len() >= FLUSH {
                return if task.rest.is_none() {
                    Stop::End
                } else {
                    Stop::Full
                };
            }
            if spent >= SLICE && task.rest.is_some() {
                return Stop::Slice;
            }
        }
        Stop::End
    }

    /// Adds what a line came to to a response.
    fn write(&mut self, response: &mut ResponseWriter, outcome: Outcome) {
        let index = self.index();
        count(&self.service.metrics, &outcome);
        write(response, index, outcome);
    }

    /// Hands a line to the pool, with the worksheet.
    fn compute(&mut self, line: String) -> Result<(), Box<Fault>> {
        let place = self.service.pool.enter().map_err(|_| Fault::overloaded())?;
        let (Some(task), Some(mut sheet)) = (&self.task, self.sheet.take()) else {
            return Ok(());
        };
        let (kind, options) = (task.kind, task.options);
        let limits = Arc::clone(&self.service.limits);
        let job = move |caller: &Caller| {
            let outcome = full(&limits, kind.budget(&limits), caller, |work| {
                kind.perform(&mut sheet, &line, options, work)
            });
            (sheet, outcome)
        };
        let caller = Caller::default();
        // A task of its own: this stream is not polled while its client does not read, and
        // must not keep a turn that came to it meanwhile.
        let job = tokio::spawn(place.run(caller.clone(), job));
        self.heavy = Some(Heavy {
            job: AbortOnDropHandle::new(job),
            caller,
            left: false,
        });
        Ok(())
    }

    /// What the pool made of the line, if it has within `patience`.
    async fn computed(&mut self, patience: Option<Duration>) -> Option<Result<Outcome, Status>> {
        let (inbox, heavy) = (&mut self.inbox, self.heavy.as_mut()?);
        let task = self.task.as_ref()?;
        let answer = task.answer(self.answered);
        let any = task.kind == Kind::Preview;
        let computing = async {
            loop {
                tokio::select! {
                    biased;
                    done = &mut heavy.job => return done.ok().flatten(),
                    () = inbox.interruption(answer, any), if !heavy.left => {
                        heavy.caller.leave();
                        heavy.left = true;
                    }
                }
            }
        };
        let done = match patience {
            Some(patience) => timeout(patience, computing).await.ok()?,
            None => computing.await,
        };
        self.heavy = None;
        let Some((sheet, outcome)) = done else {
            let lost = "a line could not be computed, and the worksheet is lost";
            return Some(Err(internal(lost)));
        };
        self.sheet = Some(sheet);
        Some(Ok(outcome))
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        self.service.metrics.worksheets.dec();
    }
}

/// Counts a fault.
#[inline]
fn count(metrics: &Metrics, outcome: &Outcome) {
    if let Err(fault) = outcome {
        metrics.fault(fault.reason.as_str());
    }
}

/// The answer to a request that asks for nothing known.
fn refusal() -> WorksheetResponse {
    let mut response = ResponseWriter::default();
    write(&mut response, 0, Err(Fault::unknown_request()));
    response.finish(true)
}

/// A request that is being answered.
struct Task {
    kind: Kind,
    /// Lines to evaluate, or names to define.
    text: String,
    /// Where the next one begins.
    rest: Option<usize>,
    /// Of the next answer.
    index: u32,
    options: Options,
    /// Of the budget for requests.
    _share: Share,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Run,
    Preview,
    Names,
}

impl Task {
    /// The place of the next line, without its end.
    fn line(&mut self) -> Option<Range<usize>> {
        let start = self.rest?;
        let rest = &self.text.as_bytes()[start..];
        let end = match self.kind {
            Kind::Preview => None,
            Kind::Run | Kind::Names => memchr::memchr(b'\n', rest),
        };
        self.rest = end.map(|end| start + end + 1);
        Some(start..end.map_or(self.text.len(), |end| start + end))
    }

    /// Which of the stream's answers is the next, if so many came before the task.
    fn answer(&self, before: u64) -> u64 {
        before + u64::from(self.index) + 1
    }

    /// The index of the next answer.
    fn count(&mut self) -> u32 {
        let index = self.index;
        self.index += 1;
        index
    }
}

impl Kind {
    fn budget(self, limits: &Limits) -> u64 {
        match self {
            Self::Run | Self::Names => limits.work,
            Self::Preview => limits.preview,
        }
    }

    fn perform(
        self,
        sheet: &mut Worksheet,
        line: &str,
        options: Options,
        work: &mut Work<'_>,
    ) -> Outcome {
        match self {
            Self::Run => sheet.run(line, options, work),
            Self::Preview => sheet.preview(line, options, work),
            Self::Names => sheet.definition(line, options, work),
        }
    }
}

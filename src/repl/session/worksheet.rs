//! A worksheet that outlives its streams, and the requests to it that nobody waits for.

use std::{collections::VecDeque, future::pending, pin::Pin, time::Duration};

use tokio::time::timeout;

use super::{
    reconnect::{looking, reconnect},
    replay_log::{Log, mentions_last},
    stream::{INTERRUPTION, WorksheetStream},
};
use crate::repl::{
    Calls, Outcome,
    calling::calls::{LineResult, WorksheetHalves, WorksheetSender as _},
    command::{fault::LineFault, operand},
};
use crate::{
    client::{
        self, AngleUnit, CallError, EvaluateOptions, Fault, Reply, WorksheetEvent, WorksheetRequest,
    },
    text::printable::printable,
};

/// How long to wait for the worksheet to say that it has stopped, before whoever pressed
/// Ctrl-C has the prompt again.
const PROMPTLY: Duration = Duration::from_millis(50);

/// Requests that may be under way when a preview is asked for.
const WAITING: usize = 4;

/// What is answered on the side.
#[derive(Clone, Debug, PartialEq)]
pub enum BackgroundReply {
    /// What this line would answer.
    Preview(String, LineResult),
    /// Every definition.
    Names(Vec<LineResult>),
}

/// A request that is under way.
#[derive(Debug)]
struct InFlight {
    what: Purpose,
    /// Its answers so far.
    rows: Vec<LineResult>,
    /// Whether it is to be stopped, and which of the stream's answers was cancelled last.
    stopped: bool,
    cancelled: u64,
}

/// What a request is for.
#[derive(Debug)]
enum Purpose {
    /// A line of the user's.
    Line(String, AngleUnit),
    /// Something that whoever asked waits for.
    Other,
    /// To tell what the last answer is.
    Reply,
    Preview(String),
    Names,
}

type Opened<C> = Result<WorksheetHalves<C>, CallError>;

/// A stream that is being opened for this preview.
struct Opening<C: Calls> {
    line: String,
    stream: Pin<Box<dyn Future<Output = Opened<C>> + Send>>,
}

/// The worksheet. Where its stream is lost, another one is told what it knew.
pub(in crate::repl) struct ReconnectingWorksheet<C: Calls> {
    sheet: Option<WorksheetStream<C>>,
    opening: Option<Opening<C>>,
    /// Whether there is anything that it could know.
    opened: bool,
    asked: VecDeque<InFlight>,
    log: Log,
    /// The last answer, if it is a typed call's and the worksheet does not know it.
    reply: Option<Reply>,
    /// Why the stream broke, if nobody was told yet.
    lost: Option<CallError>,
    /// Whether something was bound since the names were asked for.
    has_new_names: bool,
    /// The preview that is asked for when others have come.
    waiting: Option<(String, EvaluateOptions)>,
    /// Whether a preview failed, so that none is tried before the next line.
    silent: bool,
}

/// Who is asked, and how.
#[derive(Debug)]
pub(in crate::repl) struct CallContext<'c, C> {
    pub(in crate::repl) calls: &'c C,
    pub(in crate::repl) options: EvaluateOptions,
    pub(in crate::repl) timeout: Duration,
}

// Not derived, since whoever answers need not be Copy.
impl<C> Copy for CallContext<'_, C> {}
impl<C> Clone for CallContext<'_, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<C: Calls> Default for ReconnectingWorksheet<C> {
    fn default() -> Self {
        Self {
            sheet: None,
            opening: None,
            opened: false,
            asked: VecDeque::new(),
            log: Log::default(),
            reply: None,
            lost: None,
            has_new_names: false,
            waiting: None,
            silent: false,
        }
    }
}

impl<C: Calls> ReconnectingWorksheet<C> {
    /// Whether there is anything that it could know.
    pub(in crate::repl) fn is_opened(&self) -> bool {
        self.opened
    }

    /// The last answer, if the worksheet does not know it.
    pub(in crate::repl) fn reply(&self) -> Option<&Reply> {
        self.reply.as_ref()
    }

    /// A typed call was answered, or something like it.
    pub(in crate::repl) fn replied(&mut self, reply: &Reply) {
        self.log.record_reply(reply);
        self.reply = Some(reply.clone());
    }

    /// What is wrong with `line` where it wants a last answer that is no number.
    pub(in crate::repl) fn unusable_reply(&self, line: &str) -> Option<LineFault> {
        let reply = self.reply.as_ref().filter(|_| mentions_last(line))?;
        reply
            .exact()
            .is_none()
            .then(|| operand::no_number(reply, line))
    }

    /// What makes it again.
    pub(in crate::repl) fn log(&self) -> &Log {
        &self.log
    }

    /// Runs `line`. Where it wants the last answer, which the worksheet does not know, that
    /// has to be a number.
    pub(in crate::repl) async fn run(
        &mut self,
        line: &str,
        terms: CallContext<'_, C>,
        notice: &mut impl FnMut(&str),
    ) -> Result<Outcome, CallError> {
        let (mut text, mut lines) = (line.to_owned(), 1);
        let told = self.reply.as_ref().filter(|_| mentions_last(line));
        if let Some(number) = told.and_then(Reply::exact) {
            (text, lines) = (format!("{number}\n{line}"), 2);
        }
        let run = WorksheetRequest::Run {
            text,
            lines,
            options: terms.options,
        };
        let angle = terms.options.angle;
        let what = || Purpose::Line(line.to_owned(), angle);
        let rows = self.ask_for(what, &run, terms, notice).await?;
        Ok(self.all_answered(line, angle, rows))
    }

    /// The worksheet's answers to `request`.
    pub(in crate::repl) async fn ask(
        &mut self,
        request: &WorksheetRequest,
        terms: CallContext<'_, C>,
        notice: &mut impl FnMut(&str),
    ) -> Result<Vec<LineResult>, CallError> {
        self.ask_for(|| Purpose::Other, request, terms, notice)
            .await
    }

    /// The answers to `request`. A worksheet that was lost, with all that it was asked, is
    /// made again from the log, and asked again.
    async fn ask_for(
        &mut self,
        what: impl Fn() -> Purpose,
        request: &WorksheetRequest,
        terms: CallContext<'_, C>,
        notice: &mut impl FnMut(&str),
    ) -> Result<Vec<LineResult>, CallError> {
        let mut told = false;
        (self.opening, self.silent) = (None, false);
        if self.sheet.is_some() {
            self.send(what(), request.clone()).await;
            match self.answers(terms.timeout).await {
                Ok(rows) => {
                    self.opened = true;
                    return Ok(rows);
                }
                Err(error) => {
                    self.lose();
                    self.lost = Some(error);
                }
            }
        }
        if let Some(error) = self.lost.take() {
            notice(&looking(&error));
            told = true;
        }
        if self.opened {
            self.restore(&mut told, terms, notice).await?;
            self.send(what(), request.clone()).await;
        } else {
            let open = async || terms.calls.worksheet(request.clone()).await;
            let opened = reconnect(terms.timeout, &mut told, notice, open).await;
            let answered = opened.as_ref().err().is_none_or(|error| !error.may_pass());
            if told && answered {
                notice(&connected(terms.calls));
            }
            (self.sheet, self.opened) = (Some(WorksheetStream::new(opened?)), true);
            self.asked.push_back(InFlight::new(what()));
        }
        let rows = self.answers(terms.timeout).await;
        rows.inspect_err(|_| self.lose())
    }

    async fn send(&mut self, what: Purpose, request: WorksheetRequest) {
        if let Some(sheet) = &self.sheet {
            self.asked.push_back(InFlight::new(what));
            sheet.requests.send(request).await;
        }
    }

    fn lose(&mut self) {
        self.sheet = None;
        self.asked.clear();
    }

    /// Loses the stream if it has ended.
    pub(in crate::repl) fn lose_if_ended(&mut self) {
        // What still comes has somebody who waits for it.
        if self.asked.is_empty() && self.sheet.as_mut().is_some_and(WorksheetStream::is_lost) {
            self.lose();
        }
    }

    /// Whether something was bound since the names were asked for.
    pub(in crate::repl) fn has_new_names(&self) -> bool {
        self.has_new_names
    }

    /// Whether it has to be made again.
    pub(in crate::repl) fn is_missing(&self) -> bool {
        self.opened && self.sheet.is_none()
    }

    /// The answers to the request that was sent last. Those before it are seen to.
    async fn answers(&mut self, limit: Duration) -> Result<Vec<LineResult>, CallError> {
        loop {
            let asked = self.next(limit).await?;
            if self.asked.is_empty() {
                return Ok(asked.rows);
            }
            self.on_complete(asked);
        }
    }

    /// Waits until the oldest request is answered. Nothing is lost where the future is
    /// dropped.
    async fn next(&mut self, limit: Duration) -> Result<InFlight, CallError> {
        let Some(sheet) = &mut self.sheet else {
            return Err(CallError::no_worksheet());
        };
        loop {
            if let Some(asked) = self.asked.front_mut().filter(|asked| asked.stopped)
                && let Some(due) = sheet.due().filter(|due| *due > asked.cancelled)
            {
                asked.cancelled = due;
                sheet.requests.cancel(due).await;
            }
            match sheet.next(limit).await? {
                WorksheetEvent::Answer(row) => {
                    let row = row.map(client::Answered::into_owned);
                    let asked = self.asked.front_mut();
                    asked.ok_or_else(CallError::no_worksheet)?.rows.push(row);
                }
                WorksheetEvent::Done => {
                    let asked = self.asked.pop_front();
                    return asked.ok_or_else(CallError::no_worksheet);
                }
            }
        }
    }

    /// Nobody waits for the answers to this request any more, but it may have changed
    /// something.
    fn on_complete(&mut self, asked: InFlight) -> Option<BackgroundReply> {
        let InFlight { what, mut rows, .. } = asked;
        match what {
            Purpose::Line(line, angle) => {
                self.all_answered(&line, angle, rows);
                None
            }
            Purpose::Reply => {
                if matches!(rows.pop(), Some(Ok(_))) {
                    self.reply = None;
                }
                None
            }
            Purpose::Preview(line) => Some(BackgroundReply::Preview(line, rows.pop()?)),
            Purpose::Names => Some(BackgroundReply::Names(rows)),
            Purpose::Other => None,
        }
    }

    /// The worksheet answered `line`, and perhaps the last answer in front of it.
    fn all_answered(&mut self, line: &str, angle: AngleUnit, mut rows: Vec<LineResult>) -> Outcome {
        let Some(row) = rows.pop() else {
            return Outcome::Fault(Fault::cancelled());
        };
        match rows.pop() {
            Some(Ok(_)) => self.reply = None,
            Some(Err(fault)) => {
                // The line has seen another last answer, and may have kept it.
                self.lose();
                return Outcome::Fault(*fault);
            }
            None => {}
        }
        match row {
            Ok(answer) => {
                self.has_new_names |= !answer.name.is_empty();
                self.log.record(line, angle, &answer);
                if answer.text.is_some() {
                    self.reply = None;
                }
                Outcome::Answer(Reply::Answer(answer))
            }
            Err(fault) => Outcome::Fault(*fault),
        }
    }

    /// Stops what is under way. The outcome is that of a line which had been answered just
    /// then. Where stopping takes longer, it goes on while nobody waits for it.
    pub(in crate::repl) async fn interrupt(&mut self) -> Outcome {
        let cancelled = Outcome::Fault(Fault::cancelled());
        for asked in &mut self.asked {
            asked.stopped = true;
        }
        let line = match self.asked.back() {
            None => return cancelled,
            Some(InFlight {
                what: Purpose::Line(line, angle),
                ..
            }) => Some((line.clone(), *angle)),
            Some(_) => None,
        };
        match timeout(PROMPTLY, self.answers(INTERRUPTION)).await {
            Ok(Ok(rows)) => match line {
                Some((line, angle)) => self.all_answered(&line, angle, rows),
                None => cancelled,
            },
            Ok(Err(_)) => {
                // What it knew is in the log.
                self.lose();
                cancelled
            }
            Err(_) => cancelled,
        }
    }

    /// Sees to all that nobody waits for, so that nothing of it comes later.
    pub(in crate::repl) async fn finish(&mut self, limit: Duration) {
        let finishing = async {
            while !self.asked.is_empty() {
                let asked = self.next(limit).await?;
                self.on_complete(asked);
            }
            Ok::<_, CallError>(())
        };
        // What takes longer is not waited for; what failed is told of by the next request.
        let _ = timeout(INTERRUPTION, finishing).await;
    }

    /// Asks what `line` would answer, unless too much is under way. That comes from
    /// [`ReconnectingWorksheet::aside`].
    pub(in crate::repl) async fn ask_preview(
        &mut self,
        line: String,
        terms: CallContext<'_, C>,
    ) -> bool {
        if self.silent {
            return false;
        }
        if self.opening.is_some() || self.sheet.is_some() {
            self.waiting = Some((line, terms.options));
            return self.ask_waiting().await;
        }
        if self.opened || self.reply.is_some() && mentions_last(&line) {
            return false;
        }
        let preview = WorksheetRequest::Preview {
            text: line.clone(),
            options: terms.options,
        };
        let calls = terms.calls.clone();
        self.opening = Some(Opening {
            line,
            stream: Box::pin(async move { calls.worksheet(preview).await }),
        });
        true
    }

    /// Asks for the preview that waits, unless too much is under way: then it goes on waiting.
    /// Whether it was asked for, or will be.
    pub(in crate::repl) async fn ask_waiting(&mut self) -> bool {
        if self.opening.is_some() || self.asked.len() >= WAITING {
            return self.waiting.is_some();
        }
        let Some((line, options)) = self.waiting.take().filter(|_| self.sheet.is_some()) else {
            return false;
        };
        if let Some(reply) = self.reply.as_ref().filter(|_| mentions_last(&line)) {
            let Some(text) = reply.exact() else {
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

    /// Nobody waits for previews any more: what they say may not hold behind the next line.
    pub(in crate::repl) fn abandon_previews(&mut self) {
        self.waiting = None;
        for asked in &mut self.asked {
            if matches!(asked.what, Purpose::Preview(_)) {
                asked.what = Purpose::Other;
            }
        }
    }

    /// Asks for the definitions, unless there are none or too much is under way. They come
    /// from [`ReconnectingWorksheet::aside`].
    pub(in crate::repl) async fn ask_names(&mut self, options: EvaluateOptions) -> bool {
        let may_ask = self.opened && self.sheet.is_some() && self.asked.len() < WAITING;
        if may_ask {
            self.has_new_names = false;
            self.send(Purpose::Names, WorksheetRequest::Names { options })
                .await;
        }
        may_ask
    }

    /// What comes next of what was asked on the side; waits for ever where nothing was.
    /// Nothing is lost where the future is dropped.
    pub(in crate::repl) async fn aside(&mut self, limit: Duration) -> BackgroundReply {
        loop {
            if let Some(opening) = &mut self.opening {
                let opened = opening.stream.as_mut().await;
                let line = self.opening.take().map(|opening| opening.line);
                match opened {
                    Ok(stream) => {
                        self.sheet = Some(WorksheetStream::new(stream));
                        let what = Purpose::Preview(line.unwrap_or_default());
                        self.asked.push_back(InFlight::new(what));
                    }
                    // Whoever types a line is told why.
                    Err(_) => self.silent = true,
                }
            }
            if self.asked.is_empty() {
                return pending().await;
            }
            match self.next(limit).await {
                Ok(asked) => {
                    if let Some(aside) = self.on_complete(asked) {
                        return aside;
                    }
                }
                Err(error) => {
                    self.lose();
                    (self.lost, self.silent) = (Some(error), true);
                }
            }
        }
    }

    /// Makes a worksheet that knows what the lost one knew, as soon as there is a server
    /// for it. Whether it was `told` that it is looked for: as in [`reconnect`].
    pub(in crate::repl) async fn restore(
        &mut self,
        told: &mut bool,
        terms: CallContext<'_, C>,
        notice: &mut impl FnMut(&str),
    ) -> Result<(), CallError> {
        self.lost = None;
        let lines: Option<Vec<_>> = self.log.lines().map(Iterator::collect);
        let lost = lines.is_none();
        let lines = lines.unwrap_or_default();
        let attempt = async || tell(&lines, terms).await;
        let found = reconnect(terms.timeout, told, notice, attempt).await;
        let server = terms.calls.server();
        let (sheet, rows) = match found {
            Ok(found) => found,
            Err(error) => {
                if error.is_unimplemented() {
                    (self.opened, self.log) = (false, Log::default());
                    notice(&format!(
                        "connected to {server}; the worksheet is lost: this server has typed calls only"
                    ));
                }
                return Err(error);
            }
        };
        self.sheet = Some(sheet);
        if !lost {
            // The worksheet has been told of it.
            self.reply = self.reply.take().filter(|reply| reply.exact().is_none());
        }
        let wrong = rows.iter().zip(&lines).find_map(|(row, (line, _))| {
            let fault = row.as_ref().err()?;
            Some(format!("'{}': {fault}", printable(line, 64)))
        });
        match wrong {
            _ if lost => {
                self.log = Log::default();
                notice(&format!(
                    "connected to {server}; the worksheet is lost: it had too many definitions to be kept here"
                ));
            }
            Some(wrong) => notice(&format!(
                "connected to {server}; the worksheet could not be restored whole: {wrong}"
            )),
            None => notice(&format!(
                "{}, and the worksheet is restored",
                connected(terms.calls)
            )),
        }
        Ok(())
    }

    /// Forgets everything.
    pub(in crate::repl) fn clear(&mut self) {
        *self = Self::default();
    }
}

impl InFlight {
    fn new(what: Purpose) -> Self {
        Self {
            what,
            rows: Vec::new(),
            stopped: false,
            cancelled: 0,
        }
    }
}

/// A new worksheet that is told these lines, each with what bare angles mean in it, and what
/// it made of them.
async fn tell<C: Calls>(
    lines: &[(&str, AngleUnit)],
    terms: CallContext<'_, C>,
) -> Result<(WorksheetStream<C>, Vec<LineResult>), CallError> {
    // A worksheet begins with a request, if only with an empty line.
    let empty = [("", AngleUnit::Unspecified)];
    let lines = if lines.is_empty() { &empty } else { lines };
    let (mut sheet, mut rows): (Option<WorksheetStream<C>>, Vec<LineResult>) = (None, Vec::new());
    for lines in lines.chunk_by(|(_, one), (_, next)| one == next) {
        let text: Vec<_> = lines.iter().map(|(line, _)| *line).collect();
        let run = WorksheetRequest::Run {
            lines: u32::try_from(lines.len()).unwrap_or(u32::MAX),
            text: text.join("\n"),
            options: EvaluateOptions {
                angle: lines[0].1,
                ..terms.options
            },
        };
        let sheet = match &mut sheet {
            Some(sheet) => {
                sheet.requests.send(run).await;
                sheet
            }
            None => sheet.insert(WorksheetStream::new(terms.calls.worksheet(run).await?)),
        };
        while let WorksheetEvent::Answer(row) = sheet.next(terms.timeout).await? {
            rows.push(row.map(client::Answered::into_owned));
        }
    }
    let sheet = sheet.ok_or_else(CallError::no_worksheet)?;
    Ok((sheet, rows))
}

/// What to say where there is a server again.
pub(in crate::repl) fn connected(calls: &impl Calls) -> String {
    format!("connected to {} again", calls.server())
}

//! Collects the pending answers in the order of the lines, and prints them.

use std::mem;

use tokio::sync::mpsc::{self, UnboundedReceiver, error::TryRecvError};

use super::{
    FlowControl, Rules, ScriptEnd, ScriptError,
    output::{OutputBuffer, OutputBuffers, Side, Unread},
    pending::{Extent, InputLine, LastAnswer, NewestAnswer, Pending},
    worksheet::ScriptWorksheet,
};
use crate::{
    client::{Answered, CallError, Fault, Reply, WorksheetEvent},
    repl::{
        Calls, LOWERED, Outcome,
        calling::calls::LineResult,
        session::{definitions, stream::INTERRUPTION},
    },
};

/// Takes pending answers from a queue, waits for each answer, and prints it.
pub(super) struct Collector<'a, C: Calls> {
    calls: &'a C,
    items: UnboundedReceiver<Pending<C>>,
    output: OutputBuffers,
    credit: &'a FlowControl,
    rules: Rules,
    worksheet: Option<ScriptWorksheet<C>>,
    last: LastAnswer,
    /// The answer of the newest line, if the line has an answer.
    newest: Option<NewestAnswer>,
    /// The number of the first line that is not answered yet.
    next: u64,
    /// Whether any line had a fault.
    faulty: bool,
    /// Whether the notice [`LOWERED`] was printed.
    lowering_told: bool,
}

/// The reason why the collector stops before the queue is empty.
enum StopReason {
    End(ScriptEnd),
    Unreadable(std::io::Error),
}

impl From<Unread> for StopReason {
    fn from(_: Unread) -> Self {
        Self::End(ScriptEnd::Unread)
    }
}

impl<'a, C: Calls> Collector<'a, C> {
    pub(super) fn new(
        calls: &'a C,
        items: UnboundedReceiver<Pending<C>>,
        buffers: mpsc::Sender<OutputBuffer>,
        credit: &'a FlowControl,
        rules: Rules,
    ) -> Self {
        Self {
            calls,
            items,
            output: OutputBuffers::new(buffers),
            credit,
            rules,
            worksheet: None,
            last: LastAnswer::default(),
            newest: None,
            next: 1,
            faulty: false,
            lowering_told: false,
        }
    }

    /// Answers the items of the queue until the queue ends, or until an item ends the script.
    pub(super) async fn run(mut self) -> Result<ScriptEnd, ScriptError> {
        let end = match self.answer_all().await {
            Ok(()) => Ok(self.end()),
            Err(StopReason::End(end)) => Ok(end),
            Err(StopReason::Unreadable(error)) => Err(ScriptError::Read(error)),
        };
        // The receiver is dropped only after a write error, which the receiver reports.
        let _ = self.output.flush().await;
        end
    }

    async fn answer_all(&mut self) -> Result<(), StopReason> {
        loop {
            let item = match self.items.try_recv() {
                Ok(item) => item,
                Err(TryRecvError::Disconnected) => return Ok(()),
                Err(TryRecvError::Empty) => {
                    self.output.flush().await?;
                    match self.items.recv().await {
                        Some(item) => item,
                        None => return Ok(()),
                    }
                }
            };
            self.answer(item).await?;
            if self.output.is_full() {
                self.output.flush().await?;
            }
        }
    }

    async fn answer(&mut self, item: Pending<C>) -> Result<(), StopReason> {
        match item {
            Pending::Opened(worksheet) => self.worksheet = Some(*worksheet),
            Pending::Lines(input, extent) => self.lines(input, extent).await?,
            Pending::Hidden => {
                // The next line would use a wrong last answer.
                if self.next_answer().await?.is_err() {
                    return Err(self.out_of_step());
                }
            }
            Pending::Answered(bytes) => {
                self.end_of_request().await?;
                self.credit.give_request(bytes);
            }
            Pending::Lookup(sender) => {
                let answer = self.next_answer().await?;
                self.end_of_request().await?;
                // The submitter may have ended.
                let _ = sender.send(answer);
            }
            Pending::Names(input) => self.names(input).await?,
            Pending::Clear(input) => {
                (self.worksheet, self.last, self.newest) = (None, LastAnswer::default(), None);
                self.outcome(&input, &Outcome::Silence)?;
            }
            Pending::Call(input, mut call) => {
                let done = if let Ok(done) = call.try_recv() {
                    Ok(done)
                } else {
                    self.output.flush().await?;
                    call.await
                };
                // A call is dropped only at the end of the script.
                let outcome = done.unwrap_or_else(|_| Outcome::Fault(Fault::cancelled()));
                self.outcome(&input, &outcome)?;
            }
            Pending::Done(input, outcome) => self.outcome(&input, &outcome)?,
            Pending::Last(sender) => {
                let _ = sender.send((self.last.clone(), self.newest.clone()));
            }
            Pending::Read(bytes) => self.output.set_answered(bytes),
            Pending::Broken(error) => return Err(self.broken(&error)),
            Pending::Unreadable(error) => return Err(StopReason::Unreadable(error)),
        }
        Ok(())
    }

    /// Prints the worksheet's answers to consecutive lines.
    async fn lines(&mut self, input: InputLine, extent: Extent) -> Result<(), StopReason> {
        let is_shown = input.text.is_some();
        let mut texts = input.text.as_deref().unwrap_or_default().split('\n');
        let end = input.number + extent.lines;
        let before = self.output.answered();
        let mut number = input.number;
        while number < end {
            let Some(worksheet) = &mut self.worksheet else {
                return Err(self.out_of_step());
            };
            worksheet.begin_request();
            match worksheet.stream.take() {
                Some(Ok(WorksheetEvent::Answer(Ok(answer)))) => {
                    if !worksheet.answered.record(&answer) {
                        return Err(self.broken(&CallError::no_result()));
                    }
                    if answer.text.is_some() {
                        self.last = LastAnswer::Worksheet;
                    }
                    let text = if is_shown { texts.next() } else { None };
                    let buffer = self.output.on(Side::Output);
                    let format = self.rules.format;
                    format.answer(number, text.unwrap_or_default(), &answer, buffer);
                    // Only the answer to the last of these lines can be requested later.
                    if number + 1 == end {
                        let answer = Reply::Answer(answer.into_owned());
                        self.newest = answer.is_computed().then_some(NewestAnswer {
                            number,
                            reply: answer,
                        });
                    }
                }
                Some(Ok(WorksheetEvent::Answer(Err(fault)))) => {
                    worksheet.answered.record_fault();
                    let input = InputLine {
                        number,
                        text: Some(texts.next().unwrap_or_default().to_owned()),
                    };
                    self.newest = None;
                    self.fault(&input, &Outcome::Fault(*fault))?;
                }
                Some(Ok(WorksheetEvent::Done)) => return Err(self.out_of_step()),
                Some(Err(error)) => {
                    self.restore(error).await?;
                    continue;
                }
                None => {
                    // This is an estimate, since the lengths of the single lines are not kept.
                    let done = extent.bytes * (number - input.number) / extent.lines;
                    self.output.set_answered(before + done);
                    self.output.flush().await?;
                    self.wait().await?;
                    continue;
                }
            }
            number += 1;
            self.next = number;
            if self.output.is_full() {
                self.output.flush().await?;
            }
        }
        self.output.set_answered(before + extent.bytes);
        Ok(())
    }

    /// Waits until more answers of the worksheet arrive.
    async fn wait(&mut self) -> Result<(), StopReason> {
        let arrived = match &mut self.worksheet {
            Some(worksheet) => {
                // A line that cannot be interrupted costs the script only this line.
                let limit = self.rules.timeout;
                worksheet.stream.wait(limit, limit.max(INTERRUPTION)).await
            }
            None => Err(CallError::no_worksheet()),
        };
        match arrived {
            Ok(()) => Ok(()),
            Err(error) => self.restore(error).await,
        }
    }

    /// Continues on a new stream after `error` broke the stream of the worksheet.
    async fn restore(&mut self, error: CallError) -> Result<(), StopReason> {
        let restored = match &mut self.worksheet {
            Some(worksheet) => {
                // Boxed, since the future is rare and large.
                let restoring = worksheet.restore(error, self.next, self.calls, self.rules);
                Box::pin(restoring).await
            }
            None => Err(error),
        };
        restored.map_err(|error| self.broken(&error))
    }

    /// Prints the definitions of the worksheet.
    async fn names(&mut self, input: InputLine) -> Result<(), StopReason> {
        let mut names = Vec::new();
        while let Some(name) = self.event().await? {
            names.push(name);
        }
        self.outcome(&input, &Outcome::Text(definitions(&names)))
    }

    /// Takes the next answer of the worksheet.
    async fn next_answer(&mut self) -> Result<LineResult, StopReason> {
        match self.event().await? {
            Some(answer) => Ok(answer),
            None => Err(self.out_of_step()),
        }
    }

    /// Takes the event that ends a request to the worksheet.
    async fn end_of_request(&mut self) -> Result<(), StopReason> {
        match self.event().await? {
            None => Ok(()),
            Some(_) => Err(self.out_of_step()),
        }
    }

    /// Takes the next answer of the worksheet, or `None` at the end of the request.
    async fn event(&mut self) -> Result<Option<LineResult>, StopReason> {
        loop {
            let Some(worksheet) = &mut self.worksheet else {
                return Err(self.out_of_step());
            };
            if worksheet.take_owed_end() {
                return Ok(None);
            }
            worksheet.begin_request();
            match worksheet.stream.take() {
                Some(Ok(WorksheetEvent::Answer(row))) => {
                    match &row {
                        Ok(answer) if !worksheet.answered.record(answer) => {
                            return Err(self.broken(&CallError::no_result()));
                        }
                        Ok(_) => {}
                        Err(_) => worksheet.answered.record_fault(),
                    }
                    let row = row.map(Answered::into_owned);
                    if !worksheet.skip_name() {
                        return Ok(Some(row));
                    }
                }
                Some(Ok(WorksheetEvent::Done)) => {
                    worksheet.end_request();
                    return Ok(None);
                }
                Some(Err(error)) => self.restore(error).await?,
                None => {
                    self.output.flush().await?;
                    self.wait().await?;
                }
            }
        }
    }

    /// Prints the outcome of a line that has its own item in the queue.
    fn outcome(&mut self, input: &InputLine, outcome: &Outcome) -> Result<(), StopReason> {
        self.credit.give_item();
        match outcome {
            Outcome::Unanswered(error) if error.is_fatal() => return Err(self.broken(error)),
            Outcome::Lowered(reply) | Outcome::Answer(reply) => {
                if matches!(outcome, Outcome::Lowered(_))
                    && !mem::replace(&mut self.lowering_told, true)
                {
                    let buffer = self.output.on(Side::Errors);
                    buffer.extend_from_slice(format!("grpcalc: {LOWERED}\n").as_bytes());
                }
                if !matches!(reply, Reply::Answer(_)) {
                    self.last = LastAnswer::Reply(reply.clone());
                }
                self.newest = reply.is_computed().then(|| NewestAnswer {
                    number: input.number,
                    reply: reply.clone(),
                });
            }
            Outcome::Fault(_) | Outcome::Unsendable(_) | Outcome::Unanswered(_) => {
                return self.fault(input, outcome);
            }
            Outcome::Silence
            | Outcome::Recalled(_)
            | Outcome::Text(_)
            | Outcome::Said(_)
            | Outcome::Explained(..)
            | Outcome::Traced(..)
            | Outcome::Load(_)
            | Outcome::Quit => {}
        }
        self.next = input.number + 1;
        let Rules { format, many, .. } = self.rules;
        format.outcome(input, many, outcome, &mut self.output);
        if *outcome == Outcome::Quit {
            return Err(StopReason::End(self.end()));
        }
        Ok(())
    }

    /// Prints the fault of a line.
    fn fault(&mut self, input: &InputLine, outcome: &Outcome) -> Result<(), StopReason> {
        let Rules {
            format,
            many,
            fail_fast,
            ..
        } = self.rules;
        self.next = input.number + 1;
        self.faulty = true;
        format.outcome(input, many, outcome, &mut self.output);
        if fail_fast {
            return Err(StopReason::End(ScriptEnd::Faulty));
        }
        Ok(())
    }

    fn end(&self) -> ScriptEnd {
        if self.faulty {
            ScriptEnd::Faulty
        } else {
            ScriptEnd::Answered
        }
    }

    /// Reports that `error` prevents the answers of the next line and of all later lines.
    fn broken(&mut self, error: &CallError) -> StopReason {
        let buffer = self.output.on(Side::Errors);
        let text = if self.rules.many {
            format!(
                "grpcalc: line {}: {error}\ngrpcalc: that line and all later lines were not answered\n",
                self.next
            )
        } else {
            format!("grpcalc: {error}\n")
        };
        buffer.extend_from_slice(text.as_bytes());
        StopReason::End(ScriptEnd::NoServer)
    }

    /// Reports that the answers of the worksheet do not match the requests.
    fn out_of_step(&mut self) -> StopReason {
        let error = self
            .worksheet
            .as_ref()
            .map_or_else(CallError::no_worksheet, |it| it.stream.protocol_error());
        self.broken(&error)
    }
}

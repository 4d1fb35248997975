//! The answers, in the order of the lines.

use std::mem;

use tokio::sync::mpsc::{self, UnboundedReceiver, error::TryRecvError};

use super::{
    FlowControl, Rules, ScriptEnd, ScriptError,
    output::{OutputBuffer, OutputBuffers, Side, Unread},
    pending::{Extent, InputLine, LastAnswer, NewestAnswer, Pending},
};
use crate::{
    client::{Answered, CallError, Fault, Reply, WorksheetEvent},
    repl::{
        Calls, LOWERED, Outcome,
        calling::calls::LineResult,
        session::{definitions, stream::WorksheetStream},
    },
};

/// Takes the items, waits for the answer of each, and prints it.
pub(super) struct Collector<'a, C: Calls> {
    items: UnboundedReceiver<Pending<C>>,
    pages: OutputBuffers,
    credit: &'a FlowControl,
    rules: Rules,
    sheet: Option<WorksheetStream<C>>,
    last: LastAnswer,
    /// The newest line, if it has an answer.
    newest: Option<NewestAnswer>,
    /// The first line that is not answered.
    next: u64,
    /// Whether any line had a fault.
    faulty: bool,
    /// Whether it was said that lines become typed calls.
    said: bool,
}

/// Why no further item is answered.
enum Stop {
    End(ScriptEnd),
    Unreadable(std::io::Error),
}

impl From<Unread> for Stop {
    fn from(_: Unread) -> Self {
        Self::End(ScriptEnd::Unread)
    }
}

impl<'a, C: Calls> Collector<'a, C> {
    pub(super) fn new(
        items: UnboundedReceiver<Pending<C>>,
        pages: mpsc::Sender<OutputBuffer>,
        credit: &'a FlowControl,
        rules: Rules,
    ) -> Self {
        Self {
            items,
            pages: OutputBuffers::new(pages),
            credit,
            rules,
            sheet: None,
            last: LastAnswer::default(),
            newest: None,
            next: 1,
            faulty: false,
            said: false,
        }
    }

    /// Answers items until there are no more, or one that ends it.
    pub(super) async fn run(mut self) -> Result<ScriptEnd, ScriptError> {
        let end = match self.answer_all().await {
            Ok(()) => Ok(self.end()),
            Err(Stop::End(end)) => Ok(end),
            Err(Stop::Unreadable(error)) => Err(ScriptError::Read(error)),
        };
        // Where nobody takes it, writing has failed and says so.
        let _ = self.pages.flush().await;
        end
    }

    async fn answer_all(&mut self) -> Result<(), Stop> {
        loop {
            let item = match self.items.try_recv() {
                Ok(item) => item,
                Err(TryRecvError::Disconnected) => return Ok(()),
                Err(TryRecvError::Empty) => {
                    self.pages.flush().await?;
                    match self.items.recv().await {
                        Some(item) => item,
                        None => return Ok(()),
                    }
                }
            };
            self.answer(item).await?;
            if self.pages.is_full() {
                self.pages.flush().await?;
            }
        }
    }

    async fn answer(&mut self, item: Pending<C>) -> Result<(), Stop> {
        match item {
            Pending::Opened(sheet) => self.sheet = Some(*sheet),
            Pending::Lines(input, extent) => self.lines(input, extent).await?,
            Pending::Hidden => {
                // The line behind it would see another last answer.
                if self.row().await?.is_err() {
                    return Err(self.out_of_step());
                }
            }
            Pending::Answered(bytes) => {
                self.done().await?;
                self.credit.give_request(bytes);
            }
            Pending::Lookup(asked) => {
                let row = self.row().await?;
                self.done().await?;
                // Who asked may have ended.
                let _ = asked.send(row);
            }
            Pending::Names(input) => self.names(input).await?,
            Pending::Clear(input) => {
                (self.sheet, self.last, self.newest) = (None, LastAnswer::default(), None);
                self.outcome(&input, &Outcome::Silence)?;
            }
            Pending::Call(input, mut call) => {
                let done = if let Ok(done) = call.try_recv() {
                    Ok(done)
                } else {
                    self.pages.flush().await?;
                    call.await
                };
                // Nobody drops a call but with the script.
                let outcome = done.unwrap_or_else(|_| Outcome::Fault(Fault::cancelled()));
                self.outcome(&input, &outcome)?;
            }
            Pending::Done(input, outcome) => self.outcome(&input, &outcome)?,
            Pending::Last(asked) => {
                let _ = asked.send((self.last.clone(), self.newest.clone()));
            }
            Pending::Read(bytes) => self.pages.set_answered(bytes),
            Pending::Broken(error) => return Err(self.broken(&error)),
            Pending::Unreadable(error) => return Err(Stop::Unreadable(error)),
        }
        Ok(())
    }

    /// The worksheet's answers to so many lines.
    async fn lines(&mut self, input: InputLine, extent: Extent) -> Result<(), Stop> {
        let mut texts = input.text.as_deref().map(|text| text.split('\n'));
        let mut next_text = || texts.as_mut().and_then(Iterator::next).unwrap_or_default();
        let end = input.number + extent.lines;
        let before = self.pages.answered();
        let mut number = input.number;
        while number < end {
            let Some(sheet) = &mut self.sheet else {
                return Err(self.out_of_step());
            };
            match sheet.take() {
                Some(Ok(WorksheetEvent::Answer(Ok(answer)))) => {
                    if answer.text.is_some() {
                        self.last = LastAnswer::Worksheet;
                    }
                    let page = self.pages.on(Side::Output);
                    self.rules.format.answer(number, next_text(), &answer, page);
                    // Those before it are not asked for any more.
                    if number + 1 == end {
                        let answer = Reply::Answer(answer.into_owned());
                        self.newest = answer.is_said().then_some(NewestAnswer {
                            number,
                            reply: answer,
                        });
                    }
                }
                Some(Ok(WorksheetEvent::Answer(Err(fault)))) => {
                    let input = InputLine {
                        number,
                        text: Some(next_text().to_owned()),
                    };
                    self.newest = None;
                    self.fault(&input, &Outcome::Fault(*fault))?;
                }
                Some(Ok(WorksheetEvent::Done)) => return Err(self.out_of_step()),
                Some(Err(error)) => return Err(self.broken(&error)),
                None => {
                    // About: how long each of them is, is forgotten.
                    let done = extent.bytes * (number - input.number) / extent.lines;
                    self.pages.set_answered(before + done);
                    self.pages.flush().await?;
                    self.wait().await?;
                    continue;
                }
            }
            number += 1;
            self.next = number;
            if self.pages.is_full() {
                self.pages.flush().await?;
            }
        }
        self.pages.set_answered(before + extent.bytes);
        Ok(())
    }

    /// Waits until more has come from the worksheet.
    async fn wait(&mut self) -> Result<(), Stop> {
        let came = match &mut self.sheet {
            Some(sheet) => sheet.wait(self.rules.timeout).await,
            None => Err(CallError::no_worksheet()),
        };
        came.map_err(|error| self.broken(&error))
    }

    /// The worksheet's definitions.
    async fn names(&mut self, input: InputLine) -> Result<(), Stop> {
        let mut rows = Vec::new();
        while let Some(row) = self.event().await? {
            rows.push(row);
        }
        self.outcome(&input, &Outcome::Text(definitions(&rows)))
    }

    /// The next answer of the worksheet.
    async fn row(&mut self) -> Result<LineResult, Stop> {
        match self.event().await? {
            Some(row) => Ok(row),
            None => Err(self.out_of_step()),
        }
    }

    /// The end of a request.
    async fn done(&mut self) -> Result<(), Stop> {
        match self.event().await? {
            None => Ok(()),
            Some(_) => Err(self.out_of_step()),
        }
    }

    /// The next answer of the worksheet, or none at the end of its request.
    async fn event(&mut self) -> Result<Option<LineResult>, Stop> {
        loop {
            let Some(sheet) = &mut self.sheet else {
                return Err(self.out_of_step());
            };
            match sheet.take() {
                Some(Ok(WorksheetEvent::Answer(row))) => {
                    return Ok(Some(row.map(Answered::into_owned)));
                }
                Some(Ok(WorksheetEvent::Done)) => return Ok(None),
                Some(Err(error)) => return Err(self.broken(&error)),
                None => {
                    self.pages.flush().await?;
                    self.wait().await?;
                }
            }
        }
    }

    /// Prints what became of a line that had an item of its own.
    fn outcome(&mut self, input: &InputLine, outcome: &Outcome) -> Result<(), Stop> {
        self.credit.give_item();
        match outcome {
            Outcome::Unanswered(error) if error.is_fatal() => return Err(self.broken(error)),
            Outcome::Lowered(reply) | Outcome::Answer(reply) => {
                if matches!(outcome, Outcome::Lowered(_)) && !mem::replace(&mut self.said, true) {
                    let page = self.pages.on(Side::Errors);
                    page.extend_from_slice(format!("grpcalc: {LOWERED}\n").as_bytes());
                }
                if !matches!(reply, Reply::Answer(_)) {
                    self.last = LastAnswer::Reply(reply.clone());
                }
                self.newest = reply.is_said().then(|| NewestAnswer {
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
            | Outcome::Load(_)
            | Outcome::Quit => {}
        }
        self.next = input.number + 1;
        let Rules { format, many, .. } = self.rules;
        format.outcome(input, many, outcome, &mut self.pages);
        if *outcome == Outcome::Quit {
            return Err(Stop::End(self.end()));
        }
        Ok(())
    }

    fn fault(&mut self, input: &InputLine, outcome: &Outcome) -> Result<(), Stop> {
        let Rules {
            format,
            many,
            fail_fast,
            ..
        } = self.rules;
        self.next = input.number + 1;
        self.faulty = true;
        format.outcome(input, many, outcome, &mut self.pages);
        if fail_fast {
            return Err(Stop::End(ScriptEnd::Faulty));
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

    /// There is nobody any more who could answer the next line, nor any behind it.
    fn broken(&mut self, error: &CallError) -> Stop {
        let page = self.pages.on(Side::Errors);
        let text = if self.rules.many {
            format!(
                "grpcalc: line {}: {error}\ngrpcalc: neither that line nor any after it was answered\n",
                self.next
            )
        } else {
            format!("grpcalc: {error}\n")
        };
        page.extend_from_slice(text.as_bytes());
        Stop::End(ScriptEnd::NoServer)
    }

    /// What comes does not fit what was asked.
    fn out_of_step(&mut self) -> Stop {
        let error = self
            .sheet
            .as_ref()
            .map_or_else(CallError::no_worksheet, WorksheetStream::protocol_error);
        self.broken(&error)
    }
}

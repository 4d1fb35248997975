//! Reads the lines of a script and sends them.

use std::{mem, ops::ControlFlow};

use tokio::{
    io::AsyncRead,
    sync::{mpsc::UnboundedSender, oneshot},
};

use super::{
    FlowControl, Rules,
    batch::Batch,
    execute::ScriptLine,
    format::Format,
    line_reader::{LineReader, NumberedLine},
    pending::{InputLine, Pending},
    sent::SentRequests,
    side_calls::{CallRequest, Operation},
    worksheet::ScriptWorksheet,
};
use crate::{
    client::{CallError, WorksheetRequest},
    repl::{
        Calls, Outcome,
        calling::evaluation::Evaluation,
        chat::ChatSession,
        command::{self, ParsedCommand, begins_with_number, fault::LineFault},
        interpreter::interpret,
        session::stream::WorksheetStream,
        settings::Settings,
    },
};

/// A batch of lines is sent as one request when it has at least this many bytes. Some commands send
/// the batch earlier.
const FULL: usize = 32 * 1024;

/// Reads lines, sends them, and queues a [`Pending`] answer for each line.
pub(super) struct Submitter<'a, C: Calls> {
    pub(super) calls: &'a C,
    items: UnboundedSender<Pending<C>>,
    /// The channel to the executor, which makes calls without the worksheet.
    requested: UnboundedSender<CallRequest>,
    credit: &'a FlowControl,
    rules: Rules,
    /// The settings, including the changes by the lines that were read so far.
    pub(super) settings: Settings,
    pub(super) batch: Batch<C>,
    /// How expressions and statements are evaluated.
    pub(super) evaluation: Evaluation,
    /// The requests to the worksheet, if the worksheet is opened.
    pub(super) requests: Option<SentRequests<C>>,
    pub(super) chat: ChatSession,
    /// The number and the text of the newest line that may have an answer.
    pub(super) newest: (u64, String),
    /// Whether the worksheet may lack the last answer. The reply of a typed call is not in the
    /// worksheet until the reply is sent there.
    pub(super) worksheet_is_stale: bool,
}

/// Whether to read further lines. `Break` ends the script.
pub(super) type Flow = ControlFlow<()>;

impl<'a, C: Calls> Submitter<'a, C> {
    pub(super) fn new(
        calls: &'a C,
        items: UnboundedSender<Pending<C>>,
        requested: UnboundedSender<CallRequest>,
        credit: &'a FlowControl,
        rules: Rules,
        chat: ChatSession,
    ) -> Self {
        Self {
            calls,
            items,
            requested,
            credit,
            rules,
            settings: Settings {
                options: rules.options,
                ..Settings::default()
            },
            batch: Batch::default(),
            evaluation: if rules.many {
                Evaluation::Worksheet
            } else {
                Evaluation::Alone
            },
            requests: None,
            chat,
            newest: (0, String::new()),
            worksheet_is_stale: false,
        }
    }

    /// Reads and runs lines, up to the end of the input or to a line that ends the script.
    pub(super) async fn run(mut self, mut lines: LineReader<impl AsyncRead + Unpin>) {
        loop {
            while let Some(NumberedLine { number, text }) = lines.line() {
                let can_batch = !self.worksheet_is_stale && !self.is_full();
                // Most lines of long scripts.
                if can_batch
                    && let Ok(text) = text
                    && begins_with_number(text)
                {
                    self.batch.push(number, text, self.is_shown());
                    continue;
                }
                let (text, parsed) = match text {
                    Ok(text) => (text, command::parse(text)),
                    Err(fault) => ("", Err(fault)),
                };
                if can_batch && parsed.as_ref().is_ok_and(ParsedCommand::is_expression) {
                    self.batch.push(number, text, self.is_shown());
                } else if self.line(number, text, parsed).await.is_break() {
                    return;
                }
            }
            if self.flush().await.is_break() {
                return;
            }
            self.give(Pending::Read(lines.taken()));
            match lines.fill().await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return self.give(Pending::Unreadable(error)),
            }
        }
    }

    /// Runs a line that is not simply added to the batch: a command, a line with a fault, or an
    /// expression that may have to wait for an earlier answer.
    async fn line(
        &mut self,
        number: u64,
        text: &str,
        parsed: Result<ParsedCommand<'_>, LineFault>,
    ) -> Flow {
        let mut line = ScriptLine {
            submitter: self,
            number,
            text,
        };
        interpret(&mut line, parsed).await
    }

    /// Whether the text of each line is printed with its answer.
    pub(super) fn is_shown(&self) -> bool {
        self.rules.format == Format::Json
    }

    /// Whether the batch has to be sent before another line is added.
    pub(super) fn is_full(&self) -> bool {
        self.batch.text.len() >= FULL
    }

    /// Queues a pending answer.
    pub(super) fn give(&self, item: Pending<C>) {
        // Without a receiver the script has ended.
        let _ = self.items.send(item);
    }

    fn give_all(&self, items: impl IntoIterator<Item = Pending<C>>) {
        for item in items {
            self.give(item);
        }
    }

    /// Waits until there is credit for one more item, and takes the credit.
    pub(super) async fn reserve_item(&mut self) -> Flow {
        if !self.credit.try_take_item() {
            // The items that will return credit may be in the batch.
            self.flush().await?;
            self.credit.take_item().await;
        }
        Flow::Continue(())
    }

    /// Waits for the credit for an item, and then adds the item to the batch.
    pub(super) async fn push(&mut self, item: Pending<C>) -> Flow {
        self.reserve_item().await?;
        self.batch.items.push(item);
        Flow::Continue(())
    }

    /// Sends an operation to the executor. Returns the channel on which the outcome arrives.
    pub(super) fn request(&self, operation: Operation) -> oneshot::Receiver<Outcome> {
        let (reply, outcome) = oneshot::channel();
        // Without a receiver the script has ended.
        let _ = self.requested.send(CallRequest { operation, reply });
        outcome
    }

    /// Sends the batch to the worksheet, and queues its pending answers.
    pub(super) async fn flush(&mut self) -> Flow {
        self.set_newest_of_batch();
        let Batch { text, lines, items } = mem::take(&mut self.batch);
        if lines == 0 {
            self.give_all(items);
            return Flow::Continue(());
        }
        self.evaluation.refresh(self.calls);
        if self.evaluation != Evaluation::Worksheet {
            return self.one_by_one(&text, items).await;
        }
        let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
        self.credit.take_request(bytes).await;
        // The text is needed again if the server does not support worksheets.
        let spare = if self.requests.is_none() {
            text.clone()
        } else {
            String::new()
        };
        let run = WorksheetRequest::Run {
            text,
            lines,
            options: self.settings.options,
        };
        match self.send(run).await {
            Ok(()) => {
                self.give_all(items);
                self.give(Pending::Answered(bytes));
                Flow::Continue(())
            }
            Err(error) if error.is_unimplemented() => {
                self.evaluation = Evaluation::lowered(self.calls);
                self.credit.give_request(bytes);
                self.one_by_one(&spare, items).await
            }
            Err(error) => {
                // The items before the first line for the worksheet can still be answered.
                let is_line =
                    |item: &Pending<C>| matches!(item, Pending::Lines(..) | Pending::Hidden);
                let before = items.into_iter().take_while(|item| !is_line(item));
                self.give_all(before);
                self.give(Pending::Broken(error));
                Flow::Break(())
            }
        }
    }

    /// Records the last line of the batch as the newest line, unless a later line is already
    /// recorded.
    fn set_newest_of_batch(&mut self) {
        let number = self.batch.last_line();
        if let Some(number) = number.filter(|number| *number > self.newest.0) {
            let (newest, line) = &mut self.newest;
            *newest = number;
            let last = self.batch.text.rsplit('\n').next();
            last.unwrap_or_default().clone_into(line);
        }
    }

    /// Records a line as the newest line that may have an answer.
    pub(super) fn set_newest(&mut self, number: u64, line: &str) {
        let (newest, text) = &mut self.newest;
        *newest = number;
        line.clone_into(text);
    }

    /// Sends a request to the worksheet. The first request opens the worksheet.
    pub(super) async fn send(&mut self, request: WorksheetRequest) -> Result<(), CallError> {
        if let Some(requests) = &self.requests {
            requests.send(request).await;
            return Ok(());
        }
        let opened = self.calls.worksheet(request.clone()).await?;
        let stream = WorksheetStream::<C>::new(opened);
        let requests = SentRequests::new(request, stream.requests.clone());
        self.requests = Some(requests.clone());
        let worksheet = ScriptWorksheet::new(stream, requests);
        self.give(Pending::Opened(Box::new(worksheet)));
        Ok(())
    }

    /// Evaluates each line of a batch with a separate call.
    async fn one_by_one(&mut self, text: &str, items: Vec<Pending<C>>) -> Flow {
        // The later items must release their credit, since the lines before them wait for credit.
        for _ in items.iter().filter(|item| item.takes_credit()) {
            self.credit.give_item();
        }
        let mut lines = text.split('\n');
        for item in items {
            match item {
                Pending::Lines(InputLine { number, .. }, extent) => {
                    for (number, line) in (number..number + extent.lines).zip(&mut lines) {
                        let input = InputLine {
                            number,
                            text: self.is_shown().then(|| line.to_owned()),
                        };
                        let (line, options) = (line.to_owned(), self.settings.options);
                        self.credit.take_item().await;
                        let call = self.request(Operation::Line(line, options, self.evaluation));
                        self.give(Pending::Call(input, call));
                    }
                }
                Pending::Hidden => drop(lines.next()),
                item => {
                    if item.takes_credit() {
                        self.credit.take_item().await;
                    }
                    self.give(item);
                }
            }
        }
        Flow::Continue(())
    }
}

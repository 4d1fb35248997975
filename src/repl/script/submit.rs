//! Lines to requests and calls.

use std::{mem, ops::ControlFlow};

use tokio::{
    io::AsyncRead,
    sync::{mpsc::UnboundedSender, oneshot},
};

use super::line_reader::{Line, LineReader};
use super::{
    FlowControl, Rules,
    executor::{Asked, Question},
    format::Format,
    pending::{Extent, Input, Last, Newest, Pending},
};
use crate::{
    client::{Call, CallError, Method, WorksheetRequest},
    repl::{
        Calls, Outcome,
        calling::{calls::WorksheetSender as _, evaluation::Evaluation},
        chat::{Chat, Talk, share::Answered},
        command::{self, Command, Operand, Set, Word, fault::LineFault, help::help, operand},
        session::{replay_log::mentions_last, stream::WorksheetStream},
        settings::{SETTINGS, Settings},
    },
};

/// Bytes of lines that are sent as one request, where they need not be sent earlier.
const FULL: usize = 32 * 1024;

/// Reads lines, and asks for their answers.
pub(super) struct Submitter<'a, C: Calls> {
    calls: &'a C,
    items: UnboundedSender<Pending<C>>,
    /// What is to be asked in a call of its own.
    asked: UnboundedSender<Asked>,
    credit: &'a FlowControl,
    rules: Rules,
    /// As the lines so far have set them.
    settings: Settings,
    batch: Batch<C>,
    /// How lines of the language are asked for.
    evaluation: Evaluation,
    requests: Option<C::WorksheetSender>,
    chat: Chat,
    /// The newest line that may have an answer, of those that are sent.
    newest: (u64, String),
    /// Whether a typed call was made of whose reply the worksheet may not know.
    behind: bool,
}

/// What has been read and not sent.
struct Batch<C: Calls> {
    /// Lines for the worksheet, joined by `\n`.
    text: String,
    lines: u32,
    /// Where the answers will come from.
    items: Vec<Pending<C>>,
}

/// Whether to go on reading.
type Flow = ControlFlow<()>;

impl<C: Calls> Default for Batch<C> {
    fn default() -> Self {
        Self {
            text: String::new(),
            lines: 0,
            items: Vec::new(),
        }
    }
}

impl<C: Calls> Batch<C> {
    /// Adds a line for the worksheet, of which the text is kept for printing if `shown`.
    #[inline]
    fn push(&mut self, number: u64, line: &str, shown: bool) {
        self.append(line);
        let bytes = line.len() as u64 + 1;
        if let Some(Pending::Lines(input, extent)) = self.items.last_mut()
            && input.number + extent.lines == number
        {
            extent.lines += 1;
            extent.bytes += bytes;
            if let Some(text) = &mut input.text {
                text.push('\n');
                text.push_str(line);
            }
            return;
        }
        let text = shown.then(|| line.to_owned());
        let extent = Extent { lines: 1, bytes };
        self.items
            .push(Pending::Lines(Input { number, text }, extent));
    }

    /// Adds a line whose answer nobody will see.
    fn push_hidden(&mut self, line: &str) {
        self.append(line);
        self.items.push(Pending::Hidden);
    }

    #[inline]
    fn append(&mut self, line: &str) {
        if self.lines > 0 {
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.lines += 1;
    }
}

impl<'a, C: Calls> Submitter<'a, C> {
    pub(super) fn new(
        calls: &'a C,
        items: UnboundedSender<Pending<C>>,
        asked: UnboundedSender<Asked>,
        credit: &'a FlowControl,
        rules: Rules,
        chat: Chat,
    ) -> Self {
        Self {
            calls,
            items,
            asked,
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
            behind: false,
        }
    }

    /// Reads lines up to the end, or to what ends the script earlier.
    pub(super) async fn run(mut self, mut lines: LineReader<impl AsyncRead + Unpin>) {
        loop {
            while let Some(Line { number, text }) = lines.line() {
                let (text, command) = match text {
                    Ok(text) => (text, command::parse(text)),
                    Err(fault) => ("", Err(fault)),
                };
                let simple = matches!(command, Ok(Command::Evaluate))
                    && !self.behind
                    && self.batch.text.len() < FULL;
                if simple {
                    self.batch.push(number, text, self.shown());
                } else if self.line(number, text, command).await.is_break() {
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

    /// Asks for a line's answer, or has it at once.
    async fn line(
        &mut self,
        number: u64,
        text: &str,
        command: Result<Command<'_>, LineFault>,
    ) -> Flow {
        if let Ok(Command::Evaluate) = command {
            if self.batch.text.len() >= FULL {
                self.flush().await?;
            }
            if self.behind && mentions_last(text) {
                return self.catch_up(number, text).await;
            }
            self.batch.push(number, text, self.shown());
            return Flow::Continue(());
        }
        let input = Input {
            number,
            text: self.shown().then(|| text.to_owned()),
        };
        match command {
            Ok(Command::Nothing) => self.say(input, Outcome::Silence).await,
            Ok(Command::Call(method, operands)) => {
                self.keep_newest(number, text);
                self.call(input, method, operands).await
            }
            Ok(Command::Names) => self.names(input).await,
            Ok(Command::Clear) => {
                self.flush().await?;
                (self.requests, self.behind) = (None, false);
                self.item(Pending::Clear(input)).await?;
                // Before the next worksheet.
                self.flush().await
            }
            Ok(Command::Discover(inquiry)) => {
                self.room().await?;
                let call = self.ask(Question::Discover(inquiry));
                self.batch.items.push(Pending::Call(input, call));
                Flow::Continue(())
            }
            Ok(Command::Talk(talk)) => self.talk(input, talk).await,
            Ok(Command::Set(Set::Show)) => {
                let table = self.settings.table(&SETTINGS);
                self.say(input, Outcome::Text(table)).await
            }
            Ok(Command::Set(Set::ShowOne(setting))) => {
                let table = self.settings.table([setting]);
                self.say(input, Outcome::Text(table)).await
            }
            Ok(Command::Set(Set::Change(change, false))) => {
                // What stands before it is asked for as things were.
                self.flush().await?;
                self.settings.change(&change);
                self.say(input, Outcome::Silence).await
            }
            Ok(
                Command::Set(Set::Keep | Set::Change(_, true))
                | Command::Answers(_)
                | Command::Save(_)
                | Command::Load(_)
                | Command::Explain(_)
                | Command::Trace(_),
            ) => {
                let fault = LineFault::for_prompts(text);
                self.say(input, Outcome::Unsendable(fault)).await
            }
            Ok(Command::Help(topic)) => self.say(input, Outcome::Text(help(topic))).await,
            Ok(Command::Quit) => {
                self.say(input, Outcome::Quit).await?;
                self.flush().await?;
                Flow::Break(())
            }
            Err(fault) => self.say(input, Outcome::Unsendable(fault)).await,
            Ok(Command::Evaluate) => Flow::Continue(()),
        }
    }

    /// Whether lines are printed beside their answers.
    fn shown(&self) -> bool {
        self.rules.format == Format::Json
    }

    fn give(&self, item: Pending<C>) {
        // Where nobody takes it, the script has ended.
        let _ = self.items.send(item);
    }

    fn give_all(&self, items: impl IntoIterator<Item = Pending<C>>) {
        for item in items {
            self.give(item);
        }
    }

    /// Waits until there may be one more item.
    async fn room(&mut self) -> Flow {
        if !self.credit.try_take_item() {
            // What gives credit back may be in the batch.
            self.flush().await?;
            self.credit.take_item().await;
        }
        Flow::Continue(())
    }

    async fn item(&mut self, item: Pending<C>) -> Flow {
        self.room().await?;
        self.batch.items.push(item);
        Flow::Continue(())
    }

    async fn say(&mut self, input: Input, outcome: Outcome) -> Flow {
        self.item(Pending::Said(input, outcome)).await
    }

    /// Starts a typed call.
    async fn call(&mut self, input: Input, method: Method, operands: [Operand<'_>; 2]) -> Flow {
        let mut numbers = [0; 2];
        for (number, operand) in numbers.iter_mut().zip(operands) {
            *number = match operand {
                Operand::Integer(n) => n,
                Operand::Name(word) => match self.lookup(&word).await? {
                    Ok(n) => n,
                    Err(outcome) => return self.say(input, outcome).await,
                },
            };
        }
        let [n1, n2] = numbers;
        self.behind = true;
        self.room().await?;
        let call = self.ask(Question::Call(Call { method, n1, n2 }));
        self.batch.items.push(Pending::Call(input, call));
        Flow::Continue(())
    }

    /// Has a call made, and tells where its outcome will be.
    fn ask(&self, question: Question) -> oneshot::Receiver<Outcome> {
        let (answer, outcome) = oneshot::channel();
        // Where nobody takes it, the script has ended.
        let _ = self.asked.send(Asked { question, answer });
        outcome
    }

    /// The integer that a name stands for, when everything before is answered.
    async fn lookup(&mut self, word: &Word<'_>) -> ControlFlow<(), Result<i32, Outcome>> {
        self.flush().await?;
        if matches!(word.text, "ans" | "_")
            && let (Last::Reply(reply), _) = self.last().await?
        {
            return ControlFlow::Continue(operand::of_reply(word, &reply));
        }
        if self.evaluation == Evaluation::Calls {
            return ControlFlow::Continue(Err(operand::unknown(word)));
        }
        let request = WorksheetRequest::Preview {
            text: word.text.into(),
            options: self.settings.options.decimal(),
        };
        match self.send(request).await {
            Ok(()) => {}
            Err(error) if error.is_unimplemented() => {
                self.evaluation = Evaluation::Calls;
                return ControlFlow::Continue(Err(operand::unknown(word)));
            }
            Err(error) => {
                self.give(Pending::Broken(error));
                return ControlFlow::Break(());
            }
        }
        let (asked, answer) = oneshot::channel();
        self.give(Pending::Lookup(asked));
        match answer.await {
            Ok(row) => ControlFlow::Continue(operand::of_row(word, row)),
            Err(_) => ControlFlow::Break(()),
        }
    }

    /// The last answer, and what the newest line came to, when everything before is
    /// answered.
    async fn last(&mut self) -> ControlFlow<(), (Last, Option<Newest>)> {
        self.flush().await?;
        let (asked, last) = oneshot::channel();
        self.give(Pending::Last(asked));
        match last.await {
            Ok(last) => ControlFlow::Continue(last),
            Err(_) => ControlFlow::Break(()),
        }
    }

    /// Does what a line wants of the chat, in its place in the order.
    async fn talk(&mut self, input: Input, talk: Talk<'_>) -> Flow {
        let (_, newest) = self.last().await?;
        let (number, line) = &self.newest;
        let newest = newest.filter(|(answered, _)| answered == number);
        let answered = newest.map(|(_, reply)| Answered {
            line: line.clone(),
            reply,
        });
        // Boxed, since it is rare and large.
        let talking = Box::pin(self.chat.talk(self.calls, talk, answered.as_ref()));
        let outcome = talking.await;
        self.behind |= matches!(outcome, Outcome::Answer(_));
        self.say(input, outcome).await
    }

    /// Adds a line that may want the last answer, having told the worksheet what it is.
    async fn catch_up(&mut self, number: u64, line: &str) -> Flow {
        if let (Last::Reply(reply), _) = self.last().await? {
            let Some(exact) = reply.exact() else {
                let text = self.shown().then(|| line.to_owned());
                let fault = operand::no_number(&reply, line);
                let input = Input { number, text };
                return self.say(input, Outcome::Unsendable(fault)).await;
            };
            self.batch.push_hidden(&exact);
        }
        self.behind = false;
        self.batch.push(number, line, self.shown());
        Flow::Continue(())
    }

    async fn names(&mut self, input: Input) -> Flow {
        self.flush().await?;
        let options = self.settings.options;
        let Some(requests) = &self.requests else {
            return self.say(input, Outcome::Text(String::new())).await;
        };
        requests.send(WorksheetRequest::Names { options }).await;
        self.item(Pending::Names(input)).await
    }

    /// Sends what has been gathered.
    async fn flush(&mut self) -> Flow {
        let Batch { text, lines, items } = mem::take(&mut self.batch);
        self.keep_last_of(&text, &items);
        if lines == 0 {
            self.give_all(items);
            return Flow::Continue(());
        }
        if self.evaluation == Evaluation::Worksheet {
            let bytes = u32::try_from(text.len()).unwrap_or(u32::MAX);
            self.credit.take_request(bytes).await;
            // It is needed once more where there turns out to be no worksheet.
            let spare = if self.requests.is_none() {
                text.clone()
            } else {
                String::new()
            };
            let options = self.settings.options;
            match self
                .send(WorksheetRequest::Run {
                    text,
                    lines,
                    options,
                })
                .await
            {
                Ok(()) => {
                    self.give_all(items);
                    self.give(Pending::Done(bytes));
                    return Flow::Continue(());
                }
                Err(error) if error.is_unimplemented() => {
                    self.evaluation = Evaluation::Calls;
                    self.credit.give_request(bytes);
                    return self.one_by_one(&spare, items).await;
                }
                Err(error) => {
                    // What comes before the first of the lines is answered all the same.
                    let is_line =
                        |item: &Pending<C>| matches!(item, Pending::Lines(..) | Pending::Hidden);
                    let before = items.into_iter().take_while(|item| !is_line(item));
                    self.give_all(before);
                    self.give(Pending::Broken(error));
                    return Flow::Break(());
                }
            }
        }
        self.one_by_one(&text, items).await
    }

    /// Keeps the last line of a batch, unless a typed call came behind it.
    fn keep_last_of(&mut self, text: &str, items: &[Pending<C>]) {
        let last = items.iter().rev().find_map(|item| match item {
            Pending::Lines(input, extent) => Some(input.number + extent.lines - 1),
            _ => None,
        });
        if let Some(number) = last.filter(|number| *number > self.newest.0) {
            self.keep_newest(number, text.rsplit('\n').next().unwrap_or_default());
        }
    }

    fn keep_newest(&mut self, number: u64, line: &str) {
        let (newest, text) = &mut self.newest;
        *newest = number;
        line.clone_into(text);
    }

    /// Sends a request to the worksheet, which is opened with the first.
    async fn send(&mut self, request: WorksheetRequest) -> Result<(), CallError> {
        if let Some(requests) = &self.requests {
            requests.send(request).await;
            return Ok(());
        }
        let sheet = WorksheetStream::<C>::new(self.calls.worksheet(request).await?);
        self.requests = Some(sheet.requests.clone());
        self.give(Pending::WorksheetStream(Box::new(sheet)));
        Ok(())
    }

    /// Asks for the lines of a batch each by itself.
    async fn one_by_one(&mut self, text: &str, items: Vec<Pending<C>>) -> Flow {
        // What stands behind a line must not hold the room that the line waits for.
        for _ in items.iter().filter(|item| item.has_room()) {
            self.credit.give_item();
        }
        let mut lines = text.split('\n');
        for item in items {
            match item {
                Pending::Lines(Input { number, .. }, extent) => {
                    for (number, line) in (number..number + extent.lines).zip(&mut lines) {
                        let input = Input {
                            number,
                            text: self.shown().then(|| line.to_owned()),
                        };
                        let (line, options) = (line.to_owned(), self.settings.options);
                        self.credit.take_item().await;
                        let call = self.ask(Question::Line(line, options, self.evaluation));
                        self.give(Pending::Call(input, call));
                    }
                }
                Pending::Hidden => drop(lines.next()),
                item => {
                    if item.has_room() {
                        self.credit.take_item().await;
                    }
                    self.give(item);
                }
            }
        }
        Flow::Continue(())
    }
}

//! What becomes of the lines that somebody types.

use std::{mem, time::Duration};

use tokio::{sync::mpsc, time::timeout};

use super::{
    Calls,
    chat::{Chat, Talk},
    command::{self, Command, Operand, Word},
    discovery::discover,
    evaluation::{Evaluation, evaluate},
    fault::LineFault,
    log::{Log, mentions_last},
    member::Heard,
    operand,
    search::{looking, search},
    share::Answered,
    sheet::{INTERRUPTION, Row, Sheet},
};
use crate::{
    client::{
        self, Answer, Call, CallError, Event, Fault, Method, Note, Question, Reply,
        WorksheetRequest,
    },
    printable::printable,
};

/// What there is to print for a line, or to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Nothing to say: a blank line or a comment.
    Silence,
    /// A server's reply.
    Answer(Reply),
    /// The reply to the last of the typed calls that a line of the language became,
    /// since the server knows no others.
    Lowered(Reply),
    /// A text that was asked for.
    Text(String),
    /// This was said for the user, who has not seen it.
    Said(Note),
    /// The worksheet has no answer.
    Fault(Fault),
    /// The line was sent to nobody.
    Unsendable(LineFault),
    /// The line was sent, and has no reply.
    Unanswered(CallError),
    /// The session was asked to end.
    Quit,
}

impl From<Result<Reply, CallError>> for Outcome {
    fn from(reply: Result<Reply, CallError>) -> Self {
        match reply {
            Ok(reply) => Self::Answer(reply),
            Err(error) => Self::Unanswered(error),
        }
    }
}

/// What to say, once, where lines become typed calls.
pub const LOWERED: &str =
    "this server has typed calls only: integers with + - * and a last / become such calls";

/// Definitions as text, a line each.
pub(super) fn definitions(rows: &[Row]) -> String {
    let mut text = String::new();
    for row in rows {
        let line = match row {
            Ok(Answer {
                name,
                text: Some(value),
                rounded,
            }) => format!("{name} {} {value}\n", if *rounded { '≈' } else { '=' }),
            Ok(answer) => format!("{}\n", answer.name),
            Err(fault) => format!("# {fault}\n"),
        };
        text += &line;
    }
    text
}

/// Somebody who types, and somebody who answers.
#[derive(Debug)]
pub struct Session<C> {
    calls: C,
    digits: u32,
    timeout: Duration,
    evaluation: Evaluation,
    sheet: Option<Sheet>,
    /// Whether there was a worksheet before.
    opened: bool,
    /// The line that the worksheet is asked, and the requests that it has not answered.
    running: Option<String>,
    pending: u32,
    log: Log,
    /// The last answer, if it is a typed call's and the worksheet does not know it.
    reply: Option<Reply>,
    /// Whether it was said that lines become typed calls.
    said: bool,
    chat: Chat,
    /// The last line that has an answer.
    answered: Option<Answered>,
}

impl<C: Calls> Session<C> {
    /// A session with whoever answers `calls`, and did so before, who are asked for so many
    /// `digits`. An answer is waited for as long as `timeout`, and so is a connection that
    /// was lost. In the chat the user is called `name`, and what is heard there goes to
    /// `heard`.
    pub fn new(
        calls: C,
        digits: u32,
        timeout: Duration,
        name: &str,
        heard: mpsc::Sender<Heard>,
    ) -> Self {
        Self {
            chat: Chat::new(name, timeout, heard),
            answered: None,
            calls,
            digits,
            timeout,
            evaluation: Evaluation::Worksheet,
            sheet: None,
            opened: false,
            running: None,
            pending: 0,
            log: Log::default(),
            reply: None,
            said: false,
        }
    }

    /// Reads `line` as a command or as a line of the language, and does what it asks
    /// for. What is to be said meanwhile goes to `notice`.
    ///
    /// Where the future is dropped, [`Session::interrupt`] comes next.
    pub async fn answer(&mut self, line: &str, notice: &mut impl FnMut(&str)) -> Outcome {
        let outcome = self.obey(line, notice).await;
        if let Outcome::Answer(reply) | Outcome::Lowered(reply) = &outcome
            && reply.is_said()
        {
            self.answered = Some(Answered {
                line: line.into(),
                reply: reply.clone(),
            });
        }
        outcome
    }

    async fn obey(&mut self, line: &str, notice: &mut impl FnMut(&str)) -> Outcome {
        match command::parse(line) {
            Ok(Command::Nothing) => Outcome::Silence,
            Ok(Command::Call(method, operands)) => self.call(method, operands, notice).await,
            Ok(Command::Evaluate) => self.evaluate(line, notice).await,
            Ok(Command::Names) => self.names(notice).await,
            Ok(Command::Clear) => {
                (self.sheet, self.opened, self.reply) = (None, false, None);
                self.answered = None;
                self.log = Log::default();
                Outcome::Silence
            }
            Ok(Command::Discover(inquiry)) => {
                let attempt = async |calls: &C| discover(calls, inquiry.clone()).await;
                self.persist(attempt, notice).await
            }
            Ok(Command::Talk(talk)) => {
                let (chat, last) = (self.chat.clone(), self.answered.clone());
                let attempt = async |calls: &C| chat.talk(calls, talk, last.as_ref()).await;
                let outcome = self.persist(attempt, notice).await;
                match &outcome {
                    Outcome::Answer(reply) => self.replied(reply),
                    Outcome::Silence if talk == Talk::Join => self.chat.greet().await,
                    _ => {}
                }
                outcome
            }
            Ok(Command::Help(topic)) => Outcome::Text(command::help(topic)),
            Ok(Command::Quit) => Outcome::Quit,
            Err(fault) => Outcome::Unsendable(fault),
        }
    }

    /// Stops what runs. The outcome is that of a line which had been answered just then.
    pub async fn interrupt(&mut self) -> Outcome {
        let running = self.running.take();
        let cancelled = Outcome::Fault(Fault::cancelled());
        let Some(sheet) = self.sheet.as_mut().filter(|_| self.pending > 0) else {
            return cancelled;
        };
        let stopping = async {
            sheet.requests.cancel(0).await;
            let mut rows = Vec::new();
            while self.pending > 0 {
                match sheet.next(INTERRUPTION).await? {
                    Event::Answer(row) => rows.push(row.map(client::Answered::into_owned)),
                    Event::Done => self.pending -= 1,
                }
            }
            Ok::<_, CallError>(rows)
        };
        let Ok(Ok(rows)) = timeout(INTERRUPTION, stopping).await else {
            // What it knew is in the log.
            self.lose();
            return cancelled;
        };
        match running {
            Some(line) => self.all_answered(&line, rows),
            None => cancelled,
        }
    }

    async fn call(
        &mut self,
        method: Method,
        operands: [Operand<'_>; 2],
        notice: &mut impl FnMut(&str),
    ) -> Outcome {
        let mut numbers = [0; 2];
        for (number, operand) in numbers.iter_mut().zip(operands) {
            *number = match operand {
                Operand::Integer(n) => n,
                Operand::Name(word) => match self.lookup(&word, notice).await {
                    Ok(n) => n,
                    Err(outcome) => return outcome,
                },
            };
        }
        let [n1, n2] = numbers;
        let question = Question::from(Call { method, n1, n2 });
        let attempt = async |calls: &C| calls.ask(question.clone()).await.into();
        let outcome = self.persist(attempt, notice).await;
        if let Outcome::Answer(reply) = &outcome {
            self.replied(reply);
        }
        outcome
    }

    /// What `attempt` comes to. Where the server is gone, it is looked for, and the attempt
    /// made again.
    async fn persist(
        &mut self,
        attempt: impl AsyncFn(&C) -> Outcome,
        notice: &mut impl FnMut(&str),
    ) -> Outcome {
        let mut told = false;
        let again = async || match attempt(&self.calls).await {
            Outcome::Unanswered(error) if error.may_pass() => Err(error),
            outcome => Ok(outcome),
        };
        match search(self.timeout, &mut told, notice, again).await {
            Ok(outcome) => {
                if told {
                    self.found(notice).await;
                }
                outcome
            }
            Err(error) => Outcome::Unanswered(error),
        }
    }

    /// There is a server again, with the worksheet or without.
    async fn found(&mut self, notice: &mut impl FnMut(&str)) {
        if self.sheet.as_mut().is_some_and(Sheet::is_lost) {
            self.lose();
        }
        if self.opened && self.sheet.is_none() {
            // Where that fails, the next line tries again.
            let _ = self.restore(&mut true, notice).await;
        } else {
            notice(&format!("connected to {} again", self.calls.server()));
        }
    }

    fn replied(&mut self, reply: &Reply) {
        self.log.record_reply(reply);
        self.reply = Some(reply.clone());
    }

    /// The integer that a name stands for.
    async fn lookup(
        &mut self,
        word: &Word<'_>,
        notice: &mut impl FnMut(&str),
    ) -> Result<i32, Outcome> {
        if matches!(word.text, "ans" | "_")
            && let Some(reply) = &self.reply
        {
            return operand::of_reply(word, reply);
        }
        if self.evaluation == Evaluation::Calls {
            return Err(operand::unknown(word));
        }
        let request = WorksheetRequest::Preview {
            text: word.text.into(),
            digits: self.digits,
        };
        match self.ask(&request, notice).await {
            Ok(rows) => match rows.into_iter().next() {
                Some(row) => operand::of_row(word, row),
                None => Err(operand::unknown(word)),
            },
            Err(error) if error.is_unimplemented() => {
                self.evaluation = Evaluation::Calls;
                Err(operand::unknown(word))
            }
            Err(error) => Err(Outcome::Unanswered(error)),
        }
    }

    async fn names(&mut self, notice: &mut impl FnMut(&str)) -> Outcome {
        if !self.opened {
            return Outcome::Text(String::new());
        }
        let request = WorksheetRequest::Names {
            digits: self.digits,
        };
        match self.ask(&request, notice).await {
            Ok(rows) => Outcome::Text(definitions(&rows)),
            // There are none.
            Err(error) if error.is_unimplemented() => Outcome::Text(String::new()),
            Err(error) => Outcome::Unanswered(error),
        }
    }

    async fn evaluate(&mut self, line: &str, notice: &mut impl FnMut(&str)) -> Outcome {
        if self.evaluation == Evaluation::Worksheet {
            let (mut text, mut lines) = (line.to_owned(), 1);
            if let Some(reply) = &self.reply
                && mentions_last(line)
            {
                let Some(number) = reply.exact() else {
                    return Outcome::Unsendable(operand::no_number(reply, line));
                };
                (text, lines) = (format!("{number}\n{line}"), 2);
            }
            let run = WorksheetRequest::Run {
                text,
                lines,
                digits: self.digits,
            };
            self.running = Some(line.to_owned());
            let asked = self.ask(&run, notice).await;
            self.running = None;
            match asked {
                Ok(rows) => return self.all_answered(line, rows),
                Err(error) if error.is_unimplemented() => self.evaluation = Evaluation::Calls,
                Err(error) => return Outcome::Unanswered(error),
            }
        }
        let (digits, evaluation) = (self.digits, self.evaluation);
        let attempt = async |calls: &C| evaluate(calls, line.to_owned(), digits, evaluation).await;
        let outcome = self.persist(attempt, notice).await;
        if let Outcome::Lowered(reply) = &outcome {
            if !mem::replace(&mut self.said, true) {
                notice(LOWERED);
            }
            self.replied(&reply.clone());
        }
        outcome
    }

    /// The worksheet answered `line`, and perhaps the last answer in front of it.
    fn all_answered(&mut self, line: &str, mut rows: Vec<Row>) -> Outcome {
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
                self.log.record(line, &answer);
                if answer.text.is_some() {
                    self.reply = None;
                }
                Outcome::Answer(Reply::Answer(answer))
            }
            Err(fault) => Outcome::Fault(*fault),
        }
    }

    /// The worksheet's answers to `request`. A worksheet that was lost, with all that it
    /// was asked, is made again from the log, and asked again.
    async fn ask(
        &mut self,
        request: &WorksheetRequest,
        notice: &mut impl FnMut(&str),
    ) -> Result<Vec<Row>, CallError> {
        let mut told = false;
        if let Some(sheet) = &self.sheet {
            self.pending += 1;
            sheet.requests.send(request.clone()).await;
            match self.rows().await {
                Ok(rows) => return Ok(rows),
                Err(error) => {
                    self.lose();
                    notice(&looking(&error));
                    told = true;
                }
            }
        }
        if self.opened {
            self.restore(&mut told, notice).await?;
            if let Some(sheet) = &self.sheet {
                self.pending += 1;
                sheet.requests.send(request.clone()).await;
            }
        } else {
            let open = async || self.calls.worksheet(request.clone()).await;
            let opened = search(self.timeout, &mut told, notice, open).await;
            let answered = opened.as_ref().err().is_none_or(|error| !error.may_pass());
            if told && answered {
                self.found(notice).await;
            }
            (self.sheet, self.opened) = (Some(Sheet::new(opened?)), true);
            self.pending += 1;
        }
        self.rows().await.inspect_err(|_| self.lose())
    }

    fn lose(&mut self) {
        (self.sheet, self.pending) = (None, 0);
    }

    /// The answers to the request that was sent last.
    async fn rows(&mut self) -> Result<Vec<Row>, CallError> {
        let Some(sheet) = &mut self.sheet else {
            return Err(CallError::no_worksheet());
        };
        let rows = rows(sheet, self.timeout).await?;
        self.pending -= 1;
        Ok(rows)
    }

    /// Makes a worksheet that knows what the lost one knew, as soon as there is a server
    /// for it. Whether it was `told` that it is looked for: as in [`search`].
    async fn restore(
        &mut self,
        told: &mut bool,
        notice: &mut impl FnMut(&str),
    ) -> Result<(), CallError> {
        let lines: Option<Vec<_>> = self.log.lines().map(Iterator::collect);
        let lost = lines.is_none();
        let lines = lines.unwrap_or_default();
        let run = WorksheetRequest::Run {
            // A worksheet begins with a request, if only with an empty line.
            lines: u32::try_from(lines.len().max(1)).unwrap_or(u32::MAX),
            text: lines.join("\n"),
            digits: self.digits,
        };
        let attempt = async || {
            let mut sheet = Sheet::new(self.calls.worksheet(run.clone()).await?);
            let rows = rows(&mut sheet, self.timeout).await?;
            Ok((sheet, rows))
        };
        let found = search(self.timeout, told, notice, attempt).await;
        let server = self.calls.server();
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
        let wrong = rows.iter().zip(&lines).find_map(|(row, line)| {
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
                "connected to {server} again, and the worksheet is restored"
            )),
        }
        Ok(())
    }
}

/// The answers to one request.
async fn rows(sheet: &mut Sheet, limit: Duration) -> Result<Vec<Row>, CallError> {
    let mut rows = Vec::new();
    loop {
        match sheet.next(limit).await? {
            Event::Answer(row) => rows.push(row.map(client::Answered::into_owned)),
            Event::Done => return Ok(rows),
        }
    }
}

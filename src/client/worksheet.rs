//! The stream of a worksheet: requests and their answers.

use std::{
    borrow::Cow,
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::mpsc, time};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::{
    Answer, CallError, EvaluateOptions, Fault, Remarks, TypedValue,
    call::sanitize,
    channel::balancer::Backend,
    reflection::{ReflectionRequest, reflect},
};
use crate::proto::{
    grpcalc::{
        v1 as proto,
        v1::{Cancel, Names, Preview, Run, worksheet_request},
    },
    response::{AnswerReader, AnswerRef, WorksheetResponse},
};

/// The maximum number of requests that wait to be sent on the connection. The number of requests
/// that wait for an answer is limited by the callers.
const QUEUE: usize = 16;

/// The maximum time to wait for the first response before a worksheet counts as opened.
///
/// Some servers send header fields before they know the status of the call. If such a server has no
/// worksheets, the status must be known here, so that another server can be asked.
const FIRST_RESPONSE: Duration = Duration::from_secs(1);

/// A request to a worksheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorksheetRequest {
    /// Evaluates lines.
    Run {
        /// The lines, joined by `\n`.
        text: String,
        /// The number of lines.
        lines: u32,
        /// The options for the evaluation and for the text of the answers.
        options: EvaluateOptions,
    },
    /// Evaluates a line without changing the worksheet.
    Preview {
        /// The line.
        text: String,
        /// The options for the evaluation and for the text of the answer.
        options: EvaluateOptions,
    },
    /// Lists the definitions of the worksheet.
    Names {
        /// The options for the text of the values.
        options: EvaluateOptions,
    },
}

/// The number of answers expected for each request under way, the oldest request first. Both
/// halves of the stream share this queue.
type PendingRequests = Arc<Mutex<VecDeque<ExpectedAnswers>>>;

/// The number of answers that the client expects for a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ExpectedAnswers {
    Exactly(u32),
    /// Any number of answers. The worksheet has one answer for each definition, and the client
    /// cannot count the definitions.
    Any,
}

impl ExpectedAnswers {
    fn is_more_than(self, answers: u32) -> bool {
        self == Self::Any || matches!(self, Self::Exactly(n) if n > answers)
    }
}

/// The sending half of a worksheet's stream.
///
/// When all clones of this half are dropped, the worksheet ends after the last answer.
#[derive(Clone, Debug)]
pub struct Requests {
    sender: mpsc::Sender<proto::WorksheetRequest>,
    pending: PendingRequests,
}

/// The receiving half of a worksheet's stream.
#[derive(Debug)]
pub struct Responses {
    messages: Streaming<WorksheetResponse>,
    /// The first message, if it was received but its answers were not taken.
    first: Option<WorksheetResponse>,
    /// Whether any message was received.
    has_begun: bool,
    /// The answers in the last message, without the answers that have been taken.
    answers: AnswerReader,
    /// The number of answers to the oldest request that have been taken.
    index: u32,
    /// The number of answers expected for the oldest request; None before its first answer.
    expected: Option<ExpectedAnswers>,
    pending: PendingRequests,
    /// The number of answers of the stream that have been taken.
    taken: u64,
    /// The name of the server of this stream.
    server: String,
    backend: Arc<Backend>,
    /// The maximum time without a sign of life of the server; None if there is no other server.
    patience: Option<Duration>,
}

/// An answer of a worksheet, or the end of a request's answers.
#[derive(Debug, PartialEq, Eq)]
pub enum WorksheetEvent<'r> {
    /// The answer to the next line.
    Answer(Row<'r>),
    /// The end of the answers to the oldest request.
    Done,
}

/// The answer to a line.
pub type Row<'r> = Result<Answered<'r>, Box<Fault>>;

/// The answer to a line, with texts that are borrowed from the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered<'r> {
    /// The name that the line defined, made safe for a terminal; empty if the line defined no name.
    pub name: Cow<'r, str>,
    /// The value as text, made safe for a terminal; None for a line without a value.
    pub text: Option<Cow<'r, str>>,
    /// Whether `text` is rounded, and so is not the exact value.
    pub rounded: bool,
    /// The exact value; None for a real number and for a line without a value.
    pub exact: Option<TypedValue<&'r str>>,
    /// The parts that few answers have.
    pub remarks: Option<Box<Remarks>>,
}

impl Answered<'_> {
    /// Copies the borrowed texts, so that the answer owns all its texts.
    #[must_use]
    pub fn into_owned(self) -> Answer {
        Answer {
            name: self.name.into_owned(),
            text: self.text.map(Cow::into_owned),
            rounded: self.rounded,
            exact: self.exact.map(|exact| exact.map(|text| (*text).to_owned())),
            remarks: self.remarks,
        }
    }
}

impl Answer {
    /// Returns an answer that borrows the texts of `self`.
    #[must_use]
    pub fn borrowed(&self) -> Answered<'_> {
        Answered {
            name: Cow::Borrowed(&self.name),
            text: self.text.as_deref().map(Cow::Borrowed),
            rounded: self.rounded,
            exact: self.exact.as_ref().map(|exact| exact.map(String::as_str)),
            remarks: self.remarks.clone(),
        }
    }
}

/// Opens the stream of a worksheet and sends the request `first` on it. `timeout` is the time that
/// is left to open the stream.
///
/// If there are other servers, `patience` is the maximum time without a sign of life of this one.
pub(super) async fn open(
    backend: Arc<Backend>,
    first: WorksheetRequest,
    timeout: Duration,
    patience: Option<Duration>,
) -> Result<(Requests, Responses), Status> {
    let mut stub = backend.evaluator.clone();
    let (sender, waiting) = mpsc::channel(QUEUE);
    let pending = PendingRequests::default();
    let requests = Requests {
        sender,
        pending: Arc::clone(&pending),
    };
    // The queue is empty, so this does not wait.
    requests.send(first).await;
    let messages = stub.worksheet(ReceiverStream::new(waiting)).await?;
    let mut messages = messages.into_inner();
    // If the time is over, no message is lost.
    let wait = FIRST_RESPONSE.min(timeout / 4);
    let first = match time::timeout(wait, messages.message()).await {
        Ok(Ok(None)) => return Err(Status::unavailable("the server ended the worksheet")),
        Ok(first) => first?,
        Err(_) => None,
    };
    let responses = Responses {
        messages,
        has_begun: first.is_some(),
        first,
        answers: AnswerReader::default(),
        index: 0,
        expected: None,
        pending,
        taken: 0,
        server: backend.connectivity.server(),
        backend,
        patience,
    };
    Ok((requests, responses))
}

impl Requests {
    /// Sends a request.
    ///
    /// If the stream has ended, the request is dropped. [`Responses::wait`] then returns the reason
    /// why the stream ended.
    pub async fn send(&self, request: WorksheetRequest) {
        let (request, expected) = match request {
            WorksheetRequest::Run {
                text,
                lines,
                options,
            } => {
                let options = Some(options.into());
                let run = worksheet_request::Request::Run(Run { text, options });
                (run, ExpectedAnswers::Exactly(lines))
            }
            WorksheetRequest::Preview { text, options } => {
                let options = Some(options.into());
                let preview = worksheet_request::Request::Preview(Preview { text, options });
                (preview, ExpectedAnswers::Exactly(1))
            }
            WorksheetRequest::Names { options } => {
                let options = Some(options.into());
                let names = worksheet_request::Request::Names(Names { options });
                (names, ExpectedAnswers::Any)
            }
        };
        if let Ok(permit) = self.sender.reserve().await {
            // The entry is added before the request is sent, so that it exists when answers arrive.
            lock(&self.pending).push_back(expected);
            permit.send(message(request));
        }
    }

    /// Interrupts a line that has not been answered.
    ///
    /// `answer` selects the line: 1 for the line of the first answer in the stream, 2 for the line
    /// of the second answer, and so on. 0 selects the running line.
    pub async fn cancel(&self, answer: u64) {
        let cancel = worksheet_request::Request::Cancel(Cancel { answer });
        // Sending fails only if the stream has ended, as in `send`.
        let _ = self.sender.send(message(cancel)).await;
    }
}

fn message(request: worksheet_request::Request) -> proto::WorksheetRequest {
    proto::WorksheetRequest {
        request: Some(request),
    }
}

fn lock(pending: &PendingRequests) -> MutexGuard<'_, VecDeque<ExpectedAnswers>> {
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Responses {
    /// Whether an event has arrived and has not been taken.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.answers.is_empty() || self.answers.done
    }

    /// Returns the position of the next answer in the stream, counted from 1.
    ///
    /// Returns None if the oldest request may have no further answer.
    #[must_use]
    pub fn due(&self) -> Option<u64> {
        let expected = self
            .expected
            .or_else(|| lock(&self.pending).front().copied())?;
        let due = matches!(expected, ExpectedAnswers::Exactly(n) if n > self.index);
        due.then_some(self.taken + 1)
    }

    /// Waits for the next message of the stream. An error means that the stream has ended.
    ///
    /// If there are other servers, a server that is silent while an answer is due is lost.
    pub async fn wait(&mut self) -> Result<(), CallError> {
        // Responses without answers are no progress.
        loop {
            self.receive().await?;
            if self.is_ready() {
                return Ok(());
            }
        }
    }

    async fn receive(&mut self) -> Result<(), CallError> {
        let server = &self.server;
        let is_due = self.expected.is_some() || !lock(&self.pending).is_empty();
        let message = match (self.first.take(), self.patience.filter(|_| is_due)) {
            (Some(first), _) => Ok(Some(first)),
            (None, None) => self.messages.message().await,
            (None, Some(patience)) => tokio::select! {
                biased;
                message = self.messages.message() => message,
                () = silence(&self.backend, patience) => {
                    self.backend.record_failure();
                    let cause = format!("nothing was received for {patience:?}");
                    return Err(CallError::silent_stream(server, cause));
                }
            },
        };
        self.answers = match message {
            Ok(Some(message)) => message
                .answers()
                .map_err(|_| CallError::protocol_error(server))?,
            Ok(None) => return Err(CallError::ended(server, "worksheet")),
            Err(status) => {
                let connectivity = &self.backend.connectivity;
                return Err(if self.has_begun {
                    CallError::from_stream(&status, server, connectivity)
                } else {
                    CallError::from_new_stream(&status, server, connectivity)
                });
            }
        };
        self.has_begun = true;
        Ok(())
    }

    /// Takes the next event that has arrived. An error means that the stream has ended.
    ///
    /// The method checks that each answer belongs to the next line.
    #[inline]
    pub fn take(&mut self) -> Option<Result<WorksheetEvent<'_>, CallError>> {
        if !self.is_ready() {
            return None;
        }
        let expected = match self.expected {
            Some(expected) => expected,
            None => match lock(&self.pending).pop_front() {
                Some(expected) => *self.expected.insert(expected),
                None => return Some(Err(self.protocol_error())),
            },
        };
        let index = self.index;
        if self.answers.is_empty() {
            self.answers.done = false;
            (self.index, self.expected) = (0, None);
            return Some(
                if matches!(expected, ExpectedAnswers::Exactly(n) if n != index) {
                    Err(self.protocol_error())
                } else {
                    Ok(WorksheetEvent::Done)
                },
            );
        }
        self.index += 1;
        self.taken += 1;
        Some(match self.answers.next_answer() {
            Some(Ok(answer)) if answer.line == index && expected.is_more_than(index) => {
                Ok(WorksheetEvent::Answer(row(answer)))
            }
            _ => Err(CallError::protocol_error(&self.server)),
        })
    }

    /// Returns the error for a stream on which no answer arrived within `timeout`.
    #[must_use]
    pub fn silent(&self, timeout: Duration) -> CallError {
        let cause =
            format!("the server did not answer within {timeout:?}, even after a cancellation");
        CallError::silent_stream(&self.server, cause)
    }

    /// Returns the error for a stream whose responses do not match its requests.
    #[must_use]
    pub fn protocol_error(&self) -> CallError {
        CallError::protocol_error(&self.server)
    }
}

/// Ends when nothing has been received from a server for the time `patience`.
///
/// A server that computes sends nothing. Half the time after its last sign of life, it is asked for
/// its health; any reply is a sign of life.
async fn silence(backend: &Backend, patience: Duration) {
    loop {
        let reads = backend.connectivity.reads();
        time::sleep(patience / 2).await;
        if backend.connectivity.reads() != reads {
            continue;
        }
        let request = ReflectionRequest::Health(String::new());
        let probe = reflect(backend.channel.clone(), &request, patience / 2);
        let _ = time::timeout(patience / 2, probe).await;
        if backend.connectivity.reads() == reads {
            return;
        }
    }
}

/// Converts an answer from a server. The server is not trusted, so the texts are made safe for a
/// terminal.
#[inline]
fn row(answer: AnswerRef<'_>) -> Row<'_> {
    if let Some(fault) = answer.fault {
        return Err(Box::new(Fault::from_proto(&fault)));
    }
    let value = answer.value;
    let unit = answer.remarks.as_ref().map_or("", |remarks| remarks.unit);
    Ok(Answered {
        name: sanitize(answer.name),
        text: value.map(|value| sanitize(value.text)),
        rounded: value.is_some_and(|value| value.rounded),
        exact: value
            .and_then(|value| TypedValue::from_message(value.text, value.rounded, value.exact))
            .map(|typed| typed.with_unit(unit)),
        remarks: answer
            .remarks
            .and_then(|it| Remarks::from_proto(it.reading.as_ref(), it.source, it.unit)),
    })
}

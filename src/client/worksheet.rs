//! A worksheet's stream, from the side of who asks.

use std::{
    borrow::Cow,
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::{
    Answer, CallError, EvaluateOptions, Fault, Peer, TypedValue, call::sanitize,
    channel::grpc_channel::GrpcChannel,
};
use crate::proto::{
    grpcalc::{
        v1 as proto,
        v1::{Cancel, Names, Preview, Run, evaluator_service_client, worksheet_request},
    },
    response::{AnswerRef, Answers, WorksheetResponse},
};

/// Requests that wait for the connection to take them. The rest is bounded by whoever
/// asks.
const WAITING: usize = 16;

/// What a worksheet can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorksheetRequest {
    /// To evaluate lines, joined by `\n`.
    Run {
        /// The lines.
        text: String,
        /// How many there are.
        lines: u32,
        /// How to evaluate and to show them.
        options: EvaluateOptions,
    },
    /// What a line would answer.
    Preview {
        /// The line.
        text: String,
        /// How to evaluate and to show it.
        options: EvaluateOptions,
    },
    /// Every definition.
    Names {
        /// How to show the values.
        options: EvaluateOptions,
    },
}

/// How many answers the requests that are under way will have, the oldest first. Both
/// halves of the stream share it.
type UnderWay = Arc<Mutex<VecDeque<Expected>>>;

/// How many answers a request will have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expected {
    Exactly(u32),
    /// Nobody can know.
    Any,
}

impl Expected {
    fn is_more_than(self, answers: u32) -> bool {
        self == Self::Any || matches!(self, Self::Exactly(n) if n > answers)
    }
}

/// The half that asks. Dropping it ends the worksheet when everything is answered.
#[derive(Clone, Debug)]
pub struct Requests {
    sender: mpsc::Sender<proto::WorksheetRequest>,
    under_way: UnderWay,
}

/// The half that is answered.
#[derive(Debug)]
pub struct Responses {
    messages: Streaming<WorksheetResponse>,
    /// The answers of the last message that have not been taken.
    answers: Answers,
    /// The next one's index within its request.
    index: u32,
    /// How many answers that request will have, if it is known which it is.
    expected: Option<Expected>,
    under_way: UnderWay,
    /// Answers that have been taken.
    taken: u64,
    /// What to call the server of this stream.
    server: String,
    peer: Arc<Peer>,
}

/// What comes from a worksheet.
#[derive(Debug, PartialEq, Eq)]
pub enum WorksheetEvent<'r> {
    /// The answer to the next line.
    Answer(Row<'r>),
    /// The oldest request is answered.
    Done,
}

/// What became of a line.
pub type Row<'r> = Result<Answered<'r>, Box<Fault>>;

/// What a line is worth, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered<'r> {
    /// The name that the line bound, or empty; fit for a terminal.
    pub name: Cow<'r, str>,
    /// Its value as text, fit for a terminal; none where it has none.
    pub text: Option<Cow<'r, str>>,
    /// Whether the text is not the exact value.
    pub rounded: bool,
    /// The exact value; none for a real number, and where there is no value.
    pub exact: Option<TypedValue<&'r str>>,
}

impl Answered<'_> {
    /// The same, to be kept.
    #[must_use]
    pub fn into_owned(self) -> Answer {
        Answer {
            name: self.name.into_owned(),
            text: self.text.map(Cow::into_owned),
            rounded: self.rounded,
            exact: self.exact.map(|exact| exact.map(|text| (*text).to_owned())),
        }
    }
}

impl Answer {
    /// The same, as if it had just come.
    #[must_use]
    pub fn borrowed(&self) -> Answered<'_> {
        Answered {
            name: Cow::Borrowed(&self.name),
            text: self.text.as_deref().map(Cow::Borrowed),
            rounded: self.rounded,
            exact: self.exact.as_ref().map(|exact| exact.map(String::as_str)),
        }
    }
}

/// Opens a stream with its first request.
pub(super) async fn open(
    mut stub: evaluator_service_client::EvaluatorServiceClient<GrpcChannel>,
    first: WorksheetRequest,
    peer: &Arc<Peer>,
) -> Result<(Requests, Responses), Status> {
    let (sender, waiting) = mpsc::channel(WAITING);
    let under_way = UnderWay::default();
    let requests = Requests {
        sender,
        under_way: Arc::clone(&under_way),
    };
    // There is room for the first.
    requests.send(first).await;
    let messages = stub.worksheet(ReceiverStream::new(waiting)).await?;
    let responses = Responses {
        messages: messages.into_inner(),
        answers: Answers::default(),
        index: 0,
        expected: None,
        under_way,
        taken: 0,
        server: peer.name(),
        peer: Arc::clone(peer),
    };
    Ok((requests, responses))
}

impl Requests {
    /// Sends a request. Where the stream has ended nobody takes it, and the other half
    /// says why.
    pub async fn send(&self, request: WorksheetRequest) {
        let (request, expected) = match request {
            WorksheetRequest::Run {
                text,
                lines,
                options,
            } => {
                let options = Some(options.into());
                let run = worksheet_request::Request::Run(Run { text, options });
                (run, Expected::Exactly(lines))
            }
            WorksheetRequest::Preview { text, options } => {
                let options = Some(options.into());
                let preview = worksheet_request::Request::Preview(Preview { text, options });
                (preview, Expected::Exactly(1))
            }
            WorksheetRequest::Names { options } => {
                let options = Some(options.into());
                let names = worksheet_request::Request::Names(Names { options });
                (names, Expected::Any)
            }
        };
        if let Ok(place) = self.sender.reserve().await {
            // First, so that it is known before the answers can come.
            lock(&self.under_way).push_back(expected);
            place.send(message(request));
        }
    }

    /// Interrupts the line whose answer will be the stream's `answer`th, counted from 1, if
    /// it has none yet; for 0 whichever is running.
    pub async fn cancel(&self, answer: u64) {
        let cancel = worksheet_request::Request::Cancel(Cancel { answer });
        // As above.
        let _ = self.sender.send(message(cancel)).await;
    }
}

fn message(request: worksheet_request::Request) -> proto::WorksheetRequest {
    proto::WorksheetRequest {
        request: Some(request),
    }
}

fn lock(under_way: &UnderWay) -> MutexGuard<'_, VecDeque<Expected>> {
    under_way.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Responses {
    /// Whether something has come that was not taken.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        !self.answers.is_empty() || self.answers.done
    }

    /// Which answer of the stream comes next, counted from 1; none where there may be
    /// none before the end of a request.
    #[must_use]
    pub fn due(&self) -> Option<u64> {
        let expected = self
            .expected
            .or_else(|| lock(&self.under_way).front().copied())?;
        let due = matches!(expected, Expected::Exactly(n) if n > self.index);
        due.then_some(self.taken + 1)
    }

    /// Waits for more to come. An error is the end of the stream; nothing comes behind it.
    pub async fn wait(&mut self) -> Result<(), CallError> {
        let server = &self.server;
        self.answers = match self.messages.message().await {
            Ok(Some(message)) => message
                .answers()
                .map_err(|_| CallError::protocol_error(server))?,
            Ok(None) => return Err(CallError::ended(server, "worksheet")),
            Err(status) => return Err(CallError::of_stream(&status, server, &self.peer)),
        };
        Ok(())
    }

    /// Takes the next of what has come. An error is the end of the stream.
    ///
    /// Each answer is checked to be the one to the next line, so that no answer is ever
    /// taken for another line's.
    #[inline]
    pub fn take(&mut self) -> Option<Result<WorksheetEvent<'_>, CallError>> {
        if !self.is_ready() {
            return None;
        }
        let expected = match self.expected {
            Some(expected) => expected,
            None => match lock(&self.under_way).pop_front() {
                Some(expected) => *self.expected.insert(expected),
                None => return Some(Err(self.protocol_error())),
            },
        };
        let index = self.index;
        if self.answers.is_empty() {
            self.answers.done = false;
            (self.index, self.expected) = (0, None);
            return Some(if matches!(expected, Expected::Exactly(n) if n != index) {
                Err(self.protocol_error())
            } else {
                Ok(WorksheetEvent::Done)
            });
        }
        self.index += 1;
        self.taken += 1;
        Some(match self.answers.take() {
            Some(Ok(answer)) if answer.line == index && expected.is_more_than(index) => {
                Ok(WorksheetEvent::Answer(row(answer)))
            }
            _ => Err(CallError::protocol_error(&self.server)),
        })
    }

    /// That nothing came for `timeout`, though an answer was due.
    #[must_use]
    pub fn silent(&self, timeout: Duration) -> CallError {
        CallError::silent(&self.server, timeout)
    }

    /// That what came makes no sense.
    #[must_use]
    pub fn protocol_error(&self) -> CallError {
        CallError::protocol_error(&self.server)
    }
}

/// What an answer says. It may be anybody's server.
#[inline]
fn row(answer: AnswerRef<'_>) -> Row<'_> {
    if let Some(fault) = answer.fault {
        return Err(Box::new(Fault::from_proto(&fault)));
    }
    let value = answer.value;
    Ok(Answered {
        name: sanitize(answer.name),
        text: value.map(|value| sanitize(value.text)),
        rounded: value.is_some_and(|value| value.rounded),
        exact: value.and_then(|value| TypedValue::of(value.rounded, value.exact)),
    })
}

//! A worksheet's stream, from the side of who asks.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
    vec,
};

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::{Answer, CallError, Fault, Peer, grpc_only::GrpcOnly};
use crate::proto::grpcalc::v1::{
    self as proto, Cancel, Names, Options, Preview, Run, evaluator_service_client,
    worksheet_request,
};

/// Requests that wait for the connection to take them. The rest is bounded by whoever
/// asks.
const WAITING: usize = 16;

/// What a worksheet can be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// To evaluate lines, joined by `\n`.
    Run {
        /// The lines.
        text: String,
        /// How many there are.
        lines: u32,
        /// Significant digits of rounded answers.
        digits: u32,
    },
    /// What a line would answer.
    Preview {
        /// The line.
        text: String,
        /// Significant digits of a rounded answer.
        digits: u32,
    },
    /// Every definition.
    Names {
        /// Significant digits of rounded values.
        digits: u32,
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
    messages: Streaming<proto::WorksheetResponse>,
    answers: vec::IntoIter<proto::Answer>,
    /// Whether these are the last ones to their request.
    done: bool,
    /// The next one's index within its request.
    index: u32,
    /// How many answers that request will have, if it is known which it is.
    expected: Option<Expected>,
    under_way: UnderWay,
    peer: Arc<Peer>,
}

/// What comes from a worksheet.
#[derive(Debug, PartialEq, Eq)]
pub enum Event {
    /// The answer to the next line.
    Answer(Row),
    /// The oldest request is answered.
    Done,
}

/// What became of a line.
pub type Row = Result<Answer, Box<Fault>>;

/// Opens a stream with its first request.
pub(super) async fn open(
    mut stub: evaluator_service_client::EvaluatorServiceClient<GrpcOnly>,
    first: Request,
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
        answers: Vec::new().into_iter(),
        done: false,
        index: 0,
        expected: None,
        under_way,
        peer: Arc::clone(peer),
    };
    Ok((requests, responses))
}

impl Requests {
    /// Sends a request. Where the stream has ended nobody takes it, and the other half
    /// says why.
    pub async fn send(&self, request: Request) {
        let (request, expected) = match request {
            Request::Run {
                text,
                lines,
                digits,
            } => {
                let options = Some(options(digits));
                let run = worksheet_request::Request::Run(Run { text, options });
                (run, Expected::Exactly(lines))
            }
            Request::Preview { text, digits } => {
                let options = Some(options(digits));
                let preview = worksheet_request::Request::Preview(Preview { text, options });
                (preview, Expected::Exactly(1))
            }
            Request::Names { digits } => {
                let options = Some(options(digits));
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

    /// Interrupts the line that is running.
    pub async fn cancel(&self) {
        let cancel = worksheet_request::Request::Cancel(Cancel {});
        // As above.
        let _ = self.sender.send(message(cancel)).await;
    }
}

fn options(digits: u32) -> Options {
    Options {
        digits,
        ..Options::default()
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
    /// What comes next. An error is the end of the stream; nothing comes behind it.
    ///
    /// Each answer is checked to be the one to the next line, so that no answer is ever
    /// taken for another line's.
    pub async fn next(&mut self) -> Result<Event, CallError> {
        loop {
            if let Some(answer) = self.answers.next() {
                if answer.line != self.index || !self.expected()?.is_more_than(self.index) {
                    return Err(self.nonsense());
                }
                self.index += 1;
                return Ok(Event::Answer(Answer::from_proto(answer)));
            }
            if self.done {
                self.done = false;
                if matches!(self.expected()?, Expected::Exactly(n) if n != self.index) {
                    return Err(self.nonsense());
                }
                (self.index, self.expected) = (0, None);
                return Ok(Event::Done);
            }
            match self.messages.message().await {
                Ok(Some(message)) => {
                    self.answers = message.answers.into_iter();
                    self.done = message.done;
                }
                Ok(None) => return Err(CallError::ended(&self.peer)),
                Err(status) => return Err(CallError::of_stream(&status, &self.peer)),
            }
        }
    }

    /// How many answers the request has to which the next one belongs.
    fn expected(&mut self) -> Result<Expected, CallError> {
        if self.expected.is_none() {
            self.expected = lock(&self.under_way).pop_front();
        }
        self.expected.ok_or_else(|| CallError::nonsense(&self.peer))
    }

    /// That nothing came for `timeout`, though an answer was due.
    #[must_use]
    pub fn silent(&self, timeout: Duration) -> CallError {
        CallError::silent(&self.peer, timeout)
    }

    /// That what came makes no sense.
    #[must_use]
    pub fn nonsense(&self) -> CallError {
        CallError::nonsense(&self.peer)
    }
}

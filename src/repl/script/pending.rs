//! Answers that are still to come, in the order of the lines.

use std::io;

use tokio::sync::oneshot;

use crate::{
    client::{CallError, Reply},
    repl::{Calls, Outcome, calling::calls::LineResult, session::stream::WorksheetStream},
};

/// The number of a line, and its text if that is printed beside the answer.
#[derive(Debug)]
pub(super) struct InputLine {
    /// The number, from 1.
    pub(super) number: u64,
    pub(super) text: Option<String>,
}

/// The size of a run of lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) lines: u64,
    pub(super) bytes: u64,
}

/// An item of the queue between the submitter and the collector.
pub(super) enum Pending<C: Calls> {
    /// From here on this worksheet answers.
    Opened(Box<WorksheetStream<C>>),
    /// The next answers of the worksheet belong to a run of lines, from this one on. Their
    /// texts are joined by `\n`.
    Lines(InputLine, Extent),
    /// The next answer of the worksheet belongs to no line.
    Hidden,
    /// A request of this many bytes ends here.
    Answered(u32),
    /// The next request of the worksheet is a preview; its answer goes here.
    Lookup(oneshot::Sender<LineResult>),
    /// The next request of the worksheet lists the definitions.
    Names(InputLine),
    /// The worksheet gets no further requests.
    Clear(InputLine),
    /// A call of its own.
    Call(InputLine, oneshot::Receiver<Outcome>),
    /// An outcome that is known already.
    Done(InputLine, Outcome),
    /// A request of the submitter for the last answer, and for the answer of the newest line.
    Last(oneshot::Sender<(LastAnswer, Option<NewestAnswer>)>),
    /// The bytes of the input that were read up to here.
    Read(u64),
    /// No line from here on can be answered.
    Broken(CallError),
    /// The input could not be read.
    Unreadable(io::Error),
}

impl<C: Calls> Pending<C> {
    /// Whether it takes a credit of its own, which its answer gives back.
    pub(super) fn takes_credit(&self) -> bool {
        matches!(
            self,
            Self::Names(_) | Self::Clear(_) | Self::Call(..) | Self::Done(..)
        )
    }
}

/// The answer of the newest line.
#[derive(Clone, Debug)]
pub(super) struct NewestAnswer {
    /// The number of the line, from 1.
    pub(super) number: u64,
    pub(super) reply: Reply,
}

/// The last answer of the script.
#[derive(Clone, Debug, Default)]
pub(super) enum LastAnswer {
    /// The worksheet's, which knows it, or none.
    #[default]
    Worksheet,
    /// A typed call's.
    Reply(Reply),
}

//! Where the answers of the lines will come from.

use std::io;

use tokio::sync::oneshot;

use crate::{
    client::{CallError, Reply},
    repl::{Calls, Outcome, calling::calls::LineResult, session::stream::WorksheetStream},
};

/// A line's number, and its text where that is printed beside the answer.
#[derive(Debug)]
pub(super) struct Input {
    pub(super) number: u64,
    pub(super) text: Option<String>,
}

/// How many lines there are, and how long they are together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) lines: u64,
    pub(super) bytes: u64,
}

/// What comes next, in the order of the lines.
pub(super) enum Pending<C: Calls> {
    /// From here on this worksheet answers.
    WorksheetStream(Box<WorksheetStream<C>>),
    /// The next answers of the worksheet belong to lines: this one and those behind it,
    /// whose texts are joined by `\n`.
    Lines(Input, Extent),
    /// Its next answer belongs to no line.
    Hidden,
    /// A request of so many bytes is answered.
    Done(u32),
    /// Its next request is a preview, whose answer goes here.
    Lookup(oneshot::Sender<LineResult>),
    /// Its next request is for the definitions.
    Names(Input),
    /// It is not asked any more.
    Clear(Input),
    /// A call is under way.
    Call(Input, oneshot::Receiver<Outcome>),
    /// The answer is there.
    Said(Input, Outcome),
    /// To be told what the last answer is, and what the newest line came to.
    Last(oneshot::Sender<(Last, Option<Newest>)>),
    /// So many bytes of the input have been read up to here.
    Read(u64),
    /// Nothing behind this can be answered.
    Broken(CallError),
    /// The input broke.
    Unreadable(io::Error),
}

impl<C: Calls> Pending<C> {
    /// Whether it takes room of its own, which is given back with its answer.
    pub(super) fn has_room(&self) -> bool {
        matches!(
            self,
            Self::Names(_) | Self::Clear(_) | Self::Call(..) | Self::Said(..)
        )
    }
}

/// The answer of the line with this number.
pub(super) type Newest = (u64, Reply);

/// Whose the last answer is.
#[derive(Clone, Debug, Default)]
pub(super) enum Last {
    /// The worksheet's, which knows it, or nobody's.
    #[default]
    WorksheetStream,
    /// A typed call's.
    Reply(Reply),
}

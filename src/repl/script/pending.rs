//! The queue of answers that have not arrived yet, in the order of the lines.

use std::io;

use tokio::sync::oneshot;

use super::worksheet::ScriptWorksheet;
use crate::{
    client::{CallError, Reply},
    repl::{Calls, Outcome, calling::calls::LineResult},
};

/// The number of a line. The text of the line is kept only if it is printed with the answer.
#[derive(Debug)]
pub(super) struct InputLine {
    /// The number of the line, counted from 1.
    pub(super) number: u64,
    pub(super) text: Option<String>,
}

/// The size of several consecutive lines.
#[derive(Clone, Copy, Debug)]
pub(super) struct Extent {
    pub(super) lines: u64,
    pub(super) bytes: u64,
}

/// An item of the queue between the submitter and the collector.
pub(super) enum Pending<C: Calls> {
    /// This worksheet was opened. It answers the later items.
    Opened(Box<ScriptWorksheet<C>>),
    /// The next answers of the worksheet belong to consecutive lines. The `InputLine` has the
    /// number of the first line, and the text of all lines, joined by `\n`.
    Lines(InputLine, Extent),
    /// The next answer of the worksheet belongs to no line of the script, and is not printed.
    Hidden,
    /// The worksheet has answered a request of this many bytes.
    Answered(u32),
    /// The next answer of the worksheet is a preview. The preview is sent to this channel.
    Lookup(oneshot::Sender<LineResult>),
    /// The next answers of the worksheet are the definitions that the line requested.
    Names(InputLine),
    /// The line closes the worksheet. A later line opens a new worksheet.
    Clear(InputLine),
    /// The executor runs an operation for the line. The outcome arrives on this channel.
    Call(InputLine, oneshot::Receiver<Outcome>),
    /// The outcome of the line is already known.
    Done(InputLine, Outcome),
    /// The submitter requests the last answer of the script and the answer of the newest line. Both
    /// are sent to this channel.
    Last(oneshot::Sender<(LastAnswer, Option<NewestAnswer>)>),
    /// This many bytes of the input were read before this item.
    Read(u64),
    /// An error prevents the answers of all later lines.
    Broken(CallError),
    /// The input could not be read further.
    Unreadable(io::Error),
}

impl<C: Calls> Pending<C> {
    /// Whether the item holds credit. The collector releases the credit when it prints the answer.
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
    /// The number of the line, counted from 1.
    pub(super) number: u64,
    pub(super) reply: Reply,
}

/// The last answer of the script.
#[derive(Clone, Debug, Default)]
pub(super) enum LastAnswer {
    /// The worksheet computed the last answer and keeps it, or there is no last answer.
    #[default]
    Worksheet,
    /// The last answer is this reply of a typed call or of `:take`. The worksheet may not have
    /// received the reply.
    Reply(Reply),
}

//! The outcome of a line.

use crate::client::{CallError, Fault, Note, Reply};
use crate::explain::{CallSummary, ExplainedResult, Explanation};
use crate::repl::command::{continuation::LogicalLine, fault::LineFault};

/// The outcome of a line: something to print, or something to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// No output: a blank line, a comment, or a command that succeeded.
    Silence,
    /// The reply of a server.
    Answer(Reply),
    /// The answer to an expression that was sent as typed calls: the reply to the last call.
    Lowered(Reply),
    /// An earlier answer. `:ans N` made it the last answer again.
    Recalled(Reply),
    /// Text to print. It consists of complete lines.
    Text(String),
    /// A note that was sent to the chat. The user has not seen its text yet.
    Said(Note),
    /// The outcome of a line, and the explanation of the line's calls.
    Explained(Box<Outcome>, Box<Explanation>),
    /// The outcome of a line, and a summary of each call that the line made.
    Traced(Box<Outcome>, Vec<CallSummary>),
    /// The lines of a file. The prompt answers these lines next.
    Load(LoadedFile),
    /// The server reported a fault of the line.
    Fault(Fault),
    /// The line has a fault, and was not sent.
    Unsendable(LineFault),
    /// The line was sent, but no reply arrived.
    Unanswered(CallError),
    /// The session ends.
    Quit,
}

/// The lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedFile {
    /// The name of the file.
    pub name: String,
    /// The lines of the file.
    pub groups: Vec<LogicalLine>,
    /// Whether `:save` wrote the file. If so, settings that the file changes apply only to the
    /// lines of the file.
    pub is_saved: bool,
}

impl From<Result<Reply, CallError>> for Outcome {
    fn from(reply: Result<Reply, CallError>) -> Self {
        match reply {
            Ok(reply) => Self::Answer(reply),
            Err(error) => Self::Unanswered(error),
        }
    }
}

impl Outcome {
    /// Returns a fault that has no position in the line.
    pub(in crate::repl) fn fault(reason: &str, message: String, help: &str) -> Self {
        Self::Fault(Fault {
            reason: Some(reason.into()),
            message,
            place: None,
            help: help.into(),
        })
    }

    /// Adds `characters` to the position of a fault in the line.
    pub(in crate::repl) fn shifted(self, characters: usize) -> Self {
        let moved = |mut fault: Fault| {
            let place = fault.place.take();
            fault.place = place
                .map(|at| at.start.saturating_add(characters)..at.end.saturating_add(characters));
            fault
        };
        match self {
            Self::Fault(fault) => Self::Fault(moved(fault)),
            Self::Unanswered(CallError::Fault { code, fault }) => {
                let fault = moved(fault);
                Self::Unanswered(CallError::Fault { code, fault })
            }
            Self::Unsendable(fault) => Self::Unsendable(fault.shifted(characters)),
            Self::Explained(outcome, explanation) => {
                Self::Explained(Box::new(outcome.shifted(characters)), explanation)
            }
            Self::Traced(outcome, calls) => {
                Self::Traced(Box::new(outcome.shifted(characters)), calls)
            }
            outcome => outcome,
        }
    }

    /// Adds the summaries of the calls that the line made, if there are any. `Load` and `Quit` stay
    /// unchanged.
    pub(in crate::repl) fn traced(self, calls: Vec<CallSummary>) -> Self {
        match self {
            outcome @ (Self::Load(_) | Self::Quit) => outcome,
            outcome if calls.is_empty() => outcome,
            outcome => Self::Traced(Box::new(outcome), calls),
        }
    }

    /// Returns the reply, if the outcome has one.
    #[must_use]
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Answer(reply) | Self::Lowered(reply) | Self::Recalled(reply) => Some(reply),
            Self::Explained(outcome, _) | Self::Traced(outcome, _) => outcome.reply(),
            _ => None,
        }
    }

    /// Returns the result of the line in the form that explanations use.
    pub(in crate::repl) fn explained_result(&self) -> ExplainedResult {
        match self {
            Self::Silence | Self::Text(_) => ExplainedResult::Nothing,
            Self::Answer(reply) | Self::Lowered(reply) | Self::Recalled(reply) => {
                ExplainedResult::Answer {
                    text: reply.to_string(),
                    is_rounded: reply.is_rounded(),
                }
            }
            Self::Fault(fault) => ExplainedResult::Fault(fault.to_string()),
            Self::Unsendable(fault) => ExplainedResult::NotSent(fault.to_string()),
            Self::Unanswered(error) => ExplainedResult::NoReply(error.to_string()),
            Self::Said(_) | Self::Explained(..) | Self::Traced(..) | Self::Load(_) | Self::Quit => {
                ExplainedResult::Other
            }
        }
    }

    /// Whether the line has a fault or no reply.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        match self {
            Self::Fault(_) | Self::Unsendable(_) | Self::Unanswered(_) => true,
            Self::Explained(outcome, _) | Self::Traced(outcome, _) => outcome.is_fault(),
            _ => false,
        }
    }
}

//! What comes of a line.

use crate::client::{CallError, Fault, Note, Reply};
use crate::explain::{Explanation, LineResult};
use crate::repl::command::{continuation::LogicalLine, fault::LineFault};

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
    /// An earlier answer, which was asked for again.
    Recalled(Reply),
    /// A text that was asked for.
    Text(String),
    /// This was said for the user, who has not seen it.
    Said(Note),
    /// The outcome of a line, and the calls made for it.
    Explained(Box<Outcome>, Box<Explanation>),
    /// These lines are to be answered.
    Load(LoadedFile),
    /// The worksheet has no answer.
    Fault(Fault),
    /// The line was sent to nobody.
    Unsendable(LineFault),
    /// The line was sent, and has no reply.
    Unanswered(CallError),
    /// The session was asked to end.
    Quit,
}

/// The lines of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedFile {
    /// What the file is called.
    pub name: String,
    /// Its lines.
    pub groups: Vec<LogicalLine>,
    /// Whether `:save` wrote it: what it sets, it sets for its own lines.
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
    /// A fault of no place.
    pub(in crate::repl) fn fault(reason: &str, message: String, help: &str) -> Self {
        Self::Fault(Fault {
            reason: Some(reason.into()),
            message,
            place: None,
            help: help.into(),
        })
    }

    /// The same for a line that had so many `characters` in front.
    pub(in crate::repl) fn behind(self, characters: usize) -> Self {
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
            Self::Unsendable(fault) => Self::Unsendable(fault.behind(characters)),
            Self::Explained(outcome, explanation) => {
                Self::Explained(Box::new(outcome.behind(characters)), explanation)
            }
            outcome => outcome,
        }
    }

    /// The reply, where it is one.
    #[must_use]
    pub fn reply(&self) -> Option<&Reply> {
        match self {
            Self::Answer(reply) | Self::Lowered(reply) | Self::Recalled(reply) => Some(reply),
            Self::Explained(outcome, _) => outcome.reply(),
            _ => None,
        }
    }

    /// Returns the result as an explanation of the line's calls names it.
    pub(in crate::repl) fn line_result(&self) -> LineResult {
        match self {
            Self::Silence | Self::Text(_) => LineResult::Nothing,
            Self::Answer(reply) | Self::Lowered(reply) | Self::Recalled(reply) => {
                LineResult::Answer {
                    text: reply.to_string(),
                    is_rounded: reply.is_rounded(),
                }
            }
            Self::Fault(fault) => LineResult::Fault(fault.to_string()),
            Self::Unsendable(fault) => LineResult::NotSent(fault.to_string()),
            Self::Unanswered(error) => LineResult::NoReply(error.to_string()),
            Self::Said(_) | Self::Explained(..) | Self::Load(_) | Self::Quit => LineResult::Other,
        }
    }

    /// Whether the line has no answer where it should have one.
    #[must_use]
    pub fn is_fault(&self) -> bool {
        match self {
            Self::Fault(_) | Self::Unsendable(_) | Self::Unanswered(_) => true,
            Self::Explained(outcome, _) => outcome.is_fault(),
            _ => false,
        }
    }
}

//! Prints outcomes: one `match` over the outcomes, and a trait for the printers.

use std::{fmt::Display, io, ops::Range};

use super::outcome::Outcome;
use crate::explain::{CallSummary, Explanation};
use crate::{
    client::{CallError, Fault, Note, Reply},
    repl::command::fault::LineFault,
};

/// A printer of outcomes. Printers differ in their streams, formats and colors.
pub trait Present {
    /// Prints the outcome of a line that has no output.
    fn silence(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Prints an answer. If `is_recalled`, this is an earlier answer, which keeps its number.
    fn answer(&mut self, reply: &Reply, is_recalled: bool) -> io::Result<()>;

    /// Prints a text, which consists of complete lines.
    fn text(&mut self, text: &str) -> io::Result<()>;

    /// Prints a note that the user has sent to the chat.
    fn note(&mut self, note: &Note) -> io::Result<()>;

    /// Prints the explanation of a line's calls. The outcome of the line has been printed already.
    fn explanation(&mut self, explanation: &Explanation) -> io::Result<()>;

    /// Prints a summary of each call that a line made, after the outcome of the line.
    fn trace(&mut self, calls: &[CallSummary]) -> io::Result<()>;

    /// Prints a fault of the line.
    fn fault(&mut self, fault: &FaultView<'_>) -> io::Result<()>;

    /// Prints the reason why a line got no reply, for example a lost connection.
    fn error(&mut self, error: &CallError) -> io::Result<()>;
}

/// The parts of a fault that printers use. The server or the client reported the fault.
pub struct FaultView<'f> {
    /// The complete fault in one line.
    pub whole: &'f dyn Display,
    /// The reason code of the fault, such as `SYNTAX`, if there is one.
    pub reason: Option<&'f str>,
    /// The message: one sentence, without a full stop.
    pub message: &'f str,
    /// The position in the line, as a half-open range of characters counted from 0.
    pub span: Option<Range<usize>>,
    /// The advice to the user, or an empty string.
    pub help: &'f str,
}

impl<'f> FaultView<'f> {
    fn of_server(whole: &'f dyn Display, fault: &'f Fault) -> Self {
        Self {
            whole,
            reason: fault.reason.as_deref(),
            message: &fault.message,
            span: fault.place.clone(),
            help: &fault.help,
        }
    }

    fn of_line(fault: &'f LineFault) -> Self {
        Self {
            whole: fault,
            reason: Some(fault.reason),
            message: &fault.message,
            span: Some(fault.span.clone()),
            help: &fault.help,
        }
    }
}

impl Outcome {
    /// Prints the outcome with `printer`.
    pub fn present(&self, printer: &mut impl Present) -> io::Result<()> {
        match self {
            Self::Silence | Self::Load(_) | Self::Quit => printer.silence(),
            Self::Answer(reply) | Self::Lowered(reply) => printer.answer(reply, false),
            Self::Recalled(reply) => printer.answer(reply, true),
            Self::Text(text) => printer.text(text),
            Self::Said(note) => printer.note(note),
            Self::Explained(outcome, explanation) => {
                outcome.present(printer)?;
                printer.explanation(explanation)
            }
            Self::Traced(outcome, calls) => {
                outcome.present(printer)?;
                printer.trace(calls)
            }
            Self::Fault(fault) => printer.fault(&FaultView::of_server(fault, fault)),
            Self::Unanswered(error @ CallError::Fault { fault, .. }) => {
                printer.fault(&FaultView::of_server(error, fault))
            }
            Self::Unsendable(fault) => printer.fault(&FaultView::of_line(fault)),
            Self::Unanswered(error) => printer.error(error),
        }
    }
}

//! Printing an outcome: one `match`, and a trait for the printers.

use std::{fmt::Display, io, ops::Range};

use super::outcome::Outcome;
use crate::explain::{CallSummary, Explanation};
use crate::{
    client::{CallError, Fault, Note, Reply},
    repl::command::fault::LineFault,
};

/// A printer of outcomes. Printers differ in their streams, their format and their decoration.
pub trait Present {
    /// Prints the outcome of a line that has no output.
    fn silence(&mut self) -> io::Result<()> {
        Ok(())
    }

    /// Prints an answer. One that `is_recalled` has been numbered before.
    fn answer(&mut self, reply: &Reply, is_recalled: bool) -> io::Result<()>;

    /// Prints a text of whole lines.
    fn text(&mut self, text: &str) -> io::Result<()>;

    /// Prints a note that was sent for the user.
    fn note(&mut self, note: &Note) -> io::Result<()>;

    /// Prints the explanation of a line's calls, after the outcome of the line.
    fn explanation(&mut self, explanation: &Explanation) -> io::Result<()>;

    /// Prints the calls of a line in short, after the outcome of the line.
    fn trace(&mut self, calls: &[CallSummary]) -> io::Result<()>;

    /// Prints a fault of the line.
    fn fault(&mut self, fault: &FaultView<'_>) -> io::Result<()>;

    /// Prints why there is no reply, where the line itself has no fault.
    fn error(&mut self, error: &CallError) -> io::Result<()>;
}

/// A fault of a line, of whichever type.
pub struct FaultView<'f> {
    /// The whole fault in one line.
    pub whole: &'f dyn Display,
    /// The kind of the fault, if it is known.
    pub reason: Option<&'f str>,
    /// One sentence, without a full stop.
    pub message: &'f str,
    /// The position in the line, in characters from 0, half-open.
    pub span: Option<Range<usize>>,
    /// Advice, or empty.
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
    /// Prints the outcome.
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

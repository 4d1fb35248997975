//! Scripts: many lines without a prompt, from a pipe, a file or the arguments.
//!
//! Three futures and a thread share the work. The `Submitter` reads lines, sends expressions and
//! statements to the worksheet in batches, and queues a pending answer for each line. The module
//! `side_calls` makes all other calls. The `Collector` takes the pending answers in the order of
//! the lines, waits for each answer, and prints it to a buffer. The thread of `output` writes the
//! buffers.

mod answered;
mod batch;
mod collect;
mod execute;
mod flow_control;
mod format;
mod line_reader;
mod output;
mod pending;
mod sent;
mod side_calls;
mod submit;
mod worksheet;

use std::{io, time::Duration};

use tokio::{
    io::AsyncRead,
    sync::{mpsc, oneshot},
};

use self::line_reader::LineReader;
use self::{
    collect::Collector, flow_control::FlowControl, output::OutputBuffer, submit::Submitter,
};
use super::{Calls, ChatEvent, chat::ChatSession, outage};
use crate::client::EvaluateOptions;

pub use self::{
    format::Format,
    output::{Output, Side},
};

/// The maximum number of chat events that wait to be written.
const CHAT_EVENTS: usize = 16;

/// The maximum number of buffers that wait to be written. While this many buffers wait, the script
/// pauses.
const BUFFERS: usize = 2;

/// The options of a script run.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Whether to stop at the first fault.
    pub fail_fast: bool,
    /// Whether the script may have several lines. If it may, the lines share a worksheet, and
    /// faults are printed with line numbers. Otherwise, the single line is evaluated without a
    /// worksheet.
    pub many: bool,
    /// The format of the output.
    pub format: Format,
    /// How lines are evaluated and answers are shown.
    pub options: EvaluateOptions,
    /// The maximum time to wait for the next answer.
    pub timeout: Duration,
}

/// How a script ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptEnd {
    /// Every line was answered.
    Answered,
    /// A line had a fault.
    Faulty,
    /// The server became unreachable. The later lines were not answered.
    NoServer,
    /// The output was closed before all answers were written.
    Unread,
}

/// An error of a script's input or output.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The lines cannot be read.
    #[error("cannot read the script")]
    Read(#[source] io::Error),
    /// The answers cannot be written.
    #[error("cannot write the answers")]
    Write(#[source] io::Error),
    /// The thread that writes the answers cannot start.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

/// Answers the lines of `input`, and writes the answers to `output` in the order of the lines.
///
/// A line is sent as soon as it is read, even if earlier lines are not answered yet. Before the
/// script waits, it writes the answers that have arrived. Memory does not depend on the number of
/// lines or on how fast the answers are read. `name` is the name of the user in the chat. Events
/// of the chat are written to standard error.
pub async fn run(
    input: impl AsyncRead + Unpin,
    output: impl Output,
    calls: &impl Calls,
    rules: Rules,
    name: &str,
) -> Result<ScriptEnd, ScriptError> {
    let credit = FlowControl::default();
    // The credit limits the length of this queue.
    let (items, to_answer) = mpsc::unbounded_channel();
    let (buffers, to_write) = mpsc::channel(BUFFERS);
    let (written, writing) = oneshot::channel();
    std::thread::Builder::new()
        .name("answers".into())
        .spawn(move || {
            let _ = written.send(output::write_all(to_write, output));
        })
        .map_err(ScriptError::Thread)?;
    let (requested, to_call) = mpsc::unbounded_channel();
    let (chat_sender, mut chat_events) = mpsc::channel(CHAT_EVENTS);
    let chat = ChatSession::new(name, rules.timeout, chat_sender);
    // The chat event that waits for a free buffer. It is kept here if `feeding` is dropped.
    let mut next_event = None;
    let feeding = async {
        let submitter = Submitter::new(calls, items, requested, &credit, rules, chat.clone());
        let calling = side_calls::run_all(calls, to_call);
        let listening = async {
            loop {
                next_event = chat_events.recv().await;
                // The receiver is dropped only after a write error, which the receiver reports.
                let Ok(permit) = buffers.reserve().await else {
                    return;
                };
                let Some(event) = next_event.take() else {
                    return;
                };
                permit.send(chat_buffer(event));
            }
        };
        let reporting = outage::report(calls, async |notice| {
            let notice = ChatEvent::Notice(notice);
            let _ = buffers.send(chat_buffer(notice)).await;
        });
        tokio::join!(
            submitter.run(LineReader::new(input)),
            calling,
            listening,
            reporting
        );
        // The collector decides how the script ends.
        std::future::pending().await
    };
    let end = tokio::select! {
        biased;
        end = Collector::new(calls, to_answer, buffers.clone(), &credit, rules).run() => end,
        never = feeding => never,
    };
    // The subscription ends. The events that have arrived are written.
    drop(chat);
    let rest = std::iter::from_fn(|| chat_events.try_recv().ok());
    for event in next_event.into_iter().chain(rest) {
        let _ = buffers.send(chat_buffer(event)).await;
    }
    drop(buffers);
    match writing.await {
        Ok(Ok(())) => end,
        // The reader closed the pipe, as in `grpcalc -f long.calc | head -1`.
        Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ScriptEnd::Unread),
        Ok(Err(error)) => Err(ScriptError::Write(error)),
        Err(_) => Err(ScriptError::Write(io::Error::other(
            "the thread that writes the answers failed",
        ))),
    }
}

/// Returns a buffer with the text of a chat event, for standard error.
fn chat_buffer(event: ChatEvent) -> OutputBuffer {
    match event {
        ChatEvent::Note(note) => OutputBuffer::notice(format!("{note}\n")),
        ChatEvent::Notice(text) => OutputBuffer::notice(format!("grpcalc: {text}\n")),
    }
}

#[cfg(test)]
mod tests;

//! Many lines without a prompt: from a pipe, a file or the arguments.
//!
//! Three futures share the work, and a thread writes. [`feed`] reads lines, gathers those
//! of the language to requests for the worksheet, and has typed calls made ([`calls`]);
//! it says in items, one after the other, where each line's answer will come from. [`replies`]
//! takes the items in that order, waits for the answer of each, and puts it on a page.
//! [`page`] has the thread that writes pages.

mod batch;
mod collect;
mod execute;
mod executor;
mod flow_control;
mod format;
pub(super) mod line_reader;
mod output;
mod pending;
mod submit;

use std::{io, time::Duration};

use tokio::{
    io::AsyncRead,
    sync::{mpsc, oneshot},
};

use self::line_reader::LineReader;
use self::{
    collect::Collector, flow_control::FlowControl, output::OutputBuffer, submit::Submitter,
};
use super::{Calls, ChatEvent, chat::Chat};
use crate::client::EvaluateOptions;

pub use self::{
    format::Format,
    output::{Output, Side},
};

/// What was heard in the chat and waits to be written.
const HEARD: usize = 16;

/// Pages that wait to be written. Where nobody reads the answers, everything waits for
/// that.
const PAGES: usize = 2;

/// How a script is run.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Print nothing after the first fault.
    pub fail_fast: bool,
    /// Whether there are several lines, which remember each other, and whose numbers
    /// faults are told with. A single line is evaluated by itself.
    pub many: bool,
    /// How to print.
    pub format: Format,
    /// How lines are evaluated and answers shown.
    pub options: EvaluateOptions,
    /// How long to wait for an answer when nothing else comes either.
    pub timeout: Duration,
}

/// How a script came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScriptEnd {
    /// Every line was answered.
    Answered,
    /// Some line had a fault.
    Faulty,
    /// There is no server to answer; no later line was answered either.
    NoServer,
    /// Nobody reads the answers any more.
    Unread,
}

/// Why a script could not go on. The server has no part in it.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The lines.
    #[error("cannot read the script")]
    Read(#[source] io::Error),
    /// The answers.
    #[error("cannot write the answers")]
    Write(#[source] io::Error),
}

/// Answers the lines of `input` in their order on `output`.
///
/// What has been read is sent at once, whether or not earlier lines have been answered;
/// answers are written as soon as there is nothing to do but wait. Memory does not
/// depend on the number of lines, nor on how fast the answers are read. In the chat the
/// user is called `name`; what is heard there goes to the errors.
pub async fn run(
    input: impl AsyncRead + Unpin,
    output: impl Output,
    calls: &impl Calls,
    rules: Rules,
    name: &str,
) -> Result<ScriptEnd, ScriptError> {
    let credit = FlowControl::default();
    // What waits in it is bounded by the credit.
    let (items, to_answer) = mpsc::unbounded_channel();
    let (pages, to_write) = mpsc::channel(PAGES);
    let (written, writing) = oneshot::channel();
    std::thread::Builder::new()
        .name("answers".into())
        .spawn(move || {
            let _ = written.send(output::write_all(to_write, output));
        })
        .map_err(ScriptError::Write)?;
    let (asked, to_ask) = mpsc::unbounded_channel();
    let (listener, mut heard) = mpsc::channel(HEARD);
    let chat = Chat::new(name, rules.timeout, listener);
    // What is on its way to the pages, also where this ends.
    let mut passing = None;
    let feeding = async {
        let feed = Submitter::new(calls, items, asked, &credit, rules, chat.clone());
        let asking = executor::run_all(calls, to_ask);
        let hearing = async {
            loop {
                passing = heard.recv().await;
                // Where nobody takes it, writing has failed and says so.
                let Ok(place) = pages.reserve().await else {
                    return;
                };
                let Some(heard) = passing.take() else { return };
                place.send(aside(heard));
            }
        };
        tokio::join!(feed.run(LineReader::new(input)), asking, hearing);
        // The items say how it ended.
        std::future::pending().await
    };
    let end = tokio::select! {
        biased;
        end = Collector::new(to_answer, pages.clone(), &credit, rules).run() => end,
        never = feeding => never,
    };
    // Nobody listens any more; what was heard is told.
    drop(chat);
    let rest = std::iter::from_fn(|| heard.try_recv().ok());
    for heard in passing.into_iter().chain(rest) {
        let _ = pages.send(aside(heard)).await;
    }
    drop(pages);
    match writing.await {
        Ok(Ok(())) => end,
        // Whoever closed the pipe has seen enough: `grpcalc -f long.calc | head -1`.
        Ok(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ScriptEnd::Unread),
        Ok(Err(error)) => Err(ScriptError::Write(error)),
        Err(_) => Err(ScriptError::Write(io::Error::other("the writer failed"))),
    }
}

/// What was heard, as the errors have it.
fn aside(heard: ChatEvent) -> OutputBuffer {
    match heard {
        ChatEvent::Note(note) => OutputBuffer::aside(format!("{note}\n")),
        ChatEvent::Notice(text) => OutputBuffer::aside(format!("grpcalc: {text}\n")),
    }
}

#[cfg(test)]
mod tests;

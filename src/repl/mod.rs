//! Turns a line into a command, its calls and its output, for the prompt and for scripts.
//!
//! The module uses [`Calls`] and plain readers and writers, so tests need no network and no
//! terminal.

pub(crate) mod atomic_file;
mod calling;
pub mod chat;
pub mod command;
#[cfg(test)]
mod fake;
mod interpreter;
mod outage;
pub mod script;
mod session;
pub mod settings;

pub use self::{
    calling::{
        calls::Calls,
        outcome::{LoadedFile, Outcome},
        present::{FaultView, Present},
    },
    chat::subscriber::ChatEvent,
    command::{
        Command, Talk,
        continuation::{LogicalLine, LogicalLines, join_continuations},
        fault::LineFault,
    },
    session::{LOWERED, Session, SessionConfig, background::BackgroundReply},
};

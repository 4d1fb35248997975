//! Line to command to call to text, for the prompt and for scripts.
//!
//! Works over [`Calls`] and plain readers and writers, so that it runs in a test
//! without a network or a terminal.

mod calling;
pub mod chat;
pub mod command;
mod interpreter;
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

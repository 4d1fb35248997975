//! Line to command to call to text, for the prompt and for scripts.
//!
//! Works over [`Calls`] and plain readers and writers, so that it runs in a test
//! without a network or a terminal.

mod calls;
mod chat;
pub mod command;
mod describe;
mod discovery;
mod evaluation;
mod fault;
mod log;
mod lowering;
mod member;
mod operand;
mod own;
mod reader;
mod repeats;
pub mod script;
mod search;
mod session;
mod share;
mod sheet;

pub use self::{
    calls::Calls,
    chat::Talk,
    command::Command,
    fault::LineFault,
    member::Heard,
    session::{LOWERED, Outcome, Session},
};

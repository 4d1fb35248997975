//! Line to command to call to text, for the prompt and for scripts.
//!
//! Works over [`Calls`] and plain readers and writers, so that it runs in a test
//! without a network or a terminal.

mod answers;
mod calls;
mod chat;
pub mod command;
pub mod config;
mod describe;
mod discovery;
pub mod entry;
mod evaluation;
mod explain;
mod fault;
mod file;
mod group;
pub mod help;
mod lasting;
pub mod limit;
mod log;
mod lowering;
mod member;
mod operand;
mod outcome;
mod own;
mod reader;
mod repeats;
pub mod script;
mod search;
mod session;
pub mod settings;
mod share;
mod sheet;

pub use self::{
    calls::Calls,
    chat::Talk,
    command::Command,
    fault::LineFault,
    group::{Group, Grouped, grouped},
    lasting::Aside,
    member::Heard,
    outcome::{Outcome, Sheaf},
    session::{LOWERED, Profile, Session},
};

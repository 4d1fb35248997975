//! Line to command to call to text, for the prompt and for scripts.
//!
//! Works over [`Calls`] and plain readers and writers, so that it runs in a test
//! without a network or a terminal.

mod calling;
pub mod chat;
pub mod command;
pub mod script;
mod session;
pub mod settings;

pub use self::{
    calling::{
        calls::Calls,
        outcome::{Outcome, Sheaf},
    },
    chat::{Talk, subscriber::Heard},
    command::{
        Command,
        continuation::{Group, Grouped, grouped},
        fault::LineFault,
    },
    session::{LOWERED, Profile, Session, worksheet::Aside},
};

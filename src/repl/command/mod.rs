//! Commands: the rows that define commands, the parser, and help.
//!
//! There is one file per family of commands. The file contains the rows of the family, and the
//! functions that read the operands.

pub(super) mod arguments;
pub(super) mod call;
mod chat;
pub(super) mod continuation;
pub(super) mod fault;
pub mod help;
pub(super) mod inspect;
pub mod limits;
pub mod operators;
mod parse;
pub mod registry;
mod server;
mod session;
mod worksheet;

pub(super) use self::parse::begins_with_number;
pub use self::{
    arguments::{Head, Word},
    call::Operand,
    chat::Talk,
    inspect::Explain,
    parse::{Command, ParsedCommand, parse},
    session::Set,
};

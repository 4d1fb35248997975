//! Commands: their table, how a line is read as one, their help.

pub(super) mod continuation;
pub(super) mod fault;
pub mod help;
pub mod limits;
pub(super) mod operand;
mod parse;
pub mod registry;

pub use self::parse::*;

//! Evaluation: computes the values of lines.
//!
//! A worksheet evaluates a line on the fast path if possible, and otherwise with the machine. The
//! environment finds the meaning of names.

pub(super) mod environment;
mod fast_path;
mod literal;
mod machine;
pub(super) mod reading;
mod statements;
mod units;
pub(super) mod worksheet;

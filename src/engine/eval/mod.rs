//! Evaluation: lines to values.
//!
//! A worksheet evaluates its lines by the machine, or by the fast path where that can; the environment
//! gives names their meaning.

pub(super) mod environment;
mod fast_path;
mod literal;
mod machine;
mod statements;
pub(super) mod worksheet;

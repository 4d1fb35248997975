//! Lines to values: the machine, the names that it looks up, and the worksheet around it.

pub(super) mod environment;
mod fast_path;
mod literal;
mod machine;
mod statements;
pub(super) mod worksheet;

//! The budget of a line: work, memory, limits.

pub(super) mod limit_row;
pub(super) mod limits;
pub(super) mod memory;
pub(super) mod work;

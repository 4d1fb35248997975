//! The limits of a line, its work and its memory.

pub(super) mod limit_row;
pub(super) mod limits;
pub(super) mod memory;
pub(super) mod work;

//! Makes the calls for lines, and turns replies into outcomes that can be printed.

pub(super) mod calls;
pub(super) mod evaluation;
mod lowering;
pub(super) mod operand;
pub(super) mod outcome;
pub(super) mod present;
pub(super) mod reflection;

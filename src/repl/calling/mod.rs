//! Makes the calls that lines need, and turns the replies into outcomes for printing.

pub(super) mod calls;
pub(super) mod evaluation;
mod lowering;
pub(super) mod operand;
pub(super) mod outcome;
pub(super) mod present;
pub(super) mod reflection;

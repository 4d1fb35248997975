//! From a line to its calls.

pub(super) mod calls;
pub(super) mod discovery;
pub(super) mod evaluation;
pub(super) mod lowering;
pub(super) mod operand;
pub(super) mod outcome;
pub(super) mod present;

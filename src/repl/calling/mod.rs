//! Makes the calls for lines, and turns replies into outcomes that can be printed.

pub(super) mod calls;
pub(super) mod discovery;
pub(super) mod evaluation;
pub(super) mod lowering;
pub(super) mod operand;
pub(super) mod outcome;
pub(super) mod present;

//! The calls that lines become, their outcomes, and the printers of outcomes.

pub(super) mod calls;
pub(super) mod evaluation;
mod lowering;
pub(super) mod operand;
pub(super) mod outcome;
pub(super) mod present;
pub(super) mod reflection;

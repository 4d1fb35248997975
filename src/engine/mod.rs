//! The calculator itself: operands in, value or fault out.
//!
//! Pure: no gRPC, no async, no I/O.

pub mod fault;
pub mod int32;

pub use fault::{Fault, Reason};

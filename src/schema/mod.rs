//! Descriptors, our own or reflected by a server: decoding messages with them, and
//! describing them as text.

pub(crate) mod bytes;
pub(crate) mod pool;
pub(crate) mod print;

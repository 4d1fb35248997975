//! Descriptors: our own, and those that a server sends by reflection. They are used to decode
//! messages, and can be written as text.

pub(crate) mod bytes;
pub(crate) mod pool;
pub(crate) mod print;

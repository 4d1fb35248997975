//! Descriptors, our own or a server's: decoding with them, and describing them.

pub mod bytes;
pub mod pool;
pub mod print;

//! Byte streams: addresses, certificates, and a tap on what passes.

pub mod address;
pub mod tap;
pub mod tls;

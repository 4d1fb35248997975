//! Byte streams: addresses, certificates, a tap on the bytes, and the backoff of retries.

pub mod address;
pub(crate) mod backoff;
pub(crate) mod tap;
pub mod tls;

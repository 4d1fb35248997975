//! Byte streams: addresses, certificates, a tap that observes the traffic, pauses between retries.

pub mod address;
#[cfg(feature = "client")]
pub mod backoff;
pub mod tap;
pub mod tls;

//! Byte streams: addresses, certificates, a tap that observes the traffic, the backoff of retries.

pub mod address;
pub(crate) mod backoff;
pub(crate) mod tap;
pub mod tls;

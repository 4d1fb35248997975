//! Byte streams: addresses, certificates, and a tap that observes the traffic.

pub mod address;
pub(crate) mod tap;
pub mod tls;

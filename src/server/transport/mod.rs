//! Connections: where they come from, who is at their other end, and how they end.

pub(super) mod connection;
pub(super) mod listener;
pub(super) mod peer;
pub(super) mod tls;

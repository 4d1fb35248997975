//! Connections: listeners, TLS, peers, and the life of a connection.

pub(super) mod connection;
pub(super) mod listener;
pub(super) mod tls;

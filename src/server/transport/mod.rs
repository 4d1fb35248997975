//! Connections: the sockets that listen, TLS, and the serving of each connection.

mod authority;
pub(super) mod connection;
pub(super) mod listener;
pub(super) mod tls;

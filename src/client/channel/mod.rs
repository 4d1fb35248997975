//! Connections to servers: addresses, encryption, balancing, concurrency.

pub(super) mod balancer;
pub(super) mod concurrency;
pub(super) mod connector;
pub(super) mod grpc_channel;
pub(super) mod target;
pub(super) mod tls;

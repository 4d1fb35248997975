//! Channels to servers: addresses, encryption, load balancing, concurrency, retries.

pub(super) mod balancer;
pub(super) mod concurrency;
pub(super) mod connector;
pub(super) mod endpoint;
mod goaway;
pub(super) mod grpc_channel;
mod happy_eyeballs;
mod pinned;
pub(super) mod proxy;
mod request_body;
pub(super) mod resolver;
pub(super) mod response_body;
pub(super) mod target;
pub(super) mod tls;

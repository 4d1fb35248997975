//! Recording of the HTTP/2 frames on a client's connections.

pub(super) mod exchange;
pub(super) mod http2;
pub(super) mod recorder;

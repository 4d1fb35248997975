//! The bytes of a connection, read as HTTP/2 frames.

pub(super) mod http2;
pub(super) mod recorder;

//! Names in the details of a status (`google.rpc.ErrorInfo`).

#[cfg(any(feature = "client", feature = "server"))]
use {
    std::collections::HashMap,
    tonic::{Code, Status},
    tonic_types::{ErrorDetails, StatusExt as _},
};

/// The error domain of all reasons that grpcalc sends.
pub const DOMAIN: &str = "grpcalc";

/// The metadata key for the position of the first wrong character in the line, counted from 0.
pub const START: &str = "start";

/// The metadata key for the position after the last wrong character in the line.
pub const END: &str = "end";

/// The metadata key for advice to the user.
pub const HELP: &str = "help";

/// The metadata key for the name of the limit that was reached.
pub const LIMIT: &str = "limit";

/// Reason codes that clients check for, and reason codes that do not come from the engine.
pub mod reason {
    /// A limit was reached. The engine uses the same reason for its own limits.
    pub const LIMIT: &str = "LIMIT";

    /// A note was rejected by [`note::check`](crate::proto::note::check).
    pub const INVALID_NOTE: &str = "INVALID_NOTE";

    /// The server failed to answer a valid call.
    pub const INTERNAL: &str = "INTERNAL";
}

/// The name of the limit on the length of a message.
pub const MESSAGE: &str = "message";

/// Returns the status of a message that is longer than `limit` bytes.
#[cfg(any(feature = "client", feature = "server"))]
#[must_use]
pub fn message_too_large(limit: usize) -> Status {
    let metadata = HashMap::from([(LIMIT.to_owned(), MESSAGE.to_owned())]);
    let details = ErrorDetails::with_error_info(reason::LIMIT, DOMAIN, metadata);
    let message = format!("a message is longer than the limit of {limit} bytes");
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

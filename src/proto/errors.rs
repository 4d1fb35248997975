//! Names in the details of a status (`google.rpc.ErrorInfo`).

/// The domain of all reasons.
pub const DOMAIN: &str = "grpcalc";

/// The metadata key for the first character at fault, counted from 0.
pub const START: &str = "start";

/// The metadata key for the end of the characters at fault (exclusive), counted from 0.
pub const END: &str = "end";

/// The metadata key for advice to the user.
pub const HELP: &str = "help";

/// The metadata key for the name of the limit that was reached.
pub const LIMIT: &str = "limit";

/// Reasons that clients look for, and reasons that are not faults of the engine.
pub mod reason {
    /// A limit was reached. The engine's faults have the same reason.
    pub const LIMIT: &str = "LIMIT";

    /// A note was rejected by [`note::check`](crate::proto::note::check).
    pub const INVALID_NOTE: &str = "INVALID_NOTE";

    /// The server failed to answer a valid call.
    pub const INTERNAL: &str = "INTERNAL";
}

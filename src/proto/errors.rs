//! Names in the details of a status (`google.rpc.ErrorInfo`).

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

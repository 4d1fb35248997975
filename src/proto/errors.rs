//! The names in the details of a status (`google.rpc.ErrorInfo`).

/// The domain of every reason.
pub const DOMAIN: &str = "grpcalc";

/// The metadata key of the first character at fault, counted from 0.
pub const START: &str = "start";

/// The metadata key of the character after the last one at fault.
pub const END: &str = "end";

/// The metadata key of the advice.
pub const HELP: &str = "help";

/// The metadata key of the name of the limit that was reached.
pub const LIMIT: &str = "limit";

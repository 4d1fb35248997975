//! Calls: admission, deadlines, routing, and the metrics and log entries of ended calls.

mod active;
pub(super) mod admit;
mod body;
mod deadline;
mod metered_body;
pub(super) mod methods;
pub(super) mod routes;
pub(super) mod tokens;

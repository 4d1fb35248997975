//! Calls: admission, deadlines, routing, and the metrics and log entries of ended calls.

mod active;
pub(super) mod admit;
mod body;
pub(super) mod compression;
mod deadline;
pub(super) mod methods;
mod request_body;
pub(super) mod routes;
pub(super) mod tokens;

//! Calls: their admission, deadlines and routing, and the metrics and the log at their end.

mod active;
pub(super) mod admit;
mod body;
mod deadline;
mod metered_body;
pub(super) mod methods;
pub(super) mod routes;
pub(super) mod tokens;

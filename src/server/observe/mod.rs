//! The metrics and the HTTP endpoint that serves them.

pub(super) mod exporter;
pub(super) mod metrics;

//! Metrics and their HTTP page.

pub(super) mod exporter;
pub(super) mod metrics;

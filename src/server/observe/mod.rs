//! Metrics, and their page for a monitoring system.

pub(super) mod exporter;
pub(super) mod metrics;

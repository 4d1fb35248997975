//! The metrics of a server.

use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::Registry,
};

/// The metrics of a server.
///
/// The metrics of calls have the same names and labels as in gRPC servers in other languages, so
/// that existing dashboards work.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    handled: Family<CallLabels, Counter>,
    seconds: Family<MethodLabels, Histogram>,
    faults: Family<ReasonLabel, Counter>,
    limits: Family<LimitLabel, Counter>,
    pub(in crate::server) lines: Counter,
    pub(in crate::server) connections: Gauge,
    pub(in crate::server) worksheets: Gauge,
    pub(in crate::server) notes: Counter,
    pub(in crate::server) members: Gauge,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(in crate::server) struct MethodLabels {
    pub(in crate::server) grpc_service: String,
    pub(in crate::server) grpc_method: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
#[expect(clippy::struct_field_names, reason = "the labels of all gRPC servers")]
struct CallLabels {
    grpc_service: String,
    grpc_method: String,
    grpc_code: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ReasonLabel {
    reason: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct LimitLabel {
    limit: String,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let handled = Family::default();
        registry.register(
            "grpc_server_handled",
            "The number of calls that have ended, by status code",
            handled.clone(),
        );
        // From 10 microseconds to 42 seconds.
        let histogram = || Histogram::new(exponential_buckets(1e-5, 4.0, 12));
        let seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        registry.register(
            "grpc_server_handling_seconds",
            "The duration of calls in seconds",
            seconds.clone(),
        );
        let faults = Family::default();
        registry.register(
            "grpcalc_faults",
            "The number of calls and worksheet lines that failed, by reason code",
            faults.clone(),
        );
        let limits = Family::default();
        registry.register(
            "grpcalc_limits_hit",
            "The number of calls, connections and worksheets that each limit refused or ended",
            limits.clone(),
        );
        let lines = Counter::default();
        registry.register(
            "grpcalc_lines",
            "The number of answers that worksheets have sent",
            lines.clone(),
        );
        let connections = Gauge::default();
        registry.register(
            "grpcalc_connections",
            "The number of open connections",
            connections.clone(),
        );
        let worksheets = Gauge::default();
        registry.register(
            "grpcalc_worksheets",
            "The number of open worksheets",
            worksheets.clone(),
        );
        let notes = Counter::default();
        registry.register(
            "grpcalc_notes",
            "The number of notes that were sent to the chat",
            notes.clone(),
        );
        let members = Gauge::default();
        registry.register(
            "grpcalc_chat_members",
            "The number of open ChatStream calls, which receive chat notes",
            members.clone(),
        );
        Self {
            registry,
            handled,
            seconds,
            faults,
            limits,
            lines,
            connections,
            worksheets,
            notes,
            members,
        }
    }
}

impl Metrics {
    /// Returns the counter of the calls of `method` that ended with the status `code`.
    pub(in crate::server) fn handled(&self, method: &MethodLabels, code: &'static str) -> Counter {
        let MethodLabels {
            grpc_service,
            grpc_method,
        } = method.clone();
        self.handled.get_or_create_owned(&CallLabels {
            grpc_service,
            grpc_method,
            grpc_code: code,
        })
    }

    /// Returns the histogram of the durations of the calls of `method`, in seconds.
    pub(in crate::server) fn seconds(&self, method: &MethodLabels) -> Histogram {
        self.seconds.get_or_create_owned(method)
    }

    /// Counts a line or a call that failed because of `reason`.
    ///
    /// Each new reason creates a time series, so `reason` must not come from a caller.
    pub(in crate::server) fn count_fault(&self, reason: &str) {
        let reason = reason.into();
        self.faults.get_or_create(&ReasonLabel { reason }).inc();
    }

    /// Counts a call, connection or worksheet that was refused or ended because of `limit`.
    ///
    /// Each new name creates a time series, so `limit` must not come from a caller.
    pub(in crate::server) fn count_limit(&self, limit: &str) {
        let limit = limit.into();
        self.limits.get_or_create(&LimitLabel { limit }).inc();
    }

    /// Returns all metrics in the `OpenMetrics` text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

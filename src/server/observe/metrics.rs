//! What is counted, for an operator's monitoring.

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

/// Counters of a server. Those of calls have the names and labels that gRPC servers of
/// other languages use, so that dashboards fit.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    handled: Family<Handled, Counter>,
    seconds: Family<Called, Histogram>,
    faults: Family<Why, Counter>,
    limits: Family<Limit, Counter>,
    pub(in crate::server) lines: Counter,
    pub(in crate::server) connections: Gauge,
    pub(in crate::server) worksheets: Gauge,
    pub(in crate::server) notes: Counter,
    pub(in crate::server) members: Gauge,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
pub(in crate::server) struct Called {
    pub(in crate::server) grpc_service: String,
    pub(in crate::server) grpc_method: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
#[expect(clippy::struct_field_names, reason = "the labels of all gRPC servers")]
struct Handled {
    grpc_service: String,
    grpc_method: String,
    grpc_code: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Why {
    reason: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Limit {
    limit: String,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::default();
        let handled = Family::default();
        registry.register(
            "grpc_server_handled",
            "Calls that have ended, whatever became of them",
            handled.clone(),
        );
        // From 10 microseconds to 42 seconds.
        let histogram = || Histogram::new(exponential_buckets(1e-5, 4.0, 12));
        let seconds = Family::new_with_constructor(histogram as fn() -> Histogram);
        registry.register(
            "grpc_server_handling_seconds",
            "How long calls took until they ended",
            seconds.clone(),
        );
        let faults = Family::default();
        registry.register(
            "grpcalc_faults",
            "Lines and calls without an answer, by the reason of the fault",
            faults.clone(),
        );
        let limits = Family::default();
        registry.register(
            "grpcalc_limits_hit",
            "How often something was refused or ended since a limit was reached",
            limits.clone(),
        );
        let lines = Counter::default();
        registry.register(
            "grpcalc_lines",
            "Answers that worksheets have given",
            lines.clone(),
        );
        let connections = Gauge::default();
        registry.register(
            "grpcalc_connections",
            "Open connections",
            connections.clone(),
        );
        let worksheets = Gauge::default();
        registry.register("grpcalc_worksheets", "Open worksheets", worksheets.clone());
        let notes = Counter::default();
        registry.register(
            "grpcalc_notes",
            "Notes that were said in the chat",
            notes.clone(),
        );
        let members = Gauge::default();
        registry.register(
            "grpcalc_chat_members",
            "Streams on which somebody listens to the chat",
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
    /// The counter of calls of a method that ended with the status `code`.
    pub(in crate::server) fn handled(&self, called: &Called, code: &'static str) -> Counter {
        let Called {
            grpc_service,
            grpc_method,
        } = called.clone();
        self.handled.get_or_create_owned(&Handled {
            grpc_service,
            grpc_method,
            grpc_code: code,
        })
    }

    /// The histogram of how long calls of a method took.
    pub(in crate::server) fn seconds(&self, called: &Called) -> Histogram {
        self.seconds.get_or_create_owned(called)
    }

    /// A line or a call has no answer for this reason: one of ours, since each is kept.
    pub(in crate::server) fn fault(&self, reason: &str) {
        let reason = reason.into();
        self.faults.get_or_create(&Why { reason }).inc();
    }

    /// Something was refused or ended since this limit was reached: one of ours.
    pub(in crate::server) fn limit(&self, limit: &str) {
        let limit = limit.into();
        self.limits.get_or_create(&Limit { limit }).inc();
    }

    /// All of them in the text format.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        // A String takes everything.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

//! The methods of the server.

use std::sync::OnceLock;

use prometheus_client::metrics::{counter::Counter, histogram::Histogram};
use tonic::Code;

use crate::proto::{self, code};
use crate::server::observe::metrics::{MethodLabels, Metrics};

/// A service of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum ServiceId {
    Calculator,
    Evaluator,
    Chat,
    Health,
    Reflection,
    ReflectionAlpha,
    /// No service: the path of the call matches no method.
    Unknown,
}

impl ServiceId {
    /// All services that callers can use, each with its name.
    pub(in crate::server) const ALL: [(&str, Self); 6] = [
        ("calc.Calculator", Self::Calculator),
        ("grpcalc.v1.EvaluatorService", Self::Evaluator),
        ("grpc.ChatServer", Self::Chat),
        ("grpc.health.v1.Health", Self::Health),
        ("grpc.reflection.v1.ServerReflection", Self::Reflection),
        (
            "grpc.reflection.v1alpha.ServerReflection",
            Self::ReflectionAlpha,
        ),
    ];

    /// Returns the name of each method, and whether its response is a stream.
    ///
    /// The descriptors contain the same data. This table exists because decoding the descriptors
    /// at every start would take longer than a call.
    const fn methods(self) -> &'static [(&'static str, bool)] {
        match self {
            Self::Calculator => &[
                ("Add", false),
                ("Substract", false),
                ("Multiply", false),
                ("Divide", false),
            ],
            Self::Evaluator => &[("Evaluate", false), ("Worksheet", true)],
            Self::Chat => &[("ChatStream", true), ("SendNote", false)],
            Self::Health => &[("Check", false), ("List", false), ("Watch", true)],
            Self::Reflection | Self::ReflectionAlpha => &[("ServerReflectionInfo", true)],
            // All unknown paths share one set of labels in the metrics.
            Self::Unknown => &[("unknown", false)],
        }
    }
}

/// A method of the server, with its metrics.
#[derive(Debug)]
pub(super) struct ServedMethod {
    pub(super) service: ServiceId,
    /// The name of the service and the name of the method.
    pub(super) names: (&'static str, &'static str),
    /// Whether the response is a stream.
    pub(super) streams: bool,
    metrics: OnceLock<MethodMetrics>,
}

/// The metrics of a method that was called at least once.
#[derive(Debug)]
pub(super) struct MethodMetrics {
    /// The number of calls that ended with `OK`.
    pub(super) answered: Counter,
    /// The durations of all calls, in seconds.
    pub(super) seconds: Histogram,
}

impl ServedMethod {
    /// Whether a request of the method has exactly one message.
    pub(super) fn has_single_request(&self) -> bool {
        match self.service {
            // The path of an unknown method does not say what its request is.
            ServiceId::Unknown | ServiceId::Reflection | ServiceId::ReflectionAlpha => false,
            ServiceId::Evaluator => !self.streams,
            ServiceId::Calculator | ServiceId::Chat | ServiceId::Health => true,
        }
    }

    /// Returns the labels of the method in the metrics.
    pub(super) fn labels(&self) -> MethodLabels {
        let (service, method) = self.names;
        MethodLabels {
            grpc_service: service.into(),
            grpc_method: method.into(),
        }
    }

    /// Returns the metrics of the method. The first call of this function registers the metrics.
    pub(super) fn metrics(&self, metrics: &Metrics) -> &MethodMetrics {
        self.metrics.get_or_init(|| {
            let labels = self.labels();
            MethodMetrics {
                answered: metrics.handled(&labels, code::name(Code::Ok)),
                seconds: metrics.seconds(&labels),
            }
        })
    }
}

/// The methods of all services.
#[derive(Debug)]
pub(in crate::server) struct MethodTable(Vec<ServedMethod>);

impl MethodTable {
    pub(in crate::server) fn new() -> Self {
        let all = [("unknown", ServiceId::Unknown)]
            .into_iter()
            .chain(ServiceId::ALL);
        let methods = all.flat_map(|(name, service)| {
            service
                .methods()
                .iter()
                .map(move |&(method, streams)| ServedMethod {
                    service,
                    names: (name, method),
                    streams,
                    metrics: OnceLock::new(),
                })
        });
        Self(methods.collect())
    }

    /// Returns the index of the method at `path`, or the index of the entry for unknown methods.
    pub(super) fn find(&self, path: &str) -> usize {
        let names = path.strip_prefix('/').and_then(|path| path.split_once('/'));
        let position = |names| self.0.iter().position(|method| method.names == names);
        // The unknown method has the index 0.
        names.and_then(position).unwrap_or_default()
    }

    /// Returns the method at `index`, which must be a result of [`MethodTable::find`].
    pub(super) fn get(&self, index: usize) -> &ServedMethod {
        &self.0[index]
    }
}

/// The names of all services that callers can use.
pub(in crate::server) const SERVICES: [&str; ServiceId::ALL.len()] = {
    let mut names = [""; ServiceId::ALL.len()];
    let mut index = 0;
    while index < names.len() {
        names[index] = ServiceId::ALL[index].0;
        index += 1;
    }
    names
};

/// The encoded descriptors of all services, and of the details of statuses.
pub(super) const DESCRIPTORS: [&[u8]; 4] = [
    proto::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    tonic_types::pb::FILE_DESCRIPTOR_SET,
];

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use prost_types::FileDescriptorSet;

    use super::*;

    #[test]
    fn every_service_has_the_methods_that_its_descriptor_has() {
        let mut described = Vec::new();
        for set in DESCRIPTORS {
            for file in FileDescriptorSet::decode(set).unwrap().file {
                for service in &file.service {
                    let name = format!("{}.{}", file.package(), service.name());
                    let methods = service.method.iter();
                    let methods =
                        methods.map(|method| (method.name().to_owned(), method.server_streaming()));
                    described.push((name, methods.collect::<Vec<_>>()));
                }
            }
        }
        for (name, service) in ServiceId::ALL {
            let methods = service.methods().iter();
            let methods: Vec<_> = methods
                .map(|&(method, streams)| (method.to_owned(), streams))
                .collect();
            assert!(described.contains(&(name.into(), methods)), "{name}");
        }
    }

    #[test]
    fn methods_are_found_by_their_paths() {
        let methods = MethodTable::new();
        let service = |path| methods.get(methods.find(path)).service;
        assert_eq!(service("/calc.Calculator/Add"), ServiceId::Calculator);
        assert_eq!(service("/grpc.health.v1.Health/Watch"), ServiceId::Health);
        for path in [
            "/calc.Calculator/Subtract",
            "/calc.Calculator/Add/",
            "/calc.Calculator",
            "calc.Calculator/Add",
            "/unknown/other",
            "//",
            "/",
            "",
        ] {
            assert_eq!(service(path), ServiceId::Unknown, "{path:?}");
        }
    }
}

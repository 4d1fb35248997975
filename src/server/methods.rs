//! Every method that the server has.

use std::collections::HashMap;

use prometheus_client::metrics::{counter::Counter, histogram::Histogram};
use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::Code;

use super::metrics::{Called, Metrics};
use crate::{code, proto};

/// The services, by what it takes to serve them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Service {
    Calculator,
    Evaluator,
    Health,
    Reflection,
    ReflectionAlpha,
    /// None of ours.
    Unknown,
}

impl Service {
    /// Those that can be asked for, by their names.
    pub(super) const ALL: [(&str, Self); 5] = [
        ("calc.Calculator", Self::Calculator),
        ("grpcalc.v1.EvaluatorService", Self::Evaluator),
        ("grpc.health.v1.Health", Self::Health),
        ("grpc.reflection.v1.ServerReflection", Self::Reflection),
        (
            "grpc.reflection.v1alpha.ServerReflection",
            Self::ReflectionAlpha,
        ),
    ];
}

/// A method, and what is counted of it.
#[derive(Debug)]
pub(super) struct Method {
    pub(super) service: Service,
    pub(super) path: String,
    /// Whether its responses are a stream.
    pub(super) streams: bool,
    pub(super) called: Called,
    /// Calls that were answered.
    pub(super) answered: Counter,
    pub(super) seconds: Histogram,
}

/// All of them, as our descriptors have them.
#[derive(Debug)]
pub(super) struct Methods {
    all: Vec<Method>,
    by_path: HashMap<String, usize>,
}

impl Methods {
    /// Which of [`Methods::get`] stands for what is unknown.
    const UNKNOWN: usize = 0;

    pub(super) fn new(metrics: &Metrics) -> Self {
        let method = |service, name: &str, method: &str, streams| {
            let called = Called {
                grpc_service: name.into(),
                grpc_method: method.into(),
            };
            Method {
                service,
                path: format!("/{name}/{method}"),
                streams,
                answered: metrics.handled(&called, code::name(Code::Ok)),
                seconds: metrics.seconds(&called),
                called,
            }
        };
        // One set of labels for all paths that peers make up.
        let mut all = vec![method(Service::Unknown, "unknown", "unknown", false)];
        for set in DESCRIPTORS {
            let set = FileDescriptorSet::decode(set).expect("made by a compiler");
            for file in &set.file {
                for service in &file.service {
                    let name = format!("{}.{}", file.package(), service.name());
                    let known = Service::ALL.iter().find(|(known, _)| *known == name);
                    let Some((_, kind)) = known else { continue };
                    all.extend(
                        service.method.iter().map(|found| {
                            method(*kind, &name, found.name(), found.server_streaming())
                        }),
                    );
                }
            }
        }
        let by_path = all.iter().enumerate().skip(1);
        let by_path = by_path.map(|(index, method)| (method.path.clone(), index));
        Self {
            by_path: by_path.collect(),
            all,
        }
    }

    /// The index of the method with this path.
    pub(super) fn find(&self, path: &str) -> usize {
        self.by_path.get(path).copied().unwrap_or(Self::UNKNOWN)
    }

    pub(super) fn get(&self, index: usize) -> &Method {
        &self.all[index]
    }
}

/// What describes the services, for reflection too.
pub(super) const DESCRIPTORS: [&[u8]; 4] = [
    proto::FILE_DESCRIPTOR_SET,
    tonic_health::pb::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_has_its_methods() {
        let methods = Methods::new(&Metrics::default());
        for (path, streams) in [
            ("/calc.Calculator/Add", false),
            ("/calc.Calculator/Substract", false),
            ("/grpcalc.v1.EvaluatorService/Evaluate", false),
            ("/grpcalc.v1.EvaluatorService/Worksheet", true),
            ("/grpc.health.v1.Health/Check", false),
            ("/grpc.health.v1.Health/Watch", true),
            (
                "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
                true,
            ),
        ] {
            let method = methods.get(methods.find(path));
            assert_eq!((method.path.as_str(), method.streams), (path, streams));
        }
        for path in ["/calc.Calculator/Subtract", "", "/", "calc.Calculator/Add"] {
            let method = methods.get(methods.find(path));
            assert_eq!(method.service, Service::Unknown, "{path:?}");
        }
        let served = |kind| methods.all.iter().any(|method| method.service == kind);
        assert!(Service::ALL.iter().all(|(_, kind)| served(*kind)));
    }
}

//! Every method that the server has.

use std::sync::OnceLock;

use prometheus_client::metrics::{counter::Counter, histogram::Histogram};
use tonic::Code;

use crate::proto::{self, code};
use crate::server::observe::metrics::{Called, Metrics};

/// The services, by what it takes to serve them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Service {
    Calculator,
    Evaluator,
    Chat,
    Health,
    Reflection,
    ReflectionAlpha,
    /// None of ours.
    Unknown,
}

impl Service {
    /// Those that can be asked for, by their names.
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

    /// Its methods, and whether the responses of each are a stream.
    ///
    /// The descriptors say the same, but to read them at every start takes longer than a
    /// call.
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
            Self::Health => &[("Check", false), ("Watch", true)],
            Self::Reflection | Self::ReflectionAlpha => &[("ServerReflectionInfo", true)],
            // One set of labels for all paths that peers make up.
            Self::Unknown => &[("unknown", false)],
        }
    }
}

/// A method, and what is counted of it.
#[derive(Debug)]
pub(in crate::server) struct Method {
    pub(in crate::server) service: Service,
    /// The names of the service and of the method.
    pub(in crate::server) names: (&'static str, &'static str),
    /// Whether its responses are a stream.
    pub(in crate::server) streams: bool,
    counted: OnceLock<Counted>,
}

/// What is counted of a method that was called.
#[derive(Debug)]
pub(in crate::server) struct Counted {
    /// Calls that were answered.
    pub(in crate::server) answered: Counter,
    /// How long all took.
    pub(in crate::server) seconds: Histogram,
}

impl Method {
    pub(in crate::server) fn called(&self) -> Called {
        let (service, method) = self.names;
        Called {
            grpc_service: service.into(),
            grpc_method: method.into(),
        }
    }

    pub(in crate::server) fn counted(&self, metrics: &Metrics) -> &Counted {
        self.counted.get_or_init(|| {
            let called = self.called();
            Counted {
                answered: metrics.handled(&called, code::name(Code::Ok)),
                seconds: metrics.seconds(&called),
            }
        })
    }
}

/// All of them.
#[derive(Debug)]
pub(in crate::server) struct Methods(Vec<Method>);

impl Methods {
    pub(in crate::server) fn new() -> Self {
        let all = [("unknown", Service::Unknown)]
            .into_iter()
            .chain(Service::ALL);
        let methods = all.flat_map(|(name, service)| {
            service
                .methods()
                .iter()
                .map(move |&(method, streams)| Method {
                    service,
                    names: (name, method),
                    streams,
                    counted: OnceLock::new(),
                })
        });
        Self(methods.collect())
    }

    /// The index of the method with this path.
    pub(in crate::server) fn find(&self, path: &str) -> usize {
        let names = path.strip_prefix('/').and_then(|path| path.split_once('/'));
        let position = |names| self.0.iter().position(|method| method.names == names);
        // The first is the one that stands for all that are unknown.
        names.and_then(position).unwrap_or_default()
    }

    pub(in crate::server) fn get(&self, index: usize) -> &Method {
        &self.0[index]
    }
}

/// What describes the services, for reflection too.
pub(in crate::server) const DESCRIPTORS: [&[u8]; 4] = [
    proto::FILE_DESCRIPTOR_SET,
    tonic_health::pb::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
    tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
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
        for (name, service) in Service::ALL {
            let methods = service.methods().iter();
            let methods: Vec<_> = methods
                .map(|&(method, streams)| (method.to_owned(), streams))
                .collect();
            assert!(described.contains(&(name.into(), methods)), "{name}");
        }
    }

    #[test]
    fn methods_are_found_by_their_paths() {
        let methods = Methods::new();
        let service = |path| methods.get(methods.find(path)).service;
        assert_eq!(service("/calc.Calculator/Add"), Service::Calculator);
        assert_eq!(service("/grpc.health.v1.Health/Watch"), Service::Health);
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
            assert_eq!(service(path), Service::Unknown, "{path:?}");
        }
    }
}

//! Which service answers a call.

use std::{convert::Infallible, fmt, future::ready, sync::LazyLock};

use http::{Request, Response};
use tonic::{
    body::Body,
    codegen::{BoxFuture, Service as TowerService},
};
use tonic_health::{
    pb::health_server::HealthServer,
    server::{HealthReporter, HealthService},
};
use tonic_reflection::server::Builder;

use super::{
    metered_body::MeteredBody,
    methods::{DESCRIPTORS, Service},
};
use crate::proto::{
    calc::calculator_server::CalculatorServer, grpc::chat_server_server::ChatServerServer,
    grpcalc::v1::evaluator_service_server::EvaluatorServiceServer,
};
use crate::server::{
    CalculatorService, Chat, Evaluator, limits::ServerLimits, status::unknown_method,
};

/// Every service of the server.
///
/// tonic's own router would take axum into the program to tell five names apart.
pub(in crate::server) struct Routes {
    calculator: CalculatorServer<CalculatorService>,
    evaluator: EvaluatorServiceServer<Evaluator>,
    chat: ChatServerServer<Chat>,
    health: HealthServer<HealthService>,
    reflection: LazyRoute,
    reflection_alpha: LazyRoute,
}

/// Bytes of a request for health: the name of a service.
const SHORT: usize = 1024;

type Answering = BoxFuture<Response<Body>, Infallible>;

/// A service whose type has no name.
type Route = Box<dyn Fn(Request<MeteredBody>) -> Answering + Send + Sync>;

type LazyRoute = LazyLock<Route, Box<dyn FnOnce() -> Route + Send + Sync>>;

impl Routes {
    pub(in crate::server) fn new(
        evaluator: Evaluator,
        chat: Chat,
        health: HealthReporter,
        limits: &ServerLimits,
    ) -> Self {
        let limit = limits.message;
        let health = HealthService::from_health_reporter(health);
        Self {
            calculator: CalculatorServer::new(CalculatorService).max_decoding_message_size(limit),
            evaluator: EvaluatorServiceServer::new(evaluator).max_decoding_message_size(limit),
            chat: ChatServerServer::new(chat).max_decoding_message_size(limit),
            // Whoever has no token may call it.
            health: HealthServer::new(health).max_decoding_message_size(limit.min(SHORT)),
            // Made when somebody asks: an embedded server should begin at once.
            reflection: LazyLock::new(Box::new(move || {
                let server = described().build_v1().expect("made by a compiler");
                route(server.max_decoding_message_size(limit))
            })),
            reflection_alpha: LazyLock::new(Box::new(move || {
                let server = described().build_v1alpha().expect("made by a compiler");
                route(server.max_decoding_message_size(limit))
            })),
        }
    }

    /// What `service` makes of `request`.
    pub(in crate::server) fn call(
        &self,
        service: Service,
        request: Request<MeteredBody>,
    ) -> Answering {
        match service {
            Service::Calculator => self.calculator.clone().call(request),
            Service::Evaluator => self.evaluator.clone().call(request),
            Service::Chat => self.chat.clone().call(request),
            Service::Health => self.health.clone().call(request),
            Service::Reflection => (self.reflection)(request),
            Service::ReflectionAlpha => (self.reflection_alpha)(request),
            Service::Unknown => Box::pin(ready(Ok(unknown_method().into_http()))),
        }
    }
}

/// What reflection tells: of all services, those of health and reflection among them.
fn described() -> Builder<'static> {
    let builder = Service::ALL.into_iter().fold(
        Builder::configure().include_reflection_service(false),
        |builder, (name, _)| builder.with_service_name(name),
    );
    DESCRIPTORS
        .into_iter()
        .fold(builder, Builder::register_encoded_file_descriptor_set)
}

fn route<S>(service: S) -> Route
where
    S: TowerService<
            Request<MeteredBody>,
            Response = Response<Body>,
            Error = Infallible,
            Future = Answering,
        > + Clone
        + Send
        + Sync
        + 'static,
{
    Box::new(move |request| service.clone().call(request))
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes").finish_non_exhaustive()
    }
}

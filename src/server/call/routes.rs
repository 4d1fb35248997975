//! The routing of calls to their services.

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
    methods::{DESCRIPTORS, ServiceId},
};
use crate::proto::{
    calc::calculator_server::CalculatorServer, grpc::chat_server_server::ChatServerServer,
    grpcalc::v1::evaluator_service_server::EvaluatorServiceServer,
};
use crate::server::{
    CalculatorService, ChatService, Evaluator, limits::ServerLimits, status::unknown_method,
};

/// All services of the server.
///
/// This type replaces the router of tonic. That router would add the crate axum to the program,
/// only to match a few names.
pub(in crate::server) struct Routes {
    calculator: CalculatorServer<CalculatorService>,
    evaluator: EvaluatorServiceServer<Evaluator>,
    chat: ChatServerServer<ChatService>,
    health: HealthServer<HealthService>,
    reflection: LazyRoute,
    reflection_alpha: LazyRoute,
}

/// The maximum size of a health request, in bytes. Such a request contains only a service name.
const HEALTH_MESSAGE: usize = 1024;

type ResponseFuture = BoxFuture<Response<Body>, Infallible>;

/// A function that calls a service. It is boxed, because the type of the service has no name.
type Route = Box<dyn Fn(Request<MeteredBody>) -> ResponseFuture + Send + Sync>;

/// A route that is created by its first call, because an embedded server must start fast.
type LazyRoute = LazyLock<Route, Box<dyn FnOnce() -> Route + Send + Sync>>;

impl Routes {
    pub(in crate::server) fn new(
        evaluator: Evaluator,
        chat: ChatService,
        health: HealthReporter,
        limits: &ServerLimits,
    ) -> Self {
        let limit = limits.message;
        let health = HealthService::from_health_reporter(health);
        Self {
            calculator: CalculatorServer::new(CalculatorService).max_decoding_message_size(limit),
            evaluator: EvaluatorServiceServer::new(evaluator).max_decoding_message_size(limit),
            chat: ChatServerServer::new(chat).max_decoding_message_size(limit),
            // Callers without a token can use the health service, so its messages must be short.
            health: HealthServer::new(health).max_decoding_message_size(limit.min(HEALTH_MESSAGE)),
            reflection: LazyLock::new(Box::new(move || {
                let server = reflection()
                    .build_v1()
                    .expect("descriptors from the compiler are valid");
                route(server.max_decoding_message_size(limit))
            })),
            reflection_alpha: LazyLock::new(Box::new(move || {
                let server = reflection()
                    .build_v1alpha()
                    .expect("descriptors from the compiler are valid");
                route(server.max_decoding_message_size(limit))
            })),
        }
    }

    /// Passes `request` to `service`.
    pub(super) fn call(&self, service: ServiceId, request: Request<MeteredBody>) -> ResponseFuture {
        match service {
            ServiceId::Calculator => self.calculator.clone().call(request),
            ServiceId::Evaluator => self.evaluator.clone().call(request),
            ServiceId::Chat => self.chat.clone().call(request),
            ServiceId::Health => self.health.clone().call(request),
            ServiceId::Reflection => (self.reflection)(request),
            ServiceId::ReflectionAlpha => (self.reflection_alpha)(request),
            ServiceId::Unknown => Box::pin(ready(Ok(unknown_method().into_http()))),
        }
    }
}

/// Returns a builder of the reflection service.
///
/// The reflection service describes all services, including itself and the health service.
fn reflection() -> Builder<'static> {
    let builder = ServiceId::ALL.into_iter().fold(
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
            Future = ResponseFuture,
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

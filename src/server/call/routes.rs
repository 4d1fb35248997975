//! The routing of calls to their services.

use std::{convert::Infallible, fmt, future::ready, sync::LazyLock};

use http::{Request, Response, Uri};
use tonic::{
    body::Body,
    codegen::{BoxFuture, Service as TowerService},
};
use tonic_reflection::pb::v1::server_reflection_server::ServerReflectionServer;

use super::{
    methods::{DESCRIPTORS, SERVICES, ServiceId},
    request_body::RequestBody,
};
use crate::proto::{
    calc::calculator_server::CalculatorServer, grpc::chat_server_server::ChatServerServer,
    grpcalc::v1::evaluator_service_server::EvaluatorServiceServer,
    health::health_server::HealthServer,
};
use crate::server::{
    CalculatorService, ChatService, Evaluator, health::HealthService, limits::ServerLimits,
    reflection::ReflectionService, status::unknown_method,
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
    /// Created by the first call, because an embedded server must start fast.
    reflection: LazyLock<ServerReflectionServer<ReflectionService>, LazyReflection>,
    /// The maximum size of a request message, in bytes.
    limit: usize,
}

/// The maximum size of a health request, in bytes. Such a request contains only a service name.
/// Callers without a token can use the health service, so its messages must be short.
const HEALTH_MESSAGE: usize = 1024;

type ResponseFuture = BoxFuture<Response<Body>, Infallible>;

type LazyReflection = Box<dyn FnOnce() -> ServerReflectionServer<ReflectionService> + Send + Sync>;

/// The path of the method of the reflection service.
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";

impl Routes {
    pub(in crate::server) fn new(
        evaluator: Evaluator,
        chat: ChatService,
        health: HealthService,
        limits: &ServerLimits,
    ) -> Self {
        let limit = limits.message;
        Self {
            calculator: CalculatorServer::new(CalculatorService).max_decoding_message_size(limit),
            evaluator: EvaluatorServiceServer::new(evaluator).max_decoding_message_size(limit),
            chat: ChatServerServer::new(chat).max_decoding_message_size(limit),
            health: HealthServer::new(health).max_decoding_message_size(limit.min(HEALTH_MESSAGE)),
            reflection: LazyLock::new(Box::new(move || {
                let service = ReflectionService::new(SERVICES, &DESCRIPTORS);
                ServerReflectionServer::new(service).max_decoding_message_size(limit)
            })),
            limit,
        }
    }

    /// Returns the maximum size of a request message of `service`, in bytes.
    pub(super) fn message_limit(&self, service: ServiceId) -> usize {
        match service {
            ServiceId::Health => self.limit.min(HEALTH_MESSAGE),
            _ => self.limit,
        }
    }

    /// Passes `request` to `service`.
    pub(super) fn call(
        &self,
        service: ServiceId,
        mut request: Request<RequestBody>,
    ) -> ResponseFuture {
        match service {
            ServiceId::Calculator => self.calculator.clone().call(request),
            ServiceId::Evaluator => self.evaluator.clone().call(request),
            ServiceId::Chat => self.chat.clone().call(request),
            ServiceId::Health => self.health.clone().call(request),
            ServiceId::Reflection => self.reflection.clone().call(request),
            ServiceId::ReflectionAlpha => {
                // Both versions have the same messages.
                *request.uri_mut() = Uri::from_static(REFLECTION);
                self.reflection.clone().call(request)
            }
            ServiceId::Unknown => Box::pin(ready(Ok(unknown_method().into_http()))),
        }
    }
}

impl fmt::Debug for Routes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Routes").finish_non_exhaustive()
    }
}

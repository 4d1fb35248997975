//! Server reflection (services and descriptors) and health checks.

use std::{collections::HashSet, time::Duration};

use crate::proto::descriptor::FileDescriptorProto;
use http::uri::PathAndQuery;
use prost::Message as _;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status, Streaming, client::Grpc};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, ServerReflectionResponse, server_reflection_request::MessageRequest,
    server_reflection_response::MessageResponse,
};

use super::{channel::grpc_channel::GrpcChannel, with_deadline};
use crate::{
    proto::health::{
        HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
    },
    text::printable::printable,
};

/// The maximum number of descriptor files that the client accepts for one request.
const MAX_FILES: usize = 256;

/// The maximum total length, in bytes, of the descriptor files that the client accepts for one
/// request.
const MAX_BYTES: usize = 4 << 20;

/// A request about the server itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReflectionRequest {
    /// The names of the services of the server.
    Services,
    /// The descriptor files that define this symbol, and the dependencies of these files.
    Files(String),
    /// The health of the service with this name; with an empty name, the health of the server.
    Health(String),
}

/// The response to a [`ReflectionRequest`] of the same kind.
#[derive(Clone, Debug, PartialEq)]
pub enum ReflectionResponse {
    /// The names of the services of the server, made safe for a terminal: the first 10,001.
    Services(Vec<String>),
    /// The descriptor files, which have not been validated.
    Files(Vec<FileDescriptorProto>),
    /// The health of a service or of the server.
    Health(Health),
}

/// The health of a server or of a service (gRPC Health Checking Protocol).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// The server or the service accepts calls.
    Serving,
    /// The server or the service does not accept calls.
    NotServing,
    /// The server does not report whether calls are accepted.
    Unknown,
}

/// Sends `request` on `channel` and returns the response.
///
/// A health check sends the deadline `timeout` to the server. The other requests send no deadline.
pub(super) async fn reflect(
    channel: GrpcChannel,
    request: &ReflectionRequest,
    timeout: Duration,
) -> Result<ReflectionResponse, Status> {
    match request {
        ReflectionRequest::Services => Ok(ReflectionResponse::Services(services(channel).await?)),
        ReflectionRequest::Files(symbol) => {
            Ok(ReflectionResponse::Files(files(channel, symbol).await?))
        }
        ReflectionRequest::Health(service) => {
            let service = service.clone();
            let request = with_deadline(HealthCheckRequest { service }, timeout);
            let response = HealthClient::new(channel).check(request).await?;
            Ok(ReflectionResponse::Health(
                match response.into_inner().status() {
                    ServingStatus::Serving => Health::Serving,
                    ServingStatus::NotServing => Health::NotServing,
                    ServingStatus::Unknown | ServingStatus::ServiceUnknown => Health::Unknown,
                },
            ))
        }
    }
}

/// The paths of the reflection method, the newest version first. All versions have the same
/// messages.
const PATHS: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// The maximum number of characters shown of the name of a service.
const MAX_NAME: usize = 256;

/// The maximum number of services that are listed.
pub const MAX_SERVICES: usize = 10_000;

async fn services(channel: GrpcChannel) -> Result<Vec<String>, Status> {
    let first = MessageRequest::ListServices(String::new());
    match Reflection::open(channel, first).await? {
        (_, MessageResponse::ListServicesResponse(list)) => {
            let names = list
                .service
                .iter()
                // One more than is shown, so that the user learns that there are more.
                .take(MAX_SERVICES + 1)
                .map(|service| printable(&service.name, MAX_NAME));
            Ok(names.collect())
        }
        _ => Err(protocol_error()),
    }
}

/// Returns the files that define `symbol`, and their dependencies.
async fn files(channel: GrpcChannel, symbol: &str) -> Result<Vec<FileDescriptorProto>, Status> {
    let first = MessageRequest::FileContainingSymbol(symbol.into());
    let (mut reflection, mut response) = Reflection::open(channel, first).await?;
    let (mut files, mut bytes) = (Vec::new(), 0);
    // The names of files that were received or requested, and the names of dependencies to request.
    let (mut requested, mut dependencies) = (HashSet::new(), Vec::new());
    loop {
        let MessageResponse::FileDescriptorResponse(found) = response else {
            return Err(protocol_error());
        };
        for file in found.file_descriptor_proto {
            bytes += file.len();
            let file = FileDescriptorProto::decode(&*file).map_err(|_| protocol_error())?;
            requested.insert(file.name().to_owned());
            dependencies.extend(file.dependency.iter().cloned());
            files.push(file);
        }
        if files.len() > MAX_FILES || bytes > MAX_BYTES {
            return Err(Status::internal(
                "the descriptors of the server are too large",
            ));
        }
        let Some(next) = next(&mut dependencies, &mut requested) else {
            return Ok(files);
        };
        // If the server does not have this file, the other files are still useful.
        match reflection.call(MessageRequest::FileByFilename(next)).await {
            Ok(next_response) => response = next_response,
            Err(_) => return Ok(files),
        }
    }
}

/// Removes names from `dependencies` until one was not requested before, and returns this name.
fn next(dependencies: &mut Vec<String>, requested: &mut HashSet<String>) -> Option<String> {
    while let Some(name) = dependencies.pop() {
        if requested.insert(name.clone()) {
            return Some(name);
        }
    }
    None
}

/// A stream of reflection requests and responses.
struct Reflection {
    requests: mpsc::Sender<ServerReflectionRequest>,
    responses: Streaming<ServerReflectionResponse>,
}

impl Reflection {
    /// Opens a stream of the newest reflection version that the server implements, and sends
    /// `first` on it.
    async fn open(
        channel: GrpcChannel,
        first: MessageRequest,
    ) -> Result<(Self, MessageResponse), Status> {
        let mut outcome = Err(protocol_error());
        for path in PATHS {
            outcome = Self::open_at(channel.clone(), path, first.clone()).await;
            match &outcome {
                Err(status) if status.code() == Code::Unimplemented => {}
                _ => break,
            }
        }
        outcome
    }

    async fn open_at(
        channel: GrpcChannel,
        path: &'static str,
        first: MessageRequest,
    ) -> Result<(Self, MessageResponse), Status> {
        let (requests, receiver) = mpsc::channel(1);
        let mut stub = Grpc::new(channel);
        stub.ready().await.map_err(Status::from_error)?;
        let codec = ProstCodec::default();
        // Some servers send nothing before they receive the first request.
        let _ = requests.send(message(first)).await;
        let request = Request::new(ReceiverStream::new(receiver));
        let response = stub.streaming(request, PathAndQuery::from_static(path), codec);
        let mut reflection = Self {
            requests,
            responses: response.await?.into_inner(),
        };
        let response = reflection.response().await?;
        Ok((reflection, response))
    }

    async fn call(&mut self, next: MessageRequest) -> Result<MessageResponse, Status> {
        // If the stream has ended, `response` returns the reason.
        let _ = self.requests.send(message(next)).await;
        self.response().await
    }

    async fn response(&mut self) -> Result<MessageResponse, Status> {
        let message = self.responses.message().await?;
        match message.and_then(|message| message.message_response) {
            Some(MessageResponse::ErrorResponse(error)) => Err(Status::new(
                Code::from(error.error_code),
                error.error_message,
            )),
            Some(response) => Ok(response),
            None => Err(protocol_error()),
        }
    }
}

fn message(request: MessageRequest) -> ServerReflectionRequest {
    ServerReflectionRequest {
        host: String::new(),
        message_request: Some(request),
    }
}

fn protocol_error() -> Status {
    Status::internal("the reflection responses of the server are malformed")
}

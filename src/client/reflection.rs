//! What a server tells of itself: its services, its descriptors, its health.

use std::{collections::HashSet, time::Duration};

use http::uri::PathAndQuery;
use prost::Message as _;
use prost_types::FileDescriptorProto;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Request, Status, Streaming, client::Grpc};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_prost::ProstCodec;
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, ServerReflectionResponse, server_reflection_request::MessageRequest,
    server_reflection_response::MessageResponse,
};

use super::{channel::grpc_channel::GrpcChannel, with_deadline};
use crate::text::printable::printable;

/// Files of descriptors that are taken from a server for one question, and their bytes.
const FILES: usize = 256;
const BYTES: usize = 4 << 20;

/// What can be asked of any server that tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReflectionRequest {
    /// The names of its services.
    Services,
    /// The files that define this symbol and what it is made of.
    Files(String),
    /// Whether it serves; a service, or with an empty name all of them.
    Health(String),
}

/// What a server told.
#[derive(Clone, Debug, PartialEq)]
pub enum ReflectionResponse {
    /// The names of its services, fit for a terminal.
    Services(Vec<String>),
    /// Files, as they came.
    Files(Vec<FileDescriptorProto>),
    /// Whether it serves.
    Health(Health),
}

/// How a server does (gRPC Health Checking Protocol).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// It takes calls.
    Serving,
    /// It does not.
    NotServing,
    /// It does not know.
    Unknown,
}

/// Asks whoever is at the other end of `channel`, who has `left` to answer.
pub(super) async fn inquire(
    channel: GrpcChannel,
    inquiry: &ReflectionRequest,
    left: Duration,
) -> Result<ReflectionResponse, Status> {
    match inquiry {
        ReflectionRequest::Services => Ok(ReflectionResponse::Services(services(channel).await?)),
        ReflectionRequest::Files(symbol) => {
            Ok(ReflectionResponse::Files(files(channel, symbol).await?))
        }
        ReflectionRequest::Health(service) => {
            let service = service.clone();
            let request = with_deadline(HealthCheckRequest { service }, left);
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

/// The paths of reflection, the newest first. Their messages are the same on the wire.
const REFLECTION: [&str; 2] = [
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
];

/// Characters of a name that are shown.
const NAME: usize = 256;

async fn services(channel: GrpcChannel) -> Result<Vec<String>, Status> {
    let first = MessageRequest::ListServices(String::new());
    match Reflection::open(channel, first).await? {
        (_, MessageResponse::ListServicesResponse(list)) => {
            let names = list
                .service
                .iter()
                .map(|service| printable(&service.name, NAME));
            Ok(names.collect())
        }
        _ => Err(protocol_error()),
    }
}

/// The files that define `symbol`, and those that they are made of.
async fn files(channel: GrpcChannel, symbol: &str) -> Result<Vec<FileDescriptorProto>, Status> {
    let first = MessageRequest::FileContainingSymbol(symbol.into());
    let (mut reflection, mut answer) = Reflection::open(channel, first).await?;
    let (mut files, mut bytes) = (Vec::new(), 0);
    // Files that are here or were asked for, and those that are still to be asked for.
    let (mut known, mut wanted) = (HashSet::new(), Vec::new());
    loop {
        let MessageResponse::FileDescriptorResponse(found) = answer else {
            return Err(protocol_error());
        };
        for file in found.file_descriptor_proto {
            bytes += file.len();
            let file = FileDescriptorProto::decode(&*file).map_err(|_| protocol_error())?;
            known.insert(file.name().to_owned());
            wanted.extend(file.dependency.iter().cloned());
            files.push(file);
        }
        if files.len() > FILES || bytes > BYTES {
            return Err(Status::internal(
                "the descriptors of the server are too long",
            ));
        }
        let Some(next) = next(&mut wanted, &mut known) else {
            return Ok(files);
        };
        // Without a file that the server does not have, the others say as much as they can.
        match reflection.ask(MessageRequest::FileByFilename(next)).await {
            Ok(further) => answer = further,
            Err(_) => return Ok(files),
        }
    }
}

fn next(wanted: &mut Vec<String>, known: &mut HashSet<String>) -> Option<String> {
    while let Some(name) = wanted.pop() {
        if known.insert(name.clone()) {
            return Some(name);
        }
    }
    None
}

/// A conversation with a server about its descriptors.
struct Reflection {
    questions: mpsc::Sender<ServerReflectionRequest>,
    answers: Streaming<ServerReflectionResponse>,
}

impl Reflection {
    /// Begins with the question `first`, in the newest version that the server has.
    async fn open(
        channel: GrpcChannel,
        first: MessageRequest,
    ) -> Result<(Self, MessageResponse), Status> {
        let mut outcome = Err(protocol_error());
        for path in REFLECTION {
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
        let (questions, coming) = mpsc::channel(1);
        let mut stub = Grpc::new(channel);
        stub.ready().await.map_err(Status::from_error)?;
        let codec = ProstCodec::default();
        // Servers may say nothing before the first question.
        let _ = questions.send(question(first)).await;
        let request = Request::new(ReceiverStream::new(coming));
        let response = stub.streaming(request, PathAndQuery::from_static(path), codec);
        let answers = response.await?.into_inner();
        let mut reflection = Self { questions, answers };
        let answer = reflection.answer().await?;
        Ok((reflection, answer))
    }

    async fn ask(&mut self, next: MessageRequest) -> Result<MessageResponse, Status> {
        // Where nobody takes it, the answer says why.
        let _ = self.questions.send(question(next)).await;
        self.answer().await
    }

    async fn answer(&mut self) -> Result<MessageResponse, Status> {
        let message = self.answers.message().await?;
        match message.and_then(|message| message.message_response) {
            Some(MessageResponse::ErrorResponse(error)) => Err(Status::new(
                Code::from(error.error_code),
                error.error_message,
            )),
            Some(answer) => Ok(answer),
            None => Err(protocol_error()),
        }
    }
}

fn question(message: MessageRequest) -> ServerReflectionRequest {
    ServerReflectionRequest {
        host: String::new(),
        message_request: Some(message),
    }
}

fn protocol_error() -> Status {
    Status::internal("what the server says of itself makes no sense")
}

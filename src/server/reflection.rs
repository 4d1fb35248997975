//! The reflection service: describes the services of the server to generic clients.

use std::{
    collections::{BTreeMap, HashMap},
    pin::Pin,
    sync::Arc,
};

use futures_util::{Stream, StreamExt as _};
use prost::Message as _;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    FileDescriptorSet,
};
use tonic::{Code, Request, Response, Status, Streaming};
use tonic_reflection::pb::v1::{
    ErrorResponse, ExtensionNumberResponse, FileDescriptorResponse, ListServiceResponse,
    ServerReflectionRequest, ServerReflectionResponse, ServiceResponse,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
    server_reflection_server::ServerReflection,
};

/// The reflection service. A question without an answer gets an error response, and the stream
/// continues.
///
/// The messages of the versions v1 and v1alpha are the same, so this type serves both.
#[derive(Clone, Debug)]
pub(super) struct ReflectionService(Arc<DescriptorIndex>);

/// Descriptors, by the names that a client can ask for.
#[derive(Debug, Default)]
struct DescriptorIndex {
    /// The names of the services.
    services: Vec<String>,
    files: Vec<IndexedFile>,
    /// The index of each file, by its name.
    names: HashMap<String, usize>,
    /// The index of the file of each symbol, by its full name without a leading dot.
    symbols: HashMap<String, usize>,
    /// The index of the file of each extension, by the extended message and the field number.
    extensions: BTreeMap<(String, i32), usize>,
}

#[derive(Debug)]
struct IndexedFile {
    encoded: Vec<u8>,
    dependencies: Vec<String>,
}

impl ReflectionService {
    /// Creates a service that describes `services` with `sets` of encoded descriptors.
    ///
    /// A set that cannot be decoded is left out.
    pub(super) fn new<'n>(services: impl IntoIterator<Item = &'n str>, sets: &[&[u8]]) -> Self {
        let mut index = DescriptorIndex {
            services: services.into_iter().map(str::to_owned).collect(),
            ..DescriptorIndex::default()
        };
        for set in sets {
            let files = FileDescriptorSet::decode(*set).unwrap_or_default().file;
            for file in &files {
                index.add(file);
            }
        }
        Self(Arc::new(index))
    }
}

#[tonic::async_trait]
impl ServerReflection for ReflectionService {
    type ServerReflectionInfoStream =
        Pin<Box<dyn Stream<Item = Result<ServerReflectionResponse, Status>> + Send>>;

    async fn server_reflection_info(
        &self,
        requests: Request<Streaming<ServerReflectionRequest>>,
    ) -> Result<Response<Self::ServerReflectionInfoStream>, Status> {
        let index = Arc::clone(&self.0);
        let responses = requests
            .into_inner()
            .map(move |request| request.map(|request| index.respond(request)));
        Ok(Response::new(Box::pin(responses)))
    }
}

impl DescriptorIndex {
    fn respond(&self, request: ServerReflectionRequest) -> ServerReflectionResponse {
        let answer = match &request.message_request {
            Some(MessageRequest::FileByFilename(name)) => {
                self.files(self.names.get(name), "file", name)
            }
            Some(MessageRequest::FileContainingSymbol(symbol)) => {
                let name = symbol.strip_prefix('.').unwrap_or(symbol);
                self.files(self.symbols.get(name), "symbol", symbol)
            }
            Some(MessageRequest::FileContainingExtension(extension)) => {
                let name = &extension.containing_type;
                let key = (bare(name).to_owned(), extension.extension_number);
                self.files(self.extensions.get(&key), "extension of", name)
            }
            Some(MessageRequest::AllExtensionNumbersOfType(name)) => self.extensions(name),
            Some(MessageRequest::ListServices(_)) => {
                let services = self.services.iter();
                let service = services
                    .map(|name| ServiceResponse { name: name.clone() })
                    .collect();
                Ok(MessageResponse::ListServicesResponse(ListServiceResponse {
                    service,
                }))
            }
            None => Err((Code::InvalidArgument, "the request has no question".into())),
        };
        let answer = answer.unwrap_or_else(|(code, error_message)| {
            MessageResponse::ErrorResponse(ErrorResponse {
                error_code: code.into(),
                error_message,
            })
        });
        ServerReflectionResponse {
            valid_host: request.host.clone(),
            original_request: Some(request),
            message_response: Some(answer),
        }
    }

    /// Returns the file at `index`, followed by its direct and indirect dependencies.
    fn files(
        &self,
        index: Option<&usize>,
        kind: &str,
        name: &str,
    ) -> Result<MessageResponse, (Code, String)> {
        let first = *index.ok_or_else(|| not_found(kind, name))?;
        let mut indices = vec![first];
        let mut next = 0;
        while let Some(index) = indices.get(next) {
            next += 1;
            for dependency in &self.files[*index].dependencies {
                match self.names.get(dependency) {
                    Some(dependency) if !indices.contains(dependency) => indices.push(*dependency),
                    _ => {}
                }
            }
        }
        let files = indices
            .iter()
            .map(|index| self.files[*index].encoded.clone());
        Ok(MessageResponse::FileDescriptorResponse(
            FileDescriptorResponse {
                file_descriptor_proto: files.collect(),
            },
        ))
    }

    fn extensions(&self, name: &str) -> Result<MessageResponse, (Code, String)> {
        let name = bare(name);
        if !self.symbols.contains_key(name) {
            return Err(not_found("type", name));
        }
        let range = (name.to_owned(), i32::MIN)..=(name.to_owned(), i32::MAX);
        let numbers = self.extensions.range(range).map(|((_, number), _)| *number);
        Ok(MessageResponse::AllExtensionNumbersResponse(
            ExtensionNumberResponse {
                base_type_name: name.to_owned(),
                extension_number: numbers.collect(),
            },
        ))
    }

    /// Adds a file, unless a file with the same name was added before.
    fn add(&mut self, file: &FileDescriptorProto) {
        let index = self.files.len();
        if self.names.contains_key(file.name()) {
            return;
        }
        self.names.insert(file.name().to_owned(), index);
        self.files.push(IndexedFile {
            encoded: file.encode_to_vec(),
            dependencies: file.dependency.clone(),
        });
        let mut symbols = Symbols { index, all: self };
        let package = file.package();
        for service in &file.service {
            let service_name = join(package, service.name());
            for method in &service.method {
                symbols.add(join(&service_name, method.name()));
            }
            symbols.add(service_name);
        }
        symbols.add_messages(package, &file.message_type);
        symbols.add_enums(package, &file.enum_type);
        symbols.add_extensions(package, &file.extension);
    }
}

/// The symbols of the file at `index`.
struct Symbols<'d> {
    index: usize,
    all: &'d mut DescriptorIndex,
}

impl Symbols<'_> {
    fn add(&mut self, name: String) {
        self.all.symbols.entry(name).or_insert(self.index);
    }

    /// Adds messages and what is declared in them. A file is trusted, and its nesting is shallow.
    fn add_messages(&mut self, scope: &str, messages: &[DescriptorProto]) {
        let mut pending: Vec<_> = messages
            .iter()
            .map(|message| (scope.to_owned(), message))
            .collect();
        while let Some((scope, message)) = pending.pop() {
            let name = join(&scope, message.name());
            for field in &message.field {
                self.add(join(&name, field.name()));
            }
            for oneof in &message.oneof_decl {
                self.add(join(&name, oneof.name()));
            }
            self.add_enums(&name, &message.enum_type);
            self.add_extensions(&name, &message.extension);
            pending.extend(
                message
                    .nested_type
                    .iter()
                    .map(|nested| (name.clone(), nested)),
            );
            self.add(name);
        }
    }

    /// Adds enums. A value is a symbol of the scope of its enum, and is found in its enum too.
    fn add_enums(&mut self, scope: &str, enums: &[EnumDescriptorProto]) {
        for declared in enums {
            let name = join(scope, declared.name());
            for value in &declared.value {
                self.add(join(scope, value.name()));
                self.add(join(&name, value.name()));
            }
            self.add(name);
        }
    }

    fn add_extensions(&mut self, scope: &str, extensions: &[FieldDescriptorProto]) {
        for extension in extensions {
            self.add(join(scope, extension.name()));
            let key = (bare(extension.extendee()).to_owned(), extension.number());
            self.all.extensions.entry(key).or_insert(self.index);
        }
    }
}

fn not_found(kind: &str, name: &str) -> (Code, String) {
    // A client may ask with a name of any length.
    let name: String = name.chars().take(200).collect();
    (Code::NotFound, format!("{kind} not found: {name}"))
}

/// Returns a full name without the leading dot.
fn bare(name: &str) -> &str {
    name.strip_prefix('.').unwrap_or(name)
}

fn join(scope: &str, name: &str) -> String {
    if scope.is_empty() {
        name.to_owned()
    } else {
        format!("{scope}.{name}")
    }
}

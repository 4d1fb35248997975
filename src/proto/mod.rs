//! The contract between client and server: messages, stubs and shared constants.
//!
//! `build.rs` generates messages, stubs and descriptors from `proto/`. The rest is written by
//! hand: a message that stays encoded, in [`response`], and the constants and checks that client
//! and server share. The other rooms convert between these messages and their own types.

pub mod bearer_token;
pub mod code;
#[cfg(any(feature = "client", feature = "server"))]
pub mod compression;
pub mod cursor;
pub mod errors;
pub mod framing;
pub mod header;
#[cfg(any(feature = "client", feature = "server"))]
pub mod message_body;
pub mod note;
pub mod reserved;
pub mod response;

// Lints are off for generated code.

/// `calc.proto`: the calculator of the gRPC tutorial.
#[allow(clippy::pedantic, missing_docs)]
pub mod calc {
    tonic::include_proto!("calc");
}

/// `chat.proto`: the chat of the gRPC tutorial.
#[allow(clippy::pedantic, missing_docs)]
pub mod grpc {
    tonic::include_proto!("grpc");
}

/// `grpc/health/v1`: the gRPC Health Checking Protocol.
#[allow(clippy::pedantic, missing_docs)]
pub mod health {
    tonic::include_proto!("grpc.health.v1");
}

/// `grpcalc/v1`: evaluation of lines in the calculator's language.
#[allow(clippy::pedantic, missing_docs)]
pub mod grpcalc {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("grpcalc.v1");
    }
}

/// `descriptor.proto`: descriptors of proto files, with editions.
#[cfg(feature = "client")]
#[allow(clippy::pedantic, missing_docs)]
pub mod descriptor {
    tonic::include_proto!("descriptor");
}

/// The descriptors of the proto files, with comments: an encoded
/// `google.protobuf.FileDescriptorSet`.
pub const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("grpcalc");

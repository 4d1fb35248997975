//! What `build.rs` made of `proto/`: messages, stubs and descriptors.
//!
//! Added by hand: [`response`], a message that is kept as it travels, and the constants that
//! both ends must agree on. The other rooms convert at their border.

pub mod code;
pub mod cursor;
pub mod errors;
pub mod note;
pub mod reserved;
pub mod response;
pub mod token;

// Generated code is not ours to tidy.

/// `calc.proto`: the tutorial's calculator.
#[allow(clippy::pedantic, missing_docs)]
pub mod calc {
    tonic::include_proto!("calc");
}

/// `chat.proto`: the tutorial's chat.
#[allow(clippy::pedantic, missing_docs)]
pub mod grpc {
    tonic::include_proto!("grpc");
}

/// `grpcalc/v1`: the calculator's own language.
#[allow(clippy::pedantic, missing_docs)]
pub mod grpcalc {
    /// Version 1.
    pub mod v1 {
        tonic::include_proto!("grpcalc.v1");
    }
}

/// The encoded `google.protobuf.FileDescriptorSet` of all three files, comments included.
pub const FILE_DESCRIPTOR_SET: &[u8] = tonic::include_file_descriptor_set!("grpcalc");

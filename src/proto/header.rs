//! Names of gRPC header fields that our gRPC libraries do not export.

/// The field with the details of a status: a `google.rpc.Status` in base64. The field is sent in
/// trailers or headers.
pub const STATUS_DETAILS: &str = "grpc-status-details-bin";

/// The field with the maximum time that the client waits for the end of the call ("gRPC over
/// HTTP2", "Timeout").
pub const TIMEOUT: &str = "grpc-timeout";

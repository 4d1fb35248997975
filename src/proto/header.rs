//! Names of header fields that gRPC defines and the libraries in use do not export.

/// The field with the details of a status: a base64 `google.rpc.Status`, in trailers or headers.
pub const STATUS_DETAILS: &str = "grpc-status-details-bin";

/// The field with the time that the client waits for the call ("gRPC over HTTP2", "Timeout").
pub const TIMEOUT: &str = "grpc-timeout";

//! Names of gRPC header fields that our gRPC libraries do not export.

use http::HeaderName;

/// The field with the details of a status: a `google.rpc.Status` in base64. The field is sent in
/// trailers or headers.
pub static STATUS_DETAILS: HeaderName = HeaderName::from_static("grpc-status-details-bin");

/// The field with the maximum time that the client waits for the end of the call ("gRPC over
/// HTTP2", "Timeout").
pub static TIMEOUT: HeaderName = HeaderName::from_static("grpc-timeout");

/// The field with the encoding of compressed messages ("gRPC over HTTP2", "Message-Encoding").
pub static ENCODING: HeaderName = HeaderName::from_static("grpc-encoding");

/// The field with the encodings that the sender of the field can read ("gRPC over HTTP2",
/// "Message-Accept-Encoding").
pub static ACCEPT_ENCODING: HeaderName = HeaderName::from_static("grpc-accept-encoding");

/// Whether a media type is that of gRPC with protobuf messages ("gRPC over HTTP2",
/// "Content-Type").
#[must_use]
pub fn is_grpc(media_type: &[u8]) -> bool {
    let end = media_type.iter().position(|byte| *byte == b';');
    let essence = media_type[..end.unwrap_or(media_type.len())].trim_ascii();
    [&b"application/grpc"[..], b"application/grpc+proto"]
        .iter()
        .any(|known| essence.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_of_grpc() {
        for (media_type, expected) in [
            ("application/grpc", true),
            ("application/grpc+proto", true),
            ("Application/gRPC; charset=utf-8", true),
            ("application/grpc ;x", true),
            ("application/grpc-web", false),
            ("application/grpc-web+proto", false),
            ("application/grpc+json", false),
            ("application/grpcx", false),
            ("application/json", false),
            ("text/html", false),
            ("", false),
        ] {
            assert_eq!(is_grpc(media_type.as_bytes()), expected, "{media_type}");
        }
    }
}

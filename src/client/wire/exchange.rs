//! One recorded call: its server, header fields, bytes and times.

use std::{
    fmt,
    time::{Duration, Instant},
};

use super::http2::HeaderField;
use crate::net::{address::Address, tls::ClientTlsFiles};

/// The recording keeps at most this number of bytes of a call's DATA frames, for each direction.
const KEPT_BYTES: usize = 4096;

/// The server at the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// The server in this process, connected by a pipe in memory.
    Embedded {
        /// The addresses at which other programs reach the server; empty if the server does not
        /// listen.
        listens_at: Vec<ServerAddress>,
    },
    /// A server that listens at an address.
    Remote(ServerAddress),
}

/// The address of a server, and the files for TLS connections to the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerAddress {
    /// The address at which the server listens.
    pub address: Address,
    /// The files that clients of the server need; None if connections to the server are not
    /// encrypted.
    pub tls: Option<ClientTlsFiles>,
}

impl Default for Destination {
    fn default() -> Self {
        Self::Embedded {
            listens_at: Vec::new(),
        }
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded { .. } => f.write_str("the embedded server"),
            Self::Remote(server) => server.address.fmt(f),
        }
    }
}

/// One call as it was recorded on its connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// The server that was called.
    pub destination: Destination,
    /// The identifier of the call's HTTP/2 stream.
    pub stream: u32,
    /// The header fields of the request.
    pub request_headers: Vec<HeaderField>,
    /// The DATA frames sent during the recording.
    pub sent: Payload,
    /// The header fields of the response; None if no header fields have arrived.
    pub response_headers: Option<Vec<HeaderField>>,
    /// The DATA frames received during the recording.
    pub received: Payload,
    /// The trailers; None if the stream has not ended, or ended without trailers.
    pub trailers: Option<Vec<HeaderField>>,
    /// Whether the response is "Trailers-Only" (gRPC over HTTP2), that is, one HEADERS frame.
    pub is_trailers_only: bool,
    /// How the stream ended.
    pub end: CallEnd,
    /// The time from the opening of the stream to the start of the recording; None if the stream
    /// was opened during the recording.
    pub opened_before: Option<Duration>,
    /// The time from the first byte sent to the last byte received.
    pub to_last_byte: Option<Duration>,
    /// The time from the first byte sent to the first byte received.
    pub to_first_byte: Option<Duration>,
    /// The time at which the stream was opened.
    pub opened: Option<Instant>,
    /// The time of the first byte sent during the recording.
    pub started: Option<Instant>,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallEnd {
    /// The stream has not ended.
    #[default]
    Open,
    /// The server ended the stream, with or without trailers.
    Ended,
    /// The given side reset the stream, with the given HTTP/2 error code.
    Reset(Role, u32),
    /// The end of the stream is unknown, because some bytes of the connection were not HTTP/2.
    ProtocolError,
    /// The connection was closed before the stream ended.
    Cut,
}

/// A side of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// This program.
    Client,
    /// The server.
    Server,
}

/// The contents of consecutive DATA frames.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// The first bytes of the contents, at most 4096.
    pub bytes: Vec<u8>,
    /// The length of the complete contents, in bytes.
    pub length: usize,
    /// The number of frames that are not empty.
    pub frames: usize,
}

impl Payload {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let capacity = KEPT_BYTES.saturating_sub(self.bytes.len());
        self.bytes
            .extend_from_slice(&bytes[..bytes.len().min(capacity)]);
        self.length += bytes.len();
        self.frames += usize::from(!bytes.is_empty());
    }
}

impl Exchange {
    /// Returns the value of the request's header field `name`.
    #[must_use]
    pub fn request_header(&self, name: &str) -> Option<&str> {
        find(&self.request_headers, name)
    }

    /// Returns the value of the response header `name`.
    #[must_use]
    pub fn response_header(&self, name: &str) -> Option<&str> {
        find(self.response_headers.as_ref()?, name)
    }

    /// Whether the response's content type is that of gRPC.
    #[must_use]
    pub fn is_grpc(&self) -> bool {
        let fields = self.response_headers.as_ref().or(self.trailers.as_ref());
        let content_type = fields.and_then(|fields| find(fields, "content-type"));
        content_type.is_some_and(|value| value.starts_with("application/grpc"))
    }

    /// Returns the value of the trailer `name`.
    #[must_use]
    pub fn trailer(&self, name: &str) -> Option<&str> {
        find(self.trailers.as_ref()?, name)
    }
}

fn find<'f>(fields: &'f [HeaderField], name: &str) -> Option<&'f str> {
    let field = fields.iter().find(|(known, _)| known == name);
    field.map(|(_, value)| value.as_str())
}

//! The errors of calls, and their messages.

use std::{error::Error, ops::Range, time::Duration};

use tonic::{Code, Status};

use super::{
    cause::{MAX_MESSAGE, root_cause, with_code},
    channel::{
        connector::{Connectivity, ConnectivityState},
        response_body::MalformedResponse,
    },
};
use crate::{
    proto::{code::name, grpcalc::v1 as proto},
    text::printable::printable,
};

/// A server's description of what is wrong with a line or a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", column_and_help(place.as_ref(), help))]
pub struct Fault {
    /// The reason code of the fault, for programs. None if the server sent no reason code.
    pub reason: Option<String>,
    /// The message, made safe for a terminal.
    pub message: String,
    /// The position of the fault in the line: a range of characters, counted from 0, with an
    /// exclusive end. None if the server sent no range.
    pub place: Option<Range<usize>>,
    /// A suggestion for the user, made safe for a terminal; empty if the server sent no suggestion.
    pub help: String,
}

impl Fault {
    /// Returns the fault of a line that was not answered within `timeout`.
    #[must_use]
    pub fn deadline(timeout: Duration) -> Self {
        Self {
            reason: Some(name(Code::DeadlineExceeded).into()),
            message: CallError::Deadline(timeout).to_string(),
            ..Self::default()
        }
    }

    /// Returns the fault of a cancelled line.
    #[must_use]
    pub fn cancelled() -> Self {
        Self {
            reason: Some(name(Code::Cancelled).into()),
            message: "cancelled".into(),
            ..Self::default()
        }
    }

    /// Whether the line was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.reason.as_deref() == Some(name(Code::Cancelled))
    }

    /// Converts a message from a server. The server is not trusted, so the texts are made safe for
    /// a terminal.
    pub(super) fn from_proto(fault: &proto::Fault) -> Self {
        let place = fault.span.as_ref();
        Self {
            reason: Some(printable(&fault.reason, MAX_MESSAGE)),
            message: printable(&fault.message, MAX_MESSAGE),
            place: place.map(|span| span.start as usize..span.end as usize),
            help: printable(&fault.help, MAX_MESSAGE),
        }
    }
}

/// The error of a call without a reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The server refused this call, but can answer other calls.
    #[error("{fault}")]
    Fault {
        /// The gRPC status.
        code: Code,
        /// The server's description.
        fault: Fault,
    },
    /// The server is alive, but did not answer this call in time.
    #[error("no answer within {0:?} (DEADLINE_EXCEEDED)")]
    Deadline(Duration),
    /// There is no connection to a gRPC server.
    #[error("cannot reach {server}: {cause}")]
    Unreachable {
        /// The name of the server.
        server: String,
        /// The reason why there is no connection.
        cause: String,
    },
    /// The server, or a proxy in front of it, answered in HTTP and not in gRPC.
    #[error("cannot reach {server}: {cause}")]
    NotGrpc {
        /// The name of the server.
        server: String,
        /// The gRPC code that corresponds to the HTTP status.
        code: Code,
        /// The HTTP status in words.
        cause: String,
    },
    /// The connection broke during the call.
    #[error("lost the connection to {server}: {cause}")]
    Lost {
        /// The name of the server.
        server: String,
        /// The reason why the connection broke.
        cause: String,
    },
    /// The connection broke after the note was sent: the server may or may not have stored it.
    #[error("lost the connection to {server}: {cause}; the note may or may not have arrived")]
    Unconfirmed {
        /// The name of the server.
        server: String,
        /// The reason why the connection broke.
        cause: String,
    },
    /// The server refuses the calls of this client, permanently or for some time.
    #[error("{server} refuses: {message}")]
    Refused {
        /// The name of the server.
        server: String,
        /// The gRPC status.
        code: Code,
        /// The server's message, made safe for a terminal.
        message: String,
    },
}

impl CallError {
    /// Whether the next call would fail too.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Fault { .. } | Self::Deadline(_) => false,
            Self::Unreachable { .. }
            | Self::NotGrpc { .. }
            | Self::Lost { .. }
            | Self::Unconfirmed { .. }
            | Self::Refused { .. } => true,
        }
    }

    /// Whether a later call may succeed, when the server or the connection works again.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Fault { .. } | Self::Deadline(_) | Self::Unconfirmed { .. } => false,
            Self::Unreachable { .. } | Self::Lost { .. } => true,
            Self::Refused { code, .. } | Self::NotGrpc { code, .. } => *code == Code::Unavailable,
        }
    }

    /// Returns the error of a stream that ended with `status`.
    ///
    /// The error contains the name `stream_server`, because the newest connection may be a
    /// connection to another server.
    pub(super) fn from_stream(
        status: &Status,
        stream_server: &str,
        connectivity: &Connectivity,
    ) -> Self {
        let mut error = Self::from_status(status, Duration::ZERO, connectivity);
        match &mut error {
            Self::Fault { .. } | Self::Deadline(_) => Self::Lost {
                server: stream_server.into(),
                cause: error.to_string(),
            },
            Self::Unreachable { server, .. }
            | Self::NotGrpc { server, .. }
            | Self::Lost { server, .. }
            | Self::Unconfirmed { server, .. }
            | Self::Refused { server, .. } => {
                stream_server.clone_into(server);
                error
            }
        }
    }

    /// Returns the error of a stream that ended with `status` before its first message.
    ///
    /// In contrast to [`CallError::from_stream`], the status may say that the server does not
    /// implement the method. Some servers send header fields before this status.
    pub(super) fn from_new_stream(
        status: &Status,
        stream_server: &str,
        connectivity: &Connectivity,
    ) -> Self {
        let error = Self::from_status(status, Duration::ZERO, connectivity);
        if error.is_unimplemented() {
            return error;
        }
        Self::from_stream(status, stream_server, connectivity)
    }

    /// Returns the error of a stream that the server ended too early.
    ///
    /// `stream` is the name of the stream in the message.
    pub(super) fn ended(server: &str, stream: &str) -> Self {
        Self::Lost {
            server: server.into(),
            cause: format!("the server ended the {stream}"),
        }
    }

    /// Converts the error of a call that sent a note. The new error warns that the note may have
    /// arrived.
    pub(super) fn for_note(self) -> Self {
        match self {
            Self::Lost { server, cause }
            | Self::NotGrpc {
                server,
                code: Code::Unavailable,
                cause,
            } => Self::Unconfirmed { server, cause },
            Self::Fault { code, mut fault } if fault.reason.as_deref() == Some(BROKEN) => {
                fault.message += "; the note may or may not have arrived";
                Self::Fault { code, fault }
            }
            Self::Deadline(_) => Self::Fault {
                code: Code::DeadlineExceeded,
                fault: Fault {
                    reason: Some(name(Code::DeadlineExceeded).into()),
                    message: format!("{self}; the note may or may not have arrived"),
                    ..Fault::default()
                },
            },
            error => error,
        }
    }

    /// Returns the error of a stream on which the server sent nothing in time.
    ///
    /// `cause` is the reason in the message.
    pub(super) fn silent_stream(server: &str, cause: String) -> Self {
        Self::Lost {
            server: server.into(),
            cause,
        }
    }

    /// Returns the error of a stream whose responses do not match its requests.
    pub(super) fn protocol_error(server: &str) -> Self {
        Self::Lost {
            server: server.into(),
            cause: "the answers of the server do not match the requests".into(),
        }
    }

    /// Returns the error for an answer to a line that has neither a value nor a fault.
    #[must_use]
    pub fn no_result() -> Self {
        Self::broken(&MalformedResponse::NoResult.to_string(), Code::Internal)
    }

    /// Returns the error for a reply of another kind than the request.
    #[must_use]
    pub fn mismatched_reply() -> Self {
        Self::Fault {
            code: Code::Internal,
            fault: Fault {
                reason: Some(name(Code::Internal).into()),
                message: "the reply of the server does not match the request".into(),
                ..Fault::default()
            },
        }
    }

    /// Returns the error of a request to a worksheet that was not opened.
    #[must_use]
    pub fn no_worksheet() -> Self {
        Self::Unreachable {
            server: "the worksheet".into(),
            cause: "no worksheet is open".into(),
        }
    }

    /// Returns the error of a call of a method that the server does not have.
    #[must_use]
    pub fn unimplemented() -> Self {
        Self::Fault {
            code: Code::Unimplemented,
            fault: Fault {
                reason: Some(name(Code::Unimplemented).into()),
                message: "the server does not have this method".into(),
                ..Fault::default()
            },
        }
    }

    /// Returns the error of a server that has neither the evaluator nor typed calls.
    #[must_use]
    pub fn no_calculator() -> Self {
        Self::Fault {
            code: Code::Unimplemented,
            fault: Fault {
                reason: Some(name(Code::Unimplemented).into()),
                message: "this server has no service of a calculator (UNIMPLEMENTED)".into(),
                ..Fault::default()
            },
        }
    }

    /// Returns this error of a server that had the method before, as an error that may pass.
    ///
    /// A gateway may lack a route for a moment, and servers may be replaced one after the other.
    #[must_use]
    pub fn passing(self, server: String) -> Self {
        Self::Unreachable {
            server,
            cause: self.to_string(),
        }
    }

    /// Whether the server reports that the requested item does not exist (`NOT_FOUND`).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(
            self,
            Self::Fault {
                code: Code::NotFound,
                ..
            }
        )
    }

    /// Whether the server does not implement the method.
    #[must_use]
    pub fn is_unimplemented(&self) -> bool {
        match self {
            // The code of a response with too many messages is UNIMPLEMENTED, too.
            Self::Fault { code, fault } => {
                *code == Code::Unimplemented && fault.reason.as_deref() != Some(BROKEN)
            }
            Self::NotGrpc { code, .. } => *code == Code::Unimplemented,
            _ => false,
        }
    }

    /// Returns the error of a call that did not end within `timeout` of its start.
    pub(super) fn deadline(timeout: Duration, connectivity: &Connectivity) -> Self {
        let cause = match connectivity.state() {
            ConnectivityState::Ready => return Self::Deadline(timeout),
            ConnectivityState::Connecting => format!("no connection within {timeout:?}"),
            ConnectivityState::Connected => {
                format!("the server accepted the connection, but sent nothing within {timeout:?}")
            }
            ConnectivityState::NotHttp2 => NOT_HTTP2.into(),
        };
        Self::not_connected(cause, connectivity)
    }

    /// Returns the error for `calls` consecutive calls that passed their deadlines while nothing
    /// was received.
    pub(super) fn silent_calls(calls: u32, timeout: Duration, servers: String) -> Self {
        Self::Lost {
            server: servers,
            cause: format!("nothing was received while {calls} calls waited {timeout:?} each"),
        }
    }

    /// Returns the error of a connection that could not be made.
    pub(super) fn unreachable(error: &(dyn Error + 'static), connectivity: &Connectivity) -> Self {
        Self::not_connected(root_cause(error), connectivity)
    }

    /// Returns the error of a response that broke off or did not follow the protocol.
    pub(super) fn broken(message: &str, code: Code) -> Self {
        let fault = Fault {
            reason: Some(BROKEN.into()),
            message: with_code(message, code),
            ..Fault::default()
        };
        Self::Fault { code, fault }
    }

    pub(super) fn not_connected(cause: String, connectivity: &Connectivity) -> Self {
        Self::Unreachable {
            server: connectivity.server(),
            cause,
        }
    }
}

/// The reason of a fault if the response broke off or did not follow the protocol: the server may
/// or may not have processed the call.
const BROKEN: &str = "BROKEN_RESPONSE";

/// The cause if the other side does not speak HTTP/2.
pub(super) const NOT_HTTP2: &str =
    "the server does not speak gRPC, or it accepts only TLS: try https://";

/// Returns the text at the end of a message: the column, counted from 1, and the suggestion.
fn column_and_help(place: Option<&Range<usize>>, help: &str) -> String {
    let column = place.map(|place| format!(" (column {})", place.start.saturating_add(1)));
    let colon = if help.is_empty() { "" } else { ": " };
    format!("{}{colon}{help}", column.unwrap_or_default())
}

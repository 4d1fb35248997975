//! Converts the status of a call to an error in words.

use std::{error::Error, ops::Range, time::Duration};

use h2::Reason;
use tonic::{Code, ConnectError, Status, TimeoutExpired};
use tonic_types::{ErrorInfo, StatusExt as _};

use super::{
    cause::{MAX_MESSAGE, find_source, root_cause, with_code},
    channel::{
        connector::{Connectivity, ConnectivityState},
        grpc_channel::NotGrpc,
        response_body::MalformedResponse,
    },
    error::{CallError, Fault, NOT_HTTP2},
};
use crate::{
    proto::errors::{DOMAIN, END, HELP, START, reason},
    text::printable::printable,
};

impl CallError {
    /// Converts a status that the server sent or that the transport created.
    pub(super) fn from_status(
        status: &Status,
        timeout: Duration,
        connectivity: &Connectivity,
    ) -> Self {
        // Only a status of the transport has a source.
        if let Some(source) = status.source() {
            return Self::from_transport(status.code(), source, timeout, connectivity);
        }
        match status.code() {
            Code::DeadlineExceeded => Self::Deadline(timeout),
            // A tonic server sends this status after the deadline of the request.
            Code::Cancelled if status.message() == "Timeout expired" => Self::Deadline(timeout),
            code @ (Code::Unavailable | Code::Unauthenticated | Code::PermissionDenied) => {
                Self::Refused {
                    server: connectivity.server(),
                    code,
                    message: message_with_code(status),
                }
            }
            code => {
                let info = status.get_details_error_info();
                let ours = info.as_ref().is_some_and(|info| info.domain == DOMAIN);
                let fault = Fault {
                    // Messages of our own servers need no code.
                    message: if ours {
                        printable(status.message(), MAX_MESSAGE)
                    } else {
                        message_with_code(status)
                    },
                    place: info.as_ref().filter(|_| ours).and_then(span),
                    help: info.as_ref().filter(|_| ours).map(help).unwrap_or_default(),
                    reason: info.map(|info| printable(&info.reason, MAX_MESSAGE)),
                };
                Self::Fault { code, fault }
            }
        }
    }

    fn from_transport(
        code: Code,
        error: &(dyn Error + 'static),
        timeout: Duration,
        connectivity: &Connectivity,
    ) -> Self {
        if let Some(not_grpc) = find_source::<NotGrpc>(error) {
            return Self::NotGrpc {
                server: connectivity.server(),
                code,
                cause: not_grpc.to_string(),
            };
        }
        if let Some(malformed) = find_source::<MalformedResponse>(error) {
            return Self::broken(&malformed.to_string(), code);
        }
        if let Some(fault) = find_source::<Fault>(error) {
            let fault = fault.clone();
            return Self::Fault { code, fault };
        }
        if find_source::<TimeoutExpired>(error).is_some() {
            return Self::deadline(timeout, connectivity);
        }
        if find_source::<ConnectError>(error).is_some() {
            return Self::unreachable(error, connectivity);
        }
        if let Some(reset) = find_source::<h2::Error>(error).filter(|error| error.is_reset()) {
            let code = reset_code(reset.reason());
            // The server has not processed a refused stream (RFC 9113, section 8.7).
            if code == Code::Unavailable {
                let fault = Fault {
                    message: with_code(&reset.to_string(), code),
                    ..Fault::default()
                };
                return Self::Fault { code, fault };
            }
            return Self::broken(&reset.to_string(), code);
        }
        match connectivity.state() {
            _ if connectivity.was_ready() => Self::Lost {
                server: connectivity.server(),
                cause: connectivity.goaway().unwrap_or_else(|| root_cause(error)),
            },
            ConnectivityState::NotHttp2 => Self::not_connected(NOT_HTTP2.into(), connectivity),
            ConnectivityState::Connecting
            | ConnectivityState::Connected
            | ConnectivityState::Ready => {
                let cause = connectivity.tls_error();
                let cause = cause.map(|cause| printable(&cause, MAX_MESSAGE));
                let silent = || "the server closed the connection without sending anything".into();
                Self::not_connected(cause.unwrap_or_else(silent), connectivity)
            }
        }
    }
}

/// Returns the code of a call whose stream was reset ("gRPC over HTTP2", "Errors").
fn reset_code(reason: Option<Reason>) -> Code {
    match reason {
        Some(
            Reason::NO_ERROR
            | Reason::PROTOCOL_ERROR
            | Reason::INTERNAL_ERROR
            | Reason::FLOW_CONTROL_ERROR
            | Reason::SETTINGS_TIMEOUT
            | Reason::FRAME_SIZE_ERROR
            | Reason::COMPRESSION_ERROR
            | Reason::CONNECT_ERROR,
        ) => Code::Internal,
        Some(Reason::REFUSED_STREAM) => Code::Unavailable,
        Some(Reason::CANCEL) => Code::Cancelled,
        Some(Reason::ENHANCE_YOUR_CALM) => Code::ResourceExhausted,
        Some(Reason::INADEQUATE_SECURITY) => Code::PermissionDenied,
        _ => Code::Unknown,
    }
}

/// Whether one of our servers sent `status` because a line exceeds a limit.
pub(super) fn crosses_limit(status: &Status) -> bool {
    let info = status.get_details_error_info();
    info.is_some_and(|info| info.domain == DOMAIN && info.reason == reason::LIMIT)
}

/// Returns the position of the fault in the line, from the error details of one of our servers.
fn span(info: &ErrorInfo) -> Option<Range<usize>> {
    let position = |key| info.metadata.get(key)?.parse().ok();
    Some(position(START)?..position(END)?)
}

fn help(info: &ErrorInfo) -> String {
    let help = info
        .metadata
        .get(HELP)
        .map(|help| printable(help, MAX_MESSAGE));
    help.unwrap_or_default()
}

/// Returns the message of a status and the name of its code.
fn message_with_code(status: &Status) -> String {
    let message = match status.message() {
        "" => status.code().description(),
        message => message,
    };
    with_code(message, status.code())
}

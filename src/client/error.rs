//! What can become of a call, in words.

use std::{error::Error, io, ops::Range, time::Duration};

use h2::Reason;
use tonic::{Code, ConnectError, Status, TimeoutExpired};
use tonic_types::{ErrorInfo, StatusExt as _};

use super::channel::{
    connector::{Peer, Stage},
    grpc_channel::NotGrpc,
    tls,
};
use crate::{
    proto::{
        code::name,
        errors::{DOMAIN, END, HELP, START, reason},
        grpcalc::v1 as proto,
    },
    text::{io_error, printable::printable},
};

/// Characters of a server's message that are shown.
const MESSAGE: usize = 1024;

/// What a server says is wrong with a line or a call.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", advice(place.as_ref(), help))]
pub struct Fault {
    /// The kind of fault, where the server gave one. Programs decide by it.
    pub reason: Option<String>,
    /// Its message, fit for a terminal.
    pub message: String,
    /// The place in the line, in characters from 0, half-open, where the server
    /// gave one.
    pub place: Option<Range<usize>>,
    /// What would help, or empty; fit for a terminal.
    pub help: String,
}

impl Fault {
    /// A line was not answered within `timeout`.
    #[must_use]
    pub fn deadline(timeout: Duration) -> Self {
        Self {
            reason: Some(name(Code::DeadlineExceeded).into()),
            message: CallError::Deadline(timeout).to_string(),
            ..Self::default()
        }
    }

    /// A line was stopped.
    #[must_use]
    pub fn cancelled() -> Self {
        Self {
            reason: Some(name(Code::Cancelled).into()),
            message: "cancelled".into(),
            ..Self::default()
        }
    }

    /// Whether somebody asked for the line to be stopped.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.reason.as_deref() == Some(name(Code::Cancelled))
    }

    /// What a server's message says. It may be anybody's server.
    pub(super) fn from_proto(fault: &proto::Fault) -> Self {
        let place = fault.span.as_ref();
        Self {
            reason: Some(printable(&fault.reason, MESSAGE)),
            message: printable(&fault.message, MESSAGE),
            place: place.map(|span| span.start as usize..span.end as usize),
            help: printable(&fault.help, MESSAGE),
        }
    }
}

/// Why a call has no reply.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The server refused this call, and will answer others.
    #[error("{fault}")]
    Fault {
        /// The gRPC status.
        code: Code,
        /// What it said of it.
        fault: Fault,
    },
    /// The server speaks, but did not answer this call in time.
    #[error("no answer within {0:?} (DEADLINE_EXCEEDED)")]
    Deadline(Duration),
    /// There is no connection to a gRPC server.
    #[error("cannot reach {server}: {cause}")]
    Unreachable {
        /// Who was asked.
        server: String,
        /// Why there is none.
        cause: String,
    },
    /// There was a connection, and it broke under the call.
    #[error("lost the connection to {server}: {cause}")]
    Lost {
        /// Who was asked.
        server: String,
        /// What broke.
        cause: String,
    },
    /// As above, and nobody knows whether what was to be said was said.
    #[error("lost the connection to {server}: {cause}; the note may have been said or not")]
    Unsure {
        /// Who was asked.
        server: String,
        /// What broke.
        cause: String,
    },
    /// The server will not answer this client, or not now.
    #[error("{server} refuses: {message}")]
    Refused {
        /// Who was asked.
        server: String,
        /// The gRPC status.
        code: Code,
        /// Why, fit for a terminal.
        message: String,
    },
}

impl CallError {
    /// Whether the next call would fare no better.
    #[must_use]
    pub fn is_fatal(&self) -> bool {
        match self {
            Self::Fault { .. } | Self::Deadline(_) => false,
            Self::Unreachable { .. }
            | Self::Lost { .. }
            | Self::Unsure { .. }
            | Self::Refused { .. } => true,
        }
    }

    /// Whether there may be a server again in a while.
    #[must_use]
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Fault { .. } | Self::Deadline(_) | Self::Unsure { .. } => false,
            Self::Unreachable { .. } | Self::Lost { .. } => true,
            Self::Refused { code, .. } => *code == Code::Unavailable,
        }
    }

    /// A stream to `name` ended with `status`, and nothing more is answered on it. Another
    /// server may have been dialed since.
    pub(super) fn of_stream(status: &Status, name: &str, peer: &Peer) -> Self {
        let mut error = Self::from_status(status, Duration::ZERO, peer);
        match &mut error {
            Self::Fault { .. } | Self::Deadline(_) => Self::Lost {
                server: name.into(),
                cause: error.to_string(),
            },
            Self::Unreachable { server, .. }
            | Self::Lost { server, .. }
            | Self::Unsure { server, .. }
            | Self::Refused { server, .. } => {
                name.clone_into(server);
                error
            }
        }
    }

    /// A `stream` ended, though not everything was answered.
    pub(super) fn ended(name: &str, stream: &str) -> Self {
        Self::Lost {
            server: name.into(),
            cause: format!("it ended the {stream}"),
        }
    }

    /// The same error, of a note that was to be said.
    pub(super) fn of_note(self) -> Self {
        match self {
            Self::Lost { server, cause } => Self::Unsure { server, cause },
            Self::Deadline(_) => Self::Fault {
                code: Code::DeadlineExceeded,
                fault: Fault {
                    reason: Some(name(Code::DeadlineExceeded).into()),
                    message: format!("{self}; the note may have been said or not"),
                    ..Fault::default()
                },
            },
            error => error,
        }
    }

    /// Nothing came on a stream for `timeout`, though an answer was due.
    pub(super) fn silent(name: &str, timeout: Duration) -> Self {
        Self::Lost {
            server: name.into(),
            cause: format!("no answer within {timeout:?}, nor to a cancellation"),
        }
    }

    /// A server says what makes no sense.
    pub(super) fn protocol_error(name: &str) -> Self {
        Self::Lost {
            server: name.into(),
            cause: "its answers do not fit what it was asked".into(),
        }
    }

    /// There is no worksheet to ask.
    #[must_use]
    pub fn no_worksheet() -> Self {
        Self::Unreachable {
            server: "a worksheet".into(),
            cause: "none was opened".into(),
        }
    }

    /// Whether the server does not know the method.
    #[must_use]
    pub fn is_unimplemented(&self) -> bool {
        matches!(
            self,
            Self::Fault {
                code: Code::Unimplemented,
                ..
            }
        )
    }

    /// Nothing came within `timeout`; `peer` knows how far we got.
    pub(super) fn deadline(timeout: Duration, peer: &Peer) -> Self {
        let cause = match peer.stage() {
            Stage::Speaking => return Self::Deadline(timeout),
            Stage::Dialing => format!("no connection within {timeout:?}"),
            Stage::Silent => format!("it took the connection, but said nothing within {timeout:?}"),
            Stage::Foreign => FOREIGN.into(),
        };
        Self::no_server(cause, peer)
    }

    /// `calls` in a row ran out of time, and nothing was heard meanwhile.
    pub(super) fn unheard(calls: u32, timeout: Duration, server: String) -> Self {
        Self::Lost {
            server,
            cause: format!("nothing was heard while {calls} calls waited {timeout:?} each"),
        }
    }

    /// No connection could be made.
    pub(super) fn unreachable(error: &(dyn Error + 'static), peer: &Peer) -> Self {
        Self::no_server(root_cause(error), peer)
    }

    fn no_server(cause: String, peer: &Peer) -> Self {
        Self::Unreachable {
            server: peer.name(),
            cause,
        }
    }

    /// The words for `status`, which a server sent or the transport made up.
    pub(super) fn from_status(status: &Status, timeout: Duration, peer: &Peer) -> Self {
        // Only what was made on this side has a source.
        if let Some(source) = status.source() {
            return Self::from_transport(status.code(), source, timeout, peer);
        }
        match status.code() {
            Code::DeadlineExceeded => Self::Deadline(timeout),
            // What a tonic server says when the request's deadline passes.
            Code::Cancelled if status.message() == "Timeout expired" => Self::Deadline(timeout),
            code @ (Code::Unavailable | Code::Unauthenticated | Code::PermissionDenied) => {
                Self::Refused {
                    server: peer.name(),
                    code,
                    message: words(status),
                }
            }
            code => {
                let info = status.get_details_error_info();
                let ours = info.as_ref().is_some_and(|info| info.domain == DOMAIN);
                let fault = Fault {
                    // Our own servers' messages need no code beside them.
                    message: if ours {
                        printable(status.message(), MESSAGE)
                    } else {
                        words(status)
                    },
                    place: info.as_ref().filter(|_| ours).and_then(place),
                    help: info.as_ref().filter(|_| ours).map(help).unwrap_or_default(),
                    reason: info.map(|info| printable(&info.reason, MESSAGE)),
                };
                Self::Fault { code, fault }
            }
        }
    }

    fn from_transport(
        code: Code,
        error: &(dyn Error + 'static),
        timeout: Duration,
        peer: &Peer,
    ) -> Self {
        if let Some(not_grpc) = find::<NotGrpc>(error) {
            return Self::no_server(not_grpc.to_string(), peer);
        }
        if find::<TimeoutExpired>(error).is_some() {
            return Self::deadline(timeout, peer);
        }
        if find::<ConnectError>(error).is_some() {
            return Self::unreachable(error, peer);
        }
        if let Some(reset) = find::<h2::Error>(error).filter(|error| error.is_reset()) {
            let fault = Fault {
                message: with_name(&reset.to_string(), code),
                ..Fault::default()
            };
            return Self::Fault { code, fault };
        }
        match peer.stage() {
            _ if peer.has_spoken() => Self::Lost {
                server: peer.name(),
                cause: root_cause(error),
            },
            Stage::Foreign => Self::no_server(FOREIGN.into(), peer),
            Stage::Dialing | Stage::Silent | Stage::Speaking => {
                let cause = peer.trouble().map(|cause| printable(&cause, MESSAGE));
                let silent = || "it closed the connection without a word".into();
                Self::no_server(cause.unwrap_or_else(silent), peer)
            }
        }
    }
}

const FOREIGN: &str =
    "what listens there does not speak gRPC, or only with TLS; https:// asks for that";

/// What would help a call that has no reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RetryAction {
    /// Nothing that we could do.
    None,
    /// To send it again, if the connection could be made anew.
    Redial,
    /// To send it again, over a new connection where the old one broke; not for ever.
    Retry,
    /// To send it again a little later: the server said "not now"; not for ever.
    Yield,
    /// To send it again a little later: the server had no room for its stream.
    Wait,
}

impl RetryAction {
    /// What a status calls for.
    pub(super) fn of(status: &Status) -> Self {
        let Some(error) = status.source() else {
            // The codes with which gRPC servers say "not now".
            return match status.code() {
                // Of our own servers, a limit that the line crosses: it will again.
                Code::ResourceExhausted if crosses_a_limit(status) => Self::None,
                Code::Unavailable | Code::ResourceExhausted => Self::Yield,
                _ => Self::None,
            };
        };
        if find::<TimeoutExpired>(error).is_some() || find::<NotGrpc>(error).is_some() {
            return Self::None;
        }
        if find::<ConnectError>(error).is_some() {
            return Self::Redial;
        }
        match find::<h2::Error>(error) {
            Some(error) if error.is_reset() => match error.reason() {
                // Servers have not looked at what they refuse (RFC 9113, section 8.7),
                // and grpcio answers with either where there are too many calls.
                Some(Reason::REFUSED_STREAM | Reason::ENHANCE_YOUR_CALM) => Self::Wait,
                _ => Self::None,
            },
            _ => Self::Retry,
        }
    }
}

/// When a server wants to be asked again, if it says so (`google.rpc.RetryInfo`).
pub(super) fn later(status: &Status) -> Option<Duration> {
    status.get_details_retry_info()?.retry_delay
}

fn crosses_a_limit(status: &Status) -> bool {
    let info = status.get_details_error_info();
    info.is_some_and(|info| info.domain == DOMAIN && info.reason == reason::LIMIT)
}

/// The place in the line that one of our servers names.
fn place(info: &ErrorInfo) -> Option<Range<usize>> {
    let end = |key| info.metadata.get(key)?.parse().ok();
    Some(end(START)?..end(END)?)
}

fn help(info: &ErrorInfo) -> String {
    let help = info.metadata.get(HELP).map(|help| printable(help, MESSAGE));
    help.unwrap_or_default()
}

/// What stands behind a message: the column, counted from 1, and what would help.
fn advice(place: Option<&Range<usize>>, help: &str) -> String {
    let column = place.map(|place| format!(" (column {})", place.start.saturating_add(1)));
    let colon = if help.is_empty() { "" } else { ": " };
    format!("{}{colon}{help}", column.unwrap_or_default())
}

/// The first error of type `E` in the chain of causes.
fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref())
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// The last word of an error's chain of causes: the others say "transport error".
fn root_cause(error: &(dyn Error + 'static)) -> String {
    if find::<h2::Error>(error).is_some_and(|error| error.reason() == Some(Reason::NO_ERROR)) {
        return "it is closing its connections".into();
    }
    let root = chain(error).last().unwrap_or(error);
    match root.downcast_ref::<io::Error>() {
        Some(error) => io_cause(error),
        None => printable(&root.to_string(), MESSAGE),
    }
}

fn io_cause(error: &io::Error) -> String {
    if let Some(cause) = tls::cause(error) {
        return printable(&cause, MESSAGE);
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused; is a server running there?".into(),
        io::ErrorKind::NotFound => "no such socket".into(),
        io::ErrorKind::UnexpectedEof => "it closed the connection".into(),
        _ => printable(&io_error::describe(error), MESSAGE),
    }
}

/// A status of a foreign server: its message, and its code by name.
fn words(status: &Status) -> String {
    let message = match status.message() {
        "" => status.code().description(),
        message => message,
    };
    with_name(message, status.code())
}

fn with_name(message: &str, code: Code) -> String {
    format!("{} ({})", printable(message, MESSAGE), name(code))
}

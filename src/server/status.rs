//! The statuses of failed calls: for faults of the engine, limits and errors of the server.

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::{
    engine::{Fault, Reason},
    proto::{
        errors::{
            DOMAIN, END, HELP, LIMIT, START,
            reason::{INTERNAL, INVALID_NOTE},
        },
        note::NoteError,
    },
};

/// The time after which a caller may retry a call that was refused because of a limit.
const RETRY_DELAY: Duration = Duration::from_millis(100);

/// Returns the status for `fault`, with an `ErrorInfo`.
///
/// `field` is the field of the request that caused the fault. The status reports it in a
/// `BadRequest` if the code is `INVALID_ARGUMENT`. Codes and details follow AIP-193 and the table
/// in `docs/protocol.md`.
pub(super) fn from_fault(fault: &Fault, field: Option<&str>) -> Status {
    let code = match fault.reason {
        Reason::Syntax
        | Reason::UnknownName
        | Reason::Arity
        | Reason::ReservedName
        | Reason::DivisionByZero
        | Reason::Domain
        | Reason::Type
        | Reason::Undecided => Code::InvalidArgument,
        Reason::Overflow => Code::OutOfRange,
        Reason::Limit | Reason::Overloaded => Code::ResourceExhausted,
        Reason::Cancelled => Code::Cancelled,
    };
    let mut metadata = HashMap::new();
    if let Some(span) = &fault.span {
        metadata.insert(START.to_owned(), span.start.to_string());
        metadata.insert(END.to_owned(), span.end.to_string());
    }
    if !fault.help.is_empty() {
        metadata.insert(HELP.to_owned(), fault.help.clone());
    }
    let mut details = ErrorDetails::with_error_info(fault.reason.as_str(), DOMAIN, metadata);
    if let Some(field) = field
        && code == Code::InvalidArgument
    {
        details.add_bad_request_violation(field, &fault.message);
    }
    Status::with_error_details(code, &fault.message, details)
}

/// A limit of the server that is reported to callers or counted in the metrics when it is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReachedLimit {
    Connections,
    Calls,
    Worksheets,
    Requests,
    Waiting,
    NoteRate,
    Idle,
    Handshake,
    KeepaliveTimeout,
}

impl ReachedLimit {
    /// Returns the name of the limit in statuses and metrics.
    ///
    /// It is [`LimitRow::name`](crate::engine::LimitRow::name) of the limit's row.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Calls => "calls",
            Self::Worksheets => "worksheets",
            Self::Requests => "requests",
            Self::Waiting => "waiting",
            Self::NoteRate => "note_rate",
            Self::Idle => "idle",
            Self::Handshake => "handshake",
            Self::KeepaliveTimeout => "keepalive_timeout",
        }
    }

    /// Returns the words for what is limited, to complete "the limit of 5 ... is reached".
    const fn noun(self) -> &'static str {
        match self {
            Self::Connections => "open connections",
            Self::Calls => "calls under way",
            Self::Worksheets => "open worksheets",
            Self::Requests => "bytes of requests and answers in memory",
            Self::Waiting => "lines that wait for a free core",
            Self::NoteRate => "notes per second from one connection",
            Self::Idle | Self::Handshake | Self::KeepaliveTimeout => "time",
        }
    }
}

/// Returns the status of a call that was refused because `limit`, with this value, is reached.
pub(super) fn overloaded(limit: ReachedLimit, value: usize) -> Status {
    overloaded_for(RETRY_DELAY, limit, value)
}

fn overloaded_for(wait: Duration, limit: ReachedLimit, value: usize) -> Status {
    let mut details = ErrorDetails::with_retry_info(Some(wait));
    details.set_error_info(Reason::Overloaded.as_str(), DOMAIN, limit_metadata(limit));
    let noun = limit.noun();
    let message = format!("the limit of {value} {noun} is reached; try again a little later");
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

fn limit_metadata(limit: ReachedLimit) -> HashMap<String, String> {
    HashMap::from([(LIMIT.to_owned(), limit.name().to_owned())])
}

/// Returns the status of a note that exceeds the rate of `value` notes per second.
///
/// `wait` is the time until the server accepts the next note.
pub(super) fn too_many_notes(value: u32, wait: Duration) -> Status {
    overloaded_for(wait, ReachedLimit::NoteRate, value as usize)
}

/// Returns the status of a note with invalid content.
pub(super) fn invalid_note(error: &NoteError) -> Status {
    let message = error.to_string();
    let mut details = ErrorDetails::with_error_info(INVALID_NOTE, DOMAIN, HashMap::new());
    details.add_bad_request_violation(error.field(), &message);
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// Returns the status of a call that failed because of a defect of the server.
pub(super) fn internal(message: &str) -> Status {
    let details = ErrorDetails::with_error_info(INTERNAL, DOMAIN, HashMap::new());
    Status::with_error_details(Code::Internal, message, details)
}

/// Returns the status of a call that did not end within `timeout`.
pub(super) fn out_of_time(timeout: Duration) -> Status {
    Status::deadline_exceeded(format!("the call did not end within {timeout:?}"))
}

/// Returns the status of a call to an unknown service or method.
pub(super) fn unknown_method() -> Status {
    let message = "this server does not have this method; use reflection to list its methods";
    Status::unimplemented(message)
}

/// Returns the status of a call without a valid token.
pub(super) fn no_token() -> Status {
    let message = "this server requires a token in the metadata: `authorization: Bearer TOKEN`";
    Status::unauthenticated(message)
}

/// Returns the status that ends a worksheet after an idle time of `limit`.
///
/// A worksheet is idle while its client sends no request or reads no response.
pub(super) fn idle(limit: Duration) -> Status {
    let message = format!("the worksheet was idle for longer than the limit of {limit:?}");
    let metadata = limit_metadata(ReachedLimit::Idle);
    let details = ErrorDetails::with_error_info(Reason::Limit.as_str(), DOMAIN, metadata);
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

/// Returns the status that ends streams when the server shuts down.
pub(super) fn shutting_down() -> Status {
    Status::unavailable("the server is shutting down")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::{LimitRow, LimitTable as _},
        server::ServerLimits,
    };

    #[test]
    fn every_name_is_that_of_a_row() {
        let rows: Vec<_> = ServerLimits::ROWS.iter().map(LimitRow::name).collect();
        for limit in [
            ReachedLimit::Connections,
            ReachedLimit::Calls,
            ReachedLimit::Worksheets,
            ReachedLimit::Requests,
            ReachedLimit::Waiting,
            ReachedLimit::NoteRate,
            ReachedLimit::Idle,
            ReachedLimit::Handshake,
            ReachedLimit::KeepaliveTimeout,
        ] {
            assert!(rows.iter().any(|row| row == limit.name()), "{limit:?}");
        }
    }
}

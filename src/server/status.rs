//! The statuses of failed calls. They report faults of the engine, limits and server errors.

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use super::ServerLimits;
use crate::{
    engine::{Fault, Reason, limits::LimitRow},
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
/// `field` is the field of the request that caused the fault. If the code is `INVALID_ARGUMENT`,
/// the status has a `BadRequest` with this field. Codes and details follow AIP-193 and the table in
/// `docs/protocol.md`.
pub(super) fn from_fault(fault: &Fault, field: Option<&str>) -> Status {
    let code = match fault.reason {
        Reason::Syntax
        | Reason::UnknownName
        | Reason::Arity
        | Reason::ReservedName
        | Reason::DivisionByZero
        | Reason::Domain
        | Reason::Type
        | Reason::Unit
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

/// Returns the status of a call that was refused because `limit` is reached.
///
/// `value` is the value of the limit.
pub(super) fn overloaded(limit: &LimitRow<ServerLimits>, value: usize) -> Status {
    overloaded_for(RETRY_DELAY, limit, value)
}

fn overloaded_for(wait: Duration, limit: &LimitRow<ServerLimits>, value: usize) -> Status {
    let mut details = ErrorDetails::with_retry_info(Some(wait));
    details.set_error_info(Reason::Overloaded.as_str(), DOMAIN, limit_metadata(limit));
    let noun = limit.noun.unwrap_or(limit.help);
    let message = format!("the limit of {value} {noun} is reached; try again a little later");
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

fn limit_metadata(limit: &LimitRow<ServerLimits>) -> HashMap<String, String> {
    HashMap::from([(LIMIT.to_owned(), limit.name())])
}

/// Returns the status of a note that exceeds the rate of `value` notes per second.
///
/// `wait` is the time until the server accepts the next note.
pub(super) fn too_many_notes(value: u32, wait: Duration) -> Status {
    overloaded_for(wait, &ServerLimits::NOTE_RATE, value as usize)
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
    let metadata = limit_metadata(&ServerLimits::IDLE);
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
    use crate::engine::limits::LimitTable as _;

    #[test]
    fn a_refusal_names_the_row_of_its_limit() {
        for (row, name, things) in [
            (ServerLimits::CONNECTIONS, "connections", "open connections"),
            (ServerLimits::CALLS, "calls", "calls under way"),
            (
                ServerLimits::NOTE_RATE,
                "note_rate",
                "notes per second from one connection",
            ),
        ] {
            let status = overloaded(&row, 5);
            let info = status.get_details_error_info().unwrap();
            assert_eq!(info.metadata[LIMIT], name);
            let message = format!("the limit of 5 {things} is reached; try again a little later");
            assert_eq!(status.message(), message);
        }
    }

    #[test]
    fn names_of_limits_are_unique() {
        let names: std::collections::HashSet<_> =
            ServerLimits::ROWS.iter().map(LimitRow::name).collect();
        assert_eq!(names.len(), ServerLimits::ROWS.len());
    }
}

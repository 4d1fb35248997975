//! From a fault of the engine to the status of a call.

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

/// When a caller whom we had no room for may come again.
const LATER: Duration = Duration::from_millis(100);

/// The status that tells `fault`, with `ErrorInfo`, and with `BadRequest` where
/// the request's `field` is to blame.
///
/// Codes and details follow AIP-193 and the table in `docs/protocol.md`.
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
    let mut place = HashMap::new();
    if let Some(span) = &fault.span {
        place.insert(START.to_owned(), span.start.to_string());
        place.insert(END.to_owned(), span.end.to_string());
    }
    if !fault.help.is_empty() {
        place.insert(HELP.to_owned(), fault.help.clone());
    }
    let mut details = ErrorDetails::with_error_info(fault.reason.as_str(), DOMAIN, place);
    if let Some(field) = field
        && code == Code::InvalidArgument
    {
        details.add_bad_request_violation(field, &fault.message);
    }
    Status::with_error_details(code, &fault.message, details)
}

/// A limit of the server as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    Connections,
    Calls,
    Worksheets,
    Requests,
    Waiting,
    NoteRate,
}

impl Limit {
    /// Its name in statuses and metrics, which is that of its option.
    const fn name(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Calls => "calls",
            Self::Worksheets => "worksheets",
            Self::Requests => "requests",
            Self::Waiting => "waiting",
            Self::NoteRate => "note_rate",
        }
    }

    /// What there cannot be more of.
    const fn what(self) -> &'static str {
        match self {
            Self::Connections => "open connections",
            Self::Calls => "calls under way",
            Self::Worksheets => "open worksheets",
            Self::Requests => "bytes of requests",
            Self::Waiting => "heavy lines that wait",
            Self::NoteRate => "notes a second on a connection",
        }
    }
}

/// The status of a call for which there is no room now, since a limit is reached, which is
/// at `value`. Its caller may come again.
pub(super) fn overloaded(limit: Limit, value: usize) -> Status {
    overloaded_for(LATER, limit, value)
}

fn overloaded_for(wait: Duration, limit: Limit, value: usize) -> Status {
    let mut details = ErrorDetails::with_retry_info(Some(wait));
    let named = HashMap::from([(LIMIT.to_owned(), limit.name().to_owned())]);
    details.set_error_info(Reason::Overloaded.as_str(), DOMAIN, named);
    let what = limit.what();
    let message = format!("the limit of {value} {what} is reached; try again a little later");
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

/// The status of a note of a peer that has sent many, and may send the next one after so
/// long a `wait`. It is at `value` in the long run.
pub(super) fn too_many_notes(value: u32, wait: Duration) -> Status {
    overloaded_for(wait, Limit::NoteRate, value as usize)
}

/// The status of a note that is refused for what it says.
pub(super) fn invalid_note(error: &NoteError) -> Status {
    let message = error.to_string();
    let mut details = ErrorDetails::with_error_info(INVALID_NOTE, DOMAIN, HashMap::new());
    details.add_bad_request_violation(error.field(), &message);
    Status::with_error_details(Code::InvalidArgument, message, details)
}

/// The status of a call that we failed to answer.
pub(super) fn internal(message: &str) -> Status {
    let details = ErrorDetails::with_error_info(INTERNAL, DOMAIN, HashMap::new());
    Status::with_error_details(Code::Internal, message, details)
}

/// The status of a call that was not answered within `given`.
pub(super) fn out_of_time(given: Duration) -> Status {
    Status::deadline_exceeded(format!("not answered within {given:?}"))
}

/// The status of a call of what nobody here has.
pub(super) fn unknown_method() -> Status {
    Status::unimplemented("this server has no such method; reflection lists what it has")
}

/// The status of a call that presents no token that is known here.
pub(super) fn no_token() -> Status {
    Status::unauthenticated("this server asks for a token: `authorization: Bearer TOKEN`")
}

/// The status that ends a worksheet of which nothing was heard for as long as `limit`.
pub(super) fn idle(limit: Duration) -> Status {
    let message = format!("the worksheet was idle for longer than the limit of {limit:?}");
    let named = HashMap::from([(LIMIT.to_owned(), "idle".to_owned())]);
    let details = ErrorDetails::with_error_info(Reason::Limit.as_str(), DOMAIN, named);
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

/// The status that ends a worksheet when the server is about to end.
pub(super) fn shutting_down() -> Status {
    Status::unavailable("the server is shutting down")
}

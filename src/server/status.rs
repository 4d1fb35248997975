//! From a fault of the engine to the status of a call.

use std::{collections::HashMap, time::Duration};

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::engine::{Fault, Reason};

/// The domain of every reason that this server gives in `google.rpc.ErrorInfo`.
pub const DOMAIN: &str = "grpcalc";

/// The key in the metadata of `google.rpc.ErrorInfo` under which the first character of
/// the place in the line stands, from 0.
pub const START: &str = "start";

/// The key of the character after the last one.
pub const END: &str = "end";

/// The key of what would help.
pub const HELP: &str = "help";

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

/// The status of a call for which there is no room now.
pub(super) fn overloaded() -> Status {
    let fault = Fault::overloaded();
    let mut details = ErrorDetails::with_retry_info(Some(LATER));
    details.set_error_info(fault.reason.as_str(), DOMAIN, HashMap::new());
    let message = format!("{}; {}", fault.message, fault.help);
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

/// The status that ends a worksheet of which nothing was heard for as long as `limit`.
pub(super) fn idle(limit: Duration) -> Status {
    let message = format!("the worksheet was idle for longer than the limit of {limit:?}");
    let details = ErrorDetails::with_error_info(Reason::Limit.as_str(), DOMAIN, HashMap::new());
    Status::with_error_details(Code::ResourceExhausted, message, details)
}

/// The status that ends a worksheet when the server is about to end.
pub(super) fn shutting_down() -> Status {
    Status::unavailable("the server is shutting down")
}

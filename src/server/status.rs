//! From a fault of the engine to the status of a call.

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::engine::{Fault, Reason};

/// The domain of every reason that this server gives in `google.rpc.ErrorInfo`.
pub const DOMAIN: &str = "grpcalc";

/// The status that tells `fault`, with `ErrorInfo`, and with `BadRequest` where
/// the request's `field` is to blame.
///
/// Codes and details follow AIP-193 and the table in `docs/protocol.md`.
pub(super) fn from_fault(fault: &Fault, field: Option<&str>) -> Status {
    let code = match fault.reason {
        Reason::DivisionByZero => Code::InvalidArgument,
        Reason::Overflow => Code::OutOfRange,
    };
    let mut details = ErrorDetails::with_error_info(fault.reason.as_str(), DOMAIN, []);
    if let Some(field) = field {
        details.add_bad_request_violation(field, &fault.message);
    }
    Status::with_error_details(code, &fault.message, details)
}

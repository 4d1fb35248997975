//! The status at the end of a call.

use http::{HeaderMap, HeaderValue};
use percent_encoding::percent_decode_str;
use tonic::{Code, metadata::MetadataMap};

use crate::{
    client::Exchange,
    proto::{code::name, header::STATUS_DETAILS},
    schema::pool,
    text::printable::printable,
};

/// The status of a call, from its trailers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The name of the status code. If the code is unknown, this is the value of the trailer.
    pub code: String,
    /// The message; None if the message is missing or empty.
    pub message: Option<String>,
}

impl Status {
    /// Returns the status of `exchange`. Returns None if there is no trailer `grpc-status`.
    pub(super) fn new(exchange: &Exchange) -> Option<Self> {
        let message = exchange.trailer("grpc-message").map(percent_decoded);
        Some(Self {
            code: code(exchange)?,
            message: message.filter(|text| !text.is_empty()),
        })
    }
}

/// The maximum number of characters shown of an unknown status code.
const MAX_CODE: usize = 16;

/// Returns the name of the status code of `exchange`. If the code is unknown, returns the value of
/// the trailer.
pub(super) fn code(exchange: &Exchange) -> Option<String> {
    let value = exchange.trailer("grpc-status")?;
    let known = value.parse().ok().filter(|code| (0..17).contains(code));
    Some(match known {
        Some(code) => name(Code::from_i32(code)).into(),
        None => printable(value, MAX_CODE),
    })
}

/// Decodes the percent-encoding of a status message (gRPC over HTTP2, "Status-Message").
fn percent_decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Returns the details of the status of `exchange` as lines of text. The details are a
/// `google.rpc.Status`.
pub(super) fn details(exchange: &Exchange) -> Option<Vec<String>> {
    let value = HeaderValue::from_str(exchange.trailer(STATUS_DETAILS.as_str())?).ok()?;
    let mut fields = HeaderMap::new();
    fields.insert(STATUS_DETAILS.as_str(), value);
    // The values of fields whose names end in "-bin" are base64 (gRPC over HTTP2).
    let fields = MetadataMap::from_headers(fields);
    let bytes = fields.get_bin(STATUS_DETAILS.as_str())?.to_bytes().ok()?;
    let message = pool::message("google.rpc.Status")?;
    Some(pool::text(&pool::decode(&message, &bytes)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_percent_decoded() {
        assert_eq!(percent_decoded("a%20b%C3%A9%zz%"), "a bé%zz%");
    }
}

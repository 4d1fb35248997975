//! How a call ended.

use http::{HeaderMap, HeaderValue};
use tonic::{Code, metadata::MetadataMap};

use super::is_worksheet;
use crate::schema::pool;
use crate::{
    client::{CallEnd, Exchange, Sender},
    proto::{code::name, header::STATUS_DETAILS},
    text::printable::printable,
};

/// The name of a status, or what came in its place.
pub(super) fn status(exchange: &Exchange) -> Option<String> {
    let value = exchange.trailer("grpc-status")?;
    Some(
        match value.parse().ok().filter(|code| (0..17).contains(code)) {
            Some(code) => name(Code::from_i32(code)).into(),
            None => printable(value, 16),
        },
    )
}

/// The end of a call in a word or two.
pub(super) fn end(exchange: &Exchange) -> String {
    let words = match exchange.end {
        _ if exchange.trailers.is_some() => {
            return status(exchange).unwrap_or_else(|| "no status".into());
        }
        CallEnd::Reset(Sender::Client, _) => "given up",
        CallEnd::Reset(Sender::Server, _) => "reset by the server",
        CallEnd::Open if is_worksheet(exchange) => "still open",
        CallEnd::Open | CallEnd::Ended | CallEnd::ProtocolError | CallEnd::Cut => "no status",
    };
    words.into()
}

/// What stands in the details of a status, as text (`google.rpc.Status`).
pub(super) fn details(exchange: &Exchange) -> Option<Vec<String>> {
    let value = HeaderValue::from_str(exchange.trailer(STATUS_DETAILS)?).ok()?;
    let mut fields = HeaderMap::new();
    fields.insert(STATUS_DETAILS, value);
    // It is base64, as all fields are whose names end so (gRPC over HTTP2).
    let fields = MetadataMap::from_headers(fields);
    let bytes = fields.get_bin(STATUS_DETAILS)?.to_bytes().ok()?;
    let message = pool::message("google.rpc.Status")?;
    Some(pool::text(&pool::decode(&message, &bytes)?))
}

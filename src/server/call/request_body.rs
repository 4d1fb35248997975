//! The body of a request: the rules for its messages, and the memory that they use.

use std::sync::Arc;

use http_body_util::{BodyExt as _, combinators::MapErr};
use hyper::body::Incoming;
use tonic::{Status, metadata::MetadataValue};

use crate::{
    proto::{
        compression::{ACCEPTED, NamedEncoding},
        errors::message_too_large,
        header::ACCEPT_ENCODING,
        message_body::{MessageBody, MessageRules},
    },
    server::{
        ServerLimits,
        byte_budget::{ByteBudget, Reservation},
        status::overloaded,
    },
};

/// The maximum size, in bytes, of a message that needs no reservation.
const SMALL: usize = 16 * 1024;

/// The body of a request. Its messages are inflated, and the bytes of long messages are reserved.
pub(super) type RequestBody =
    MessageBody<MapErr<Incoming, fn(hyper::Error) -> Status>, RequestRules>;

/// The rules for the messages of a request.
///
/// tonic keeps the received part of a message until the message is complete. After that, tonic
/// keeps the buffer for the next message of the stream. So the size of the longest message stays
/// reserved until the body is dropped.
pub(super) struct RequestRules {
    limit: usize,
    budget: Arc<ByteBudget>,
    reservation: Reservation,
}

/// Returns the body of a request whose messages have at most `limit` bytes.
///
/// If `is_single` is true, the request has exactly one message.
pub(super) fn request_body(
    body: Incoming,
    encoding: NamedEncoding,
    is_single: bool,
    limit: usize,
    budget: &Arc<ByteBudget>,
) -> RequestBody {
    let rules = RequestRules {
        limit,
        budget: Arc::clone(budget),
        reservation: budget.reservation(),
    };
    // The code is not CANCELLED, which tonic treats as the regular end of a request.
    let aborted = |_| Status::aborted("the caller cancelled the call or disconnected");
    MessageBody::new(
        body.map_err(aborted as fn(_) -> _),
        encoding,
        is_single,
        rules,
    )
}

impl MessageRules for RequestRules {
    fn limit(&self) -> usize {
        self.limit
    }

    fn hold(&mut self, bytes: usize) -> Result<(), Status> {
        if bytes <= SMALL.max(self.reservation.bytes()) {
            return Ok(());
        }
        let reserved = self.reservation.resize(bytes);
        reserved.map_err(|_| overloaded(&ServerLimits::REQUESTS, self.budget.limit()))
    }

    fn too_large(&self) -> Status {
        message_too_large(self.limit)
    }

    fn unknown_encoding(&self) -> Status {
        let message = format!("the server reads only these encodings of messages: {ACCEPTED}");
        let mut status = Status::unimplemented(message);
        let accepted = MetadataValue::from_static(ACCEPTED);
        status
            .metadata_mut()
            .insert(ACCEPT_ENCODING.as_str(), accepted);
        status
    }

    fn second_message(&self) -> Status {
        Status::unimplemented("this method takes one message, but the request has several")
    }

    fn check_end(&mut self, is_missing: bool, _: bool) -> Result<(), Status> {
        if is_missing {
            return Err(Status::unimplemented(
                "this method takes one message, but the request has none",
            ));
        }
        Ok(())
    }
}

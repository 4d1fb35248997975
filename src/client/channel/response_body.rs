//! The body of a response: the rules for its messages and its end.

use std::sync::Arc;

use bytes::Bytes;
use http_body::Body as HttpBody;
use tokio::sync::oneshot;
use tonic::{Status, body::Body};

use crate::proto::{
    compression::{ACCEPTED, NamedEncoding},
    errors::message_too_large,
    message_body::{MessageBody, MessageRules},
};

/// The maximum length of a message of a response, in bytes.
pub(in crate::client) const MAX_MESSAGE: usize = 4 << 20;

/// The error of a response that does not follow the protocol of gRPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::client) enum MalformedResponse {
    /// The response ended without a status. A proxy may have lost its server.
    #[error("the response of the server has no status")]
    NoStatus,
    /// The response to a unary call has no message.
    #[error("the response of the server has no message")]
    NoMessage,
    /// The response to a unary call has several messages.
    #[error("the response of the server has several messages instead of one")]
    SecondMessage,
    /// The message of the response to a line has neither a value nor a fault.
    #[error("the reply of the server makes no sense: the line has neither a value nor a fault")]
    NoResult,
}

impl From<MalformedResponse> for Status {
    /// Returns a status with the code of the error (gRPC's list of status codes).
    fn from(error: MalformedResponse) -> Self {
        let message = error.to_string();
        let mut status = match error {
            MalformedResponse::NoStatus | MalformedResponse::NoResult => Self::internal(message),
            MalformedResponse::NoMessage | MalformedResponse::SecondMessage => {
                Self::unimplemented(message)
            }
        };
        status.set_source(Arc::new(error));
        status
    }
}

/// The rules for the messages of a response.
struct ResponseRules {
    /// Held until the end of the response to a streaming call.
    open: Option<oneshot::Sender<()>>,
}

/// Returns `body` with uncompressed messages. The response to a streaming call holds `open` until
/// its end; the response to a unary call has none.
pub(super) fn response_body(
    body: impl HttpBody<Data = Bytes, Error = Status> + Send + Unpin + 'static,
    encoding: NamedEncoding,
    open: Option<oneshot::Sender<()>>,
) -> Body {
    let is_unary = open.is_none();
    let rules = ResponseRules { open };
    Body::new(MessageBody::new(body, encoding, is_unary, rules))
}

impl MessageRules for ResponseRules {
    fn limit(&self) -> usize {
        MAX_MESSAGE
    }

    fn hold(&mut self, _: usize) -> Result<(), Status> {
        Ok(())
    }

    fn too_large(&self) -> Status {
        message_too_large(MAX_MESSAGE)
    }

    fn unknown_encoding(&self) -> Status {
        Status::internal(format!(
            "the server sent a message in an encoding other than {ACCEPTED}"
        ))
    }

    fn second_message(&self) -> Status {
        MalformedResponse::SecondMessage.into()
    }

    fn check_end(&mut self, is_missing: bool, has_status: bool) -> Result<(), Status> {
        self.open = None;
        match (has_status, is_missing) {
            (false, _) => Err(MalformedResponse::NoStatus.into()),
            (true, true) => Err(MalformedResponse::NoMessage.into()),
            (true, false) => Ok(()),
        }
    }
}

//! Explanations of a line's gRPC calls: the seven steps of `docs/how-a-call-travels.md`, with
//! the bytes that were sent and received for this line.
//!
//! [`Explanation`] is plain data, made from recorded calls. [`std::fmt::Display`] writes it as
//! text. The text reports what cannot be seen from the client.

mod grpcurl;
mod model;
mod redactor;
mod status;
mod text;

pub use self::{
    model::{
        Body, CallSummary, Contract, DecodedMessage, Ending, ExplainedCall, ExplainedResult,
        Explanation, Header, Message, Request, Response,
    },
    status::Status,
};
pub use crate::schema::bytes::Annotation;

//! Explains the gRPC calls of a line. An explanation has the seven steps of
//! `docs/how-a-call-travels.md`, with the bytes that were sent and received for this line.
//!
//! An [`Explanation`] is plain data that is made from recorded calls. [`std::fmt::Display`] writes
//! the data as text. The text also says what the client cannot observe.

mod body;
mod grpcurl;
mod model;
mod redactor;
mod status;
mod text;

pub use self::{
    body::{Body, DecodedMessage, Message},
    model::{
        CallSummary, Contract, Ending, ExplainedCall, ExplainedResult, Explanation, Header,
        Request, Response,
    },
    status::Status,
};
pub use crate::schema::bytes::Annotation;

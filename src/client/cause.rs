//! The causes of errors in words.

use std::{error::Error, io};

use h2::Reason;
use tonic::Code;

use super::channel::tls;
use crate::{
    proto::code::name,
    text::{io_error, printable::printable},
};

/// The maximum number of characters shown of a message from a server.
pub(super) const MAX_MESSAGE: usize = 1024;

/// Returns the first error of type `E` in the chain of sources of `error`.
pub(super) fn find_source<'a, E: Error + 'static>(
    error: &'a (dyn Error + 'static),
) -> Option<&'a E> {
    chain(error).find_map(|error| error.downcast_ref())
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

/// Returns the message of the last source of `error`. The messages of the other sources are only
/// "transport error".
pub(super) fn root_cause(error: &(dyn Error + 'static)) -> String {
    if find_source::<h2::Error>(error).is_some_and(|error| error.reason() == Some(Reason::NO_ERROR))
    {
        return "the server is closing its connections".into();
    }
    let root = chain(error).last().unwrap_or(error);
    match root.downcast_ref::<io::Error>() {
        Some(error) => io_cause(error),
        None => printable(&root.to_string(), MAX_MESSAGE),
    }
}

fn io_cause(error: &io::Error) -> String {
    if let Some(cause) = tls::cause(error) {
        return printable(&cause, MAX_MESSAGE);
    }
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused; is a server running there?".into(),
        io::ErrorKind::NotFound => "no such socket".into(),
        io::ErrorKind::UnexpectedEof => "the server closed the connection".into(),
        _ => printable(&io_error::describe(error), MAX_MESSAGE),
    }
}

/// Returns a message made safe for a terminal, and the name of the code.
pub(super) fn with_code(message: &str, code: Code) -> String {
    format!("{} ({})", printable(message, MAX_MESSAGE), name(code))
}

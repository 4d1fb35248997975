//! Writes an explanation as text.

use std::{
    fmt::{self, Display, Formatter},
    time::Duration,
};

use super::body::{Body, Message};
use super::model::{
    CallSummary, Ending, ExplainedCall, ExplainedResult, Explanation, Header, Response,
};
use crate::proto::header::STATUS_DETAILS;
use crate::{
    client::{Destination, Role, ServerAddress},
    net::address::Address,
    schema::bytes::Annotation,
    text::printable::printable,
};

/// The maximum number of characters shown of a header field, of a status message or of an answer.
const MAX_VALUE: usize = 100;

/// The maximum number of characters shown of the encoded details of a status.
const MAX_STATUS_DETAILS: usize = 24;

/// The maximum number of bytes shown of a message.
const MAX_MESSAGE_BYTES: usize = 20;

/// The maximum number of bytes shown of a field.
const MAX_FIELD_BYTES: usize = 12;

/// The maximum number of messages shown of one direction of a stream.
const MAX_MESSAGES: usize = 4;

/// The maximum width, in columns, of the hexadecimal bytes at the start of a row.
const MAX_COLUMNS: usize = 3 * MAX_FIELD_BYTES + 2;

/// The hexadecimal bytes in a row are padded to a multiple of this number of columns.
const COLUMN_STEP: usize = 15;

impl Display for Explanation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(call) = &self.call else {
            return writeln!(f, "{}", no_call(&self.result));
        };
        if !self.earlier.is_empty() {
            writeln!(f, "Earlier calls for this line:")?;
            for earlier in &self.earlier {
                writeln!(f, "    {earlier}")?;
            }
        }
        contract(f, call)?;
        generated_code(f, call)?;
        server(f, &call.destination)?;
        writeln!(f, "4 Call the stub: the request")?;
        for message in shown_messages(&call.request.body) {
            if let Some(decoded) = &message.decoded {
                text_form(f, &decoded.name, &decoded.text)?;
            }
            bytes(f, message)?;
        }
        hidden_messages(f, &call.request.body)?;
        http2(f, call)?;
        response(f, call)?;
        decoded(f, &call.response.body, &self.result)?;
        grpcurl(f, call)
    }
}

impl Display for CallSummary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let path = path(self.path.as_deref());
        let path = printable(path.trim_start_matches('/'), MAX_VALUE);
        let (destination, sent, received) = (&self.destination, self.sent, self.received);
        write!(
            f,
            "{path} {destination}: {sent} bytes sent, {received} received"
        )?;
        if let Some(duration) = self.duration {
            write!(f, " in {}", Time(duration))?;
        }
        let ending = match &self.ending {
            Ending::Trailers { code: Some(code) } => return write!(f, ", {code}"),
            Ending::Reset(Role::Client, _) => "cancelled",
            Ending::Reset(Role::Server, _) => "reset by the server",
            Ending::OpenWorksheet => "still open",
            Ending::Trailers { code: None }
            | Ending::NoTrailers
            | Ending::Cut
            | Ending::NotHttp2
            | Ending::Open => "no status",
        };
        write!(f, ", {ending}")
    }
}

/// A duration. It is written in microseconds, milliseconds or seconds.
struct Time(Duration);

impl Display for Time {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let time = self.0;
        match time.as_nanos() {
            0..1_000_000 => write!(f, "{} µs", time.as_micros()),
            1_000_000..10_000_000 => write!(f, "{:.1} ms", time.as_secs_f64() * 1e3),
            10_000_000..1_000_000_000 => write!(f, "{} ms", time.as_millis()),
            _ => write!(f, "{:.1} s", time.as_secs_f64()),
        }
    }
}

/// Returns a sentence that says why there is no call to explain.
fn no_call(result: &ExplainedResult) -> &'static str {
    match result {
        ExplainedResult::NotSent(_) => "No call was made: the line has a fault.",
        ExplainedResult::NoReply(_) => "Nothing was sent: there is no connection.",
        ExplainedResult::Nothing => "No call was made.",
        ExplainedResult::Answer { .. } | ExplainedResult::Fault(_) | ExplainedResult::Other => {
            "The recorded bytes could not be read."
        }
    }
}

fn path(path: Option<&str>) -> &str {
    path.unwrap_or("(unknown)")
}

/// Writes step 1: the declarations in the proto file.
fn contract(f: &mut Formatter<'_>, call: &ExplainedCall) -> fmt::Result {
    writeln!(f, "1 The proto")?;
    let Some(contract) = &call.contract else {
        let path = printable(path(call.path.as_deref()), MAX_VALUE);
        return writeln!(f, "    this program has no proto file for {path}");
    };
    writeln!(f, "    {}, service {}:", contract.file, contract.service)?;
    let declarations = [&contract.method, &contract.input, &contract.output];
    lines(f, 6, declarations)
}

/// Writes step 2: the functions that code generators create for the method.
fn generated_code(f: &mut Formatter<'_>, call: &ExplainedCall) -> fmt::Result {
    writeln!(f, "2 The generated code")?;
    let Some(contract) = &call.contract else {
        return writeln!(f, "    unknown without the proto file");
    };
    writeln!(f, "    in Rust {}", contract.rust)?;
    writeln!(f, "    in Python {}", contract.python)
}

/// Writes step 3: the server, and the kind of the connection.
fn server(f: &mut Formatter<'_>, destination: &Destination) -> fmt::Result {
    writeln!(f, "3 The server")?;
    let transport = match destination {
        Destination::Embedded { .. } => ", over a pipe in this process",
        Destination::Remote(ServerAddress { address, tls }) => match (address, tls) {
            (Address::Unix(_), _) => "",
            (Address::Tcp { .. }, Some(_)) => ", over TCP and TLS",
            (Address::Tcp { .. }, None) => ", over TCP",
        },
    };
    writeln!(f, "    {destination}{transport}")?;
    writeln!(
        f,
        "    this program cannot see what the server does with the request"
    )
}

/// Writes step 5: the stream, the header fields and the frames of the request.
fn http2(f: &mut Formatter<'_>, call: &ExplainedCall) -> fmt::Result {
    writeln!(f, "5 HTTP/2, stream {}", call.stream)?;
    match call.opened_before {
        Some(time) => writeln!(
            f,
            "    HEADERS, sent {} ago, when the stream was opened:",
            Time(time)
        )?,
        None => writeln!(f, "    HEADERS:")?,
    }
    headers(f, &call.request.headers)?;
    data(f, &call.request.body)
}

/// Writes step 6: the response, and the times to its first and last byte.
fn response(f: &mut Formatter<'_>, call: &ExplainedCall) -> fmt::Result {
    let response = &call.response;
    writeln!(f, "6 Request and response")?;
    match (response.to_first_byte, response.to_last_byte) {
        (Some(first), Some(last)) => writeln!(
            f,
            "    first byte received {} after the first byte sent, last byte after {}",
            Time(first),
            Time(last)
        )?,
        _ if response.ending == Ending::NotHttp2 => {
            writeln!(f, "    the response is not HTTP/2")?;
        }
        _ => writeln!(f, "    nothing was received")?,
    }
    if let Some(fields) = &response.headers {
        match call.opened_before {
            Some(_) => writeln!(f, "    HEADERS, once for the whole stream:")?,
            None => writeln!(f, "    HEADERS:")?,
        }
        headers(f, fields)?;
    }
    let body = &response.body;
    if let Some(text) = &response.foreign {
        let (length, text) = (count(body.length, "byte"), printable(text, MAX_VALUE));
        writeln!(f, "    DATA, {length}, not gRPC: {text}")?;
    } else if body.length > 0 {
        data(f, body)?;
        for message in shown_messages(body) {
            bytes(f, message)?;
        }
        hidden_messages(f, body)?;
    }
    ending(f, response)
}

/// Writes how the response ended: the trailers, or why there are none.
fn ending(f: &mut Formatter<'_>, response: &Response) -> fmt::Result {
    match response.ending {
        Ending::Trailers { .. } => trailers(f, response),
        Ending::Reset(by, code) => {
            let by = match by {
                Role::Client => "this program",
                Role::Server => "the server",
            };
            writeln!(f, "    RST_STREAM, code {code}, sent by {by}")
        }
        Ending::NotHttp2 => Ok(()),
        Ending::NoTrailers => {
            writeln!(f, "    no trailers, and so no status: the stream has ended")
        }
        Ending::Cut => writeln!(
            f,
            "    no trailers and no status: the connection was closed"
        ),
        Ending::OpenWorksheet => writeln!(
            f,
            "    no trailers and no status yet: the stream stays open for the next line"
        ),
        Ending::Open => writeln!(
            f,
            "    no trailers and no status: this program did not wait for them"
        ),
    }
}

fn trailers(f: &mut Formatter<'_>, response: &Response) -> fmt::Result {
    let heading = if response.is_trailers_only {
        "HEADERS that end the stream (there is no message):"
    } else {
        "trailers (HEADERS that end the stream):"
    };
    writeln!(f, "    {heading}")?;
    headers(f, response.trailers.as_deref().unwrap_or_default())?;
    if let Some(status) = &response.status {
        write!(f, "    status {}", status.code)?;
        match &status.message {
            Some(message) => writeln!(f, ": {}", printable(message, MAX_VALUE))?,
            None => writeln!(f)?,
        }
    }
    if let Some(details) = &response.status_details {
        writeln!(f, "    the status details, google.rpc.Status in text form:")?;
        lines(f, 6, details)?;
    }
    Ok(())
}

/// Writes step 7: the last message, and the result that the user sees.
fn decoded(f: &mut Formatter<'_>, body: &Body, result: &ExplainedResult) -> fmt::Result {
    writeln!(f, "7 Decode")?;
    let message = shown_messages(body)
        .last()
        .and_then(|message| message.decoded.as_ref());
    if let Some(message) = message {
        text_form(f, &message.name, &message.text)?;
    }
    match result {
        ExplainedResult::Fault(fault)
        | ExplainedResult::NotSent(fault)
        | ExplainedResult::NoReply(fault) => {
            writeln!(f, "    shown as the fault: {fault}")
        }
        ExplainedResult::Answer { text, .. } if text.len() > MAX_VALUE => {
            writeln!(
                f,
                "    shown as the answer: a text of {} characters",
                text.len()
            )
        }
        ExplainedResult::Answer { text, is_rounded } if !text.is_empty() => {
            let rounded = if *is_rounded {
                ", which is rounded"
            } else {
                ""
            };
            writeln!(f, "    shown as the answer: {text}{rounded}")
        }
        _ if message.is_none() => writeln!(f, "    there is no message to decode"),
        _ => Ok(()),
    }
}

fn grpcurl(f: &mut Formatter<'_>, call: &ExplainedCall) -> fmt::Result {
    let Some(command) = &call.grpcurl else {
        return writeln!(f, "The request is too long for a grpcurl command.");
    };
    writeln!(f, "The same call with grpcurl")?;
    writeln!(f, "    {}", printable(command, usize::MAX))?;
    if call.is_worksheet() {
        writeln!(
            f,
            "    (in a new worksheet, without your variables and functions)"
        )?;
    }
    match &call.destination {
        Destination::Embedded { listens_at } if listens_at.is_empty() => writeln!(
            f,
            "    (start 'grpcalc serve' first: other programs cannot reach the embedded server)"
        ),
        _ => Ok(()),
    }
}

/// Writes the size of a body, and the prefixes of its messages.
fn data(f: &mut Formatter<'_>, body: &Body) -> fmt::Result {
    let (length, frames) = (count(body.length, "byte"), count(body.frames, "frame"));
    writeln!(f, "    DATA, {length} in {frames}:")?;
    for message in shown_messages(body) {
        let compressed = if message.is_compressed {
            "compressed"
        } else {
            "not compressed"
        };
        let length = count(message.length, "byte");
        let meaning = format!("the gRPC frame: {compressed}, a message of {length}");
        writeln!(f, "      {}", row(&message.prefix, &meaning))?;
    }
    Ok(())
}

fn text_form(f: &mut Formatter<'_>, name: &str, text: &[String]) -> fmt::Result {
    writeln!(f, "    {name}, in text form:")?;
    lines(f, 6, text)
}

/// Writes the first bytes of a message in one row, and then the bytes of each field.
fn bytes(f: &mut Formatter<'_>, message: &Message) -> fmt::Result {
    let length = count(message.length, "byte");
    let hex = hex(&message.bytes, MAX_MESSAGE_BYTES);
    let compressed = if message.is_compressed {
        ", compressed"
    } else {
        ""
    };
    writeln!(f, "    the message{compressed}, {length}: {hex}")?;
    if let Some(inflated) = &message.inflated {
        let length = count(inflated.len(), "byte");
        let hex = self::hex(inflated, MAX_MESSAGE_BYTES);
        writeln!(f, "    the message, inflated, {length}: {hex}")?;
    }
    match &message.annotations {
        Some(annotations) => lines(f, 6, annotations.iter().map(annotated)),
        None if message.is_compressed => writeln!(f, "      (cannot be inflated)"),
        None => writeln!(f, "      (too long to show its fields)"),
    }
}

/// Returns the messages of a body that are shown: the first `MAX_MESSAGES`.
fn shown_messages(body: &Body) -> &[Message] {
    &body.messages[..body.messages.len().min(MAX_MESSAGES)]
}

/// Writes how many messages of a body are not shown.
fn hidden_messages(f: &mut Formatter<'_>, body: &Body) -> fmt::Result {
    match body.messages.len().saturating_sub(MAX_MESSAGES) {
        0 => Ok(()),
        _ if !body.is_complete => writeln!(f, "    and more messages that were not recorded"),
        hidden => writeln!(f, "    and {} more", count(hidden, "message")),
    }
}

/// Writes header fields, one per line.
fn headers(f: &mut Formatter<'_>, fields: &[Header]) -> fmt::Result {
    for Header { name, value } in fields {
        let value = match value {
            None => "(secret, and not shown)".into(),
            Some(value) if **name == STATUS_DETAILS => {
                format!("{} (decoded below)", printable(value, MAX_STATUS_DETAILS))
            }
            Some(value) => printable(value, MAX_VALUE),
        };
        writeln!(f, "      {}: {value}", printable(name, MAX_VALUE))?;
    }
    Ok(())
}

fn lines(
    f: &mut Formatter<'_>,
    indent: usize,
    lines: impl IntoIterator<Item = impl Display>,
) -> fmt::Result {
    for line in lines {
        writeln!(f, "{:indent$}{line}", "")?;
    }
    Ok(())
}

fn annotated(annotation: &Annotation) -> String {
    let Annotation {
        depth,
        bytes,
        meaning,
    } = annotation;
    let indent = "  ".repeat(*depth);
    if bytes.is_empty() {
        indent + meaning
    } else {
        indent + &row(bytes, meaning)
    }
}

/// Returns a row: bytes in hexadecimal, and what the bytes mean.
fn row(bytes: &[u8], meaning: &str) -> String {
    let hex = hex(bytes, MAX_FIELD_BYTES);
    let width = hex.chars().count().next_multiple_of(COLUMN_STEP);
    format!("{hex:<width$}  {meaning}", width = width.min(MAX_COLUMNS))
}

/// Returns `bytes` in hexadecimal. After `limit` bytes, "…" stands for the other bytes.
fn hex(bytes: &[u8], limit: usize) -> String {
    let shown: Vec<_> = bytes
        .iter()
        .take(limit)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let more = if bytes.len() > limit { " …" } else { "" };
    shown.join(" ") + more
}

fn count(number: usize, unit: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_has_a_unit_that_fits() {
        for (micros, text) in [
            (7, "7 µs"),
            (1_234, "1.2 ms"),
            (12_345, "12 ms"),
            (1_234_567, "1.2 s"),
        ] {
            assert_eq!(Time(Duration::from_micros(micros)).to_string(), text);
        }
    }
}

//! How a line was answered: the seven steps of `docs/how-a-call-travels.md`, with what
//! travelled for this very line.
//!
//! Everything that is shown of a call was recorded on its connection. What cannot be seen
//! from the client is said to be so.

mod grpcurl;
mod status;

use std::{
    fmt::{self, Write as _},
    time::Duration,
};

use percent_encoding::percent_decode_str;
use prost_reflect::{DynamicMessage, MessageDescriptor, MethodDescriptor, ReflectMessage as _};

use self::status::{details, end, status};
use crate::repl::Outcome;
use crate::schema::{
    bytes::{hex, labelled, row},
    pool,
};
use crate::{
    client::{CallEnd, Exchange, Field, Payload, Sender},
    proto::{
        framing::{PREFIX_BYTES, Prefix},
        header::STATUS_DETAILS,
        token::presented,
    },
    text::printable::printable,
};

/// Characters of a header field's value that are shown.
const VALUE: usize = 100;

/// Bytes of a message that are shown in a row.
const BYTES: usize = 20;

/// Messages of a stream that are shown.
const MESSAGES: usize = 4;

/// Characters of the shortest token that is looked for in what servers say.
const SECRET: usize = 4;

/// A line, as it was answered.
pub(crate) struct Explained<'e> {
    pub(crate) exchanges: &'e [Exchange],
    pub(crate) outcome: &'e Outcome,
}

/// A short form of each call, a line each.
pub(crate) fn trace(exchanges: &[Exchange]) -> String {
    let mut text = String::new();
    for exchange in exchanges {
        writeln!(text, "{}", Brief(exchange)).expect("a String takes everything");
    }
    text
}

/// A call in a line.
struct Brief<'e>(&'e Exchange);

impl fmt::Display for Brief<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exchange = self.0;
        write!(
            f,
            "{} {}: {} bytes sent, {} received",
            printable(path(exchange).trim_start_matches('/'), VALUE),
            exchange.server,
            exchange.sent.length,
            exchange.received.length,
        )?;
        if let Some(duration) = exchange.duration {
            write!(f, " in {}", Time(duration))?;
        }
        write!(f, ", {}", end(exchange))
    }
}

fn path(exchange: &Exchange) -> &str {
    exchange.requested(":path").unwrap_or("(unknown)")
}

/// Whether the call goes on behind its answer.
fn is_worksheet(exchange: &Exchange) -> bool {
    path(exchange).ends_with("/Worksheet")
}

/// A time in a unit that fits.
struct Time(Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.0;
        match time.as_nanos() {
            0..1_000_000 => write!(f, "{} µs", time.as_micros()),
            1_000_000..10_000_000 => write!(f, "{:.1} ms", time.as_secs_f64() * 1e3),
            10_000_000..1_000_000_000 => write!(f, "{} ms", time.as_millis()),
            _ => write!(f, "{:.1} s", time.as_secs_f64()),
        }
    }
}

impl fmt::Display for Explained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((exchange, others)) = self.exchanges.split_last() else {
            return writeln!(f, "{}", self.nothing());
        };
        if !others.is_empty() {
            writeln!(f, "Calls that were made before, for this line:")?;
            for other in others {
                writeln!(f, "    {}", Brief(other))?;
            }
        }
        let call = Call {
            exchange,
            method: pool::method(path(exchange)),
        };
        call.contract(f)?;
        call.code(f)?;
        call.server(f)?;
        let request = call.request(f)?;
        call.http(f)?;
        let response = call.response(f)?;
        self.decoded(f, response.as_ref())?;
        match grpcurl::command(exchange, request.as_ref()) {
            Some(command) => {
                writeln!(f, "The same call with grpcurl")?;
                writeln!(f, "    {}", printable(&command, usize::MAX))?;
                if is_worksheet(exchange) {
                    writeln!(
                        f,
                        "    (in a worksheet of its own, which has none of your names)"
                    )?;
                }
                if exchange.server.contains(' ') {
                    writeln!(
                        f,
                        "    (nobody else can reach the embedded server: this is for 'grpcalc serve')"
                    )?;
                }
                Ok(())
            }
            None => writeln!(f, "The request is too long for a command of grpcurl."),
        }
    }
}

impl Explained<'_> {
    /// The text, without what was presented as a token: a server may have sent it back.
    pub(crate) fn text(&self) -> String {
        let mut text = self.to_string();
        for exchange in self.exchanges {
            let secret = exchange.requested("authorization");
            let secret = secret.map(|value| presented(value).unwrap_or(value));
            if let Some(secret) = secret.filter(|secret| secret.len() >= SECRET) {
                text = text.replace(secret, "(secret)");
            }
        }
        text
    }

    /// Why there is nothing to show.
    fn nothing(&self) -> &'static str {
        match self.outcome {
            Outcome::Unsendable(_) => "No call was made: what is wrong was found before.",
            Outcome::Unanswered(_) => "Nothing was sent: there is no connection.",
            Outcome::Silence | Outcome::Text(_) => "No call was made.",
            _ => "What travelled could not be read.",
        }
    }

    /// Step 7.
    fn decoded(
        &self,
        f: &mut fmt::Formatter<'_>,
        response: Option<&DynamicMessage>,
    ) -> fmt::Result {
        writeln!(f, "7 Decode")?;
        if let Some(message) = response {
            let name = message.descriptor().name().to_owned();
            writeln!(f, "    {name}, in text form:")?;
            lines(f, 6, pool::text(message))?;
        }
        match self.outcome {
            Outcome::Fault(fault) => writeln!(f, "    shown as the fault: {fault}"),
            Outcome::Unanswered(error) => writeln!(f, "    shown as the fault: {error}"),
            Outcome::Unsendable(fault) => writeln!(f, "    shown as the fault: {fault}"),
            outcome => match outcome.reply() {
                Some(reply) if reply.to_string().len() > VALUE => {
                    writeln!(
                        f,
                        "    shown as the answer: {} characters",
                        reply.to_string().len()
                    )
                }
                Some(reply) if !reply.to_string().is_empty() => {
                    let rounded = if reply.is_rounded() {
                        ", which is rounded"
                    } else {
                        ""
                    };
                    writeln!(f, "    shown as the answer: {reply}{rounded}")
                }
                _ if response.is_none() => writeln!(f, "    there is no message to decode"),
                _ => Ok(()),
            },
        }
    }
}

fn lines(
    f: &mut fmt::Formatter<'_>,
    indent: usize,
    lines: impl IntoIterator<Item = String>,
) -> fmt::Result {
    for line in lines {
        writeln!(f, "{:indent$}{line}", "")?;
    }
    Ok(())
}

/// One call and its contract.
struct Call<'e> {
    exchange: &'e Exchange,
    method: Option<MethodDescriptor>,
}

impl Call<'_> {
    /// Step 1: the method and its messages, from the proto.
    fn contract(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "1 The proto")?;
        let Some(method) = &self.method else {
            let path = printable(path(self.exchange), VALUE);
            return writeln!(f, "    {path} is in no contract that this program has");
        };
        let file = method.parent_service().parent_file();
        let service = method.parent_service();
        writeln!(f, "    {}, service {}:", file.name(), service.full_name())?;
        writeln!(f, "      {}", pool::declaration(method))?;
        writeln!(f, "      {}", pool::definition(&method.input()))?;
        writeln!(f, "      {}", pool::definition(&method.output()))
    }

    /// Step 2: what is generated from it, by the rules of the generators.
    fn code(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "2 The generated code")?;
        let Some(method) = &self.method else {
            return writeln!(f, "    cannot be told without the proto");
        };
        let (service, name) = (method.parent_service(), method.name());
        let (service, input) = (service.name(), method.input());
        let rust = snake_case(name);
        writeln!(f, "    in Rust {service}Client::{rust}({})", input.name())?;
        writeln!(f, "    in Python {service}Stub.{name}({})", input.name())
    }

    /// Step 3: who is asked.
    fn server(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let server = &self.exchange.server;
        writeln!(f, "3 The server")?;
        let way = match (server.contains(' '), server.starts_with("unix:")) {
            (true, _) => ", over a pipe in this process",
            (_, true) => "",
            _ if self.exchange.requested(":scheme") == Some("https") => ", over TCP and TLS",
            _ => ", over TCP",
        };
        writeln!(f, "    {server}{way}")?;
        writeln!(
            f,
            "    what it does with the request cannot be seen from here"
        )
    }

    /// Step 4: the request, in text form and in bytes.
    fn request(&self, f: &mut fmt::Formatter<'_>) -> Result<Option<DynamicMessage>, fmt::Error> {
        let input = self.method.as_ref().map(MethodDescriptor::input);
        writeln!(f, "4 Call the stub: the request")?;
        let mut last = None;
        for message in messages(&self.exchange.sent).take(MESSAGES) {
            last = show(f, input.as_ref(), &message)?;
        }
        rest(f, &self.exchange.sent)?;
        Ok(last)
    }

    /// Step 5: the frame, and the header fields of the request.
    fn http(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exchange = self.exchange;
        writeln!(f, "5 HTTP/2, stream {}", exchange.stream)?;
        match exchange.age {
            Some(age) => writeln!(
                f,
                "    HEADERS, sent {} ago, when the stream was opened:",
                Time(age)
            )?,
            None => writeln!(f, "    HEADERS:")?,
        }
        fields(f, &exchange.request)?;
        let Payload { length, frames, .. } = exchange.sent;
        writeln!(
            f,
            "    DATA, {} in {}:",
            count(length, "byte"),
            count(frames, "frame")
        )?;
        prefixes(f, &exchange.sent)
    }

    /// Step 6: the time, and what came back.
    fn response(&self, f: &mut fmt::Formatter<'_>) -> Result<Option<DynamicMessage>, fmt::Error> {
        let exchange = self.exchange;
        writeln!(f, "6 Request and response")?;
        match (exchange.duration, exchange.first) {
            (Some(last), Some(first)) => writeln!(
                f,
                "    {} from the first byte sent to the first received, {} to the last",
                Time(first),
                Time(last)
            )?,
            _ if exchange.end == CallEnd::ProtocolError => {
                writeln!(f, "    what came back is no HTTP/2")?;
            }
            _ => writeln!(f, "    nothing came back")?,
        }
        let mut last = None;
        if let Some(response) = &exchange.response {
            match exchange.age {
                Some(_) => writeln!(f, "    HEADERS, once for the whole stream:")?,
                None => writeln!(f, "    HEADERS:")?,
            }
            fields(f, response)?;
        }
        let Payload { length, frames, .. } = exchange.received;
        if length > 0 && !exchange.is_grpc() {
            let text = String::from_utf8_lossy(&exchange.received.bytes);
            writeln!(
                f,
                "    DATA, {}, which are no gRPC: {}",
                count(length, "byte"),
                printable(&text, VALUE)
            )?;
        } else if length > 0 {
            writeln!(
                f,
                "    DATA, {} in {}:",
                count(length, "byte"),
                count(frames, "frame")
            )?;
            prefixes(f, &exchange.received)?;
            let output = self.method.as_ref().map(MethodDescriptor::output);
            for message in messages(&exchange.received).take(MESSAGES) {
                taken_apart(f, output.as_ref(), &message)?;
                last = decoded(output.as_ref(), &message);
            }
            rest(f, &exchange.received)?;
        }
        self.end(f)?;
        Ok(last)
    }

    /// How it ended.
    fn end(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exchange = self.exchange;
        match (&exchange.trailers, exchange.end) {
            (Some(trailers), _) => {
                let where_ = if exchange.trailers_only {
                    "HEADERS that end the stream (there is no message):"
                } else {
                    "trailers, HEADERS that end the stream:"
                };
                writeln!(f, "    {where_}")?;
                fields(f, trailers)?;
                if let Some(status) = status(exchange) {
                    let message = exchange.trailer("grpc-message").map(unescaped);
                    let message = message.filter(|text| !text.is_empty());
                    let message = message.map(|text| format!(": {}", printable(&text, VALUE)));
                    writeln!(f, "    status {status}{}", message.unwrap_or_default())?;
                }
                match details(exchange) {
                    Some(details) => {
                        writeln!(f, "    its details, google.rpc.Status in text form:")?;
                        lines(f, 6, details)
                    }
                    None => Ok(()),
                }
            }
            (None, CallEnd::Reset(who, code)) => {
                let who = match who {
                    Sender::Client => "this program",
                    Sender::Server => "the server",
                };
                writeln!(f, "    RST_STREAM, code {code}: {who} gave the call up")
            }
            (None, CallEnd::ProtocolError) => Ok(()),
            (None, CallEnd::Ended) => {
                writeln!(f, "    no trailers, and so no status: the stream has ended")
            }
            (None, CallEnd::Cut) => {
                writeln!(f, "    no trailers and no status: the connection is gone")
            }
            (None, CallEnd::Open) if is_worksheet(exchange) => writeln!(
                f,
                "    no trailers and no status yet: the stream stays open for the next line"
            ),
            (None, CallEnd::Open) => {
                writeln!(f, "    no trailers and no status: nobody waited for them")
            }
        }
    }
}

/// A message in a stream of bytes, or the part of it that was kept.
struct Message<'b> {
    bytes: &'b [u8],
    is_compressed: bool,
    /// How long all of it is.
    length: usize,
}

impl<'b> Message<'b> {
    fn whole(&self) -> Option<&'b [u8]> {
        let is_readable = self.bytes.len() == self.length && !self.is_compressed;
        is_readable.then_some(self.bytes)
    }
}

/// The messages that were sent, each without what stands in front of it.
fn messages(payload: &Payload) -> impl Iterator<Item = Message<'_>> {
    let mut rest = &payload.bytes[..];
    std::iter::from_fn(move || {
        let (prefix, behind) = rest.split_first_chunk::<PREFIX_BYTES>()?;
        let Prefix {
            is_compressed,
            length,
        } = Prefix::decode(*prefix);
        let bytes = &behind[..length.min(behind.len())];
        rest = &behind[bytes.len()..];
        Some(Message {
            bytes,
            is_compressed,
            length,
        })
    })
}

/// What stands in front of each message.
fn prefixes(f: &mut fmt::Formatter<'_>, payload: &Payload) -> fmt::Result {
    let mut at = 0;
    for message in messages(payload).take(MESSAGES) {
        let prefix = &payload.bytes[at..at + PREFIX_BYTES];
        let compressed = if message.is_compressed {
            "compressed"
        } else {
            "not compressed"
        };
        let length = count(message.length, "byte");
        let label = format!("the gRPC frame: {compressed}, a message of {length}");
        writeln!(f, "      {}", row(prefix, &label))?;
        at += PREFIX_BYTES + message.bytes.len();
    }
    Ok(())
}

fn decoded(kind: Option<&MessageDescriptor>, message: &Message<'_>) -> Option<DynamicMessage> {
    pool::decode(kind?, message.whole()?)
}

/// A message in text form and in bytes.
fn show(
    f: &mut fmt::Formatter<'_>,
    kind: Option<&MessageDescriptor>,
    message: &Message<'_>,
) -> Result<Option<DynamicMessage>, fmt::Error> {
    let decoded = decoded(kind, message);
    if let Some(decoded) = &decoded {
        let name = decoded.descriptor().name().to_owned();
        writeln!(f, "    {name}, in text form:")?;
        lines(f, 6, pool::text(decoded))?;
    }
    taken_apart(f, kind, message)?;
    Ok(decoded)
}

/// The bytes of a message, and then each with what it says.
fn taken_apart(
    f: &mut fmt::Formatter<'_>,
    kind: Option<&MessageDescriptor>,
    message: &Message<'_>,
) -> fmt::Result {
    let length = count(message.length, "byte");
    writeln!(
        f,
        "    the message, {length}: {}",
        hex(message.bytes, BYTES)
    )?;
    match message.whole() {
        Some(bytes) => lines(f, 6, labelled(kind, bytes)),
        None if message.is_compressed => writeln!(f, "      (compressed)"),
        None => writeln!(f, "      (too long to be taken apart here)"),
    }
}

/// How many messages are not shown.
fn rest(f: &mut fmt::Formatter<'_>, payload: &Payload) -> fmt::Result {
    let hidden = messages(payload).skip(MESSAGES).count();
    let is_partial = payload.length > payload.bytes.len();
    match hidden {
        0 => Ok(()),
        _ if is_partial => writeln!(f, "    and more messages than were kept"),
        _ => writeln!(f, "    and {} more", count(hidden, "message")),
    }
}

fn count(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

/// Header fields, a line each. What is secret is not shown.
fn fields(f: &mut fmt::Formatter<'_>, fields: &[Field]) -> fmt::Result {
    for (name, value) in fields {
        let value = match name.as_str() {
            "authorization" => "(secret, and not shown)".into(),
            STATUS_DETAILS => format!("{} (decoded below)", printable(value, 24)),
            _ => printable(value, VALUE),
        };
        writeln!(f, "      {}: {value}", printable(name, VALUE))?;
    }
    Ok(())
}

/// A message in a status: what is not ASCII is written in percent signs (gRPC over HTTP2,
/// "Status-Message").
fn unescaped(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// `SendNote` as a function of Rust.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for (index, c) in name.chars().enumerate() {
        if c.is_uppercase() && index > 0 {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_programs() {
        assert_eq!(snake_case("SendNote"), "send_note");
        assert_eq!(unescaped("a%20b%C3%A9%zz%"), "a bé%zz%");
        for (micros, text) in [
            (7, "7 µs"),
            (1_234, "1.2 ms"),
            (12_345, "12 ms"),
            (1_234_567, "1.2 s"),
        ] {
            assert_eq!(Time(Duration::from_micros(micros)).to_string(), text);
        }
    }

    #[test]
    fn a_token_that_comes_back_is_not_shown() {
        let field = |name: &str, value: &str| (name.into(), value.into());
        let explained = Explained {
            exchanges: &[Exchange {
                request: vec![field("authorization", "Bearer open sesame")],
                trailers: Some(vec![field("grpc-message", "bad token 'open sesame'")]),
                ..Exchange::default()
            }],
            outcome: &Outcome::Silence,
        };
        let text = explained.text();
        assert!(text.contains("bad token '(secret)'"), "{text}");
        assert!(!text.contains("sesame"), "{text}");
    }

    #[test]
    fn no_payload_is_too_strange() {
        let payload = |bytes: &[u8]| Payload {
            bytes: bytes.to_vec(),
            length: bytes.len(),
            frames: 1,
        };
        for (bytes, lengths) in [
            (&[0, 0, 0, 0][..], &[][..]),
            (&[0, 0, 0, 0, 0], &[0]),
            (&[0, 0, 0, 0, 1, 7, 1, 0, 0, 0, 9, 8], &[1, 9]),
            (&[0xff; 5], &[u32::MAX as usize]),
        ] {
            let payload = payload(bytes);
            let found: Vec<_> = messages(&payload).map(|message| message.length).collect();
            assert_eq!(found, lengths);
            let explained = Explained {
                exchanges: &[Exchange {
                    sent: payload.clone(),
                    received: payload,
                    ..Exchange::default()
                }],
                outcome: &Outcome::Silence,
            };
            assert!(explained.to_string().contains("(unknown)"));
        }
    }
}

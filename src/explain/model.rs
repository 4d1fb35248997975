//! The gRPC calls of a line as plain data.

use std::time::Duration;

use prost_reflect::{MessageDescriptor, MethodDescriptor};

use super::{
    body::Body,
    grpcurl,
    redactor::Redactor,
    status::{self, Status},
};
use crate::{
    client::{CallEnd, Destination, Exchange, HeaderField, Role},
    proto::{grpcalc::v1::evaluator_service_server::SERVICE_NAME as EVALUATOR, header::ENCODING},
    schema::pool,
};

/// The calls of one line, and the result that the user saw.
///
/// The texts do not contain the token that the client sent, even if a server repeats the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The calls before the last call, oldest first.
    pub earlier: Vec<CallSummary>,
    /// The last call; None if no call was recorded.
    pub call: Option<ExplainedCall>,
    /// The result of the line.
    pub result: ExplainedResult,
}

/// The result of a line, as the user saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExplainedResult {
    /// There was no result, or the result was a text that needed no call.
    Nothing,
    /// An answer.
    Answer {
        /// The text of the answer.
        text: String,
        /// Whether the text is rounded, and so is not the exact value.
        is_rounded: bool,
    },
    /// The message of a fault in the answer of a server.
    Fault(String),
    /// The message of a fault that was found before the line was sent.
    NotSent(String),
    /// The error message of a call that failed.
    NoReply(String),
    /// Any other result.
    Other,
}

/// A summary of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSummary {
    /// The value of `:path`, if it is known.
    pub path: Option<String>,
    /// The server that was called.
    pub destination: Destination,
    /// The number of bytes sent in DATA frames.
    pub sent: usize,
    /// The number of bytes received in DATA frames.
    pub received: usize,
    /// The time from the first byte sent to the last byte received.
    pub duration: Option<Duration>,
    /// How the call ended.
    pub ending: Ending,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The server ended the stream with trailers.
    Trailers {
        /// The name of the status code; None if the trailers contain no status code.
        code: Option<String>,
    },
    /// One side reset the stream. The fields are this side and the HTTP/2 error code.
    Reset(Role, u32),
    /// The server ended the stream without trailers.
    NoTrailers,
    /// The connection was closed before the call ended.
    Cut,
    /// The server sent bytes that are not HTTP/2.
    NotHttp2,
    /// The call has not ended, because the stream of a worksheet stays open for the next line.
    OpenWorksheet,
    /// The client did not wait for the end of the call.
    Open,
}

/// The full explanation of one call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedCall {
    /// The value of `:path`, if it is known.
    pub path: Option<String>,
    /// The server that was called.
    pub destination: Destination,
    /// The declaration of the method; None if this program has no descriptor of the method.
    pub contract: Option<Contract>,
    /// The HTTP/2 identifier of the stream.
    pub stream: u32,
    /// How long before this line the stream was opened. None if the stream was opened for this
    /// line.
    pub opened_before: Option<Duration>,
    /// The request.
    pub request: Request,
    /// The response.
    pub response: Response,
    /// The grpcurl command that makes the same call; None if the request is too long for a command.
    pub grpcurl: Option<String>,
}

/// The declarations of a method, and the functions that are generated for the method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// The path of the proto file.
    pub file: String,
    /// The full name of the service.
    pub service: String,
    /// The declaration of the method.
    pub method: String,
    /// The declaration of the message type of the request.
    pub input: String,
    /// The declaration of the message type of the response.
    pub output: String,
    /// The function for the method in generated Rust code.
    pub rust: String,
    /// The function for the method in generated Python code.
    pub python: String,
    /// Whether the method is our `EvaluatorService.Worksheet`. The stream of this method stays open
    /// for the next line.
    pub is_worksheet: bool,
}

/// The request of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The header fields.
    pub headers: Vec<Header>,
    /// The messages sent for this line.
    pub body: Body,
}

/// The response of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The time from the first byte sent to the first byte received.
    pub to_first_byte: Option<Duration>,
    /// The time from the first byte sent to the last byte received.
    pub to_last_byte: Option<Duration>,
    /// The header fields; None if no header fields were received.
    pub headers: Option<Vec<Header>>,
    /// The messages received for this line.
    pub body: Body,
    /// The content as text, if the media type of the response is not that of gRPC. In this case,
    /// `body` has no messages.
    pub foreign: Option<String>,
    /// The trailers; None if the stream has not ended, or ended without trailers.
    pub trailers: Option<Vec<Header>>,
    /// Whether the response is a single HEADERS frame, which contains the trailers.
    pub is_trailers_only: bool,
    /// The status in the trailers.
    pub status: Option<Status>,
    /// The details of the status: the lines of a `google.rpc.Status` in text form.
    pub status_details: Option<Vec<String>>,
    /// How the call ended.
    pub ending: Ending,
}

/// A header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The name, in lower case.
    pub name: String,
    /// The value. None if the value is secret.
    pub value: Option<String>,
}

impl Explanation {
    /// Explains the calls of a line. `exchanges` are the recorded calls, and `result` is what the
    /// user saw.
    #[must_use]
    pub fn new(exchanges: &[Exchange], result: ExplainedResult) -> Self {
        let redactor = Redactor::new(exchanges);
        let (call, earlier) = match exchanges.split_last() {
            Some((last, earlier)) => (Some(ExplainedCall::new(last, &redactor)), earlier),
            None => (None, &[][..]),
        };
        Self {
            earlier: earlier.iter().map(CallSummary::new).collect(),
            call,
            result: result.without_tokens(&redactor),
        }
    }
}

impl ExplainedResult {
    fn without_tokens(self, redactor: &Redactor<'_>) -> Self {
        match self {
            Self::Answer { text, is_rounded } => Self::Answer {
                text: redactor.text(&text),
                is_rounded,
            },
            Self::Fault(text) => Self::Fault(redactor.text(&text)),
            Self::NotSent(text) => Self::NotSent(redactor.text(&text)),
            Self::NoReply(text) => Self::NoReply(redactor.text(&text)),
            result @ (Self::Nothing | Self::Other) => result,
        }
    }
}

impl CallSummary {
    /// Summarizes the call that was recorded as `exchange`.
    #[must_use]
    pub fn new(exchange: &Exchange) -> Self {
        let redactor = &Redactor::new(std::slice::from_ref(exchange));
        let method = exchange.request_header(":path").and_then(pool::method);
        Self {
            path: path(exchange, redactor),
            destination: exchange.destination.clone(),
            sent: exchange.sent.length,
            received: exchange.received.length,
            duration: exchange.to_last_byte,
            ending: Ending::new(exchange, method.as_ref(), redactor),
        }
    }
}

impl ExplainedCall {
    fn new(exchange: &Exchange, redactor: &Redactor<'_>) -> Self {
        let method = exchange.request_header(":path").and_then(pool::method);
        let input = method.as_ref().map(MethodDescriptor::input);
        let encoding = exchange.request_header(ENCODING.as_str());
        let body = Body::new(&exchange.sent, encoding, input.as_ref(), redactor);
        Self {
            path: path(exchange, redactor),
            destination: exchange.destination.clone(),
            contract: method.as_ref().map(Contract::new),
            stream: exchange.stream,
            opened_before: exchange.opened_before,
            grpcurl: grpcurl_command(exchange, &body, input.as_ref(), redactor),
            request: Request {
                headers: headers(&exchange.request_headers, redactor),
                body,
            },
            response: Response::new(exchange, method.as_ref(), redactor),
        }
    }

    /// Whether the call is the stream of a worksheet.
    pub(super) fn is_worksheet(&self) -> bool {
        let contract = self.contract.as_ref();
        contract.is_some_and(|contract| contract.is_worksheet)
    }
}

impl Contract {
    fn new(method: &MethodDescriptor) -> Self {
        let service = method.parent_service();
        let (name, input) = (method.name(), method.input());
        Self {
            file: service.parent_file().name().into(),
            service: service.full_name().into(),
            method: pool::declaration(method),
            input: pool::definition(&input),
            output: pool::definition(&method.output()),
            rust: format!(
                "{}Client::{}({})",
                service.name(),
                snake_case(name),
                input.name()
            ),
            python: format!("{}Stub.{name}({})", service.name(), input.name()),
            is_worksheet: is_worksheet(method),
        }
    }
}

/// Whether `method` is our `EvaluatorService.Worksheet`.
fn is_worksheet(method: &MethodDescriptor) -> bool {
    method.parent_service().full_name() == EVALUATOR && method.name() == "Worksheet"
}

impl Response {
    fn new(
        exchange: &Exchange,
        method: Option<&MethodDescriptor>,
        redactor: &Redactor<'_>,
    ) -> Self {
        let received = &exchange.received;
        let output = method.map(MethodDescriptor::output);
        let is_foreign = received.length > 0 && !exchange.is_grpc();
        let foreign = is_foreign.then(|| String::from_utf8_lossy(&received.bytes));
        let body = if is_foreign {
            Body {
                length: received.length,
                frames: received.frames,
                ..Body::default()
            }
        } else {
            let encoding = exchange.response_header(ENCODING.as_str());
            Body::new(received, encoding, output.as_ref(), redactor)
        };
        let fields = |fields: &Vec<HeaderField>| headers(fields, redactor);
        let status = Status::new(exchange).map(|status| Status {
            code: redactor.text(&status.code),
            message: status.message.map(|text| redactor.text(&text)),
        });
        let details = status::details(exchange).map(|lines| redactor.lines(&lines));
        Self {
            to_first_byte: exchange.to_first_byte,
            to_last_byte: exchange.to_last_byte,
            headers: exchange.response_headers.as_ref().map(fields),
            body,
            foreign: foreign.map(|text| redactor.text(&text)),
            trailers: exchange.trailers.as_ref().map(fields),
            is_trailers_only: exchange.is_trailers_only,
            status,
            status_details: details,
            ending: Ending::new(exchange, method, redactor),
        }
    }
}

impl Ending {
    fn new(
        exchange: &Exchange,
        method: Option<&MethodDescriptor>,
        redactor: &Redactor<'_>,
    ) -> Self {
        match exchange.end {
            _ if exchange.trailers.is_some() => Self::Trailers {
                code: status::code(exchange).map(|code| redactor.text(&code)),
            },
            CallEnd::Reset(by, code) => Self::Reset(by, code),
            CallEnd::Ended => Self::NoTrailers,
            CallEnd::Cut => Self::Cut,
            CallEnd::ProtocolError => Self::NotHttp2,
            CallEnd::Open if method.is_some_and(is_worksheet) => Self::OpenWorksheet,
            CallEnd::Open => Self::Open,
        }
    }
}

/// Returns a grpcurl command that makes the same call with the last message that was sent.
///
/// Returns None if the message is too long.
fn grpcurl_command(
    exchange: &Exchange,
    sent: &Body,
    kind: Option<&MessageDescriptor>,
    redactor: &Redactor<'_>,
) -> Option<String> {
    let message = match sent.messages.last() {
        Some(message) if message.bytes.len() < message.length => return None,
        message => message.and_then(|message| message.decode(kind)),
    };
    let command = grpcurl::command(exchange, message.as_ref())?;
    Some(redactor.text(&command))
}

/// Returns the header fields of one HEADERS frame.
fn headers(fields: &[HeaderField], redactor: &Redactor<'_>) -> Vec<Header> {
    let header = |(name, value): &HeaderField| Header {
        name: redactor.text(name),
        value: (name != "authorization").then(|| redactor.text(value)),
    };
    fields.iter().map(header).collect()
}

/// Returns the value of `:path`.
fn path(exchange: &Exchange, redactor: &Redactor<'_>) -> Option<String> {
    let path = exchange.request_header(":path");
    path.map(|path| redactor.text(path))
}

/// Returns the name of the Rust function for a method, such as `send_note` for `SendNote`.
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
    use crate::client::Payload;

    /// Returns a call of `path` that is still open.
    fn call(path: &str) -> Exchange {
        Exchange {
            request_headers: vec![(":path".into(), path.into())],
            ..Exchange::default()
        }
    }

    fn payload(bytes: &[u8]) -> Payload {
        Payload {
            bytes: bytes.to_vec(),
            length: bytes.len(),
            frames: 1,
        }
    }

    #[test]
    fn names_of_functions_are_snake_case() {
        assert_eq!(snake_case("SendNote"), "send_note");
    }

    #[test]
    fn only_our_worksheet_stays_open_for_the_next_line() {
        for (path, ending) in [
            (
                "/grpcalc.v1.EvaluatorService/Worksheet",
                Ending::OpenWorksheet,
            ),
            ("/grpcalc.v1.EvaluatorService/Evaluate", Ending::Open),
            ("/other.Service/Worksheet", Ending::Open),
            ("/Worksheet", Ending::Open),
        ] {
            let explanation = Explanation::new(&[call(path)], ExplainedResult::Nothing);
            let call = explanation.call.unwrap();
            assert_eq!(call.response.ending, ending, "{path}");
            assert_eq!(call.is_worksheet(), ending == Ending::OpenWorksheet);
        }
    }

    #[test]
    fn a_request_that_was_not_recorded_whole_has_no_command() {
        let mut exchange = call("/calc.Calculator/Add");
        exchange.sent = payload(&[0, 0, 0, 0, 9, 8]);
        let explanation = Explanation::new(&[exchange], ExplainedResult::Nothing);
        assert_eq!(explanation.call.unwrap().grpcurl, None);
    }

    #[test]
    fn a_token_that_comes_back_is_not_shown() {
        let header = |name: &str, value: &str| (name.into(), value.into());
        let exchange = Exchange {
            request_headers: vec![header("authorization", "Bearer open sesame")],
            trailers: Some(vec![header("grpc-message", "bad token 'open sesame'")]),
            ..Exchange::default()
        };
        let result = ExplainedResult::Fault("bad token 'open sesame'".into());
        let explanation = Explanation::new(&[exchange], result);
        let text = explanation.to_string();
        assert!(text.contains("bad token '(secret)'"), "{text}");
        assert!(!text.contains("sesame"), "{text}");
        assert!(!format!("{explanation:?}").contains("sesame"));
    }
}

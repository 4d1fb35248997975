//! The requests and replies of unary calls, and the function that makes the calls with the stubs.

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use tonic::Status;

use super::{
    channel::{balancer::Backend, response_body::MalformedResponse},
    error::Fault,
    reading::Remarks,
    with_deadline,
};
use crate::{
    proto::{
        calc::{AddRequest, DivideRequest, MultiplyRequest, SubstractRequest},
        grpcalc::{
            v1 as proto,
            v1::{EvaluateRequest, answer, value},
        },
        response::ExactRef,
    },
    syntax,
    text::printable::printable,
};

pub use proto::{AngleUnit, NumberBase};

/// The methods of `calc.Calculator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `Add`.
    Add,
    /// `Substract`. The contract spells the name this way.
    Subtract,
    /// `Multiply`.
    Multiply,
    /// `Divide`.
    Divide,
}

impl Method {
    /// Returns the path of the method in HTTP/2 requests, without the leading slash.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Add => "calc.Calculator/Add",
            Self::Subtract => "calc.Calculator/Substract",
            Self::Multiply => "calc.Calculator/Multiply",
            Self::Divide => "calc.Calculator/Divide",
        }
    }
}

/// A call of a method of `calc.Calculator`: the method and its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The first operand.
    pub n1: i32,
    /// The second operand.
    pub n2: i32,
}

/// A request to evaluate a line without a worksheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluate {
    /// The line: an expression or a statement.
    pub expression: String,
    /// The options for the evaluation and for the text of the answer.
    pub options: EvaluateOptions,
}

/// Options for the evaluation of lines and for the text of the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EvaluateOptions {
    /// The number of significant digits of a rounded answer, from 1 to the limit of the server. If
    /// it is None, a rounded answer has 20 digits, and longer finite decimals are shown in full.
    pub digits: Option<u32>,
    /// The unit of angles that are written without a unit, such as the argument of `sin(1)`.
    pub angle: AngleUnit,
    /// The base in which integers are shown.
    pub base: NumberBase,
    /// Whether a rounded answer comes with a short exact expression.
    pub source: bool,
}

impl EvaluateOptions {
    /// Returns the same options, except that integers are shown in decimal digits.
    #[must_use]
    pub fn decimal(self) -> Self {
        Self {
            base: NumberBase::Unspecified,
            ..self
        }
    }
}

impl Default for EvaluateOptions {
    /// Returns the default options: no number of digits, radians and decimal integers.
    fn default() -> Self {
        Self {
            digits: None,
            angle: AngleUnit::Unspecified,
            base: NumberBase::Unspecified,
            source: false,
        }
    }
}

impl From<EvaluateOptions> for proto::Options {
    fn from(options: EvaluateOptions) -> Self {
        Self {
            digits: options.digits.unwrap_or(0),
            angle_unit: options.angle.into(),
            number_base: options.base.into(),
            with_source: options.source,
        }
    }
}

/// The request of a unary call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// A typed call of `calc.Calculator`.
    Call(Call),
    /// A call of `grpcalc.v1.EvaluatorService/Evaluate`.
    Evaluate(Evaluate),
}

impl From<Call> for Request {
    fn from(call: Call) -> Self {
        Self::Call(call)
    }
}

/// The reply to a [`Request`], or an answer that is used in place of a reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// The reply of `Add`, `Substract` or `Multiply`.
    Integer(i32),
    /// The reply of `Divide`.
    Float(f32),
    /// The reply of `Evaluate`, or the answer of a worksheet.
    Answer(Answer),
    /// An answer from a note of the chat, or an earlier answer of the session. The text of the
    /// answer can be evaluated as a line.
    Shared(Answer),
}

/// The answer to a line: an expression or a statement.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The name that the line defined; empty if the line defined no name.
    pub name: String,
    /// The value as text, made safe for a terminal; None for a line without a value.
    pub text: Option<String>,
    /// Whether `text` is rounded, and so is not the exact value.
    pub rounded: bool,
    /// The exact value; None for a real number and for a line without a value.
    pub exact: Option<TypedValue>,
    /// The reading and the exact form, if the answer has any.
    pub remarks: Option<Box<Remarks>>,
}

/// An exact value, typed as in `grpcalc.v1.Value`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypedValue<S = String> {
    /// An integer of at most 64 bits.
    Integer(i64),
    /// A rational number in lowest terms that is not an integer.
    Fraction {
        /// The numerator in decimal digits, after a minus sign if the number is negative.
        numerator: S,
        /// The denominator in decimal digits.
        denominator: S,
    },
    /// A truth value.
    Truth(bool),
    /// An integer beyond 64 bits. The text of the answer contains its digits.
    BigInteger,
    /// Another exact value that is sent only as text. Examples are an integer beyond 64 bits that
    /// is not written as digits, a value with a text above 4 KiB, and the body of a function in a
    /// list of definitions.
    Untyped,
}

/// The minimum number of digits of an integer beyond 64 bits, in any base.
const BIG_DIGITS: usize = 16;

/// Whether `text` is an integer in digits, and long enough to be beyond 64 bits.
fn is_big_integer(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    if text.len() < BIG_DIGITS {
        return false;
    }
    match text.strip_prefix('0') {
        Some(based) if based.starts_with(['x', 'b', 'o']) => {
            based[1..].bytes().all(|b| b.is_ascii_hexdigit())
        }
        _ => text.bytes().all(|b| b.is_ascii_digit()),
    }
}

impl fmt::Display for Reply {
    /// Writes an integer in decimal digits, and an answer as the text that the server sent.
    ///
    /// The text of a float always has a decimal point or an exponent. A float with an integral
    /// value is written with all its digits. Any other float is written as the shortest text that
    /// parses to the same float.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(n) => n.fmt(f),
            Self::Answer(answer) | Self::Shared(answer) => {
                f.write_str(answer.text.as_deref().unwrap_or_default())
            }
            // The shortest text of 2^31 would be 2147483600.0.
            Self::Float(x) if x.fract() == 0.0 => write!(f, "{:?}", f64::from(*x)),
            Self::Float(x) => write!(f, "{x:?}"),
        }
    }
}

impl Reply {
    /// Returns a line that evaluates to exactly the value of the reply.
    ///
    /// Returns None for a float that is not finite. Also returns None for an answer of a worksheet,
    /// because the worksheet still has the value.
    #[must_use]
    pub fn literal(&self) -> Option<String> {
        match self {
            Self::Integer(n) => Some(n.to_string()),
            Self::Float(x) if x.is_finite() => {
                // A 32-bit float has at most 149 decimals.
                let digits = format!("{x:.149}");
                Some(
                    digits
                        .trim_end_matches('0')
                        .trim_end_matches('.')
                        .to_owned(),
                )
            }
            Self::Shared(answer) => answer.text.clone(),
            Self::Float(_) | Self::Answer(_) => None,
        }
    }

    /// Returns the value if it is an integer of at most 64 bits.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(n) => Some((*n).into()),
            #[expect(clippy::cast_possible_truncation, reason = "integral and small enough")]
            Self::Float(x) => (self.is_integer() && x.abs() < 2_f32.powi(63)).then_some(*x as i64),
            Self::Answer(answer) | Self::Shared(answer) => answer.integer(),
        }
    }

    /// Whether the value is known to be an integer, of any size.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        match self {
            Self::Integer(_) => true,
            Self::Float(x) => x.fract() == 0.0,
            Self::Answer(answer) | Self::Shared(answer) => answer.is_integer(),
        }
    }

    /// Returns the exact value of an answer.
    #[must_use]
    pub fn exact(&self) -> Option<&TypedValue> {
        match self {
            Self::Integer(_) | Self::Float(_) => None,
            Self::Answer(answer) | Self::Shared(answer) => answer.exact.as_ref(),
        }
    }

    /// Whether the reply is the value of a line of this session.
    ///
    /// This is false if the line defined a function, or if the reply is a [`Reply::Shared`].
    #[must_use]
    pub fn is_computed(&self) -> bool {
        match self {
            Self::Integer(_) | Self::Float(_) => true,
            Self::Answer(answer) => answer.text.is_some(),
            Self::Shared(_) => false,
        }
    }

    /// Whether the text of the reply is rounded, and so is not the exact value.
    #[must_use]
    pub fn is_rounded(&self) -> bool {
        match self {
            Self::Integer(_) => false,
            Self::Answer(answer) | Self::Shared(answer) => answer.rounded,
            Self::Float(_) => {
                let text = self.to_string();
                self.literal()
                    .is_none_or(|exact| exact != text.strip_suffix(".0").unwrap_or(&text))
            }
        }
    }
}

impl<'r> TypedValue<&'r str> {
    /// Returns the typed value of a decoded message; None if the message has no exact value.
    #[inline]
    pub(super) fn from_message(text: &str, rounded: bool, exact: ExactRef<'r>) -> Option<Self> {
        match exact {
            ExactRef::Integer(n) => Some(TypedValue::Integer(n)),
            ExactRef::Fraction(numerator, denominator) => Some(TypedValue::Fraction {
                numerator,
                denominator,
            }),
            ExactRef::Truth(truth) => Some(TypedValue::Truth(truth)),
            ExactRef::None if rounded => None,
            ExactRef::None => Some(Self::of_text(text)),
        }
    }
}

impl<S> TypedValue<S> {
    /// Returns the typed value of a value with this unit. The number of a quantity is no value by itself.
    #[inline]
    pub(super) fn with_unit(self, unit: &str) -> Self {
        if unit.is_empty() { self } else { Self::Untyped }
    }

    /// Returns the typed value for an exact value that a message contains only as `text`.
    pub(crate) fn of_text(text: &str) -> Self {
        if is_big_integer(text) {
            Self::BigInteger
        } else {
            Self::Untyped
        }
    }

    /// Returns the same value with each text converted by `convert`.
    pub(super) fn map<'s, T>(&'s self, convert: impl Fn(&'s S) -> T) -> TypedValue<T> {
        match self {
            Self::Integer(n) => TypedValue::Integer(*n),
            Self::Fraction {
                numerator,
                denominator,
            } => TypedValue::Fraction {
                numerator: convert(numerator),
                denominator: convert(denominator),
            },
            Self::Truth(truth) => TypedValue::Truth(*truth),
            Self::BigInteger => TypedValue::BigInteger,
            Self::Untyped => TypedValue::Untyped,
        }
    }
}

impl Answer {
    /// Returns the value if it is an integer of at most 64 bits.
    #[must_use]
    pub fn integer(&self) -> Option<i64> {
        match self.exact {
            Some(TypedValue::Integer(n)) => Some(n),
            _ => None,
        }
    }

    /// Whether the value is known to be an integer, of any size.
    #[must_use]
    pub fn is_integer(&self) -> bool {
        matches!(
            self.exact,
            Some(TypedValue::Integer(_) | TypedValue::BigInteger)
        )
    }

    /// Whether this can be the answer to `line`. A line with a statement has a value, or it defines
    /// a name.
    #[must_use]
    pub fn can_answer(&self, line: &str) -> bool {
        self.text.is_some() || !self.name.is_empty() || !syntax::has_statements(line)
    }

    /// Converts a message from a server. The server is not trusted, so the texts are made safe for
    /// a terminal. Fails with the fault of the message if it has one.
    fn from_proto(message: proto::Answer) -> Result<Self, Fault> {
        let value = match message.result {
            Some(answer::Result::Value(value)) => Some(value),
            Some(answer::Result::Fault(fault)) => return Err(Fault::from_proto(&fault)),
            None => None,
        };
        Ok(Self {
            name: sanitize(&message.name).into_owned(),
            rounded: value.as_ref().is_some_and(|value| value.rounded),
            exact: value.as_ref().and_then(|value| {
                let exact = match &value.exact {
                    Some(value::Exact::Integer(n)) => ExactRef::Integer(*n),
                    Some(value::Exact::Fraction(fraction)) => {
                        ExactRef::Fraction(&fraction.numerator, &fraction.denominator)
                    }
                    Some(value::Exact::Truth(truth)) => ExactRef::Truth(*truth),
                    None => ExactRef::None,
                };
                let typed = TypedValue::from_message(&value.text, value.rounded, exact)?;
                let typed = typed.with_unit(&value.unit);
                Some(typed.map(|text| (*text).to_owned()))
            }),
            remarks: Remarks::from_proto(
                message.reading.as_ref(),
                value.as_ref().map_or("", |value| &value.source),
                value.as_ref().map_or("", |value| &value.unit),
            ),
            text: value.map(|value| sanitize(&value.text).into_owned()),
        })
    }
}

/// Sends `request` to `backend`, and gives the backend `timeout` to answer.
pub(super) async fn send(
    backend: &Backend,
    request: &Request,
    timeout: Duration,
) -> Result<Reply, Status> {
    match request {
        Request::Call(call) => send_call(backend, *call, timeout).await,
        Request::Evaluate(line) => send_line(backend, line, timeout).await,
    }
}

async fn send_line(backend: &Backend, line: &Evaluate, timeout: Duration) -> Result<Reply, Status> {
    let request = EvaluateRequest {
        expression: line.expression.clone(),
        options: Some(line.options.into()),
    };
    let mut stub = backend.evaluator.clone();
    let response = stub.evaluate(with_deadline(request, timeout)).await?;
    let answer = response.into_inner().answer.unwrap_or_default();
    let answer = Answer::from_proto(answer).map_err(|fault| {
        let mut status = Status::invalid_argument(&fault.message);
        status.set_source(Arc::new(fault));
        status
    })?;
    if !answer.can_answer(&line.expression) {
        return Err(MalformedResponse::NoResult.into());
    }
    Ok(Reply::Answer(answer))
}

async fn send_call(backend: &Backend, call: Call, timeout: Duration) -> Result<Reply, Status> {
    let Call { method, n1, n2 } = call;
    let mut stub = backend.calculator.clone();
    Ok(match method {
        Method::Add => {
            let request = with_deadline(AddRequest { n1, n2 }, timeout);
            Reply::Integer(stub.add(request).await?.into_inner().n1)
        }
        Method::Subtract => {
            let request = with_deadline(SubstractRequest { n1, n2 }, timeout);
            Reply::Integer(stub.substract(request).await?.into_inner().n1)
        }
        Method::Multiply => {
            let request = with_deadline(MultiplyRequest { n1, n2 }, timeout);
            Reply::Integer(stub.multiply(request).await?.into_inner().n1)
        }
        Method::Divide => {
            let request = with_deadline(DivideRequest { n1, n2 }, timeout);
            Reply::Float(stub.divide(request).await?.into_inner().f1)
        }
    })
}

/// Makes a text of any length safe for a terminal.
///
/// A text of printable ASCII characters, such as the texts of our servers, is returned unchanged
/// and without a copy.
#[inline]
pub(super) fn sanitize(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        return text.into();
    }
    printable(text, usize::MAX).into()
}

#[cfg(test)]
mod tests {
    use super::{Reply, TypedValue};

    #[test]
    fn big_integers_are_told_from_other_texts() {
        let digits = "9".repeat(5000);
        for (text, expected) in [
            ("18446744073709551616", TypedValue::BigInteger),
            ("-18446744073709551616", TypedValue::BigInteger),
            ("0x10000000000000000", TypedValue::BigInteger),
            ("-0o2000000000000000000000", TypedValue::BigInteger),
            (digits.as_str(), TypedValue::BigInteger),
            ("2^64 * 3", TypedValue::Untyped),
            ("1.8446744073709551616e19", TypedValue::Untyped),
            ("1/18446744073709551616", TypedValue::Untyped),
            ("x + 18446744073709551616", TypedValue::Untyped),
            ("30", TypedValue::Untyped),
            ("", TypedValue::Untyped),
        ] {
            assert_eq!(TypedValue::<String>::of_text(text), expected, "{text}");
        }
    }

    #[test]
    fn literals_of_replies() {
        for (reply, exact, rounded) in [
            (Reply::Integer(-5), "-5", false),
            (Reply::Float(2.0), "2", false),
            (Reply::Float(-0.5), "-0.5", false),
            (Reply::Float(10.0 / 3.0), "3.3333332538604736328125", true),
            (Reply::Float(2_147_483_648.0), "2147483648", false),
        ] {
            assert_eq!(reply.literal().as_deref(), Some(exact));
            assert_eq!(reply.is_rounded(), rounded, "{exact}");
        }
        let least = Reply::Float(f32::from_bits(1)).literal().unwrap();
        assert_eq!(least.parse::<f32>(), Ok(f32::from_bits(1)));
        assert_eq!(least.len(), 151);
        assert_eq!(Reply::Float(f32::NAN).literal(), None);
    }

    #[test]
    fn texts_of_replies() {
        for (reply, text) in [
            (Reply::Integer(-5), "-5"),
            (Reply::Float(2.0), "2.0"),
            (Reply::Float(0.0), "0.0"),
            (Reply::Float(-2.5), "-2.5"),
            (Reply::Float(10.0 / 3.0), "3.3333333"),
            (Reply::Float(2_147_483_648.0), "2147483648.0"),
            (Reply::Float(1.0 / 2_147_483_648.0), "4.656613e-10"),
            (Reply::Float(f32::NAN), "NaN"),
            (Reply::Float(f32::INFINITY), "inf"),
        ] {
            assert_eq!(reply.to_string(), text);
        }
    }
}

//! `grpcalc.v1.WorksheetResponse`, kept as it travels.
//!
//! A script has a response of thousands of answers for each batch of its lines. As a
//! generated message each of them would be a few allocations on both sides; here they
//! are written one after the other into the bytes that are sent, and read one after the
//! other from the bytes that came. The fields and their encoding are those of
//! `evaluator.proto` (Protocol Buffers, "Encoding").

use bytes::{Buf, BufMut, Bytes};
use prost::{
    DecodeError, Message,
    encoding::{
        DecodeContext, WireType, decode_key, decode_varint, encode_key, encoded_len_varint,
        skip_field,
    },
};

use super::grpcalc::v1::{Answer, Fault};

/// Answers to a request of a worksheet, and whether they are the last ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorksheetResponse(Bytes);

/// The fields of the messages, as they are numbered in `evaluator.proto`.
mod field {
    pub(super) mod response {
        pub(in super::super) const ANSWERS: u32 = 1;
        pub(in super::super) const DONE: u32 = 2;
    }
    pub(super) mod answer {
        pub(in super::super) const LINE: u32 = 1;
        pub(in super::super) const NAME: u32 = 2;
        pub(in super::super) const VALUE: u32 = 3;
        pub(in super::super) const FAULT: u32 = 4;
    }
    pub(super) mod value {
        pub(in super::super) const TEXT: u32 = 1;
        pub(in super::super) const ROUNDED: u32 = 2;
        pub(in super::super) const INTEGER: u32 = 3;
        pub(in super::super) const FRACTION: u32 = 4;
        pub(in super::super) const TRUTH: u32 = 5;
    }
    pub(super) mod fraction {
        pub(in super::super) const NUMERATOR: u32 = 1;
        pub(in super::super) const DENOMINATOR: u32 = 2;
    }
}

/// What comes is no such message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is malformed")]
pub struct Malformed;

/// The field `exact` of a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Exact<'t> {
    /// It is left out.
    #[default]
    None,
    /// An integer.
    Integer(i64),
    /// Numerator and denominator.
    Fraction(&'t str, &'t str),
    /// A truth value.
    Truth(bool),
}

/// A response that is being written.
#[derive(Debug, Default)]
pub struct ResponseWriter(Vec<u8>);

/// An answer in a response that came.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerRef<'r> {
    /// The line's index within its request.
    pub line: u32,
    /// The name that the line bound, or empty.
    pub name: &'r str,
    /// What the line is worth, if anything.
    pub value: Option<ValueRef<'r>>,
    /// Why it has no value.
    pub fault: Option<Box<Fault>>,
}

/// A value in a response that came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValueRef<'r> {
    /// As a person reads it.
    pub text: &'r str,
    /// Whether that is not the exact value.
    pub rounded: bool,
    /// The exact value, where it is sent.
    pub exact: Exact<'r>,
}

/// The answers of a response that came, which are taken one by one.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    bytes: Bytes,
    at: usize,
    /// Answers that have not been taken.
    left: usize,
    /// Whether they are the last ones to their request.
    pub done: bool,
}

impl ResponseWriter {
    /// Bytes so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no answer yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds any answer.
    pub fn push(&mut self, answer: &Answer) {
        prost::encoding::message::encode(field::response::ANSWERS, answer, &mut self.0);
    }

    /// Adds an answer whose value has a `text`.
    #[inline]
    pub fn push_text(
        &mut self,
        line: u32,
        name: &str,
        text: &str,
        rounded: bool,
        exact: Exact<'_>,
    ) {
        let fraction = match exact {
            Exact::Fraction(above, below) => text_len(above) + text_len(below),
            _ => 0,
        };
        let value = text_len(text)
            + if rounded { 2 } else { 0 }
            + match exact {
                Exact::None => 0,
                Exact::Integer(n) => 1 + encoded_len_varint(zigzag(n)),
                Exact::Truth(_) => 2,
                Exact::Fraction(..) => message_len(fraction),
            };
        let number = if line == 0 {
            0
        } else {
            1 + encoded_len_varint(line.into())
        };
        let length = number + text_len(name) + message_len(value);
        let out = &mut self.0;
        out.reserve(length + 16);
        // In one piece, since each byte by itself is asked whether there is room for it.
        let mut head = Head::new();
        head.length(field::response::ANSWERS, length);
        if line != 0 {
            head.varint(field::answer::LINE, line.into());
        }
        if !name.is_empty() {
            head.length(field::answer::NAME, name.len());
            out.extend_from_slice(head.bytes());
            out.extend_from_slice(name.as_bytes());
            head = Head::new();
        }
        head.length(field::answer::VALUE, value);
        if !text.is_empty() {
            head.length(field::value::TEXT, text.len());
        }
        out.extend_from_slice(head.bytes());
        out.extend_from_slice(text.as_bytes());
        let mut tail = Head::new();
        if rounded {
            tail.varint(field::value::ROUNDED, 1);
        }
        match exact {
            Exact::None => {}
            Exact::Integer(n) => tail.varint(field::value::INTEGER, zigzag(n)),
            Exact::Truth(truth) => tail.varint(field::value::TRUTH, truth.into()),
            Exact::Fraction(..) => tail.length(field::value::FRACTION, fraction),
        }
        out.extend_from_slice(tail.bytes());
        if let Exact::Fraction(above, below) = exact {
            put_text(field::fraction::NUMERATOR, above, out);
            put_text(field::fraction::DENOMINATOR, below, out);
        }
    }

    /// The response, with the last answers to the request or not.
    #[must_use]
    pub fn finish(mut self, done: bool) -> WorksheetResponse {
        if done {
            let mut tail = Head::new();
            tail.varint(field::response::DONE, 1);
            self.0.extend_from_slice(tail.bytes());
        }
        WorksheetResponse(self.0.into())
    }
}

/// Fields in front of a text, or behind it: at most four, of eleven bytes at most.
struct Head {
    bytes: [u8; 44],
    length: usize,
}

impl Head {
    fn new() -> Self {
        Self {
            bytes: [0; 44],
            length: 0,
        }
    }

    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    #[inline]
    fn put(&mut self, byte: u8) {
        self.bytes[self.length] = byte;
        self.length += 1;
    }

    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "seven bits at a time")]
    fn field(&mut self, field: u32, wire_type: WireType, mut value: u64) {
        self.put((field << 3) as u8 | wire_type as u8);
        while value >= 0x80 {
            self.put(value as u8 | 0x80);
            value >>= 7;
        }
        self.put(value as u8);
    }

    fn varint(&mut self, field: u32, value: u64) {
        self.field(field, WireType::Varint, value);
    }

    fn length(&mut self, field: u32, length: usize) {
        self.field(field, WireType::LengthDelimited, length as u64);
    }
}

/// Small numbers of either sign have short encodings.
#[expect(clippy::cast_sign_loss, reason = "the encoding of sint64")]
fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)) as u64
}

/// The inverse of [`zigzag`].
#[expect(clippy::cast_possible_wrap, reason = "the encoding of sint64")]
fn unzigzag(n: u64) -> i64 {
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

/// Bytes of a text field, which is left out where it is empty.
fn text_len(text: &str) -> usize {
    match text.len() {
        0 => 0,
        length => message_len(length),
    }
}

/// Bytes of a message field, of which the message has `length`.
fn message_len(length: usize) -> usize {
    1 + encoded_len_varint(length as u64) + length
}

#[inline]
fn put_text(field: u32, text: &str, out: &mut Vec<u8>) {
    if !text.is_empty() {
        let mut head = Head::new();
        head.length(field, text.len());
        out.extend_from_slice(head.bytes());
        out.extend_from_slice(text.as_bytes());
    }
}

impl WorksheetResponse {
    /// The answers, or what is wrong with the message.
    pub fn answers(self) -> Result<Answers, Malformed> {
        let mut answers = Answers {
            bytes: self.0,
            ..Answers::default()
        };
        let mut rest = &answers.bytes[..];
        while rest.has_remaining() {
            let (tag, wire_type) = key(&mut rest)?;
            match (tag, wire_type) {
                (field::response::ANSWERS, WireType::LengthDelimited) => {
                    take(&mut rest)?;
                    answers.left += 1;
                }
                (field::response::DONE, WireType::Varint) => {
                    answers.done = varint(&mut rest)? != 0;
                }
                _ => skip(tag, wire_type, &mut rest)?,
            }
        }
        Ok(answers)
    }
}

impl Answers {
    /// Whether there are answers that have not been taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.left == 0
    }

    /// The next answer.
    #[inline]
    pub fn take(&mut self) -> Option<Result<AnswerRef<'_>, Malformed>> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let mut rest = &self.bytes[self.at..];
        let answer = loop {
            // The fields between the answers have been looked at.
            match key(&mut rest) {
                Ok((field::response::ANSWERS, WireType::LengthDelimited)) => {
                    break take(&mut rest);
                }
                Ok((tag, wire_type)) => {
                    if let Err(error) = skip(tag, wire_type, &mut rest) {
                        break Err(error);
                    }
                }
                Err(error) => break Err(error),
            }
        };
        self.at = self.bytes.len() - rest.len();
        Some(answer.and_then(AnswerRef::decode))
    }
}

impl<'r> AnswerRef<'r> {
    #[inline]
    fn decode(mut rest: &'r [u8]) -> Result<Self, Malformed> {
        let mut answer = Self {
            line: 0,
            name: "",
            value: None,
            fault: None,
        };
        while rest.has_remaining() {
            let (tag, wire_type) = key(&mut rest)?;
            match (tag, wire_type) {
                #[expect(clippy::cast_possible_truncation, reason = "the encoding of uint32")]
                (field::answer::LINE, WireType::Varint) => {
                    answer.line = varint(&mut rest)? as u32;
                }
                (field::answer::NAME, WireType::LengthDelimited) => answer.name = text(&mut rest)?,
                (field::answer::VALUE, WireType::LengthDelimited) => {
                    answer.value = Some(ValueRef::decode(take(&mut rest)?)?);
                    answer.fault = None;
                }
                (field::answer::FAULT, WireType::LengthDelimited) => {
                    answer.fault = Some(Box::new(
                        Fault::decode(take(&mut rest)?).map_err(|_| Malformed)?,
                    ));
                    answer.value = None;
                }
                _ => skip(tag, wire_type, &mut rest)?,
            }
        }
        Ok(answer)
    }
}

impl<'r> ValueRef<'r> {
    #[inline]
    fn decode(mut rest: &'r [u8]) -> Result<Self, Malformed> {
        let mut value = Self::default();
        while rest.has_remaining() {
            let (tag, wire_type) = key(&mut rest)?;
            match (tag, wire_type) {
                (field::value::TEXT, WireType::LengthDelimited) => value.text = text(&mut rest)?,
                (field::value::ROUNDED, WireType::Varint) => {
                    value.rounded = varint(&mut rest)? != 0;
                }
                (field::value::INTEGER, WireType::Varint) => {
                    value.exact = Exact::Integer(unzigzag(varint(&mut rest)?));
                }
                (field::value::FRACTION, WireType::LengthDelimited) => {
                    value.exact = fraction(take(&mut rest)?)?;
                }
                (field::value::TRUTH, WireType::Varint) => {
                    value.exact = Exact::Truth(varint(&mut rest)? != 0);
                }
                _ => skip(tag, wire_type, &mut rest)?,
            }
        }
        Ok(value)
    }
}

/// Decodes a `Fraction`.
fn fraction(mut rest: &[u8]) -> Result<Exact<'_>, Malformed> {
    let (mut numerator, mut denominator) = ("", "");
    while rest.has_remaining() {
        match key(&mut rest)? {
            (field::fraction::NUMERATOR, WireType::LengthDelimited) => numerator = text(&mut rest)?,
            (field::fraction::DENOMINATOR, WireType::LengthDelimited) => {
                denominator = text(&mut rest)?;
            }
            (tag, wire_type) => skip(tag, wire_type, &mut rest)?,
        }
    }
    Ok(Exact::Fraction(numerator, denominator))
}

#[inline]
fn key(rest: &mut &[u8]) -> Result<(u32, WireType), Malformed> {
    decode_key(rest).map_err(|_| Malformed)
}

#[inline]
fn varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    match rest {
        [byte @ ..0x80, behind @ ..] => {
            let value = u64::from(*byte);
            *rest = behind;
            Ok(value)
        }
        _ => decode_varint(rest).map_err(|_| Malformed),
    }
}

fn skip(tag: u32, wire_type: WireType, rest: &mut &[u8]) -> Result<(), Malformed> {
    skip_field(wire_type, tag, rest, DecodeContext::default()).map_err(|_| Malformed)
}

/// A length and so many bytes behind it.
#[inline]
fn take<'r>(rest: &mut &'r [u8]) -> Result<&'r [u8], Malformed> {
    let length = varint(rest)?;
    let split = usize::try_from(length)
        .ok()
        .and_then(|length| rest.split_at_checked(length));
    let (field, behind) = split.ok_or(Malformed)?;
    *rest = behind;
    Ok(field)
}

#[inline]
fn text<'r>(rest: &mut &'r [u8]) -> Result<&'r str, Malformed> {
    str::from_utf8(take(rest)?).map_err(|_| Malformed)
}

/// The stubs send and take it as any other message.
impl Message for WorksheetResponse {
    fn encode_raw(&self, out: &mut impl BufMut) {
        out.put_slice(&self.0);
    }

    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn merge(&mut self, mut encoded: impl Buf) -> Result<(), DecodeError> {
        // Messages that are sent one after the other are fields of one.
        let came = encoded.copy_to_bytes(encoded.remaining());
        self.0 = if self.0.is_empty() {
            came
        } else {
            [&self.0[..], &came].concat().into()
        };
        Ok(())
    }

    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        encoded: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        // A field by itself, as where this message is a field of another; which it is
        // nowhere. It is looked at and kept.
        let mut copy = Vec::new();
        encode_key(tag, wire_type, &mut copy);
        let before = encoded.remaining();
        let all = encoded.copy_to_bytes(before);
        let mut rest = &all[..];
        skip_field(wire_type, tag, &mut rest, context)?;
        copy.extend_from_slice(&all[..before - rest.len()]);
        self.merge(&copy[..])
    }

    fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::proto::grpcalc::v1::{Fraction, Span, Value, answer, value};

    /// The message as it would be generated.
    #[derive(Clone, PartialEq, Message)]
    struct Generated {
        #[prost(message, repeated, tag = "1")]
        answers: Vec<Answer>,
        #[prost(bool, tag = "2")]
        done: bool,
    }

    fn answer() -> impl Strategy<Value = Answer> {
        let exact = prop_oneof![
            Just(None),
            any::<i64>().prop_map(|n| Some(value::Exact::Integer(n))),
            any::<bool>().prop_map(|truth| Some(value::Exact::Truth(truth))),
            (".*", ".*").prop_map(|(numerator, denominator)| Some(value::Exact::Fraction(
                Fraction {
                    numerator,
                    denominator
                }
            ))),
        ];
        let value = (".*", any::<bool>(), exact).prop_map(|(text, rounded, exact)| {
            answer::Result::Value(Value {
                text,
                rounded,
                exact,
            })
        });
        let fault = (".*", ".*", any::<u32>()).prop_map(|(reason, message, start)| {
            answer::Result::Fault(Fault {
                reason,
                message,
                span: Some(Span { start, end: start }),
                help: String::new(),
            })
        });
        let result = prop_oneof![Just(None), value.prop_map(Some), fault.prop_map(Some)];
        (any::<u32>(), ".*", result).prop_map(|(line, name, result)| Answer { line, name, result })
    }

    /// Writes `answer` as the server does.
    fn write(out: &mut ResponseWriter, answer: &Answer) {
        let Some(answer::Result::Value(value)) = &answer.result else {
            return out.push(answer);
        };
        out.push_text(
            answer.line,
            &answer.name,
            &value.text,
            value.rounded,
            exact(value),
        );
    }

    /// The field `exact` of a generated message.
    fn exact(value: &Value) -> Exact<'_> {
        match &value.exact {
            None => Exact::None,
            Some(value::Exact::Integer(n)) => Exact::Integer(*n),
            Some(value::Exact::Fraction(q)) => Exact::Fraction(&q.numerator, &q.denominator),
            Some(value::Exact::Truth(truth)) => Exact::Truth(*truth),
        }
    }

    proptest! {
        #[test]
        fn it_is_the_message_of_the_contract(
            answers in proptest::collection::vec(answer(), 0..5),
            done: bool,
        ) {
            let mut out = ResponseWriter::default();
            for answer in &answers {
                write(&mut out, answer);
            }
            let encoded = out.finish(done).encode_to_vec();
            let generated = Generated { answers, done };
            prop_assert_eq!(&encoded, &generated.encode_to_vec());

            let mut read = WorksheetResponse::decode(&encoded[..]).unwrap().answers().unwrap();
            prop_assert_eq!(read.done, done);
            for answer in &generated.answers {
                let found = read.take().unwrap().unwrap();
                prop_assert_eq!((found.line, found.name), (answer.line, &*answer.name));
                let (value, fault) = match &answer.result {
                    Some(answer::Result::Value(value)) => (Some(value), None),
                    Some(answer::Result::Fault(fault)) => (None, Some(fault)),
                    None => (None, None),
                };
                let value = value.map(|value| ValueRef {
                    text: &value.text,
                    rounded: value.rounded,
                    exact: exact(value),
                });
                prop_assert_eq!(found.value, value);
                prop_assert_eq!(found.fault.as_deref(), fault);
            }
            prop_assert!(read.is_empty());
        }

        #[test]
        fn no_bytes_are_too_strange(encoded: Vec<u8>) {
            let generated = Generated::decode(&encoded[..]);
            if let Ok(mut read) = WorksheetResponse::decode(&encoded[..]).unwrap().answers() {
                while let Some(answer) = read.take() {
                    prop_assert!(answer.is_ok() || generated.is_err());
                }
            } else {
                prop_assert!(generated.is_err());
            }
        }
    }
}

//! Reading the answers in a response.

use bytes::{Buf as _, Bytes};
use prost::{
    Message as _,
    encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field},
};

use super::{ExactRef, WorksheetResponse, field};
use crate::proto::grpcalc::v1::{Fault, Reading};

/// The error for bytes that are not an encoded response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the message is malformed")]
pub struct Malformed;

/// An answer in a received response.
#[derive(Clone, Debug, PartialEq)]
pub struct AnswerRef<'r> {
    /// The index of the line in the request, from 0.
    pub line: u32,
    /// The name that the line defined. Empty if the line defined no name.
    pub name: &'r str,
    /// The value of the line. None if the line has a fault or no statement.
    pub value: Option<ValueRef<'r>>,
    /// The fault of the line. None if the line has no fault.
    pub fault: Option<Box<Fault>>,
    /// The parts that few answers have.
    pub remarks: Option<Box<RemarksRef<'r>>>,
}

/// The parts of an answer that few answers have.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RemarksRef<'r> {
    /// How the line was read, if the server sent it.
    pub reading: Option<Reading>,
    /// An expression with exactly the value; empty if the server sent none.
    pub source: &'r str,
    /// The unit of the value; empty if it has none.
    pub unit: &'r str,
}

/// A value in a received response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ValueRef<'r> {
    /// The value as text for people.
    pub text: &'r str,
    /// Whether the text is rounded, or is not proven to be correct.
    pub rounded: bool,
    /// The exact value, if the server sent it.
    pub exact: ExactRef<'r>,
}

/// A reader that decodes the answers of a received response one by one.
#[derive(Clone, Debug, Default)]
pub struct AnswerReader {
    bytes: Bytes,
    /// The offset of the first unread field in `bytes`.
    offset: usize,
    /// The number of unread answers.
    unread: usize,
    /// Whether these are the last answers to the request.
    pub done: bool,
}

impl WorksheetResponse {
    /// Creates a reader of the answers. Fails if the message is malformed.
    pub fn answers(self) -> Result<AnswerReader, Malformed> {
        let mut answers = AnswerReader {
            bytes: self.0,
            ..AnswerReader::default()
        };
        let mut rest = &answers.bytes[..];
        while rest.has_remaining() {
            let (tag, wire_type) = key(&mut rest)?;
            match (tag, wire_type) {
                (field::response::ANSWERS, WireType::LengthDelimited) => {
                    length_delimited(&mut rest)?;
                    answers.unread += 1;
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

impl AnswerReader {
    /// Whether all answers were read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.unread == 0
    }

    /// Reads the next answer. Returns `None` after the last answer.
    #[inline]
    pub fn next_answer(&mut self) -> Option<Result<AnswerRef<'_>, Malformed>> {
        if self.unread == 0 {
            return None;
        }
        self.unread -= 1;
        let mut rest = &self.bytes[self.offset..];
        let answer = loop {
            // `WorksheetResponse::answers` handled the fields between answers.
            match key(&mut rest) {
                Ok((field::response::ANSWERS, WireType::LengthDelimited)) => {
                    break length_delimited(&mut rest);
                }
                Ok((tag, wire_type)) => {
                    if let Err(error) = skip(tag, wire_type, &mut rest) {
                        break Err(error);
                    }
                }
                Err(error) => break Err(error),
            }
        };
        self.offset = self.bytes.len() - rest.len();
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
            remarks: None,
        };
        while rest.has_remaining() {
            let (tag, wire_type) = key(&mut rest)?;
            match (tag, wire_type) {
                #[expect(clippy::cast_possible_truncation, reason = "a uint32 has 32 bits")]
                (field::answer::LINE, WireType::Varint) => {
                    answer.line = varint(&mut rest)? as u32;
                }
                (field::answer::NAME, WireType::LengthDelimited) => answer.name = text(&mut rest)?,
                (field::answer::VALUE, WireType::LengthDelimited) => {
                    let value = length_delimited(&mut rest)?;
                    answer.value = Some(ValueRef::decode(value, &mut answer.remarks)?);
                    answer.fault = None;
                }
                (field::answer::FAULT, WireType::LengthDelimited) => {
                    answer.fault = Some(Box::new(
                        Fault::decode(length_delimited(&mut rest)?).map_err(|_| Malformed)?,
                    ));
                    answer.value = None;
                }
                (field::answer::READING, WireType::LengthDelimited) => {
                    let reading = length_delimited(&mut rest)?;
                    let remarks = answer.remarks.get_or_insert_default();
                    let merged = remarks.reading.get_or_insert_default();
                    merged.merge(reading).map_err(|_| Malformed)?;
                }
                _ => skip(tag, wire_type, &mut rest)?,
            }
        }
        Ok(answer)
    }
}

impl<'r> ValueRef<'r> {
    #[inline]
    fn decode(
        mut rest: &'r [u8],
        remarks: &mut Option<Box<RemarksRef<'r>>>,
    ) -> Result<Self, Malformed> {
        let mut value = Self::default();
        while rest.has_remaining() {
            let (tag, wire_type) = key(&mut rest)?;
            match (tag, wire_type) {
                (field::value::TEXT, WireType::LengthDelimited) => value.text = text(&mut rest)?,
                (field::value::ROUNDED, WireType::Varint) => {
                    value.rounded = varint(&mut rest)? != 0;
                }
                (field::value::INTEGER, WireType::Varint) => {
                    value.exact = ExactRef::Integer(unzigzag(varint(&mut rest)?));
                }
                (field::value::FRACTION, WireType::LengthDelimited) => {
                    value.exact = fraction(length_delimited(&mut rest)?)?;
                }
                (field::value::TRUTH, WireType::Varint) => {
                    value.exact = ExactRef::Truth(varint(&mut rest)? != 0);
                }
                (field::value::SOURCE, WireType::LengthDelimited) => {
                    remarks.get_or_insert_default().source = text(&mut rest)?;
                }
                (field::value::UNIT, WireType::LengthDelimited) => {
                    remarks.get_or_insert_default().unit = text(&mut rest)?;
                }
                _ => skip(tag, wire_type, &mut rest)?,
            }
        }
        Ok(value)
    }
}

/// Decodes a `Fraction`.
fn fraction(mut rest: &[u8]) -> Result<ExactRef<'_>, Malformed> {
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
    Ok(ExactRef::Fraction(numerator, denominator))
}

/// Decodes a `sint64` ("Encoding", "Signed Integers").
#[expect(clippy::cast_possible_wrap, reason = "the cast keeps all bits")]
fn unzigzag(n: u64) -> i64 {
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

#[inline]
fn key(rest: &mut &[u8]) -> Result<(u32, WireType), Malformed> {
    decode_key(rest).map_err(|_| Malformed)
}

#[inline]
fn varint(rest: &mut &[u8]) -> Result<u64, Malformed> {
    match rest {
        [byte @ ..0x80, after @ ..] => {
            let value = u64::from(*byte);
            *rest = after;
            Ok(value)
        }
        _ => decode_varint(rest).map_err(|_| Malformed),
    }
}

fn skip(tag: u32, wire_type: WireType, rest: &mut &[u8]) -> Result<(), Malformed> {
    skip_field(wire_type, tag, rest, DecodeContext::default()).map_err(|_| Malformed)
}

/// Reads a length, and then as many bytes. Returns these bytes.
#[inline]
fn length_delimited<'r>(rest: &mut &'r [u8]) -> Result<&'r [u8], Malformed> {
    let length = varint(rest)?;
    let split = usize::try_from(length)
        .ok()
        .and_then(|length| rest.split_at_checked(length));
    let (content, after) = split.ok_or(Malformed)?;
    *rest = after;
    Ok(content)
}

#[inline]
fn text<'r>(rest: &mut &'r [u8]) -> Result<&'r str, Malformed> {
    str::from_utf8(length_delimited(rest)?).map_err(|_| Malformed)
}

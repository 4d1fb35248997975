//! Writing the answers of a response.

use prost::encoding::{WireType, encoded_len_varint};

use super::{WorksheetResponse, field};
use crate::proto::grpcalc::v1::Answer;

/// A borrowed exact value that is sent in addition to the text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExactRef<'t> {
    /// No exact value is sent.
    #[default]
    None,
    /// An integer.
    Integer(i64),
    /// A fraction: the decimal digits of the numerator and of the denominator.
    Fraction(&'t str, &'t str),
    /// A truth value.
    Truth(bool),
}

/// A response under construction.
#[derive(Debug, Default)]
pub struct ResponseWriter(Vec<u8>);

impl ResponseWriter {
    /// Returns the length of the encoded answers, in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether no answer has been added.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds an answer of any kind.
    pub fn push(&mut self, answer: &Answer) {
        prost::encoding::message::encode(field::response::ANSWERS, answer, &mut self.0);
    }

    /// Adds an answer with a value. `line` is the index of the line in the request, from 0.
    #[inline]
    pub fn push_value(
        &mut self,
        line: u32,
        name: &str,
        text: &str,
        rounded: bool,
        exact: ExactRef<'_>,
        unit: &str,
    ) {
        let fraction = match exact {
            ExactRef::Fraction(numerator, denominator) => {
                text_len(numerator) + text_len(denominator)
            }
            _ => 0,
        };
        let value = text_len(text)
            + if rounded { 2 } else { 0 }
            + match exact {
                ExactRef::None => 0,
                ExactRef::Integer(n) => 1 + encoded_len_varint(zigzag(n)),
                ExactRef::Truth(_) => 2,
                ExactRef::Fraction(..) => message_len(fraction),
            }
            + text_len(unit);
        let line_field = if line == 0 {
            0
        } else {
            1 + encoded_len_varint(line.into())
        };
        let length = line_field + text_len(name) + message_len(value);
        let out = &mut self.0;
        out.reserve(length + 16);
        // Fields are collected and appended together, since each append checks the capacity.
        let mut head = FieldBuffer::new();
        head.length(field::response::ANSWERS, length);
        if line != 0 {
            head.varint(field::answer::LINE, line.into());
        }
        if !name.is_empty() {
            head.length(field::answer::NAME, name.len());
            out.extend_from_slice(head.bytes());
            out.extend_from_slice(name.as_bytes());
            head = FieldBuffer::new();
        }
        head.length(field::answer::VALUE, value);
        if !text.is_empty() {
            head.length(field::value::TEXT, text.len());
        }
        out.extend_from_slice(head.bytes());
        out.extend_from_slice(text.as_bytes());
        let mut tail = FieldBuffer::new();
        if rounded {
            tail.varint(field::value::ROUNDED, 1);
        }
        match exact {
            ExactRef::None => {}
            ExactRef::Integer(n) => tail.varint(field::value::INTEGER, zigzag(n)),
            ExactRef::Truth(truth) => tail.varint(field::value::TRUTH, truth.into()),
            ExactRef::Fraction(..) => tail.length(field::value::FRACTION, fraction),
        }
        out.extend_from_slice(tail.bytes());
        if let ExactRef::Fraction(numerator, denominator) = exact {
            put_text(field::fraction::NUMERATOR, numerator, out);
            put_text(field::fraction::DENOMINATOR, denominator, out);
        }
        put_text(field::value::UNIT, unit, out);
    }

    /// Finishes the response. `done` means that these are the last answers to the request.
    #[must_use]
    pub fn finish(mut self, done: bool) -> WorksheetResponse {
        if done {
            let mut tail = FieldBuffer::new();
            tail.varint(field::response::DONE, 1);
            self.0.extend_from_slice(tail.bytes());
        }
        WorksheetResponse(self.0.into())
    }
}

/// A buffer for encoded fields. There is space for 4 fields of at most 11 bytes each.
struct FieldBuffer {
    bytes: [u8; 44],
    length: usize,
}

impl FieldBuffer {
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
    #[expect(clippy::cast_possible_truncation, reason = "a byte takes 7 bits")]
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

/// Encodes a `sint64` ("Encoding", "Signed Integers"). Numbers near zero have short codes.
#[expect(clippy::cast_sign_loss, reason = "the cast keeps all bits")]
fn zigzag(n: i64) -> u64 {
    ((n << 1) ^ (n >> 63)) as u64
}

/// Returns the encoded length of a text field, in bytes. An empty text is not encoded, and its
/// length is 0.
fn text_len(text: &str) -> usize {
    match text.len() {
        0 => 0,
        length => message_len(length),
    }
}

/// Returns the encoded length of a field, in bytes. `length` is the length of the field's content.
fn message_len(length: usize) -> usize {
    1 + encoded_len_varint(length as u64) + length
}

#[inline]
fn put_text(field: u32, text: &str, out: &mut Vec<u8>) {
    if !text.is_empty() {
        let mut head = FieldBuffer::new();
        head.length(field, text.len());
        out.extend_from_slice(head.bytes());
        out.extend_from_slice(text.as_bytes());
    }
}

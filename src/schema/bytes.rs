//! Bytes of a message, each labelled with what it says (the Protocol Buffers encoding).

use prost_reflect::{Cardinality, FieldDescriptor, Kind, MessageDescriptor};

use super::pool::kind_name;
use crate::text::printable::printable;

/// Bytes that are shown of a field.
const SHOWN: usize = 12;

/// Characters of a text that are shown.
const TEXT: usize = 60;

/// Fields that are labelled, and messages within each other.
const FIELDS: usize = 48;
const DEPTH: usize = 8;

/// Columns that the bytes have.
const COLUMNS: usize = 3 * SHOWN + 2;

/// Bytes in hexadecimal, so many of them.
pub(crate) fn hex(bytes: &[u8], limit: usize) -> String {
    let shown: Vec<_> = bytes
        .iter()
        .take(limit)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let more = if bytes.len() > limit { " …" } else { "" };
    shown.join(" ") + more
}

/// A row of bytes with its label.
pub(crate) fn row(bytes: &[u8], label: &str) -> String {
    let hex = hex(bytes, SHOWN);
    let width = COLUMNS.min(hex.chars().count().next_multiple_of(15));
    format!("{hex:<width$}  {label}")
}

/// The fields of a message, a line each, those of messages within it behind more space.
pub(crate) fn labelled(message: Option<&MessageDescriptor>, bytes: &[u8]) -> Vec<String> {
    let mut labels = Labels { lines: Vec::new() };
    labels.message(message, bytes, 0);
    if bytes.is_empty() {
        labels.lines.push("(no bytes at all)".into());
    }
    if let Some(message) = message {
        labels.unsent(message, bytes);
    }
    labels.lines
}

struct Labels {
    lines: Vec<String>,
}

/// What a field holds, as it travels (its wire type).
enum Wire<'b> {
    Varint(u64),
    Bits64([u8; 8]),
    Length(&'b [u8]),
    Bits32([u8; 4]),
}

/// The next field: its number, what it holds, and the bytes that were read.
struct Read<'b> {
    number: u32,
    wire: Wire<'b>,
    /// All of the field's bytes.
    bytes: &'b [u8],
    /// Of these, those in front of a text or a message.
    head: usize,
}

fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().enumerate().take(10) {
        value |= u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

fn read(bytes: &[u8]) -> Option<Read<'_>> {
    let (tag, head) = varint(bytes)?;
    let number = u32::try_from(tag >> 3).ok()?;
    let rest = &bytes[head..];
    let (wire, head, length) = match tag & 7 {
        0 => {
            let (value, length) = varint(rest)?;
            (Wire::Varint(value), head, head + length)
        }
        1 => (Wire::Bits64(*rest.first_chunk()?), head, head + 8),
        2 => {
            let (length, width) = varint(rest)?;
            let content = rest[width..].get(..usize::try_from(length).ok()?)?;
            let head = head + width;
            (Wire::Length(content), head, head + content.len())
        }
        5 => (Wire::Bits32(*rest.first_chunk()?), head, head + 4),
        _ => return None,
    };
    Some(Read {
        number,
        wire,
        bytes: &bytes[..length],
        head,
    })
}

impl Labels {
    fn message(&mut self, message: Option<&MessageDescriptor>, mut bytes: &[u8], depth: usize) {
        let indent = "  ".repeat(depth);
        while !bytes.is_empty() {
            if self.lines.len() >= FIELDS {
                let count = bytes.len();
                self.lines.push(format!("{indent}(and {count} more bytes)"));
                return;
            }
            let Some(field) = read(bytes) else {
                let line = row(bytes, "these bytes are no field");
                self.lines.push(indent + &line);
                return;
            };
            bytes = &bytes[field.bytes.len()..];
            let known = message.and_then(|message| message.get_field(field.number));
            self.field(&field, known.as_ref(), depth);
        }
    }

    fn field(&mut self, field: &Read<'_>, known: Option<&FieldDescriptor>, depth: usize) {
        let indent = "  ".repeat(depth);
        let name = known.map_or("not in the contract", |known| known.name());
        let what = format!("field {} {name}", field.number);
        let kind = known.map(FieldDescriptor::kind);
        let line = match (&field.wire, &kind) {
            (Wire::Varint(value), kind) => {
                let value = integer(*value, kind.as_ref());
                row(field.bytes, &format!("{what}, varint: {value}"))
            }
            (Wire::Bits64(bits), kind) => {
                let value = match kind {
                    Some(Kind::Double) => format!("{:?}", f64::from_le_bytes(*bits)),
                    Some(Kind::Sfixed64) => i64::from_le_bytes(*bits).to_string(),
                    _ => u64::from_le_bytes(*bits).to_string(),
                };
                row(field.bytes, &format!("{what}, 64 bits: {value}"))
            }
            (Wire::Bits32(bits), kind) => {
                let value = match kind {
                    Some(Kind::Float) => format!("{:?}", f32::from_le_bytes(*bits)),
                    Some(Kind::Sfixed32) => i32::from_le_bytes(*bits).to_string(),
                    _ => u32::from_le_bytes(*bits).to_string(),
                };
                row(field.bytes, &format!("{what}, 32 bits: {value}"))
            }
            (Wire::Length(content), Some(Kind::Message(message))) if depth < DEPTH => {
                let label = format!("{what}, length {}: {}", content.len(), message.name());
                self.lines
                    .push(indent + &row(&field.bytes[..field.head], &label));
                return self.message(Some(message), content, depth + 1);
            }
            (Wire::Length(content), Some(Kind::String)) => {
                let text = String::from_utf8_lossy(content);
                let text = printable(&text, TEXT);
                let label = format!("{what}, length {}: \"{text}\"", content.len());
                row(field.bytes, &label)
            }
            (Wire::Length(content), _) => {
                let label = format!("{what}, length {}", content.len());
                row(field.bytes, &label)
            }
        };
        self.lines.push(indent + &line);
    }

    /// Fields without a sign of their presence, which are not sent where they have their
    /// defaults: a reader takes them for these.
    fn unsent(&mut self, message: &MessageDescriptor, bytes: &[u8]) {
        let (mut rest, mut sent) = (bytes, Vec::new());
        while let Some(field) = read(rest) {
            sent.push(field.number);
            rest = &rest[field.bytes.len()..];
        }
        for field in message.fields() {
            let is_plain = !field.supports_presence()
                && field.cardinality() != Cardinality::Repeated
                && field.containing_oneof().is_none();
            if is_plain && !sent.contains(&field.number()) {
                let default = match field.kind() {
                    Kind::String => "\"\"".into(),
                    Kind::Bool => "false".into(),
                    Kind::Bytes | Kind::Enum(_) | Kind::Message(_) => {
                        format!("the default of {}", kind_name(&field.kind()))
                    }
                    _ => String::from("0"),
                };
                let (number, name) = (field.number(), field.name());
                self.lines.push(format!(
                    "no bytes: field {number} {name} is {default}, the default"
                ));
            }
        }
    }
}

/// What a varint stands for.
fn integer(value: u64, kind: Option<&Kind>) -> String {
    let zigzag = |value: u64| (value >> 1).cast_signed() ^ -(value & 1).cast_signed();
    match kind {
        Some(Kind::Int32 | Kind::Int64) => value.cast_signed().to_string(),
        Some(Kind::Sint32 | Kind::Sint64) => format!("{value}, zigzag for {}", zigzag(value)),
        Some(Kind::Bool) => (value != 0).to_string(),
        Some(Kind::Enum(found)) => {
            let number = i32::try_from(value.cast_signed()).ok();
            match number.and_then(|number| found.get_value(number)) {
                Some(named) => format!("{value}, {}", named.name()),
                None => value.to_string(),
            }
        }
        _ => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::schema::pool;

    fn labels(name: &str, bytes: &[u8]) -> Vec<String> {
        let message = pool::message(name).unwrap();
        let lines = labelled(Some(&message), bytes);
        let squeezed = |line: String| {
            let indent = line.len() - line.trim_start().len();
            let words: Vec<_> = line.split_whitespace().collect();
            " ".repeat(indent) + &words.join(" ")
        };
        lines.into_iter().map(squeezed).collect()
    }

    #[test]
    fn every_kind_of_field() {
        assert_eq!(
            labels("calc.AddRequest", &[0x08, 0x14, 0x10, 0x0a]),
            [
                "08 14 field 1 n1, varint: 20",
                "10 0a field 2 n2, varint: 10"
            ]
        );
        let minus = [
            0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,
        ];
        assert_eq!(
            labels("calc.AddRequest", &minus),
            [
                "08 ff ff ff ff ff ff ff ff ff 01 field 1 n1, varint: -1",
                "no bytes: field 2 n2 is 0, the default"
            ]
        );
        assert_eq!(
            labels("calc.DivideReply", &[0x0d, 0, 0, 0x20, 0x40]),
            ["0d 00 00 20 40 field 1 f1, 32 bits: 2.5"]
        );
        assert_eq!(
            labels("calc.AddRequest", &[]),
            [
                "(no bytes at all)",
                "no bytes: field 1 n1 is 0, the default",
                "no bytes: field 2 n2 is 0, the default"
            ]
        );
        assert_eq!(
            labels(
                "grpcalc.v1.EvaluateRequest",
                b"\x0a\x031+2\x12\x04\x08\x14\x10\x02"
            ),
            [
                "0a 03 31 2b 32 field 1 expression, length 3: \"1+2\"",
                "12 04 field 2 options, length 4: Options",
                "  08 14 field 1 digits, varint: 20",
                "  10 02 field 2 angle_unit, varint: 2, ANGLE_UNIT_DEGREE",
            ]
        );
        assert_eq!(
            labels("grpcalc.v1.Value", &[0x0a, 1, b'3', 0x18, 6]),
            [
                "0a 01 33 field 1 text, length 1: \"3\"",
                "18 06 field 3 integer, varint: 6, zigzag for 3",
                "no bytes: field 2 rounded is false, the default",
            ]
        );
    }

    #[test]
    fn what_the_contract_does_not_know() {
        assert_eq!(
            labels("calc.AddReply", &[0x08, 0x1e, 0x52, 1, 0x7f, 0x07]),
            [
                "08 1e field 1 n1, varint: 30",
                "52 01 7f field 10 not in the contract, length 1",
                "07 these bytes are no field",
            ]
        );
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(bytes: Vec<u8>) {
            for name in ["calc.AddRequest", "grpcalc.v1.WorksheetResponse", "google.rpc.Status"] {
                let message = pool::message(name).unwrap();
                prop_assert!(labelled(Some(&message), &bytes).len() < 2 * FIELDS);
            }
            labelled(None, &bytes);
        }

        /// Deep and long messages end, too.
        #[test]
        fn the_number_of_lines_is_bounded(count in 0_usize..5000) {
            let message = pool::message("calc.AddReply").unwrap();
            let lines = labelled(Some(&message), &[0x08, 0x01].repeat(count));
            prop_assert!(lines.len() <= FIELDS + 2);
        }
    }
}

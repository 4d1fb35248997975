//! Annotates the bytes of an encoded message (the Protocol Buffers wire format).

use prost_reflect::{Cardinality, FieldDescriptor, Kind, MessageDescriptor};

use super::pool::kind_name;
use crate::text::printable::printable;

/// The maximum number of characters shown of a string field.
const MAX_STRING: usize = 60;

/// The maximum number of annotated fields of one message, including those of nested messages.
const MAX_FIELDS: usize = 48;

/// The maximum number of levels of nested messages whose fields are annotated.
const MAX_DEPTH: usize = 8;

/// Consecutive bytes of a message and their meaning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Annotation {
    /// The nesting level of the message that contains the bytes; 0 for the outermost message.
    pub depth: usize,
    /// The bytes; empty for a remark about the message.
    pub bytes: Vec<u8>,
    /// The meaning of the bytes, in words.
    pub meaning: String,
}

/// Annotates each field of an encoded message, and lists the fields that the message omits.
///
/// A message omits fields that have their default values. Without a descriptor, the fields have no
/// names.
pub(crate) fn annotate(message: Option<&MessageDescriptor>, bytes: &[u8]) -> Vec<Annotation> {
    let mut annotator = Annotator::default();
    annotator.message(message, bytes, 0);
    if bytes.is_empty() {
        annotator.add(0, &[], "(no bytes at all)".into());
    }
    if let Some(message) = message {
        annotator.defaults(message, bytes);
    }
    annotator.annotations
}

#[derive(Default)]
struct Annotator {
    annotations: Vec<Annotation>,
}

/// The content of a field, by its wire type.
enum WireValue<'b> {
    Varint(u64),
    Fixed64([u8; 8]),
    LengthDelimited(&'b [u8]),
    Fixed32([u8; 4]),
}

/// One encoded field.
struct EncodedField<'b> {
    number: u32,
    value: WireValue<'b>,
    /// The bytes of the field, from the first byte of its tag to its last byte.
    bytes: &'b [u8],
    /// The total length of the tag and of the length prefix, in bytes.
    prefix: usize,
}

/// Returns the varint at the start of `bytes`, and its length in bytes.
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

impl<'b> EncodedField<'b> {
    /// Returns the field at the start of `bytes`; None if `bytes` do not start with a field.
    fn parse(bytes: &'b [u8]) -> Option<Self> {
        let (tag, prefix) = varint(bytes)?;
        let number = u32::try_from(tag >> 3).ok()?;
        let rest = &bytes[prefix..];
        let (value, prefix, length) = match tag & 7 {
            0 => {
                let (value, length) = varint(rest)?;
                (WireValue::Varint(value), prefix, prefix + length)
            }
            1 => (WireValue::Fixed64(*rest.first_chunk()?), prefix, prefix + 8),
            2 => {
                let (length, width) = varint(rest)?;
                let content = rest[width..].get(..usize::try_from(length).ok()?)?;
                let prefix = prefix + width;
                let value = WireValue::LengthDelimited(content);
                (value, prefix, prefix + content.len())
            }
            5 => (WireValue::Fixed32(*rest.first_chunk()?), prefix, prefix + 4),
            _ => return None,
        };
        Some(Self {
            number,
            value,
            bytes: &bytes[..length],
            prefix,
        })
    }
}

impl Annotator {
    fn add(&mut self, depth: usize, bytes: &[u8], meaning: String) {
        self.annotations.push(Annotation {
            depth,
            bytes: bytes.to_vec(),
            meaning,
        });
    }

    fn message(&mut self, message: Option<&MessageDescriptor>, mut bytes: &[u8], depth: usize) {
        while !bytes.is_empty() {
            if self.annotations.len() >= MAX_FIELDS {
                let count = bytes.len();
                return self.add(depth, &[], format!("(and {count} more bytes)"));
            }
            let Some(field) = EncodedField::parse(bytes) else {
                return self.add(depth, bytes, "these bytes are not a valid field".into());
            };
            bytes = &bytes[field.bytes.len()..];
            let descriptor = message.and_then(|message| message.get_field(field.number));
            self.field(&field, descriptor.as_ref(), depth);
        }
    }

    fn field(
        &mut self,
        field: &EncodedField<'_>,
        descriptor: Option<&FieldDescriptor>,
        depth: usize,
    ) {
        let name = descriptor.map_or("(unknown)", |descriptor| descriptor.name());
        let label = format!("field {} {name}", field.number);
        let kind = descriptor.map(FieldDescriptor::kind);
        let value = match (&field.value, &kind) {
            (WireValue::Varint(value), kind) => {
                format!("varint: {}", varint_text(*value, kind.as_ref()))
            }
            (WireValue::Fixed64(bits), kind) => {
                let value = match kind {
                    Some(Kind::Double) => format!("{:?}", f64::from_le_bytes(*bits)),
                    Some(Kind::Sfixed64) => i64::from_le_bytes(*bits).to_string(),
                    _ => u64::from_le_bytes(*bits).to_string(),
                };
                format!("64 bits: {value}")
            }
            (WireValue::Fixed32(bits), kind) => {
                let value = match kind {
                    Some(Kind::Float) => format!("{:?}", f32::from_le_bytes(*bits)),
                    Some(Kind::Sfixed32) => i32::from_le_bytes(*bits).to_string(),
                    _ => u32::from_le_bytes(*bits).to_string(),
                };
                format!("32 bits: {value}")
            }
            (WireValue::LengthDelimited(content), Some(Kind::Message(message)))
                if depth < MAX_DEPTH =>
            {
                let meaning = format!("{label}, length {}: {}", content.len(), message.name());
                self.add(depth, &field.bytes[..field.prefix], meaning);
                return self.message(Some(message), content, depth + 1);
            }
            (WireValue::LengthDelimited(content), Some(Kind::String)) => {
                let text = String::from_utf8_lossy(content);
                let text = printable(&text, MAX_STRING);
                format!("length {}: \"{text}\"", content.len())
            }
            (WireValue::LengthDelimited(content), _) => format!("length {}", content.len()),
        };
        self.add(depth, field.bytes, format!("{label}, {value}"));
    }

    /// Adds a remark for each omitted field that has no explicit presence. A reader of the message
    /// uses the default value of an omitted field.
    fn defaults(&mut self, message: &MessageDescriptor, bytes: &[u8]) {
        let (mut rest, mut sent) = (bytes, Vec::new());
        while let Some(field) = EncodedField::parse(rest) {
            sent.push(field.number);
            rest = &rest[field.bytes.len()..];
        }
        for field in message.fields() {
            let is_implicit = !field.supports_presence()
                && field.cardinality() != Cardinality::Repeated
                && field.containing_oneof().is_none();
            if is_implicit && !sent.contains(&field.number()) {
                let default = match field.kind() {
                    Kind::String => "\"\"".into(),
                    Kind::Bool => "false".into(),
                    Kind::Bytes | Kind::Enum(_) | Kind::Message(_) => {
                        format!("that of {}", kind_name(&field.kind()))
                    }
                    _ => String::from("0"),
                };
                let (number, name) = (field.number(), field.name());
                let meaning = format!("omitted field {number} {name}: the default is {default}");
                self.add(0, &[], meaning);
            }
        }
    }
}

/// Returns the value of a varint as text. `kind` is the type of the field.
fn varint_text(value: u64, kind: Option<&Kind>) -> String {
    let zigzag = |value: u64| (value >> 1).cast_signed() ^ -(value & 1).cast_signed();
    match kind {
        Some(Kind::Int32 | Kind::Int64) => value.cast_signed().to_string(),
        Some(Kind::Sint32 | Kind::Sint64) => format!("{value} (zigzag code of {})", zigzag(value)),
        Some(Kind::Bool) => (value != 0).to_string(),
        Some(Kind::Enum(descriptor)) => {
            let number = i32::try_from(value.cast_signed()).ok();
            match number.and_then(|number| descriptor.get_value(number)) {
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

    fn annotated(name: &str, bytes: &[u8]) -> Vec<String> {
        let message = pool::message(name).unwrap();
        let line = |annotation: Annotation| {
            let indent = "  ".repeat(annotation.depth);
            let hex = annotation.bytes.iter().map(|byte| format!("{byte:02x} "));
            indent + &hex.collect::<String>() + &annotation.meaning
        };
        annotate(Some(&message), bytes)
            .into_iter()
            .map(line)
            .collect()
    }

    #[test]
    fn fields_of_every_kind_are_annotated() {
        assert_eq!(
            annotated("calc.AddRequest", &[0x08, 0x14, 0x10, 0x0a]),
            [
                "08 14 field 1 n1, varint: 20",
                "10 0a field 2 n2, varint: 10"
            ]
        );
        let minus = [
            0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1,
        ];
        assert_eq!(
            annotated("calc.AddRequest", &minus),
            [
                "08 ff ff ff ff ff ff ff ff ff 01 field 1 n1, varint: -1",
                "omitted field 2 n2: the default is 0"
            ]
        );
        assert_eq!(
            annotated("calc.DivideReply", &[0x0d, 0, 0, 0x20, 0x40]),
            ["0d 00 00 20 40 field 1 f1, 32 bits: 2.5"]
        );
        assert_eq!(
            annotated("calc.AddRequest", &[]),
            [
                "(no bytes at all)",
                "omitted field 1 n1: the default is 0",
                "omitted field 2 n2: the default is 0"
            ]
        );
        assert_eq!(
            annotated(
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
            annotated("grpcalc.v1.Value", &[0x0a, 1, b'3', 0x18, 6]),
            [
                "0a 01 33 field 1 text, length 1: \"3\"",
                "18 06 field 3 integer, varint: 6 (zigzag code of 3)",
                "omitted field 2 rounded: the default is false",
                "omitted field 6 source: the default is \"\"",
                "omitted field 7 unit: the default is \"\"",
            ]
        );
    }

    #[test]
    fn fields_outside_the_contract_are_annotated() {
        assert_eq!(
            annotated("calc.AddReply", &[0x08, 0x1e, 0x52, 1, 0x7f, 0x07]),
            [
                "08 1e field 1 n1, varint: 30",
                "52 01 7f field 10 (unknown), length 1",
                "07 these bytes are not a valid field",
            ]
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_annotated_without_a_panic(bytes: Vec<u8>) {
            for name in ["calc.AddRequest", "grpcalc.v1.WorksheetResponse", "google.rpc.Status"] {
                let message = pool::message(name).unwrap();
                prop_assert!(annotate(Some(&message), &bytes).len() < 2 * MAX_FIELDS);
            }
            annotate(None, &bytes);
        }

        #[test]
        fn the_number_of_annotations_is_bounded(count in 0_usize..5000) {
            let message = pool::message("calc.AddReply").unwrap();
            let annotations = annotate(Some(&message), &[0x08, 0x01].repeat(count));
            prop_assert!(annotations.len() <= MAX_FIELDS + 2);
        }
    }
}

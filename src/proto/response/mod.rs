//! `grpcalc.v1.WorksheetResponse`, kept in its encoded form.
//!
//! For a script, each response has thousands of answers. With generated messages, each answer would
//! need several allocations in the server and in the client. With this type, the server appends
//! each answer to the bytes that it sends, and the client reads each answer from the bytes that it
//! received. Fields and encoding are those of `evaluator.proto` (Protocol Buffers documentation,
//! "Encoding").

mod reader;
mod writer;

use bytes::{Buf, BufMut, Bytes};
use prost::{
    DecodeError, Message,
    encoding::{DecodeContext, WireType, encode_key, skip_field},
};

pub use self::{
    reader::{AnswerReader, AnswerRef, Malformed, RemarksRef, ValueRef},
    writer::{ExactRef, ResponseWriter},
};

/// Answers to a request to a worksheet, and whether they are the last answers to this request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorksheetResponse(Bytes);

/// Field numbers of the messages in `evaluator.proto`.
mod field {
    pub(super) mod response {
        pub(in crate::proto::response) const ANSWERS: u32 = 1;
        pub(in crate::proto::response) const DONE: u32 = 2;
    }
    pub(super) mod answer {
        pub(in crate::proto::response) const LINE: u32 = 1;
        pub(in crate::proto::response) const NAME: u32 = 2;
        pub(in crate::proto::response) const VALUE: u32 = 3;
        pub(in crate::proto::response) const FAULT: u32 = 4;
        pub(in crate::proto::response) const READING: u32 = 5;
    }
    pub(super) mod value {
        pub(in crate::proto::response) const TEXT: u32 = 1;
        pub(in crate::proto::response) const ROUNDED: u32 = 2;
        pub(in crate::proto::response) const INTEGER: u32 = 3;
        pub(in crate::proto::response) const FRACTION: u32 = 4;
        pub(in crate::proto::response) const TRUTH: u32 = 5;
        pub(in crate::proto::response) const SOURCE: u32 = 6;
        pub(in crate::proto::response) const UNIT: u32 = 7;
    }
    pub(super) mod fraction {
        pub(in crate::proto::response) const NUMERATOR: u32 = 1;
        pub(in crate::proto::response) const DENOMINATOR: u32 = 2;
    }
}

/// Lets the stubs send and receive this type as if prost had generated it.
impl Message for WorksheetResponse {
    fn encode_raw(&self, out: &mut impl BufMut) {
        out.put_slice(&self.0);
    }

    fn encoded_len(&self) -> usize {
        self.0.len()
    }

    fn merge(&mut self, mut encoded: impl Buf) -> Result<(), DecodeError> {
        // Concatenated encodings are one message with the fields of both ("Encoding",
        // "Last One Wins").
        let received = encoded.copy_to_bytes(encoded.remaining());
        self.0 = if self.0.is_empty() {
            received
        } else {
            [&self.0[..], &received].concat().into()
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
        // prost calls this only if another message has a field of this type. No message in the
        // contract has such a field. The encoded field is copied unchanged.
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
    use crate::proto::grpcalc::v1::{Answer, Fault, Fraction, Reading, Span, Value, answer, value};

    /// The message type that prost would generate.
    #[derive(Clone, PartialEq, Message)]
    struct GeneratedResponse {
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
        let source = prop_oneof![Just(String::new()), ".*"];
        let value = (".*", any::<bool>(), exact, source.clone(), source).prop_map(
            |(text, rounded, exact, source, unit)| {
                answer::Result::Value(Value {
                    text,
                    rounded,
                    exact,
                    source,
                    unit,
                })
            },
        );
        let fault = (".*", ".*", any::<u32>()).prop_map(|(reason, message, start)| {
            answer::Result::Fault(Fault {
                reason,
                message,
                span: Some(Span { start, end: start }),
                help: String::new(),
            })
        });
        let result = prop_oneof![Just(None), value.prop_map(Some), fault.prop_map(Some)];
        let reading = prop_oneof![
            Just(None),
            (".*", prop::collection::vec(any::<i32>(), 0..4))
                .prop_map(|(text, kinds)| Some(Reading { text, kinds })),
        ];
        (any::<u32>(), ".*", result, reading).prop_map(|(line, name, result, reading)| Answer {
            line,
            name,
            result,
            reading,
        })
    }

    /// Writes `answer` in the way that the server does.
    fn write(out: &mut ResponseWriter, answer: &Answer) {
        let (Some(answer::Result::Value(value)), None) = (&answer.result, &answer.reading) else {
            return out.push(answer);
        };
        if !value.source.is_empty() {
            return out.push(answer);
        }
        out.push_value(
            answer.line,
            &answer.name,
            &value.text,
            value.rounded,
            exact(value),
            &value.unit,
        );
    }

    /// Returns the field `exact` of a generated `Value`.
    fn exact(value: &Value) -> ExactRef<'_> {
        match &value.exact {
            None => ExactRef::None,
            Some(value::Exact::Integer(n)) => ExactRef::Integer(*n),
            Some(value::Exact::Fraction(q)) => ExactRef::Fraction(&q.numerator, &q.denominator),
            Some(value::Exact::Truth(truth)) => ExactRef::Truth(*truth),
        }
    }

    proptest! {
        #[test]
        fn the_encoding_is_that_of_the_generated_message(
            answers in proptest::collection::vec(answer(), 0..5),
            done: bool,
        ) {
            let mut out = ResponseWriter::default();
            for answer in &answers {
                write(&mut out, answer);
            }
            let encoded = out.finish(done).encode_to_vec();
            let generated = GeneratedResponse { answers, done };
            prop_assert_eq!(&encoded, &generated.encode_to_vec());

            let mut read = WorksheetResponse::decode(&encoded[..]).unwrap().answers().unwrap();
            prop_assert_eq!(read.done, done);
            for answer in &generated.answers {
                let found = read.next_answer().unwrap().unwrap();
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
                let remarks = found.remarks.map(|it| *it).unwrap_or_default();
                prop_assert_eq!(remarks.reading, answer.reading.clone());
                let (source, unit) = match &answer.result {
                    Some(answer::Result::Value(value)) => (&*value.source, &*value.unit),
                    _ => ("", ""),
                };
                prop_assert_eq!((remarks.source, remarks.unit), (source, unit));
            }
            prop_assert!(read.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_rejected(encoded: Vec<u8>) {
            let generated = GeneratedResponse::decode(&encoded[..]);
            if let Ok(mut read) = WorksheetResponse::decode(&encoded[..]).unwrap().answers() {
                while let Some(answer) = read.next_answer() {
                    prop_assert!(answer.is_ok() || generated.is_err());
                }
            } else {
                prop_assert!(generated.is_err());
            }
        }
    }
}

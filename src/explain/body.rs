//! The messages of a call: their bytes, their fields and their text form.

use prost_reflect::{DynamicMessage, MessageDescriptor, ReflectMessage as _};

use super::redactor::Redactor;
use crate::{
    client::Payload,
    proto::{
        compression::{NamedEncoding, inflate},
        framing::{PREFIX_BYTES, Prefix},
    },
    schema::{
        bytes::{Annotation, annotate},
        pool,
    },
};

/// The maximum length of a message that is inflated, in bytes.
const MAX_INFLATED: usize = 16 * 1024;

/// The content of the DATA frames in one direction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Body {
    /// The total number of bytes in the frames.
    pub length: usize,
    /// The number of frames that are not empty.
    pub frames: usize,
    /// The messages whose prefixes were recorded. The last message may be incomplete.
    pub messages: Vec<Message>,
    /// Whether all bytes were recorded.
    pub is_complete: bool,
}

/// A message and its prefix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The prefix: one byte for the compression flag, and four bytes for the message length.
    pub prefix: [u8; PREFIX_BYTES],
    /// The length of the complete message, in bytes.
    pub length: usize,
    /// Whether the message is compressed.
    pub is_compressed: bool,
    /// The recorded bytes of the message.
    pub bytes: Vec<u8>,
    /// The bytes of a compressed message after inflating. None if the message is not compressed, is
    /// incomplete, is very long, or cannot be inflated.
    pub inflated: Option<Vec<u8>>,
    /// The message in text form; None if the message cannot be decoded.
    pub decoded: Option<DecodedMessage>,
    /// The bytes and the meaning of each field. None if the message cannot be read.
    pub annotations: Option<Vec<Annotation>>,
}

/// A message in the text format of Protocol Buffers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodedMessage {
    /// The name of the message type, without the package.
    pub name: String,
    /// The lines of the text, made safe for a terminal.
    pub text: Vec<String>,
}

impl Body {
    /// Creates the body of `payload`, whose messages are of the type `kind`.
    ///
    /// `encoding` is the value of `grpc-encoding`.
    pub(super) fn new(
        payload: &Payload,
        encoding: Option<&str>,
        kind: Option<&MessageDescriptor>,
        redactor: &Redactor<'_>,
    ) -> Self {
        let encoding = NamedEncoding::parse(encoding.map(str::as_bytes));
        let mut rest = &payload.bytes[..];
        let mut messages = Vec::new();
        while let Some((prefix, after)) = rest.split_first_chunk::<PREFIX_BYTES>() {
            let message = Message::new(*prefix, after, encoding, kind, redactor);
            rest = &after[message.bytes.len()..];
            messages.push(message);
        }
        Self {
            length: payload.length,
            frames: payload.frames,
            messages,
            is_complete: payload.length == payload.bytes.len(),
        }
    }
}

impl Message {
    /// Creates a message from its prefix and the `bytes` after the prefix.
    ///
    /// `bytes` may lack the end of the message, or may also contain the messages after this
    /// message.
    fn new(
        prefix: [u8; PREFIX_BYTES],
        bytes: &[u8],
        encoding: NamedEncoding,
        kind: Option<&MessageDescriptor>,
        redactor: &Redactor<'_>,
    ) -> Self {
        let Prefix {
            is_compressed,
            length,
        } = Prefix::decode(prefix);
        let bytes = &bytes[..length.min(bytes.len())];
        let is_complete = bytes.len() == length;
        let inflated = match encoding {
            NamedEncoding::Known(encoding) if is_compressed && is_complete => {
                inflate(encoding, bytes, MAX_INFLATED)
            }
            _ => None,
        };
        let mut message = Self {
            prefix,
            length,
            is_compressed,
            bytes: bytes.to_vec(),
            inflated,
            decoded: None,
            annotations: None,
        };
        message.decoded = message.decode(kind).map(|decoded| DecodedMessage {
            name: decoded.descriptor().name().into(),
            text: redactor.lines(&pool::text(&decoded)),
        });
        let redact = |mut annotation: Annotation| {
            annotation.meaning = redactor.text(&annotation.meaning);
            annotation
        };
        let annotated = message.content().map(|bytes| annotate(kind, bytes));
        message.annotations = annotated.map(|all| all.into_iter().map(redact).collect());
        message
    }

    /// Returns the bytes of the fields, or None if the message is incomplete or cannot be inflated.
    fn content(&self) -> Option<&[u8]> {
        if self.is_compressed {
            return self.inflated.as_deref();
        }
        (self.bytes.len() == self.length).then_some(&self.bytes)
    }

    /// Returns the message as a value of the type `kind`.
    pub(super) fn decode(&self, kind: Option<&MessageDescriptor>) -> Option<DynamicMessage> {
        pool::decode(kind?, self.content()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(bytes: &[u8], encoding: Option<&str>) -> Vec<Message> {
        let payload = Payload {
            bytes: bytes.to_vec(),
            length: bytes.len(),
            frames: 1,
        };
        let kind = pool::message("calc.AddRequest");
        Body::new(&payload, encoding, kind.as_ref(), &Redactor::new(&[])).messages
    }

    #[test]
    fn a_body_is_divided_into_messages() {
        for (bytes, lengths) in [
            (&[0, 0, 0, 0][..], &[][..]),
            (&[0, 0, 0, 0, 0], &[0]),
            (&[0, 0, 0, 0, 1, 7, 1, 0, 0, 0, 9, 8], &[1, 9]),
            (&[0xff; 5], &[u32::MAX as usize]),
        ] {
            let found = messages(bytes, None);
            let found: Vec<_> = found.iter().map(|message| message.length).collect();
            assert_eq!(found, lengths);
        }
    }

    #[test]
    fn a_compressed_message_is_inflated() {
        // n1: 20 and n2: 10, compressed by Python 3.11.
        let zlib = b"\x78\x9c\xe3\x10\x11\xe0\x02\x00\x00\x8a\x00\x37";
        let mut body = vec![1, 0, 0, 0, 12];
        body.extend(zlib);
        let found = messages(&body, Some("deflate"));
        assert_eq!(found[0].inflated.as_deref(), Some(&[8, 20, 16, 10][..]));
        assert_eq!(
            found[0].decoded.as_ref().unwrap().text,
            ["n1: 20", "n2: 10"]
        );
        assert_eq!(found[0].annotations.as_ref().unwrap().len(), 2);
        for encoding in [None, Some("gzip"), Some("br")] {
            let found = messages(&body, encoding);
            assert_eq!(
                (&found[0].inflated, &found[0].decoded),
                (&None, &None),
                "{encoding:?}"
            );
        }
        let found = messages(&body[..15], Some("deflate"));
        assert_eq!(found[0].inflated, None, "the message is incomplete");
    }
}

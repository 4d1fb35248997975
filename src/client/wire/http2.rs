//! Parses the bytes of one direction of an HTTP/2 connection into frames (RFC 9113), and decodes
//! the header fields (HPACK, RFC 7541).
//!
//! Only the recorder uses this parser. The library h2 implements the protocol for the connection
//! itself and rejects invalid frames. The parser skips frames that carry no part of a call.

use loona_hpack::Decoder;

/// The first bytes that a client sends on a connection (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The length of the header of a frame, in bytes.
const FRAME_HEADER: usize = 9;

/// The maximum length of a frame's payload, in bytes. A longer payload is an error. The limit of h2
/// is lower.
const MAX_PAYLOAD: usize = 1 << 20;

/// The maximum length of a block of header fields, in bytes. A longer block is an error.
const MAX_FIELD_BLOCK: usize = 256 * 1024;

// Types and flags of frames: RFC 9113, section 6.
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 0x1;
const END_HEADERS: u8 = 0x4;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// A header field: its name and its value.
pub type HeaderField = (String, String);

/// A frame of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Frame<'b> {
    Headers {
        stream: u32,
        fields: Vec<HeaderField>,
        is_last: bool,
    },
    Data {
        stream: u32,
        bytes: &'b [u8],
        is_last: bool,
    },
    Reset {
        stream: u32,
        code: u32,
    },
}

/// The error for bytes that are not HTTP/2. The bytes after them cannot be parsed either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProtocolError;

/// A parser for the bytes of one direction of a connection.
pub(super) struct FrameReader {
    /// The bytes of an incomplete frame.
    bytes: Vec<u8>,
    /// Whether the next bytes must be the preface of the client.
    expects_preface: bool,
    hpack: Decoder<'static>,
    field_block: Option<FieldBlock>,
}

/// A block of header fields that continues in CONTINUATION frames.
struct FieldBlock {
    stream: u32,
    /// Whether the stream ends with this block.
    is_last: bool,
    bytes: Vec<u8>,
}

impl FrameReader {
    /// Creates a parser for the bytes that a client sends.
    pub(super) fn of_client() -> Self {
        Self {
            expects_preface: true,
            ..Self::of_server()
        }
    }

    /// Creates a parser for the bytes that a server sends.
    pub(super) fn of_server() -> Self {
        Self {
            bytes: Vec::new(),
            expects_preface: false,
            hpack: Decoder::new(),
            field_block: None,
        }
    }

    /// Parses the next bytes and calls `on_frame` with each complete frame.
    pub(super) fn read(
        &mut self,
        bytes: &[u8],
        mut on_frame: impl FnMut(Frame<'_>),
    ) -> Result<(), ProtocolError> {
        self.bytes.extend_from_slice(bytes);
        let buffered = std::mem::take(&mut self.bytes);
        let mut rest = &buffered[..];
        if self.expects_preface {
            let Some(after) = rest.strip_prefix(PREFACE) else {
                self.bytes = buffered;
                return if PREFACE.starts_with(&self.bytes) {
                    Ok(())
                } else {
                    Err(ProtocolError)
                };
            };
            (rest, self.expects_preface) = (after, false);
        }
        while let Some((header, after)) = rest.split_first_chunk::<FRAME_HEADER>() {
            let [l1, l2, l3, kind, flags, s1, s2, s3, s4] = *header;
            let length = u32::from_be_bytes([0, l1, l2, l3]) as usize;
            let stream = u32::from_be_bytes([s1 & 0x7f, s2, s3, s4]);
            if length > MAX_PAYLOAD {
                return Err(ProtocolError);
            }
            let Some(payload) = after.get(..length) else {
                break;
            };
            rest = &after[length..];
            if let Some(frame) = self.parse(kind, flags, stream, payload)? {
                on_frame(frame);
            }
        }
        self.bytes.extend_from_slice(rest);
        Ok(())
    }

    fn parse<'b>(
        &mut self,
        kind: u8,
        flags: u8,
        stream: u32,
        payload: &'b [u8],
    ) -> Result<Option<Frame<'b>>, ProtocolError> {
        let has = |flag| flags & flag != 0;
        match kind {
            DATA => Ok(Some(Frame::Data {
                stream,
                bytes: unpadded(payload, has(PADDED))?,
                is_last: has(END_STREAM),
            })),
            HEADERS => {
                let payload = unpadded(payload, has(PADDED))?;
                let priority = if has(PRIORITY) { 5 } else { 0 };
                let block = payload.get(priority..).ok_or(ProtocolError)?;
                self.field_block = Some(FieldBlock {
                    stream,
                    is_last: has(END_STREAM),
                    bytes: block.to_vec(),
                });
                self.decode_block(has(END_HEADERS))
            }
            CONTINUATION => {
                let block = self.field_block.as_mut().ok_or(ProtocolError)?;
                block.bytes.extend_from_slice(payload);
                if block.bytes.len() > MAX_FIELD_BLOCK {
                    return Err(ProtocolError);
                }
                self.decode_block(has(END_HEADERS))
            }
            RST_STREAM => {
                let code = payload.try_into().map_err(|_| ProtocolError)?;
                let code = u32::from_be_bytes(code);
                Ok(Some(Frame::Reset { stream, code }))
            }
            _ => Ok(None),
        }
    }

    fn decode_block(&mut self, is_complete: bool) -> Result<Option<Frame<'static>>, ProtocolError> {
        if !is_complete {
            return Ok(None);
        }
        let block = self.field_block.take().ok_or(ProtocolError)?;
        let mut fields = Vec::new();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.hpack
            .decode_with_cb(&block.bytes, |name, value| {
                fields.push((text(&name), text(&value)));
            })
            .map_err(|_| ProtocolError)?;
        Ok(Some(Frame::Headers {
            stream: block.stream,
            fields,
            is_last: block.is_last,
        }))
    }
}

/// Returns the payload without its padding (RFC 9113, section 6.1).
fn unpadded(payload: &[u8], is_padded: bool) -> Result<&[u8], ProtocolError> {
    if !is_padded {
        return Ok(payload);
    }
    let (padding, rest) = payload.split_first().ok_or(ProtocolError)?;
    let end = rest
        .len()
        .checked_sub((*padding).into())
        .ok_or(ProtocolError)?;
    Ok(&rest[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut bytes = length[1..].to_vec();
        bytes.extend([kind, flags]);
        bytes.extend(stream.to_be_bytes());
        bytes.extend(payload);
        bytes
    }

    /// Returns the frames in `bytes`, read in pieces of `size` bytes, and whether reading failed.
    fn read_in_pieces(mut reader: FrameReader, bytes: &[u8], size: usize) -> (Vec<String>, bool) {
        let mut frames = Vec::new();
        for piece in bytes.chunks(size) {
            let read = reader.read(piece, |frame| frames.push(format!("{frame:?}")));
            if read.is_err() {
                return (frames, true);
            }
        }
        (frames, false)
    }

    #[test]
    fn a_call_is_read_in_pieces() {
        let mut bytes = PREFACE.to_vec();
        bytes.extend(frame(4, 0, 0, &[]));
        // `:method: POST` from the static table, and a field that enters the dynamic table.
        let block = [0x83, 0x40, 1, b'a', 1, b'b'];
        bytes.extend(frame(
            HEADERS,
            PRIORITY,
            1,
            &[[0; 5].as_slice(), &block[..3]].concat(),
        ));
        bytes.extend(frame(CONTINUATION, END_HEADERS, 1, &block[3..]));
        bytes.extend(frame(DATA, PADDED | END_STREAM, 1, &[2, b'x', b'y', 0, 0]));
        bytes.extend(frame(HEADERS, END_HEADERS | END_STREAM, 3, &[0xbe]));
        bytes.extend(frame(RST_STREAM, 0, 3, &[0, 0, 0, 8]));
        let expected = [
            r#"Headers { stream: 1, fields: [(":method", "POST"), ("a", "b")], is_last: false }"#,
            "Data { stream: 1, bytes: [120, 121], is_last: true }",
            r#"Headers { stream: 3, fields: [("a", "b")], is_last: true }"#,
            "Reset { stream: 3, code: 8 }",
        ];
        for size in [1, 2, 7, 10, 1000] {
            let (frames, protocol_error) = read_in_pieces(FrameReader::of_client(), &bytes, size);
            assert_eq!(frames, expected, "{size}");
            assert!(!protocol_error);
        }
    }

    #[test]
    fn malformed_bytes_are_refused() {
        for bytes in [
            frame(CONTINUATION, END_HEADERS, 1, &[]),
            frame(HEADERS, END_HEADERS, 1, &[0xff, 0xff, 0xff]),
            frame(HEADERS, PRIORITY | END_HEADERS, 1, &[0; 3]),
            frame(DATA, PADDED, 1, &[9, 0]),
            frame(DATA, PADDED, 1, &[]),
            frame(RST_STREAM, 0, 1, &[0; 3]),
            vec![0xff; 9],
        ] {
            let (frames, protocol_error) = read_in_pieces(FrameReader::of_server(), &bytes, 100);
            assert!(protocol_error && frames.is_empty(), "{bytes:?} {frames:?}");
        }
        assert!(read_in_pieces(FrameReader::of_client(), b"GET / HTTP/1.1", 100).1);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(
            frames in prop::collection::vec(
                (0_u8..11, any::<u8>(), 0_u32..4, prop::collection::vec(any::<u8>(), 0..40)),
                0..20,
            ),
            size in 1_usize..50,
        ) {
            let bytes: Vec<u8> = frames
                .iter()
                .flat_map(|(kind, flags, stream, payload)| frame(*kind, *flags, *stream, payload))
                .collect();
            read_in_pieces(FrameReader::of_server(), &bytes, size);
        }
    }
}

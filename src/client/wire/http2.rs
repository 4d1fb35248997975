//! One direction of an HTTP/2 connection, read as frames (RFC 9113), with the header
//! fields decoded (HPACK, RFC 7541).
//!
//! For showing what travelled, not for speaking: h2 does that, and refuses what is not
//! allowed. Here only what has to be understood is.

use loona_hpack::Decoder;

/// What a client says first (RFC 9113, section 3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Bytes in front of a frame's payload.
const HEAD: usize = 9;

/// Bytes of the longest frame that is followed; h2 takes none of the size from its peers.
const LONGEST: usize = 1 << 20;

/// Bytes of the longest block of header fields that is followed.
const LONGEST_BLOCK: usize = 256 * 1024;

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
pub type Field = (String, String);

/// A frame that says something of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::client) enum Frame<'b> {
    Headers {
        stream: u32,
        fields: Vec<Field>,
        end: bool,
    },
    Data {
        stream: u32,
        bytes: &'b [u8],
        end: bool,
    },
    Reset {
        stream: u32,
        code: u32,
    },
}

/// What came makes no sense, so that nothing behind it can be read either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::client) struct ProtocolError;

/// Reads what travels in one direction.
pub(in crate::client) struct Reader {
    /// What has come of the next frame.
    bytes: Vec<u8>,
    /// Whether the preface is still to come.
    preface: bool,
    fields: Decoder<'static>,
    /// A block of header fields that has begun: its stream, and whether that ends with it.
    block: Option<(u32, bool, Vec<u8>)>,
}

impl Reader {
    /// What a client sends.
    pub(in crate::client) fn of_client() -> Self {
        Self {
            preface: true,
            ..Self::of_server()
        }
    }

    /// What a server sends.
    pub(in crate::client) fn of_server() -> Self {
        Self {
            bytes: Vec::new(),
            preface: false,
            fields: Decoder::new(),
            block: None,
        }
    }

    /// Reads on; `see` is shown each frame that is complete.
    pub(in crate::client) fn read(
        &mut self,
        bytes: &[u8],
        mut see: impl FnMut(Frame<'_>),
    ) -> Result<(), ProtocolError> {
        self.bytes.extend_from_slice(bytes);
        let all = std::mem::take(&mut self.bytes);
        let mut rest = &all[..];
        if self.preface {
            let Some(behind) = rest.strip_prefix(PREFACE) else {
                self.bytes = all;
                return if PREFACE.starts_with(&self.bytes) {
                    Ok(())
                } else {
                    Err(ProtocolError)
                };
            };
            (rest, self.preface) = (behind, false);
        }
        while let Some((head, behind)) = rest.split_first_chunk::<HEAD>() {
            let [l1, l2, l3, kind, flags, s1, s2, s3, s4] = *head;
            let length = u32::from_be_bytes([0, l1, l2, l3]) as usize;
            let stream = u32::from_be_bytes([s1 & 0x7f, s2, s3, s4]);
            if length > LONGEST {
                return Err(ProtocolError);
            }
            let Some(payload) = behind.get(..length) else {
                break;
            };
            rest = &behind[length..];
            if let Some(frame) = self.frame(kind, flags, stream, payload)? {
                see(frame);
            }
        }
        self.bytes.extend_from_slice(rest);
        Ok(())
    }

    fn frame<'b>(
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
                end: has(END_STREAM),
            })),
            HEADERS => {
                let payload = unpadded(payload, has(PADDED))?;
                let skipped = if has(PRIORITY) { 5 } else { 0 };
                let block = payload.get(skipped..).ok_or(ProtocolError)?;
                self.block = Some((stream, has(END_STREAM), block.to_vec()));
                self.end_block(has(END_HEADERS))
            }
            CONTINUATION => {
                let (_, _, block) = self.block.as_mut().ok_or(ProtocolError)?;
                block.extend_from_slice(payload);
                if block.len() > LONGEST_BLOCK {
                    return Err(ProtocolError);
                }
                self.end_block(has(END_HEADERS))
            }
            RST_STREAM => {
                let code = payload.try_into().map_err(|_| ProtocolError)?;
                let code = u32::from_be_bytes(code);
                Ok(Some(Frame::Reset { stream, code }))
            }
            _ => Ok(None),
        }
    }

    fn end_block(&mut self, is_whole: bool) -> Result<Option<Frame<'static>>, ProtocolError> {
        if !is_whole {
            return Ok(None);
        }
        let (stream, end, block) = self.block.take().ok_or(ProtocolError)?;
        let mut fields = Vec::new();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        self.fields
            .decode_with_cb(&block, |name, value| {
                fields.push((text(&name), text(&value)));
            })
            .map_err(|_| ProtocolError)?;
        Ok(Some(Frame::Headers {
            stream,
            fields,
            end,
        }))
    }
}

/// A payload without its padding (RFC 9113, section 6.1).
fn unpadded(payload: &[u8], padded: bool) -> Result<&[u8], ProtocolError> {
    if !padded {
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

    /// Frames as text, whatever the pieces in which the bytes come.
    fn seen(mut reader: Reader, bytes: &[u8], piece: usize) -> (Vec<String>, bool) {
        let mut frames = Vec::new();
        for piece in bytes.chunks(piece) {
            let read = reader.read(piece, |frame| frames.push(format!("{frame:?}")));
            if read.is_err() {
                return (frames, true);
            }
        }
        (frames, false)
    }

    #[test]
    fn a_call_in_pieces() {
        let mut bytes = PREFACE.to_vec();
        bytes.extend(frame(4, 0, 0, &[]));
        // `:method: POST` from the static table, and a field that is added to the other.
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
            r#"Headers { stream: 1, fields: [(":method", "POST"), ("a", "b")], end: false }"#,
            "Data { stream: 1, bytes: [120, 121], end: true }",
            r#"Headers { stream: 3, fields: [("a", "b")], end: true }"#,
            "Reset { stream: 3, code: 8 }",
        ];
        for piece in [1, 2, 7, 10, 1000] {
            let (frames, protocol_error) = seen(Reader::of_client(), &bytes, piece);
            assert_eq!(frames, expected, "{piece}");
            assert!(!protocol_error);
        }
    }

    #[test]
    fn what_makes_no_sense() {
        for bytes in [
            frame(CONTINUATION, END_HEADERS, 1, &[]),
            frame(HEADERS, END_HEADERS, 1, &[0xff, 0xff, 0xff]),
            frame(HEADERS, PRIORITY | END_HEADERS, 1, &[0; 3]),
            frame(DATA, PADDED, 1, &[9, 0]),
            frame(DATA, PADDED, 1, &[]),
            frame(RST_STREAM, 0, 1, &[0; 3]),
            vec![0xff; 9],
        ] {
            let (frames, protocol_error) = seen(Reader::of_server(), &bytes, 100);
            assert!(protocol_error && frames.is_empty(), "{bytes:?} {frames:?}");
        }
        assert!(seen(Reader::of_client(), b"GET / HTTP/1.1", 100).1);
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_strange(
            frames in prop::collection::vec(
                (0_u8..11, any::<u8>(), 0_u32..4, prop::collection::vec(any::<u8>(), 0..40)),
                0..20,
            ),
            piece in 1_usize..50,
        ) {
            let bytes: Vec<u8> = frames
                .iter()
                .flat_map(|(kind, flags, stream, payload)| frame(*kind, *flags, *stream, payload))
                .collect();
            seen(Reader::of_server(), &bytes, piece);
        }
    }
}

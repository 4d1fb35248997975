//! Authorities of requests that name a Unix socket, in a form that the HTTP/2 library accepts.
//!
//! gRPC clients in C++ and Python use the percent-encoded path of a Unix socket as the `:authority`
//! of requests: `%2Frun%2Fcalc.sock`. RFC 3986, section 3.2.2, permits such a host name, but the
//! crate `http` does not, so `h2` would reset the stream. On Unix sockets, a byte that `http` does
//! not permit is therefore replaced by `-`. The length of the value stays the same, so the dynamic
//! tables of both peers (RFC 7541, section 4.1) stay equal. The server does not use the value.

use std::{
    io,
    ops::Range,
    pin::Pin,
    task::{Context, Poll, ready},
};

use http::uri::Authority;
use loona_hpack::Decoder;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::net::tap::AnyStream;

/// The length of the client's connection preface, in bytes (RFC 9113, section 3.4).
const PREFACE: usize = 24;

/// The length of the header of a frame, in bytes.
const FRAME_HEADER: usize = 9;

/// The maximum length, in bytes, of a HEADERS frame that is examined.
const MAX_HEADERS: usize = 128 * 1024;

// The type and the flags of a HEADERS frame (RFC 9113, section 6.2).
const HEADERS: u8 = 1;
const PADDED: u8 = 0x8;
const PRIORITY: u8 = 0x20;

/// The size of reads from the inner stream, in bytes.
const READ: usize = 16 * 1024;

/// The index of `:authority` in the static table (RFC 7541, appendix A).
const AUTHORITY: usize = 1;

/// A byte stream from a client on a Unix socket, with authorities that the HTTP/2 library accepts.
pub(super) struct AuthorityFilter {
    io: AnyStream,
    /// The received bytes that can be returned, and the position of the first one.
    output: Vec<u8>,
    position: usize,
    frames: FrameFilter,
}

/// The filter of the frames that a client sends.
struct FrameFilter {
    /// The number of bytes that pass unchanged: the preface, or the rest of a frame.
    passing: usize,
    /// The received part of a frame's header, or of a HEADERS frame.
    frame: Vec<u8>,
}

impl AuthorityFilter {
    pub(super) fn new(io: AnyStream) -> Self {
        Self {
            io,
            output: Vec::new(),
            position: 0,
            frames: FrameFilter::new(),
        }
    }
}

impl AsyncRead for AuthorityFilter {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        while this.position == this.output.len() {
            let mut received = [0; READ];
            let mut received = ReadBuf::new(&mut received);
            ready!(this.io.as_mut().poll_read(cx, &mut received))?;
            (this.position, this.output) = (0, Vec::new());
            if received.filled().is_empty() {
                // The rest of an incomplete frame is of no use.
                return Poll::Ready(Ok(()));
            }
            this.frames.filter(received.filled(), &mut this.output);
        }
        let length = buf.remaining().min(this.output.len() - this.position);
        buf.put_slice(&this.output[this.position..][..length]);
        this.position += length;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for AuthorityFilter {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.io.as_mut().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.as_mut().poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io.as_mut().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

impl FrameFilter {
    fn new() -> Self {
        Self {
            passing: PREFACE,
            frame: Vec::new(),
        }
    }

    /// Appends the filtered `bytes` to `output`. The bytes of an incomplete frame may be kept.
    fn filter(&mut self, mut bytes: &[u8], output: &mut Vec<u8>) {
        while !bytes.is_empty() {
            if self.passing > 0 {
                let (passing, rest) = bytes.split_at(self.passing.min(bytes.len()));
                output.extend_from_slice(passing);
                (self.passing, bytes) = (self.passing - passing.len(), rest);
                continue;
            }
            let length = match self.frame.first_chunk::<FRAME_HEADER>() {
                None => FRAME_HEADER,
                Some(header) => FRAME_HEADER + payload_length(header),
            };
            let missing = length - self.frame.len();
            let (part, rest) = bytes.split_at(missing.min(bytes.len()));
            self.frame.extend_from_slice(part);
            bytes = rest;
            self.end_frame(output);
        }
    }

    /// Appends the frame to `output` if it is complete, or if it passes unchanged.
    fn end_frame(&mut self, output: &mut Vec<u8>) {
        let Some(header) = self.frame.first_chunk::<FRAME_HEADER>() else {
            return;
        };
        let (length, is_headers) = (payload_length(header), header[3] == HEADERS);
        if is_headers && length <= MAX_HEADERS {
            if self.frame.len() < FRAME_HEADER + length {
                return;
            }
            if let Some(changed) = with_valid_authority(&self.frame) {
                self.frame = changed;
            }
        } else {
            self.passing = length;
        }
        output.append(&mut self.frame);
    }
}

fn payload_length(header: &[u8; FRAME_HEADER]) -> usize {
    let [high, middle, low, ..] = *header;
    u32::from_be_bytes([0, high, middle, low]) as usize
}

/// Returns a HEADERS frame with a valid authority. Returns None if the frame needs no change, or is
/// not valid.
fn with_valid_authority(frame: &[u8]) -> Option<Vec<u8>> {
    let flags = frame[4];
    let mut start = FRAME_HEADER;
    let mut end = frame.len();
    if flags & PADDED != 0 {
        end = end.checked_sub(usize::from(*frame.get(start)?))?;
        start += 1;
    }
    if flags & PRIORITY != 0 {
        start += 5;
    }
    let mut block = FieldBlock {
        bytes: frame.get(..end)?,
        position: start,
    };
    let value = loop {
        if block.position >= end {
            return None;
        }
        let Field {
            value,
            is_authority,
        } = block.next_field()?;
        if is_authority {
            break value;
        }
    };
    let text = decode_string(&frame[value.clone()])?;
    if Authority::try_from(&*text).is_ok() {
        return None;
    }
    let is_safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_');
    let text: Vec<_> = text
        .iter()
        .map(|b| if is_safe(*b) { *b } else { b'-' })
        .collect();
    let mut changed = frame[..value.start].to_vec();
    encode_string(&text, &mut changed);
    changed.extend_from_slice(&frame[value.end..]);
    let length = u32::try_from(changed.len() - FRAME_HEADER).ok()?;
    changed[..3].copy_from_slice(&length.to_be_bytes()[1..]);
    Some(changed)
}

/// A field of a block.
struct Field {
    /// The position of the literal value. Empty if there is none.
    value: Range<usize>,
    /// Whether it is the authority.
    is_authority: bool,
}

/// A block of header fields (RFC 7541, section 6).
struct FieldBlock<'b> {
    bytes: &'b [u8],
    position: usize,
}

impl FieldBlock<'_> {
    /// Reads the next field.
    fn next_field(&mut self) -> Option<Field> {
        let first = *self.bytes.get(self.position)?;
        let prefix_bits = match first {
            0x80.. => 7,
            0x40..=0x7f => 6,
            0x20..=0x3f => 5,
            _ => 4,
        };
        let index = self.integer(prefix_bits)?;
        // An indexed field or an update of the table size has no literal.
        if matches!(first, 0x80.. | 0x20..=0x3f) {
            return Some(Field {
                value: 0..0,
                is_authority: false,
            });
        }
        let is_authority = if index == 0 {
            let name = self.string()?;
            decode_string(&self.bytes[name])? == b":authority"
        } else {
            index == AUTHORITY
        };
        let value = self.string()?;
        Some(Field {
            value,
            is_authority,
        })
    }

    /// Reads a string, and returns its position.
    fn string(&mut self) -> Option<Range<usize>> {
        let start = self.position;
        let length = self.integer(7)?;
        let end = self.position.checked_add(length)?;
        self.bytes.get(start..end)?;
        self.position = end;
        Some(start..end)
    }

    /// Reads an integer with a prefix of `bits` bits (RFC 7541, section 5.1).
    fn integer(&mut self, bits: u32) -> Option<usize> {
        let mask = (1_usize << bits) - 1;
        let mut value = usize::from(*self.bytes.get(self.position)?) & mask;
        self.position += 1;
        if value < mask {
            return Some(value);
        }
        for shift in [0, 7, 14, 21] {
            let byte = *self.bytes.get(self.position)?;
            self.position += 1;
            value += usize::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }
}

/// Decodes an encoded string (RFC 7541, section 5.2).
fn decode_string(encoded: &[u8]) -> Option<Vec<u8>> {
    // A field without indexing whose name is `:authority`.
    let field = [&[0x01], encoded].concat();
    let fields = Decoder::new().decode(&field).ok()?;
    fields.into_iter().next().map(|(_, value)| value)
}

/// Appends the encoding of a string, without a Huffman code.
fn encode_string(text: &[u8], output: &mut Vec<u8>) {
    let mut length = text.len();
    if length < 0x7f {
        output.extend(u8::try_from(length));
    } else {
        output.push(0x7f);
        length -= 0x7f;
        while length >= 0x80 {
            output.push(0x80 | u8::try_from(length & 0x7f).unwrap_or_default());
            length >>= 7;
        }
        output.extend(u8::try_from(length));
    }
    output.extend_from_slice(text);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, flags, 0, 0, 0, 1], payload].concat()
    }

    fn filter(bytes: &[u8], split: usize) -> Vec<u8> {
        let (mut filter, mut output) = (FrameFilter::new(), Vec::new());
        let split = split.min(bytes.len());
        filter.filter(&bytes[..split], &mut output);
        filter.filter(&bytes[split..], &mut output);
        output
    }

    /// Returns the fields of a HEADERS frame with this block, after the filter.
    fn fields(flags: u8, block: &[u8], split: usize) -> Vec<(Vec<u8>, Vec<u8>)> {
        let payload = match flags {
            PADDED => [&[3], block, &[0; 3]].concat(),
            PRIORITY => [&[0; 5], block].concat(),
            _ => block.to_vec(),
        };
        let sent = [vec![b'x'; PREFACE], frame(HEADERS, flags, &payload)].concat();
        let received = filter(&sent, split);
        let received = &received[PREFACE..];
        let header = received.first_chunk().unwrap();
        assert_eq!(payload_length(header), received.len() - FRAME_HEADER);
        let block = match flags {
            PADDED => &received[FRAME_HEADER + 1..received.len() - 3],
            PRIORITY => &received[FRAME_HEADER + 5..],
            _ => &received[FRAME_HEADER..],
        };
        Decoder::new().decode(block).unwrap()
    }

    #[test]
    fn authorities_become_valid_and_keep_their_length() {
        let literal = |first: &[u8], value: &[u8]| {
            let mut field = first.to_vec();
            encode_string(value, &mut field);
            field
        };
        let long = "%2F".repeat(100);
        for (authority, expected) in [
            ("%2Frun%2Fx.sock", "-2Frun-2Fx.sock"),
            ("/run/x.sock", "-run-x.sock"),
            ("localhost:50050", "localhost:50050"),
            (&long, &long.replace('%', "-")),
        ] {
            for flags in [0, PADDED, PRIORITY] {
                for name in [&[0x41][..], &[0x01], &[0x11], b"\x40\x0a:authority"] {
                    let field = literal(name, authority.as_bytes());
                    let block = [&[0x20, 0x83, 0x86][..], &field, &[0x84]].concat();
                    for split in 0..60 {
                        let fields = fields(flags, &block, split);
                        let expected = expected.as_bytes().to_vec();
                        assert_eq!(fields[2], (b":authority".to_vec(), expected));
                        assert_eq!(fields.len(), 4);
                    }
                }
            }
        }
    }

    #[test]
    fn a_value_with_a_huffman_code_is_decoded() {
        // "www.example.com", from RFC 7541, appendix C.4.1.
        let value = b"\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff";
        assert_eq!(decode_string(value).unwrap(), b"www.example.com");
    }

    proptest! {
        #[test]
        fn other_frames_pass_unchanged(
            frames in prop::collection::vec(
                (2_u8..10, any::<u8>(), prop::collection::vec(any::<u8>(), 0..50)), 0..10),
            split in 0..500_usize,
        ) {
            let mut sent = vec![b'x'; PREFACE];
            for (kind, flags, payload) in frames {
                sent.extend(frame(kind, flags, &payload));
            }
            prop_assert_eq!(filter(&sent, split), sent);
        }

        #[test]
        fn any_bytes_are_filtered_without_a_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            block in prop::collection::vec(any::<u8>(), 0..50),
            flags in any::<u8>(),
        ) {
            let sent = [vec![0; PREFACE], frame(HEADERS, flags, &block), bytes].concat();
            filter(&sent, 30);
        }
    }
}

//! HTTP/2 frames written by hand, for peers that break the rules.

use std::{
    io::{self, ErrorKind, Read as _, Write as _},
    iter,
    net::TcpStream,
};

use crate::harness::PATIENCE;

/// The connection preface of a client (RFC 9113, section 3.4), followed by empty SETTINGS.
pub(crate) const HELLO: &[u8] =
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";

/// The types and the flags of frames.
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const PRIORITY: u8 = 2;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const PUSH_PROMISE: u8 = 5;
pub(crate) const PING: u8 = 6;
pub(crate) const GOAWAY: u8 = 7;
pub(crate) const WINDOW_UPDATE: u8 = 8;
pub(crate) const CONTINUATION: u8 = 9;
pub(crate) const ACK: u8 = 1;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// Encodes a frame (RFC 9113, section 4.1).
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// Encodes a SETTINGS frame with one setting.
pub(crate) fn setting(id: u8, value: u32) -> Vec<u8> {
    let payload = [&[0, id], &value.to_be_bytes()[..]].concat();
    frame(SETTINGS, 0, 0, &payload)
}

/// Encodes a `WINDOW_UPDATE`, which allows the receiver to send `more` bytes.
pub(crate) fn window(stream: u32, more: u32) -> Vec<u8> {
    frame(WINDOW_UPDATE, 0, stream, &more.to_be_bytes())
}

/// Encodes the headers of a call, uncompressed (RFC 7541, section 6.2.2).
pub(crate) fn call_headers(path: &str) -> Vec<u8> {
    let all = [
        (":method", "POST"),
        (":scheme", "http"),
        (":path", path),
        (":authority", "localhost"),
        ("content-type", "application/grpc"),
        ("te", "trailers"),
    ];
    all.into_iter()
        .flat_map(|(name, value)| header(name, value))
        .collect()
}

/// Encodes one header, uncompressed.
pub(crate) fn header(name: &str, value: &str) -> Vec<u8> {
    [vec![0], text(name), text(value)].concat()
}

/// Encodes a text after its length (RFC 7541, sections 5.1 and 5.2).
pub(crate) fn text(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut more) = text.len().checked_sub(127) {
        bytes.push(127);
        while more >= 128 {
            bytes.push(u8::try_from(more % 128).unwrap() | 128);
            more /= 128;
        }
        bytes.push(u8::try_from(more).unwrap());
    } else {
        bytes.push(u8::try_from(text.len()).unwrap());
    }
    bytes.extend(text.as_bytes());
    bytes
}

/// Encodes a message after its gRPC prefix (gRPC over HTTP2, "Length-Prefixed-Message").
pub(crate) fn message(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[0], &length[..], payload].concat()
}

/// Connects a peer that sends nothing.
pub(crate) fn connected(address: &str) -> TcpStream {
    let peer = TcpStream::connect(address).unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    peer.set_write_timeout(Some(PATIENCE)).unwrap();
    peer
}

/// Connects a peer that has exchanged prefaces with the server.
pub(crate) fn greeted(address: &str) -> TcpStream {
    let mut peer = connected(address);
    peer.write_all(HELLO).unwrap();
    assert_eq!(next_frame(&mut peer).kind, SETTINGS);
    peer
}

/// Connects a peer whose window has grown to the server's limit.
pub(crate) fn welcomed(address: &str) -> TcpStream {
    let mut peer = greeted(address);
    next_of(&mut peer, WINDOW_UPDATE);
    peer.write_all(&frame(SETTINGS, ACK, 0, &[])).unwrap();
    peer
}

/// Sends the headers of a call without its message.
pub(crate) fn begin_call(peer: &mut TcpStream, stream: u32, path: &str) {
    let headers = frame(HEADERS, END_HEADERS, stream, &call_headers(path));
    peer.write_all(&headers).unwrap();
}

/// A received frame.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// Reads the next frame.
pub(crate) fn next_frame(peer: &mut TcpStream) -> Frame {
    read_frame(peer).unwrap()
}

/// Reads until the next frame of `kind`.
#[track_caller]
pub(crate) fn next_of(peer: &mut TcpStream, kind: u8) -> Frame {
    let mut frames = iter::from_fn(|| frame_or_end(peer));
    frames.find(|frame| frame.kind == kind).unwrap()
}

/// Reads until the server closes the connection; returns the code of its last GOAWAY.
pub(crate) fn farewell(peer: &mut TcpStream) -> Option<u32> {
    let frames = iter::from_fn(|| frame_or_end(peer));
    let last = frames.filter(|frame| frame.kind == GOAWAY).last();
    last.map(|frame| code(&frame.payload[4..]))
}

/// Decodes an error code (RFC 9113, section 7).
pub(crate) fn code(bytes: &[u8]) -> u32 {
    u32::from_be_bytes(bytes[..4].try_into().unwrap())
}

/// Reads the next frame; `None` at the end of the connection.
pub(crate) fn frame_or_end(peer: &mut TcpStream) -> Option<Frame> {
    match read_frame(peer) {
        Ok(frame) => Some(frame),
        Err(error) if is_end(&error) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Whether an error means that the server has closed the connection.
pub(crate) fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
    )
}

fn read_frame(peer: &mut TcpStream) -> io::Result<Frame> {
    let mut head = [0; 9];
    peer.read_exact(&mut head)?;
    let [a, b, c, kind, _, stream @ ..] = head;
    let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
    peer.read_exact(&mut payload)?;
    Ok(Frame {
        kind,
        stream: u32::from_be_bytes(stream),
        payload,
    })
}

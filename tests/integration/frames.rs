//! HTTP/2 written by hand, for peers that no library would make.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use crate::harness::PATIENCE;

/// What every client says first (RFC 9113, section 3.4), with empty SETTINGS behind it.
pub(crate) const HELLO: &[u8] =
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";

/// The types of frames, and their flags.
pub(crate) const DATA: u8 = 0;
pub(crate) const HEADERS: u8 = 1;
pub(crate) const RST_STREAM: u8 = 3;
pub(crate) const SETTINGS: u8 = 4;
pub(crate) const CONTINUATION: u8 = 9;
pub(crate) const END_STREAM: u8 = 1;
pub(crate) const END_HEADERS: u8 = 4;

/// A frame (RFC 9113, section 4.1).
pub(crate) fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let mut frame = length[1..].to_vec();
    frame.extend([kind, flags]);
    frame.extend(stream.to_be_bytes());
    frame.extend(payload);
    frame
}

/// The headers of a call, none of them compressed (RFC 7541, section 6.2.2).
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

/// One header with a name and a value of less than 127 bytes each.
pub(crate) fn header(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| {
        let length = u8::try_from(text.len()).unwrap();
        assert!(length < 127);
        [&[length], text.as_bytes()].concat()
    };
    [vec![0], text(name), text(value)].concat()
}

/// A connection to a server that has taken us for a client.
pub(crate) fn greeted(address: &str) -> TcpStream {
    let mut peer = TcpStream::connect(address).unwrap();
    peer.set_read_timeout(Some(PATIENCE)).unwrap();
    peer.set_write_timeout(Some(PATIENCE)).unwrap();
    peer.write_all(HELLO).unwrap();
    assert_eq!(next_frame(&mut peer).kind, SETTINGS);
    peer
}

/// Begins a call that lacks its message.
pub(crate) fn begin_call(peer: &mut TcpStream, stream: u32, path: &str) {
    let headers = frame(HEADERS, END_HEADERS, stream, &call_headers(path));
    peer.write_all(&headers).unwrap();
}

/// A frame that has come.
#[derive(Debug)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) flags: u8,
    pub(crate) stream: u32,
    pub(crate) payload: Vec<u8>,
}

/// The next frame that comes.
pub(crate) fn next_frame(peer: &mut TcpStream) -> Frame {
    let mut head = [0; 9];
    peer.read_exact(&mut head).unwrap();
    let [a, b, c, kind, flags, stream @ ..] = head;
    let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
    peer.read_exact(&mut payload).unwrap();
    Frame {
        kind,
        flags,
        stream: u32::from_be_bytes(stream),
        payload,
    }
}

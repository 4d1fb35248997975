//! The compression of answers: when they are compressed, and the body that compresses them.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Response};
use hyper::body::Frame;
use tonic::{Status, body::Body};

use crate::proto::{
    compression::{ACCEPTED, Deflater, Encoding, NamedEncoding, accepts},
    framing::{PREFIX_BYTES, Prefix},
    header::{ACCEPT_ENCODING, ENCODING},
};

/// The maximum length, in bytes, of a message that is not worth compressing.
const SHORT: usize = 1024;

/// The number of bytes that are compressed before other tasks run.
const TURN: usize = 32 * 1024;

/// The size, in bytes, of the pieces of compressed output.
const BLOCK: usize = 16 * 1024;

/// The answers that a server compresses. Messages of at most 1 KiB are never compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// No answers.
    Never,
    /// The answers to a call that names an encoding (`grpc-encoding`), in this encoding.
    #[default]
    Asked,
    /// The answers to all callers that can read gzip (`grpc-accept-encoding`).
    Gzip,
}

impl Compression {
    /// Returns the encoding of the answers to a call with these header fields.
    pub(super) fn choose(self, named: NamedEncoding, headers: &HeaderMap) -> Option<Encoding> {
        let accepted = |encoding| match headers.get(&ACCEPT_ENCODING) {
            Some(list) => accepts(list.as_bytes(), encoding),
            None => named == NamedEncoding::Known(encoding),
        };
        let asked = match (self, named) {
            (Self::Asked, NamedEncoding::Known(Encoding::Deflate)) => Encoding::Deflate,
            (Self::Asked, NamedEncoding::Known(_)) | (Self::Gzip, _) => Encoding::Gzip,
            (Self::Asked | Self::Never, _) => return None,
        };
        [asked, Encoding::Gzip]
            .into_iter()
            .find(|encoding| accepted(*encoding))
    }
}

/// Returns `response` with a body that compresses long messages, and the header fields for it.
pub(super) fn compress(mut response: Response<Body>, encoding: Encoding) -> Response<Body> {
    let headers = response.headers_mut();
    headers.insert(&ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED));
    if headers.contains_key(Status::GRPC_STATUS) {
        return response;
    }
    headers.insert(&ENCODING, HeaderValue::from_static(encoding.name()));
    response.map(|body| Body::new(CompressedBody::new(body, encoding)))
}

/// A body whose long messages are compressed.
struct CompressedBody {
    body: Body,
    encoding: Encoding,
    /// The messages that are not processed. They are complete, except after [`Self::is_raw`].
    input: Bytes,
    /// Whether the rest of the body passes unchanged, since a frame had a part of a message.
    is_raw: bool,
    message: Option<CompressedMessage>,
    output: VecDeque<Bytes>,
}

/// A message that is being compressed.
struct CompressedMessage {
    /// The uncompressed message with its prefix.
    message: Bytes,
    /// The number of bytes of the message, with its prefix, that are compressed.
    read: usize,
    deflater: Deflater,
    compressed: Vec<u8>,
}

impl CompressedBody {
    fn new(body: Body, encoding: Encoding) -> Self {
        Self {
            body,
            encoding,
            input: Bytes::new(),
            is_raw: false,
            message: None,
            output: VecDeque::new(),
        }
    }

    /// Processes the input until output is ready or a turn is over. Returns whether it is over.
    fn process(&mut self) -> bool {
        if let Some(message) = &mut self.message {
            match message.compress() {
                Ok(false) => return true,
                Ok(true) if message.is_shorter() => {
                    let compressed = std::mem::take(&mut message.compressed);
                    self.output
                        .push_back(Prefix::encode_compressed(compressed.len()));
                    self.output.push_back(compressed.into());
                }
                Ok(true) | Err(_) => self.output.push_back(message.message.clone()),
            }
            self.message = None;
            return false;
        }
        let mut passing = 0;
        while let Some(prefix) = self.input[passing..].first_chunk().filter(|_| !self.is_raw) {
            let end = Prefix::decode(*prefix).length.saturating_add(PREFIX_BYTES);
            let is_long = end > SHORT + PREFIX_BYTES;
            if is_long && passing > 0 {
                break;
            }
            if end > self.input.len() - passing {
                self.is_raw = true;
                break;
            }
            if is_long {
                self.message = Some(CompressedMessage {
                    message: self.input.split_to(end),
                    read: PREFIX_BYTES,
                    deflater: Deflater::new(self.encoding),
                    compressed: Vec::new(),
                });
                return false;
            }
            passing += end;
        }
        if self.is_raw || passing == 0 {
            (self.is_raw, passing) = (true, self.input.len());
        }
        self.output.push_back(self.input.split_to(passing));
        false
    }
}

impl CompressedMessage {
    /// Compresses the next part of the message. Returns whether the message is complete.
    fn compress(&mut self) -> io::Result<bool> {
        let end = self.message.len().min(self.read + TURN);
        let mut block = [0; BLOCK];
        while self.read < end {
            let step = self
                .deflater
                .deflate(&self.message[self.read..end], &mut block)?;
            self.read += step.read;
            self.compressed.extend_from_slice(&block[..step.written]);
            if !self.is_shorter() {
                return Ok(true);
            }
        }
        if self.read < self.message.len() {
            return Ok(false);
        }
        loop {
            let (written, has_ended) = self.deflater.finish(&mut block)?;
            self.compressed.extend_from_slice(&block[..written]);
            if has_ended || !self.is_shorter() {
                return Ok(true);
            }
        }
    }

    fn is_shorter(&self) -> bool {
        self.compressed.len() + PREFIX_BYTES < self.message.len()
    }
}

impl hyper::body::Body for CompressedBody {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let this = &mut *self;
        loop {
            if let Some(data) = this.output.pop_front() {
                return Poll::Ready(Some(Ok(Frame::data(data))));
            }
            if this.message.is_some() || !this.input.is_empty() {
                if this.process() {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                continue;
            }
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => this.input = data,
                    Err(frame) => return Poll::Ready(Some(Ok(frame))),
                },
                end => return Poll::Ready(end),
            }
        }
    }
}

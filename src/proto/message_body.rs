//! A body that checks the frames of its messages, and inflates compressed messages.

use std::{
    collections::VecDeque,
    mem,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::{Buf as _, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame};
use tonic::Status;

use super::{
    compression::{Inflater, NamedEncoding},
    framing::{PREFIX_BYTES, Prefix},
};

/// The size, in bytes, of the pieces in which messages are inflated.
const BLOCK: usize = 16 * 1024;

/// The number of inflated bytes after which other tasks run.
const TURN: usize = 64 * 1024;

/// The rules of a receiver for the messages of a call.
pub trait MessageRules {
    /// Returns the maximum length of a message, in bytes, both compressed and inflated.
    fn limit(&self) -> usize;

    /// Accounts for `bytes` bytes that the receiver holds for the current message.
    fn hold(&mut self, bytes: usize) -> Result<(), Status>;

    /// Returns the status of a message that is longer than the limit.
    fn too_large(&self) -> Status;

    /// Returns the status of a compressed message whose encoding is not known.
    fn unknown_encoding(&self) -> Status;

    /// Returns the status of a second message in a call that has one message.
    fn second_message(&self) -> Status;

    /// Checks the end of a body. If `is_missing` is true, the call must have a message, but has none.
    fn check_end(&mut self, is_missing: bool, trailers: Option<&HeaderMap>) -> Result<(), Status>;
}

/// A body of messages, in which all messages are uncompressed.
///
/// A frame of uncompressed messages passes unchanged. A compressed message is inflated while it
/// arrives, so that neither its compressed bytes nor more than the limit of its inflated bytes are
/// in memory.
pub struct MessageBody<B, R> {
    body: B,
    rules: R,
    encoding: NamedEncoding,
    /// Whether the body has exactly one message.
    is_single: bool,
    /// The number of messages that have begun.
    messages: usize,
    /// The received bytes of a prefix that is not complete.
    prefix: Vec<u8>,
    /// The number of received bytes of the current message, without its prefix.
    received: usize,
    /// The number of bytes of the current message that are still to be received.
    remaining: usize,
    inflating: Option<Box<Inflating>>,
    /// The received bytes that are not processed.
    input: Bytes,
    /// The bytes that can be returned.
    output: VecDeque<Bytes>,
    end: End,
}

/// The end of a body.
enum End {
    /// The body has not ended.
    Open,
    /// The body has ended, with these trailers. The output comes first.
    Received(Option<HeaderMap>),
    /// The end was returned.
    Returned,
}

/// A compressed message that is being inflated.
struct Inflating {
    inflater: Inflater,
    block: [u8; BLOCK],
    blocks: Vec<Bytes>,
    /// The number of inflated bytes.
    length: usize,
    /// The number of bytes that the inflater needs beside its output.
    window: usize,
}

impl<B, R: MessageRules> MessageBody<B, R> {
    /// Creates a body of the messages in `body`.
    ///
    /// `encoding` is the encoding of compressed messages. If `is_single` is true, the body has
    /// exactly one message.
    pub fn new(body: B, encoding: NamedEncoding, is_single: bool, rules: R) -> Self {
        Self {
            body,
            rules,
            encoding,
            is_single,
            messages: 0,
            prefix: Vec::new(),
            received: 0,
            remaining: 0,
            inflating: None,
            input: Bytes::new(),
            output: VecDeque::new(),
            end: End::Open,
        }
    }

    /// Returns the rules of the receiver.
    pub fn rules(&self) -> &R {
        &self.rules
    }
}

impl<B, R: MessageRules> MessageBody<B, R> {
    /// Reads `data` up to the first byte that does not pass unchanged: the start of a compressed
    /// message, or of a prefix that is not complete. Returns the position of this byte.
    fn scan(&mut self, data: &[u8]) -> Result<usize, Status> {
        let mut at = 0;
        loop {
            let part = self.remaining.min(data.len() - at);
            at += part;
            self.receive(part)?;
            if self.remaining > 0 {
                return Ok(at);
            }
            let Some(prefix) = data[at..].first_chunk() else {
                return Ok(at);
            };
            if prefix[0] != 0 {
                return Ok(at);
            }
            self.begin(*prefix)?;
            at += PREFIX_BYTES;
        }
    }

    fn receive(&mut self, bytes: usize) -> Result<(), Status> {
        self.remaining -= bytes;
        self.received += bytes;
        self.rules.hold(self.received)
    }

    /// Begins the message of a prefix.
    fn begin(&mut self, prefix: [u8; PREFIX_BYTES]) -> Result<(), Status> {
        let Prefix {
            is_compressed,
            length,
        } = Prefix::decode(prefix);
        self.messages += 1;
        if self.is_single && self.messages > 1 {
            return Err(self.rules.second_message());
        }
        if prefix[0] > 1 {
            let flag = prefix[0];
            return Err(Status::internal(format!(
                "the compressed flag of a message is {flag}, but must be 0 or 1"
            )));
        }
        if length > self.rules.limit() {
            return Err(self.rules.too_large());
        }
        (self.received, self.remaining) = (0, length);
        if !is_compressed {
            return Ok(());
        }
        let encoding = match self.encoding {
            NamedEncoding::Known(encoding) => encoding,
            NamedEncoding::Unknown => return Err(self.rules.unknown_encoding()),
            NamedEncoding::Identity => {
                return Err(Status::internal(
                    "a message has the compressed flag, but grpc-encoding names no compression",
                ));
            }
        };
        if length == 0 {
            // Some implementations set the flag of an empty message without compressing it.
            self.output
                .push_back(Bytes::from_static(&[0; PREFIX_BYTES]));
            return Ok(());
        }
        self.rules.hold(encoding.window())?;
        self.inflating = Some(Box::new(Inflating {
            inflater: Inflater::new(encoding),
            block: [0; BLOCK],
            blocks: Vec::new(),
            length: 0,
            window: encoding.window(),
        }));
        Ok(())
    }

    /// Processes the input until output is ready, the input is processed or a turn is over.
    ///
    /// Returns whether the turn is over.
    fn process(&mut self) -> Result<bool, Status> {
        let mut turn = TURN;
        while self.output.is_empty() {
            if let Some(mut inflating) = self.inflating.take() {
                let has_ended = self.inflate(&mut inflating)?;
                if has_ended {
                    self.received = 0;
                    self.output.push_back(Prefix::encode(inflating.length));
                    self.output.extend(inflating.blocks);
                    return Ok(false);
                }
                let is_starved = self.input.is_empty() && self.remaining > 0;
                self.inflating = Some(inflating);
                turn = turn.saturating_sub(BLOCK);
                if is_starved || turn == 0 {
                    return Ok(!is_starved);
                }
                continue;
            }
            if self.input.is_empty() {
                return Ok(false);
            }
            self.pass()?;
        }
        Ok(false)
    }

    /// Moves the input to the output, up to the first byte that does not pass unchanged. Reads
    /// a prefix at this byte.
    fn pass(&mut self) -> Result<(), Status> {
        if self.prefix.is_empty() {
            let input = self.input.clone();
            let passing = self.scan(&input)?;
            if passing > 0 {
                self.output.push_back(self.input.split_to(passing));
            }
            if self.remaining > 0 {
                return Ok(());
            }
        }
        let missing = (PREFIX_BYTES - self.prefix.len()).min(self.input.len());
        self.prefix.extend_from_slice(&self.input.split_to(missing));
        if let Some(prefix) = self.prefix.first_chunk().copied() {
            self.prefix.clear();
            self.begin(prefix)?;
            if prefix[0] == 0 {
                self.output.push_back(Bytes::copy_from_slice(&prefix));
            }
        }
        Ok(())
    }

    /// Inflates one block. Returns whether the message is complete.
    fn inflate(&mut self, inflating: &mut Inflating) -> Result<bool, Status> {
        let limit = self.rules.limit();
        // One byte more than the limit shows that the message is longer.
        let room = (limit - inflating.length).saturating_add(1).min(BLOCK);
        let block = &mut inflating.block[..room];
        let invalid =
            |error| Status::internal(format!("a compressed message cannot be read: {error}"));
        let written = if self.remaining > 0 {
            let input = &self.input[..self.remaining.min(self.input.len())];
            let step = inflating.inflater.inflate(input, block).map_err(invalid)?;
            self.input.advance(step.read);
            self.remaining -= step.read;
            step.written
        } else {
            let written = inflating.inflater.finish(block).map_err(invalid)?;
            if written == 0 {
                return Ok(true);
            }
            written
        };
        inflating.length += written;
        if inflating.length > limit {
            return Err(self.rules.too_large());
        }
        if written > 0 {
            let block = Bytes::copy_from_slice(&inflating.block[..written]);
            inflating.blocks.push(block);
            self.rules.hold(inflating.length + inflating.window)?;
        }
        Ok(false)
    }

    /// Checks that the body may end here.
    fn check_end(&mut self, trailers: Option<&HeaderMap>) -> Result<(), Status> {
        let fails = |trailers: &HeaderMap| {
            let status = trailers.get(Status::GRPC_STATUS);
            status.is_some_and(|status| status != "0")
        };
        // A call may fail in the middle of a message.
        if trailers.is_some_and(fails) {
            return Ok(());
        }
        if self.remaining > 0 || self.inflating.is_some() || !self.prefix.is_empty() {
            return Err(Status::internal("the body ends in the middle of a message"));
        }
        let is_missing = self.is_single && self.messages == 0;
        self.rules.check_end(is_missing, trailers)
    }
}

impl<B, R> Body for MessageBody<B, R>
where
    B: Body<Data = Bytes, Error = Status> + Unpin,
    R: MessageRules + Unpin,
{
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
            if !this.input.is_empty() || this.inflating.is_some() && this.remaining == 0 {
                if this.process()? {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                if !this.output.is_empty() {
                    continue;
                }
            }
            match mem::replace(&mut this.end, End::Open) {
                End::Open => {}
                End::Received(trailers) => {
                    this.end = End::Returned;
                    this.check_end(trailers.as_ref())?;
                    return Poll::Ready(trailers.map(|trailers| Ok(Frame::trailers(trailers))));
                }
                End::Returned => {
                    this.end = End::Returned;
                    return Poll::Ready(None);
                }
            }
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if this.inflating.is_none() && this.prefix.is_empty() => {
                        // Most frames have only uncompressed messages.
                        let passing = this.scan(&data)?;
                        if passing == data.len() {
                            return Poll::Ready(Some(Ok(Frame::data(data))));
                        }
                        this.input = data;
                        if passing > 0 {
                            this.output.push_back(this.input.split_to(passing));
                        }
                    }
                    Ok(data) => this.input = data,
                    Err(frame) => this.end = End::Received(frame.into_trailers().ok()),
                },
                Some(Err(status)) => {
                    this.end = End::Returned;
                    return Poll::Ready(Some(Err(status)));
                }
                None => this.end = End::Received(None),
            }
        }
    }
}

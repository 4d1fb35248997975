//! A body that checks the frames of its messages, and inflates compressed messages.

use std::{
    collections::VecDeque,
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

    /// Checks the end of a body that does not report a failure.
    ///
    /// If `is_missing` is true, the call must have a message, but has none. If `has_status` is true,
    /// the trailers have the status OK.
    fn check_end(&mut self, is_missing: bool, has_status: bool) -> Result<(), Status>;
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
    /// The number of received bytes of the current message, without its prefix.
    received: usize,
    /// The number of bytes of the current message that are still to be received.
    remaining: usize,
    /// What does not pass unchanged. None until the first frame that does not.
    held: Option<Box<Held>>,
    has_ended: bool,
}

/// The parts of a body that do not pass unchanged.
#[derive(Default)]
struct Held {
    /// The received bytes of a prefix that is not complete.
    prefix: Vec<u8>,
    inflating: Option<Box<Inflating>>,
    /// The received bytes that are not processed.
    input: Bytes,
    /// The bytes that can be returned.
    output: VecDeque<Bytes>,
}

impl Held {
    /// Whether the body is in the middle of a prefix or of a compressed message.
    fn is_within(&self) -> bool {
        self.inflating.is_some() || !self.prefix.is_empty()
    }
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
            received: 0,
            remaining: 0,
            held: None,
            has_ended: false,
        }
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

    /// Begins the message of a prefix. Returns whether the message is compressed.
    fn begin(&mut self, prefix: [u8; PREFIX_BYTES]) -> Result<bool, Status> {
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
        Ok(is_compressed)
    }

    /// Begins to inflate the current message.
    fn begin_inflating(&mut self, held: &mut Held) -> Result<(), Status> {
        let encoding = match self.encoding {
            NamedEncoding::Known(encoding) => encoding,
            NamedEncoding::Unknown => return Err(self.rules.unknown_encoding()),
            NamedEncoding::Identity => {
                return Err(Status::internal(
                    "a message has the compressed flag, but grpc-encoding names no compression",
                ));
            }
        };
        if self.remaining == 0 {
            // Some implementations set the flag of an empty message without compressing it.
            held.output
                .push_back(Bytes::from_static(&[0; PREFIX_BYTES]));
            return Ok(());
        }
        self.rules.hold(encoding.window())?;
        held.inflating = Some(Box::new(Inflating {
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
    fn process(&mut self, held: &mut Held) -> Result<bool, Status> {
        let mut turn = TURN;
        while held.output.is_empty() {
            if let Some(mut inflating) = held.inflating.take() {
                let has_ended = self.inflate(&mut held.input, &mut inflating)?;
                if has_ended {
                    self.received = 0;
                    held.output.push_back(Prefix::encode(inflating.length));
                    held.output.extend(inflating.blocks);
                    return Ok(false);
                }
                let is_starved = held.input.is_empty() && self.remaining > 0;
                held.inflating = Some(inflating);
                turn = turn.saturating_sub(BLOCK);
                if is_starved || turn == 0 {
                    return Ok(!is_starved);
                }
                continue;
            }
            if held.input.is_empty() {
                return Ok(false);
            }
            self.pass(held)?;
        }
        Ok(false)
    }

    /// Moves the input to the output, up to the first byte that does not pass unchanged. Reads
    /// a prefix at this byte.
    fn pass(&mut self, held: &mut Held) -> Result<(), Status> {
        if held.prefix.is_empty() {
            let input = held.input.clone();
            let passing = self.scan(&input)?;
            if passing > 0 {
                held.output.push_back(held.input.split_to(passing));
            }
            if self.remaining > 0 {
                return Ok(());
            }
        }
        let missing = (PREFIX_BYTES - held.prefix.len()).min(held.input.len());
        held.prefix.extend_from_slice(&held.input.split_to(missing));
        if let Some(prefix) = held.prefix.first_chunk().copied() {
            held.prefix.clear();
            if self.begin(prefix)? {
                self.begin_inflating(held)?;
            } else {
                held.output.push_back(Bytes::copy_from_slice(&prefix));
            }
        }
        Ok(())
    }

    /// Inflates one block. Returns whether the message is complete.
    fn inflate(&mut self, input: &mut Bytes, inflating: &mut Inflating) -> Result<bool, Status> {
        let limit = self.rules.limit();
        // One byte more than the limit shows that the message is longer.
        let room = (limit - inflating.length).saturating_add(1).min(BLOCK);
        let block = &mut inflating.block[..room];
        let invalid =
            |error| Status::internal(format!("a compressed message cannot be read: {error}"));
        let written = if self.remaining > 0 {
            let part = &input[..self.remaining.min(input.len())];
            let step = inflating.inflater.inflate(part, block).map_err(invalid)?;
            input.advance(step.read);
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

    /// Returns the next bytes of what was held. Returns `Ready(None)` if more has to be received.
    fn poll_held(
        &mut self,
        held: &mut Held,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Status>>> {
        let has_input = !held.input.is_empty() || held.inflating.is_some() && self.remaining == 0;
        if held.output.is_empty() && has_input && self.process(held)? {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(held.output.pop_front().map(Ok))
    }

    /// Receives a frame of data. Returns it if all of it passes unchanged, and holds it otherwise.
    fn receive_data(&mut self, data: Bytes) -> Result<Option<Bytes>, Status> {
        if let Some(held) = self.held.as_mut().filter(|held| held.is_within()) {
            held.input = data;
            return Ok(None);
        }
        // Most frames have only uncompressed messages.
        let passing = self.scan(&data)?;
        if passing == data.len() {
            return Ok(Some(data));
        }
        let held = self.held.get_or_insert_default();
        held.input = data;
        if passing > 0 {
            held.output.push_back(held.input.split_to(passing));
        }
        Ok(None)
    }

    /// Checks that the body may end here.
    fn check_end(&mut self, trailers: Option<&HeaderMap>) -> Result<(), Status> {
        let status = trailers.and_then(|trailers| trailers.get(Status::GRPC_STATUS));
        // A call may fail in the middle of a message.
        if status.is_some_and(|status| status != "0") {
            return Ok(());
        }
        let is_within = self.held.as_ref().is_some_and(|held| held.is_within());
        if self.remaining > 0 || is_within {
            return Err(Status::internal("the body ends in the middle of a message"));
        }
        let is_missing = self.is_single && self.messages == 0;
        self.rules.check_end(is_missing, status.is_some())
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
            if let Some(mut held) = this.held.take() {
                let polled = this.poll_held(&mut held, cx);
                this.held = Some(held);
                if let Some(data) = ready!(polled) {
                    return Poll::Ready(Some(data.map(Frame::data)));
                }
            }
            if this.has_ended {
                return Poll::Ready(None);
            }
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => {
                        if let Some(data) = this.receive_data(data)? {
                            return Poll::Ready(Some(Ok(Frame::data(data))));
                        }
                    }
                    Err(frame) => {
                        this.has_ended = true;
                        this.check_end(frame.trailers_ref())?;
                        return Poll::Ready(Some(Ok(frame)));
                    }
                },
                Some(Err(status)) => {
                    this.has_ended = true;
                    return Poll::Ready(Some(Err(status)));
                }
                None => {
                    this.has_ended = true;
                    this.check_end(None)?;
                }
            }
        }
    }
}

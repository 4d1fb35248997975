//! What travels on the connections of a client, for whoever wants to see a call.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::http2::{Field, Frame, ProtocolError, Reader};

/// Bytes that travelled and have not been looked at. To read them as they come would take
/// longer than some calls do.
const UNREAD: usize = 64 * 1024;

/// Bytes of a message that are kept.
const KEPT: usize = 4096;

/// Streams of a connection that are followed. More than servers usually allow at once.
const STREAMS: usize = 1024;

/// Calls that are kept of one line.
const EXCHANGES: usize = 256;

/// A recording of what a client sends and receives. Copies are the same recording.
///
/// The connection is read from its beginning, since header fields are compressed with what
/// came before them; of calls outside of the recording nothing else is kept.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Wires>>);

/// The connections that there are.
#[derive(Default)]
struct Wires {
    all: Vec<Wire>,
    recording: bool,
}

/// A connection, as both of its ends see it.
#[derive(Clone)]
pub(in crate::client) struct Wire(Arc<Mutex<Connection>>);

/// Which way something travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(in crate::client) enum Direction {
    /// From us to the server.
    Sent,
    /// From the server to us.
    Received,
}

struct Connection {
    server: String,
    unread: VecDeque<(Direction, Instant, Vec<u8>)>,
    unread_bytes: usize,
    sent: Reader,
    received: Reader,
    streams: BTreeMap<u32, Exchange>,
    /// Those that have ended while they were recorded.
    ended: Vec<Exchange>,
    recording: bool,
    /// Whether what was sent, and what was received, can be read no further.
    lost: [bool; 2],
}

/// One call as it travelled.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// What the server is called.
    pub server: String,
    /// The stream's number on its connection.
    pub stream: u32,
    /// The header fields of the request.
    pub request: Vec<Field>,
    /// What was sent in DATA frames while this was recorded.
    pub sent: Payload,
    /// The header fields of the response; none where there are none yet.
    pub response: Option<Vec<Field>>,
    /// What was received in DATA frames while this was recorded.
    pub received: Payload,
    /// The fields at the end; none where the stream has not ended so.
    pub trailers: Option<Vec<Field>>,
    /// Whether the response was nothing but fields at the end.
    pub trailers_only: bool,
    /// How the stream ended.
    pub end: CallEnd,
    /// Whether the stream was opened before this was recorded, and how long.
    pub age: Option<Duration>,
    /// From the first bytes that were sent to the last ones that were received.
    pub duration: Option<Duration>,
    /// From the first bytes that were sent to the first ones that were received.
    pub first: Option<Duration>,
    /// When it was opened.
    pub opened: Option<Instant>,
    /// When something was first sent while this was recorded.
    pub began: Option<Instant>,
}

/// How a stream ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallEnd {
    /// It is open, as far as is known.
    #[default]
    Open,
    /// The server ended it, with trailers or without.
    Ended,
    /// It was reset: by whom, and with what code.
    Reset(Sender, u32),
    /// What came back was no HTTP/2.
    ProtocolError,
    /// The connection is gone.
    Cut,
}

/// One of the ends of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// This program.
    Client,
    /// The server.
    Server,
}

/// The bytes of DATA frames, one after the other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Payload {
    /// The first of them, up to a bound.
    pub bytes: Vec<u8>,
    /// How many there were.
    pub length: usize,
    /// In how many frames.
    pub frames: usize,
}

impl Payload {
    fn push(&mut self, bytes: &[u8]) {
        let room = KEPT.saturating_sub(self.bytes.len());
        self.bytes
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
        self.length += bytes.len();
        self.frames += usize::from(!bytes.is_empty());
    }
}

impl Exchange {
    /// The value of the request's field `name`.
    #[must_use]
    pub fn requested(&self, name: &str) -> Option<&str> {
        find(&self.request, name)
    }

    /// Whether the response says that it is gRPC.
    #[must_use]
    pub fn is_grpc(&self) -> bool {
        let fields = self.response.as_ref().or(self.trailers.as_ref());
        let kind = fields.and_then(|fields| find(fields, "content-type"));
        kind.is_some_and(|kind| kind.starts_with("application/grpc"))
    }

    /// The value of the field `name` at the end.
    #[must_use]
    pub fn trailer(&self, name: &str) -> Option<&str> {
        find(self.trailers.as_ref()?, name)
    }
}

fn find<'f>(fields: &'f [Field], name: &str) -> Option<&'f str> {
    let field = fields.iter().find(|(known, _)| known == name);
    field.map(|(_, value)| value.as_str())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recorder {
    /// Begins to record; what was recorded before is forgotten.
    pub fn start(&self) {
        let mut wires = lock(&self.0);
        wires.recording = true;
        for wire in &wires.all {
            let mut connection = lock(&wire.0);
            connection.read_all();
            connection.restart();
        }
    }

    /// The calls for which something was sent since the recording began, in the order in
    /// which they were begun on each connection.
    #[must_use]
    pub fn stop(&self) -> Vec<Exchange> {
        let mut exchanges = Vec::new();
        let mut wires = lock(&self.0);
        wires.recording = false;
        for wire in &wires.all {
            let mut connection = lock(&wire.0);
            connection.read_all();
            connection.recording = false;
            exchanges.append(&mut connection.ended);
            let is_gone = Arc::strong_count(&wire.0) == 1;
            let open = connection.streams.values().cloned();
            let open = open.filter(|exchange| exchange.began.is_some());
            exchanges.extend(open.map(|mut exchange| {
                if is_gone && exchange.end == CallEnd::Open {
                    exchange.end = CallEnd::Cut;
                }
                exchange
            }));
        }
        // Those that nobody uses any more.
        wires.all.retain(|wire| Arc::strong_count(&wire.0) > 1);
        exchanges.sort_by_key(|exchange| exchange.began);
        exchanges
    }

    /// A new connection.
    pub(in crate::client) fn wire(&self, server: String) -> Wire {
        let mut wires = lock(&self.0);
        // Where it is dialed again and again, the old ones are gone.
        let recording = wires.recording;
        let is_needed = |wire: &Wire| recording || Arc::strong_count(&wire.0) > 1;
        wires.all.retain(is_needed);
        let wire = Wire(Arc::new(Mutex::new(Connection::new(server, recording))));
        wires.all.push(wire.clone());
        wire
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder")
    }
}

impl Wire {
    /// These bytes travelled then.
    pub(in crate::client) fn carry(&self, direction: Direction, bytes: &[u8], when: Instant) {
        if bytes.is_empty() {
            return;
        }
        let mut connection = lock(&self.0);
        if connection.lost[direction as usize] {
            return;
        }
        connection
            .unread
            .push_back((direction, when, bytes.to_vec()));
        connection.unread_bytes += bytes.len();
        if connection.unread_bytes > UNREAD {
            connection.read_all();
        }
    }
}

impl Connection {
    fn new(server: String, recording: bool) -> Self {
        Self {
            server,
            unread: VecDeque::new(),
            unread_bytes: 0,
            sent: Reader::of_client(),
            received: Reader::of_server(),
            streams: BTreeMap::new(),
            ended: Vec::new(),
            recording,
            lost: [false; 2],
        }
    }

    fn restart(&mut self) {
        self.recording = true;
        self.ended.clear();
        let now = Instant::now();
        for exchange in self.streams.values_mut() {
            exchange.age = exchange.opened.map(|opened| now - opened);
            (exchange.sent, exchange.received) = (Payload::default(), Payload::default());
            (exchange.began, exchange.duration, exchange.first) = (None, None, None);
        }
    }

    /// Looks at all that has travelled.
    fn read_all(&mut self) {
        self.unread_bytes = 0;
        for (direction, when, bytes) in mem::take(&mut self.unread) {
            if self.lost[direction as usize] {
                continue;
            }
            let mut frames = mem::take(&mut self.streams);
            let mut book = Book {
                server: &self.server,
                streams: &mut frames,
                ended: &mut self.ended,
                recording: self.recording,
                when,
            };
            let read = match direction {
                Direction::Sent => self.sent.read(&bytes, |frame| book.sent(frame)),
                Direction::Received => self.received.read(&bytes, |frame| book.received(frame)),
            };
            self.streams = frames;
            if read == Err(ProtocolError) {
                self.lost[direction as usize] = true;
                for exchange in self.streams.values_mut() {
                    exchange.end = CallEnd::ProtocolError;
                }
            }
        }
    }
}

/// Where frames are noted that travelled at the same time.
struct Book<'b> {
    server: &'b str,
    streams: &'b mut BTreeMap<u32, Exchange>,
    ended: &'b mut Vec<Exchange>,
    recording: bool,
    when: Instant,
}

impl Book<'_> {
    fn sent(&mut self, frame: Frame<'_>) {
        match frame {
            Frame::Headers { stream, fields, .. } => {
                if self.streams.len() >= STREAMS {
                    self.streams.pop_first();
                }
                let exchange = Exchange {
                    server: self.server.to_owned(),
                    stream,
                    request: fields,
                    opened: Some(self.when),
                    began: self.recording.then_some(self.when),
                    ..Exchange::default()
                };
                self.streams.insert(stream, exchange);
            }
            Frame::Data { stream, bytes, .. } => {
                if let Some(exchange) = self.streams.get_mut(&stream).filter(|_| self.recording) {
                    // The empty frame that ends a request begins nothing.
                    if !bytes.is_empty() {
                        exchange.began.get_or_insert(self.when);
                    }
                    exchange.sent.push(bytes);
                }
            }
            Frame::Reset { stream, code } => self.reset(stream, Sender::Client, code),
        }
    }

    fn received(&mut self, frame: Frame<'_>) {
        let stream = match &frame {
            Frame::Headers { stream, .. }
            | Frame::Data { stream, .. }
            | Frame::Reset { stream, .. } => *stream,
        };
        let Some(exchange) = self.streams.get_mut(&stream) else {
            return;
        };
        if let Some(began) = exchange.began {
            let passed = self.when - began;
            exchange.first.get_or_insert(passed);
            exchange.duration = Some(passed);
        }
        let ends = match frame {
            Frame::Headers { fields, end, .. } => {
                if end {
                    exchange.trailers_only = exchange.response.is_none();
                    exchange.trailers = Some(fields);
                } else {
                    exchange.response = Some(fields);
                }
                end
            }
            Frame::Data { bytes, end, .. } => {
                if self.recording {
                    exchange.received.push(bytes);
                }
                end
            }
            Frame::Reset { code, .. } => return self.reset(stream, Sender::Server, code),
        };
        if ends {
            exchange.end = CallEnd::Ended;
            self.end(stream);
        }
    }

    fn reset(&mut self, stream: u32, who: Sender, code: u32) {
        if let Some(exchange) = self.streams.get_mut(&stream) {
            exchange.end = CallEnd::Reset(who, code);
            self.end(stream);
        }
    }

    fn end(&mut self, stream: u32) {
        if let Some(exchange) = self.streams.remove(&stream)
            && self.recording
            && exchange.began.is_some()
            && self.ended.len() < EXCHANGES
        {
            self.ended.push(exchange);
        }
    }
}

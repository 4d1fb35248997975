//! Records the calls on a client's connections.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt, mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use super::{
    exchange::{CallEnd, Destination, Exchange, Payload, Role},
    http2::{Frame, FrameReader, ProtocolError},
};

/// If a connection has more unparsed bytes than this number, all of them are parsed.
///
/// Bytes are not parsed when they arrive, because parsing may take longer than a short call.
const UNPARSED_BYTES: usize = 64 * 1024;

/// The maximum number of open streams of one connection that are recorded at the same time.
/// Servers usually allow fewer open streams.
const STREAMS: usize = 1024;

/// A recording keeps at most this number of calls of each connection.
const EXCHANGES: usize = 256;

/// A recording of what a client sends and receives. Clones share one recording.
///
/// Each connection is read from its beginning, because HPACK encodes header fields as references to
/// earlier header fields. Outside a recording, only the header fields of open calls are kept.
#[derive(Clone, Default)]
pub struct Recorder(Arc<Mutex<Connections>>);

#[derive(Default)]
struct Connections {
    all: Vec<ConnectionRecorder>,
    is_recording: bool,
}

/// The recording of one connection. Clones share one recording.
#[derive(Clone)]
pub(in crate::client) struct ConnectionRecorder(Arc<Mutex<ConnectionState>>);

/// The direction in which bytes travelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(in crate::client) enum Direction {
    /// From this program to the server.
    Sent,
    /// From the server to this program.
    Received,
}

struct ConnectionState {
    unparsed: VecDeque<(Direction, Instant, Vec<u8>)>,
    unparsed_bytes: usize,
    sent: FrameReader,
    received: FrameReader,
    streams: Streams,
    /// Whether bytes can no longer be parsed. The first element is for the bytes sent, the second
    /// element is for the bytes received.
    is_unreadable: [bool; 2],
}

/// The calls of one connection.
struct Streams {
    destination: Destination,
    open: BTreeMap<u32, Exchange>,
    /// Calls that ended during the recording.
    ended: Vec<Exchange>,
    is_recording: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Recorder {
    /// Starts a recording and discards the previous one.
    pub fn start(&self) {
        let mut connections = lock(&self.0);
        connections.is_recording = true;
        for connection in &connections.all {
            let mut state = lock(&connection.0);
            state.parse();
            state.streams.restart();
        }
    }

    /// Stops the recording and returns the calls in which the client sent bytes.
    ///
    /// The calls are sorted by the time at which their first byte was sent.
    #[must_use]
    pub fn stop(&self) -> Vec<Exchange> {
        let mut exchanges = Vec::new();
        let mut connections = lock(&self.0);
        connections.is_recording = false;
        for connection in &connections.all {
            let mut state = lock(&connection.0);
            state.parse();
            state.streams.is_recording = false;
            exchanges.append(&mut state.streams.ended);
            let is_closed = !connection.is_used();
            let open = state.streams.open.values().cloned();
            let open = open.filter(|exchange| exchange.started.is_some());
            exchanges.extend(open.map(|mut exchange| {
                if is_closed && exchange.end == CallEnd::Open {
                    exchange.end = CallEnd::Cut;
                }
                exchange
            }));
        }
        connections.all.retain(ConnectionRecorder::is_used);
        exchanges.sort_by_key(|exchange| exchange.started);
        exchanges
    }

    /// Adds a connection that was just made, and returns its recorder.
    pub(in crate::client) fn connection(&self, destination: Destination) -> ConnectionRecorder {
        let mut connections = lock(&self.0);
        let is_recording = connections.is_recording;
        // The recorders of closed connections are removed, because a client may reconnect often.
        connections
            .all
            .retain(|connection| is_recording || connection.is_used());
        let state = ConnectionState::new(destination, is_recording);
        let connection = ConnectionRecorder(Arc::new(Mutex::new(state)));
        connections.all.push(connection.clone());
        connection
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Recorder")
    }
}

impl ConnectionRecorder {
    /// Records `bytes` that travelled at the time `when`.
    pub(in crate::client) fn record(&self, direction: Direction, bytes: &[u8], when: Instant) {
        if bytes.is_empty() {
            return;
        }
        let mut state = lock(&self.0);
        if state.is_unreadable[direction as usize] {
            return;
        }
        state.unparsed.push_back((direction, when, bytes.to_vec()));
        state.unparsed_bytes += bytes.len();
        if state.unparsed_bytes > UNPARSED_BYTES {
            state.parse();
        }
    }

    /// Whether the connection still exists. A connection holds a clone of its recorder.
    fn is_used(&self) -> bool {
        Arc::strong_count(&self.0) > 1
    }
}

impl ConnectionState {
    fn new(destination: Destination, is_recording: bool) -> Self {
        Self {
            unparsed: VecDeque::new(),
            unparsed_bytes: 0,
            sent: FrameReader::of_client(),
            received: FrameReader::of_server(),
            streams: Streams {
                destination,
                open: BTreeMap::new(),
                ended: Vec::new(),
                is_recording,
            },
            is_unreadable: [false; 2],
        }
    }

    /// Parses all unparsed bytes.
    fn parse(&mut self) {
        self.unparsed_bytes = 0;
        for (direction, when, bytes) in mem::take(&mut self.unparsed) {
            if self.is_unreadable[direction as usize] {
                continue;
            }
            let streams = &mut self.streams;
            let read = match direction {
                Direction::Sent => self.sent.read(&bytes, |frame| streams.sent(frame, when)),
                Direction::Received => {
                    let on_frame = |frame: Frame<'_>| streams.received(frame, when);
                    self.received.read(&bytes, on_frame)
                }
            };
            if read == Err(ProtocolError) {
                self.is_unreadable[direction as usize] = true;
                for exchange in self.streams.open.values_mut() {
                    exchange.end = CallEnd::ProtocolError;
                }
            }
        }
    }
}

impl Streams {
    fn restart(&mut self) {
        self.is_recording = true;
        self.ended.clear();
        let now = Instant::now();
        for exchange in self.open.values_mut() {
            exchange.opened_before = exchange.opened.map(|opened| now - opened);
            (exchange.sent, exchange.received) = (Payload::default(), Payload::default());
            exchange.started = None;
            (exchange.to_last_byte, exchange.to_first_byte) = (None, None);
        }
    }

    fn sent(&mut self, frame: Frame<'_>, when: Instant) {
        match frame {
            Frame::Headers { stream, fields, .. } => {
                if self.open.len() >= STREAMS {
                    self.open.pop_first();
                }
                let exchange = Exchange {
                    destination: self.destination.clone(),
                    stream,
                    request_headers: fields,
                    opened: Some(when),
                    started: self.is_recording.then_some(when),
                    ..Exchange::default()
                };
                self.open.insert(stream, exchange);
            }
            Frame::Data { stream, bytes, .. } => {
                if let Some(exchange) = self.open.get_mut(&stream).filter(|_| self.is_recording) {
                    // The empty frame that ends a request does not count as the first byte.
                    if !bytes.is_empty() {
                        exchange.started.get_or_insert(when);
                    }
                    exchange.sent.push(bytes);
                }
            }
            Frame::Reset { stream, code } => self.reset(stream, Role::Client, code),
        }
    }

    fn received(&mut self, frame: Frame<'_>, when: Instant) {
        let stream = match &frame {
            Frame::Headers { stream, .. }
            | Frame::Data { stream, .. }
            | Frame::Reset { stream, .. } => *stream,
        };
        let Some(exchange) = self.open.get_mut(&stream) else {
            return;
        };
        if let Some(started) = exchange.started {
            let elapsed = when - started;
            exchange.to_first_byte.get_or_insert(elapsed);
            exchange.to_last_byte = Some(elapsed);
        }
        let is_last = match frame {
            Frame::Headers {
                fields, is_last, ..
            } => {
                if is_last {
                    exchange.is_trailers_only = exchange.response_headers.is_none();
                    exchange.trailers = Some(fields);
                } else {
                    exchange.response_headers = Some(fields);
                }
                is_last
            }
            Frame::Data { bytes, is_last, .. } => {
                if self.is_recording {
                    exchange.received.push(bytes);
                }
                is_last
            }
            Frame::Reset { code, .. } => return self.reset(stream, Role::Server, code),
        };
        if is_last {
            exchange.end = CallEnd::Ended;
            self.close(stream);
        }
    }

    fn reset(&mut self, stream: u32, by: Role, code: u32) {
        if let Some(exchange) = self.open.get_mut(&stream) {
            exchange.end = CallEnd::Reset(by, code);
            self.close(stream);
        }
    }

    fn close(&mut self, stream: u32) {
        if let Some(exchange) = self.open.remove(&stream)
            && self.is_recording
            && exchange.started.is_some()
            && self.ended.len() < EXCHANGES
        {
            self.ended.push(exchange);
        }
    }
}

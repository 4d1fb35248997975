//! Hostile peers of `grpcalc serve`. The server still answers other peers, its memory stays within
//! bounds, and it shuts down without an error.

use std::{
    io::{Read as _, Write as _},
    iter,
    net::{Shutdown, TcpStream},
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::{StreamExt as _, stream::FuturesUnordered};
use grpcalc::proto::{
    calc::AddRequest,
    grpcalc::v1::{EvaluateRequest, Names, Run, WorksheetRequest, worksheet_request},
};
use h2::client::{ResponseFuture, SendRequest};
use http::{Request, request::Builder};
use nix::sys::signal::Signal;
use prost::Message as _;
use tokio::time::timeout;
use tonic::{Code, Status};

use crate::{
    frames::{
        ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, HELLO, PING, PRIORITY,
        PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, begin_call, call_headers, code,
        connected, farewell, frame, frame_or_end, greeted, header, is_end, message, next_of,
        setting, text, welcomed, window,
    },
    harness::{PATIENCE, Serve, ran, run},
};

const ADD: &str = "/calc.Calculator/Add";
const EVALUATE: &str = "/grpcalc.v1.EvaluatorService/Evaluate";
const WORKSHEET: &str = "/grpcalc.v1.EvaluatorService/Worksheet";

/// Error codes of connections and streams (RFC 9113, section 7).
const NO_ERROR: u32 = 0;
const REFUSED_STREAM: u32 = 7;
const COMPRESSION_ERROR: u32 = 9;
const ENHANCE_YOUR_CALM: u32 = 11;

const MIB: usize = 1 << 20;

/// The maximum size of an HTTP/2 window, in bytes.
const MOST: u32 = (1 << 31) - 1;

/// A server to which the test connects hostile peers.
struct Victim {
    server: Serve,
    address: String,
    /// The peak memory of the server before the test, in KiB.
    before: u64,
}

impl Victim {
    fn new(options: &[&str]) -> Self {
        // The log would report peers that break rules. Panics are printed even without the log.
        let listen = ["--listen", "127.0.0.1:0", "--log-level", "off"];
        let mut server = Serve::start(&[&listen, options].concat());
        let victim = Self {
            address: server.address(),
            server,
            before: 0,
        };
        victim.answers_after("nothing");
        Self {
            before: victim.server.peak(),
            ..victim
        }
    }

    #[track_caller]
    fn answers_after(&self, abuse: &str) {
        let found = run(&["--addr", &self.address, "add", "1", "2"], "");
        assert_eq!(found, ran("3\n", "", 0), "after {abuse}");
    }

    /// Checks that the server answers, and that its peak memory has grown by less than `mebibytes`.
    #[track_caller]
    fn grew_by_less_than(&self, mebibytes: u64, abuse: &str) {
        self.answers_after(abuse);
        let grown = (self.server.peak() - self.before) / 1024;
        assert!(grown < mebibytes, "{abuse} took {grown} MiB");
    }

    /// Checks that the server answers, shuts down when it is told to, and has not panicked.
    #[track_caller]
    fn ends(self) {
        self.answers_after("everything");
        self.server.signal(Signal::SIGTERM);
        let (status, stderr) = self.server.wait();
        assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
    }
}

/// Sends `bytes` to a server. The server may close the connection before it has read all of them.
fn pour(peer: &mut TcpStream, bytes: &[u8]) {
    if let Err(error) = peer.write_all(bytes) {
        assert!(is_end(&error), "{error}");
    }
}

/// Waits until the server closes the connection, and ignores the bytes that the server sends.
fn hung_up(peer: &mut TcpStream) {
    if let Err(error) = peer.read_to_end(&mut Vec::new()) {
        assert!(is_end(&error), "{error}");
    }
}

/// Calls `Add(1, 2)` and waits for the answer.
#[track_caller]
fn is_served(peer: &mut TcpStream, stream: u32) {
    pour(peer, &add(stream));
    let mut frames = iter::from_fn(|| frame_or_end(peer));
    let answer = frames.find(|frame| (frame.kind, frame.stream) == (DATA, stream));
    assert_eq!(answer.unwrap().payload, message(&[8, 3]));
}

fn add(stream: u32) -> Vec<u8> {
    [half(stream), rest(stream)].concat()
}

/// Encodes the headers of a call, without its message.
fn half(stream: u32) -> Vec<u8> {
    half_with(stream, &[])
}

/// Encodes the headers of a call, with `more` headers after them and without its message.
fn half_with(stream: u32, more: &[u8]) -> Vec<u8> {
    let block = [&call_headers(ADD), more].concat();
    frame(HEADERS, END_HEADERS, stream, &block)
}

/// Encodes the message of the call whose headers [`half`] encodes.
fn rest(stream: u32) -> Vec<u8> {
    frame(DATA, END_STREAM, stream, &sum())
}

fn sum() -> Vec<u8> {
    message(&AddRequest { n1: 1, n2: 2 }.encode_to_vec())
}

fn to_worksheet(request: worksheet_request::Request) -> Vec<u8> {
    let request = Some(request);
    message(&WorksheetRequest { request }.encode_to_vec())
}

fn lines(text: String) -> Vec<u8> {
    let options = None;
    to_worksheet(worksheet_request::Request::Run(Run { text, options }))
}

/// Calls `make` with the first `count` stream ids of a client, and joins the results.
fn streams(count: u32, make: impl Fn(u32) -> Vec<u8>) -> Vec<u8> {
    (0..count).flat_map(|n| make(2 * n + 1)).collect()
}

/// Returns `length` random bytes, which are the same in each run.
fn noise(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(1);
    iter::repeat_with(|| random.u8(..)).take(length).collect()
}

#[test]
fn a_peer_without_http_2_is_disconnected() {
    let victim = Victim::new(&[]);
    let request = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n";
    let client_hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    for (name, bytes) in [
        ("noise", noise(MIB)),
        ("zeros", vec![0; MIB]),
        ("HTTP/1.1", request.repeat(MIB / request.len())),
        ("TLS", [client_hello, &noise(501)[..]].concat()),
        ("half a preface", [&HELLO[..12], &noise(MIB)].concat()),
        ("a preface", [HELLO, &noise(MIB)].concat()),
    ] {
        let mut peer = connected(&victim.address);
        pour(&mut peer, &bytes);
        hung_up(&mut peer);
        victim.grew_by_less_than(16, name);
    }
    victim.ends();
}

#[test]
fn a_peer_that_leaves_within_a_frame_does_no_harm() {
    let victim = Victim::new(&[]);
    let greeting = |more: &[u8]| [HELLO, more].concat();
    let data = &frame(DATA, 0, 1, &vec![0; 128 * 1024])[..9 + 10];
    for (name, bytes) in [
        ("nothing", vec![]),
        ("half a preface", HELLO[..12].to_vec()),
        ("a preface", greeting(&[])),
        ("half a frame's head", greeting(&half(1)[..5])),
        ("half a header", greeting(&half(1)[..40])),
        ("half of the headers", greeting(&frame(HEADERS, 0, 1, &[]))),
        ("no message", greeting(&half(1))),
        ("10 bytes of 128 KiB", greeting(&[&half(1), data].concat())),
    ] {
        for waits in [true, false] {
            let mut peer = connected(&victim.address);
            peer.write_all(&bytes).unwrap();
            if waits {
                peer.shutdown(Shutdown::Write).unwrap();
                hung_up(&mut peer);
            }
        }
        victim.answers_after(name);
    }
    victim.ends();
}

#[test]
fn a_peer_that_breaks_a_rule_is_disconnected() {
    let victim = Victim::new(&[]);
    let long = &frame(DATA, 0, 1, &vec![0; 128 * 1024 + 1])[..9];
    let unfinished = frame(HEADERS, 0, 1, &call_headers(ADD));
    for (name, bytes) in [
        ("HEADERS on stream 0", half(0)),
        ("HEADERS on an even stream", half(2)),
        ("a smaller stream", [add(5), add(3)].concat()),
        ("HEADERS in HEADERS", [unfinished, half(3)].concat()),
        ("padding", frame(HEADERS, END_HEADERS | 8, 1, &[255, 0])),
        ("CONTINUATION", frame(CONTINUATION, END_HEADERS, 1, &[])),
        ("DATA on stream 0", frame(DATA, 0, 0, &[0])),
        ("DATA on no stream", frame(DATA, 0, 1, &[0])),
        ("DATA behind the end", [add(1), rest(1)].concat()),
        ("DATA too long", [&half(1), long].concat()),
        ("RST_STREAM of nothing", frame(RST_STREAM, 0, 1, &[0; 4])),
        ("RST_STREAM of 3", frame(RST_STREAM, 0, 1, &[0; 3])),
        ("SETTINGS of 5", frame(SETTINGS, 0, 0, &[0; 5])),
        ("SETTINGS on a stream", frame(SETTINGS, 0, 1, &[])),
        ("ACK with SETTINGS", frame(SETTINGS, ACK, 0, &[0; 6])),
        ("push neither on nor off", setting(2, 2)),
        ("a window too large", setting(4, 1 << 31)),
        ("frames too small", setting(5, 1)),
        ("a window that grows by 0", window(0, 0)),
        ("a window that overflows", window(0, MOST)),
        ("WINDOW_UPDATE of 3", frame(WINDOW_UPDATE, 0, 0, &[1; 3])),
        ("PING of 7", frame(PING, 0, 0, &[0; 7])),
        ("PING on a stream", frame(PING, 0, 1, &[0; 8])),
        ("GOAWAY on a stream", frame(GOAWAY, 0, 1, &[0; 8])),
        ("PUSH_PROMISE", frame(PUSH_PROMISE, END_HEADERS, 1, &[2; 4])),
        ("an index beyond the table", half_with(1, &[0xfe])),
        ("the index 0", half_with(1, &[0x80])),
        ("an index without end", half_with(1, &[0xff; 20])),
        ("Huffman's end", half_with(1, &[0, 0x82, 0xff, 0xff])),
        ("half a header", half_with(1, &[0, 100, b'a'])),
        ("a table too large", half_with(1, &[0x3f, 0xe1, 0xff, 0x7f])),
    ] {
        let mut peer = greeted(&victim.address);
        pour(&mut peer, &bytes);
        assert_ne!(farewell(&mut peer).unwrap(), NO_ERROR, "{name}");
        victim.answers_after(name);
    }
    victim.ends();
}

#[test]
fn a_stream_that_breaks_a_rule_is_reset_and_the_connection_goes_on() {
    let victim = Victim::new(&[]);
    let on_itself = frame(PRIORITY, 0, 1, &[0, 0, 0, 1, 0]);
    for (name, bytes) in [
        ("no path", frame(HEADERS, END_HEADERS, 1, &header("a", "b"))),
        ("HTTP/1", half_with(1, &header("connection", "close"))),
        ("no length", half_with(1, &header("content-length", "x"))),
        ("a window", [half(1), window(1, MOST)].concat()),
        ("dependence on itself", [half(1), on_itself].concat()),
    ] {
        let mut peer = greeted(&victim.address);
        pour(&mut peer, &bytes);
        assert_eq!(next_of(&mut peer, RST_STREAM).stream, 1, "{name}");
        is_served(&mut peer, 3);
        victim.answers_after(name);
    }
    victim.ends();
}

#[test]
fn floods_of_valid_frames_are_tolerated() {
    let victim = Victim::new(&[]);
    let long = header("a", &"b".repeat(17_000));
    let unknown = |kind| frame(kind, kind, 9, &noise(99));
    for (name, bytes) in [
        ("SETTINGS", setting(4, 0x7fff).repeat(100_000)),
        ("PING", frame(PING, 0, 0, &[0; 8]).repeat(100_000)),
        ("ACK", frame(PING, ACK, 0, &[0; 8]).repeat(100_000)),
        ("WINDOW_UPDATE", window(0, 1).repeat(100_000)),
        ("PRIORITY", frame(PRIORITY, 0, 9, &[0; 5]).repeat(100_000)),
        ("unknown frames", (10..=255).flat_map(unknown).collect()),
        ("long headers", streams(300, |n| half_with(n, &long))),
    ] {
        let mut peer = greeted(&victim.address);
        pour(&mut peer, &bytes);
        // Until now, the peer has read nothing.
        victim.grew_by_less_than(16, name);
        is_served(&mut peer, 999);
    }
    victim.ends();
}

#[test]
fn calls_before_a_goaway_are_answered() {
    let victim = Victim::new(&[]);
    let mut peer = greeted(&victim.address);
    let goaway = frame(GOAWAY, 0, 0, &[0; 8]);
    pour(&mut peer, &[half(1), goaway, rest(1)].concat());
    assert_eq!(next_of(&mut peer, DATA).payload, message(&[8, 3]));
    assert_eq!(farewell(&mut peer), Some(NO_ERROR));
    victim.ends();
}

#[test]
fn floods_end_with_enhance_your_calm() {
    let victim = Victim::new(&[]);
    let in_parts = |block: &[u8], size| {
        let parts = block.chunks(size);
        let parts = parts.flat_map(|part| frame(CONTINUATION, 0, 1, part));
        let begin = frame(HEADERS, 0, 1, &call_headers(ADD));
        begin.into_iter().chain(parts).collect::<Vec<_>>()
    };
    let many = header("a", "b").repeat(100_000);
    let large = header("a", &"b".repeat(MIB));
    let endless = header("a", &"b".repeat(16_000)).repeat(4 * MIB / 16_000);
    let begin = frame(HEADERS, 0, 1, &[]);
    let nothing = frame(CONTINUATION, 0, 1, &[]).repeat(4 * MIB / 9);
    // The first header is added to the HPACK table. Its index then repeats it.
    let value = text(&"b".repeat(4000));
    let amplified = [&[0x40, 1, b'a'], &value[..], &vec![0xbe; 100_000]].concat();

    let on_itself = |n: u32| frame(PRIORITY, 0, n, &[&n.to_be_bytes()[..], &[0]].concat());
    let cancel = |n| frame(RST_STREAM, 0, n, &[0, 0, 0, 8]);
    let cancelled = |n| [add(n), cancel(n)].concat();
    let half_cancelled = |n| [half(n), cancel(n)].concat();
    let overflowing = |n| [half(n), window(n, MOST)].concat();
    let dependent = |n| [half(n), on_itself(n)].concat();
    let data =
        |flags, bytes: &[u8]| [half(1), frame(DATA, flags, 1, bytes).repeat(50_000)].concat();
    for (name, bytes) in [
        ("many headers", in_parts(&many, 16_384)),
        ("many headers in few frames", in_parts(&many, 131_072)),
        ("a large header", in_parts(&large, 131_072)),
        ("headers without end", in_parts(&endless, 16_384)),
        ("a header without end", in_parts(&large, 9)),
        ("CONTINUATIONs of nothing", [begin, nothing].concat()),
        ("a header 100,000 times", half_with(1, &amplified)),
        ("rapid reset", streams(20_000, cancelled)),
        ("rapid reset of halves", streams(20_000, half_cancelled)),
        ("resets by overflow", streams(5_000, overflowing)),
        ("resets by dependence", streams(5_000, dependent)),
        ("too many streams", streams(5_000, half)),
        ("empty DATA", data(0, &[])),
        ("DATA of a byte", data(0, &[0])),
        ("DATA that is padded", data(8, &[0])),
    ] {
        let mut peer = greeted(&victim.address);
        pour(&mut peer, &bytes);
        victim.grew_by_less_than(16, name);
        let code = farewell(&mut peer).unwrap();
        let codes = [COMPRESSION_ERROR, ENHANCE_YOUR_CALM];
        assert!(codes.contains(&code), "{name}: {code}");
    }
    victim.ends();
}

#[test]
fn calls_of_a_broken_connection_are_dropped() {
    let victim = Victim::new(&[]);
    // hyper closes a connection after a CONNECT request with a content length.
    let connect = [
        (":method", "CONNECT"),
        (":authority", "a"),
        ("content-length", "1"),
    ];
    let connect = connect.map(|(name, value)| header(name, value)).concat();
    let connect = frame(HEADERS, END_HEADERS, 999, &connect);
    let calls = [streams(250, half), connect].concat();
    for _ in 0..64 {
        let mut peer = greeted(&victim.address);
        pour(&mut peer, &calls);
        hung_up(&mut peer);
    }
    victim.grew_by_less_than(16, "calls of broken connections");
    victim.ends();
}

#[test]
fn a_peer_without_a_window_does_not_delay_others() {
    let victim = Victim::new(&[]);
    let mut peer = welcomed(&victim.address);
    pour(&mut peer, &setting(4, 0));
    let run = lines(["2^900000"; 100].join("\n"));
    for stream in (1..512).step_by(4) {
        pour(&mut peer, &add(stream));
        begin_call(&mut peer, stream + 2, WORKSHEET);
        pour(&mut peer, &frame(DATA, 0, stream + 2, &run));
    }
    for _ in 0..256 {
        next_of(&mut peer, HEADERS);
    }
    for _ in 0..10 {
        victim.grew_by_less_than(128, "answers without a window");
    }
    drop(peer);
    victim.ends();
}

#[test]
fn a_peer_that_does_not_read_does_not_delay_others() {
    let victim = Victim::new(&[]);
    let mut peer = welcomed(&victim.address);
    pour(
        &mut peer,
        &[setting(4, MOST), window(0, MOST - 65_535)].concat(),
    );
    begin_call(&mut peer, 1, WORKSHEET);
    let define = lines(format!("f(x) = x{}", "+x".repeat(30_000)));
    let names = worksheet_request::Request::Names(Names { options: None });
    for request in [define, to_worksheet(names).repeat(1000)] {
        pour(&mut peer, &frame(DATA, 0, 1, &request));
    }
    // 60 MB of answers are under way.
    next_of(&mut peer, DATA);
    for _ in 0..10 {
        victim.grew_by_less_than(16, "answers that are not read");
    }
    drop(peer);
    victim.ends();
}

#[test]
fn thousands_of_short_connections_are_served() {
    let victim = Victim::new(&[]);
    let begun = Instant::now();
    for _ in 0..20 {
        for _ in 0..500 {
            connected(&victim.address);
        }
        // When this connection is served, the server has accepted all earlier connections.
        is_served(&mut greeted(&victim.address), 1);
    }
    for _ in 0..1000 {
        is_served(&mut greeted(&victim.address), 1);
    }
    let elapsed = begun.elapsed();
    assert!(elapsed < PATIENCE, "{elapsed:?}");
    victim.grew_by_less_than(16, "10,000 connections");
    victim.ends();
}

/// This test runs only on Linux, since other systems have shorter backlogs.
#[cfg(target_os = "linux")]
#[test]
fn connections_wait_for_a_busy_server() {
    let victim = Victim::new(&[]);
    victim.server.signal(Signal::SIGSTOP);
    let address = victim.address.parse().unwrap();
    let connect = |_| TcpStream::connect_timeout(&address, PATIENCE).unwrap();
    let peers: Vec<_> = (0..500).map(connect).collect();
    victim.server.signal(Signal::SIGCONT);
    victim.answers_after("a pause");
    drop(peers);
    victim.ends();
}

#[test]
fn a_slow_handshake_is_cut() {
    let victim = Victim::new(&["--handshake", "300ms"]);
    let mut peers: Vec<_> = (0..50).map(|_| connected(&victim.address)).collect();
    for byte in &HELLO[..20] {
        for peer in &mut peers {
            pour(peer, &[*byte]);
        }
        victim.answers_after("a byte");
    }
    peers.iter_mut().for_each(hung_up);
    victim.ends();
}

#[test]
fn a_peer_that_answers_no_ping_is_disconnected() {
    let victim = Victim::new(&["--keepalive", "300ms", "--keepalive-timeout", "1s"]);
    let [mut silent, mut alive] = [(); 2].map(|()| greeted(&victim.address));
    for _ in 0..4 {
        let ping = next_of(&mut alive, PING);
        pour(&mut alive, &frame(PING, ACK, 0, &ping.payload));
    }
    is_served(&mut alive, 1);
    hung_up(&mut silent);
    drop(alive);

    // This peer reads nothing, so it answers no PING.
    let mut deaf = greeted(&victim.address);
    begin_call(&mut deaf, 1, WORKSHEET);
    deaf.set_write_timeout(Some(Duration::from_millis(100)))
        .unwrap();
    let pings = frame(PING, 0, 0, &[0; 8]).repeat(1000);
    let begun = Instant::now();
    while !deaf.write_all(&pings).is_err_and(|error| is_end(&error)) {
        assert!(begun.elapsed() < PATIENCE);
    }
    victim.ends();
}

#[test]
fn a_connection_without_calls_is_closed() {
    let victim = Victim::new(&["--idle-connection", "1s"]);
    let begun = Instant::now();
    let mut idle = greeted(&victim.address);
    is_served(&mut idle, 1);
    assert_eq!(farewell(&mut idle), Some(NO_ERROR));
    let mut silent = greeted(&victim.address);
    assert_eq!(farewell(&mut silent), Some(NO_ERROR));
    assert!(begun.elapsed() < Duration::from_secs(8));
    victim.ends();
}

/// A call that the test has begun.
struct Call {
    request: h2::SendStream<Bytes>,
    response: ResponseFuture,
}

impl Call {
    /// Waits for the end of the call; returns the HTTP status, the gRPC code and the gRPC message.
    async fn end(&mut self) -> (u16, Option<Code>, String) {
        let ending = async {
            let (head, mut body) = (&mut self.response).await.unwrap().into_parts();
            while let Some(data) = body.data().await {
                data.unwrap();
            }
            let trailers = body.trailers().await.unwrap();
            let status = Status::from_header_map(&trailers.unwrap_or(head.headers));
            let message = status.as_ref().map(Status::message).unwrap_or_default();
            let code = status.as_ref().map(Status::code);
            (head.status.as_u16(), code, message.to_owned())
        };
        timeout(PATIENCE, ending).await.unwrap()
    }

    /// Waits until a limit refuses the call; returns the message of the refusal.
    async fn refusal(&mut self) -> String {
        let (_, code, message) = self.end().await;
        assert_eq!(code, Some(Code::ResourceExhausted), "{message}");
        message
    }
}

/// An HTTP/2 client under the control of the test.
struct Peer(SendRequest<Bytes>);

impl Peer {
    async fn new(victim: &Victim) -> Self {
        let io = tokio::net::TcpStream::connect(&victim.address)
            .await
            .unwrap();
        let (requests, connection) = h2::client::handshake(io).await.unwrap();
        tokio::spawn(connection);
        Self(requests)
    }

    async fn begin(&self, call: Builder, body: Vec<u8>, ends: bool) -> Call {
        let mut requests = self.0.clone().ready().await.unwrap();
        let call = requests.send_request(call.body(()).unwrap(), false);
        let (response, mut request) = call.unwrap();
        // The server may have refused the call already.
        let _ = request.send_data(body.into(), ends);
        Call { request, response }
    }

    /// Whether the server answers a call of `Add(1, 2)`.
    async fn is_served(&self) -> bool {
        let mut call = self.begin(grpc(ADD), sum(), true).await;
        call.end().await.1 == Some(Code::Ok)
    }
}

fn post(path: &str) -> Builder {
    Request::post(format!("http://localhost{path}"))
}

fn grpc(path: &str) -> Builder {
    post(path).header("content-type", "application/grpc")
}

/// Encodes a message prefix for `length` bytes, followed by only `received` bytes.
fn claims(length: usize, received: usize) -> Vec<u8> {
    let length = u32::try_from(length).unwrap();
    [&[0], &length.to_be_bytes()[..], &vec![b'1'; received]].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_calls_are_refused_and_the_connection_goes_on() {
    let victim = Victim::new(&[]);
    let peer = Peer::new(&victim).await;
    let add = || grpc(ADD);
    let given = |time| grpc(ADD).header("grpc-timeout", time);
    let gzip = grpc(ADD).header("grpc-encoding", "gzip");
    let html = post(ADD).header("content-type", "text/html");
    let connect = Request::connect("localhost").header("content-type", "application/grpc");
    let flagged = |flag| [&[flag], &sum()[1..]].concat();
    let unknown = grpc(&format!("/{}", "a".repeat(8192)));
    let typed = |media_type: &str| post(ADD).header("content-type", media_type);
    let encoded = |encoding: &str| grpc(ADD).header("grpc-encoding", encoding);
    let [ok, exhausted] = [Code::Ok, Code::ResourceExhausted].map(Ok);
    let [internal, none] = [Code::Internal, Code::Unimplemented].map(Ok);
    for (name, call, body, code) in [
        ("4 GiB", add(), claims(u32::MAX as usize, 99), exhausted),
        ("above the limit", add(), claims(4 * MIB + 1, 99), exhausted),
        ("compressed", add(), flagged(1), internal),
        ("identity", encoded("identity"), flagged(1), internal),
        ("not gzip", gzip, flagged(1), internal),
        ("br", encoded("br"), flagged(1), none),
        ("br, not compressed", encoded("br"), sum(), ok),
        ("zstd, not compressed", encoded("zstd"), sum(), ok),
        ("no such flag", add(), flagged(7), internal),
        ("broken message", add(), message(&[8]), internal),
        ("noise", add(), message(&noise(MIB)), internal),
        ("two messages", add(), sum().repeat(2), none),
        ("no message", add(), vec![], none),
        ("half a prefix", add(), vec![0, 0], internal),
        ("half a message", add(), claims(100, 50), internal),
        ("a web page", html, sum(), Err(415)),
        ("no type", post(ADD), sum(), Err(415)),
        ("grpc-web", typed("application/grpc-web"), sum(), Err(415)),
        ("grpc+json", typed("application/grpc+json"), sum(), Err(415)),
        ("grpc+proto", typed("application/grpc+proto"), sum(), ok),
        ("parameters", typed("Application/grpc; x=y"), sum(), ok),
        ("GET", add().method("GET"), sum(), Err(405)),
        ("PUT", add().method("PUT"), sum(), Err(405)),
        ("CONNECT", connect, vec![], Err(405)),
        ("a long path", unknown, sum(), none),
        ("1x", given("1x"), sum(), internal),
        ("no time", given(""), sum(), internal),
        ("much time", given("999999999S"), sum(), internal),
    ] {
        let (http, found, _) = peer.begin(call, body, true).await.end().await;
        let expected = match code {
            Ok(code) => (200, Some(code)),
            Err(http) => (http, None),
        };
        assert_eq!((http, found), expected, "{name}");
        assert!(peer.is_served().await);
        victim.grew_by_less_than(32, name);
    }
    drop(peer);
    victim.ends();
}

#[tokio::test(flavor = "multi_thread")]
async fn announced_messages_take_no_memory() {
    let victim = Victim::new(&[]);
    let peer = Peer::new(&victim).await;
    let mut calls = Vec::new();
    for _ in 0..200 {
        calls.push(peer.begin(grpc(ADD), claims(4 * MIB, 1), false).await);
    }
    assert!(peer.is_served().await);
    victim.grew_by_less_than(32, "800 MiB that were announced");
    drop((calls, peer));
    victim.ends();
}

#[tokio::test(flavor = "multi_thread")]
async fn partial_messages_have_a_budget() {
    let victim = Victim::new(&["--max-requests", "8MiB"]);
    let peer = Peer::new(&victim).await;
    let mut calls = Vec::new();
    for _ in 0..12 {
        let body = claims(MIB, MIB - 16);
        calls.push(peer.begin(grpc(EVALUATE), body, false).await);
    }
    let mut refused: FuturesUnordered<_> = calls.iter_mut().map(Call::refusal).collect();
    for _ in 0..4 {
        let refusal = refused.next().await.unwrap();
        assert!(refusal.contains("8388608 bytes of requests"), "{refusal}");
    }
    drop(refused);
    assert!(peer.is_served().await);
    victim.grew_by_less_than(32, "half messages");
    drop((calls, peer));

    // The server releases the budget when it notices the disconnect.
    let begun = Instant::now();
    let peer = Peer::new(&victim).await;
    let request = EvaluateRequest {
        expression: "1".repeat(MIB),
        options: None,
    };
    let long = message(&request.encode_to_vec());
    for _ in 0..8 {
        let ask = async || {
            peer.begin(grpc(EVALUATE), long.clone(), true)
                .await
                .refusal()
                .await
        };
        while !ask().await.contains("line") {
            assert!(begun.elapsed() < PATIENCE);
        }
    }
    drop(peer);
    victim.ends();
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_on_surplus_connections_are_refused_until_one_leaves() {
    let victim = Victim::new(&["--max-connections", "4"]);
    let begun = Instant::now();
    // The server may still count a closed connection for a short time.
    let served = async || loop {
        let peer = Peer::new(&victim).await;
        if peer.is_served().await {
            return peer;
        }
        assert!(begun.elapsed() < PATIENCE);
    };
    let peers = [
        served().await,
        served().await,
        served().await,
        served().await,
    ];
    let mut fifth = greeted(&victim.address);
    let surplus = Peer::new(&victim).await;
    let refusal = surplus.begin(grpc(ADD), sum(), true).await.refusal().await;
    assert!(refusal.contains("4 open connections"), "{refusal}");
    let [first, ..] = peers;
    drop(first);
    served().await;
    // The server closes a surplus connection after a short time.
    assert_eq!(farewell(&mut fifth), Some(NO_ERROR));
    drop(surplus);
    victim.ends();
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_beyond_the_limit_are_refused_until_one_ends() {
    for (option, path, limit) in [
        ("--max-calls", ADD, "2 calls under way"),
        ("--max-worksheets", WORKSHEET, "2 open worksheets"),
    ] {
        let victim = Victim::new(&[option, "2"]);
        let peer = Peer::new(&victim).await;
        let mut calls = Vec::new();
        for _ in 0..3 {
            calls.push(peer.begin(grpc(path), vec![], false).await);
        }
        let refusal = calls[2].refusal().await;
        assert!(refusal.contains(limit), "{refusal}");
        calls[0].request.send_data(Bytes::new(), true).unwrap();
        calls[0].end().await;
        let (_, code, _) = peer.begin(grpc(path), vec![], true).await.end().await;
        assert_ne!(code, Some(Code::ResourceExhausted), "{limit}");
        drop((calls, peer));
        victim.ends();
    }
}

#[test]
fn streams_beyond_the_limit_are_refused() {
    let victim = Victim::new(&["--max-streams", "3"]);
    let mut peer = welcomed(&victim.address);
    pour(&mut peer, &streams(4, half));
    let refused = next_of(&mut peer, RST_STREAM);
    assert_eq!(
        (refused.stream, code(&refused.payload)),
        (7, REFUSED_STREAM)
    );
    pour(&mut peer, &rest(1));
    assert_eq!(next_of(&mut peer, DATA).payload, message(&[8, 3]));
    is_served(&mut peer, 9);
    drop(peer);
    victim.ends();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_partial_call_ends_at_its_deadline() {
    let victim = Victim::new(&["--max-call-time", "300ms"]);
    let peer = Peer::new(&victim).await;
    let given = |path, time| grpc(path).header("grpc-timeout", time);
    for (call, time) in [
        (grpc(ADD), "300ms"),
        (given(ADD, "1H"), "300ms"),
        (given(ADD, "100m"), "100ms"),
        (given(WORKSHEET, "100m"), "100ms"),
    ] {
        let (_, code, message) = peer.begin(call, vec![], false).await.end().await;
        assert_eq!(code, Some(Code::DeadlineExceeded));
        assert_eq!(message, format!("the call did not end within {time}"));
    }
    drop(peer);
    victim.ends();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_above_the_limit_is_refused() {
    let victim = Victim::new(&["--max-message", "1KiB"]);
    let peer = Peer::new(&victim).await;
    for (length, code) in [(1024, Code::Internal), (1025, Code::ResourceExhausted)] {
        let body = message(&vec![0; length]);
        let (_, found, _) = peer.begin(grpc(ADD), body, true).await.end().await;
        assert_eq!(found, Some(code));
        assert!(peer.is_served().await);
    }
    drop(peer);
    victim.ends();
}

#[test]
fn limits_may_be_as_large_as_a_usize() {
    let most = usize::MAX.to_string();
    for option in ["--max-connections", "--max-calls", "--max-worksheets"] {
        Victim::new(&[option, &most]).ends();
    }
}

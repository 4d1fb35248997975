//! Compressed messages, in both directions.

use std::io::Write as _;

use bytes::Bytes;
use flate2::{
    Compression,
    write::{DeflateEncoder, GzDecoder, GzEncoder, ZlibDecoder, ZlibEncoder},
};
use http::{HeaderMap, Request};

use crate::{
    fake_server::{self, Reply},
    frames::message,
    harness::{Serve, ran, run},
};

const ADD: &str = "/calc.Calculator/Add";
const EVALUATE: &str = "/grpcalc.v1.EvaluatorService/Evaluate";

/// The message `AddRequest { n1: 20, n2: 10 }`.
const SUM: &[u8] = &[8, 20, 16, 10];

/// The message `AddReply { n1: 30 }`.
const THIRTY: &[u8] = &[8, 30];

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// Compresses `mebibytes` MiB of zeros.
fn bomb(mebibytes: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    let zeros = vec![0; 1 << 20];
    for _ in 0..mebibytes {
        encoder.write_all(&zeros).unwrap();
    }
    encoder.finish().unwrap()
}

/// A message with the compressed flag.
fn compressed(payload: &[u8]) -> Vec<u8> {
    let mut message = message(payload);
    message[0] = 1;
    message
}

/// An answer: its header fields, its body and its trailers.
struct Answer {
    headers: HeaderMap,
    body: Vec<u8>,
    trailers: HeaderMap,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let value = self.headers.get(name).or_else(|| self.trailers.get(name));
        value.map(|value| value.to_str().unwrap())
    }

    fn code(&self) -> Option<&str> {
        self.header("grpc-status")
    }
}

/// Calls a method with a body and more header fields.
async fn call(address: &str, path: &str, fields: &[(&str, &str)], body: Vec<u8>) -> Answer {
    let io = tokio::net::TcpStream::connect(address).await.unwrap();
    let (requests, connection) = h2::client::Builder::new()
        .initial_window_size(16 << 20)
        .initial_connection_window_size(16 << 20)
        .handshake(io)
        .await
        .unwrap();
    tokio::spawn(connection);
    let mut request =
        Request::post(format!("http://localhost{path}")).header("content-type", "application/grpc");
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let mut requests = requests.ready().await.unwrap();
    let (response, mut stream) = requests
        .send_request(request.body(()).unwrap(), false)
        .unwrap();
    stream.send_data(Bytes::from(body), true).unwrap();
    let (head, mut received) = response.await.unwrap().into_parts();
    let mut body = Vec::new();
    while let Some(data) = received.data().await {
        body.extend(data.unwrap());
    }
    Answer {
        headers: head.headers,
        body,
        trailers: received.trailers().await.unwrap().unwrap_or_default(),
    }
}

/// Encodes `EvaluateRequest { expression }`, whose text has at most 127 bytes.
fn expression(text: &str) -> Vec<u8> {
    [&[10, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_reads_compressed_requests() {
    let (_server, address) = Serve::on_any_port();
    let long = expression(&"1".repeat(100));
    for (encoding, path, body, code) in [
        ("gzip", ADD, compressed(&gzip(SUM)), "0"),
        ("deflate", ADD, compressed(&zlib(SUM)), "0"),
        ("gzip", ADD, message(SUM), "0"),
        ("br", ADD, message(SUM), "0"),
        ("gzip", EVALUATE, compressed(&gzip(&long)), "0"),
        ("gzip", ADD, compressed(&[]), "0"),
        ("gzip", ADD, compressed(&zlib(SUM)), "13"),
        ("deflate", ADD, compressed(&raw_deflate(SUM)), "13"),
        ("gzip", ADD, compressed(&gzip(SUM)[..10]), "13"),
        (
            "gzip",
            ADD,
            compressed(&[gzip(SUM), vec![0]].concat()),
            "13",
        ),
        ("identity", ADD, compressed(SUM), "13"),
        ("br", ADD, compressed(SUM), "12"),
        (
            "gzip",
            "/grpc.health.v1.Health/Check",
            compressed(&gzip(&[])),
            "0",
        ),
        (
            "gzip",
            "/grpc.health.v1.Health/List",
            compressed(&gzip(&[])),
            "0",
        ),
    ] {
        let fields = [("grpc-encoding", encoding)];
        let answer = call(&address, path, &fields, body.clone()).await;
        assert_eq!(answer.code(), Some(code), "{encoding} {path} {body:x?}");
        if code == "12" {
            let accepted = answer.header("grpc-accept-encoding");
            assert_eq!(accepted, Some("identity,gzip,deflate,zstd"));
        }
    }
}

fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gunzipped(bytes: &[u8]) -> Vec<u8> {
    let mut decoder = GzDecoder::new(Vec::new());
    decoder.write_all(bytes).unwrap();
    decoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn long_answers_are_compressed_when_asked_for() {
    let (_asked, asked) = Serve::on_any_port();
    let start = |mode: &str| {
        let mut server = Serve::start(&["--listen", "127.0.0.1:0", "--compression", mode]);
        let address = server.address();
        (server, address)
    };
    let ((_gzip, always), (_none, never)) = (start("gzip"), start("none"));
    let long = || message(&expression("2^9000"));
    let short = || message(&expression("1 + 1"));
    let (named, accepted) = ("grpc-encoding", "grpc-accept-encoding");
    let plain = call(&asked, EVALUATE, &[], long()).await;
    assert_eq!((plain.code(), plain.body[0]), (Some("0"), 0));
    assert!(plain.body.len() > 2000 && plain.header(named).is_none());
    for (server, fields, body, expected) in [
        (&asked, &[(named, "gzip")][..], long(), Some("gzip")),
        (&asked, &[(named, "deflate")], long(), Some("deflate")),
        (
            &asked,
            &[(named, "zstd"), (accepted, "gzip,zstd")],
            long(),
            Some("gzip"),
        ),
        (&asked, &[(named, "zstd")], long(), None),
        (
            &asked,
            &[(named, "gzip"), (accepted, "identity")],
            long(),
            None,
        ),
        (&asked, &[(accepted, "gzip")], long(), None),
        (&asked, &[(named, "br"), (accepted, "gzip")], long(), None),
        (
            &always,
            &[(accepted, "deflate, gzip")],
            long(),
            Some("gzip"),
        ),
        (&always, &[], long(), None),
        (&never, &[(named, "gzip")], long(), None),
        (&asked, &[(named, "gzip")], short(), None),
    ] {
        let answer = call(server, EVALUATE, fields, body).await;
        assert_eq!(answer.code(), Some("0"));
        let is_compressed = answer.body[0] == 1;
        assert_eq!(is_compressed, expected.is_some(), "{fields:?}");
        if let Some(expected) = expected {
            assert_eq!(answer.header(named), Some(expected));
            assert!(answer.body.len() < plain.body.len());
            let inflated = if expected == "gzip" {
                gunzipped(&answer.body[5..])
            } else {
                let mut decoder = ZlibDecoder::new(Vec::new());
                decoder.write_all(&answer.body[5..]).unwrap();
                decoder.finish().unwrap()
            };
            assert!(inflated == plain.body[5..], "{fields:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bomb_is_refused_by_the_server_at_the_limit() {
    let (server, address) = Serve::on_any_port();
    call(&address, ADD, &[], message(SUM)).await;
    let body = compressed(&bomb(1024));
    assert!(body.len() < 2 << 20);
    let before = server.peak();
    let answer = call(&address, ADD, &[("grpc-encoding", "gzip")], body).await;
    assert_eq!(answer.code(), Some("8"), "{:?}", answer.trailers);
    let grown = (server.peak() - before) / 1024;
    assert!(grown < 9, "{grown} MiB");
}

/// Returns what `20 + 10` and `add 20 10` print with a fake server.
fn sums(reply: Reply) -> crate::harness::Ran {
    let address = fake_server::start(move |request| {
        if request.uri().path() == ADD {
            reply.clone()
        } else {
            Reply::grpc(&[], 12)
        }
    });
    run(&["--addr", &address], "add 20 10\n")
}

#[test]
fn a_client_looks_at_the_flag_of_a_message() {
    for encoding in ["gzip", "deflate", "br", "zstd", "identity", "snappy"] {
        let reply = Reply::grpc(&[message(THIRTY)], 0).with("grpc-encoding", encoding);
        assert_eq!(sums(reply), ran("30\n", "", 0), "{encoding}");
    }
    let zstd = b"\x28\xb5\x2f\xfd\x20\x02\x11\x00\x00\x08\x1e".to_vec();
    for (encoding, payload) in [
        ("gzip", gzip(THIRTY)),
        ("deflate", zlib(THIRTY)),
        ("zstd", zstd),
    ] {
        let reply = Reply::grpc(&[compressed(&payload)], 0).with("grpc-encoding", encoding);
        assert_eq!(sums(reply), ran("30\n", "", 0), "{encoding}");
    }
    for (encoding, payload) in [
        ("gzip", THIRTY.to_vec()),
        ("gzip", gzip(THIRTY)[..12].to_vec()),
        ("br", THIRTY.to_vec()),
        ("identity", THIRTY.to_vec()),
    ] {
        let reply = Reply::grpc(&[compressed(&payload)], 0).with("grpc-encoding", encoding);
        let ended = sums(reply);
        assert!(ended.stderr.contains("(INTERNAL)"), "{encoding}: {ended:?}");
        assert_eq!(ended.code, 1, "{encoding}");
    }
}

#[test]
fn a_bomb_is_refused_by_the_client_at_the_limit() {
    let reply = Reply::grpc(&[compressed(&bomb(1024))], 0).with("grpc-encoding", "gzip");
    let ended = sums(reply);
    assert_eq!(ended.code, 1, "{ended:?}");
    let message = "a message is longer than the limit of 4194304 bytes";
    assert!(ended.stderr.contains(message), "{ended:?}");
}

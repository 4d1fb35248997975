//! Calls over an in-memory pipe, and over sockets within one process.

use std::{future, io, pin::pin, time::Duration};

use futures_util::{future::join_all, stream};
use grpcalc::{
    client::{
        Call, CallError, Client, EvaluateOptions, Fault, Method, Reply, Target, WorksheetEvent,
        WorksheetRequest,
    },
    proto::calc::{
        AddReply, AddRequest, DivideRequest, calculator_client::CalculatorClient,
        calculator_server::CalculatorServer,
    },
    server::{self, CalculatorService, Connection, DrainOutcome, Settings},
};
use http_body_util::BodyExt as _;
use tokio::{
    io::{AsyncWriteExt as _, DuplexStream, duplex},
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::{Instant, timeout},
};
use tonic::{
    Code,
    body::Body,
    transport::{Channel, server::TcpIncoming},
};
use tonic_types::StatusExt as _;

use crate::harness::{self, PATIENCE, Stuck, nobody};

type Server = JoinHandle<DrainOutcome>;

/// Starts an in-memory server; returns its dialer, the sender of the shutdown, and its task.
fn server(grace: Duration) -> (mpsc::Sender<DuplexStream>, oneshot::Sender<()>, Server) {
    let (dial, connections) = server::in_memory();
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(async move {
        let shutdown = async { stopped.await.unwrap_or(()) };
        server::run(
            connections,
            shutdown,
            Settings {
                grace,
                ..Settings::default()
            },
        )
        .await
    });
    (dial, stop, server)
}

fn embedded() -> Client {
    let (dial, stop, _) = server(PATIENCE);
    // The sender is never dropped, so that the server runs until the runtime ends.
    std::mem::forget(stop);
    Client::lazy(Target::Embedded(dial, None), PATIENCE)
}

fn call(method: Method, n1: i32, n2: i32) -> Call {
    Call { method, n1, n2 }
}

#[tokio::test]
async fn four_operations() {
    let client = embedded();
    for (method, reply) in [
        (Method::Add, Reply::Integer(30)),
        (Method::Subtract, Reply::Integer(10)),
        (Method::Multiply, Reply::Integer(200)),
        (Method::Divide, Reply::Float(2.0)),
    ] {
        assert_eq!(client.call(call(method, 20, 10)).await, Ok(reply));
    }
}

#[tokio::test]
async fn faults_have_a_reason() {
    let client = embedded();
    let fault = |code, reason: &str, message: &str| {
        let fault = Fault {
            reason: Some(reason.into()),
            message: message.into(),
            ..Fault::default()
        };
        Err(CallError::Fault { code, fault })
    };
    assert_eq!(
        client.call(call(Method::Divide, 1, 0)).await,
        fault(
            Code::InvalidArgument,
            "DIVISION_BY_ZERO",
            "division by zero"
        )
    );
    let overflow = "the result 2147483648 does not fit int32 (-2147483648 to 2147483647)";
    assert_eq!(
        client.call(call(Method::Add, i32::MAX, 1)).await,
        fault(Code::OutOfRange, "OVERFLOW", overflow)
    );
    assert_eq!(
        client.call(call(Method::Subtract, 2, 1)).await,
        Ok(Reply::Integer(1)),
        "the next call succeeds"
    );
}

/// Calls with the generated stub alone, as clients in other languages do.
#[tokio::test]
async fn statuses_carry_error_details() {
    let (dial, _stop, _server) = server(PATIENCE);
    let connector = tower::service_fn(move |_| {
        let dial = dial.clone();
        async move {
            let (ours, theirs) = duplex(1024);
            dial.send(theirs).await.map_err(io::Error::other)?;
            Ok::<_, io::Error>(hyper_util::rt::TokioIo::new(ours))
        }
    });
    let channel = Channel::from_static("http://localhost").connect_with_connector_lazy(connector);
    let mut stub = CalculatorClient::new(channel);

    let status = stub
        .divide(DivideRequest { n1: 1, n2: 0 })
        .await
        .unwrap_err();
    assert_eq!(
        (status.code(), status.message()),
        (Code::InvalidArgument, "division by zero")
    );
    let details = status.get_error_details();
    let info = details.error_info().unwrap();
    assert_eq!(
        (info.reason.as_str(), info.domain.as_str()),
        ("DIVISION_BY_ZERO", "grpcalc")
    );
    assert_eq!(
        details.bad_request().unwrap().field_violations[0].field,
        "n2"
    );

    let request = AddRequest {
        n1: i32::MIN,
        n2: -1,
    };
    let status = stub.add(request).await.unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange);
    let details = status.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "OVERFLOW");
    assert!(
        details.bad_request().is_none(),
        "the fault is in both operands"
    );
}

#[tokio::test]
async fn a_thousand_calls_at_once() {
    let client = embedded();
    let calls = (0..1000).map(|n| client.call(call(Method::Add, n, 1)));
    for (n, reply) in (0..).zip(join_all(calls).await) {
        assert_eq!(reply, Ok(Reply::Integer(n + 1)));
    }
}

#[tokio::test]
async fn a_broken_connection_is_made_again() {
    let (dial, mut connections) = mpsc::channel(1);
    let client = Client::lazy(Target::Embedded(dial, None), PATIENCE);
    for _ in 0..2 {
        let serve_one = async {
            let connection = stream::iter([Connection::private(
                connections.recv().await.unwrap(),
                "test",
            )]);
            // When the stream of connections ends, the server closes its only connection.
            server::run(connection, future::pending(), Settings::default()).await
        };
        let calling = client.call(call(Method::Add, 1, 2));
        let (served, reply) = tokio::join!(serve_one, calling);
        assert_eq!(served, DrainOutcome::Drained);
        assert_eq!(reply, Ok(Reply::Integer(3)));
    }
}

#[tokio::test]
async fn a_deadline_ends_the_call_on_both_sides() {
    let stuck = Stuck::start();
    let target = Target::open(vec![stuck.address.parse().unwrap()]);
    let deadline = Duration::from_millis(300);
    let client = Client::connect(target, deadline, None).await.unwrap();
    // The connection is ready before the call whose deadline passes.
    assert_eq!(
        client.call(call(Method::Divide, 1, 2)).await,
        Ok(Reply::Float(0.5))
    );
    let error = client.call(call(Method::Add, 1, 2)).await.unwrap_err();
    assert_eq!(error, CallError::Deadline(deadline));
    assert!(!error.is_fatal());
    assert_eq!(
        (stuck.next(), stuck.next()),
        (harness::Event::Arrived, harness::Event::Dropped)
    );
}

#[tokio::test]
async fn a_hanging_server_counts_as_lost_after_many_deadlines() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = Target::open(vec![
        listener.local_addr().unwrap().to_string().parse().unwrap(),
    ]);
    tokio::spawn(async move {
        let (mut peer, _) = listener.accept().await.unwrap();
        // The peer sends an empty SETTINGS frame, and then only reads.
        peer.write_all(b"\x00\x00\x00\x04\x00\x00\x00\x00\x00")
            .await
            .unwrap();
        tokio::io::copy(&mut peer, &mut tokio::io::sink()).await
    });
    let deadline = Duration::from_millis(100);
    let client = Client::lazy(target, deadline);
    let calls = (0..40).map(|n| client.call(call(Method::Add, n, 1)));
    let errors: Vec<_> = join_all(calls)
        .await
        .into_iter()
        .map(Result::unwrap_err)
        .collect();
    assert_eq!(
        errors[0],
        CallError::Deadline(deadline),
        "the first deadline is a fault of that call only"
    );
    let lost = errors
        .iter()
        .find(|error| error.is_fatal())
        .unwrap()
        .to_string();
    assert!(
        lost.ends_with("nothing was received while 16 calls waited 100ms each"),
        "{lost}"
    );
}

#[tokio::test]
async fn a_reset_stream_is_a_fault_of_its_call() {
    let (mut ours, theirs) = duplex(64 * 1024);
    let (dial, mut connections) = mpsc::channel::<DuplexStream>(1);
    let client = Client::lazy(Target::Embedded(dial, None), PATIENCE);
    let peer = async {
        let mut connection = connections.recv().await.unwrap();
        tokio::io::copy_bidirectional(&mut connection, &mut ours).await
    };
    let reset = async {
        let mut connection = h2::server::handshake(theirs).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            respond.send_reset(h2::Reason::INTERNAL_ERROR);
        }
    };
    tokio::select! {
        error = client.call(call(Method::Add, 1, 2)) => {
            let error = error.unwrap_err();
            assert!(!error.is_fatal(), "{error}");
            assert!(error.to_string().ends_with("(INTERNAL)"), "{error}");
        }
        _ = peer => panic!("the peer has gone"),
        () = reset => panic!("the server has gone"),
    }
}

#[tokio::test]
async fn a_dropped_call_is_cancelled_at_the_server() {
    let stuck = Stuck::start();
    let target = Target::open(vec![stuck.address.parse().unwrap()]);
    let client = Client::connect(target, PATIENCE, None).await.unwrap();
    {
        let mut calling = pin!(client.call(call(Method::Add, 1, 2)));
        let arrived = async {
            while stuck.events.try_recv() != Ok(harness::Event::Arrived) {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            reply = &mut calling => panic!("{reply:?}"),
            () = arrived => {}
        }
    }
    let dropped = async {
        while stuck.events.try_recv() != Ok(harness::Event::Dropped) {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, dropped).await.unwrap();
    assert_eq!(
        client.call(call(Method::Divide, 1, 2)).await,
        Ok(Reply::Float(0.5))
    );
}

#[tokio::test]
async fn messages_of_foreign_servers_are_shown_with_their_code() {
    let stuck = Stuck::start();
    let client = Client::lazy(Target::open(vec![stuck.address.parse().unwrap()]), PATIENCE);
    let error = client.call(call(Method::Multiply, 1, 2)).await.unwrap_err();
    assert_eq!(error.to_string(), "no multiplication table (INTERNAL)");
    assert!(!error.is_fatal());
    let error = client.call(call(Method::Subtract, 1, 2)).await.unwrap_err();
    let expected = format!(
        "{} refuses: who are you?\\u{{1b}}[2J (UNAUTHENTICATED)",
        stuck.address
    );
    assert_eq!(error.to_string(), expected);
    assert!(error.is_fatal());
}

/// The peers accept connections, but do not answer in HTTP/2.
#[tokio::test]
async fn peers_without_grpc_are_named_as_such() {
    let error_for = |bytes: &'static [u8], close: bool| async move {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let peer = tokio::spawn(async move {
            let (mut peer, _) = listener.accept().await.unwrap();
            peer.write_all(bytes).await.unwrap();
            if close {
                peer.shutdown().await.unwrap();
            }
            // Closing with unread bytes would reset the connection.
            let _ = tokio::io::copy(&mut peer, &mut tokio::io::sink()).await;
            future::pending::<()>().await;
        });
        let target = Target::open(vec![address.parse().unwrap()]);
        let client = Client::lazy(target, Duration::from_millis(300));
        let error = client.call(call(Method::Add, 1, 2)).await.unwrap_err();
        peer.abort();
        assert!(error.is_fatal());
        error.to_string().replace(&address, "ADDRESS")
    };
    let not_grpc = "cannot reach ADDRESS: the server does not speak gRPC, or it accepts only TLS: try https://";
    assert_eq!(
        error_for(b"HTTP/1.1 400 Bad Request\r\n\r\n", false).await,
        not_grpc
    );
    assert_eq!(
        error_for(b"HTTP/1.1 400 Bad Request\r\n\r\n", true).await,
        not_grpc
    );
    assert_eq!(
        error_for(b"\x15\x03\x01\x00\x02\x02\x46", false).await,
        not_grpc,
        "a TLS alert"
    );
    assert_eq!(
        error_for(b"", false).await,
        "cannot reach ADDRESS: the server accepted the connection, but sent nothing within 300ms"
    );
    assert_eq!(
        error_for(b"", true).await,
        "cannot reach ADDRESS: the server closed the connection without sending anything"
    );
}

/// Starts a server that answers every request with `response`, even if that is not valid gRPC.
fn responding(response: fn() -> http::Response<Body>) -> Target {
    let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = incoming.local_addr().unwrap().to_string();
    let service = tower::service_fn(move |_: http::Request<Body>| async move {
        Ok::<_, std::convert::Infallible>(response())
    });
    tokio::spawn(tonic::transport::Server::builder().serve_with_incoming(service, incoming));
    Target::open(vec![address.parse().unwrap()])
}

#[tokio::test]
async fn a_web_page_is_not_an_answer() {
    let page = || {
        http::Response::builder()
            .status(503)
            .header("content-type", "text/html")
            .body(Body::new("<html>".to_owned()))
            .unwrap()
    };
    let client = Client::lazy(responding(page), PATIENCE);
    let error = client.call(call(Method::Add, 1, 2)).await.unwrap_err();
    let expected = format!(
        "cannot reach {}: the server answers in HTTP, but not in gRPC (503 Service Unavailable)",
        client.server()
    );
    assert_eq!(error.to_string(), expected);
    assert!(error.is_fatal());
}

#[tokio::test]
async fn unreadable_error_details_are_dropped() {
    const STATUS: [(&str, &str); 3] = [
        ("grpc-status", "9"),
        ("grpc-message", "not now"),
        ("grpc-status-details-bin", "!!!"),
    ];
    let in_headers = || {
        let mut response = http::Response::new(Body::empty());
        for (name, value) in [("content-type", "application/grpc")].iter().chain(&STATUS) {
            response.headers_mut().insert(*name, value.parse().unwrap());
        }
        response
    };
    let in_trailers = || {
        let mut trailers = http::HeaderMap::new();
        for (name, value) in STATUS {
            trailers.insert(name, value.parse().unwrap());
        }
        let body = http_body_util::Empty::new().with_trailers(std::future::ready(Some(Ok::<
            _,
            std::convert::Infallible,
        >(
            trailers
        ))));
        let mut response = http::Response::new(Body::new(body));
        let grpc = "application/grpc".parse().unwrap();
        response.headers_mut().insert("content-type", grpc);
        response
    };
    for target in [responding(in_headers), responding(in_trailers)] {
        let client = Client::lazy(target, PATIENCE);
        let error = client.call(call(Method::Add, 1, 2)).await.unwrap_err();
        assert_eq!(error.to_string(), "not now (FAILED_PRECONDITION)");
    }
}

#[tokio::test]
async fn a_server_with_few_streams_answers_many_calls() {
    for streams in [1, 3, 100] {
        let incoming = TcpIncoming::bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let target = Target::open(vec![
            incoming.local_addr().unwrap().to_string().parse().unwrap(),
        ]);
        let service = CalculatorServer::new(CalculatorService);
        let server = tonic::transport::Server::builder().max_concurrent_streams(streams);
        tokio::spawn(server.serve_with_incoming(service, incoming));
        let client = Client::lazy(target, PATIENCE);
        let calls = (0..1000).map(|n| client.call(call(Method::Add, n, 1)));
        for (n, reply) in (0..).zip(join_all(calls).await) {
            assert_eq!(reply, Ok(Reply::Integer(n + 1)), "{streams} streams");
        }
    }
}

#[tokio::test]
async fn a_missing_server_is_reported() {
    let address = nobody();
    let target = Target::open(vec![address.parse().unwrap()]);
    let refused = format!("cannot reach {address}: connection refused; is a server running there?");
    let error = Client::connect(target.clone(), PATIENCE, None)
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), refused);
    let client = Client::lazy(target, PATIENCE);
    let error = client.call(call(Method::Add, 1, 2)).await.unwrap_err();
    assert_eq!(error.to_string(), refused);
    assert!(error.is_fatal());

    let target = Target::open(vec!["unix:/nonexistent/calc.sock".parse().unwrap()]);
    let error = Client::connect(target, PATIENCE, None).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot reach unix:/nonexistent/calc.sock: no such socket"
    );
}

#[tokio::test]
async fn a_shutdown_drops_silent_peers_at_once_and_closes_idle_connections() {
    let (dial, stop, server) = server(10 * PATIENCE);
    let idle = Client::lazy(Target::Embedded(dial.clone(), None), PATIENCE);
    idle.call(call(Method::Add, 1, 2)).await.unwrap();
    let (_silent, theirs) = duplex(64);
    dial.send(theirs).await.unwrap();
    let (mut hesitant, theirs) = duplex(64);
    hesitant.write_all(b"PRI * HTTP/2.0\r\n").await.unwrap();
    dial.send(theirs).await.unwrap();
    // A reply shows that the server has accepted the connections before it.
    let other = Client::lazy(Target::Embedded(dial, None), PATIENCE);
    other.call(call(Method::Add, 1, 2)).await.unwrap();

    stop.send(()).unwrap();
    assert_eq!(
        timeout(PATIENCE, server).await.unwrap().unwrap(),
        DrainOutcome::Drained
    );
}

#[tokio::test]
async fn a_shutdown_waits_for_a_frozen_peer_until_the_grace_has_passed() {
    let grace = Duration::from_millis(200);
    let (dial, stop, server) = server(grace);
    let (mut frozen, theirs) = duplex(64 * 1024);
    // The preface and an empty SETTINGS frame, and nothing after them.
    let hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    frozen.write_all(hello).await.unwrap();
    dial.send(theirs).await.unwrap();
    let other = Client::lazy(Target::Embedded(dial, None), PATIENCE);
    other.call(call(Method::Add, 1, 2)).await.unwrap();

    let stopped = Instant::now();
    stop.send(()).unwrap();
    let end = timeout(PATIENCE, server).await.unwrap().unwrap();
    assert_eq!(end, DrainOutcome::GraceExceeded);
    assert!(stopped.elapsed() >= grace);
}

/// `docs/how-a-call-travels.md` shows these bytes.
#[test]
fn bytes_of_a_call() {
    use prost::Message as _;
    assert_eq!(
        AddRequest { n1: 20, n2: 10 }.encode_to_vec(),
        [0x08, 0x14, 0x10, 0x0a]
    );
    assert_eq!(AddReply { n1: 30 }.encode_to_vec(), [0x08, 0x1e]);
}

/// A Cancel needs the number of the next answer. If there may be no next answer, this number is
/// unknown.
#[tokio::test]
async fn the_next_answer_has_a_number() {
    let client = embedded();
    let names = WorksheetRequest::Names {
        options: EvaluateOptions::default(),
    };
    let (requests, mut responses) = client.worksheet(names.clone()).await.unwrap();
    // The worksheet may have no names, and then there is no answer.
    assert_eq!(responses.due(), None);
    responses.wait().await.unwrap();
    assert_eq!(responses.take(), Some(Ok(WorksheetEvent::Done)));
    let run = WorksheetRequest::Run {
        text: "x = 1\n2".into(),
        lines: 2,
        options: EvaluateOptions::default(),
    };
    for first in [1, 4] {
        assert_eq!(responses.due(), None);
        requests.send(run.clone()).await;
        assert_eq!(responses.due(), Some(first));
        responses.wait().await.unwrap();
        assert!(matches!(
            responses.take(),
            Some(Ok(WorksheetEvent::Answer(_)))
        ));
        assert_eq!(responses.due(), Some(first + 1));
        assert!(matches!(
            responses.take(),
            Some(Ok(WorksheetEvent::Answer(_)))
        ));
        assert_eq!(responses.due(), None);
        assert_eq!(responses.take(), Some(Ok(WorksheetEvent::Done)));
        requests.send(names.clone()).await;
        assert_eq!(responses.due(), None);
        responses.wait().await.unwrap();
        assert!(matches!(
            responses.take(),
            Some(Ok(WorksheetEvent::Answer(_)))
        ));
        assert_eq!(responses.take(), Some(Ok(WorksheetEvent::Done)));
    }
}

//! Answers of servers and proxies that are not grpcalc's: statuses in any frame, HTTP statuses,
//! resets.

use std::io::{self, Write as _};

use h2::Reason;

use crate::{
    fake_server::{End, Reply, start},
    frames::{GOAWAY, SETTINGS, frame, message},
    harness::{ran, run},
};

const THIRTY: &[u8] = &[8, 30];

/// A server that has only `calc.Calculator`, and answers other calls with `unknown`.
fn calculator(unknown: Reply) -> String {
    start(move |request| {
        if request.uri().path() == "/calc.Calculator/Add" {
            Reply::grpc(&[message(THIRTY)], 0)
        } else {
            unknown.clone()
        }
    })
}

#[test]
fn unimplemented_is_understood_in_any_frame() {
    let trailers_only = Reply {
        headers: vec![
            ("content-type", "application/grpc".into()),
            ("grpc-status", "12".into()),
        ],
        ..Reply::default()
    };
    let empty_data = Reply::grpc(&[Vec::new()], 12);
    for reply in [
        trailers_only,
        Reply::grpc(&[], 12),
        empty_data,
        Reply::web(404),
        Reply {
            http: 404,
            ..Reply::default()
        },
    ] {
        let address = calculator(reply);
        let lowered = "grpcalc: this server supports only typed calls: expressions can have \
                       integers, + - * and a final /\n";
        for script in ["20 + 10\n20 + 10\n", "add 20 10\n20 + 10\n"] {
            let ended = run(&["--addr", &address], script);
            assert_eq!(ended, ran("30\n30\n", lowered, 0));
        }
        let ended = run(&["--addr", &address, "20 + 10"], "");
        assert_eq!((ended.stdout.as_str(), ended.code), ("30\n", 0));
        for (line, answer) in [
            (":services", "this server offers no reflection"),
            (":describe x", "this server offers no reflection"),
            (":health", "this server offers no health checks"),
            (":chat", "this server has no chat"),
            (":say hi", "this server has no chat"),
        ] {
            let ended = run(&["--addr", &address], format!("{line}\nadd 20 10\n"));
            assert_eq!(
                (ended.stdout.as_str(), ended.code),
                ("30\n", 1),
                "{ended:?}"
            );
            assert!(ended.stderr.contains(answer), "{ended:?}");
        }
    }
}

#[test]
fn http_statuses_are_mapped_and_named() {
    for (http, code) in [
        (400, 3),
        (401, 3),
        (403, 3),
        (404, 3),
        (429, 3),
        (431, 3),
        (500, 3),
        (502, 3),
        (503, 3),
        (504, 3),
        (200, 3),
    ] {
        let address = start(move |_| Reply::web(http));
        let ended = run(&["--addr", &address], "add 20 10\n");
        assert_eq!(ended.code, code, "{ended:?}");
        let words = format!("the server answers in HTTP, but not in gRPC ({http} ");
        assert!(ended.stderr.contains(&words), "{ended:?}");
        let ended = run(&["--addr", &address], "20 + 10\n");
        assert_eq!(ended.code, code, "{ended:?}");
        assert!(ended.stderr.contains(&words), "{ended:?}");
    }
    let address = start(|_| Reply::web(503));
    let ended = run(&["--addr", &address], ":say hi\n");
    assert!(
        ended.stderr.contains("may or may not have arrived"),
        "{ended:?}"
    );
}

/// A server whose first answers are `failure`, and whose later answers are good.
fn recovers(failure: Reply, failures: usize) -> String {
    let count = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    start(move |_| {
        if count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < failures {
            failure.clone()
        } else {
            Reply::grpc(&[message(THIRTY)], 0)
        }
    })
}

#[test]
fn pure_calls_are_sent_again_after_failures_of_a_proxy() {
    let reset = |reason| Reply {
        end: End::ResetAtOnce(reason),
        ..Reply::default()
    };
    let cut = |reason| Reply {
        headers: vec![("content-type", "application/grpc".into())],
        end: End::Reset(reason),
        ..Reply::default()
    };
    let no_status = Reply {
        headers: vec![("content-type", "application/grpc".into())],
        ..Reply::default()
    };
    for failure in [
        Reply::web(502),
        Reply::web(503),
        Reply::web(504),
        Reply::web(429),
        Reply::grpc(&[], 14),
        reset(Reason::INTERNAL_ERROR),
        reset(Reason::CANCEL),
        reset(Reason::NO_ERROR),
        reset(Reason::REFUSED_STREAM),
        cut(Reason::INTERNAL_ERROR),
        cut(Reason::CANCEL),
        no_status,
    ] {
        let address = recovers(failure.clone(), 4);
        let ended = run(&["--addr", &address], "add 20 10\nadd 20 10\n");
        assert_eq!(ended, ran("30\n30\n", "", 0), "{failure:?}");
    }
}

#[test]
fn a_reset_has_the_code_of_its_reason() {
    for (reason, code) in [
        (Reason::NO_ERROR, "INTERNAL"),
        (Reason::PROTOCOL_ERROR, "INTERNAL"),
        (Reason::INTERNAL_ERROR, "INTERNAL"),
        (Reason::FLOW_CONTROL_ERROR, "INTERNAL"),
        (Reason::SETTINGS_TIMEOUT, "INTERNAL"),
        (Reason::FRAME_SIZE_ERROR, "INTERNAL"),
        (Reason::COMPRESSION_ERROR, "INTERNAL"),
        (Reason::CONNECT_ERROR, "INTERNAL"),
        (Reason::CANCEL, "CANCELLED"),
        (Reason::INADEQUATE_SECURITY, "PERMISSION_DENIED"),
    ] {
        let address = start(move |_| Reply {
            end: End::ResetAtOnce(reason),
            ..Reply::default()
        });
        let ended = run(&["--addr", &address], "add 20 10\n");
        assert_eq!(ended.code, 1, "{ended:?}");
        assert!(ended.stderr.contains(&format!("({code})")), "{ended:?}");
    }
}

#[test]
fn a_goaway_says_why() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for peer in listener.incoming() {
            let mut peer = peer.unwrap();
            peer.write_all(&frame(SETTINGS, 0, 0, &[])).unwrap();
            let code = [0, 0, 0, 0, 0, 0, 0, 11];
            let payload = [&code[..], b"too_many_pings"].concat();
            peer.write_all(&frame(GOAWAY, 0, 0, &payload)).unwrap();
            // Until the client closes the connection.
            let _ = io::copy(&mut peer, &mut io::sink());
        }
    });
    let ended = run(&["--addr", &address], "add 20 10\n");
    assert_eq!(ended.code, 3, "{ended:?}");
    assert!(ended.stderr.contains("too_many_pings"), "{ended:?}");
}

#[test]
fn malformed_responses_are_no_success() {
    let two = Reply::grpc(&[message(THIRTY), message(THIRTY)], 0);
    let half = Reply::grpc(&[message(THIRTY)[..6].to_vec()], 0);
    let strange = Reply {
        end: End::Trailers(vec![("grpc-status", "x".into())]),
        ..Reply::grpc(&[message(THIRTY)], 0)
    };
    let no_status = Reply {
        end: End::Plain,
        ..Reply::grpc(&[message(THIRTY)], 0)
    };
    let unknown = Reply {
        end: End::Trailers(vec![("grpc-status", "99".into())]),
        ..Reply::grpc(&[message(THIRTY)], 0)
    };
    for (reply, code) in [
        (two, "UNIMPLEMENTED"),
        (Reply::grpc(&[], 0), "UNIMPLEMENTED"),
        (half, "INTERNAL"),
        (strange, "UNKNOWN"),
        (unknown, "UNKNOWN"),
        (no_status, "INTERNAL"),
    ] {
        let address = start(move |_| reply.clone());
        let ended = run(&["--addr", &address], "add 20 10\n");
        assert_eq!((ended.stdout.as_str(), ended.code), ("", 1), "{ended:?}");
        assert!(
            ended.stderr.contains(&format!("({code})")),
            "{code}: {ended:?}"
        );
    }
}

/// Returns a server whose evaluator answers every line with these messages: `response` to
/// `Evaluate`, and `row` as the only answer of a worksheet.
fn evaluator(response: &[u8], row: &[u8]) -> String {
    let mut worksheet = vec![0x0a, u8::try_from(row.len()).unwrap()];
    worksheet.extend_from_slice(row);
    // done: true
    worksheet.extend_from_slice(&[0x10, 1]);
    let (alone, sheet) = (message(response), message(&worksheet));
    start(move |request| {
        let is_worksheet = request.uri().path().ends_with("/Worksheet");
        Reply::grpc(
            &[if is_worksheet {
                sheet.clone()
            } else {
                alone.clone()
            }],
            0,
        )
    })
}

#[test]
fn a_long_list_of_services_is_cut() {
    // A service with the name "a".
    let services = [0x0a, 3, 0x0a, 1, b'a'].repeat(20_000);
    let mut response = vec![0x32];
    prost::encoding::encode_varint(services.len() as u64, &mut response);
    response.extend(services);
    let framed = message(&response);
    let address = start(move |_| Reply::grpc(std::slice::from_ref(&framed), 0));
    let ended = run(&["--addr", &address], ":services\n");
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let lines: Vec<_> = ended.stdout.lines().collect();
    assert_eq!(lines.len(), 10_001);
    assert_eq!(lines[10_000], "and more: only 10000 services are listed");
}

#[test]
fn an_answer_without_a_result_is_no_success() {
    // An answer with the index of its line only, and an answer whose fault has the message "no".
    let fault = [0x22, 0x04, 0x12, 0x02, b'n', b'o'];
    let mut answer = vec![0x0a, 6];
    answer.extend(fault);
    for (response, row, expected) in [
        (&[][..], &[][..], "neither a value nor a fault"),
        (&[0x0a, 0], &[0x08, 0], "neither a value nor a fault"),
        (&answer, &fault, "no"),
    ] {
        let address = evaluator(response, row);
        for arguments in [&["20 + 10"][..], &["--explain", "20 + 10"], &[]] {
            let options = [&["--addr", &address][..], arguments].concat();
            let ended = run(&options, "20 + 10\n");
            assert_ne!(ended.code, 0, "{arguments:?}: {ended:?}");
            assert!(ended.stderr.contains(expected), "{arguments:?}: {ended:?}");
        }
        // A comment has no result.
        if row.is_empty() {
            let ended = run(&["--addr", &address], "# nothing\n");
            assert_eq!(ended, ran("", "", 0));
        }
    }
}

#[test]
fn a_fleet_of_unlike_servers_answers_the_same_in_any_order() {
    let old = calculator(Reply::grpc(&[], 12));
    let (_new, new) = crate::harness::Serve::on_any_port();
    let script = "1/3 + 1/6\nx = 2^70\nx\nadd 20 10\n";
    for addresses in [[&old, &new], [&new, &old]] {
        let ended = run(&["--addr", addresses[0], "--addr", addresses[1]], script);
        assert_eq!(ended, ran("0.5\n1180591620717411303424\n30\n", "", 0));
        let ended = run(
            &["--addr", addresses[0], "--addr", addresses[1], "1/3 + 1/6"],
            "",
        );
        assert_eq!(ended, ran("0.5\n", "", 0));
        let ended = run(
            &["--addr", addresses[0], "--addr", addresses[1]],
            ":health\n",
        );
        assert_eq!(ended, ran("SERVING\n", "", 0));
    }
}

//! Reflection, health checks, metrics and the log of a server.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Instant,
};

use nix::sys::signal::Signal;

use crate::harness::{PATIENCE, Serve, ran, run, typed_only};

const SERVICES: &str = "\
calc.Calculator
grpcalc.v1.EvaluatorService
grpc.ChatServer
grpc.health.v1.Health
grpc.reflection.v1.ServerReflection
grpc.reflection.v1alpha.ServerReflection
";

#[test]
fn services_are_listed_and_described() {
    let (_server, address) = Serve::on_any_port();
    for options in [&[][..], &["--addr", &address]] {
        let ask = |line| run(&[options, &[line]].concat(), "");
        assert_eq!(ask(":services"), ran(SERVICES, "", 0));
        let described = ask(":describe calc.Calculator.Add");
        assert!(
            described
                .stdout
                .contains("rpc Add(calc.AddRequest) returns (calc.AddReply)"),
            "{described:?}"
        );
        assert!(described.stdout.contains("int32 n1 = 1;"), "{described:?}");
        assert!(
            described.stdout.contains("// "),
            "with its comments: {described:?}"
        );
        assert_eq!(ask(":describe /calc.Calculator/Add"), described);
        let described = ask(":describe .grpc.health.v1.Health");
        assert!(
            described.stdout.contains("service Health {"),
            "{described:?}"
        );
        let unknown = ask(":describe calc.Nothing");
        assert_eq!((unknown.stdout.as_str(), unknown.code), ("", 1));
        assert!(unknown.stderr.contains("not found"), "{unknown:?}");
    }
}

#[test]
fn health_of_the_server_and_of_each_service() {
    let (_server, address) = Serve::on_any_port();
    let script = ":health\n:health calc.Calculator\n1 + 1\n:health nobody\n";
    let found = run(&["--addr", &address], script);
    assert_eq!(
        (found.stdout.as_str(), found.code),
        ("SERVING\nSERVING\n2\n", 1)
    );
    assert!(found.stderr.starts_with("grpcalc: line 4: "), "{found:?}");
}

#[test]
fn missing_services_are_reported() {
    let address = typed_only();
    for (line, missing) in [
        (":services", "reflection"),
        (":describe calc.Calculator", "reflection"),
        (":health", "health checks"),
    ] {
        let error = format!("grpcalc: this server offers no {missing}\n");
        assert_eq!(run(&["--addr", &address, line], ""), ran("", &error, 1));
    }
}

/// Returns the server's HTTP response with the metrics.
pub(crate) fn scrape(address: &str) -> String {
    let mut connection = TcpStream::connect(address).unwrap();
    let request = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    let mut response = String::new();
    connection.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 200 OK\r\n"), "{response}");
    response
}

#[test]
fn calls_faults_and_limits_are_counted() {
    let mut server = Serve::start(&[
        "--listen",
        "127.0.0.1:0",
        "--metrics",
        "127.0.0.1:0",
        "--max-worksheets",
        "1",
        "--log",
        "json",
        "--log-level",
        "info",
    ]);
    let address = server.address();
    let metrics = server.address();
    let ask = |input: &str| run(&["--addr", &address], input);
    assert_eq!(ask("add 20 10\nadd 1 2\ndivide 1 0\n").code, 1);
    assert_eq!(ask("x = 1234567\nx/0\n1 +\nsqrt(-1)\n").code, 1);
    // The server sees the end of the worksheet's stream a little after the program has ended.
    let end = Instant::now() + PATIENCE;
    let text = loop {
        let text = scrape(&metrics);
        if text.contains("grpcalc_worksheets 0\n") || Instant::now() > end {
            break text;
        }
    };
    for line in [
        "grpc_server_handled_total{grpc_service=\"calc.Calculator\",grpc_method=\"Add\",grpc_code=\"OK\"} 2",
        "grpc_server_handled_total{grpc_service=\"calc.Calculator\",grpc_method=\"Divide\",grpc_code=\"INVALID_ARGUMENT\"} 1",
        "grpc_server_handled_total{grpc_service=\"grpcalc.v1.EvaluatorService\",grpc_method=\"Worksheet\",grpc_code=\"CANCELLED\"} 1",
        "grpc_server_handling_seconds_count{grpc_service=\"calc.Calculator\",grpc_method=\"Add\"} 2",
        "grpcalc_faults_total{reason=\"DIVISION_BY_ZERO\"} 2",
        "grpcalc_faults_total{reason=\"SYNTAX\"} 1",
        "grpcalc_faults_total{reason=\"DOMAIN\"} 1",
        "grpcalc_lines_total 4",
        "grpcalc_worksheets 0",
        "# EOF",
    ] {
        assert!(text.contains(&format!("{line}\n")), "{line} in {text}");
    }
    let mut other = TcpStream::connect(&metrics).unwrap();
    other.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
    let mut response = String::new();
    other.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.0 404 "), "{response}");

    server.signal(Signal::SIGTERM);
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0));
    let failed: Vec<_> = log
        .lines()
        .filter(|line| line.contains("call failed"))
        .collect();
    assert_eq!(failed.len(), 1, "{log}");
    for part in [
        "\"service\":\"calc.Calculator\",\"method\":\"Divide\"",
        "\"code\":\"INVALID_ARGUMENT\"",
        "\"reason\":\"DIVISION_BY_ZERO\"",
        "\"peer\":\"127.0.0.1:",
    ] {
        assert!(failed[0].contains(part), "{part} in {}", failed[0]);
    }
    assert!(!log.contains("1234567"), "{log}");
}

//! Evaluation of lines: over an in-memory pipe, and through the built program.

use std::{fmt::Write as _, time::Duration};

use futures_util::future::join_all;
use grpcalc::{
    client::{
        Answer, CallError, Client, Evaluate, EvaluateOptions, Fault, Reply, Target, TypedValue,
        WorksheetEvent, WorksheetRequest,
    },
    proto::grpcalc::v1::{
        AngleUnit, EvaluateRequest, Options, answer,
        evaluator_service_client::EvaluatorServiceClient, value,
    },
    server::{self, Settings},
};
use tokio::{
    io::{DuplexStream, duplex},
    sync::mpsc::Sender,
    time::{Instant, timeout},
};
use tonic::{Code, Status, transport::Endpoint};
use tonic_types::StatusExt as _;

use crate::{
    harness::{PATIENCE, Serve, grpcalc, on_screen, ran, run, typed_only},
    prompt::open,
};

/// A line that needs more work than the limit of one second.
pub(crate) const HEAVY: &str = "f(n) = if(n < 2, n, f(n - 1) + f(n - 2)); f(60)";

fn embedded() -> Client {
    let (dial, connections) = server::in_memory();
    tokio::spawn(async move {
        server::run(connections, std::future::pending(), Settings::default()).await
    });
    Client::lazy(Target::Embedded(dial, None), PATIENCE)
}

fn line(expression: &str) -> grpcalc::client::Request {
    grpcalc::client::Request::Evaluate(Evaluate {
        expression: expression.into(),
        options: grpcalc::client::EvaluateOptions::default(),
    })
}

pub(crate) async fn stub() -> EvaluatorServiceClient<tonic::transport::Channel> {
    stub_of(Settings::default(), std::future::pending()).await
}

/// Returns a stub of an embedded server.
pub(crate) async fn stub_of(
    settings: Settings,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> EvaluatorServiceClient<tonic::transport::Channel> {
    let (dial, connections) = server::in_memory();
    let held = dial.clone();
    tokio::spawn(async move {
        // The server would end if all of its dialers were dropped.
        let _held = held;
        server::run(connections, shutdown, settings).await
    });
    stub_on(dial).await
}

/// Returns a stub on a new connection.
pub(crate) async fn stub_on(
    dial: Sender<DuplexStream>,
) -> EvaluatorServiceClient<tonic::transport::Channel> {
    let connector = tower::service_fn(move |_| {
        let dial = dial.clone();
        async move {
            let (ours, theirs) = duplex(64 * 1024);
            dial.send(theirs).await.map_err(std::io::Error::other)?;
            Ok::<_, std::io::Error>(hyper_util::rt::TokioIo::new(ours))
        }
    });
    let endpoint = Endpoint::from_static("http://embedded");
    let channel = endpoint.connect_with_connector(connector).await;
    EvaluatorServiceClient::new(channel.unwrap())
}

fn request(expression: &str, options: Options) -> EvaluateRequest {
    EvaluateRequest {
        expression: expression.into(),
        options: Some(options),
    }
}

#[tokio::test]
async fn a_line_has_an_answer_or_a_fault() {
    let client = embedded();
    assert_eq!(
        client.call(line("20 + 10")).await,
        Ok(Reply::Answer(Answer {
            text: Some("30".into()),
            exact: Some(TypedValue::Integer(30)),
            ..Answer::default()
        }))
    );
    assert_eq!(
        client.call(line("x = 1/3")).await,
        Ok(Reply::Answer(Answer {
            name: "x".into(),
            text: Some("0.33333333333333333333".into()),
            rounded: true,
            exact: Some(TypedValue::Fraction {
                numerator: "1".into(),
                denominator: "3".into(),
            }),
            ..Answer::default()
        }))
    );
    let fault = client.call(line("2 + sqt(9)")).await.unwrap_err();
    assert_eq!(
        fault,
        CallError::Fault {
            code: Code::InvalidArgument,
            fault: Fault {
                reason: Some("UNKNOWN_NAME".into()),
                message: "unknown function 'sqt'".into(),
                place: Some(4..10),
                help: "did you mean 'sqrt'?".into(),
            },
        }
    );
    assert_eq!(
        fault.to_string(),
        "unknown function 'sqt' (column 5): did you mean 'sqrt'?"
    );
    assert_eq!(
        client.call(line("# nothing")).await,
        Ok(Reply::Answer(Answer::default()))
    );
}

#[tokio::test]
async fn values_are_typed_by_calls_and_worksheets_alike() {
    let client = embedded();
    let half = TypedValue::Fraction {
        numerator: "1".into(),
        denominator: "2".into(),
    };
    for (expression, value) in [
        ("2^62", Some(TypedValue::Integer(1 << 62))),
        ("-7", Some(TypedValue::Integer(-7))),
        ("255 to hex", Some(TypedValue::Integer(255))),
        ("factor(360)", Some(TypedValue::Integer(360))),
        ("0.5", Some(half)),
        ("1 < 2", Some(TypedValue::Truth(true))),
        ("2^90", Some(TypedValue::BigInteger)),
        ("2^90 to hex", Some(TypedValue::BigInteger)),
        ("factor(2^90)", Some(TypedValue::Untyped)),
        ("pi", None),
        ("f(x) = x", None),
        ("# comment", None),
    ] {
        let reply = client.call(line(expression)).await.unwrap();
        assert!(
            matches!(&reply, Reply::Answer(answer) if answer.exact == value),
            "{reply:?}"
        );
        let request = WorksheetRequest::Run {
            text: expression.into(),
            lines: 1,
            options: EvaluateOptions::default(),
        };
        let (_requests, mut responses) = client.worksheet(request).await.unwrap();
        responses.wait().await.unwrap();
        match responses.take() {
            Some(Ok(WorksheetEvent::Answer(Ok(answer)))) => {
                assert_eq!(Reply::Answer(answer.into_owned()), reply);
            }
            event => panic!("{event:?}"),
        }
    }
}

#[tokio::test]
async fn values_in_messages() {
    let mut stub = stub().await;
    let mut value = async |expression: &str, options: Options| {
        let response = stub.evaluate(request(expression, options)).await.unwrap();
        match response.into_inner().answer.unwrap().result.unwrap() {
            answer::Result::Value(value) => value,
            answer::Result::Fault(fault) => panic!("{fault:?}"),
        }
    };
    let plain = Options::default();
    assert_eq!(
        value("2^62", plain).await.exact,
        Some(value::Exact::Integer(1 << 62))
    );
    assert_eq!(
        value("1 < 2", plain).await.exact,
        Some(value::Exact::Truth(true))
    );
    let third = value("-1/3", plain).await;
    assert!(third.rounded);
    assert!(
        matches!(third.exact, Some(value::Exact::Fraction(f)) if f.numerator == "-1" && f.denominator == "3")
    );
    let long = value("10^5000", plain).await;
    assert_eq!((long.text.len(), long.exact), (5001, None));
    let options = Options { digits: 5, ..plain };
    assert_eq!(value("pi", options).await.text, "3.1416");
    let options = Options {
        angle_unit: AngleUnit::Degree.into(),
        ..plain
    };
    assert_eq!(value("sin(30)", options).await.text, "0.5");
}

#[tokio::test]
async fn faults_are_statuses_with_details() {
    let mut stub = stub().await;
    let mut status = async |expression: &str, digits: u32| -> Status {
        let options = Options {
            digits,
            ..Options::default()
        };
        stub.evaluate(request(expression, options))
            .await
            .unwrap_err()
    };
    for (expression, code, reason) in [
        ("1 +", Code::InvalidArgument, "SYNTAX"),
        ("foo", Code::InvalidArgument, "UNKNOWN_NAME"),
        ("sqrt(1, 2)", Code::InvalidArgument, "ARITY"),
        ("pi = 3", Code::InvalidArgument, "RESERVED_NAME"),
        ("1/0", Code::InvalidArgument, "DIVISION_BY_ZERO"),
        ("ln(0)", Code::InvalidArgument, "DOMAIN"),
        ("true + 1", Code::InvalidArgument, "TYPE"),
        ("1/sin(pi)", Code::InvalidArgument, "DIVISION_BY_ZERO"),
        (
            "1/(sin(1)^2 + cos(1)^2 - 1)",
            Code::InvalidArgument,
            "UNDECIDED",
        ),
        ("9^9^9 to integer", Code::ResourceExhausted, "LIMIT"),
    ] {
        let status = status(expression, 0).await;
        let info = status.get_details_error_info().unwrap();
        assert_eq!(
            (status.code(), info.reason.as_str()),
            (code, reason),
            "{expression}"
        );
        assert_eq!(info.domain, "grpcalc");
        assert!(info.metadata.contains_key("start") && info.metadata.contains_key("end"));
        let violations = status
            .get_details_bad_request()
            .map(|bad| bad.field_violations);
        assert_eq!(violations.is_some(), code == Code::InvalidArgument);
    }
    let long = "1".repeat(70_000);
    assert_eq!(status(&long, 0).await.code(), Code::ResourceExhausted);
    assert_eq!(status("pi", 1001).await.code(), Code::ResourceExhausted);
}

/// A line over a limit is not sent again, although an overloaded server returns the same code.
#[tokio::test]
async fn a_line_over_a_limit_fails_at_once() {
    let client = embedded();
    for _ in 0..3 {
        let start = Instant::now();
        client.call(line("100000000!")).await.unwrap_err();
        assert!(start.elapsed() < Duration::from_millis(500));
    }
}

/// A heavy line is not computed on the runtime's only thread.
#[tokio::test]
async fn a_heavy_line_does_not_delay_others() {
    let client = embedded();
    let heavy = client.call(line(HEAVY));
    let light = async {
        let mut answered = 0;
        loop {
            assert_eq!(client.call(line("1 + 1")).await.unwrap().to_string(), "2");
            answered += 1;
            tokio::task::yield_now().await;
            if answered > 200 {
                return;
            }
        }
    };
    tokio::select! {
        ended = heavy => panic!("the heavy line held up the others: {ended:?}"),
        () = light => {}
    }
}

/// The callers of heavy lines take turns. The number of their lines makes no difference.
#[tokio::test]
async fn a_flood_of_heavy_lines_does_not_shut_out_another_caller() {
    let (_server, address) = Serve::on_any_port();
    let connect = || {
        let target = Target::open(vec![address.parse().unwrap()]);
        Client::lazy(target, PATIENCE)
    };
    let floods: Vec<_> = (0..4).map(|_| connect()).collect();
    let flood = join_all(
        floods
            .iter()
            .flat_map(|client| (0..100).map(|_| client.call(line(HEAVY)))),
    );
    let other = connect();
    let answers = async {
        // A line that needs the pool.
        let short = HEAVY.replace("60", "14");
        for _ in 0..5 {
            assert_eq!(other.call(line(&short)).await.unwrap().to_string(), "377");
        }
    };
    tokio::select! {
        biased;
        () = answers => {}
        _ = flood => panic!("the flood ended first"),
    }
}

/// A dropped call frees the thread that computes its line.
#[tokio::test]
async fn a_dropped_call_stops_its_work() {
    let client = embedded();
    for _ in 0..20 {
        let gone = timeout(Duration::from_millis(5), client.call(line(HEAVY))).await;
        assert!(gone.is_err());
    }
    // If the work had not stopped, these lines would wait for twenty seconds.
    let start = Instant::now();
    let lines = (0..4).map(|_| client.call(line("2^99999 mod 1000007")));
    for answer in join_all(lines).await {
        answer.unwrap();
    }
    assert!(start.elapsed() < Duration::from_secs(10));
}

#[test]
fn lines_as_arguments() {
    for (arguments, output) in [
        (&["20 + 10"][..], "30\n"),
        (&["20", "+", "10"], "30\n"),
        (&["1/3*3 + sqrt(2)"], "2.4142135623730950488\n"),
        (&["--digits", "5", "pi"], "3.1416\n"),
        (&["-(3+4)"], "-7\n"),
        (&["x = 3; x^2"], "9\n"),
        (&["255 to hex"], "0xff\n"),
        (&["1 < 2"], "true\n"),
        (&["x = 3"], ""),
        (&["f(x) = x"], ""),
    ] {
        assert_eq!(run(arguments, ""), ran(output, "", 0), "{arguments:?}");
    }
    let long = run(&["1/7 to 1000000 digits"], "");
    let digits = "142857".repeat(166_667);
    assert_eq!((long.code, long.stdout.len()), (0, 1_000_003));
    assert!(long.stdout.starts_with("0.142857") && digits.starts_with(&long.stdout[2..1_000_001]));
    let error = "grpcalc: division by zero (column 2)\n";
    assert_eq!(run(&["1/0"], ""), ran("", error, 1));
    for digits in ["0", "1000001", "many"] {
        assert_eq!(run(&["--digits", digits, "pi"], "").code, 2);
    }
}

#[test]
fn a_script_mixes_calls_and_expressions() {
    let script = "\
# Both kinds of lines.
add 20 10
20 + 10
x = 5
2 x
1 +
sqrt(16)
2^100
";
    let error = "\
grpcalc: line 6: expected a number, a name or '(' after '+', found the end of the line (column 4)
";
    assert_eq!(
        run(&[], script),
        ran("30\n30\n10\n4\n1267650600228229401496703205376\n", error, 1)
    );
}

#[test]
fn the_prompt_marks_rounded_answers() {
    let mut terminal = open(grpcalc());
    for (line, answer) in [
        ("1/4 + 1/4", "0.5"),
        ("1/3", "≈ 0.33333333333333333333"),
        ("x = 2^10", "1024"),
        (
            "2 3",
            "expected an operator, found '3': write * between two factors",
        ),
    ] {
        terminal.exp_string("> ").unwrap();
        terminal.send_line(line).unwrap();
        terminal.exp_string(&on_screen(answer)).unwrap();
    }
    terminal.exp_string("> ").unwrap();
    terminal.send_control('d').unwrap();
    terminal.exp_eof().unwrap();
}

/// The server has only typed calls, like the tutorial's server.
#[test]
fn a_server_of_typed_calls_answers_what_it_can() {
    let address = typed_only();
    let arguments = ["--addr", &address];
    let script = "20 + 10\n7/2\n10/2\nadd 1 2\n-(2 + 3) * 4\nsqrt(16)\n2147483647 + 1\n5\n";
    let notice =
        "this server supports only typed calls: expressions can have integers, + - * and a final /";
    let beyond = "this server supports only typed calls, which cannot answer this line (column 1): \
                  write integers from -2147483648 to 2147483647 with +, - and *, \
                  and / only as the last operation";
    let found = run(&arguments, script);
    assert_eq!(found.stdout, "30\n3.5\n5.0\n3\n-20\n5\n");
    let errors: Vec<_> = found.stderr.lines().collect();
    assert_eq!(errors[0], format!("grpcalc: {notice}"));
    assert_eq!(errors[1], format!("grpcalc: line 6: {beyond}"));
    assert!(errors[2].starts_with("grpcalc: line 7: "), "{errors:?}");
    assert_eq!((errors.len(), found.code), (3, 1));
}

#[test]
fn a_remote_server_evaluates() {
    let (_server, address) = Serve::on_any_port();
    assert_eq!(
        run(&["--addr", &address, "2^0.5 to 5 digits"], ""),
        ran("1.4142\n", "", 0)
    );
}

/// Integers of more than 4,000 words whose words are alike: dashu's own product of them is often wrong.
#[test]
fn long_integers_with_runs_of_equal_bits() {
    let mut state = 7u64;
    let mut random = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let mut define = |name: &str, thousands: usize| -> String {
        let mut lines = format!("{name} = 1\n");
        for _ in 0..thousands {
            let mut word = 0;
            let mut digits = String::new();
            for _ in 0..1000 {
                match random() % 32 {
                    0 => word = 0,
                    1 => word = u64::MAX,
                    2 => word = 1,
                    3 => word = random(),
                    _ => {}
                }
                write!(digits, "{word:016x}").expect("writing to a String cannot fail");
            }
            writeln!(lines, "{name} = {name} << 64000 | 0x{digits}")
                .expect("writing to a String cannot fail");
        }
        lines
    };
    let mut script = String::from("m = 10^40 + 121\n");
    for (a, b) in [(5, 5), (7, 8), (7, 7)] {
        script += &define("a", a);
        script += &define("b", b);
        script += "a*b mod m == (a mod m)*(b mod m) mod m\n";
        script += "a^2 mod m == (a mod m)^2 mod m\n";
        script += "(a*b + 7) // a == b\n";
        script += "powmod(a, 2, b) == a^2 mod b\n";
    }
    assert_eq!(run(&[], script), ran(&"true\n".repeat(12), "", 0));
}

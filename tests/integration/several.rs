//! A client of several servers.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    thread,
};

use nix::sys::signal::Signal;

use crate::{
    discovery::scrape,
    harness::{Serve, nobody, piped, ran, run},
};

/// Returns a script of `count` typed calls.
fn additions(count: u32) -> String {
    (0..count).fold(String::new(), |text, n| text + &format!("add {n} 1\n"))
}

/// Returns the answers to the script `additions(count)`.
fn sums(count: u32) -> String {
    (1..=count).fold(String::new(), |text, n| text + &format!("{n}\n"))
}

#[test]
fn calls_are_spread_over_all_servers() {
    let mut servers =
        [0, 1].map(|_| Serve::start(&["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"]));
    let [one, other] = servers
        .each_mut()
        .map(|server| (server.address(), server.address()));
    let found = run(&["--addr", &one.0, "--addr", &other.0], additions(400));
    assert_eq!(found, ran(&sums(400), "", 0));
    let counts = [one.1, other.1].map(|metrics| {
        let text = scrape(&metrics);
        let add = "grpc_method=\"Add\",grpc_code=\"OK\"} ";
        let count = text
            .split_once(add)
            .and_then(|(_, rest)| rest.lines().next());
        count.unwrap().parse::<u32>().unwrap()
    });
    assert!(counts.iter().all(|count| *count >= 100), "{counts:?}");
    assert_eq!(counts.iter().sum::<u32>(), 400);
}

#[test]
fn killing_one_of_two_servers_loses_no_answer() {
    const LINES: u32 = 20_000;
    let (kept, one) = Serve::on_any_port();
    let (lost, other) = Serve::on_any_port();
    let mut child = piped(&["--addr", &one, "--addr", &other]);
    let mut input = child.stdin.take().unwrap();
    let writer = thread::spawn(move || input.write_all(additions(LINES).as_bytes()));
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut answers = String::new();
    for _ in 0..LINES / 4 {
        output.read_line(&mut answers).unwrap();
    }
    lost.kill();
    output.read_to_string(&mut answers).unwrap();
    writer.join().unwrap().unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
    assert_eq!(ended.status.code(), Some(0));
    assert!(
        answers == sums(LINES),
        "{} lines of answers",
        answers.lines().count()
    );
    drop(kept);
}

/// The calls under way were sent before the last answers of the stopped server.
#[test]
fn stopping_one_of_two_servers_loses_no_answer() {
    const LINES: u32 = 20_000;
    let (_kept, one) = Serve::on_any_port();
    let (stopped, other) = Serve::on_any_port();
    let mut child = piped(&["--timeout", "6s", "--addr", &one, "--addr", &other]);
    let mut input = child.stdin.take().unwrap();
    let writer = thread::spawn(move || input.write_all(additions(LINES).as_bytes()));
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut answers = String::new();
    for _ in 0..LINES / 4 {
        output.read_line(&mut answers).unwrap();
    }
    stopped.signal(Signal::SIGSTOP);
    output.read_to_string(&mut answers).unwrap();
    stopped.signal(Signal::SIGCONT);
    writer.join().unwrap().unwrap();
    assert_eq!(answers, sums(LINES));
    assert!(child.wait().unwrap().success());
}

/// The worksheet moves to the other server, unless the silent server only computes.
#[test]
fn stopping_the_server_of_a_worksheet_loses_no_answer() {
    let servers = [0, 1].map(|_| Serve::on_any_port());
    let addresses = servers.each_ref().map(|(_, address)| address.as_str());
    let mut child = piped(&[
        "--timeout",
        "6s",
        "--addr",
        addresses[0],
        "--addr",
        addresses[1],
    ]);
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut answered = |line: &str| {
        let mut answer = String::new();
        input.write_all(line.as_bytes()).unwrap();
        output.read_line(&mut answer).unwrap();
        answer
    };
    let mut expected = 0;
    for _ in 0..2 {
        assert_eq!(answered("x = 1; 20 + 10\n"), "30\n");
        for (server, _) in &servers {
            server.signal(Signal::SIGSTOP);
            expected += 1;
            let line = format!("x = x + {expected}; {expected}\n");
            // One of the two servers has the worksheet.
            assert_eq!(answered(&line), format!("{expected}\n"));
            server.signal(Signal::SIGCONT);
        }
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_missing_server_is_skipped() {
    let (_server, there) = Serve::on_any_port();
    for order in [[&nobody(), &there], [&there, &nobody()]] {
        let options = ["--addr", order[0], "--addr", order[1]];
        assert_eq!(
            run(&[&options[..], &["add", "1", "2"]].concat(), ""),
            ran("3\n", "", 0)
        );
        let script = "x = 3\nadd x 1\nx^2\nadd 1 1\n";
        assert_eq!(run(&options, script), ran("4\n9\n2\n", "", 0));
    }
}

#[test]
fn the_error_names_all_servers_if_none_can_be_reached() {
    let (one, other) = (nobody(), nobody());
    let found = run(&["--addr", &one, "--addr", &other, "add", "1", "2"], "");
    let error = format!(
        "grpcalc: cannot reach {one}, {other}: connection refused; is a server running there?\n"
    );
    assert_eq!(found, ran("", &error, 3));
}

/// The system accepts connections for the hanging server, but nothing answers them.
#[test]
fn a_hanging_server_is_skipped() {
    let (_server, there) = Serve::on_any_port();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let frozen = listener.local_addr().unwrap().to_string();
    for order in [[&frozen, &there], [&there, &frozen]] {
        let options = ["--timeout", "2s", "--addr", order[0], "--addr", order[1]];
        let script = additions(50) + "1/3\n";
        let expected = sums(50) + "0.33333333333333333333\n";
        assert_eq!(run(&options, script), ran(&expected, "", 0));
    }
}

//! Scripts through the built program.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::process::ExitStatusExt as _,
    process::Stdio,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::harness::{Event, Ran, Serve, Stuck, grpcalc, nobody, piped, ran, run};

const TUTORIAL: &str = "add 20 10\nsubtract 20 10\nmultiply 20 10\ndivide 20 10\n";

#[test]
fn the_tutorial_embedded_and_remote() {
    let answers = ran("30\n10\n200\n2.0\n", "", 0);
    assert_eq!(run(&[], TUTORIAL), answers);
    let (_server, address) = Serve::on_any_port();
    assert_eq!(run(&["--addr", &address], TUTORIAL), answers);
    assert_eq!(
        run(&["--addr", &format!("http://{address}")], TUTORIAL),
        answers
    );
}

#[test]
fn a_script_of_nine_lines_with_seven_bad_ones() {
    let script = b"add 1 2\nadd 1\nadd 1 2 3\nadd 1 x\nadd 1 99999999999\nmultipy 2 3\ndivide 1 0\n\xff\nsub 5 3";
    let operands = "operands are integers from -2147483648 to 2147483647, or names of such";
    assert_eq!(
        run(&[], script),
        ran(
            "3\n2\n",
            &format!(
                "\
grpcalc: line 2: 'add' takes 2 operands, found 1 (column 6): write add A B
grpcalc: line 3: 'add' takes 2 operands, found 3 (column 9): write add A B
grpcalc: line 4: unknown name 'x' (column 7): {operands}
grpcalc: line 5: '99999999999' does not fit int32 (column 7): {operands}
grpcalc: line 6: unknown command 'multipy' (column 1): did you mean 'multiply'?
grpcalc: line 7: division by zero
grpcalc: line 8: the byte 0xff is not UTF-8 (column 1): write the line in UTF-8
"
            ),
            1
        )
    );
}

#[test]
fn fail_fast_prints_nothing_after_the_first_fault() {
    let script = "add 1 2\ndivide 1 0\nadd 3 4\nadd x y\n";
    let fault = "grpcalc: line 2: division by zero\n";
    assert_eq!(run(&["--fail-fast"], script), ran("3\n", fault, 1));
}

#[test]
fn blank_lines_comments_and_quit() {
    let script = "\u{feff}# a comment\r\n\r\n  \nadd 1 2 # three\r\nquit\nadd 3 4\n";
    assert_eq!(run(&[], script), ran("3\n", "", 0));
    assert_eq!(run(&[], ""), ran("", "", 0));
    assert_eq!(run(&[], "\nadd 1 2"), ran("3\n", "", 0));
}

#[test]
fn help_is_text_that_was_asked_for() {
    let help = run(&[], "help\nhelp add\n");
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    assert!(help.stdout.contains("divide|div A B"), "{}", help.stdout);
    assert!(
        help.stdout.ends_with("  add 20 10 prints 30\n"),
        "{}",
        help.stdout
    );
}

#[test]
fn a_line_that_is_too_long_is_a_fault_of_its_own() {
    let script = format!("add 1 2\nadd 1 {}2\nadd 3 4\n", "0".repeat(1 << 20));
    let fault = "grpcalc: line 2: the line has 1048583 bytes, more than the limit of 65536 (column 1): split it\n";
    assert_eq!(run(&[], script), ran("3\n7\n", fault, 1));
}

#[test]
fn many_lines_keep_their_order() {
    let (mut script, mut answers, mut faults) = (String::new(), String::new(), String::new());
    for n in 0..20_000 {
        if n % 100 == 99 {
            writeln!(script, "divide {n} 0").unwrap();
            writeln!(faults, "grpcalc: line {}: division by zero", n + 1).unwrap();
        } else {
            writeln!(script, "add {n} 1").unwrap();
            writeln!(answers, "{}", n + 1).unwrap();
        }
    }
    assert_eq!(run(&[], &script), ran(&answers, &faults, 1));
    let (_server, address) = Serve::on_any_port();
    assert_eq!(
        run(&["--addr", &address], &script),
        ran(&answers, &faults, 1)
    );
}

#[test]
fn a_line_in_an_open_pipe_is_answered_without_more() {
    let mut child = grpcalc()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for n in 0..3 {
        writeln!(input, "add {n} 1").unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, format!("{}\n", n + 1));
    }
    // `quit` ends it although the pipe stays open.
    writeln!(input, "quit").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_closed_output_is_success() {
    let mut child = piped(&[]);
    drop(child.stdout.take());
    let mut input = child.stdin.take().unwrap();
    // The program may be gone before it has read everything.
    let _ = input.write_all("add 1 2\n".repeat(100_000).as_bytes());
    drop(input);
    let ended: Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ended, ran("", "", 0));
}

#[test]
fn a_server_that_is_not_there_ends_the_script() {
    let address = nobody();
    let complaint = format!(
        "\
grpcalc: line 1: unknown command ':x' (column 1): 'help' lists the commands
grpcalc: line 2: cannot reach {address}: connection refused; is a server running there?
grpcalc: neither that line nor any after it was answered
"
    );
    assert_eq!(
        run(&["--addr", &address], ":x\nadd 1 2\nadd 3 4\n"),
        ran("", &complaint, 3)
    );
}

#[test]
fn a_server_that_dies_under_a_script_ends_it() {
    let (server, address) = Serve::on_any_port();
    let mut child = piped(&["--addr", &address]);
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    writeln!(input, "add 1 2").unwrap();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "3\n");
    server.signal(Signal::SIGKILL);
    server.wait();
    writeln!(input, "add 3 4").unwrap();
    let Ran { stderr, code, .. } = child.wait_with_output().unwrap().into();
    assert_eq!(code, 3, "{stderr}");
    assert!(stderr.starts_with("grpcalc: line 2: "), "{stderr}");
}

#[test]
fn a_deadline_is_a_fault_of_its_line() {
    let stuck = Stuck::start();
    let script = "divide 1 2\nadd 1 2\ndivide 1 2\n";
    assert_eq!(
        run(&["--addr", &stuck.address, "--timeout", "300ms"], script),
        ran(
            "0.5\n0.5\n",
            "grpcalc: line 2: no answer within 300ms (DEADLINE_EXCEEDED)\n",
            1
        )
    );
}

#[test]
fn ctrl_c_ends_a_script() {
    let stuck = Stuck::start();
    let mut child = grpcalc()
        .args(["--addr", &stuck.address, "add", "1", "2"])
        .spawn()
        .unwrap();
    assert_eq!(stuck.next(), Event::Arrived);
    kill(
        Pid::from_raw(i32::try_from(child.id()).unwrap()),
        Signal::SIGINT,
    )
    .unwrap();
    let status = child.wait().unwrap();
    assert_eq!((status.code(), status.signal()), (Some(130), None));
}

//! Scripts through the built program.

use std::{
    fmt::Write as _,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    os::unix::process::ExitStatusExt as _,
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::harness::{Event, Ran, Serve, Stuck, grpcalc, nobody, piped, ran, run, typed_only};

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
    let operands = "operands are integers from -2147483648 to 2147483647, or names of integers";
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
fn help_goes_to_the_output() {
    let help = run(&[], "help\nhelp add\n");
    assert_eq!((help.code, help.stderr.as_str()), (0, ""));
    assert!(help.stdout.contains("divide (div) A B"), "{}", help.stdout);
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
    let mut child = piped(&[]);
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for n in 0..3 {
        for written in [format!("add {n} 1"), format!("{n} + 1"), "ans".into()] {
            writeln!(input, "{written}").unwrap();
            let mut line = String::new();
            output.read_line(&mut line).unwrap();
            assert_eq!(line, format!("{}\n", n + 1), "{written}");
        }
    }
    // `quit` ends the script although the pipe stays open.
    writeln!(input, "quit").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_closed_output_is_success() {
    let mut child = piped(&[]);
    drop(child.stdout.take());
    let mut input = child.stdin.take().unwrap();
    // The program may end before it has read all lines.
    let _ = input.write_all("add 1 2\n".repeat(100_000).as_bytes());
    drop(input);
    let ended: Ran = child.wait_with_output().unwrap().into();
    assert_eq!(ended, ran("", "", 0));
}

#[test]
fn an_unreachable_server_ends_the_script() {
    let address = nobody();
    let complaint = format!(
        "\
grpcalc: line 1: unknown command ':x' (column 1): 'help' lists the commands
grpcalc: line 2: cannot reach {address}: connection refused; is a server running there?
grpcalc: that line and all later lines were not answered
"
    );
    assert_eq!(
        run(&["--addr", &address], ":x\nadd 1 2\nadd 3 4\n"),
        ran("", &complaint, 3)
    );
}

#[test]
fn a_server_that_dies_during_a_script_ends_it() {
    for (first, second) in [("add 1 2", "add 3 4"), ("1 + 2", "x = 7")] {
        let (server, address) = Serve::on_any_port();
        let mut child = piped(&["--addr", &address, "--timeout", "2s"]);
        let mut input = child.stdin.take().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        writeln!(input, "{first}").unwrap();
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "3\n");
        server.kill();
        writeln!(input, "{second}").unwrap();
        let Ran { stderr, code, .. } = child.wait_with_output().unwrap().into();
        assert_eq!(code, 3, "{stderr}");
        let lines: Vec<_> = stderr.lines().collect();
        let [notice, error, end] = lines[..] else {
            panic!("{stderr}");
        };
        assert!(notice.ends_with("; trying to reconnect"), "{stderr}");
        assert!(error.starts_with("grpcalc: line 2: "), "{stderr}");
        let expected = "grpcalc: that line and all later lines were not answered";
        assert_eq!(end, expected);
    }
}

/// A server that is started again after it was killed, on the same port, while a script runs.
fn restarted(script: &str, gap: std::time::Duration, kills: usize) -> Ran {
    let (mut server, address) = Serve::on_any_port();
    let mut child = piped(&["--addr", &address]);
    let mut input = child.stdin.take().unwrap();
    let lines = script.to_owned();
    let writing = std::thread::spawn(move || input.write_all(lines.as_bytes()).unwrap());
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut stdout = String::new();
    for _ in 0..kills {
        for _ in 0..500 {
            output.read_line(&mut stdout).unwrap();
        }
        server.signal(Signal::SIGKILL);
        drop(server);
        std::thread::sleep(gap);
        server = Serve::at(&address);
    }
    output.read_to_string(&mut stdout).unwrap();
    writing.join().unwrap();
    let ended: Ran = child.wait_with_output().unwrap().into();
    Ran { stdout, ..ended }
}

#[test]
fn a_script_outlives_its_server() {
    let mut calls = String::new();
    let mut mixed = String::from("r = sqrt(2)\nf(x) = x * r\nk = 0\n");
    for n in 0..6_000 {
        writeln!(calls, "add {n} 1").unwrap();
        match n % 10 {
            0 => writeln!(mixed, "k = k + 1").unwrap(),
            1 => writeln!(mixed, "ans + k").unwrap(),
            2 => writeln!(mixed, "f({n})").unwrap(),
            3 => writeln!(mixed, "ans * r").unwrap(),
            4 => writeln!(mixed, "a = {n}; b = a + k; b").unwrap(),
            5 => writeln!(mixed, "a + b").unwrap(),
            6 => writeln!(mixed, "add {n} 2").unwrap(),
            7 => writeln!(mixed, "ans + 1").unwrap(),
            8 if n < 1_000 => writeln!(mixed, "1 +").unwrap(),
            _ => writeln!(mixed, "{n} / 7").unwrap(),
        }
    }
    for script in [&calls, &mixed] {
        let unbroken = run(&[], script);
        let second = std::time::Duration::from_secs(1);
        for (gap, kills) in [(second / 10, 3), (second, 1)] {
            let broken = restarted(script, gap, kills);
            assert_eq!(broken.stdout, unbroken.stdout);
            let notice = |line: &&str| !line.ends_with("; trying to reconnect");
            let errors: Vec<_> = broken.stderr.lines().filter(notice).collect();
            assert_eq!(errors, unbroken.stderr.lines().collect::<Vec<_>>());
            assert_eq!(broken.code, unbroken.code);
        }
    }
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

#[test]
fn lines_of_a_script_share_names() {
    let script = "x = 20\nadd x 10\nans + 1\nf(n) = n * x\nf(ans)\n:vars\n:forget x\nx\n:vars\nx = 1\n:clear\nx\n";
    let fault = "grpcalc: line 8: unknown name 'x' (column 1)\n\
                 grpcalc: line 12: unknown name 'x' (column 1)\n";
    let answers = "30\n31\n620\nf(n) = n * x\nx = 20\nf(n) = n * x\n";
    assert_eq!(run(&[], script), ran(answers, fault, 1));
}

#[test]
fn one_variable_through_many_batches() {
    let count = 100_000;
    let script = format!("x = 0\n{}x\n", "x = x + 1\n".repeat(count));
    assert_eq!(run(&[], script), ran(&format!("{count}\n"), "", 0));
}

#[test]
fn all_long_answers_are_printed() {
    let fourteen = run(&[], "2^999999\n".repeat(14));
    assert_eq!((fourteen.code, fourteen.stderr.as_str()), (0, ""));
    let answers: Vec<_> = fourteen.stdout.lines().collect();
    assert_eq!(answers.len(), 14);
    for answer in answers {
        assert_eq!(answer.len(), 301_030);
        assert!(
            answer.starts_with("49503") && answer.ends_with("4688"),
            "{}",
            &answer[..20]
        );
    }
}

/// Many lines, each in a separate write.
#[test]
fn lines_that_trickle_in_are_all_answered() {
    const LINES: usize = 30_000;
    let mut child = piped(&[]);
    let mut input = child.stdin.take().unwrap();
    let writing = std::thread::spawn(move || {
        for n in 0..LINES {
            input.write_all(format!("{n} + 1\n").as_bytes()).unwrap();
        }
    });
    let output = BufReader::new(child.stdout.take().unwrap());
    let mut count = 0;
    for line in output.lines() {
        count += 1;
        assert_eq!(line.unwrap(), count.to_string());
    }
    writing.join().unwrap();
    assert_eq!(count, LINES);
    assert!(child.wait().unwrap().success());
}

/// Returns the peak memory of a process, in bytes.
#[cfg(target_os = "linux")]
fn peak(child: &std::process::Child) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmHWM:"))
        .unwrap();
    let kilobytes: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kilobytes * 1024
}

/// The reader pauses before it reads long answers, short answers and answers to typed calls.
#[cfg(target_os = "linux")]
#[test]
fn a_paused_reader_costs_little_memory_and_no_answer() {
    let (_server, address) = Serve::on_any_port();
    for place in [&[][..], &["--addr", &address]] {
        let mut child = piped(&[&["--timeout", "1s"], place].concat());
        let mut input = child.stdin.take().unwrap();
        let writing = std::thread::spawn(move || {
            let lines = "2^99999 mod 10^9 + 10^9\nadd 1 2\n10^20000\n20 + 10\n".repeat(2_000);
            input.write_all(lines.as_bytes()).unwrap();
        });
        // For twice the deadline, no answer is read.
        std::thread::sleep(std::time::Duration::from_secs(2));
        let bytes = peak(&child);
        let output = BufReader::new(child.stdout.take().unwrap());
        let (mut count, mut length) = (0, 0);
        for line in output.lines() {
            count += 1;
            length += line.unwrap().len();
        }
        writing.join().unwrap();
        let Ran { stderr, code, .. } = child.wait_with_output().unwrap().into();
        assert_eq!((stderr.as_str(), code, count), ("", 0, 8_000));
        assert_eq!(length, 2_000 * (10 + 1 + 20_001 + 2));
        assert!(bytes < 64 << 20, "{bytes}");
    }
}

/// A server is killed during a script. Everything printed is right, and the message names the first
/// line that is not answered. `KILLS=1000 cargo test kill` repeats this 1,000 times.
#[test]
fn a_killed_server_costs_no_answer_before_the_line_that_is_named() {
    const LINES: usize = 20_000;
    let kills = std::env::var("KILLS").map_or(20, |kills| kills.parse::<u32>().unwrap());
    let mut script = String::from("x = 0\n");
    for n in 1..LINES {
        match n % 50 {
            0 => writeln!(script, "add {n} 0").unwrap(),
            _ => writeln!(script, "x = {n}; x").unwrap(),
        }
    }
    let (mut unharmed, mut middle) = (0, 0);
    for kill in 0..kills {
        let (server, address) = Serve::on_any_port();
        let mut child = piped(&["--addr", &address, "--timeout", "1s"]);
        let mut input = child.stdin.take().unwrap();
        let lines = script.clone();
        let writing = std::thread::spawn(move || {
            // The program may end before it has read all lines.
            let _ = input.write_all(lines.as_bytes());
        });
        // The server is killed after a random number of lines and a random delay of up to 1 ms.
        let random = kill.wrapping_mul(2_654_435_761) >> 8;
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut stdout = String::new();
        for _ in 0..random as usize % LINES {
            output.read_line(&mut stdout).unwrap();
        }
        std::thread::sleep(std::time::Duration::from_micros(u64::from(random) % 1_000));
        server.signal(Signal::SIGKILL);
        output.read_to_string(&mut stdout).unwrap();
        let Ran { stderr, code, .. } = child.wait_with_output().unwrap().into();
        writing.join().unwrap();
        drop(server);
        let answers: Vec<_> = stdout.lines().collect();
        for (n, answer) in answers.iter().enumerate() {
            assert_eq!(*answer, (n + 1).to_string(), "{stderr}");
        }
        if code == 0 {
            assert_eq!((answers.len(), stderr.as_str()), (LINES - 1, ""));
            unharmed += 1;
            continue;
        }
        assert_eq!(code, 3, "{stderr}");
        // Under load, the notice about the lost server comes first.
        let stderr = match stderr.split_once("; trying to reconnect\n") {
            Some((_, rest)) => rest.to_owned(),
            None => stderr,
        };
        let named = stderr.strip_prefix("grpcalc: line ").unwrap();
        let named: usize = named.split(':').next().unwrap().parse().unwrap();
        // The first line, a definition, prints nothing.
        let printed = if named == 1 { 0 } else { named - 2 };
        assert_eq!(answers.len(), printed, "{stderr}");
        middle += usize::from(named > 1);
        let end = "grpcalc: that line and all later lines were not answered\n";
        assert!(
            stderr.ends_with(end) && stderr.lines().count() == 2,
            "{stderr}"
        );
    }
    eprintln!("{kills} kills: {unharmed} too late, {middle} in the middle");
}

#[test]
fn the_next_address_is_tried() {
    let (server, address) = Serve::on_any_port();
    let dead = nobody();
    let (_other, second) = Serve::on_any_port();
    let script = "x = 1\nadd x 2\n";
    assert_eq!(
        run(&["--addr", &dead, "--addr", &address], script),
        ran("3\n", "", 0)
    );
    server.kill();
    assert_eq!(
        run(&["--addr", &address, "--addr", &second], script),
        ran("3\n", "", 0)
    );
    let complaint = format!(
        "grpcalc: cannot reach {dead}, {address}: connection refused; is a server running there?\n"
    );
    assert_eq!(
        run(&["--addr", &dead, "--addr", &address, "1 + 1"], ""),
        ran("", &complaint, 3)
    );
    let several = grpcalc()
        .env("GRPCALC_ADDR", format!("{dead},{second}"))
        .args(["1", "+", "1"])
        .output();
    assert_eq!(Ran::from(several.unwrap()), ran("2\n", "", 0));
}

#[test]
fn ctrl_c_ends_a_script_during_a_long_computation() {
    let mut child = piped(&[]);
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let heavy = "f(n) = if(n < 2, n, f(n - 1) + f(n - 2)); f(60)\n".repeat(1_000);
    write!(input, "1 + 1\n{heavy}").unwrap();
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert_eq!(line, "2\n");
    let start = std::time::Instant::now();
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    kill(pid, Signal::SIGINT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(
        start.elapsed() < std::time::Duration::from_secs(1),
        "{:?}",
        start.elapsed()
    );
}

/// In a worksheet too, a line that misses its deadline has a fault, and later lines are answered.
#[test]
fn a_deadline_of_a_worksheet_is_a_fault_of_its_line() {
    let script = "x = 1\nf(n) = if(n < 2, n, f(n - 1) + f(n - 2)); f(60)\nx + 1\n";
    let late = "grpcalc: line 2: no answer within 200ms (DEADLINE_EXCEEDED)\n";
    assert_eq!(run(&["--timeout", "200ms"], script), ran("2\n", late, 1));
}

/// Expressions wait for flow-control credit. The lines that wait for these expressions must not
/// hold all of the credit.
#[test]
fn a_server_without_worksheets_answers_mixed_lines() {
    let address = typed_only();
    let remote = ["--addr", &address, "--timeout", "5s"];
    let said = "grpcalc: this server supports only typed calls: expressions can have integers, + - * and a final /\n";
    for between in ["# nothing\n", "\n", "add 1 1\n"] {
        let script = format!("1 + 1\n{}", between.repeat(600));
        let behind = if between == "add 1 1\n" { 600 } else { 0 };
        let answers = "2\n".repeat(1 + behind);
        assert_eq!(run(&remote, &script), ran(&answers, said, 0), "{between}");
        let script = format!("1 + 1\n{between}").repeat(600);
        let answers = "2\n".repeat(600 + behind);
        assert_eq!(run(&remote, &script), ran(&answers, said, 0), "{between}");
    }
}

/// Each line takes about as long as the deadline. Whether a line is late does not depend on the
/// other lines.
#[test]
fn a_deadline_hits_the_line_that_is_late_and_no_other() {
    let script = (1..=20).fold(String::new(), |mut script, n| {
        writeln!(script, "gamma(1/3 + {n}) to 400 digits").unwrap();
        script
    });
    let answers = run(&[], &script).stdout;
    for timeout in ["80ms", "100ms"] {
        let printed = run(&["--timeout", timeout], &script);
        let (mut expected, mut late) = (String::new(), String::new());
        for (line, answer) in (1..).zip(answers.lines()) {
            let fault =
                format!("grpcalc: line {line}: no answer within {timeout} (DEADLINE_EXCEEDED)\n");
            if printed.stderr.contains(&fault) {
                late += &fault;
            } else {
                writeln!(expected, "{answer}").unwrap();
            }
        }
        let code = i32::from(!late.is_empty());
        assert_eq!(printed, ran(&expected, &late, code), "{timeout}");
    }
}

/// A typed call may have moved to the other server earlier.
#[test]
fn a_lost_worksheet_continues_at_another_server() {
    let (first, address) = Serve::on_any_port();
    let (_second, other) = Serve::on_any_port();
    let mut child = piped(&["--addr", &address, "--addr", &other]);
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut answer = |line: &str| {
        writeln!(input, "{line}").unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        answer
    };
    assert_eq!(answer("x = 5\nx"), "5\n");
    first.kill();
    assert_eq!(answer("add 1 2"), "3\n");
    assert_eq!(answer("ans + x"), "8\n");
    drop(input);
    let ended: Ran = child.wait_with_output().unwrap().into();
    assert_eq!((ended.code, ended.stderr.as_str()), (0, ""));
}

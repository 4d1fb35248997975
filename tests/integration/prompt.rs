//! The prompt in a pseudo-terminal.

use std::{
    path::Path,
    process::Command,
    time::{Duration, Instant},
};

use grpcalc::repl::settings::SETTINGS;
use nix::sys::{signal::Signal, wait::WaitStatus};
use rexpect::session::PtySession;

use crate::harness::{Event, Serve, Stuck, at_terminal, grpcalc, nobody, redirected, typed_only};

pub(crate) fn open(command: Command) -> PtySession {
    let mut terminal = at_terminal(command);
    terminal.exp_string("Ctrl-D ends.").unwrap();
    terminal
}

/// Opens the prompt of the program with `arguments`.
fn open_with(arguments: &[&str]) -> PtySession {
    let mut command = grpcalc();
    command.args(arguments);
    open(command)
}

/// Types `line` and waits for a line that is equal to `printed`.
#[track_caller]
fn answers(terminal: &mut PtySession, line: &str, printed: &str) {
    terminal.exp_string("> ").unwrap();
    terminal.send_line(line).unwrap();
    terminal.exp_string(&format!("\n{printed}\r\n")).unwrap();
}

/// Presses Ctrl-D at the next prompt and waits for the end of the program.
#[track_caller]
fn ends(mut terminal: PtySession) {
    terminal.exp_string("> ").unwrap();
    terminal.send_control('d').unwrap();
    has_ended(&mut terminal, 0);
}

/// Waits until the program ends with the exit code `code`, and returns the remaining output.
#[track_caller]
fn has_ended(terminal: &mut PtySession, code: i32) -> String {
    let printed = terminal.exp_eof().unwrap();
    let status = terminal.process().wait().unwrap();
    assert!(
        matches!(status, WaitStatus::Exited(_, found) if found == code),
        "{status:?}"
    );
    printed
}

#[test]
fn a_session() {
    let mut terminal = open(grpcalc());
    answers(&mut terminal, "add 20 10", "30");
    answers(&mut terminal, "divide 20 10", "2.0");
    answers(&mut terminal, "divide 1 0", "division by zero");
    let wrong = "  ^^^^^^^\r\nunknown command 'multipy': did you mean 'multiply'?";
    answers(&mut terminal, "multipy 2 3", wrong);
    answers(&mut terminal, "help quit", "quit|exit|:q|:quit");
    ends(terminal);
}

/// The table in `docs/prompt.md` has the same settings as `src/repl/settings`.
#[test]
fn the_settings_are_documented() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/prompt.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (_, table) = page.split_once("\n| setting | ").unwrap();
    let (table, _) = table.split_once("\n\n").unwrap();
    let documented: Vec<_> = table.lines().skip(2).map(str::to_owned).collect();
    let settings: Vec<_> = SETTINGS
        .iter()
        .map(|it| format!("| `{}` | {} | {} |", it.name, it.values, it.summary))
        .collect();
    assert_eq!(documented, settings);
}

#[test]
fn lines_typed_ahead_are_all_answered() {
    let mut terminal = open(grpcalc());
    terminal.exp_string("> ").unwrap();
    terminal.send("add 1 1\nadd 2 2\nadd 3 3\n").unwrap();
    for printed in ["\n2\r\n", "\n4\r\n", "\n6\r\n"] {
        terminal.exp_string(printed).unwrap();
    }
    ends(terminal);
}

#[test]
fn a_paste_of_several_lines_runs_each() {
    let mut terminal = open(grpcalc());
    terminal.exp_string("> ").unwrap();
    terminal
        .send("\x1b[200~add 1 1\nadd 2 2\x1b[201~\r")
        .unwrap();
    terminal.flush().unwrap();
    terminal.exp_string("\n2\r\n4\r\n").unwrap();
    ends(terminal);
}

#[test]
fn a_redirected_output_holds_the_answers_only() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("answers");
    let mut terminal = open(redirected(&format!("> {}", output.display())));
    for line in ["add 1 2", "add x", "help quit"] {
        terminal.exp_string("> ").unwrap();
        terminal.send_line(line).unwrap();
    }
    ends(terminal);
    let written = std::fs::read_to_string(output).unwrap();
    assert_eq!(written, "3\nquit|exit|:q|:quit\n  ends the session\n");
}

#[test]
fn a_full_standard_error_does_not_end_the_session() {
    let mut terminal = at_terminal(redirected("2> /dev/full"));
    terminal.exp_string("> ").unwrap();
    terminal.send_line("add x").unwrap();
    answers(&mut terminal, "add 1 2", "3");
    ends(terminal);
}

#[test]
fn quit_ends_it_too() {
    let mut terminal = open(grpcalc());
    terminal.exp_string("> ").unwrap();
    terminal.send_line("quit").unwrap();
    has_ended(&mut terminal, 0);
}

#[test]
fn ctrl_c_discards_the_line() {
    let mut terminal = open(grpcalc());
    terminal.exp_string("> ").unwrap();
    terminal.send("add 1 2").unwrap();
    terminal.flush().unwrap();
    terminal.exp_string("add 1 2").unwrap();
    terminal.send_control('c').unwrap();
    answers(&mut terminal, "add 3 4", "7");
    ends(terminal);
}

#[test]
fn ctrl_c_cancels_the_call_and_keeps_the_session() {
    let stuck = Stuck::start();
    let mut terminal = open_with(&["--addr", &stuck.address]);
    for _ in 0..2 {
        terminal.exp_string("> ").unwrap();
        terminal.send_line("add 1 2").unwrap();
        assert_eq!(stuck.next(), Event::Arrived);
        terminal.send_control('c').unwrap();
        terminal.exp_string("cancelled\r\n").unwrap();
        assert_eq!(stuck.next(), Event::Dropped, "the call is cancelled");
    }
    answers(&mut terminal, "divide 1 2", "0.5");
    ends(terminal);
}

#[test]
fn a_session_outlives_its_server() {
    let (server, address) = Serve::on_any_port();
    let mut terminal = open_with(&["--addr", &address]);
    server.kill();
    terminal.exp_string("> ").unwrap();
    terminal.send_line("add 1 3").unwrap();
    terminal.exp_string("trying to reconnect").unwrap();
    let server = Serve::at(&address);
    let again = format!("connected to {address} again\r\n");
    terminal.exp_string(&format!("{again}4\r\n")).unwrap();
    answers(&mut terminal, "add 3 4", "7");
    // The prompt also reconnects for a worksheet that was never opened.
    server.kill();
    terminal.exp_string("> ").unwrap();
    terminal.send_line("ans + 1").unwrap();
    terminal.exp_string("trying to reconnect").unwrap();
    let server = Serve::at(&address);
    terminal.exp_string(&format!("{again}8\r\n")).unwrap();
    // A typed call that reconnects restores the worksheet too.
    answers(&mut terminal, "x = 5", "5");
    server.kill();
    terminal.exp_string("> ").unwrap();
    terminal.send_line("add 1 4").unwrap();
    terminal.exp_string("trying to reconnect").unwrap();
    let _server = Serve::at(&address);
    terminal
        .exp_string("again, and the worksheet is restored\r\n5\r\n")
        .unwrap();
    answers(&mut terminal, "x + ans", "10");
    ends(terminal);
}

#[test]
fn history_outlives_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let session = |state: &Path| {
        let mut command = grpcalc();
        command
            .env_remove("GRPCALC_HISTORY")
            .env("XDG_STATE_HOME", state);
        open(command)
    };
    let mut terminal = session(folder.path());
    answers(&mut terminal, "add 40 2", "42");
    ends(terminal);

    let mut terminal = session(folder.path());
    terminal.exp_string("> ").unwrap();
    terminal.send("\x1b[A").unwrap();
    terminal.send_line("").unwrap();
    terminal.exp_string("\n42\r\n").unwrap();
    ends(terminal);
    assert!(folder.path().join("grpcalc/history").exists());
}

#[test]
fn tab_completes_a_command() {
    let mut terminal = open(grpcalc());
    terminal.exp_string("> ").unwrap();
    terminal.send("multip\t6 7\n").unwrap();
    terminal.exp_string("\n42\r\n").unwrap();
    ends(terminal);
}

#[test]
fn an_unreachable_server_is_reported_at_once() {
    let address = nobody();
    let mut command = grpcalc();
    command.args(["--addr", &address]);
    let mut terminal = at_terminal(command);
    let printed = has_ended(&mut terminal, 3);
    assert!(
        printed.contains(&format!("cannot reach {address}: connection refused")),
        "{printed}"
    );
}

#[test]
fn the_prompt_remembers() {
    let mut terminal = open(grpcalc());
    answers(&mut terminal, "x = 20", "20");
    answers(&mut terminal, "add x 10", "30");
    answers(&mut terminal, "ans / 4", "7.5");
    answers(&mut terminal, "divide 1 4", "0.25");
    answers(&mut terminal, "ans + x", "20.25");
    answers(
        &mut terminal,
        "y = 1; x = 1/0",
        "              ^\r\ndivision by zero",
    );
    answers(&mut terminal, "y", "  ^\r\nunknown name 'y'");
    terminal.exp_string("> ").unwrap();
    terminal.send_line("f(n) = n * x").unwrap();
    answers(&mut terminal, ":vars", "f(n) = n * x\r\nx = 20");
    terminal.exp_string("> ").unwrap();
    terminal.send_line(":clear").unwrap();
    answers(&mut terminal, "x", "  ^\r\nunknown name 'x'");
    ends(terminal);
}

#[test]
fn ctrl_c_stops_a_heavy_line_and_keeps_the_worksheet() {
    let mut terminal = open(grpcalc());
    answers(&mut terminal, "x = 3", "3");
    for _ in 0..2 {
        terminal.exp_string("> ").unwrap();
        terminal.send_line(crate::evaluate::HEAVY).unwrap();
        // The line would run for more than a second.
        std::thread::sleep(std::time::Duration::from_millis(200));
        let start = std::time::Instant::now();
        terminal.send_control('c').unwrap();
        terminal.exp_string("cancelled\r\n").unwrap();
        assert!(start.elapsed() < std::time::Duration::from_millis(500));
    }
    answers(&mut terminal, "x + 1", "4");
    ends(terminal);
}

#[test]
fn a_lost_worksheet_is_restored() {
    let (server, address) = Serve::on_any_port();
    let (_second, other) = Serve::on_any_port();
    let mut terminal = open_with(&["--addr", &address, "--addr", &other]);
    answers(&mut terminal, "x = 2^70", "1180591620717411303424");
    answers(&mut terminal, "r = 2", "2");
    terminal.exp_string("> ").unwrap();
    terminal.send_line("y = sqrt(r)").unwrap();
    terminal.exp_string("1.4142135623730950488\r\n").unwrap();
    terminal.exp_string("> ").unwrap();
    terminal.send_line("f(n) = n * r").unwrap();
    answers(&mut terminal, "r = 3", "3");
    answers(&mut terminal, "add 5 6", "11");
    server.kill();
    terminal.exp_string("> ").unwrap();
    terminal.send_line("ans + f(2)").unwrap();
    terminal
        .exp_string(&format!(
            "connected to {other} again, and the worksheet is restored\r\n17\r\n"
        ))
        .unwrap();
    answers(&mut terminal, "x", "1180591620717411303424");
    terminal.exp_string("> ").unwrap();
    terminal.send_line("y * 10^30 to 40 digits").unwrap();
    terminal
        .exp_string("1.41421356237309504880168872420969807857e30\r\n")
        .unwrap();
    ends(terminal);
}

/// The server ends, and starts again while the prompt tries to reconnect.
#[test]
fn a_worksheet_waits_for_its_server() {
    let (server, address) = Serve::on_any_port();
    let mut terminal = open_with(&["--addr", &address]);
    answers(&mut terminal, "x = 7", "7");
    server.kill();
    terminal.exp_string("> ").unwrap();
    terminal.send_line("x + 1").unwrap();
    terminal.exp_string("trying to reconnect").unwrap();
    // Ctrl-C ends the attempt to reconnect for this line.
    terminal.send_control('c').unwrap();
    terminal.exp_string("cancelled\r\n").unwrap();
    terminal.exp_string("> ").unwrap();
    terminal.send_line("x + 2").unwrap();
    // Each line that waits for the server reports the wait.
    terminal.exp_string("trying to reconnect").unwrap();
    let _server = Serve::at(&address);
    terminal
        .exp_string("the worksheet is restored\r\n9\r\n")
        .unwrap();
    ends(terminal);
}

/// The file takes more than a second. Its answers are on the screen, or redirected.
#[test]
fn a_long_file_has_a_progress_bar() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("long.calc");
    let heavy = crate::evaluate::HEAVY;
    let lighter = heavy.replace("60", "16");
    std::fs::write(
        &file,
        format!("{heavy}\n{}", format!("{lighter}\n").repeat(30)),
    )
    .unwrap();
    let name = file.display();
    for redirection in ["> /dev/null", ""] {
        let mut terminal = at_terminal(redirected(&format!("-f {name} {redirection}")));
        terminal.exp_regex(r"\d+ % .*KiB").unwrap();
        let rest = has_ended(&mut terminal, 1);
        assert_eq!(rest.contains("987\r\n"), redirection.is_empty());
    }
    let quick = folder.path().join("quick.calc");
    std::fs::write(&quick, "1 + 1\n").unwrap();
    let mut terminal = at_terminal(redirected(&format!("-f {}", quick.display())));
    assert_eq!(has_ended(&mut terminal, 0), "2\r\n");
}

/// The server that replaces a lost one may have no worksheets.
#[test]
fn a_worksheet_is_kept_while_no_server_has_worksheets() {
    let (server, address) = Serve::on_any_port();
    let other = typed_only();
    let mut terminal = open_with(&["--addr", &address, "--addr", &other]);
    // A preview under way would send the line to the other server, which is idle.
    terminal.exp_string("> ").unwrap();
    terminal.send_line(":set preview off").unwrap();
    answers(&mut terminal, "x = 7", "7");
    server.kill();
    answers(&mut terminal, "add 1 2", "3");
    terminal.exp_string("> ").unwrap();
    terminal.send_line(":vars").unwrap();
    // The notice is broken between words to fit the terminal.
    terminal.exp_string("evaluator\r\n").unwrap();
    answers(&mut terminal, "add 2 ans", "5");
    terminal.exp_string("> ").unwrap();
    terminal.send_line("20 + 10").unwrap();
    terminal
        .exp_string("only typed calls: expressions")
        .unwrap();
    terminal.exp_string("\n30\r\n").unwrap();
    let _server = Serve::at(&address);
    terminal.exp_string("> ").unwrap();
    terminal.send_line("x / 3").unwrap();
    terminal.exp_string("the worksheet is restored").unwrap();
    terminal.exp_string("2.3333333333333333333").unwrap();
    ends(terminal);
}

/// The deadline of a line covers everything that is done for it.
#[test]
fn a_silent_server_costs_one_timeout() {
    let (server, address) = Serve::on_any_port();
    let mut terminal = open_with(&["--addr", &address, "--timeout", "5s"]);
    answers(&mut terminal, "x = 7", "7");
    server.signal(Signal::SIGSTOP);
    for _ in 0..2 {
        terminal.exp_string("> ").unwrap();
        let begun = Instant::now();
        terminal.send_line("x + 1").unwrap();
        terminal.exp_regex("within 5s").unwrap();
        // Twice the timeout would be 10 s.
        assert!(begun.elapsed() < Duration::from_millis(9500));
    }
    server.signal(Signal::SIGCONT);
    answers(&mut terminal, "x + 1", "8");
    ends(terminal);
}

/// A server that does not respond for some time may still have the worksheet.
#[test]
fn a_worksheet_survives_calls_without_response() {
    let (server, address) = Serve::on_any_port();
    let mut terminal = open_with(&["--addr", &address, "--timeout", "200ms"]);
    answers(&mut terminal, "x = 7", "7");
    server.signal(Signal::SIGSTOP);
    for _ in 0..15 {
        let late = "no answer within 200ms (DEADLINE_EXCEEDED)";
        answers(&mut terminal, "add 1 2", late);
    }
    terminal.exp_string("> ").unwrap();
    terminal.send_line("add 1 2").unwrap();
    terminal.exp_string("nothing was received").unwrap();
    server.signal(Signal::SIGCONT);
    answers(&mut terminal, "x", "7");
    ends(terminal);
}

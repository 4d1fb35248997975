//! The screen that a user sees: the program in a pseudo-terminal, its output rendered by vt100.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    path::Path,
    process::Command,
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use nix::sys::{
    signal::Signal,
    termios::{LocalFlags, Termios, tcgetattr},
    wait::WaitStatus,
};
use rexpect::process::PtyProcess;
use vt100::{Color, Parser};

use crate::harness::{Event, PATIENCE, Serve, Stuck, grpcalc, nobody};

/// A pseudo-terminal in which a program runs.
pub(crate) struct Terminal {
    process: PtyProcess,
    keys: File,
    seen: Arc<Seen>,
}

/// The output of the program, shared with the thread that reads it.
struct Seen {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    parser: Parser,
    /// All bytes of the output.
    bytes: Vec<u8>,
    ended: bool,
}

pub(crate) const CTRL_A: &str = "\x01";
pub(crate) const CTRL_C: &str = "\x03";
pub(crate) const CTRL_D: &str = "\x04";
pub(crate) const CTRL_L: &str = "\x0c";
pub(crate) const CTRL_R: &str = "\x12";
const UP: &str = "\x1b[A";
const LEFT: &str = "\x1b[D";

/// Returns a command that starts the program as a user does, with colors.
fn colorful(arguments: &[&str]) -> Command {
    let mut command = grpcalc();
    command.env("TERM", "xterm-256color").args(arguments);
    command
}

/// Copies the environment of `command` to `shell`.
fn copy_environment(shell: &mut Command, command: &Command) {
    for (key, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(key, value),
            None => shell.env_remove(key),
        };
    }
}

impl Terminal {
    /// Opens a terminal of 80 columns and 24 rows.
    pub(crate) fn open(command: &Command) -> Self {
        Self::of_size(command, 24, 80)
    }

    pub(crate) fn of_size(command: &Command, rows: u16, columns: u16) -> Self {
        // Sets the size before the program can read it. rexpect has turned the echo off, but users
        // have it on.
        let mut shell = Command::new("sh");
        shell
            .arg("-c")
            .arg(format!("stty rows {rows} cols {columns} echo; exec \"$@\""))
            .arg("sh")
            .arg(command.get_program())
            .args(command.get_args());
        copy_environment(&mut shell, command);
        let mut process = PtyProcess::new(shell).unwrap();
        // Shells ignore the SIGTERM that rexpect sends first.
        process.set_kill_timeout(Some(1000));
        let keys = process.get_file_handle().unwrap();
        let mut output = process.get_file_handle().unwrap();
        let seen = Arc::new(Seen {
            state: Mutex::new(State {
                parser: Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 1000),
                bytes: Vec::new(),
                ended: false,
            }),
            changed: Condvar::new(),
        });
        let watched = Arc::clone(&seen);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            loop {
                // Some systems report the end of the program as an error.
                let count = output.read(&mut bytes).unwrap_or(0);
                let mut state = watched.state.lock().unwrap();
                state.parser.process(&bytes[..count]);
                state.bytes.extend_from_slice(&bytes[..count]);
                state.ended = count == 0;
                watched.changed.notify_all();
                if count == 0 {
                    return;
                }
            }
        });
        let terminal = Self {
            process,
            keys,
            seen,
        };
        terminal.shows("\n>");
        terminal
    }

    /// Discards the line.
    #[track_caller]
    fn discard(&mut self) {
        self.press(CTRL_C);
        self.line_is(">");
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Types `line` and Enter, and waits for `shown` and the next prompt below `shown`.
    #[track_caller]
    pub(crate) fn answers(&mut self, line: &str, shown: &str) {
        self.press(&format!("{line}\r"));
        let expected = format!("> {line}\n{shown}\n>");
        self.shows(&expected);
    }

    #[track_caller]
    fn wait(&self, what: &str, is_seen: impl Fn(&State) -> bool) {
        let state = self.seen.state.lock().unwrap();
        let waited = self
            .seen
            .changed
            .wait_timeout_while(state, PATIENCE, |state| !is_seen(state));
        let (state, _) = waited.unwrap();
        assert!(
            is_seen(&state),
            "{what:?} is not on this screen:\n{}",
            state.parser.screen().contents()
        );
    }

    /// Waits until `text` is on the screen. Spaces at the ends of lines are ignored.
    #[track_caller]
    pub(crate) fn shows(&self, text: &str) {
        self.wait(text, |state| contents(state).contains(text));
    }

    /// Waits until the line with the cursor is `text`.
    #[track_caller]
    fn line_is(&self, text: &str) {
        self.wait(text, |state| line(state) == text);
    }

    /// Waits until the screen ends with `line` and the preview `answer`.
    ///
    /// A preview that takes longer than 5 ms appears only after the next key.
    #[track_caller]
    pub(crate) fn previews(&mut self, line: &str, answer: &str) {
        self.wait(line, |state| contents(state).contains(line));
        let is_there = |state: &State| {
            let contents = contents(state);
            let shown = contents
                .rsplit_once(line)
                .map(|(_, shown)| shown.trim_end());
            shown.and_then(|shown| shown.strip_prefix("  ")) == Some(answer)
        };
        let end = Instant::now() + PATIENCE;
        loop {
            let state = self.seen.state.lock().unwrap();
            let soon = Duration::from_millis(100);
            let waited = self
                .seen
                .changed
                .wait_timeout_while(state, soon, |state| !is_there(state));
            let (state, _) = waited.unwrap();
            if is_there(&state) {
                return;
            }
            assert!(
                Instant::now() < end,
                "{answer:?} is not on this screen:\n{}",
                contents(&state)
            );
            let (row, column) = state.parser.screen().cursor_position();
            drop(state);
            // Waits until each key is handled, so that no key is pending when the preview is found.
            for (key, column) in [(" ", column + 1), ("\x7f", column)] {
                self.press(key);
                self.wait(answer, |state| {
                    state.parser.screen().cursor_position() == (row, column)
                });
            }
        }
    }

    /// Waits until the terminal's mode satisfies `is_set`.
    #[track_caller]
    fn has_mode(&self, is_set: impl Fn(&Termios) -> bool) {
        let end = Instant::now() + PATIENCE;
        loop {
            let mode = tcgetattr(&self.keys).unwrap();
            if is_set(&mode) {
                return;
            }
            assert!(Instant::now() < end, "{mode:?}");
            thread::yield_now();
        }
    }

    /// Presses Enter, and waits until the editor has released the terminal and the line runs.
    #[track_caller]
    fn runs(&mut self) {
        self.press("\r");
        self.has_mode(|mode| mode.local_flags.contains(LocalFlags::ISIG));
    }

    /// Waits for the end of the program.
    #[track_caller]
    pub(crate) fn has_ended(&self, code: i32) {
        self.wait("the end", |state| state.ended);
        let status = self.process.wait().unwrap();
        assert!(
            matches!(status, WaitStatus::Exited(_, found) if found == code),
            "{status:?}"
        );
    }

    /// Returns the contents of the screen.
    pub(crate) fn contents(&self) -> String {
        contents(&self.seen.state.lock().unwrap())
    }

    /// Whether `text` was ever printed.
    fn has_printed(&self, text: &str) -> bool {
        let state = self.seen.state.lock().unwrap();
        String::from_utf8_lossy(&state.bytes).contains(text)
    }

    /// Returns the line with the cursor, split into parts that have one style.
    ///
    /// A part is a text, a color and letters: `b` for bold, `d` for dim, `u` for underlined.
    fn looks(&self) -> Vec<(String, Option<u8>, String)> {
        let state = self.seen.state.lock().unwrap();
        let screen = state.parser.screen();
        let (row, _) = screen.cursor_position();
        let (_, columns) = screen.size();
        let mut parts: Vec<(String, Option<u8>, String)> = Vec::new();
        for column in 0..columns.get() {
            let Some(cell) = screen.cell(row, column).filter(|it| it.has_contents()) else {
                continue;
            };
            let color = match cell.fgcolor() {
                Color::Idx(color) => Some(color),
                _ => None,
            };
            let mut look = String::new();
            for (is_set, letter) in [
                (cell.bold(), 'b'),
                (cell.dim(), 'd'),
                (cell.underline(), 'u'),
            ] {
                look.extend(is_set.then_some(letter));
            }
            match parts.last_mut() {
                Some((text, same, attributes)) if *same == color && *attributes == look => {
                    *text += cell.contents();
                }
                _ => parts.push((cell.contents().to_owned(), color, look)),
            }
        }
        parts
    }
}

fn contents(state: &State) -> String {
    let screen = state.parser.screen();
    let (_, columns) = screen.size();
    let rows = screen.rows(0, columns.get());
    let rows: Vec<_> = rows.map(|row| row.trim_end().to_owned()).collect();
    format!("\n{}", rows.join("\n"))
}

fn line(state: &State) -> String {
    let screen = state.parser.screen();
    let (row, _) = screen.cursor_position();
    let (_, columns) = screen.size();
    let mut rows = screen.rows(0, columns.get());
    rows.nth(row.into())
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}

fn part(text: &str, color: Option<u8>, look: &str) -> (String, Option<u8>, String) {
    (text.into(), color, look.into())
}

const GREEN: Option<u8> = Some(2);
const BLUE: Option<u8> = Some(4);
const BRIGHT_RED: Option<u8> = Some(9);
const BRIGHT_BLUE: Option<u8> = Some(12);
const BRIGHT_MAGENTA: Option<u8> = Some(13);

#[test]
fn a_line_is_colored_and_answered_while_it_is_typed() {
    let mut terminal = Terminal::open(&colorful(&[]));
    terminal.press("1/3 + sqrt(2)");
    terminal.previews("> 1/3 + sqrt(2)", "≈ 1.7475468957064283821");
    assert_eq!(
        terminal.looks(),
        [
            part("> 1/3 + ", None, ""),
            part("sqrt", BRIGHT_BLUE, "b"),
            part("(", GREEN, "bu"),
            part("2", None, ""),
            part(")", GREEN, "bu"),
            part("  ≈ 1.7475468957064283821", None, "d"),
        ]
    );
    // Enter leaves the line as it was typed.
    terminal.press("\r");
    terminal.shows("> 1/3 + sqrt(2)\n≈ 1.7475468957064283821\n>");
    terminal.press("add 20 1# five");
    terminal.line_is("> add 20 1# five");
    assert_eq!(
        terminal.looks(),
        [
            part("> ", None, ""),
            part("add", BRIGHT_MAGENTA, "b"),
            part(" 20 1", None, ""),
            part("# five", None, "d"),
        ]
    );
}

#[test]
fn a_theme_chooses_the_colors() {
    let folder = tempfile::tempdir().unwrap();
    let themed = || {
        let mut command = colorful(&[]);
        command.env("GRPCALC_CONFIG", folder.path());
        Terminal::of_size(&command, 24, 200)
    };
    let mut terminal = themed();
    terminal.press(":set theme light --save\r");
    terminal.shows("saved in ");
    terminal.press("sqrt(2) + (");
    terminal.line_is("> sqrt(2) + (");
    let light = [
        part("> ", None, ""),
        part("sqrt", BLUE, "b"),
        part("(2) + (", None, ""),
    ];
    assert_eq!(terminal.looks(), light);
    terminal.discard();
    terminal.press("1/0\r");
    terminal.shows("division by zero\n>");
    assert!(terminal.has_printed("\x1b[31mdivision by zero\x1b[0m"));
    terminal.press(CTRL_D);
    terminal.has_ended(0);
    // Later sessions begin with the saved theme.
    let mut terminal = themed();
    terminal.press("sqrt(2) + (");
    terminal.line_is("> sqrt(2) + (");
    assert_eq!(terminal.looks(), light);
    terminal.discard();
    terminal.press(":set theme none\r2 * (3 + sqt(4)) # five\r");
    terminal.shows("did you mean 'sqrt'?\n>");
    assert!(!terminal.has_printed("\x1b[31m"));
    terminal.press("6 * (7)");
    terminal.previews("> 6 * (7)", "[= 42]");
    assert_eq!(terminal.looks(), [part("> 6 * (7)  [= 42]", None, "")]);
}

#[test]
fn the_faulty_part_is_marked() {
    let mut terminal = Terminal::open(&colorful(&[]));
    // The preview finds this fault, and Enter shows carets under it.
    terminal.press("2 + sqt(16) + 1");
    terminal.line_is("> 2 + sqt(16) + 1");
    let faulty = part("sqt(16)", BRIGHT_RED, "u");
    while !terminal.looks().contains(&faulty) {
        // The preview of the last key may come late.
        terminal.press(" \x7f");
        thread::yield_now();
    }
    terminal.press("\r");
    terminal
        .shows("> 2 + sqt(16) + 1\n      ^^^^^^^\nunknown function 'sqt': did you mean 'sqrt'?\n>");
    // The editor finds syntax errors without the server.
    terminal.press("1.2.3 * 4");
    terminal.line_is("> 1.2.3 * 4");
    assert_eq!(
        terminal.looks()[1..3],
        [part("1.2.3", BRIGHT_RED, "u"), part(" * 4", None, "")]
    );
}

#[test]
fn numbers_and_incomplete_lines_have_no_preview() {
    let mut terminal = Terminal::open(&colorful(&[]));
    terminal.press("x = 7\rx = 12 + 1");
    terminal.previews("> x = 12 + 1", "= 13");
    terminal.discard();
    terminal.press("12");
    terminal.press("\x7f\x7f(1 + 1");
    terminal.line_is("> (1 + 1");
    for answer in ["= 12\x1b", "= 1\x1b", "= 2\x1b"] {
        assert!(!terminal.has_printed(answer), "{answer}");
    }
    terminal.discard();
    terminal.press(":set preview off\r6 * 7");
    terminal.line_is("> 6 * 7");
    terminal.press("\r");
    terminal.shows("> 6 * 7\n42\n>");
    assert!(!terminal.has_printed("= 42"));
    // Previews have not changed the worksheet.
    terminal.answers("x", "7");
}

#[test]
fn a_preview_knows_the_worksheet_and_typed_calls() {
    let mut terminal = Terminal::open(&colorful(&[]));
    terminal.answers("rate = 0.5", "0.5");
    terminal.press("rate * 3");
    terminal.previews("> rate * 3", "= 1.5");
    terminal.discard();
    terminal.answers("add 20 10", "30");
    terminal.press("ans / 4");
    terminal.previews("> ans / 4", "= 7.5");
    terminal.press("\r");
    terminal.shows("> ans / 4\n7.5\n>");
    terminal.press("2^4000");
    terminal.previews("> 2^4000", "= 13182040934309431001…910949376 (1205 digits)");
}

#[test]
fn tab_offers_names_with_their_help() {
    let mut terminal = Terminal::open(&colorful(&[]));
    terminal.answers("coins = 12", "12");
    terminal.press("2 * co\t\t");
    terminal.shows("> 2 * co\ncos(x)                     the cosine\n");
    terminal.shows("\ncoins                      = 12\n> 2 * co");
    // If there is only one candidate, Tab inserts it.
    terminal.press("i\t");
    terminal.previews("> 2 * coins", "= 24");
    // Keys that are typed together with Tab are kept.
    terminal.press(&format!("{CTRL_C}:expl\tadd 1 "));
    terminal.line_is("> :explain add 1");
    terminal.discard();
    terminal.press(":set ang\t\t");
    terminal.line_is("> :set angle");
}

#[test]
fn a_session_that_was_stopped_goes_on_with_its_line() {
    // A shell with job control.
    let mut shell = Command::new("bash");
    shell.args(["--norc", "--noprofile", "-i"]);
    let command = colorful(&[]);
    copy_environment(&mut shell, &command);
    shell.env("PS1", "\n>> ");
    let program = command.get_program().to_str().unwrap();
    for _ in 0..3 {
        let mut terminal = Terminal::open(&shell);
        terminal.press(&format!("{program}\r"));
        terminal.shows("Ctrl-D ends.\n>");
        terminal.press("1 + 20");
        terminal.previews("> 1 + 20", "= 21");
        terminal.press("\x1a");
        terminal.shows("Stopped");
        terminal.wait("the shell", |state| line(state) == ">>");
        terminal.press("fg\r");
        terminal.wait("the editor", |state| line(state).starts_with("> 1 + 20"));
        terminal.press(&format!("{LEFT}3\r"));
        terminal.shows("> 1 + 230\n231\n>");
        terminal.press(CTRL_D);
        terminal.wait("the shell", |state| line(state) == ">>");
        terminal.press("exit\r");
        terminal.has_ended(0);
    }
}

#[test]
fn keys_typed_while_a_line_runs_appear_at_the_next_prompt() {
    let (server, address) = Serve::on_any_port();
    let mut terminal = Terminal::open(&colorful(&["--addr", &address]));
    terminal.answers("x = 5", "5");
    server.signal(Signal::SIGSTOP);
    terminal.press("x + y");
    terminal.line_is("> x + y");
    terminal.runs();
    terminal.press("6 * 8\x7f7");
    server.signal(Signal::SIGCONT);
    terminal.shows("> x + y\n      ^\nunknown name 'y'\n> 6 * 7");
    terminal.press("\r");
    terminal.shows("> 6 * 7\n42\n>");
    // Ctrl-C stops a line that runs, and discards the keys typed after it.
    let stuck = Stuck::start();
    let mut terminal = Terminal::open(&colorful(&["--addr", &stuck.address]));
    terminal.press("add 1 2\r");
    assert_eq!(stuck.next(), Event::Arrived);
    terminal.press(&format!("6 * 7{CTRL_C}"));
    terminal.shows("> add 1 2\ncancelled\n>");
    terminal.line_is(">");
}

#[test]
fn a_line_that_was_stopped_runs_on_without_echo() {
    let mut shell = Command::new("bash");
    shell.args(["--norc", "--noprofile", "-i"]);
    let (server, address) = Serve::on_any_port();
    let command = colorful(&[]);
    copy_environment(&mut shell, &command);
    shell.env("PS1", "\n>> ");
    let program = command.get_program().to_str().unwrap();
    let mut terminal = Terminal::open(&shell);
    terminal.press(&format!("{program} --addr {address}\r"));
    terminal.shows("Ctrl-D ends.\n>");
    terminal.answers("x = 5", "5");
    server.signal(Signal::SIGSTOP);
    terminal.press("x + y");
    terminal.line_is("> x + y");
    terminal.runs();
    terminal.press("\x1a");
    terminal.shows("Stopped");
    terminal.wait("the shell", |state| line(state) == ">>");
    terminal.press("fg\r");
    // bash's editor turns the echo off too. bash prints the command after it leaves the editor.
    terminal.wait("the command", |state| {
        let contents = contents(state);
        let shown = contents.rsplit_once("Stopped");
        shown.is_some_and(|(_, shown)| shown.matches("--addr").count() == 2)
    });
    terminal.has_mode(|mode| !mode.local_flags.contains(LocalFlags::ECHO));
    terminal.press("6 * 7");
    server.signal(Signal::SIGCONT);
    terminal.shows("\n      ^\nunknown name 'y'\n> 6 * 7");
    terminal.press("\r");
    terminal.shows("> 6 * 7\n42\n>");
    terminal.press(CTRL_D);
    terminal.wait("the shell", |state| line(state) == ">>");
    terminal.press("exit\r");
    terminal.has_ended(0);
}

#[test]
fn ctrl_z_does_nothing_without_job_control() {
    let mut terminal = Terminal::open(&colorful(&[]));
    terminal.press("1 + 20");
    terminal.previews("> 1 + 20", "= 21");
    terminal.press("\x1a3\r");
    terminal.shows("> 1 + 203\n204\n>");
}

#[test]
fn ctrl_c_ends_a_list_of_names_and_not_the_next_line() {
    let mut terminal = Terminal::of_size(&colorful(&["--color", "never"]), 12, 80);
    terminal.press("\t\t");
    terminal.shows("--More--");
    terminal.press(CTRL_C);
    terminal.answers("1 + 1", "2");
    let mut terminal = Terminal::of_size(&colorful(&[]), 12, 80);
    terminal.press("1 + \x7f\x7f\x7f\x7f\t\t");
    terminal.shows("--More--");
    terminal.press(CTRL_C);
    terminal.line_is(">");
    terminal.answers("1 + 1", "2");
    // Ctrl-C removes the preview.
    terminal.press("6 * 7");
    terminal.previews("> 6 * 7", "= 42");
    terminal.press(CTRL_C);
    terminal.shows("\n> 6 * 7\n>");
}

#[test]
fn up_searches_for_lines_with_the_same_beginning() {
    let mut terminal = Terminal::open(&grpcalc());
    // A late preview would need another key.
    terminal.press(":set preview off\r");
    terminal.answers("x1 = 11", "11");
    terminal.answers("2 + 3", "5");
    terminal.answers("x2 = 22", "22");
    terminal.answers("4 + 5", "9");
    terminal.press(UP);
    terminal.line_is("> 4 + 5");
    // The cursor stands behind the line, and still the next line is any line.
    terminal.press(UP);
    terminal.line_is("> x2 = 22");
    terminal.press(UP);
    terminal.line_is("> 2 + 3");
    terminal.discard();
    terminal.press(&format!("x{UP}\r"));
    terminal.shows("> x2 = 22\n22\n>");
    terminal.press(&format!("x{UP}{UP}\r"));
    terminal.shows("> x1 = 11\n11\n>");
}

#[test]
fn a_leading_operator_continues_the_last_answer() {
    let mut terminal = Terminal::open(&grpcalc());
    terminal.answers("6", "6");
    for (typed, shown) in [
        ("* 7", "> ans * 7\n42\n>"),
        ("/2", "> ans /2\n21\n>"),
        ("-1", "> -1\n-1\n>"),
        ("%", "> ans %\n-0.01\n>"),
        ("^2", "> ans ^2\n0.0001\n>"),
        (
            "to percent",
            "> to percent\n0.01%\n(read as ans to percent)\n>",
        ),
        ("->sci", "> ->sci\n1e-4\n>"),
        ("3", "> 3\n3\n>"),
        ("!", "> ans !\n6\n>"),
        ("2*3", "> 2*3\n6\n>"),
    ] {
        terminal.press(&format!("{typed}\r"));
        terminal.shows(shown);
    }
}

#[test]
fn a_line_goes_on_while_a_parenthesis_is_open() {
    let mut terminal = Terminal::open(&colorful(&[]));
    terminal.press("max(1, # one\r2,\r3)");
    terminal.previews("> max(1, # one\n2,\n3)", "= 3");
    terminal.press("\r");
    terminal.shows("3)\n3\n>");
    // A fault is marked in the joined line.
    terminal.press("(1 +\rx)\r");
    terminal.shows("x)\n  (1 + x)\n       ^\nunknown name 'x'\n>");
    // A blank line ends the input.
    terminal.press("(1 +\r\r");
    terminal.shows("^\nexpected a number");
    // The history keeps the lines as they were typed.
    terminal.press(&format!("{UP}{UP}{UP}"));
    terminal.shows("> max(1, # one\n2,\n3)");
}

#[test]
fn invalid_utf8_discards_only_the_line() {
    let mut terminal = Terminal::open(&colorful(&[]));
    terminal.answers("x = 6", "6");
    terminal.press("7 * ");
    terminal.line_is("> 7 *");
    terminal.keys.write_all(b"\xff").unwrap();
    terminal.shows("the input is not UTF-8; the line is discarded\n>");
    terminal.answers("7 x", "42");
}

#[test]
fn a_signal_that_ends_the_session_leaves_the_terminal_as_it_was() {
    let mut terminal = Terminal::open(&colorful(&[]));
    let flags = |terminal: &Terminal| tcgetattr(&terminal.keys).unwrap().local_flags;
    terminal.press("1 +");
    terminal.line_is("> 1 +");
    assert!(!flags(&terminal).contains(LocalFlags::ICANON));
    terminal.process.signal(Signal::SIGTERM).unwrap();
    terminal.has_ended(143);
    assert!(flags(&terminal).contains(LocalFlags::ICANON));
    assert!(terminal.has_printed("\x1b[?2004l\r\n"));
}

#[test]
fn the_terminal_echoes_again_when_the_session_has_ended() {
    let (server, address) = Serve::on_any_port();
    let echoes = |terminal: &Terminal| {
        let mode = tcgetattr(&terminal.keys).unwrap();
        mode.local_flags
            .contains(LocalFlags::ECHO | LocalFlags::ICANON)
    };
    let mut terminal = Terminal::open(&colorful(&["--addr", &address]));
    terminal.press(CTRL_D);
    terminal.has_ended(0);
    assert!(echoes(&terminal));
    // Ctrl-\ is a signal while a line runs.
    for (signal, code) in [
        (Some(Signal::SIGTERM), 143),
        (Some(Signal::SIGHUP), 129),
        (None, 131),
    ] {
        let mut terminal = Terminal::open(&colorful(&["--addr", &address]));
        terminal.answers("1 + 1", "2");
        server.signal(Signal::SIGSTOP);
        terminal.press("1 + 2");
        terminal.line_is("> 1 + 2");
        terminal.runs();
        match signal {
            Some(signal) => {
                terminal.process.signal(signal).unwrap();
            }
            None => terminal.press("\x1c"),
        }
        terminal.has_ended(code);
        assert!(echoes(&terminal), "{code}");
        server.signal(Signal::SIGCONT);
    }
}

#[test]
fn every_line_of_a_paste_is_answered() {
    let mut terminal = Terminal::open(&colorful(&[]));
    let pasted = "a = 2\nadd a 1\n(a +\n 5)\n(7\na * 100";
    terminal.press(&format!("\x1b[200~{pasted}\x1b[201~"));
    terminal.shows("\na * 100");
    terminal.press("\r\r");
    // Only the line of the parenthesis that is never closed is faulty.
    terminal.shows("\n2\n3\n7\n  (7\n  ^\n");
    terminal.shows("\n200\n>");
}

#[test]
fn ctrl_c_stops_a_paste_wherever_it_is() {
    for _ in 0..3 {
        let mut terminal = Terminal::open(&colorful(&[]));
        let pasted = "1 + 1\n".repeat(20_000);
        terminal.press(&format!("\x1b[200~{pasted}987654 + 1\x1b[201~"));
        terminal.shows("987654 + 1");
        terminal.press("\r");
        terminal.shows("\n2\n2\n2\n");
        terminal.press(CTRL_C);
        terminal.shows(" lines are not answered\n>");
        assert!(!terminal.has_printed("987655"));
        terminal.answers("2 + 3", "5");
    }
}

#[test]
fn keys_work_as_in_readline() {
    let mut terminal = Terminal::open(&colorful(&[]));
    terminal.answers("add 40 2", "42");
    terminal.answers("1 + 1", "2");
    terminal.press(&format!("{UP}{UP}"));
    terminal.line_is("> add 40 2");
    terminal.discard();
    terminal.press(&format!("{CTRL_R}40"));
    terminal.line_is("(reverse-i-search)`40': add 40 2");
    terminal.press("\r");
    terminal.shows("\n> add 40 2\n42\n>");
    // Inserts before the last character.
    terminal.press(&format!("13{LEFT}2"));
    terminal.line_is("> 123");
    terminal.press(&format!("{CTRL_A}-{CTRL_L}"));
    terminal.wait("a clear screen", |state| {
        contents(state).starts_with("\n> -123")
    });
    // Ctrl-D deletes a character, and on an empty line ends the session.
    terminal.press(CTRL_D);
    terminal.line_is("> -23");
    terminal.discard();
    terminal.press(CTRL_D);
    terminal.has_ended(0);
}

#[test]
fn colors_can_be_turned_off() {
    let mut no_color = colorful(&[]);
    no_color.env("NO_COLOR", "1");
    for command in [no_color, colorful(&["--color", "never"])] {
        let mut terminal = Terminal::open(&command);
        terminal.press("1/0 + 2");
        terminal.line_is("> 1/0 + 2");
        terminal.press("\r");
        terminal.shows("> 1/0 + 2\n   ^\ndivision by zero\n>");
        terminal.press("add 1 2");
        terminal.line_is("> add 1 2");
        assert_eq!(terminal.looks(), [part("> add 1 2", None, "")]);
        terminal.discard();
        terminal.press("1 + 2");
        terminal.previews("> 1 + 2", "[= 3]");
        terminal.discard();
        terminal.press("add 1 2");
        terminal.press("\r:explain add 1 2\r");
        terminal.shows("The same call with grpcurl");
        let state = terminal.seen.state.lock().unwrap();
        let printed = String::from_utf8_lossy(&state.bytes);
        let mut sequences = printed.split("\x1b[").skip(1);
        let is_style = |sequence: &str| {
            let parameters = |c: char| c.is_ascii_digit() || c == ';';
            sequence.trim_start_matches(parameters).starts_with('m')
        };
        assert!(!sequences.any(is_style), "{printed:?}");
    }
    let mut always = colorful(&["--color", "always"]);
    always.env("NO_COLOR", "1");
    let mut terminal = Terminal::open(&always);
    terminal.press("1/0\r");
    terminal.shows("division by zero");
    assert!(terminal.has_printed("\x1b[91mdivision by zero\x1b[0m"));
}

#[test]
fn help_is_one_screen() {
    let mut terminal = Terminal::open(&colorful(&[]));
    terminal.press("help\r");
    terminal.shows(
        "\n'help NAME' explains a name, a unit or a sign; 'help limits' lists the limits.\n>",
    );
    terminal.shows("\nAn expression is evaluated: ");
    terminal.press("help gamma\r");
    terminal.shows("\n> help gamma\ngamma(x)\n  ");
    terminal.press("help max-line\r");
    terminal.shows(
        "\nmax-line\n  bytes of a line\n  64KiB by default; 'serve --max-line' changes it\n>",
    );
    terminal.press("help angle\r");
    terminal.shows("\n:set angle VALUE\n");
}

#[test]
fn a_dumb_terminal_gets_plain_text() {
    let mut command = colorful(&[]);
    command.env("TERM", "dumb");
    let mut terminal = Terminal::open(&command);
    terminal.press("2 + sqt(16)\n");
    terminal.shows("unknown function 'sqt' (column 5): did you mean 'sqrt'?");
    terminal.press("1/3\n");
    terminal.shows("≈ 0.33333333333333333333");
    assert!(!terminal.has_printed("\x1b"));
}

#[test]
fn wide_characters_have_their_width() {
    let mut terminal = Terminal::open(&colorful(&[]));
    terminal.answers("面積 = 12", "12");
    terminal.press("面積 * 2");
    terminal.previews("> 面積 * 2", "= 24");
    terminal.press(" + 幅\r");
    terminal.shows("> 面積 * 2 + 幅\n             ^^\nunknown name '幅'\n>");
    // Only a part of a line that is wider than the screen is shown.
    let long = "1 + ".repeat(30);
    terminal.press(&format!("{long}é\r"));
    terminal.shows("\n  … + 1 + 1 + 1 + 1 + é\n                      ^\n");
    terminal.shows("\nunknown name 'é'\n>");
}

#[test]
fn long_numbers_are_folded_and_kept() {
    let mut terminal = Terminal::open(&colorful(&[]));
    terminal.answers("add 1 2", "3");
    terminal.answers(
        "2^2000",
        "11481306952742545242328332…4851149029376  (603 digits; :ans 2 shows all)",
    );
    terminal.press(":set separator comma\r");
    terminal.answers("10^6 + 0.5", "1,000,000.5");
    terminal.press(":set separator off\r:ans\r");
    terminal.shows("\n   1  add 1 2 = 3\n   2  2^2000 = 1148130695274254524232833…851149029376\n");
    // `:ans` shows all digits of an answer, and makes it the last answer.
    terminal.press(":ans 2\r");
    terminal.shows(
        "\n11481306952742545242328332011776819840223177020886952004776427368257662613923703",
    );
    terminal.answers("ans == 2^2000", "true");
    terminal.answers("sqrt(2)", "≈ 1.4142135623730950488");
    terminal.answers("7", "7");
    terminal.answers(":ans 5", "≈ 1.4142135623730950488");
    terminal.answers("ans to 30 digits", "≈ 1.41421356237309504880168872421");
    // Recalling an answer does not change the variable that it was bound to.
    terminal.answers("y = sqrt(3)", "≈ 1.7320508075688772935");
    terminal.answers("y = 5", "5");
    terminal.answers(":ans 8", "≈ 1.7320508075688772935");
    terminal.answers("y", "5");
    terminal.press(":ans 99\r");
    terminal.shows("there is no answer 99: the answers have the numbers 1 to ");
}

#[test]
fn settings_and_definitions_outlive_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let configured = |folder: &Path| {
        let mut command = colorful(&[]);
        command.env("GRPCALC_CONFIG", folder.join("deep/config"));
        command
    };
    let sheet = folder.path().join("my sheet.calc");
    let mut terminal = Terminal::of_size(&configured(folder.path()), 24, 200);
    terminal.press(":set angle deg\r:set digits 6 --save\r");
    terminal.shows("saved in ");
    terminal.answers("y = sin(45)", "sqrt(2)/2 ≈ 0.707107");
    terminal.press("f(n) = n^2\r");
    terminal.press(&format!(":save {}\r", sheet.display()));
    terminal.press(":set base 16\r");
    terminal.answers("255", "0xff");
    terminal.press(CTRL_D);
    terminal.has_ended(0);

    let config = folder.path().join("deep/config");
    let kept = std::fs::read_to_string(config.join("config.toml")).unwrap();
    assert_eq!(kept, "digits = 6\nangle = \"deg\"\n");
    let init = format!("# mine\nhalf = 1/2\n1/0\n:load {}\n", sheet.display());
    std::fs::write(config.join("init.calc"), init).unwrap();
    let mut terminal = Terminal::of_size(&configured(folder.path()), 24, 200);
    terminal.shows("init.calc:3: division by zero (column 2)");
    terminal.shows("is not loaded: a file cannot contain ':load'");
    terminal.answers("half", "0.5");
    terminal.answers("tan(45)", "1");
    terminal.press(&format!(":load {}\r", sheet.display()));
    terminal.answers("f(y)", "0.5");
    terminal.press(":set\r");
    terminal.shows("\ndigits     6  ");
    terminal.shows("\nangle      deg  ");
    // Lines between open parentheses are one line, as when they are typed.
    let lines = folder.path().join("lines.calc");
    std::fs::write(&lines, "z = max(1, # one\n    2)\nz / 0\n(z\n").unwrap();
    terminal.press(&format!(":load {}\r", lines.display()));
    terminal.shows("lines.calc:3: division by zero (column 3)");
    terminal.shows("lines.calc:4: ");
    terminal.answers("z", "2");
    terminal.press(&format!(":save {}\r", config.join("config.toml").display()));
    terminal.shows("was not written by ':save', so it is not replaced");
    // An error in the file is reported, and the session begins anyway.
    std::fs::write(config.join("config.toml"), "digits = 6\nangle = [\n").unwrap();
    let terminal = Terminal::of_size(&configured(folder.path()), 24, 200);
    terminal.shows("config.toml: line ");
}

#[test]
fn the_first_session_shows_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = colorful(&[]);
    command.env("GRPCALC_HISTORY", folder.path().join("history"));
    let mut terminal = Terminal::open(&command);
    terminal.shows("New here? Try 1/3 + 1/4, then ':explain add 20 10'");
    terminal.answers("add 1 2", "3");
    terminal.press(CTRL_D);
    terminal.has_ended(0);
    let terminal = Terminal::open(&command);
    assert!(!terminal.has_printed("New here?"));
}

#[test]
fn a_history_in_a_directory_that_does_not_exist_is_not_kept() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing");
    let mut command = colorful(&[]);
    command.env("GRPCALC_HISTORY", missing.join("history"));
    let mut terminal = Terminal::of_size(&command, 24, 200);
    let expected = format!(
        "grpcalc: no history is kept: the path in GRPCALC_HISTORY is wrong: {} does not exist\n",
        missing.display()
    );
    terminal.shows(&expected);
    terminal.answers("1 + 1", "2");
    assert_eq!(terminal.contents().matches("no history").count(), 1);
    terminal.press(CTRL_D);
    terminal.has_ended(0);
    assert!(!missing.exists());
}

#[test]
fn a_call_is_explained_at_the_prompt() {
    let mut terminal = Terminal::of_size(&colorful(&[]), 100, 100);
    terminal.press(":explain add 20 10\r");
    terminal.shows("\n> :explain add 20 10\n30\n1 The proto\n");
    terminal.shows(
        "\n    the message, 4 bytes: 08 14 10 0a\n      08 14            field 1 n1, varint: 20\n",
    );
    terminal.shows("\n    shown as the answer: 30\nThe same call with grpcurl\n");
    terminal.answers("ans", "30");
    terminal.press(&format!("{CTRL_L}:explain x = 1/3\r"));
    terminal.shows("\n≈ 0.33333333333333333333\n1 The proto\n");
    terminal.shows("HEADERS, sent ");
    terminal.shows("\n        text: \"x = 1/3\"\n");
    terminal
        .shows("\n    no trailers and no status yet: the stream stays open for the next line\n");
    terminal.press(&format!("{CTRL_L}:explain add x 1\r"));
    terminal.shows(
        "\n> :explain add x 1\n               ^\n'x' is 0.33333333333333333333, not an integer",
    );
}

/// The command of grpcurl contains the address on which the embedded server listens.
#[test]
fn a_call_to_an_embedded_server_that_listens_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let socket = format!("{}/a b.sock", folder.path().display());
    let explain = |address: &str| {
        let mut terminal = Terminal::of_size(&colorful(&["--listen", address]), 100, 250);
        terminal.press(":explain add 20 10\r");
        terminal.shows("\n    the embedded server, over a pipe in this process\n");
        terminal.shows(" calc.Calculator/Add\n>");
        terminal.contents()
    };
    let contents = explain("127.0.0.1:0");
    let address = contents.split_once("listening on ").unwrap().1;
    let address = address.lines().next().unwrap();
    let command =
        format!(r#"grpcurl -plaintext -d '{{"n1":20,"n2":10}}' {address} calc.Calculator/Add"#);
    assert!(contents.contains(&command), "{contents}");
    let contents = explain(&format!("unix:{socket}"));
    let command = format!(
        r#"grpcurl -plaintext -unix -authority localhost -d '{{"n1":20,"n2":10}}' '{socket}' calc.Calculator/Add"#
    );
    assert!(contents.contains(&command), "{contents}");
}

#[test]
fn a_trace_follows_each_line() {
    let mut terminal = Terminal::open(&colorful(&[]));
    terminal.press(":trace on\radd 20 10\r");
    terminal.shows("\n30\ncalc.Calculator/Add the embedded server: 9 bytes sent, 7 received in ");
    terminal.press(":trace off\r1 + 1\r");
    terminal.shows("> 1 + 1\n2\n>");
}

#[test]
fn a_stopped_server_does_not_delay_keys() {
    let (server, address) = Serve::on_any_port();
    let mut terminal = Terminal::open(&colorful(&["--addr", &address]));
    terminal.answers("x = 5", "5");
    terminal.press("x + 1");
    terminal.previews("> x + 1", "= 6");
    server.signal(Signal::SIGSTOP);
    terminal.press("000 * 3");
    terminal.line_is("> x + 1000 * 3");
    server.signal(Signal::SIGCONT);
    terminal.press("\r");
    terminal.shows("> x + 1000 * 3\n3005\n>");
    server.kill();
    terminal.press("x + 2");
    terminal.line_is("> x + 2");
    terminal.press("\r");
    terminal.shows("trying to reconnect");
    let _server = Serve::at(&address);
    terminal.shows("the worksheet is restored\n7\n>");
}

#[test]
fn a_line_from_the_shell_is_explained() {
    let run = |arguments: &[&str]| crate::harness::run(arguments, "");
    let ran = run(&["--explain", "1/0"]);
    assert_eq!(
        (ran.code, ran.stderr.as_str()),
        (1, "grpcalc: division by zero (column 2)\n")
    );
    assert!(
        ran.stdout
            .contains("\n    status INVALID_ARGUMENT: division by zero\n")
    );
    let ran = run(&["--explain", "add", "-1", "2"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert!(ran.stdout.starts_with("1\n1 The proto\n"), "{}", ran.stdout);
    let ran = run(&["--explain", "help"]);
    let fault = "grpcalc: this line makes no call that can be shown (column 1): write an expression, or a typed call such as 'add 20 10'\n";
    assert_eq!(
        (ran.code, ran.stderr.as_str(), ran.stdout.as_str()),
        (1, fault, "")
    );
    let ran = run(&["--addr", &nobody(), "--explain", "add 1 2"]);
    assert_eq!(ran.code, 3);
    assert!(ran.stderr.contains("connection refused"), "{}", ran.stderr);
    assert_eq!(run(&["--explain"]).code, 2);
    assert_eq!(run(&["--explain", "--format", "json", "1"]).code, 2);
}

/// A server whose path contains a space is not mistaken for the embedded server.
#[test]
fn a_call_to_a_socket_with_a_blank_in_its_path_is_explained() {
    let folder = tempfile::tempdir().unwrap();
    let path = format!("{}/a b.sock", folder.path().display());
    let address = format!("unix:{path}");
    let _server = Serve::at(&address);
    let ran = crate::harness::run(&["--addr", &address, "--explain", "add 20 10"], "");
    let server = format!("\n3 The server\n    {address}\n");
    assert!(ran.stdout.contains(&server), "{}", ran.stdout);
    let command = format!(
        "\n    grpcurl -plaintext -unix -authority localhost -d '{{\"n1\":20,\"n2\":10}}' '{path}' calc.Calculator/Add\n"
    );
    assert!(ran.stdout.ends_with(&command), "{}", ran.stdout);
}

#[test]
fn completion_scripts_are_printed_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = crate::harness::run(&["completions", shell], "");
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        assert!(ran.stdout.contains("explain"), "{shell}");
    }
    assert_eq!(
        crate::harness::run(&["completions", "command.com"], "").code,
        2
    );
}

#[test]
fn words_stay_whole_in_a_narrow_terminal() {
    let mut terminal = Terminal::of_size(&colorful(&[]), 100, 40);
    terminal.shows("\n>");
    terminal.answers(
        "8% 9",
        "   ^^^\nthis '%' could be a percent sign or a\nremainder: write 8% * 9 for a part, or\n8 mod 9 for a remainder",
    );
    terminal.press("help\r");
    terminal.shows("Server       :services  :describe NAME\n             :health [SERVICE]\n");
}

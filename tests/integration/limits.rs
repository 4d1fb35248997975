//! The limits of a server: lines that exceed a limit, options that are refused, and the documents.

use std::{env, fmt::Write as _, fs, path::Path};

use grpcalc::{
    engine::{self, limits::LimitTable},
    server::ServerLimits,
};

use crate::{
    harness::{Serve, grpcalc, run},
    screen::Terminal,
};

/// Options that set a limit, a script whose last line exceeds this limit, and a part of the fault.
const CROSSED: [(&[&str], &str, &str); 13] = [
    (
        &["--max-line", "16"],
        "1 + 1 + 1 + 1\n1 + 1 + 1 + 1 + 1 + 1",
        "21 bytes, more than the limit of 16",
    ),
    (
        &["--max-nesting", "4"],
        "((1))\n((((((1))))))",
        "the expression is nested deeper than the limit of 4 levels",
    ),
    (
        &["--max-result", "1000"],
        "2^999\n2^1001 to integer",
        "an exact result has at most as many bits as the limit max-result",
    ),
    (
        &["--max-digits", "30"],
        "pi to 30 digits\npi to 31 digits",
        "31 digits are more than the limit of 30",
    ),
    (
        &["--max-precision", "128"],
        "floor(pi*10^30)\nfloor(pi*10^60)",
        "longer than the limit of 128 bits for real numbers",
    ),
    (
        &["--max-exponent", "1000"],
        "exp(600)\nexp(1000)",
        "the result is beyond the limit of 2^1000",
    ),
    (
        &["--max-angle", "64"],
        "sin(2^60)\nsin(2^70)",
        "the angle is beyond the limit of 2^64",
    ),
    (
        &["--max-work", "2ms"],
        "f(n) = if(n < 2, n, f(n - 1) + f(n - 2)); f(10)\nf(40)",
        "the line needs more work than the limit of 2 ms",
    ),
    (
        &["--max-operation", "1ms"],
        "gcd(12, 18)\ngcd(3^60000, 2^90000 + 1)",
        "more than the limit of 1 ms for one operation",
    ),
    (
        &["--max-names", "2"],
        "a = 1; b = 2; a + b\nc = 3",
        "the worksheet has no room for more than 2 names",
    ),
    (
        &["--max-values", "1MiB"],
        "a = 2^900000; a mod 7\nb1=2a; b2=2a; b3=2a; b4=2a; b5=2a; b6=2a; b7=2a; b8=2a; b9=2a; 1",
        "more than the limit of 1 MiB",
    ),
    (
        &["--max-function-depth", "8"],
        "f(n) = if(n < 1, 0, f(n - 1)); f(5)\nf(20)",
        "the limit of 8",
    ),
    // Beyond the maximum depth, a real has only four times the digits that can be requested.
    (
        &["--max-depth", "2", "--max-digits", "30"],
        "a = sqrt(2); floor(a*10^90) mod 10\nb = sin(sin(sin(a))); floor(b*10^400)",
        "cannot decide",
    ),
];

#[test]
fn the_fault_of_a_line_names_the_limit_that_it_crosses() {
    for (options, script, words) in CROSSED {
        let server = Serve::start(&[&["--listen", "127.0.0.1:0"], options].concat());
        check(server, options, script, words);
    }
}

#[track_caller]
fn check(mut server: Serve, options: &[&str], script: &str, words: &str) {
    let address = server.address();
    // The worksheet remains usable after the fault.
    let found = run(&["--addr", &address], format!("{script}\n1 + 2\n"));
    let lines = script.lines().count();
    assert_eq!(found.code, 1, "{options:?}: {found:?}");
    let answers: Vec<_> = found.stdout.lines().collect();
    assert_eq!(
        (answers.len(), answers[lines - 1]),
        (lines, "3"),
        "{options:?}: {found:?}"
    );
    let prefix = format!("grpcalc: line {lines}: ");
    assert!(found.stderr.starts_with(&prefix), "{options:?}: {found:?}");
    assert!(found.stderr.contains(words), "{options:?}: {found:?}");
    assert_eq!(found.stderr.lines().count(), 1, "{options:?}: {found:?}");
}

#[test]
fn invalid_limits_are_refused() {
    for option in [
        ["--max-connections", "0"],
        ["--max-nesting", "257"],
        ["--max-line", "65KiB"],
        ["--max-message", "4MB"],
        ["--max-work", "0"],
        ["--idle", "never"],
    ] {
        let (status, stderr) = Serve::start(&option).wait();
        assert_eq!(status.code(), Some(2), "{option:?}");
        assert!(stderr.contains(option[0]), "{option:?}: {stderr}");
    }
}

/// The header of each table of limits in `docs/server.md`.
const TABLE: &str = "| option | default | what it bounds | what it protects | beyond it |\n\
                     |---|---|---|---|---|\n";

fn table<T: LimitTable>() -> String {
    let mut table = TABLE.to_owned();
    for row in T::ROWS {
        let _ = writeln!(
            table,
            "| `--{}` | {} | {} | {} | {} |",
            row.option,
            row.default_text(),
            row.help,
            row.reason,
            row.effect
        );
    }
    table
}

/// `UPDATE=1 cargo test tables_of_limits` rewrites the tables.
#[test]
fn the_tables_of_limits_in_the_docs_are_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/server.md");
    let page = fs::read_to_string(&path).unwrap();
    let parts: Vec<_> = page.split(TABLE).collect();
    let [before, between, after] = parts[..] else {
        panic!(
            "{} has {} tables of limits",
            path.display(),
            parts.len() - 1
        );
    };
    // A table ends with a blank line.
    let behind = |text: &str| {
        let end = if text.starts_with('\n') {
            0
        } else {
            text.find("\n\n").unwrap() + 1
        };
        text[end..].to_owned()
    };
    let current = [
        before,
        &table::<ServerLimits>(),
        &behind(between),
        &table::<engine::Limits>(),
        &behind(after),
    ]
    .concat();
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &current).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), current);
}

/// The limits of the prompt do not change the limits of other callers of the embedded server.
#[test]
fn only_the_prompt_has_the_limits_of_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let address = format!("unix:{}/socket", folder.path().display());
    let command = |options: &[&str]| {
        let mut command = grpcalc();
        command.args(["--listen", &address]).args(options);
        command
    };
    let heavy = "f(n) = if(n < 2, n, f(n - 1) + f(n - 2)); f(30)";
    for options in [&[][..], &["--max-work", "10m", "--max-digits", "5000"]] {
        let mut terminal = Terminal::open(&command(options));
        terminal.answers(heavy, "832040");
        terminal.answers("floor(10^1001/7) mod 10 to 1001 digits", "5");
        let caller = |line: &str| run(&["--addr", &address, line], "").stderr;
        let fault = caller(heavy);
        assert!(
            fault.contains("more work than the limit of 1000 ms"),
            "{fault}"
        );
        let fault = caller("1/7 to 1001 digits");
        assert!(fault.contains("more than the limit of 1000"), "{fault}");
    }
    let mut terminal = Terminal::open(&command(&["--max-work", "2ms", "--max-digits", "30"]));
    terminal.press("1/7 to 31 digits\r");
    terminal.shows("31 digits are more than the limit of 30\n>");
    terminal.press(&format!("{heavy}\r"));
    terminal.shows("the line needs more work than the limit of 2 ms");
    terminal.press(":set work 1m\r");
    terminal.answers(heavy, "832040");
    let caller = run(&["--addr", &address, "1/7 to 1000 digits"], "");
    assert_eq!((caller.stdout.len(), caller.code), (1003, 0));
}

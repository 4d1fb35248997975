//! The options of the built program.

use crate::harness::{Ran, Serve, grpcalc, ran, run};

#[test]
fn a_line_from_the_arguments() {
    for (arguments, answer) in [
        (&["add", "20", "10"][..], "30\n"),
        (&["add", "-5", "5"], "0\n"),
        (&["--", "add", "-5", "-5"], "-10\n"),
        (&["divide 10 -4"], "-2.5\n"),
        (&["--timeout", "2", "add", "1", "2"], "3\n"),
        (&["--addr", "", "add", "1", "2"], "3\n"),
        (&["add 1 2\nadd 3 4"], "3\n7\n"),
        (&["# nothing"], ""),
    ] {
        assert_eq!(run(arguments, ""), ran(answer, "", 0), "{arguments:?}");
    }
    let fault = "grpcalc: 'add' takes 2 operands, found 1 (column 6): write add A B\n";
    assert_eq!(run(&["add", "1"], ""), ran("", fault, 1));
    assert_eq!(
        run(&["divide", "1", "0"], ""),
        ran("", "grpcalc: division by zero\n", 1)
    );
}

#[test]
fn lines_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let sheet = folder.path().join("sheet.calc");
    let sheet = sheet.to_str().unwrap();
    std::fs::write(sheet, "add 1 2\nadd x 2\n").unwrap();
    let Ran {
        stdout,
        code,
        stderr,
    } = run(&["-f", sheet], "add 5 5\n");
    assert_eq!((stdout.as_str(), code), ("3\n", 1));
    assert!(
        stderr.starts_with("grpcalc: line 2: unknown name 'x'"),
        "{stderr}"
    );
    assert_eq!(run(&["--file", "-"], "add 5 5\n"), ran("10\n", "", 0));
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let missing = run(&["-f", "/nonexistent/sheet.calc"], "");
    assert_eq!(missing.code, 2);
    assert!(
        missing.stderr.contains("/nonexistent/sheet.calc"),
        "{}",
        missing.stderr
    );
    let folder = run(&["-f", "/"], "");
    assert_eq!(folder.code, 2);
    assert!(
        folder.stderr.contains("cannot read the script"),
        "{}",
        folder.stderr
    );
}

#[test]
fn answers_that_cannot_be_written_are_a_failure() {
    let full = std::fs::File::options()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = grpcalc()
        .args(["add", "1", "2"])
        .stdout(full)
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.starts_with("grpcalc: cannot write the answers"),
        "{stderr}"
    );
}

#[test]
fn usage_errors_name_the_option() {
    for (arguments, words) in [
        (&["--addr", "localhost", "add", "1", "2"][..], "no port"),
        (
            &["--addr", "a b:1", "add", "1", "2"],
            "the host is not valid",
        ),
        (
            &["--addr", "ftp://localhost:1", "add", "1", "2"],
            "unknown scheme",
        ),
        (
            &["--timeout", "0", "add", "1", "2"],
            "must be more than zero",
        ),
        (&["--timeout", "2 weeks", "add", "1", "2"], "--timeout"),
        (
            &["add", "1", "2", "--timeout", "2"],
            "write the option '--timeout' before the line",
        ),
        (
            &["--adr", "localhost:1", "add", "1", "2"],
            "unknown option '--adr'; did you mean '--addr'?",
        ),
        (
            &["-f", "sheet.calc", "add", "1", "2"],
            "cannot be used with",
        ),
        (
            &["--addr", "localhost:1", "--max-work", "5s", "1 + 2"],
            "'--addr <ADDR>' cannot be used with '--max-work <TIME>'",
        ),
        (&["serve", "--listen", "nowhere"], "no port"),
        (&["serv"], "unknown command 'serv'; did you mean 'serve'?"),
    ] {
        let Ran {
            stdout,
            stderr,
            code,
        } = run(arguments, "");
        assert_eq!((stdout.as_str(), code), ("", 2), "{arguments:?}");
        assert!(stderr.contains(words), "{arguments:?}: {stderr}");
    }
}

#[test]
fn the_environment_names_a_server() {
    let (_server, address) = Serve::on_any_port();
    let with_addr = |address: &str, arguments: &[&str]| -> Ran {
        grpcalc()
            .env("GRPCALC_ADDR", address)
            .args(arguments)
            .output()
            .unwrap()
            .into()
    };
    assert_eq!(with_addr(&address, &["add", "1", "2"]), ran("3\n", "", 0));
    assert_eq!(with_addr("", &["add", "1", "2"]), ran("3\n", "", 0));
    assert_eq!(
        with_addr("nowhere", &["--addr", &address, "add", "1", "2"]),
        ran("3\n", "", 0)
    );
    let wrong = "grpcalc: the address \"nowhere\" in GRPCALC_ADDR: no port; write HOST:PORT, as in localhost:50050\n";
    assert_eq!(with_addr("nowhere", &["add", "1", "2"]), ran("", wrong, 2));
}

#[test]
fn shells_complete_nothing_for_a_line() {
    let script = run(&["completions", "zsh"], "").stdout;
    let mut lines = script.lines();
    // The completion action after the last colon is empty: neither files nor commands.
    let line = lines.find(|line| line.contains("::line -- "));
    assert!(line.is_some_and(|line| line.ends_with(":' \\")), "{line:?}");
}

#[test]
fn help_and_version() {
    let help = run(&["--help"], "");
    assert_eq!(help.code, 0);
    for words in [
        "--addr",
        "--timeout",
        "--file",
        "--fail-fast",
        "serve",
        "Exit codes",
    ] {
        assert!(help.stdout.contains(words), "{words}: {}", help.stdout);
    }
    let version = format!("grpcalc {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(run(&["--version"], ""), ran(&version, "", 0));
}

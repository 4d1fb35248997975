//! Environments that are too small: a sentence and the exit code 2, never a panic or a signal.

use std::process::Command;

use crate::harness::{Ran, grpcalc};

/// Runs the program with `arguments` in a shell, after `limit`.
fn limited(limit: &str, arguments: &[&str]) -> Ran {
    let program = grpcalc();
    let mut shell = Command::new("sh");
    shell
        .args(["-c", &format!("{limit}; exec \"$0\" \"$@\"")])
        .arg(program.get_program())
        .args(arguments)
        .env("GRPCALC_CONFIG", "")
        .env("GRPCALC_HISTORY", "");
    shell.output().unwrap().into()
}

#[test]
fn a_small_environment_is_named() {
    for (limit, what) in [
        ("ulimit -n 6", "the number of open files is limited to 6"),
        ("ulimit -n 7", "the number of open files is limited to 7"),
        ("ulimit -s 128", "the stack in KiB is limited to 128"),
    ] {
        for arguments in [&["20 + 10"][..], &["serve", "--listen", "127.0.0.1:0"], &[]] {
            let ended = limited(limit, arguments);
            assert_eq!((&*ended.stdout, ended.code), ("", 2), "{limit}: {ended:?}");
            assert!(
                ended.stderr.starts_with(&format!("grpcalc: {what}")),
                "{limit}: {ended:?}"
            );
            assert_eq!(ended.stderr.lines().count(), 1, "{ended:?}");
        }
    }
}

#[test]
fn sixteen_files_suffice_for_a_line() {
    let ended = limited("ulimit -n 16", &["20 + 10"]);
    assert_eq!((&*ended.stdout, ended.code), ("30\n", 0), "{ended:?}");
}

//! Writes that fail: full disks, limits of the size of files, folders that are read-only, and
//! standard output that is full.

use std::{fs, path::Path, process::Command};

use crate::{
    harness::{Ran, grpcalc},
    screen::{CTRL_D, Terminal},
};

/// The content of a file that must not be lost.
const SETTINGS: &str = "digits = 6\n";

/// Returns a command that runs `script` in a shell. In the script, `"$0" "$@"` is `program`.
fn in_shell(program: &Command, script: &str) -> Command {
    let mut shell = Command::new("sh");
    shell
        .args(["-c", script])
        .arg(program.get_program())
        .args(program.get_args());
    for (key, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(key, value),
            None => shell.env_remove(key),
        };
    }
    shell
}

/// Returns the program with its configuration and its history in `folder`.
fn in_folder(folder: &Path) -> Command {
    let mut command = grpcalc();
    command
        .env("GRPCALC_CONFIG", folder)
        .env("GRPCALC_HISTORY", folder.join("history"))
        .env("TERM", "xterm");
    command
}

/// Returns the names of the files in `folder`.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

/// Saves settings and a worksheet at the prompt. Expects that both fail with `reason`, and that the
/// files are unchanged.
///
/// The program runs in the shell script `script`, in which `FOLDER` is the folder of the files.
fn nothing_is_lost(script: &str, reason: &str) {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fs::write(folder.join("config.toml"), SETTINGS).unwrap();
    let mut terminal = Terminal::of_size(&in_folder(folder), 24, 200);
    terminal.answers("x = 7", "7");
    terminal.press(&format!(":save {}\r", folder.join("sheet").display()));
    terminal.answers("1 + 1", "2");
    terminal.press(CTRL_D);
    terminal.has_ended(0);
    let kept = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
    let (sheet, history) = (kept("sheet"), kept("history"));
    assert!(sheet.contains("x = 7"), "{sheet}");
    let script = script.replace("FOLDER", &folder.display().to_string());
    let limited = in_shell(&in_folder(folder), &script);
    let mut terminal = Terminal::of_size(&limited, 24, 200);
    terminal.press("y = 8\r");
    terminal.shows("\n8\n>");
    terminal.press(":set digits 9 --save\r");
    terminal.shows(&format!("config.toml': {reason}"));
    terminal.press(&format!(":save {}\r", folder.join("sheet").display()));
    terminal.shows(&format!("sheet': {reason}"));
    terminal.answers("20 + 10", "30");
    let shown = terminal.contents();
    terminal.press(CTRL_D);
    terminal.has_ended(0);
    let told = shown.matches("the history cannot be kept: ").count();
    assert!(told <= 1, "{shown}");
    assert_eq!(
        (kept("config.toml"), kept("sheet")),
        (SETTINGS.into(), sheet)
    );
    if told == 1 {
        assert_eq!(kept("history"), history);
    }
    assert_eq!(names(folder), ["config.toml", "history", "sheet"]);
}

#[test]
fn nothing_is_lost_beyond_a_limit_of_the_size_of_files() {
    let script = r#"ulimit -f 0; exec "$0" "$@""#;
    nothing_is_lost(script, "File too large");
}

/// A script that copies the files to a file system, runs `"$0" "$@"` on it as `run` says, and
/// copies the files back.
fn on_a_file_system(run: &str) -> String {
    format!(
        r#"
        kept=$(mktemp -d)
        trap 'rm -r "$kept"' EXIT
        cp -a FOLDER/. "$kept"
        mount -t tmpfs -o size=64k tmpfs FOLDER || exit 9
        cp -a "$kept"/. FOLDER
        {run}
        code=$?
        rm -f "$kept"/* FOLDER/filler
        cp -a FOLDER/. "$kept"
        umount FOLDER
        rm -f FOLDER/*
        cp -a "$kept"/. FOLDER
        exit $code
        "#
    )
}

/// Whether this process may mount file systems in a namespace of its own.
fn may_mount() -> bool {
    let status = Command::new("unshare").args(["-rm", "true"]).status();
    let may_mount = status.is_ok_and(|status| status.success());
    if !may_mount {
        eprintln!("skipped: this process may not mount file systems");
    }
    may_mount
}

/// Returns a script that runs `script` in a namespace of its own.
fn in_namespace(script: &str) -> String {
    format!(
        "unshare -rm sh -c '{}' \"$0\" \"$@\"",
        script.replace('\'', r"'\''")
    )
}

#[test]
fn nothing_is_lost_on_a_full_disk() {
    if may_mount() {
        let run = r#"cat /dev/zero > FOLDER/filler 2> /dev/null; "$0" "$@""#;
        nothing_is_lost(
            &in_namespace(&on_a_file_system(run)),
            "No space left on device",
        );
    }
}

#[test]
fn nothing_is_lost_in_a_folder_that_is_read_only() {
    if may_mount() {
        let run = r#"
            mount -o remount,ro FOLDER
            "$0" "$@"
            code=$?
            mount -o remount,rw FOLDER
            (exit $code)
        "#;
        nothing_is_lost(
            &in_namespace(&on_a_file_system(run)),
            "Read-only file system",
        );
    }
}

#[test]
fn output_that_cannot_be_written_is_told() {
    for (arguments, what) in [
        (&["--help"][..], "the text"),
        (&["serve", "--help"], "the text"),
        (&["--version"], "the text"),
        (&["completions", "bash"], "the completions"),
        (&["1/3"], "the answers"),
        (&["--explain", "1/3"], "the answer"),
        (&["--listen", "127.0.0.1:0", "1/3"], "the answers"),
        (
            &["serve", "--listen", "127.0.0.1:0"],
            "the address 127.0.0.1:",
        ),
    ] {
        for (redirection, reason) in [
            ("ulimit -f 0; exec > $FILE", "File too large"),
            ("exec > /dev/full", "No space left on device"),
        ] {
            let folder = tempfile::tempdir().unwrap();
            let mut command = grpcalc();
            command
                .args(arguments)
                .env("FILE", folder.path().join("out"));
            let script = format!("{redirection}; exec \"$0\" \"$@\"");
            let output = in_shell(&command, &script).output().unwrap();
            let Ran { stderr, code, .. } = output.into();
            assert_eq!(code, 2, "{arguments:?} {redirection}: {stderr}");
            let told = stderr.lines().last().unwrap_or_default();
            assert!(
                told.starts_with(&format!("grpcalc: cannot write {what}"))
                    || told.starts_with(&format!("grpcalc: cannot print {what}")),
                "{arguments:?} {redirection}: {stderr}"
            );
            assert!(
                told.contains(reason),
                "{arguments:?} {redirection}: {stderr}"
            );
        }
    }
}

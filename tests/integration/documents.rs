//! The examples of the README and of `docs/` do what they say.

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::harness::{Serve, at_terminal, grpcalc, on_screen, run};

/// The address that examples use, which stands for a server of the test.
const ADDRESS: &str = "127.0.0.1:50050";

fn pages() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let docs = fs::read_dir(root.join("docs")).unwrap();
    let mut pages: Vec<_> = docs.map(|entry| entry.unwrap().path()).collect();
    pages.retain(|page| page.extension().is_some());
    pages.push(root.join("README.md"));
    pages
}

/// The fenced blocks of a language, each with its page.
fn blocks(language: &str) -> Vec<(PathBuf, String)> {
    let fence = format!("```{language}\n");
    let mut found = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for block in text.split(&fence).skip(1) {
            let block = block.split("```").next().unwrap();
            found.push((page.clone(), block.to_owned()));
        }
    }
    found
}

/// A block's inputs, each with the text that should follow it.
fn examples<'a>(block: &'a str, mark: &str) -> Vec<(&'a str, String)> {
    let mut examples: Vec<(&str, String)> = Vec::new();
    for line in block.lines() {
        match (line.strip_prefix(mark), examples.last_mut()) {
            (Some(input), _) => examples.push((input, String::new())),
            (None, Some((_, output))) => output.extend([line, "\n"]),
            (None, None) => panic!("output before the first input: {line}"),
        }
    }
    examples
}

#[test]
fn console_examples() {
    let (_server, address) = Serve::on_any_port();
    let program = Path::new(env!("CARGO_BIN_EXE_grpcalc"));
    let path = format!(
        "{}:{}",
        program.parent().unwrap().display(),
        env::var("PATH").unwrap()
    );
    let mut count = 0;
    for (page, block) in blocks("console") {
        for (command, printed) in examples(&block, "$ ") {
            let command = command.replace(ADDRESS, &address);
            let output = Command::new("sh")
                .args(["-c", &format!("exec 2>&1; {command}")])
                .env("PATH", &path)
                .env_remove("GRPCALC_ADDR")
                .stdin(Stdio::null())
                .output()
                .unwrap();
            let output = String::from_utf8(output.stdout).unwrap();
            assert_eq!(output, printed, "{}: {command}", page.display());
            count += 1;
        }
    }
    assert!(count > 5, "only {count} examples were found");
}

#[test]
fn prompt_examples() {
    let mut count = 0;
    for (page, block) in blocks("prompt") {
        let mut terminal = at_terminal(grpcalc());
        for (line, printed) in examples(&block, "> ") {
            terminal.exp_string("> ").unwrap();
            terminal.send_line(line).unwrap();
            let printed = format!("\n{}", printed.replace('\n', "\r\n"));
            let found = terminal.exp_string(&on_screen(&printed));
            assert!(found.is_ok(), "{}: {line}: {found:?}", page.display());
            count += 1;
        }
    }
    assert!(count > 4, "only {count} examples were found");
}

#[test]
fn links_lead_somewhere() {
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for link in text.split("](").skip(1) {
            let target = link.split(')').next().unwrap();
            if !target.contains("://") {
                let file = target.split('#').next().unwrap();
                let file = page.parent().unwrap().join(file);
                assert!(file.exists(), "{}: {target}", page.display());
            }
        }
    }
}

#[test]
fn every_option_of_a_server_is_documented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/server.md")).unwrap();
    let help = run(&["serve", "--help"], "").stdout;
    let mut count = 0;
    for word in help
        .split_whitespace()
        .filter(|word| word.starts_with("--"))
    {
        let option = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if !["--help", "--version"].contains(&option) {
            assert!(page.contains(&format!("`{option}")), "{option}");
            count += 1;
        }
    }
    assert!(count > 35, "only {count} options were found");
}

/// `docs/functions.md` as the engine's table makes it.
fn functions() -> String {
    use grpcalc::engine::{
        CONSTANTS,
        library::{Group, all},
    };
    let mut page = String::from(
        "# Functions\n\nMade from the table in `src/engine/library`; a test compares them. `help NAME` \
         shows the same.\n",
    );
    for group in Group::ALL {
        let _ = write!(
            page,
            "\n## {}\n\n| function | what it is | for | example | answer |\n|---|---|---|---|---|\n",
            group.title()
        );
        for function in all().filter(|function| function.group == group) {
            let (line, answer) = function.example;
            let also = match function.names {
                [_, others @ ..] if !others.is_empty() => {
                    format!(" (also `{}`)", others.join("`, `"))
                }
                _ => String::new(),
            };
            let _ = writeln!(
                page,
                "| `{}`{also} | {} | {} | `{line}` | `{answer}` |",
                function.usage(),
                function.summary,
                function.domain
            );
        }
    }
    page += "\n## Constants\n\n| name | what it is |\n|---|---|\n";
    for (name, what) in CONSTANTS {
        let _ = writeln!(page, "| `{name}` | {what} |");
    }
    page
}

/// `UPDATE=1 cargo test functions_page` writes the page anew.
#[test]
fn functions_page() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/functions.md");
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, functions()).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), functions());
}

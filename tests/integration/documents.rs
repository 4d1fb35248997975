//! Tests of the README and of `docs/` (examples, links, paths), and of the order of the rooms.

use std::{
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::harness::{Serve, at_terminal, grpcalc, on_screen, run};

/// The address in examples. A test replaces it with the address of its own server.
const ADDRESS: &str = "127.0.0.1:50050";

/// Folders whose paths in the documents must exist.
const FOLDERS: [&str; 6] = ["src/", "tests/", "benches/", "examples/", "proto/", "fuzz/"];

/// The rooms of `src/`. Each room imports only rooms that come before it here.
const ROOMS: [&str; 12] = [
    "text", "net", "proto", "syntax", "schema", "engine", "server", "client", "explain", "repl",
    "terminal", "cli",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the paths of the documents: those in `docs/`, and those in the root folder.
fn pages() -> Vec<PathBuf> {
    let docs = fs::read_dir(root().join("docs")).unwrap();
    let mut pages: Vec<_> = docs.map(|entry| entry.unwrap().path()).collect();
    pages.retain(|page| page.extension().is_some());
    let names = [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
    ];
    pages.extend(names.map(|name| root().join(name)));
    pages
}

/// Returns the fenced blocks of a language, each with the path of its document.
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

/// Splits a block into inputs, each with the output that is expected after the input.
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
fn paths_in_documents_exist() {
    let is_path = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let mut count = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for word in text.split(|c| !is_path(c)) {
            let word = word.trim_start_matches("../").trim_end_matches('.');
            if FOLDERS.iter().any(|folder| word.starts_with(folder)) {
                let path = root().join(word);
                let found = path.exists() || path.with_extension("rs").exists();
                assert!(found, "{}: {word}", page.display());
                count += 1;
            }
        }
    }
    assert!(count > 100, "only {count} paths were found");
}

/// Returns every Rust file below `folder`.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Returns the code of a file without comments and without test modules.
fn code(file: &Path) -> String {
    if file.file_name().is_some_and(|name| name == "tests.rs") {
        return String::new();
    }
    let text = fs::read_to_string(file).unwrap();
    let tested = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = tested
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines.fold(String::new(), |code, line| code + line + "\n")
}

/// Returns the top-level modules that `code` names after `prefix`, a path to the crate's root.
///
/// For `crate::`, it finds `a` in `crate::a::b`, and both `a` and `c` in `crate::{a::b, c}`.
fn names_behind(prefix: &str, code: &str) -> Vec<String> {
    let mut names = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':' || c == '$') {
            continue;
        }
        let rest = &code[at + prefix.len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.push(first_name(rest));
            continue;
        };
        let (mut depth, mut item) = (0, 0);
        for (index, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' if depth == 0 => {
                    names.push(first_name(&group[item..]));
                    item = index + 1;
                }
                '}' => {
                    names.push(first_name(&group[item..]));
                    break;
                }
                _ => {}
            }
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn first_name(path: &str) -> String {
    let name = path.trim_start().chars();
    name.take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// Whether a file of `room` may import `other`.
fn may_import(room: &str, other: &str) -> bool {
    let place = |name| ROOMS.iter().position(|room| *room == name);
    match (room, other) {
        _ if room == other => true,
        ("client", "server") => false,
        ("engine", _) => ["text", "syntax"].contains(&other),
        _ => place(other) < place(room),
    }
}

#[test]
fn rooms_import_upwards() {
    let src = root().join("src");
    let (mut wrong, mut count) = (Vec::new(), 0);
    for file in sources(&src) {
        let path = file.strip_prefix(&src).unwrap();
        let module = path.with_extension("");
        let mut parts: Vec<_> = module.iter().map(|part| part.to_str().unwrap()).collect();
        if parts.last() == Some(&"mod") {
            parts.pop();
        }
        let room = parts[0];
        if ["lib", "main"].contains(&room) {
            continue;
        }
        assert!(ROOMS.contains(&room), "{room} has no place among the rooms");
        let code = code(&file);
        for prefix in ["crate::", &"super::".repeat(parts.len())] {
            for other in names_behind(prefix, &code) {
                if ROOMS.contains(&&*other) {
                    count += 1;
                    if !may_import(room, &other) {
                        wrong.push(format!("{}: {other}", path.display()));
                    }
                }
            }
        }
    }
    assert!(count > 100, "only {count} imports were found");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn imports_are_found() {
    let code = "use crate::{\n    text::{a, b::{c, d}},\n    net::e,\n};\nuse crate::proto;\n\
                let x = crate::schema::y();";
    let names = names_behind("crate::", code);
    assert_eq!(names, ["text", "net", "proto", "schema"]);
    assert!(may_import("client", "proto") && !may_import("explain", "repl"));
}

#[test]
fn every_option_of_a_server_is_documented() {
    let page = fs::read_to_string(root().join("docs/server.md")).unwrap();
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

/// Renders `docs/functions.md` from the engine's table.
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
            let others: Vec<_> = function.all_names().skip(1).collect();
            let also = match others[..] {
                [] => String::new(),
                _ => format!(" (also `{}`)", others.join("`, `")),
            };
            // A bar would end the cell.
            let summary = function.summary.replace('|', "\\|");
            let _ = writeln!(
                page,
                "| `{}`{also} | {summary} | {} | `{line}` | `{answer}` |",
                function.usage(),
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

/// `UPDATE=1 cargo test functions_page` rewrites the page.
#[test]
fn functions_page() {
    let path = root().join("docs/functions.md");
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, functions()).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), functions());
}

/// Renders `docs/units.md` from the engine's table.
fn units() -> String {
    use grpcalc::engine::units::{UNITS, UnitRow};
    let mut page = String::from(
        "# Units\n\nMade from the table in `src/engine/unit/table.rs`; a test compares them. `:units` and `help NAME` \
         show the same. The first name is the one that answers show; all names also have their plurals.\n\n\
         Prefixes: `q r y z a f p n µ m c d da h k M G T P E Z Y R Q` and their names, from quecto to quetta; for bits and \
         bytes also `Ki Mi Gi Ti Pi Ei Zi Yi`.\n\n\
         Sources: SI is the SI Brochure, 9th edition (2019); NIST is Special Publication 811 (2008); IYP is the international \
         yard and pound agreement of 1959; US is NIST Handbook 44, appendix C; IAU are resolutions of the International \
         Astronomical Union; IEC is IEC 80000-13.\n",
    );
    let mut kinds: Vec<&str> = Vec::new();
    for row in UNITS {
        if !kinds.contains(&row.measures) {
            kinds.push(row.measures);
        }
    }
    for kind in kinds {
        let mut title = kind.to_owned();
        title[..1].make_ascii_uppercase();
        let _ = write!(
            page,
            "\n## {title}\n\n| unit | definition | prefixes | source |\n|---|---|---|---|\n"
        );
        let is_kind = |row: &&UnitRow| row.measures == kind;
        for row in UNITS.iter().filter(is_kind) {
            let names: Vec<_> = row.names().collect();
            let prefixes = if row.prefix_text().is_empty() {
                ""
            } else {
                "yes"
            };
            let _ = writeln!(
                page,
                "| `{}` | {} | {prefixes} | {} |",
                names.join("`, `"),
                row.definition(),
                row.source
            );
        }
    }
    page
}

/// `UPDATE=1 cargo test units_page` rewrites the page.
#[test]
fn units_page() {
    let path = root().join("docs/units.md");
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, units()).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), units());
}

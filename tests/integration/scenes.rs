//! Tests that the README shows the screens of the program. `docs/make-screens` updates the README.

use std::{env, fs, path::Path};

use crate::{harness::grpcalc, screen::Terminal};

fn at_prompt(arguments: &[&str]) -> Terminal {
    let mut command = grpcalc();
    command.env("TERM", "xterm-256color").args(arguments);
    Terminal::of_size(&command, 100, 90)
}

/// Returns the contents of the screen, beginning with `from`.
fn screen(terminal: &Terminal, from: &str) -> String {
    let contents = terminal.contents();
    let start = contents.find(from).unwrap();
    contents[start..]
        .trim_end_matches(['\n', '>', ' '])
        .to_owned()
        + "\n"
}

fn prompt() -> String {
    let mut terminal = at_prompt(&[]);
    terminal.answers("price = 19.99", "19.99");
    terminal.answers("3 price + 8%", "64.7676\n(read as 3*price * (1 + 8/100))");
    terminal.answers("1/3 + sqrt(2)", "≈ 1.7475468957064283821");
    terminal.press("max(price,\r20,\r22) / 4\r");
    terminal.shows("\n5.5\n>");
    terminal.press("2^2000\r2 + sqt(16)\r");
    terminal.shows("did you mean 'sqrt'?\n>");
    terminal.press("2 * p\t\t");
    terminal.shows("\n> 2 * p");
    terminal.press("rice / 7");
    terminal.previews("> 2 * price / 7", "≈ 5.7114285714285714286");
    screen(&terminal, "> price =")
}

fn explain() -> String {
    let mut terminal = at_prompt(&[]);
    terminal.press(":explain add 20 10\r");
    terminal.shows("other programs cannot reach the embedded server)\n>");
    screen(&terminal, "> :explain")
}

fn chat() -> String {
    let mut ada = at_prompt(&["--listen", "127.0.0.1:0", "--name", "ada"]);
    let contents = ada.contents();
    let address = contents.split_once("listening on ").unwrap().1;
    let address = address.lines().next().unwrap();
    let mut bob = at_prompt(&["--addr", address, "--name", "bob"]);
    for terminal in [&mut ada, &mut bob] {
        terminal.press(":chat\r");
        terminal.shows(":chat off leaves\n>");
    }
    ada.answers("1/3 + 1/4 to fraction", "7/12");
    ada.press(":share\r");
    bob.shows("[ada] 1/3 + 1/4 to fraction = 7/12\n>");
    bob.answers(":take", "7/12");
    bob.answers("12 ans", "7");
    bob.press(":say seven, as it should be\r");
    ada.shows("[bob] seven, as it should be\n>");
    bob.shows("> :say seven, as it should be\n>");
    let screens = [&ada, &bob].map(|terminal| screen(terminal, "> :chat"));
    let [ada, bob] = screens;
    format!("# Ada, who listens\n{ada}\n# Bob, who asks her\n{bob}")
}

/// Masks the parts that differ in each run: times and dates.
fn masked(text: &str) -> String {
    let masked = |line: &str| {
        let is_time = |word: &str| matches!(word, "µs" | "ms" | "s");
        let mut words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        for index in 1..words.len() {
            if is_time(words[index].trim_end_matches(',')) {
                words[index - 1] = "N".into();
                words[index] = "µs".into();
            }
        }
        let line = words.join(" ");
        for field in ["date: ", "grpc-timeout: "] {
            if let Some((before, _)) = line.split_once(field) {
                return format!("{before}{field}…");
            }
        }
        line
    };
    text.lines().map(masked).collect::<Vec<_>>().join("\n")
}

#[test]
fn screens_of_the_readme() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let mut readme = fs::read_to_string(&path).unwrap();
    for (name, scene) in [
        ("prompt", prompt as fn() -> String),
        ("explain", explain),
        ("chat", chat),
    ] {
        let made = scene();
        let mark = format!("<!-- made by docs/make-screens: {name} -->\n```text\n");
        let start = readme.find(&mark).unwrap() + mark.len();
        let end = start + readme[start..].find("```").unwrap();
        if env::var_os("UPDATE").is_some() {
            readme.replace_range(start..end, &made);
            fs::write(&path, &readme).unwrap();
        } else {
            assert_eq!(masked(&readme[start..end]), masked(&made), "{name}");
        }
    }
}

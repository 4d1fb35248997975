//! What Tab offers.

use rustyline::completion::{self, FilenameCompleter};

use crate::{
    engine::{CONSTANTS, library},
    repl::{
        command::{
            help::{ANS, FORMS, Topic},
            registry::{self, CommandSpec, Completion},
        },
        settings::{SETTINGS, Setting},
    },
    syntax::{Class, classes},
    text::printable::printable,
};

/// Columns of a name in a list, at most.
const NAME: usize = 26;

/// A form that is no single word.
const DIGITS: (&str, &str) = ("30 digits", "so many significant digits");

/// What keeps the settings.
const SAVE: &str = "--save";

/// A name that could stand where Tab was pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::terminal) struct Candidate {
    /// What is written.
    text: String,
    /// What is listed: how it is used, and what it is.
    shown: String,
}

impl Candidate {
    fn new(text: impl Into<String>, usage: &str, summary: &str) -> Self {
        Self {
            text: text.into(),
            shown: format!("{usage:<NAME$} {summary}").trim_end().to_owned(),
        }
    }

    /// The same in a list of so many columns.
    pub(in crate::terminal) fn within(mut self, columns: usize) -> Self {
        self.shown = printable(&self.shown, columns.saturating_sub(2));
        self
    }
}

impl completion::Candidate for Candidate {
    fn display(&self) -> &str {
        &self.shown
    }

    fn replacement(&self) -> &str {
        &self.text
    }
}

/// The names that could stand where the word around the cursor (a byte position in
/// `line`) begins, and the byte at which it begins: commands at the start of a line
/// and behind `help`, functions, constants and the worksheet's own `definitions` where an
/// expression can have them, files where one is named.
pub(in crate::terminal) fn complete(
    line: &str,
    cursor: usize,
    definitions: impl FnOnce() -> Vec<(String, String)>,
) -> (usize, Vec<Candidate>) {
    let before = &line[..cursor];
    // A line within a line.
    let inner = operand_of(before.trim_start(), Completion::Line);
    let before = inner.unwrap_or(before);
    let offset = cursor - before.len();
    let command = before.trim_start();
    if let Some(path) = operand_of(command, Completion::Files) {
        let path = path.trim_start();
        return (cursor - path.len(), files(path));
    }
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '-');
    let is_operand = |c: char| c.is_alphanumeric() || c == '_';
    let edge = |is_word: fn(char) -> bool| {
        before.rfind(|c| !is_word(c)).map_or(0, |edge| {
            edge + before[edge..].chars().next().map_or(0, char::len_utf8)
        })
    };
    let is_whole = command.starts_with(':') || command.starts_with("help ");
    let start = edge(if is_whole { is_word } else { is_operand });
    let (front, word) = before.split_at(start);
    let mut words = front.split_whitespace();
    let (first, is_first_operand) = (words.next(), words.next().is_none());
    let completion = first
        .and_then(CommandSpec::find)
        .map(|spec| spec.completion);
    let mut candidates = match (first, completion) {
        (None, _) => {
            let mut all = commands();
            all.extend(language(definitions));
            all
        }
        (_, Some(Completion::Topics)) if is_first_operand => topics(),
        (_, Some(Completion::Topics)) => Vec::new(),
        (_, Some(Completion::Settings)) => settings(front),
        (_, Some(Completion::Words(words))) if is_first_operand => {
            let words = words.iter();
            words.map(|word| Candidate::new(*word, word, "")).collect()
        }
        (Some(first), _) if first.starts_with(':') || is_comment(before) => Vec::new(),
        _ if is_converted(front) => forms(),
        _ if word.is_empty() => Vec::new(),
        (_, Some(_)) => defined(definitions),
        _ => language(definitions),
    };
    candidates.retain(|candidate| candidate.text.starts_with(word));
    if line[cursor..].starts_with('(') {
        for candidate in &mut candidates {
            let name = candidate.text.trim_end_matches('(').len();
            candidate.text.truncate(name);
        }
    }
    (offset + start, candidates)
}

/// Returns the text behind a command whose operand is completed so.
fn operand_of(line: &str, completion: Completion) -> Option<&str> {
    let (name, rest) = line.split_once(' ')?;
    let spec = CommandSpec::find(name)?;
    (spec.completion == completion).then_some(rest)
}

/// Whether a comment has begun on the last line.
fn is_comment(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    matches!(classes(line).last(), Some((Class::Comment, _)))
}

/// Whether a form comes next.
fn is_converted(front: &str) -> bool {
    let front = front.trim_end();
    front.ends_with("->") || front.ends_with(" to")
}

fn forms() -> Vec<Candidate> {
    let forms = FORMS.iter().chain(&[DIGITS]);
    forms
        .map(|(name, what)| Candidate::new(*name, name, what))
        .collect()
}

fn files(path: &str) -> Vec<Candidate> {
    if path.contains('\'') {
        return Vec::new();
    }
    // Behind an open quote nothing is escaped, as in our commands.
    let quoted = format!("'{path}");
    let found = FilenameCompleter::new().complete_path(&quoted, quoted.len());
    let (_, found) = found.unwrap_or_default();
    let hidden = path
        .rsplit('/')
        .next()
        .is_some_and(|name| name.starts_with('.'));
    let offered = found.into_iter().filter(|file| {
        let is_seen = printable(&file.display, usize::MAX) == file.display;
        is_seen && (hidden || !file.display.starts_with('.'))
    });
    offered
        .map(|file| Candidate::new(file.replacement, &file.display, ""))
        .collect()
}

fn commands() -> Vec<Candidate> {
    let entries = registry::all().flat_map(|entry| {
        entry.names.iter().map(move |name| {
            let usage = format!("{name} {}", entry.operands);
            Candidate::new(format!("{name} "), &usage, entry.summary)
        })
    });
    entries.collect()
}

/// What an expression can have. A function comes with its parenthesis.
fn language(definitions: impl FnOnce() -> Vec<(String, String)>) -> Vec<Candidate> {
    let functions = library::all().flat_map(|function| {
        function.names.iter().map(move |name| {
            let usage = format!("{name}({})", function.parameters);
            Candidate::new(format!("{name}("), &usage, function.summary)
        })
    });
    let constants = CONSTANTS.iter().chain(&[ANS]);
    let constants = constants.map(|(name, what)| Candidate::new(*name, name, what));
    let mut all: Vec<_> = functions.chain(constants).collect();
    all.extend(defined(definitions));
    all
}

/// The worksheet's own names.
fn defined(definitions: impl FnOnce() -> Vec<(String, String)>) -> Vec<Candidate> {
    let definitions = definitions().into_iter().map(|(left, right)| {
        let text = match left.split_once('(') {
            Some((name, _)) => format!("{name}("),
            None => left.clone(),
        };
        Candidate::new(text, &left, &format!("= {right}"))
    });
    definitions.collect()
}

/// What there is help for.
fn topics() -> Vec<Candidate> {
    Topic::all()
        .map(|name| {
            let summary = Topic::find(name).map_or("", |topic| topic.summary());
            Candidate::new(format!("{name} "), name, summary)
        })
        .collect()
}

fn settings(front: &str) -> Vec<Candidate> {
    let words: Vec<_> = front.split_whitespace().collect();
    match words[..] {
        [_] => {
            let all = SETTINGS.iter();
            let all = all.map(|it| Candidate::new(format!("{} ", it.name), it.name, it.summary));
            let save = Candidate::new(SAVE, SAVE, "keeps them for later sessions");
            all.chain([save]).collect()
        }
        [_, name] => {
            let values = Setting::find(name).map_or("", |setting| setting.values);
            let values = values.split([' ', ',']);
            let values = values.filter(|value| !matches!(*value, "" | "or" | "to"));
            values
                .map(|value| Candidate::new(value, value, ""))
                .collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{ParseLimits, parse};

    fn definitions() -> Vec<(String, String)> {
        [("sum_of(a, b)", "a + b"), ("size", "12")]
            .map(|(left, right)| (left.to_owned(), right.to_owned()))
            .to_vec()
    }

    #[test]
    fn candidates() {
        for (line, start, candidates) in [
            ("ad", 0, &["add "][..]),
            ("  mu", 2, &["multiply ", "mul "]),
            (
                "su",
                0,
                &["subtract ", "substract ", "sub ", "sum(", "sum_of("],
            ),
            ("help di", 5, &["divide ", "div ", "digits "]),
            ("help max-re", 5, &["max-requests ", "max-result "]),
            ("add 1", 4, &[]),
            ("add s", 4, &["sum_of(", "size"]),
            ("help add su", 9, &[]),
            (":v", 0, &[":vars "]),
            (":se", 0, &[":services ", ":set "]),
            ("help :c", 5, &[":clear ", ":chat "]),
            ("2 + :fibo", 5, &[]),
            ("2 + cosh", 4, &["cosh("]),
            ("help sqr", 5, &["sqrt "]),
            (":explain mult", 9, &["multiply "]),
            (":explain 2 + siz", 13, &["size"]),
            (":set an", 5, &["angle "]),
            (":set -", 5, &["--save"]),
            ("an", 0, &["ans"]),
            ("1 + 255 to h", 11, &["hex"]),
            (
                "1 -> ",
                5,
                &["dec", "hex", "oct", "bin", "fraction", "sci", "30 digits"],
            ),
            ("to", 0, &["totient("]),
            ("1 # sq", 4, &[]),
            ("(1 # one\n + sq", 12, &["sqrt("]),
            (":load Cargo.t", 6, &["Cargo.toml"]),
            (":save  src/termin", 7, &["src/terminal/"]),
            (":load it's", 6, &[]),
            (":set angle d", 11, &["deg"]),
            (":set base ", 10, &["10", "16", "8", "2"]),
            (":trace o", 7, &["on", "off"]),
            (":say su", 5, &[]),
            ("é\u{3000}acosh", 5, &["acosh("]),
            ("2 + sq", 4, &["sqrt("]),
            ("1-siz", 2, &["size"]),
            ("3ta", 0, &[]),
            ("(ph", 1, &["phi"]),
            ("2 ", 2, &[]),
            ("x", 0, &[]),
        ] {
            let (found, offered) = complete(line, line.len(), definitions);
            let offered: Vec<_> = offered.iter().map(|it| it.text.as_str()).collect();
            assert_eq!((found, &offered[..]), (start, candidates), "{line:?}");
        }
        let (start, offered) = complete("add 1 2", 2, Vec::new);
        assert_eq!((start, offered[0].text.as_str()), (0, "add "));
        // It has its parenthesis.
        let (_, offered) = complete("sqr(2)", 3, Vec::new);
        assert_eq!(offered[0].text, "sqrt");
    }

    #[test]
    fn every_form_is_one() {
        for (name, _) in FORMS.into_iter().chain([DIGITS]) {
            let line = format!("255 to {name}");
            assert!(parse(&line, &ParseLimits::DEFAULT).is_ok(), "{line}");
        }
    }

    #[test]
    fn files_as_they_are_called() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a b.calc", ".hidden", "a\nb"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = |name: &str| {
            let line = format!(":load {}/{name}", folder.path().display());
            let (_, offered) = complete(&line, line.len(), Vec::new);
            let shown: Vec<_> = offered.into_iter().map(|it| (it.text, it.shown)).collect();
            shown
        };
        let path = |name: &str| format!("{}/{name}", folder.path().display());
        assert_eq!(found(""), [(path("a b.calc"), "a b.calc".to_owned())]);
        assert_eq!(found("."), [(path(".hidden"), ".hidden".to_owned())]);
    }

    #[test]
    fn each_has_its_help() {
        let (_, offered) = complete("siz", 3, definitions);
        assert_eq!(offered[0].shown, "size                       = 12");
        let (_, offered) = complete("sqr", 3, Vec::new);
        assert!(offered[0].shown.starts_with("sqrt(x) "), "{offered:?}");
        assert!(offered[0].shown.len() > NAME, "{offered:?}");
    }
}

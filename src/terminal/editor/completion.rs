//! Completion of the word at the cursor with Tab.

use rustyline::completion::{self, FilenameCompleter};

use crate::{
    engine::{CONSTANTS, library, units::UNITS},
    repl::{
        command::{
            Head,
            help::{ANS, Topic},
            registry::{self, CommandSpec, Completion, OperandKind},
        },
        settings::{SETTINGS, Setting},
    },
    syntax::{Class, FORMS, Form, classes, is_space},
    text::printable::printable,
};

/// The width of the names in the list of candidates, in columns.
const NAME: usize = 26;

/// A text that Tab can insert for the word at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::terminal) struct CompletionCandidate {
    /// The text that replaces the word.
    text: String,
    /// The row in the list of candidates: the usage and the summary.
    row: String,
}

impl CompletionCandidate {
    fn new(text: impl Into<String>, usage: &str, summary: &str) -> Self {
        Self {
            text: text.into(),
            row: format!("{usage:<NAME$} {summary}").trim_end().to_owned(),
        }
    }

    /// Cuts the row to fit into a list that is `columns` wide.
    pub(in crate::terminal) fn within(mut self, columns: usize) -> Self {
        self.row = printable(&self.row, columns.saturating_sub(2));
        self
    }
}

impl completion::Candidate for CompletionCandidate {
    fn display(&self) -> &str {
        &self.row
    }

    fn replacement(&self) -> &str {
        &self.text
    }
}

/// Returns the candidates for the word that ends at `cursor`, and the byte where the word begins.
///
/// `cursor` is a byte position in `line`. At the start of a line and after `help`, the candidates
/// are commands. In an expression, they are functions, constants and the names of the worksheet.
/// After `:load` and `:save`, they are files. `definitions` returns the two sides of each
/// definition.
pub(in crate::terminal) fn complete(
    line: &str,
    cursor: usize,
    definitions: impl FnOnce() -> Vec<(String, String)>,
) -> (usize, Vec<CompletionCandidate>) {
    let before = &line[..cursor];
    // A line within a line.
    let inner = operands_if(before, |spec| spec.operand_kind == OperandKind::Line);
    let before = inner.unwrap_or(before);
    let offset = cursor - before.len();
    if let Some(path) = operands_if(before, |spec| spec.completion == Completion::Files) {
        let path = path.trim_start_matches(is_space);
        return (cursor - path.len(), files(path));
    }
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':' | '-');
    let is_operand = |c: char| c.is_alphanumeric() || c == '_';
    let edge = |is_word: fn(char) -> bool| {
        before.rfind(|c| !is_word(c)).map_or(0, |edge| {
            edge + before[edge..].chars().next().map_or(0, char::len_utf8)
        })
    };
    let is_whole = Head::read(before).is_some_and(|head| {
        let spec = head.spec;
        head.has_colon() || spec.is_some_and(|spec| spec.completion == Completion::Topics)
    });
    let start = edge(if is_whole { is_word } else { is_operand });
    let (front, word) = before.split_at(start);
    let head = Head::read(front);
    let spec = head.as_ref().and_then(|head| head.spec);
    let operands = head.as_ref().map_or("", |head| &front[head.end..]);
    let is_first_operand = operands.trim_matches(is_space).is_empty();
    let completion = spec.map(|spec| spec.completion);
    let mut candidates = match (&head, completion) {
        (None, _) if is_comment(before) => Vec::new(),
        (None, _) => {
            let mut all = commands();
            all.extend(language(definitions));
            all
        }
        (_, Some(Completion::Topics)) if is_first_operand => topics(),
        (_, Some(Completion::Topics)) => Vec::new(),
        (_, Some(Completion::Settings)) => settings(operands, spec.and_then(CommandSpec::option)),
        (_, Some(Completion::Words(words))) if is_first_operand => {
            let words = words.iter();
            words
                .map(|word| CompletionCandidate::new(*word, word, ""))
                .collect()
        }
        (Some(head), _) if head.has_colon() || is_comment(before) => Vec::new(),
        _ if expects_conversion(front) && word.is_empty() => conversions(),
        _ if expects_conversion(front) => conversions().into_iter().chain(units()).collect(),
        _ if word.is_empty() => Vec::new(),
        (_, Some(_)) => defined(definitions),
        _ if front.trim_end().ends_with(|c: char| c.is_ascii_digit()) => {
            language(definitions).into_iter().chain(units()).collect()
        }
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

/// Returns the text after the name of the command, if the command satisfies `condition`.
fn operands_if(line: &str, condition: impl Fn(&CommandSpec) -> bool) -> Option<&str> {
    let head = Head::read(line)?;
    let operands = &line[head.end..];
    let is_found = operands.starts_with(is_space) && condition(head.spec?);
    is_found.then_some(operands)
}

/// Whether the last line of the text ends in a comment.
fn is_comment(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or_default();
    matches!(classes(line).last(), Some((Class::Comment, _)))
}

/// Whether `front` ends in `to` or `->`, so that a conversion must follow.
fn expects_conversion(front: &str) -> bool {
    let front = front.trim_end();
    front.ends_with("->") || front.ends_with(" to")
}

fn conversions() -> Vec<CompletionCandidate> {
    let candidate =
        |form: &Form| CompletionCandidate::new(form.example, form.example, form.summary);
    FORMS.iter().map(candidate).collect()
}

/// Returns a candidate for each name and symbol of a unit.
fn units() -> impl Iterator<Item = CompletionCandidate> {
    UNITS.iter().flat_map(|unit| {
        let summary = format!("{}: {}", unit.measures, unit.definition());
        let is_word = |name: &&str| name.starts_with(char::is_alphabetic);
        let names = unit.names().filter(is_word);
        names.map(move |name| CompletionCandidate::new(name, name, &summary))
    })
}

fn files(path: &str) -> Vec<CompletionCandidate> {
    if path.contains('\'') {
        return Vec::new();
    }
    // After an open quote rustyline escapes nothing, and neither do our commands.
    let quoted = format!("'{path}");
    let found = FilenameCompleter::new().complete_path(&quoted, quoted.len());
    let (_, found) = found.unwrap_or_default();
    let hidden = path
        .rsplit('/')
        .next()
        .is_some_and(|name| name.starts_with('.'));
    let offered = found.into_iter().filter(|file| {
        let is_printable = printable(&file.display, usize::MAX) == file.display;
        is_printable && (hidden || !file.display.starts_with('.'))
    });
    offered
        .map(|file| CompletionCandidate::new(file.replacement, &file.display, ""))
        .collect()
}

fn commands() -> Vec<CompletionCandidate> {
    let entries = registry::all().flat_map(|entry| {
        entry.names.iter().map(move |name| {
            let usage = format!("{name} {}", entry.operands);
            CompletionCandidate::new(format!("{name} "), &usage, entry.summary)
        })
    });
    entries.collect()
}

/// Returns the candidates in an expression: functions, constants and the worksheet's names.
///
/// The candidate of a function includes the opening parenthesis.
fn language(definitions: impl FnOnce() -> Vec<(String, String)>) -> Vec<CompletionCandidate> {
    let functions = library::all().flat_map(|function| {
        function.names.iter().map(move |name| {
            let usage = format!("{name}({})", function.parameters);
            CompletionCandidate::new(format!("{name}("), &usage, function.summary)
        })
    });
    let constants = CONSTANTS.iter().chain(&[ANS]);
    let constants = constants.map(|(name, summary)| CompletionCandidate::new(*name, name, summary));
    let mut all: Vec<_> = functions.chain(constants).collect();
    all.extend(defined(definitions));
    all
}

/// Returns a candidate for each name that the worksheet defines.
fn defined(definitions: impl FnOnce() -> Vec<(String, String)>) -> Vec<CompletionCandidate> {
    let definitions = definitions().into_iter().map(|(left, right)| {
        let text = match left.split_once('(') {
            Some((name, _)) => format!("{name}("),
            None => left.clone(),
        };
        CompletionCandidate::new(text, &left, &format!("= {right}"))
    });
    definitions.collect()
}

/// Returns a candidate for each topic of `help`.
fn topics() -> Vec<CompletionCandidate> {
    Topic::all()
        .map(|name| {
            let summary = Topic::find(name).map_or("", |topic| topic.summary());
            CompletionCandidate::new(format!("{name} "), name, summary)
        })
        .collect()
}

/// Returns the candidates after the `operands` of `:set`. `option` is the option of `:set`.
fn settings(operands: &str, option: Option<&str>) -> Vec<CompletionCandidate> {
    let words: Vec<_> = operands.split_whitespace().collect();
    match words[..] {
        [] => {
            let all = SETTINGS.iter();
            let all = all
                .map(|it| CompletionCandidate::new(format!("{} ", it.name), it.name, it.summary));
            let save = option.map(|it| {
                CompletionCandidate::new(it, it, "saves all settings for later sessions")
            });
            all.chain(save).collect()
        }
        [name] => {
            let setting = Setting::find(name).into_iter();
            let values = setting.flat_map(Setting::listed_values);
            values
                .map(|value| CompletionCandidate::new(value, value, ""))
                .collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        engine::BuiltInFunctions,
        syntax::{ParseLimits, parse},
    };

    fn definitions() -> Vec<(String, String)> {
        [("sum_of(a, b)", "a + b"), ("size", "12")]
            .map(|(left, right)| (left.to_owned(), right.to_owned()))
            .to_vec()
    }

    #[test]
    fn candidates() {
        for (line, start, candidates) in [
            ("ad", 0, &["add "][..]),
            ("  mu", 2, &["multiply ", "mul ", "multifactorial("]),
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
            ("help :c", 5, &[":copy ", ":clear ", ":chat "]),
            ("2 + :fibo", 5, &[]),
            ("2 + cosh", 4, &["cosh("]),
            ("help sqr", 5, &["sqrt "]),
            (":explain mult", 9, &["multiply ", "multifactorial("]),
            (":explain 2 + siz", 13, &["size"]),
            (":set an", 5, &["angle "]),
            (":set -", 5, &["--save"]),
            ("an", 0, &["ans"]),
            (
                "1 + 255 to he",
                11,
                &[
                    "hex", "hex8", "hex16", "hex32", "hex64", "henry", "henrys", "hertz", "hectare",
                ],
            ),
            (
                "1 -> ",
                5,
                &[
                    "dec",
                    "hex",
                    "oct",
                    "bin",
                    "base 7",
                    "hex8",
                    "hex16",
                    "hex32",
                    "hex64",
                    "bin8",
                    "bin16",
                    "bin32",
                    "bin64",
                    "integer",
                    "fraction",
                    "mixed",
                    "exact",
                    "sci",
                    "eng",
                    "percent",
                    "roman",
                    "SI",
                    "30 digits",
                    "2 decimals",
                ],
            ),
            ("to", 0, &["totient("]),
            ("1 # sq", 4, &[]),
            ("(1 # one\n + sq", 12, &["sqrt("]),
            (":load Cargo.t", 6, &["Cargo.toml"]),
            (":save  src/termin", 7, &["src/terminal/"]),
            (":load it's", 6, &[]),
            (":load\tCargo.t", 6, &["Cargo.toml"]),
            (":explain\tmult", 9, &["multiply ", "multifactorial("]),
            ("help\tsqr", 5, &["sqrt "]),
            ("help = siz", 7, &["size"]),
            (" # sq", 3, &[]),
            (":set angle d", 11, &["deg"]),
            (":set theme ", 11, &["dark", "light", "none"]),
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
        // The text after the cursor already begins with the parenthesis.
        let (_, offered) = complete("sqr(2)", 3, Vec::new);
        assert_eq!(offered[0].text, "sqrt");
    }

    #[test]
    fn every_conversion_parses() {
        for form in FORMS {
            let line = format!("255 to {}", form.example);
            assert!(
                parse(&line, &ParseLimits::DEFAULT, &BuiltInFunctions).is_ok(),
                "{line}"
            );
        }
    }

    #[test]
    fn files_are_offered_by_their_names() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a b.calc", ".hidden", "a\nb"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let found = |name: &str| {
            let line = format!(":load {}/{name}", folder.path().display());
            let (_, offered) = complete(&line, line.len(), Vec::new);
            let shown: Vec<_> = offered.into_iter().map(|it| (it.text, it.row)).collect();
            shown
        };
        let path = |name: &str| format!("{}/{name}", folder.path().display());
        assert_eq!(found(""), [(path("a b.calc"), "a b.calc".to_owned())]);
        assert_eq!(found("."), [(path(".hidden"), ".hidden".to_owned())]);
    }

    #[test]
    fn candidates_have_their_help() {
        let (_, offered) = complete("siz", 3, definitions);
        assert_eq!(offered[0].row, "size                       = 12");
        let (_, offered) = complete("sqr", 3, Vec::new);
        assert!(offered[0].row.starts_with("sqrt(x) "), "{offered:?}");
        assert!(offered[0].row.len() > NAME, "{offered:?}");
    }
}

//! What Tab offers.

use crate::{
    engine::functions,
    repl::command::{names, words},
};

/// The names that could stand where the word around the cursor (a byte position in
/// `line`) begins, and the byte at which it begins: commands at the start of a line
/// and behind `help`, functions and constants where an expression can have them.
pub(super) fn complete(line: &str, cursor: usize) -> (usize, Vec<String>) {
    let before = &line[..cursor];
    let is_word = |c: char| c.is_alphanumeric() || matches!(c, '_' | ':');
    let start = before.rfind(|c| !is_word(c)).map_or(0, |edge| {
        edge + before[edge..].chars().next().map_or(0, char::len_utf8)
    });
    let (front, word) = before.split_at(start);
    let begins = |name: &&str| name.starts_with(word);
    let commands = || names().filter(begins).map(|name| format!("{name} "));
    let candidates = match front.split_whitespace().next() {
        None => commands()
            .chain(words().filter(begins).map(called))
            .collect(),
        Some("help") if front.trim() == "help" => {
            let words = words().filter(begins).map(|name| format!("{name} "));
            commands().chain(words).collect()
        }
        Some(first) if word.is_empty() || names().any(|name| name == first) => Vec::new(),
        Some(_) => words().filter(begins).map(called).collect(),
    };
    (start, candidates)
}

/// A function with its parenthesis, a constant as it is.
fn called(name: &str) -> String {
    let parenthesis = if functions::find(name).is_some() {
        "("
    } else {
        ""
    };
    format!("{name}{parenthesis}")
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn candidates() {
        for (line, start, candidates) in [
            ("ad", 0, &["add "][..]),
            ("  mu", 2, &["multiply ", "mul "]),
            ("su", 0, &["subtract ", "substract ", "sub ", "sum("]),
            ("help di", 5, &["divide ", "div "]),
            ("add 1", 4, &[]),
            ("help add su", 9, &[]),
            (":v", 0, &[":vars "]),
            ("help :c", 5, &[":clear ", ":chat "]),
            ("2 + :c", 4, &[]),
            ("help sqr", 5, &["sqrt "]),
            ("é\u{3000}acosh", 5, &["acosh("]),
            ("2 + sq", 4, &["sqrt("]),
            ("3ta", 0, &[]),
            ("(ph", 1, &["phi"]),
            ("2 ", 2, &[]),
            ("x", 0, &[]),
        ] {
            let candidates = candidates.iter().map(ToString::to_string).collect();
            assert_eq!(complete(line, line.len()), (start, candidates), "{line:?}");
        }
        assert_eq!(complete("add 1 2", 2), (0, vec!["add ".to_string()]));
    }
}

//! What Tab offers.

use crate::repl::command;

/// The names that could stand where the word around the cursor (a byte position in
/// `line`) begins, and the byte at which it begins: commands at the start of a line
/// and behind `help`.
pub(super) fn complete(line: &str, cursor: usize) -> (usize, Vec<String>) {
    let before = &line[..cursor];
    let start = before.rfind(char::is_whitespace).map_or(0, |space| {
        space + before[space..].chars().next().map_or(0, char::len_utf8)
    });
    let (front, word) = before.split_at(start);
    if !matches!(front.trim(), "" | "help") {
        return (start, Vec::new());
    }
    let candidates = command::names().filter(|name| name.starts_with(word));
    (start, candidates.map(|name| format!("{name} ")).collect())
}

#[cfg(test)]
mod tests {
    use super::complete;

    #[test]
    fn candidates() {
        for (line, start, candidates) in [
            ("ad", 0, &["add "][..]),
            ("  mu", 2, &["multiply ", "mul "]),
            ("su", 0, &["subtract ", "substract ", "sub "]),
            ("help di", 5, &["divide ", "div "]),
            ("add 1", 4, &[]),
            ("help add su", 9, &[]),
            ("é\u{3000}a", 5, &[]),
            ("x", 0, &[]),
        ] {
            let candidates = candidates.iter().map(ToString::to_string).collect();
            assert_eq!(complete(line, line.len()), (start, candidates), "{line:?}");
        }
        assert_eq!(complete("add 1 2", 2), (0, vec!["add ".to_string()]));
    }
}

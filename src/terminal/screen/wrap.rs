//! Breaks lines that are wider than the terminal between words.

use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};
use unicode_width::UnicodeWidthStr as _;

/// Returns `text` with a line break instead of a space wherever a line is wider than `columns`.
///
/// The parts after a break are indented as the second column of the line, if the line has columns that are
/// separated by two or more spaces; otherwise as the line itself. A word is never broken.
pub(super) fn wrapped(text: &str, columns: usize) -> String {
    let mut wrapped = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches('\n');
        if content.width() < columns {
            wrapped.push_str(line);
            continue;
        }
        let indent = " ".repeat(indent(content, columns));
        let options = Options::new(columns.saturating_sub(1))
            .subsequent_indent(&indent)
            .break_words(false)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit);
        wrapped.push_str(&textwrap::fill(content, options));
        wrapped.push_str(&line[content.len()..]);
    }
    wrapped
}

/// Returns the number of spaces before the parts of `line` that follow a break.
fn indent(line: &str, columns: usize) -> usize {
    let start = line.len() - line.trim_start_matches(' ').len();
    let second = line[start..].find("  ").map(|end| {
        let gap = &line[start + end..];
        start + end + gap.len() - gap.trim_start_matches(' ').len()
    });
    second.filter(|it| *it <= columns / 2).unwrap_or(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words() {
        let rows = [
            ("short", "short"),
            (
                "expected a number or a name",
                "expected a number\nor a name",
            ),
            (
                "Angles  sin cos tan asin\nx\n",
                "Angles  sin cos\n        tan asin\nx\n",
            ),
            ("  a list of more words", "  a list of more\n  words"),
            ("12345678901234567890123", "12345678901234567890123"),
            ("", ""),
        ];
        for (text, expected) in rows {
            assert_eq!(wrapped(text, 19), expected);
        }
    }
}

//! Carets under the faulty part of a line.

use std::ops::Range;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::text::printable::printable;

/// The text of the prompt.
pub(in crate::terminal) const PROMPT: &str = "> ";

/// The line that stands above the carets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::terminal) enum SourceLine {
    /// The line that the user typed after the prompt. It need not be printed again.
    Above,
    /// A printed copy of the line, since the typed line is further up on the screen.
    Repeated,
}

/// Returns the output that marks `span` of `line` with carets, on a screen `columns` wide.
///
/// `span` is a range of characters; if `line` has no such range, the output is empty. If `line` is
/// too wide or holds control characters, the output repeats a part of `line`, with the control
/// characters escaped.
pub(in crate::terminal) fn pointed(
    line: &str,
    span: &Range<usize>,
    columns: usize,
    source: SourceLine,
) -> String {
    let length = line.chars().count();
    // An empty span at the end of the line means that something is missing there.
    if span.start > length || span.end < span.start || (span.is_empty() && span.start < length) {
        return String::new();
    }
    let is_plain = line
        .chars()
        .all(|c| c == ' ' || c.width().is_some_and(|width| width > 0));
    if source == SourceLine::Above && is_plain && PROMPT.len() + line.width() < columns {
        return carets(PROMPT.len(), line, span);
    }
    let available = columns.saturating_sub(PROMPT.len() + 2).max(20);
    let start = span.start.saturating_sub(available / 4);
    let part: String = line.chars().skip(start).collect();
    let part = printable(&part, usize::MAX);
    let mut shown = String::from(if start > 0 { "…" } else { "" });
    let cut = shown.chars().count();
    for c in part.chars() {
        if shown.width() + c.width().unwrap_or(0) > available {
            break;
        }
        shown.push(c);
    }
    // Escaping has made some characters longer.
    let offset = |end: usize| {
        let before: String = line.chars().skip(start).take(end - start).collect();
        cut + printable(&before, usize::MAX).chars().count()
    };
    let span = offset(span.start)..offset(span.end.min(length));
    format!(
        "{:indent$}{shown}\n{}",
        "",
        carets(PROMPT.len(), &shown, &span),
        indent = PROMPT.len()
    )
}

fn carets(indent: usize, line: &str, span: &Range<usize>) -> String {
    let width = |from: usize, to: usize| -> usize {
        let part = line.chars().skip(from).take(to.saturating_sub(from));
        part.map(|c| c.width().unwrap_or(0)).sum()
    };
    let start = indent + width(0, span.start);
    let count = width(span.start, span.end).max(1);
    format!("{:start$}{}\n", "", "^".repeat(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_under_the_span() {
        for (line, span, expected) in [
            ("1 + sqr(16)", 4..7, "      ^^^\n"),
            ("1 +", 3..3, "     ^\n"),
            ("日本 + x", 5..6, "         ^\n"),
            ("日本", 0..2, "  ^^^^\n"),
            ("1", 5..6, ""),
            ("1 + 1", 0..0, ""),
        ] {
            assert_eq!(
                pointed(line, &span, 80, SourceLine::Above),
                expected,
                "{line}"
            );
        }
    }

    #[test]
    fn a_line_that_is_not_right_above_is_repeated() {
        assert_eq!(
            pointed("1/0", &(1..3), 80, SourceLine::Repeated),
            "  1/0\n   ^^\n"
        );
        let line = format!("{}x + 1", "1 + ".repeat(100));
        let shown = pointed(&line, &(400..401), 40, SourceLine::Above);
        let (part, carets) = shown.split_once('\n').unwrap();
        assert!(part.width() < 40, "{part}");
        let caret = carets.find('^').unwrap();
        assert_eq!(part.chars().nth(caret), Some('x'));
        assert_eq!(
            pointed("\t1/0", &(2..4), 80, SourceLine::Above),
            "  \\t1/0\n     ^^\n"
        );
    }
}

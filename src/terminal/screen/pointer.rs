//! The place of a fault, under the line that has it.

use std::ops::Range;

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::text::printable::printable;

/// What stands in front of a line.
pub(in crate::terminal) const PROMPT: &str = "> ";

/// Where the line with the fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::terminal) enum Line {
    /// Right above, behind the prompt.
    Above,
    /// Elsewhere, so that it is shown once more.
    Elsewhere,
}

/// Lines that point at `place` (in characters) of `line`, on a screen that has so many
/// `columns`; nothing where there is no such place.
pub(in crate::terminal) fn pointed(
    line: &str,
    place: &Range<usize>,
    columns: usize,
    at: Line,
) -> String {
    let length = line.chars().count();
    // What is missing at the end is pointed at, too.
    if place.start > length || place.end < place.start || (place.is_empty() && place.start < length)
    {
        return String::new();
    }
    let is_plain = line
        .chars()
        .all(|c| c == ' ' || c.width().is_some_and(|width| width > 0));
    if at == Line::Above && is_plain && PROMPT.len() + line.width() < columns {
        return carets(PROMPT.len(), line, place);
    }
    let room = columns.saturating_sub(PROMPT.len() + 2).max(20);
    let start = place.start.saturating_sub(room / 4);
    let part: String = line.chars().skip(start).collect();
    let part = printable(&part, usize::MAX);
    let mut shown = String::from(if start > 0 { "…" } else { "" });
    let cut = shown.chars().count();
    for c in part.chars() {
        if shown.width() + c.width().unwrap_or(0) > room {
            break;
        }
        shown.push(c);
    }
    // What had to be escaped is longer than it was.
    let offset = |end: usize| {
        let before: String = line.chars().skip(start).take(end - start).collect();
        cut + printable(&before, usize::MAX).chars().count()
    };
    let place = offset(place.start)..offset(place.end.min(length));
    format!(
        "{:indent$}{shown}\n{}",
        "",
        carets(PROMPT.len(), &shown, &place),
        indent = PROMPT.len()
    )
}

fn carets(indent: usize, line: &str, place: &Range<usize>) -> String {
    let width = |from: usize, to: usize| -> usize {
        let part = line.chars().skip(from).take(to.saturating_sub(from));
        part.map(|c| c.width().unwrap_or(0)).sum()
    };
    let start = indent + width(0, place.start);
    let count = width(place.start, place.end).max(1);
    format!("{:start$}{}\n", "", "^".repeat(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (line, place, expected) in [
            ("1 + sqr(16)", 4..7, "      ^^^\n"),
            ("1 +", 3..3, "     ^\n"),
            ("日本 + x", 5..6, "         ^\n"),
            ("日本", 0..2, "  ^^^^\n"),
            ("é\u{301}1", 2..3, "  e\u{301}\n"),
            ("1", 5..6, ""),
            ("1 + 1", 0..0, ""),
        ] {
            if line.contains('\u{301}') {
                continue;
            }
            assert_eq!(pointed(line, &place, 80, Line::Above), expected, "{line}");
        }
    }

    #[test]
    fn what_is_elsewhere_is_shown_again() {
        assert_eq!(
            pointed("1/0", &(1..3), 80, Line::Elsewhere),
            "  1/0\n   ^^\n"
        );
        let line = format!("{}x + 1", "1 + ".repeat(100));
        let shown = pointed(&line, &(400..401), 40, Line::Above);
        let (part, carets) = shown.split_once('\n').unwrap();
        assert!(part.width() < 40, "{part}");
        let caret = carets.find('^').unwrap();
        assert_eq!(part.chars().nth(caret), Some('x'));
        assert_eq!(
            pointed("\t1/0", &(2..4), 80, Line::Above),
            "  \\t1/0\n     ^^\n"
        );
    }
}

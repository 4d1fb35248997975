//! Joins consecutive lines if a parenthesis is open at the end of a line.

use super::parse::parse;
use std::ops::Range;

use crate::syntax::{Class, ParseLimits, classes, is_operator, is_space};

/// The maximum number of lines that are joined. If a parenthesis is still open after these lines,
/// no lines are joined.
const LINES: usize = 256;

/// The logical lines of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogicalLines {
    /// The logical lines, in the order of the text.
    pub groups: Vec<LogicalLine>,
    /// Whether a parenthesis is still open at the end of the text.
    pub is_open: bool,
}

/// A line to be answered. It may consist of several lines of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogicalLine {
    /// The number of the first of these lines in the text, counted from 1.
    pub number: usize,
    /// The joined text. Spaces replace the line ends and the comments, so that positions in the
    /// text stay the same. Where a line end separates two arguments of a call, it is `, `.
    pub line: String,
}

/// Joins the lines of a text. If a parenthesis is never closed, its line is not joined with the
/// later lines, so that the later lines can still be answered.
#[must_use]
pub fn join_continuations(text: &str) -> LogicalLines {
    let all: Vec<_> = text.lines().collect();
    let (mut groups, mut open) = (Vec::new(), false);
    let mut rest = &all[..];
    while let Some(first) = rest.first() {
        // Most lines have no open parenthesis. They are not parsed, to save time.
        let count = match closed(rest) {
            Some(1) => Some(1),
            _ if !is_language(first) => Some(1),
            count => count,
        };
        open |= count.is_none();
        let (group, after) = rest.split_at(count.unwrap_or(1));
        groups.push(LogicalLine {
            number: all.len() - rest.len() + 1,
            line: joined(group),
        });
        rest = after;
    }
    LogicalLines {
        groups,
        is_open: open,
    }
}

/// Whether a line is an expression or statement, not a command.
fn is_language(line: &str) -> bool {
    parse(line).is_ok_and(|parsed| parsed.is_expression())
}

/// Returns the number of lines after which all parentheses are closed. Returns `None` if a
/// parenthesis stays open for too many lines or bytes.
fn closed(lines: &[&str]) -> Option<usize> {
    let (mut depth, mut bytes) = (0_usize, 0);
    for (index, line) in lines.iter().enumerate() {
        bytes += line.len() + 1;
        if index == LINES || bytes > ParseLimits::DEFAULT.line && index > 0 {
            return None;
        }
        for (class, _) in classes(line) {
            match class {
                Class::Open => depth += 1,
                Class::Close => depth = depth.saturating_sub(1),
                _ => {}
            }
        }
        if depth == 0 {
            return Some(index + 1);
        }
    }
    None
}

fn joined(group: &[&str]) -> String {
    let Some((last, others)) = group.split_last() else {
        return String::new();
    };
    let mut line = String::new();
    for (other, next) in others.iter().zip(&group[1..]) {
        let comment = classes(other)
            .into_iter()
            .find_map(|(class, place)| (class == Class::Comment).then_some(place.start));
        let (code, comment) = other.split_at(comment.unwrap_or(other.len()));
        let code_end = line.len() + code.trim_end().len();
        line += code;
        line.extend(comment.chars().map(|_| ' '));
        if separates(&line, next) {
            line.truncate(code_end);
            line.push(',');
        }
        line.push(' ');
    }
    line + last
}

/// Whether the line end between `before` and `next` separates two arguments of a call. The arguments
/// of a call can be a column that was pasted.
fn separates(before: &str, next: &str) -> bool {
    let parts = classes(before);
    let mut open = Vec::new();
    for (index, (class, _)) in parts.iter().enumerate() {
        match class {
            Class::Open => {
                let is_call = index > 0 && parts[index - 1].0 == Class::Call;
                open.push(is_call);
            }
            Class::Close => _ = open.pop(),
            _ => {}
        }
    }
    let is_operand = |(class, place): &(Class, Range<usize>)| match class {
        Class::Number | Class::Close => true,
        Class::Name => !is_operator(&before[place.clone()]),
        Class::Operator => matches!(&before[place.clone()], "!" | "!!" | "%"),
        _ => false,
    };
    if open.last() != Some(&true) || !parts.last().is_some_and(is_operand) {
        return false;
    }
    let Some((class, place)) = classes(next).into_iter().next() else {
        return false;
    };
    let word = &next[place.clone()];
    match class {
        Class::Close | Class::Comment | Class::Wrong => false,
        Class::Name => !is_operator(word),
        Class::Operator => {
            let is_sign = matches!(word, "+" | "-" | "−" | "√" | "~" | "|");
            is_sign && !next[place.end..].starts_with(is_space)
        }
        Class::Number | Class::Call | Class::Open => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined() {
        for (text, groups, is_open) in [
            ("1 + 1", &[(1, "1 + 1")][..], false),
            ("1\n2\n\n3", &[(1, "1"), (2, "2"), (3, ""), (4, "3")], false),
            ("(1 +", &[(1, "(1 +")], true),
            (
                "(1 + # one\n 2)\n3",
                &[(1, "(1 +        2)"), (3, "3")],
                false,
            ),
            ("f(\n1,\n2\n)", &[(1, "f( 1, 2 )")], false),
            (
                "f(1\n2 # two\n-3\n- 4\n)",
                &[(1, "f(1, 2, -3 - 4 )")],
                false,
            ),
            (
                "f(x\nmod 2\n(1\n+ 2))",
                &[(1, "f(x mod 2, (1 + 2))")],
                false,
            ),
            (
                "1\n(2\n3\n(4\n5)",
                &[(1, "1"), (2, "(2"), (3, "3"), (4, "(4 5)")],
                true,
            ),
            ("add 1 (\n2", &[(1, "add 1 ("), (2, "2")], false),
            (":say (\n2", &[(1, ":say ("), (2, "2")], false),
            ("1 # (\n2", &[(1, "1 # ("), (2, "2")], false),
            (")(\n)", &[(1, ")( )")], false),
        ] {
            let found = join_continuations(text);
            let shown: Vec<_> = found
                .groups
                .iter()
                .map(|it| (it.number, &*it.line))
                .collect();
            assert_eq!((&shown[..], found.is_open), (groups, is_open), "{text:?}");
        }
    }

    #[test]
    fn unclosed_parentheses_take_linear_time() {
        let text = "(\n".repeat(20_000);
        assert_eq!(join_continuations(&text).groups.len(), 20_000);
    }
}

//! Syntax highlighting of a line.

use std::ops::Range;

use anstyle::Style;

use super::typed_line::{AfterCommand, TypedLine};
use crate::terminal::screen::color::{Palette, styled};
use crate::{
    engine::{BuiltInFunctions, library},
    syntax::{self, Class, ParseLimits, SyntaxErrorKind, classes},
};

/// Returns the typed line with color sequences.
///
/// `cursor` is a byte position. If a parenthesis is at the cursor, this parenthesis and the
/// matching parenthesis are marked. The faulty part of the line is marked too: the fault of a
/// command, else `fault` (a range of characters), else the first syntax error.
pub(in crate::terminal) fn highlighted(
    typed: &TypedLine,
    cursor: Option<usize>,
    fault: Option<Range<usize>>,
    palette: &Palette,
) -> String {
    let (text, rest) = (&*typed.text, typed.rest);
    let mut styles = vec![None; text.len()];
    for command in &typed.commands {
        paint(&mut styles, command.clone(), Some(palette.command));
    }
    let wrong = typed.fault.clone();
    if rest == AfterCommand::Text {
        let faulty = wrong.and_then(|span| bytes(text, span));
        mark(text, faulty, cursor, &mut styles, palette);
    } else if let AfterCommand::Operands(start) | AfterCommand::Language(start) = rest {
        let line = &text[start..];
        let parts = classes(line);
        for (class, span) in &parts {
            let style = match class {
                Class::Call => Some(palette.function),
                Class::Name if library::find(&line[span.clone()]).is_some() => {
                    Some(palette.function)
                }
                Class::Comment => Some(palette.dim),
                Class::Wrong => Some(palette.faulty),
                Class::Number | Class::Name | Class::Operator | Class::Open | Class::Close => None,
            };
            paint(&mut styles, start + span.start..start + span.end, style);
        }
        let faulty = match wrong.or(fault) {
            Some(span) => bytes(text, span),
            None if matches!(rest, AfterCommand::Language(_)) => {
                syntax_error(line).map(|span| start + span.start..start + span.end)
            }
            None => None,
        };
        mark(text, faulty, cursor, &mut styles, palette);
        if let Some(cursor) = cursor.and_then(|cursor| cursor.checked_sub(start)) {
            for at in matching(&parts, cursor).into_iter().flatten() {
                paint(
                    &mut styles,
                    start + at..start + at + 1,
                    Some(palette.matching),
                );
            }
        }
    }
    render(text, &styles)
}

/// Marks the faulty part, unless the user is still typing that part.
fn mark(
    text: &str,
    faulty: Option<Range<usize>>,
    cursor: Option<usize>,
    styles: &mut [Option<Style>],
    palette: &Palette,
) {
    let is_done = |end: usize| {
        let behind = cursor.map(|cursor| text.get(end..cursor).unwrap_or_default());
        behind.is_none_or(|behind| !behind.trim().is_empty())
    };
    if let Some(span) = faulty.filter(|span| is_done(span.end)) {
        paint(styles, span, Some(palette.faulty));
    }
}

fn paint(styles: &mut [Option<Style>], span: Range<usize>, style: Option<Style>) {
    let end = span.end.min(styles.len());
    let start = span.start.min(end);
    styles[start..end].fill(style);
}

/// Converts a range of characters to a range of bytes; `None` if `text` is too short for it.
fn bytes(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let at = |count: usize| {
        let mut starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        starts.nth(count)
    };
    Some(at(span.start)?..at(span.end)?)
}

/// Returns the range of the syntax error in `line`.
///
/// Returns `None` if the line is valid, or if more text at its end could make it valid.
fn syntax_error(line: &str) -> Option<Range<usize>> {
    let error = syntax::parse(line, &ParseLimits::DEFAULT, &BuiltInFunctions).err()?;
    let span = bytes(line, error.characters(line))?;
    (error.kind != SyntaxErrorKind::Incomplete && !span.is_empty()).then_some(span)
}

/// Returns the positions of two matching parentheses, if the cursor is at one of them or directly
/// after the closing parenthesis.
fn matching(parts: &[(Class, Range<usize>)], cursor: usize) -> Option<[usize; 2]> {
    let mut open = Vec::new();
    let mut pairs = parts.iter().filter_map(|(class, span)| match class {
        Class::Open => {
            open.push(span.start);
            None
        }
        Class::Close => Some([open.pop()?, span.start]),
        _ => None,
    });
    pairs.find(|pair| {
        pair.iter()
            .any(|at| *at == cursor || (*at + 1 == cursor && *at == pair[1]))
    })
}

fn render(text: &str, styles: &[Option<Style>]) -> String {
    let mut rendered = String::new();
    let mut start = 0;
    for run in styles.chunk_by(|one, next| one == next) {
        let part = &text[start..start + run.len()];
        match run[0] {
            Some(style) => rendered += &styled(style, part),
            None => rendered += part,
        }
        start += run.len();
    }
    rendered
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::terminal::screen::color::DARK;

    /// Highlights a text and replaces each color sequence by a mark: `<fsqrt>` is a function.
    fn marked(text: &str, cursor: Option<usize>, fault: Option<Range<usize>>) -> String {
        let mut marked = highlighted(&TypedLine::new(text), cursor, fault, &DARK);
        for (style, mark) in [
            (DARK.function, "f"),
            (DARK.command, "c"),
            (DARK.faulty, "w"),
            (DARK.matching, "m"),
            (DARK.dim, "d"),
        ] {
            marked = marked.replace(&style.render().to_string(), &format!("<{mark}"));
        }
        marked.replace(&DARK.dim.render_reset().to_string(), ">")
    }

    #[test]
    fn lines() {
        for (text, expected) in [
            ("", ""),
            ("1 + x", "1 + x"),
            ("2sqrt(9) # three", "2<fsqrt>(9) <d# three>"),
            ("g(1)", "<fg>(1)"),
            ("add 20 x", "<cadd> 20 x"),
            ("add = 3", "add = 3"),
            (":ans#1", "<c:ans>#1"),
            (":say (2", "<c:say> (2"),
            ("help :explain", "<chelp> :explain"),
            ("help sqr", "<chelp> <wsqr>"),
            ("quit now", "<cquit> <wnow>"),
            (":vasr x", "<w:vasr> x"),
            (":set angel 2", "<c:set> <wangel> 2"),
            ("  :explain add 1 2", "  <c:explain> <cadd> 1 2"),
            (":explain 1 + é", "<c:explain> 1 + é"),
            ("1 2", "1 <w2>"),
            ("1.2.3 + 4", "<w1.2.3> + 4"),
            ("(1", "(1"),
            ("1)", "1<w)>"),
            ("multipy 2 3", "<wmultipy> 2 3"),
            ("add 1 2.5", "<cadd> 1 <w2.5>"),
            (":explain add 1 é", "<c:explain> <cadd> 1 é"),
        ] {
            assert_eq!(marked(text, None, None), expected, "{text:?}");
        }
    }

    #[test]
    fn parentheses_and_faults() {
        let text = "f((é)+1)";
        for (cursor, expected) in [
            (1, "<ff><m(>(é)+1<m)>"),
            (2, "<ff>(<m(>é<m)>+1)"),
            (5, "<ff>(<m(>é<m)>+1)"),
            (6, "<ff>(<m(>é<m)>+1)"),
            (text.len(), "<ff><m(>(é)+1<m)>"),
        ] {
            assert_eq!(marked(text, Some(cursor), None), expected, "{cursor}");
        }
        assert_eq!(marked("é + sqr(2)", None, Some(4..7)), "é + <wsqr>(2)");
        // More letters could make it `sqrt`.
        assert_eq!(marked("2 + sqr", Some(7), Some(4..7)), "2 + sqr");
        assert_eq!(marked("sqr ", Some(4), Some(0..3)), "sqr ");
        assert_eq!(marked(":exp", Some(4), None), ":exp");
        assert_eq!(marked("1", None, Some(5..9)), "1");
    }

    proptest! {
        #[test]
        fn highlighting_adds_nothing_but_colors(text: String, cursor in 0_usize..30, at in 0_usize..30) {
            let typed = TypedLine::new(&text);
            let shown = highlighted(&typed, Some(cursor), Some(at..at + 2), &DARK);
            let mut plain = shown;
            for style in [DARK.function, DARK.command, DARK.faulty, DARK.matching, DARK.dim] {
                plain = plain.replace(&style.render().to_string(), "");
            }
            prop_assert_eq!(plain.replace(&DARK.dim.render_reset().to_string(), ""), text);
        }
    }
}

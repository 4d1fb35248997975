//! A line in colors.

use std::ops::Range;

use anstyle::Style;

use crate::terminal::screen::color::{COMMAND, DIM, FAULTY, FUNCTION, MATCHING, NUMBER, styled};
use crate::{
    engine::library,
    repl::command::{
        self,
        registry::{CommandSpec, Completion},
    },
    syntax::{self, Class, ParseLimits, SyntaxErrorKind, classes, is_space},
};

/// Bytes of a text that is colored. A long one would take a while with each key.
const LONGEST: usize = 4096;

/// `text` in colors. The parenthesis at the cursor, a byte position, and the one that
/// belongs to it stand out, if a cursor is given; so does what `fault`, a place in
/// characters, says is wrong, or else what the syntax does.
pub(in crate::terminal) fn highlighted(
    text: &str,
    cursor: Option<usize>,
    fault: Option<Range<usize>>,
) -> String {
    if text.len() > LONGEST {
        return text.into();
    }
    let mut styles = vec![None; text.len()];
    let rest = commands(text, &mut styles);
    if let (Rest::Text, Err(fault)) = (&rest, command::parse(text)) {
        mark(text, bytes(text, fault.span), cursor, &mut styles);
    }
    if let Rest::Operands(start) | Rest::Language(start) = rest {
        let line = &text[start..];
        let parts = classes(line);
        for (class, place) in &parts {
            let style = match class {
                Class::Number => Some(NUMBER),
                Class::Call => Some(FUNCTION),
                Class::Name if library::find(&line[place.clone()]).is_some() => Some(FUNCTION),
                Class::Comment => Some(DIM),
                Class::Wrong => Some(FAULTY),
                Class::Name | Class::Operator | Class::Open | Class::Close => None,
            };
            paint(&mut styles, start + place.start..start + place.end, style);
        }
        let faulty = match (command::parse(text), fault) {
            (Err(fault), _) => bytes(text, fault.span),
            (Ok(_), Some(place)) => bytes(text, place),
            (Ok(_), None) if matches!(rest, Rest::Language(_)) => {
                misspelt(line).map(|place| start + place.start..start + place.end)
            }
            (Ok(_), None) => None,
        };
        mark(text, faulty, cursor, &mut styles);
        if let Some(cursor) = cursor.and_then(|cursor| cursor.checked_sub(start)) {
            for at in matching(&parts, cursor).into_iter().flatten() {
                paint(&mut styles, start + at..start + at + 1, Some(MATCHING));
            }
        }
    }
    written(text, &styles)
}

/// What stands behind the commands of a line, from which byte on.
enum Rest {
    /// A text that means nothing to us.
    Text,
    /// Operands of a typed call.
    Operands(usize),
    /// A line of the language.
    Language(usize),
}

/// Styles the names of commands.
fn commands(text: &str, styles: &mut [Option<Style>]) -> Rest {
    let start = text.len() - text.trim_start_matches(is_space).len();
    let end = text[start..]
        .find(is_space)
        .map_or(text.len(), |at| start + at);
    let word = &text[start..end];
    let behind = text[end..].trim_start_matches(is_space);
    let is_one = word.starts_with(':');
    let entry = CommandSpec::find(word).filter(|_| is_one || !behind.starts_with('='));
    let Some(entry) = entry else {
        return if is_one {
            Rest::Text
        } else {
            Rest::Language(0)
        };
    };
    paint(styles, start..end, Some(COMMAND));
    match entry.completion {
        Completion::Line => match commands(&text[end..], &mut styles[end..]) {
            Rest::Text => Rest::Text,
            Rest::Operands(start) => Rest::Operands(end + start),
            Rest::Language(start) => Rest::Language(end + start),
        },
        Completion::Definitions => Rest::Operands(end),
        _ => Rest::Text,
    }
}

/// Marks what is wrong, unless it is still being typed.
fn mark(
    text: &str,
    faulty: Option<Range<usize>>,
    cursor: Option<usize>,
    styles: &mut [Option<Style>],
) {
    let is_done = |end: usize| {
        let behind = cursor.map(|cursor| text.get(end..cursor).unwrap_or_default());
        behind.is_none_or(|behind| !behind.trim().is_empty())
    };
    if let Some(place) = faulty.filter(|place| is_done(place.end)) {
        paint(styles, place, Some(FAULTY));
    }
}

fn paint(styles: &mut [Option<Style>], place: Range<usize>, style: Option<Style>) {
    let end = place.end.min(styles.len());
    let start = place.start.min(end);
    styles[start..end].fill(style);
}

/// A place in bytes that is given in characters.
fn bytes(text: &str, place: Range<usize>) -> Option<Range<usize>> {
    let at = |count: usize| {
        let mut starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        starts.nth(count)
    };
    Some(at(place.start)?..at(place.end)?)
}

/// Where the syntax is wrong whatever follows.
fn misspelt(line: &str) -> Option<Range<usize>> {
    let error = syntax::parse(line, &ParseLimits::DEFAULT).err()?;
    let place = error.span.start as usize..error.span.end as usize;
    (error.kind != SyntaxErrorKind::Incomplete && !place.is_empty()).then_some(place)
}

/// The parenthesis at or in front of the cursor, and the one that belongs to it.
fn matching(parts: &[(Class, Range<usize>)], cursor: usize) -> Option<[usize; 2]> {
    let mut open = Vec::new();
    let mut pairs = parts.iter().filter_map(|(class, place)| match class {
        Class::Open => {
            open.push(place.start);
            None
        }
        Class::Close => Some([open.pop()?, place.start]),
        _ => None,
    });
    pairs.find(|pair| {
        pair.iter()
            .any(|at| *at == cursor || (*at + 1 == cursor && *at == pair[1]))
    })
}

fn written(text: &str, styles: &[Option<Style>]) -> String {
    let mut written = String::new();
    let mut start = 0;
    for run in styles.chunk_by(|one, next| one == next) {
        let part = &text[start..start + run.len()];
        match run[0] {
            Some(style) => written += &styled(style, part),
            None => written += part,
        }
        start += run.len();
    }
    written
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A text whose styles are written as `<n2>`: the first letter of what it is.
    fn marked(text: &str, cursor: Option<usize>, fault: Option<Range<usize>>) -> String {
        let mut marked = highlighted(text, cursor, fault);
        for (style, mark) in [
            (NUMBER, "n"),
            (FUNCTION, "f"),
            (COMMAND, "c"),
            (FAULTY, "w"),
            (MATCHING, "m"),
            (DIM, "d"),
        ] {
            marked = marked.replace(&style.render().to_string(), &format!("<{mark}"));
        }
        marked.replace(&DIM.render_reset().to_string(), ">")
    }

    #[test]
    fn lines() {
        for (text, expected) in [
            ("", ""),
            ("1 + x", "<n1> + x"),
            ("2sqrt(9) # three", "<n2><fsqrt>(<n9>) <d# three>"),
            ("g(1)", "<fg>(<n1>)"),
            ("add 20 x", "<cadd> <n20> x"),
            ("add = 3", "add = <n3>"),
            (":say (2", "<c:say> (2"),
            ("help :explain", "<chelp> :explain"),
            ("help sqr", "<chelp> <wsqr>"),
            ("quit now", "<cquit> <wnow>"),
            (":vasr x", "<w:vasr> x"),
            (":set angel 2", "<c:set> <wangel> 2"),
            ("  :explain add 1 2", "  <c:explain> <cadd> <n1> <n2>"),
            (":explain 1 + é", "<c:explain> <n1> + é"),
            ("1 2", "<n1> <w2>"),
            ("1.2.3 + 4", "<w1.2.3> + <n4>"),
            ("(1", "(<n1>"),
            ("1)", "<n1><w)>"),
            ("multipy 2 3", "<wmultipy> <n2> <n3>"),
            ("add 1 2.5", "<cadd> <n1> <w2.5>"),
            (":explain add 1 é", "<c:explain> <cadd> <n1> é"),
        ] {
            assert_eq!(marked(text, None, None), expected, "{text:?}");
        }
    }

    #[test]
    fn parentheses_and_faults() {
        let text = "f((é)+1)";
        for (cursor, expected) in [
            (1, "<ff><m(>(é)+<n1><m)>"),
            (2, "<ff>(<m(>é<m)>+<n1>)"),
            (5, "<ff>(<m(>é<m)>+<n1>)"),
            (6, "<ff>(<m(>é<m)>+<n1>)"),
            (text.len(), "<ff><m(>(é)+<n1><m)>"),
        ] {
            assert_eq!(marked(text, Some(cursor), None), expected, "{cursor}");
        }
        assert_eq!(marked("é + sqr(2)", None, Some(4..7)), "é + <wsqr>(<n2>)");
        // It may become `sqrt`.
        assert_eq!(marked("2 + sqr", Some(7), Some(4..7)), "<n2> + sqr");
        assert_eq!(marked("sqr ", Some(4), Some(0..3)), "sqr ");
        assert_eq!(marked(":exp", Some(4), None), ":exp");
        assert_eq!(marked("1", None, Some(5..9)), "<n1>");
    }

    proptest! {
        /// The same characters, whatever the colors.
        #[test]
        fn nothing_but_colors_is_added(text: String, cursor in 0_usize..30, at in 0_usize..30) {
            let shown = highlighted(&text, Some(cursor), Some(at..at + 2));
            let mut plain = shown;
            for style in [NUMBER, FUNCTION, COMMAND, FAULTY, MATCHING, DIM] {
                plain = plain.replace(&style.render().to_string(), "");
            }
            prop_assert_eq!(plain.replace(&DIM.render_reset().to_string(), ""), text);
        }
    }
}

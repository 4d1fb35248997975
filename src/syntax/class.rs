//! Divides a text into classified parts, for highlighting and completion.
//!
//! The text may contain syntax errors.

use std::ops::Range;

use super::{
    alphabet::with_ascii_signs,
    token::{Lexer, Token},
};

/// The class of a part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// A literal number, or superscript digits.
    Number,
    /// A name.
    Name,
    /// The name of a called function: a name directly before an opening parenthesis.
    Call,
    /// An operator or a separator.
    Operator,
    /// An opening parenthesis.
    Open,
    /// A closing parenthesis.
    Close,
    /// A comment.
    Comment,
    /// Text that is not a valid token.
    Wrong,
}

/// Returns the parts of a text in order, each with its range of bytes.
///
/// White space between tokens is not in any part.
#[must_use]
pub fn classes(text: &str) -> Vec<(Class, Range<usize>)> {
    let ascii = with_ascii_signs(text);
    let mut parts = classes_of_ascii(&ascii);
    if ascii.len() < text.len() {
        // Full-width signs are longer than the ASCII characters that replace them.
        let starts = |text: &str| -> Vec<usize> {
            text.char_indices()
                .map(|(at, _)| at)
                .chain([text.len()])
                .collect()
        };
        let (short, long) = (starts(&ascii), starts(text));
        let moved = |at: usize| long[short.partition_point(|start| *start < at)];
        for (_, place) in &mut parts {
            *place = moved(place.start)..moved(place.end);
        }
    }
    parts
}

fn classes_of_ascii(text: &str) -> Vec<(Class, Range<usize>)> {
    let mut lexer = Lexer::new(text);
    let mut parts: Vec<(Class, Range<usize>)> = Vec::new();
    let mut end = 0;
    loop {
        let (token, place) = match lexer.next() {
            Ok(lexeme) => {
                let span = lexeme.span;
                (Some(lexeme.token), span.start as usize..span.end as usize)
            }
            Err(error) => {
                let place = error.span.start as usize..error.span.end as usize;
                lexer.skip_to(place.end);
                (None, place)
            }
        };
        comments(text, end..place.start, &mut parts);
        end = place.end;
        let class = match token {
            Some(Token::End) => return parts,
            None => Class::Wrong,
            Some(Token::Number | Token::Superscript) => Class::Number,
            Some(Token::Name) => Class::Name,
            Some(Token::Close) => Class::Close,
            Some(Token::Open) => {
                if let Some((class @ Class::Name, before)) = parts.last_mut()
                    && before.end == place.start
                {
                    *class = Class::Call;
                }
                Class::Open
            }
            Some(_) => Class::Operator,
        };
        parts.push((class, place));
    }
}

/// Appends the comments between two tokens to `parts`. `between` is the range between the tokens.
fn comments(text: &str, between: Range<usize>, parts: &mut Vec<(Class, Range<usize>)>) {
    let mut at = between.start;
    for line in text[between].split_inclusive('\n') {
        if let Some(start) = line.find('#') {
            let end = line.trim_end_matches('\n').len();
            parts.push((Class::Comment, at + start..at + end));
        }
        at += line.len();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_of_texts() {
        use Class::{Call, Close, Comment, Name, Number, Open, Operator, Wrong};
        for (text, expected) in [
            ("", &[][..]),
            ("  # all", &[(Comment, "# all")]),
            (
                "2x + sqrt(½) # root",
                &[
                    (Number, "2"),
                    (Name, "x"),
                    (Operator, "+"),
                    (Call, "sqrt"),
                    (Open, "("),
                    (Number, "½"),
                    (Close, ")"),
                    (Comment, "# root"),
                ],
            ),
            ("x (2", &[(Name, "x"), (Open, "("), (Number, "2")]),
            (
                "1 # a\n# b\n2",
                &[
                    (Number, "1"),
                    (Comment, "# a"),
                    (Comment, "# b"),
                    (Number, "2"),
                ],
            ),
            (
                "1.2.3 ? x²",
                &[(Wrong, "1.2.3"), (Wrong, "?"), (Name, "x"), (Number, "²")],
            ),
        ] {
            let found: Vec<_> = classes(text)
                .into_iter()
                .map(|(class, place)| (class, &text[place]))
                .collect();
            assert_eq!(found, expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn parts_stand_one_behind_the_other(text: String) {
            let mut end = 0;
            for (_, place) in classes(&text) {
                prop_assert!(end <= place.start && place.start < place.end);
                prop_assert!(text.is_char_boundary(place.start) && text.is_char_boundary(place.end));
                end = place.end;
            }
            prop_assert!(end <= text.len());
        }
    }
}

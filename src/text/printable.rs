//! Untrusted text made safe for a terminal.

/// Escapes the characters of `text` that a terminal would interpret or hide.
///
/// These characters are control characters and invisible characters, some of which reorder text.
/// The text after the first `limit` characters is replaced by `…`.
#[must_use]
pub fn printable(text: &str, limit: usize) -> String {
    shown(text, limit, |_, _| false)
}

/// Like [`printable`], but keeps the variation selectors of emoji.
#[must_use]
pub fn printable_with_emoji(text: &str, limit: usize) -> String {
    shown(text, limit, is_emoji_form)
}

/// Escapes the invisible characters of `text`, unless `keeps` is true for the character before and
/// the character.
fn shown(text: &str, limit: usize, keeps: impl Fn(Option<char>, char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len().min(limit.saturating_mul(4)));
    let mut before = None;
    for (count, c) in text.chars().enumerate() {
        if count == limit {
            shown.push('…');
            break;
        }
        if c.is_control() || is_invisible(c) && !keeps(before, c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
        before = Some(c);
    }
    shown
}

/// The maximum number of characters that a message quotes from the user's input.
const MAX_QUOTATION: usize = 64;

/// Quotes `text` for a message: escaped, shortened and in single quotes.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("'{}'", printable(text, MAX_QUOTATION))
}

/// Whether `c` has no visible glyph: white space, or an invisible character.
#[must_use]
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// Whether `c` has no glyph of its own although it is neither white space nor a control character.
///
/// These are the characters with the property `Default_Ignorable_Code_Point` (Unicode 17,
/// `DerivedCoreProperties.txt`), the separators of lines and paragraphs, the blank Braille pattern,
/// and the anchors of annotations.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{61c}'
            | '\u{115f}'..='\u{1160}'
            | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{feff}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffb}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// Whether the variation selector `c` chooses between the forms of the symbol or digit `before`, as
/// in `❤️`.
fn is_emoji_form(before: Option<char>, c: char) -> bool {
    let has_forms = |c: char| {
        c.is_ascii_digit()
            || matches!(c, '#' | '*' | '©' | '®' | '\u{203c}'..='\u{3299}')
            || matches!(c, '\u{1f000}'..='\u{1faff}')
    };
    matches!(c, '\u{fe0e}' | '\u{fe0f}') && before.is_some_and(has_forms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invisible_characters_are_escaped() {
        let invisible = "\u{ad}\u{34f}\u{61c}\u{115f}\u{17b4}\u{180e}\u{200b}\u{2028}\u{2060}\u{2065}\u{2800}\u{3164}\u{fe00}\u{fe0f}\u{feff}\u{ffa0}\u{fff0}\u{fff9}\u{fffb}\u{1bca0}\u{1d173}\u{1d17a}\u{e0001}\u{e0041}\u{e01ef}\u{e0fff}";
        for c in invisible.chars() {
            let text = format!("a{c}b");
            let escaped = format!("a{}b", c.escape_default());
            assert_eq!(printable(&text, 9), escaped);
            assert_eq!(printable_with_emoji(&text, 9), escaped);
        }
        for c in "a\u{300}日é가\u{1f600}\u{ac00}\u{fffd}".chars() {
            assert_eq!(printable(&c.to_string(), 9), c.to_string());
        }
    }

    #[test]
    fn an_emoji_keeps_its_form() {
        for text in ["❤\u{fe0f}", "1\u{fe0f}\u{20e3}", "☎\u{fe0e} ok"] {
            assert_eq!(printable_with_emoji(text, 9), text);
            assert_ne!(printable(text, 9), text);
        }
        let hidden = "❤\u{fe0f}\u{fe0f}\u{fe01}";
        assert_eq!(
            printable_with_emoji(hidden, 9),
            "❤\u{fe0f}\\u{fe0f}\\u{fe01}"
        );
    }

    #[test]
    fn characters_that_a_terminal_interprets_are_escaped() {
        for (text, shown) in [
            ("division by zero", "division by zero"),
            ("\x1b[2J", "\\u{1b}[2J"),
            ("two\r\nlines\t", "two\\r\\nlines\\t"),
            ("\u{9b}2J", "\\u{9b}2J"),
            ("\u{202e}olleh", "\\u{202e}olleh"),
            ("日本 π", "日本 π"),
            ("0123456789", "01234567…"),
            ("01234567", "01234567"),
        ] {
            let limit = if text.starts_with('0') { 8 } else { 64 };
            assert_eq!(printable(text, limit), shown);
        }
    }
}

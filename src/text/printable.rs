//! Untrusted text made safe for a terminal.

/// Escapes the characters of `text` that a terminal would interpret or hide.
///
/// These characters are control characters and invisible characters, some of which reorder text.
/// The text after the first `limit` characters is replaced by `…`.
#[must_use]
pub fn printable(text: &str, limit: usize) -> String {
    let mut shown = String::with_capacity(text.len().min(limit.saturating_mul(4)));
    for (count, c) in text.chars().enumerate() {
        if count == limit {
            shown.push('…');
            break;
        }
        if c.is_control() || is_invisible(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
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

/// Whether `c` is a soft hyphen, a zero-width character, a separator of lines or paragraphs,
/// or a control for bidirectional text (Unicode Standard Annex 9).
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

#[cfg(test)]
mod tests {
    use super::printable;

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

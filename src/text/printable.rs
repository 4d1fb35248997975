//! Text that came from elsewhere, made fit for a terminal.

use std::io;

/// `text` with everything escaped that a terminal would obey or hide rather than
/// show: control characters, and the invisible ones that reorder text. What is
/// longer than `limit` characters is cut, and the cut is marked with `…`.
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

/// Characters of the user's own text that a message repeats.
const QUOTATION: usize = 64;

/// `text` as a message repeats it.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("'{}'", printable(text, QUOTATION))
}

/// What went wrong, without its number: that says nothing to a person that the words do not.
#[must_use]
pub fn words(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_owned()
}

/// Whether nobody sees that `c` stands in a text.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// Zero-width characters, and the bidirectional controls of Unicode's annex 9.
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
    fn what_a_terminal_would_obey_is_escaped() {
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

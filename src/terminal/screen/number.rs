//! Numbers as people like to read them.

use crate::{
    repl::settings::{Separator, Settings},
    text::elide::elided,
};

/// Characters of an answer that are shown before it is folded.
const LONGEST: usize = 400;

/// Characters of a folded answer, beside the count.
const FOLDED: usize = 40;

/// An exact `text` that is not folded, or what is shown in its place.
pub(in crate::terminal) fn folded(
    text: &str,
    settings: &Settings,
    number: usize,
) -> Option<String> {
    if !settings.fold || text.len() <= LONGEST {
        return None;
    }
    let short = elided(text, FOLDED);
    let digits = count(text)?;
    let all = match number {
        0 => String::new(),
        _ => format!("; :ans {number} shows all"),
    };
    Some(format!("{short}  ({digits} digits{all})"))
}

/// A `text` in at most `limit` characters, with the count of digits where it is cut.
pub(in crate::terminal) fn fitting(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.into();
    }
    match count(text) {
        Some(digits) => {
            let note = format!(" ({digits} digits)");
            elided(text, limit.saturating_sub(note.len()).max(3)) + &note
        }
        None => elided(text, limit),
    }
}

/// How many digits a plain integer has, or the numerator and the denominator of a fraction
/// together.
fn count(text: &str) -> Option<usize> {
    let digits = text.trim_start_matches('-');
    let digits = ["0x", "0b", "0o"]
        .iter()
        .find_map(|prefix| digits.strip_prefix(prefix))
        .unwrap_or(digits);
    let is_number = digits
        .bytes()
        .all(|b| b.is_ascii_hexdigit() || matches!(b, b'/' | b'.'));
    is_number.then(|| digits.bytes().filter(u8::is_ascii_hexdigit).count())
}

/// `text` with what stands between groups of three digits in front of the point, if it is a
/// number in decimal digits.
pub(in crate::terminal) fn separated(text: &str, separator: Separator) -> String {
    let Some(separator) = separator.character() else {
        return text.into();
    };
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", text),
    };
    let is_part = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'/');
    if !digits.bytes().all(is_part) {
        return text.into();
    }
    let parts = digits.split('/').map(|part| {
        let (whole, fraction) = part.split_at(part.find('.').unwrap_or(part.len()));
        let mut join_continuations = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index) % 3 == 0 {
                join_continuations.push(separator);
            }
            join_continuations.push(digit);
        }
        join_continuations + fraction
    });
    sign.to_owned() + &parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators() {
        for (text, expected) in [
            ("1", "1"),
            ("999", "999"),
            ("1000", "1,000"),
            ("-1234567", "-1,234,567"),
            ("1234.56789", "1,234.56789"),
            ("1234/56789", "1,234/56,789"),
            ("1.5e-30", "1.5e-30"),
            ("0xffff", "0xffff"),
            ("2^10 * 1000", "2^10 * 1000"),
            ("true", "true"),
            ("NaN", "NaN"),
        ] {
            assert_eq!(separated(text, Separator::Comma), expected);
        }
        assert_eq!(separated("1234", Separator::Off), "1234");
        assert_eq!(separated("1234", Separator::Space), "1 234");
    }

    #[test]
    fn folds() {
        let mut settings = Settings::default();
        let long = "1".repeat(401);
        let shown = folded(&long, &settings, 3).unwrap();
        assert!(
            shown.ends_with("1  (401 digits; :ans 3 shows all)"),
            "{shown}"
        );
        assert_eq!(folded(&long[1..], &settings, 3), None);
        assert_eq!(folded(&"no ".repeat(200), &settings, 3), None);
        settings.fold = false;
        assert_eq!(folded(&long, &settings, 3), None);
        assert_eq!(fitting("12345", 5), "12345");
        assert_eq!(
            fitting(&"7".repeat(100), 30),
            "77777777777…77777 (100 digits)"
        );
    }
}

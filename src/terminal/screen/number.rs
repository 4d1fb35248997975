//! The display of long numbers: folding, cutting and separators.

use crate::{
    repl::settings::{Separator, Settings},
    text::elide::elided,
};

/// The maximum length of an answer that is shown in full, in characters.
const LONGEST: usize = 400;

/// The length of a folded number in characters, without the note about the number of digits.
const FOLDED: usize = 40;

/// Returns the folded form of an exact answer; `None` if the answer is to be shown in full.
///
/// `number` is the answer's number for `:ans`, or 0 if the answer has no number.
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

/// Cuts `text` to at most `limit` characters.
///
/// If `text` is a number and must be cut, its end tells the number of its digits.
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

/// Counts the digits of a number, in both parts of a fraction; returns `None` for other text.
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

/// Inserts separators between groups of three digits if `text` is a decimal number or a fraction.
///
/// Digits after the decimal point are not separated.
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
        let mut grouped = String::new();
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index) % 3 == 0 {
                grouped.push(separator);
            }
            grouped.push(digit);
        }
        grouped + fraction
    });
    sign.to_owned() + &parts.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_stand_between_groups_of_three() {
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
    fn long_numbers_are_folded_and_cut() {
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

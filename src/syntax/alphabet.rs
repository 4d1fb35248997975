//! The characters of the language beyond ASCII: signs of other alphabets, superscripts, fractions.

use std::borrow::Cow;

/// Returns the ASCII character that a full-width character or a quotation mark stands for.
fn ascii(c: char) -> Option<char> {
    Some(match c {
        '‘' | '’' => '\'',
        '“' | '”' => '"',
        // The full-width forms U+FF01 to U+FF5E have the order of the ASCII characters. Full-width
        // letters are letters of a name.
        '！'..='～' => {
            let ascii = char::from_u32(u32::from(c) - 0xff01 + 0x21)?;
            return (!ascii.is_ascii_alphabetic()).then_some(ascii);
        }
        _ => return None,
    })
}

/// Returns `text` with its full-width digits and signs replaced with ASCII characters.
///
/// The result has as many characters as `text`, so that places that are counted in characters stay
/// the same.
#[must_use]
pub(super) fn with_ascii_signs(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|c| ascii(c).is_some()) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| ascii(c).unwrap_or(c)).collect())
}

/// Whether `c` is white space according to Unicode, or a byte order mark.
#[must_use]
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// Whether `c` is a character without a picture, which documents and web pages have between words:
/// a zero-width space, a direction mark or a soft hyphen.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{ad}')
}

/// Whether `c` is a blank that can stand between the digit groups of a number.
pub(super) fn is_group_blank(c: char) -> bool {
    matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}')
}

/// Whether `c` is a minus sign or a dash that stands for one.
pub(super) fn is_minus(c: char) -> bool {
    matches!(c, '-' | '−' | '‐' | '‑' | '‒' | '–' | '—' | '﹣')
}

/// Whether a name can begin with `c`.
pub(super) fn is_name_start(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

/// Whether `c` can be a part of a name.
pub(super) fn is_name(c: char) -> bool {
    is_name_start(c) || (c.is_numeric() && superscript(c).is_none() && vulgar_fraction(c).is_none())
}

/// Returns the sign to write instead of `c`, for signs that people take from other notations.
pub(super) fn replacement(c: char) -> Option<&'static str> {
    Some(match c {
        '⁄' | '➗' => "/",
        '✖' | '⨯' | '∙' | '•' => "*",
        '➕' | '﹢' => "+",
        '➖' => "-",
        '∧' => "and",
        '∨' => "or",
        '¬' => "not",
        '⊕' | '⊻' => "xor",
        '≡' | '≟' | '═' => "==",
        '≈' | '≅' | '∼' => "==, or abs(x - y) < 0.001",
        '⩽' | '⋜' | '≦' => "<=",
        '⩾' | '⋝' | '≧' => ">=",
        '∞' => "a large number; infinity is not a number",
        '∑' => "sum(...)",
        '∏' => "product(...)",
        '⌊' | '⌋' => "floor(x)",
        '⌈' | '⌉' => "ceil(x)",
        '′' | '″' | 'ʹ' => "a number without it; minutes and seconds are not supported",
        '「' | '【' | '〔' | '⟨' | '⟮' => "(",
        '」' | '】' | '〕' | '⟩' | '⟯' => ")",
        '、' | '،' => ",",
        '。' | '٫' => ".",
        '…' => "...",
        '⇒' | '➔' | '⟶' | '➜' => "->",
        '←' | '≔' => "=",
        '‰' => "x/1000",
        _ => return None,
    })
}

/// Returns the ASCII digit of a digit of another script, such as `٣`.
pub(super) fn foreign_digit(c: char) -> Option<u32> {
    /// The zeros of scripts with decimal digits. The digits 1 to 9 follow each zero (Unicode,
    /// general category Nd).
    const ZEROS: [char; 12] = ['٠', '۰', '߀', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '๐'];
    let code = u32::from(c);
    let digit = |zero: &char| code.checked_sub(u32::from(*zero)).filter(|n| *n < 10);
    ZEROS.iter().find_map(digit)
}

/// Converts a superscript character to the digit or sign that it stands for.
#[must_use]
pub fn superscript(c: char) -> Option<char> {
    Some(match c {
        '⁰' => '0',
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁴' => '4',
        '⁵' => '5',
        '⁶' => '6',
        '⁷' => '7',
        '⁸' => '8',
        '⁹' => '9',
        '⁺' => '+',
        '⁻' => '-',
        _ => return None,
    })
}

/// Returns the numerator and the denominator of a fraction character such as `½`.
#[must_use]
pub fn vulgar_fraction(c: char) -> Option<(u8, u8)> {
    Some(match c {
        '¼' => (1, 4),
        '½' => (1, 2),
        '¾' => (3, 4),
        '⅐' => (1, 7),
        '⅑' => (1, 9),
        '⅒' => (1, 10),
        '⅓' => (1, 3),
        '⅔' => (2, 3),
        '⅕' => (1, 5),
        '⅖' => (2, 5),
        '⅗' => (3, 5),
        '⅘' => (4, 5),
        '⅙' => (1, 6),
        '⅚' => (5, 6),
        '⅛' => (1, 8),
        '⅜' => (3, 8),
        '⅝' => (5, 8),
        '⅞' => (7, 8),
        '↉' => (0, 3),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_width_signs_keep_their_places() {
        for (text, expected) in [
            ("１２＋３", "12+3"),
            ("ｍａｘ（１，２）", "ｍａｘ(1,2)"),
            ("1’234", "1'234"),
            ("2 × π", "2 × π"),
            ("１％　＃", "1%　#"),
        ] {
            assert_eq!(with_ascii_signs(text), expected);
            assert_eq!(expected.chars().count(), text.chars().count());
        }
        assert!(matches!(with_ascii_signs("é + 1"), Cow::Borrowed(_)));
    }

    #[test]
    fn digits_of_other_scripts() {
        assert_eq!(foreign_digit('٣'), Some(3));
        assert_eq!(foreign_digit('९'), Some(9));
        assert_eq!(foreign_digit('x'), None);
    }
}

//! The display of long numbers: folding, cutting and separators.

use crate::{
    client::TypedValue,
    repl::settings::{Separator, Settings},
    text::elide::elided,
};

/// The maximum length of an answer that is shown in full, in characters.
const LONGEST: usize = 400;

/// The length of a folded number without the note that counts its digits, in characters.
const FOLDED: usize = 40;

/// The text of a number in digits of one base, in parts.
struct Numeral<'t> {
    /// A minus sign, or empty.
    sign: &'t str,
    /// The prefix of the base; empty for decimal digits.
    prefix: &'t str,
    /// The digits. Decimal digits may include a point or the bar of a fraction.
    digits: &'t str,
}

impl<'t> Numeral<'t> {
    /// Returns the parts of an answer's text; `None` if it is not a number in digits.
    ///
    /// `exact` shows whether the answer is a truth value or an integer of more than 64 bits. Only
    /// `text` shows whether a number is factored or has an exponent.
    fn of(text: &'t str, exact: Option<&TypedValue>) -> Option<Self> {
        let (sign, rest) = text.split_at(text.starts_with('-').into());
        let is_based = ["0x", "0b", "0o"].iter().any(|base| rest.starts_with(base));
        let (prefix, digits) = rest.split_at(if is_based { 2 } else { 0 });
        let is_number = match exact {
            Some(TypedValue::Truth(_)) => false,
            Some(TypedValue::BigInteger) => true,
            _ if is_based => digits.bytes().all(|b| b.is_ascii_hexdigit()),
            _ => digits
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'/')),
        };
        is_number.then_some(Self {
            sign,
            prefix,
            digits,
        })
    }

    /// Counts the digits. In a fraction, it counts the digits of both parts.
    fn count(&self) -> usize {
        let is_digit = u8::is_ascii_hexdigit;
        self.digits.bytes().filter(is_digit).count()
    }
}

/// Returns the folded form of an exact answer; `None` if the answer is to be shown in full.
///
/// `number` is the answer's number for `:ans`, or 0 if the answer has no number.
pub(in crate::terminal) fn folded(
    text: &str,
    exact: Option<&TypedValue>,
    settings: &Settings,
    number: usize,
) -> Option<String> {
    if !settings.fold || text.len() <= LONGEST {
        return None;
    }
    let short = elided(text, FOLDED);
    let digits = Numeral::of(text, exact)?.count();
    let all = match number {
        0 => String::new(),
        _ => format!("; :ans {number} shows all"),
    };
    Some(format!("{short}  ({digits} digits{all})"))
}

/// Cuts `text` to at most `limit` characters.
///
/// If `text` is a number that must be cut, the result ends with the count of its digits.
pub(in crate::terminal) fn fitting(text: &str, exact: Option<&TypedValue>, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.into();
    }
    match Numeral::of(text, exact) {
        Some(numeral) => {
            let note = format!(" ({} digits)", numeral.count());
            elided(text, limit.saturating_sub(note.len()).max(3)) + &note
        }
        None => elided(text, limit),
    }
}

/// Separates groups of three digits before the point, if `text` is a decimal number.
pub(in crate::terminal) fn separated(
    text: &str,
    exact: Option<&TypedValue>,
    separator: Separator,
) -> String {
    let Some(separator) = separator.character() else {
        return text.into();
    };
    let Some(Numeral {
        sign,
        prefix: "",
        digits,
    }) = Numeral::of(text, exact)
    else {
        return text.into();
    };
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
    use proptest::prelude::*;

    use super::*;
    use crate::engine::{self, Limits, Options, Work};

    proptest! {
        /// A number with separators reads back to the same number.
        #[test]
        fn separated_numbers_read_back(
            n in "-?[1-9][0-9]{0,30}",
            behind in prop::sample::select(vec!["", ".5", ".123456789", "/7", "/1234567", "/1000003"]),
            separator in prop::sample::select(vec![Separator::Comma, Separator::Space, Separator::Underscore]),
            form in prop::sample::select(vec!["", " to fraction", " to mixed", " to 3 dp"]),
        ) {
            let answer = |line: &str| {
                let limits = Limits::default();
                let mut work = Work::new(&limits, limits.work, &|| None);
                let answer = engine::evaluate(line, Options::default(), &mut work);
                answer.unwrap_or_else(|fault| panic!("{line}: {fault}")).value.unwrap()
            };
            let value = answer(&format!("{n}{behind}{form}"));
            if !value.rounded {
                let shown = separated(&value.text, None, separator);
                prop_assert_eq!(answer(&format!("{shown} - ({n}{behind})")).text, "0", "{}", shown);
            }
        }
    }

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
            assert_eq!(separated(text, None, Separator::Comma), expected);
        }
        assert_eq!(separated("1234", None, Separator::Off), "1234");
        assert_eq!(separated("1234", None, Separator::Space), "1 234");
    }

    #[test]
    fn long_numbers_are_folded_and_cut() {
        let mut settings = Settings::default();
        let long = "1".repeat(401);
        let shown = folded(&long, None, &settings, 3).unwrap();
        assert!(
            shown.ends_with("1  (401 digits; :ans 3 shows all)"),
            "{shown}"
        );
        assert_eq!(folded(&long[1..], None, &settings, 3), None);
        assert_eq!(folded(&"no ".repeat(200), None, &settings, 3), None);
        settings.fold = false;
        assert_eq!(folded(&long, None, &settings, 3), None);
        assert_eq!(fitting("12345", None, 5), "12345");
        assert_eq!(
            fitting(&"7".repeat(100), None, 30),
            "77777777777…77777 (100 digits)"
        );
    }

    #[test]
    fn typed_values_decide_what_is_a_number() {
        let (big, hex) = ("1".repeat(600), format!("-0x{}", "f".repeat(600)));
        let exact = Some(&TypedValue::BigInteger);
        let settings = Settings::default();
        for text in [&big, &hex] {
            let shown = folded(text, exact, &settings, 0).unwrap();
            assert!(shown.ends_with("(600 digits)"), "{shown}");
        }
        assert_eq!(separated(&hex, exact, Separator::Comma), hex);
        assert!(separated(&big, exact, Separator::Comma).starts_with("111,111,"));
        // An exponent is not one more digit.
        let scientific = format!("1.{}e600", "1".repeat(600));
        assert_eq!(
            folded(&scientific, Some(&TypedValue::Untyped), &settings, 0),
            None
        );
        let truth = TypedValue::Truth(true);
        assert_eq!(separated("true", Some(&truth), Separator::Comma), "true");
    }
}

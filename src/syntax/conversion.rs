//! Conversions, which are written after a value: `to hex`, `-> 30 digits`.

use std::fmt;

/// A conversion of a value to another form.
///
/// To add a conversion with an operand, such as a unit, add a variant. Then parse the variant in
/// `Parser::conversion`, and apply it in `converted` in `engine::show`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// A form of [`FORMS`]. It is written as one word, such as `hex`.
    Form(&'static Form),
    /// A rounding to this many significant digits.
    Digits(u32),
}

/// The target form of a conversion, such as `hex`: a row of [`FORMS`].
#[derive(Debug, PartialEq, Eq)]
pub struct Form {
    /// The words that name the form. Messages use the first word.
    pub names: &'static [&'static str],
    /// An example of the text after `to`.
    pub example: &'static str,
    /// A description of the form in one line.
    pub summary: &'static str,
    /// The notation. `None` only for `digits`, which is written after a number, as in `30 digits`.
    pub notation: Option<Notation>,
}

/// A notation of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// Decimal digits, even if the options set another base.
    Decimal,
    /// An integer in hexadecimal.
    Hexadecimal,
    /// An integer in binary.
    Binary,
    /// An integer in octal.
    Octal,
    /// A rational number as `numerator/denominator`.
    Fraction,
    /// Scientific notation: one digit, a point, the other digits, and a power of ten.
    Scientific,
}

/// The table of all forms. The parser, messages, help and completion use it.
pub static FORMS: &[Form] = &[
    Form {
        names: &["dec"],
        example: "dec",
        summary: "an integer in base ten",
        notation: Some(Notation::Decimal),
    },
    Form {
        names: &["hex"],
        example: "hex",
        summary: "an integer in base sixteen",
        notation: Some(Notation::Hexadecimal),
    },
    Form {
        names: &["oct"],
        example: "oct",
        summary: "an integer in base eight",
        notation: Some(Notation::Octal),
    },
    Form {
        names: &["bin"],
        example: "bin",
        summary: "an integer in base two",
        notation: Some(Notation::Binary),
    },
    Form {
        names: &["fraction", "frac"],
        example: "fraction",
        summary: "a fraction of two integers",
        notation: Some(Notation::Fraction),
    },
    Form {
        names: &["sci"],
        example: "sci",
        summary: "a decimal number times a power of ten",
        notation: Some(Notation::Scientific),
    },
    Form {
        names: &["digits", "digit"],
        example: "30 digits",
        summary: "rounded to this many significant digits",
        notation: None,
    },
];

impl Form {
    /// Whether the form is a word without a number before it.
    #[must_use]
    pub fn is_word(&self) -> bool {
        self.notation.is_some()
    }
}

/// Returns the conversion written as `word` alone, such as `hex`, or `None` if there is none.
pub(super) fn of_word(word: &str) -> Option<Conversion> {
    named(word)
        .find(|form| form.is_word())
        .map(Conversion::Form)
}

/// Returns the conversion written as `count` and `word`, such as `30 digits`, or `None`.
pub(super) fn of_count(count: u32, word: &str) -> Option<Conversion> {
    let mut forms = named(word);
    forms.find(|form| !form.is_word())?;
    Some(Conversion::Digits(count))
}

/// Returns the forms that have the name `word`.
fn named(word: &str) -> impl Iterator<Item = &'static Form> {
    FORMS.iter().filter(move |form| form.names.contains(&word))
}

/// Returns the list of all forms, as text for error messages.
pub(super) fn list() -> String {
    let Some((last, others)) = FORMS.split_last() else {
        return String::new();
    };
    let others: Vec<_> = others.iter().map(|form| form.example).collect();
    format!("{} and {}", others.join(", "), last.example)
}

impl fmt::Display for Conversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(form) => f.write_str(form.names[0]),
            Self::Digits(count) => write!(f, "{count} digits"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{ParseLimits, parse};

    #[test]
    fn every_row_parses_and_prints() {
        for form in FORMS {
            for name in form.names {
                let written = form.example.replace(form.names[0], name);
                let line = format!("255 to {written}");
                let line = parse(&line, &ParseLimits::DEFAULT).unwrap();
                assert_eq!(line.to_string(), format!("255 to {}", form.example));
            }
            assert!(form.example.ends_with(form.names[0]) && !form.summary.is_empty());
        }
    }

    #[test]
    fn the_list_of_a_message() {
        assert_eq!(list(), "dec, hex, oct, bin, fraction, sci and 30 digits");
    }
}

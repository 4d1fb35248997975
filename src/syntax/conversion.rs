//! Conversions, which are written after a value: `to hex`, `-> 30 digits`.

use std::fmt;

/// A conversion of a value to another form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// A number in decimal digits, even if the options request another base.
    Decimal,
    /// An integer in hexadecimal.
    Hexadecimal,
    /// An integer in binary.
    Binary,
    /// An integer in octal.
    Octal,
    /// A rational as `numerator/denominator`.
    Fraction,
    /// Scientific notation: one digit, a point, the other digits and a power of ten.
    Scientific,
    /// A number rounded to this many significant digits.
    Digits(u32),
}

/// The target form of a conversion, such as `hex`: a row of [`FORMS`].
#[derive(Debug)]
pub struct Form {
    /// The words that name the form. Messages use the first word.
    pub names: &'static [&'static str],
    /// An example of the form, as it is written after `to`.
    pub example: &'static str,
    /// A description of the form in one line.
    pub summary: &'static str,
    conversion: Operand,
}

/// The conversion that a form stands for. It may depend on a number before the word.
#[derive(Debug)]
enum Operand {
    None(Conversion),
    Count(fn(u32) -> Conversion),
}

/// The table of all forms. The parser, messages, help and completion use it.
pub static FORMS: [Form; 7] = [
    Form {
        names: &["dec"],
        example: "dec",
        summary: "an integer in base ten",
        conversion: Operand::None(Conversion::Decimal),
    },
    Form {
        names: &["hex"],
        example: "hex",
        summary: "an integer in base sixteen",
        conversion: Operand::None(Conversion::Hexadecimal),
    },
    Form {
        names: &["oct"],
        example: "oct",
        summary: "an integer in base eight",
        conversion: Operand::None(Conversion::Octal),
    },
    Form {
        names: &["bin"],
        example: "bin",
        summary: "an integer in base two",
        conversion: Operand::None(Conversion::Binary),
    },
    Form {
        names: &["fraction", "frac"],
        example: "fraction",
        summary: "a numerator and a denominator",
        conversion: Operand::None(Conversion::Fraction),
    },
    Form {
        names: &["sci"],
        example: "sci",
        summary: "a number and a power of ten",
        conversion: Operand::None(Conversion::Scientific),
    },
    Form {
        names: &["digits", "digit"],
        example: "30 digits",
        summary: "rounded to a number of significant digits",
        conversion: Operand::Count(Conversion::Digits),
    },
];

impl Form {
    /// Whether the form is a word without a number before it.
    #[must_use]
    pub fn is_word(&self) -> bool {
        matches!(self.conversion, Operand::None(_))
    }
}

/// Returns the conversion that `word` names without a count.
pub(super) fn of_word(word: &str) -> Option<Conversion> {
    named(word).find_map(|form| match form.conversion {
        Operand::None(conversion) => Some(conversion),
        Operand::Count(_) => None,
    })
}

/// Returns the conversion that `count` and `word` name together.
pub(super) fn of_count(count: u32, word: &str) -> Option<Conversion> {
    named(word).find_map(|form| match form.conversion {
        Operand::None(_) => None,
        Operand::Count(conversion) => Some(conversion(count)),
    })
}

/// Returns the forms that `word` names.
fn named(word: &str) -> impl Iterator<Item = &'static Form> {
    FORMS.iter().filter(move |form| form.names.contains(&word))
}

/// Returns the list of all forms for messages.
pub(super) fn list() -> String {
    let [others @ .., last] = &FORMS;
    let others: Vec<_> = others.iter().map(|form| form.example).collect();
    format!("{} and {}", others.join(", "), last.example)
}

impl fmt::Display for Conversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = |form: &Form| match (&form.conversion, self) {
            (Operand::None(conversion), _) => conversion == self,
            (Operand::Count(conversion), Self::Digits(count)) => conversion(*count) == *self,
            (Operand::Count(_), _) => false,
        };
        let form = FORMS.iter().find(|form| written(form));
        let name = form.expect("every conversion is in the table").names[0];
        match self {
            Self::Digits(count) => write!(f, "{count} {name}"),
            _ => f.write_str(name),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{ParseLimits, parse};

    #[test]
    fn every_row_parses_and_prints() {
        for form in &FORMS {
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

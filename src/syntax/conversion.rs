//! Conversions, which are written after a value: `to hex`, `-> 30 digits`, `in base 7`.

use std::{fmt, ops::RangeInclusive};

/// A conversion of a value to another form.
///
/// To add a conversion with an operand, such as a unit, add a variant. Then parse the variant in
/// `Parser::conversion`, and apply it in `engine::value::conversion`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// A notation.
    Notation(Notation),
    /// A rounding to this many significant digits.
    Digits(u32),
    /// A rounding to this many digits after the point.
    Decimals(u32),
    /// The base units of the SI.
    BaseUnits,
}

/// The target form of a conversion, such as `hex`: a row of [`FORMS`].
#[derive(Debug)]
pub struct Form {
    /// The words that name the form. Messages use the first word.
    pub names: &'static [&'static str],
    /// An example of the text after `to`.
    pub example: &'static str,
    /// A description of the form in one line.
    pub summary: &'static str,
    target: Target,
}

/// How a form is written, and the conversion to it.
#[derive(Debug)]
enum Target {
    /// One word, such as `hex`.
    Word(Notation),
    /// A count before the word, such as `30 digits`.
    Counted(fn(u32) -> Conversion),
    /// The word before a base, such as `base 7`.
    Base,
    /// The word `SI`.
    BaseUnits,
}

/// A notation of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// Decimal digits, even if the options set another base.
    Decimal,
    /// All digits of an integer.
    Integer,
    /// Digits with the prefix of base 2, 8 or 16, as in `0xff`.
    Prefixed(u8),
    /// Digits after the base, as in `7#123`. The base is from 2 to 36.
    Base(u8),
    /// An integer in two's complement, with all its digits.
    TwosComplement {
        /// The base: 2 or 16.
        base: u8,
        /// The number of bits.
        bits: u8,
    },
    /// A rational number as `numerator/denominator`.
    Fraction,
    /// A rational number as an integer and a proper fraction: `1 2/3`.
    Mixed,
    /// The exact value, such as `7/12` or `2*sqrt(2)`.
    Exact,
    /// Scientific notation: one digit, a point, the other digits, and a power of ten.
    Scientific,
    /// Engineering notation: the exponent of ten is a multiple of three.
    Engineering,
    /// A percentage.
    Percent,
    /// Roman numerals.
    Roman,
}

/// The bases that `to base` takes.
pub(super) const BASES: RangeInclusive<u32> = 2..=36;

const fn form(
    names: &'static [&'static str],
    example: &'static str,
    summary: &'static str,
    target: Target,
) -> Form {
    Form {
        names,
        example,
        summary,
        target,
    }
}

const fn word(names: &'static [&'static str], summary: &'static str, notation: Notation) -> Form {
    form(names, names[0], summary, Target::Word(notation))
}

const fn twos_complement(names: &'static [&'static str], base: u8, bits: u8) -> Form {
    const SUMMARY: &str = "an integer as this many bits, in two's complement";
    word(names, SUMMARY, Notation::TwosComplement { base, bits })
}

/// The table of all forms. The parser, messages, help and completion use it.
pub static FORMS: &[Form] = &[
    word(&["dec", "decimal"], "decimal digits", Notation::Decimal),
    word(
        &["hex", "hexadecimal"],
        "a number in base sixteen",
        Notation::Prefixed(16),
    ),
    word(
        &["oct", "octal"],
        "a number in base eight",
        Notation::Prefixed(8),
    ),
    word(
        &["bin", "binary"],
        "a number in base two",
        Notation::Prefixed(2),
    ),
    form(
        &["base"],
        "base 7",
        "a number in a base from 2 to 36, written as 7#123",
        Target::Base,
    ),
    twos_complement(&["hex8"], 16, 8),
    twos_complement(&["hex16"], 16, 16),
    twos_complement(&["hex32"], 16, 32),
    twos_complement(&["hex64"], 16, 64),
    twos_complement(&["bin8"], 2, 8),
    twos_complement(&["bin16"], 2, 16),
    twos_complement(&["bin32"], 2, 32),
    twos_complement(&["bin64"], 2, 64),
    word(
        &["integer", "int"],
        "all digits of an integer",
        Notation::Integer,
    ),
    word(
        &["fraction", "frac"],
        "a fraction of two integers",
        Notation::Fraction,
    ),
    word(
        &["mixed"],
        "an integer and a fraction, written as 1 2/3",
        Notation::Mixed,
    ),
    word(
        &["exact"],
        "the exact value, written as 7/12 or 2*sqrt(2)",
        Notation::Exact,
    ),
    word(
        &["sci", "scientific"],
        "a decimal number times a power of ten",
        Notation::Scientific,
    ),
    word(
        &["eng", "engineering"],
        "a decimal number times a power of a thousand",
        Notation::Engineering,
    ),
    word(&["percent"], "a percentage", Notation::Percent),
    word(
        &["roman"],
        "roman numerals, for integers from 1 to 3999",
        Notation::Roman,
    ),
    form(
        &["SI"],
        "SI",
        "a quantity in the base units of the SI",
        Target::BaseUnits,
    ),
    form(
        &["digits", "digit", "sf", "figures"],
        "30 digits",
        "rounded to this many significant digits",
        Target::Counted(Conversion::Digits),
    ),
    form(
        &["decimals", "decimal", "dp", "places"],
        "2 decimals",
        "rounded to this many digits after the point",
        Target::Counted(Conversion::Decimals),
    ),
];

impl Form {
    /// Whether the form is a word without a number beside it.
    #[must_use]
    pub fn is_word(&self) -> bool {
        matches!(self.target, Target::Word(_) | Target::BaseUnits)
    }
}

impl Conversion {
    /// Returns the conversion to the form in a row of [`FORMS`]. `operand` is the count of digits or the
    /// base, if the form has one.
    #[must_use]
    pub fn new(row: u8, operand: u32) -> Self {
        match FORMS[usize::from(row)].target {
            Target::Word(notation) => Self::Notation(notation),
            Target::Counted(conversion) => conversion(operand),
            Target::BaseUnits => Self::BaseUnits,
            // The parser has checked the base.
            Target::Base => match u8::try_from(operand) {
                Ok(base) if base != 10 => Self::Notation(Notation::Base(base)),
                _ => Self::Notation(Notation::Decimal),
            },
        }
    }
}

/// Returns the row of the form written as `word` alone, such as `hex`, or `None` if there is none.
pub(super) fn of_word(word: &str) -> Option<u8> {
    row(word, |target| {
        matches!(target, Target::Word(_) | Target::BaseUnits)
    })
}

/// Returns the row of the form written as a count and `word`, such as `30 digits`, or `None`.
pub(super) fn of_count(word: &str) -> Option<u8> {
    row(word, |target| matches!(target, Target::Counted(_)))
}

/// Returns the row of the form that is written as `word` before a base, or `None`.
pub(super) fn of_base(word: &str) -> Option<u8> {
    row(word, |target| matches!(target, Target::Base))
}

fn row(word: &str, is_wanted: impl Fn(&Target) -> bool) -> Option<u8> {
    let is_named = |form: &Form| form.names.contains(&word) && is_wanted(&form.target);
    let index = FORMS.iter().position(is_named)?;
    u8::try_from(index).ok()
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
            Self::Notation(Notation::Base(base)) => write!(f, "base {base}"),
            Self::Notation(notation) => {
                let is_named =
                    |form: &&Form| matches!(form.target, Target::Word(word) if word == *notation);
                let form = FORMS
                    .iter()
                    .find(is_named)
                    .expect("every notation has a row");
                f.write_str(form.names[0])
            }
            Self::BaseUnits => f.write_str("SI"),
            Self::Digits(count) => write!(f, "{count} digits"),
            Self::Decimals(count) => write!(f, "{count} decimals"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::syntax::{NoFunctions, ParseLimits, parse};

    #[test]
    fn every_row_parses_and_prints() {
        for form in FORMS {
            for name in form.names {
                let written = form.example.replace(form.names[0], name);
                let line = format!("255 to {written}");
                let line = parse(&line, &ParseLimits::DEFAULT, &NoFunctions).unwrap();
                assert_eq!(line.to_string(), format!("255 to {}", form.example));
            }
            assert!(form.example.contains(form.names[0]) && !form.summary.is_empty());
        }
    }

    #[test]
    fn the_list_of_a_message() {
        let list = list();
        assert!(list.starts_with("dec, hex, oct, bin, base 7, "), "{list}");
        assert!(list.ends_with(" and 2 decimals"), "{list}");
    }
}

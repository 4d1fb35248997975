//! The parts of a literal number.

use super::{alphabet::vulgar_fraction, conversion::BASES};

/// The parts of a literal number. Its digits can have separators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Literal<'t> {
    /// `whole.fraction * 10^exponent`
    Decimal {
        /// The digits before the point. It can be empty.
        whole: &'t str,
        /// The digits after the point. It can be empty.
        fraction: &'t str,
        /// The exponent with its sign. It can be empty.
        exponent: &'t str,
    },
    /// `whole.fraction * 2^exponent`, in the base `radix`.
    InBase {
        /// The base, from 2 to 36.
        radix: u32,
        /// The digits before the point.
        whole: &'t str,
        /// The digits after the point. It can be empty.
        fraction: &'t str,
        /// The decimal digits of the exponent, with their sign. It can be empty.
        exponent: &'t str,
    },
    /// `whole.fraction` followed by endless repetitions of `repeated`.
    Recurring {
        /// The digits before the point. It can be empty.
        whole: &'t str,
        /// The digits between the point and `repeated`. It can be empty.
        fraction: &'t str,
        /// The recurring digits.
        repeated: &'t str,
    },
    /// `whole + numerator/denominator`
    Mixed {
        /// The integer.
        whole: &'t str,
        /// The digits of the numerator.
        numerator: &'t str,
        /// The digits of the denominator.
        denominator: &'t str,
    },
    /// `whole` and a fraction character, as in `1½`.
    Vulgar {
        /// The integer. It can be empty.
        whole: &'t str,
        /// The numerator and the denominator of the fraction character.
        fraction: (u8, u8),
    },
}

impl<'t> Literal<'t> {
    /// Returns the parts of a literal.
    ///
    /// # Panics
    ///
    /// May panic if the lexer has not accepted `text` as a literal.
    #[must_use]
    pub fn of(text: &'t str) -> Self {
        let radix = match text.as_bytes() {
            [b'0', b'x' | b'X', ..] => Some(16),
            [b'0', b'o' | b'O', ..] => Some(8),
            [b'0', b'b' | b'B', ..] => Some(2),
            _ => None,
        };
        if let Some(radix) = radix {
            return Self::in_base(radix, &text[2..]);
        }
        if let Some((base, digits)) = text.split_once('#') {
            let radix = base.parse().ok().filter(|base| BASES.contains(base));
            let radix = radix.expect("the lexer has accepted the base");
            let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
            return Self::InBase {
                radix,
                whole,
                fraction,
                exponent: "",
            };
        }
        if let Some(c) = text.chars().next_back()
            && let Some(fraction) = vulgar_fraction(c)
        {
            let whole = text[..text.len() - c.len_utf8()].trim_end();
            return Self::Vulgar { whole, fraction };
        }
        if let Some((before, denominator)) = text.split_once('/') {
            let (whole, numerator) = before
                .split_once(|c: char| !c.is_ascii_digit())
                .expect("a mixed number has a blank");
            return Self::Mixed {
                whole,
                numerator,
                denominator,
            };
        }
        let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, ""));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        match fraction.split_once('(') {
            None => Self::Decimal {
                whole,
                fraction,
                exponent,
            },
            Some((fraction, repeated)) => Self::Recurring {
                whole,
                fraction,
                repeated: repeated.trim_end_matches(['.', ')']),
            },
        }
    }

    fn in_base(radix: u32, text: &'t str) -> Self {
        let (number, exponent) = text.split_once(['p', 'P']).unwrap_or((text, ""));
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        Self::InBase {
            radix,
            whole,
            fraction,
            exponent,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts() {
        let decimal = |whole, fraction, exponent| Literal::Decimal {
            whole,
            fraction,
            exponent,
        };
        let recurring = |whole, fraction, repeated| Literal::Recurring {
            whole,
            fraction,
            repeated,
        };
        let in_base = |radix, whole, fraction, exponent| Literal::InBase {
            radix,
            whole,
            fraction,
            exponent,
        };
        for (text, expected) in [
            ("12", decimal("12", "", "")),
            ("1,234.5e−6", decimal("1,234", "5", "−6")),
            (".5", decimal("", "5", "")),
            ("0.(3)", recurring("0", "", "3")),
            ("1.08(25)...", recurring("1", "08", "25")),
            ("0x1.8p-3", in_base(16, "1", "8", "-3")),
            ("0b101", in_base(2, "101", "", "")),
            ("36#z.z", in_base(36, "z", "z", "")),
            (
                "1 2/3",
                Literal::Mixed {
                    whole: "1",
                    numerator: "2",
                    denominator: "3",
                },
            ),
            (
                "1 ½",
                Literal::Vulgar {
                    whole: "1",
                    fraction: (1, 2),
                },
            ),
        ] {
            assert_eq!(Literal::of(text), expected, "{text}");
        }
    }
}

//! Readings: the ways in which a line is read that people may not expect.

/// The kind of a reading: a rule of the language that gives a line a meaning which not everybody
/// expects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reading {
    /// `200 + 10%` changes 200 by a part of itself; `10%` is a part of 1.
    Percent,
    /// `10 % 3` is a remainder.
    Remainder,
    /// Operands side by side are a product that binds tighter than `/`, as in `1/2 pi`.
    Product,
    /// A function is called without parentheses, as in `sqrt 16 + 9`.
    Call,
    /// Commas, blanks or apostrophes group the digits of a number, or do not, as in `1,234`.
    DigitGroup,
    /// Digits in parentheses recur, as in `0.(3)`.
    Recurring,
    /// `1 2/3` is a mixed number.
    MixedNumber,
    /// `5!!` and `5!!!` are one operator, which multiplies every second or third factor.
    Multifactorial,
    /// An equals sign at the start or at the end is ignored.
    EqualsSign,
    /// A conversion alone converts the last answer.
    LastAnswer,
    /// `|x|` is the absolute value.
    Bars,
    /// `16#ff` is a number and not a comment.
    BaseNumber,
    /// `1 < x < 5` is a chain of comparisons.
    Chain,
    /// `6 & 3 == 2`: operators on bits bind tighter than comparisons.
    Bits,
    /// `7 // 2` is the floor of the quotient and not a comment.
    FloorDivision,
    /// `k` and `M` behind a number, and words such as `million`, are factors.
    NumberWord,
    /// Tabs or line ends separate the arguments of a call.
    Columns,
    /// `-2^2` is the negative of a power, and `2^3^2` is read from the right.
    Power,
    /// Which divisor a variance or a standard deviation has.
    Statistics,
    /// The base of `log`.
    Logarithm,
    /// `scale = 5` binds a variable; in bc it is a setting.
    Variable,
}

/// A set of readings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Readings(u32);

impl Reading {
    /// All readings, in the order in which messages list them.
    pub const ALL: [Self; 21] = [
        Self::Percent,
        Self::Remainder,
        Self::Product,
        Self::Call,
        Self::DigitGroup,
        Self::Recurring,
        Self::MixedNumber,
        Self::Multifactorial,
        Self::EqualsSign,
        Self::LastAnswer,
        Self::Bars,
        Self::BaseNumber,
        Self::Chain,
        Self::Bits,
        Self::FloorDivision,
        Self::NumberWord,
        Self::Columns,
        Self::Power,
        Self::Statistics,
        Self::Logarithm,
        Self::Variable,
    ];
}

impl Readings {
    /// The empty set.
    pub const NONE: Self = Self(0);

    /// Whether the set is empty.
    #[must_use]
    #[inline]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Adds a reading to the set.
    #[inline]
    pub fn insert(&mut self, reading: Reading) {
        self.0 |= 1 << reading as u32;
    }

    /// Adds the readings of another set.
    #[inline]
    pub fn extend(&mut self, other: Self) {
        self.0 |= other.0;
    }

    /// Returns the readings in the order of [`Reading::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Reading> {
        let is_in = move |reading: &Reading| self.0 >> *reading as u32 & 1 == 1;
        Reading::ALL.into_iter().filter(is_in)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_has_what_was_inserted() {
        let mut set = Readings::NONE;
        assert!(set.is_empty());
        for reading in [Reading::Logarithm, Reading::Percent, Reading::Percent] {
            set.insert(reading);
        }
        let found: Vec<_> = set.iter().collect();
        assert_eq!(found, [Reading::Percent, Reading::Logarithm]);
        for reading in Reading::ALL {
            set.insert(reading);
        }
        assert_eq!(set.iter().count(), Reading::ALL.len());
    }
}

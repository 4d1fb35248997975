//! Tables of limits, with one row per limit.
//!
//! The options of `serve`, `help limits` and the table in the docs are made from these rows.

use std::{num::NonZeroU32, ops::RangeInclusive, time::Duration};

/// A set of limits. An operator can set those limits that have a row.
pub trait LimitTable: Default + 'static {
    /// The heading of the options for these limits in `grpcalc serve --help`.
    const HEADING: &'static str;

    /// One row per limit that can be set, in the order of `grpcalc serve --help`.
    const ROWS: &'static [LimitRow<Self>];
}

/// A limit that an operator can set.
///
/// The default of the limit is not part of the row. It is the value of the field in `T::default()`.
#[derive(Debug)]
pub struct LimitRow<T: 'static> {
    /// The option of `grpcalc serve`, without the dashes in front.
    pub option: &'static str,
    /// The unit of the amounts in [`LimitRow::range`] and [`LimitRow::field`].
    pub unit: LimitUnit,
    /// The amounts that an operator may choose.
    pub range: RangeInclusive<u64>,
    /// The quantity that is limited: one line that begins in lower case.
    pub help: &'static str,
    /// The words that replace the dots in "the limit of 5 ... is reached"; None if they are the
    /// words of `help`.
    pub noun: Option<&'static str>,
    /// The resource that the limit protects, in Markdown.
    pub reason: &'static str,
    /// The answer to a request that exceeds the limit, in Markdown.
    pub effect: &'static str,
    /// The field of `T` that holds the limit.
    pub field: LimitField<T>,
}

impl<T: LimitTable> LimitRow<T> {
    /// Returns the default of the limit, as it is written on the command line.
    #[must_use]
    pub fn default_text(&self) -> String {
        self.unit.text((self.field.get)(&T::default()))
    }
}

impl<T> LimitRow<T> {
    /// Returns the name of the limit in statuses and metrics: `note_rate` for `max-note-rate`.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.option.strip_prefix("max-").unwrap_or(self.option);
        name.replace('-', "_")
    }
}

/// Functions that read and write one field of `T` as an amount. Use `limit_field!` to create them.
#[derive(Debug)]
pub struct LimitField<T> {
    /// Returns the amount in the field.
    pub get: fn(&T) -> u64,
    /// Stores an amount in the field.
    pub set: fn(&mut T, u64),
}

/// Creates the [`LimitField`] for a path of fields, such as `syntax.line`.
macro_rules! limit_field {
    ($($name:ident).+) => {
        $crate::engine::limits::LimitField {
            get: |limits| $crate::engine::limits::Amount::to_amount(limits.$($name).+),
            set: |limits, amount| {
                limits.$($name).+ = $crate::engine::limits::Amount::from_amount(amount);
            },
        }
    };
}
pub(crate) use limit_field;

/// The word for a time that is not limited.
pub const OFF: &str = "off";

/// The unit of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitUnit {
    /// A count of items.
    Count,
    /// A number of bits.
    Bits,
    /// A number of bytes, written with a suffix: `KiB`, `MiB` or `GiB`.
    Bytes,
    /// A time in nanoseconds, written with a suffix: `ms`, `s`, `m` or `h`.
    Time,
}

impl LimitUnit {
    /// Returns the amount as it is written on the command line.
    ///
    /// The suffix stands for the largest unit in which the amount is an integer.
    #[must_use]
    pub fn text(self, amount: u64) -> String {
        if self == Self::Time && amount == u64::MAX {
            return OFF.into();
        }
        let units: &[(u64, &str)] = match self {
            Self::Count | Self::Bits => &[],
            Self::Bytes => &[(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")],
            Self::Time => &[
                (3_600_000_000_000, "h"),
                (60_000_000_000, "m"),
                (1_000_000_000, "s"),
                (1_000_000, "ms"),
            ],
        };
        let exact = units.iter().find(|(size, _)| amount.is_multiple_of(*size));
        exact.map_or_else(
            || amount.to_string(),
            |(size, unit)| format!("{}{unit}", amount / size),
        )
    }
}

/// A type that the field of a limit may have.
pub trait Amount {
    /// Converts a field of this type to an amount in the unit of the limit.
    fn to_amount(self) -> u64;

    /// Converts an amount within the range of the limit to this type.
    fn from_amount(amount: u64) -> Self;
}

macro_rules! integer_amount {
    ($($integer:ty)*) => {$(
        impl Amount for $integer {
            fn to_amount(self) -> u64 {
                u64::try_from(self).unwrap_or(u64::MAX)
            }

            fn from_amount(amount: u64) -> Self {
                Self::try_from(amount).unwrap_or(Self::MAX)
            }
        }
    )*};
}

integer_amount!(u32 u64 usize i64);

impl Amount for NonZeroU32 {
    fn to_amount(self) -> u64 {
        self.get().into()
    }

    fn from_amount(amount: u64) -> Self {
        Self::new(u32::from_amount(amount)).unwrap_or(Self::MIN)
    }
}

impl Amount for Duration {
    fn to_amount(self) -> u64 {
        u64::try_from(self.as_nanos()).unwrap_or(u64::MAX)
    }

    fn from_amount(amount: u64) -> Self {
        Self::from_nanos(amount)
    }
}

/// `None` means that there is no limit. An operator can set only those limits to `None` that are
/// `None` by default.
impl Amount for Option<Duration> {
    fn to_amount(self) -> u64 {
        self.map_or(u64::MAX, Amount::to_amount)
    }

    fn from_amount(amount: u64) -> Self {
        (amount < u64::MAX).then(|| Duration::from_amount(amount))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_in_the_largest_unit() {
        for (unit, amount, text) in [
            (LimitUnit::Count, 1024, "1024"),
            (LimitUnit::Bytes, 1000, "1000"),
            (LimitUnit::Bytes, 64 << 10, "64KiB"),
            (LimitUnit::Bytes, 4 << 20, "4MiB"),
            (LimitUnit::Time, 3_600_000_000_000, "1h"),
            (LimitUnit::Time, 90_000_000_000, "90s"),
            (LimitUnit::Time, 50_000_000, "50ms"),
            (LimitUnit::Time, u64::MAX, "off"),
        ] {
            assert_eq!(unit.text(amount), text);
        }
    }
}

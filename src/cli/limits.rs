//! The options for the limits of a server. Each row of a table of limits defines one option.

use std::ops::RangeInclusive;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, builder::ValueParser, value_parser};

use crate::{
    engine::{
        self,
        limits::{LimitRow, LimitTable, LimitUnit, OFF},
    },
    server::ServerLimits,
    text::amount::{bytes, positive_duration},
};

/// The limits of a server, as set by the options of `grpcalc serve`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LimitOptions {
    pub(super) server: ServerLimits,
    pub(super) engine: engine::Limits,
}

impl Args for LimitOptions {
    fn augment_args(command: Command) -> Command {
        let server = ServerLimits::default();
        let rows = ServerLimits::ROWS.iter();
        let command = command.args(rows.map(|row| argument(row, &server)));
        let engine = engine::Limits::default();
        let rows = engine::Limits::ROWS.iter();
        command.args(rows.map(|row| argument(row, &engine)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for LimitOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut options = Self::default();
        options.update_from_arg_matches(matches)?;
        Ok(options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        set_fields(&mut self.server, matches);
        set_fields(&mut self.engine, matches);
        Ok(())
    }
}

/// The limits of one's own lines, as set by the options of `grpcalc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct OwnLimitOptions(pub(super) engine::Limits);

impl Default for OwnLimitOptions {
    fn default() -> Self {
        Self(engine::Limits::of_a_person())
    }
}

impl Args for OwnLimitOptions {
    fn augment_args(command: Command) -> Command {
        let defaults = engine::Limits::of_a_person();
        let rows = engine::Limits::ROWS.iter();
        let option = |row| {
            let argument = argument(row, &defaults).hide_short_help(true);
            // A remote server has limits of its own.
            argument.help_heading(OWN_LIMITS).conflicts_with("addr")
        };
        command.args(rows.map(option))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for OwnLimitOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut options = Self::default();
        options.update_from_arg_matches(matches)?;
        Ok(options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        set_fields(&mut self.0, matches);
        Ok(())
    }
}

/// The heading of the options for the limits of one's own lines.
const OWN_LIMITS: &str = "Limits of your own lines, in the embedded server";

/// Returns the option for a row of a table of limits, with the default in `defaults`.
fn argument<T: LimitTable>(row: &'static LimitRow<T>, defaults: &T) -> Arg {
    let value_name = match row.unit {
        LimitUnit::Count => "N",
        LimitUnit::Bits => "BITS",
        LimitUnit::Bytes => "SIZE",
        LimitUnit::Time => "TIME",
    };
    Arg::new(row.option)
        .long(row.option)
        // The default is text of the help alone. As a value, it would be parsed at every start.
        .help(format!(
            "{} [default: {}]",
            sentence(row.help),
            row.unit.text((row.field.get)(defaults))
        ))
        .help_heading(T::HEADING)
        .value_name(value_name)
        .value_parser(parser(row))
}

/// Returns a parser for amounts within the range of a row. The parsed amount is always a `u64`.
fn parser<T: LimitTable>(row: &'static LimitRow<T>) -> ValueParser {
    let (unit, range) = (row.unit, &row.range);
    match unit {
        LimitUnit::Count | LimitUnit::Bits if *range == (1..=usize::MAX as u64) => positive.into(),
        LimitUnit::Count | LimitUnit::Bits => value_parser!(u64).range(range.clone()).into(),
        LimitUnit::Bytes => {
            let size = |text: &str| bytes(text).map(|size| size as u64);
            ValueParser::from(move |text: &str| within(range, size(text)?, |size| size.to_string()))
        }
        LimitUnit::Time => ValueParser::from(move |text: &str| {
            if text == OFF && row.default_text() == OFF {
                return Ok(u64::MAX);
            }
            within(range, nanoseconds(text)?, |time| unit.text(time))
        }),
    }
}

/// Copies the amounts from the options to the fields of `limits`.
fn set_fields<T: LimitTable>(limits: &mut T, matches: &ArgMatches) {
    for row in T::ROWS {
        if let Some(amount) = matches.get_one::<u64>(row.option) {
            (row.field.set)(limits, *amount);
        }
    }
}

/// Returns `text` with its first letter in upper case.
fn sentence(text: &str) -> String {
    let mut sentence = text.to_owned();
    if let Some(first) = sentence.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    sentence
}

fn positive(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".into()),
        Ok(count) => Ok(count),
        Err(_) => Err("write an integer".into()),
    }
}

/// Checks that `amount` is within `range`. `text` formats the violated bound for the error message.
fn within(
    range: &RangeInclusive<u64>,
    amount: u64,
    text: impl Fn(u64) -> String,
) -> Result<u64, String> {
    match amount {
        _ if amount < *range.start() => Err(format!("must be at least {}", text(*range.start()))),
        _ if amount > *range.end() => Err(format!("must be at most {}", text(*range.end()))),
        _ => Ok(amount),
    }
}

fn nanoseconds(text: &str) -> Result<u64, String> {
    // The maximum time that can be written is a year, which fits into 64 bits.
    positive_duration(text).map(|time| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct OnlyLimits {
        #[command(flatten)]
        limits: LimitOptions,
    }

    #[test]
    fn without_options_the_limits_are_the_defaults() {
        let OnlyLimits { limits } = OnlyLimits::parse_from(["serve"]);
        assert_eq!(limits, LimitOptions::default());
    }

    #[test]
    fn every_option_sets_a_field_of_its_own() {
        fn changed<T: LimitTable>(row: &LimitRow<T>, field: impl Fn(&LimitOptions) -> &T) {
            let option = format!("--{}", row.option);
            let default = (row.field.get)(&T::default());
            let amount = if default == 64 { 65 } else { 64 };
            let value = match row.unit {
                LimitUnit::Time => format!("{amount}s"),
                _ => amount.to_string(),
            };
            // 64 is below the range of two limits.
            let (value, amount) = if row.range.contains(&amount) {
                (value, amount)
            } else {
                ("128".into(), 128)
            };
            let OnlyLimits { limits } = OnlyLimits::parse_from(["serve", &option, &value]);
            let found = (row.field.get)(field(&limits));
            let expected = match row.unit {
                LimitUnit::Time => amount * 1_000_000_000,
                _ => amount,
            };
            assert_eq!(found, expected, "{option}");
        }
        for row in ServerLimits::ROWS {
            changed(row, |limits| &limits.server);
        }
        for row in engine::Limits::ROWS {
            changed(row, |limits| &limits.engine);
        }
    }
}

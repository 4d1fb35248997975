//! The limits of a server as options.

use std::{num::NonZeroU32, time::Duration};

use clap::{Args, value_parser};

use super::value_parser::{bytes, positive_duration};
use crate::{engine, server, syntax};

/// Each with the default of a server.
///
/// Those that bound a recursion or the precision that was proven can only be made smaller.
#[derive(Debug, Args)]
pub(super) struct LimitOptions {
    /// Connections that are open
    #[arg(long, default_value = "4096", value_name = "N", value_parser = positive, help_heading = SERVER)]
    max_connections: usize,

    /// Calls under way on one connection
    #[arg(long, default_value = "256", value_name = "N", value_parser = value_parser!(u32).range(1..), help_heading = SERVER)]
    max_streams: u32,

    /// Calls under way on all connections together
    #[arg(long, default_value = "65536", value_name = "N", value_parser = positive, help_heading = SERVER)]
    max_calls: usize,

    /// Worksheets that are open
    #[arg(long, default_value = "10000", value_name = "N", value_parser = positive, help_heading = SERVER)]
    max_worksheets: usize,

    /// Bytes of a request message
    #[arg(long, default_value = "4MiB", value_name = "SIZE", value_parser = bytes, help_heading = SERVER)]
    max_message: usize,

    /// Bytes of the requests of all callers that are arriving or wait for their turn
    #[arg(long, default_value = "256MiB", value_name = "SIZE", value_parser = bytes, help_heading = SERVER)]
    max_requests: usize,

    /// Heavy lines that wait for each core
    #[arg(long, default_value = "64", value_name = "N", value_parser = value_parser!(u32), help_heading = SERVER)]
    max_waiting: u32,

    /// Notes of the chat that are kept for who comes later
    #[arg(long, default_value = "1000", value_name = "N", value_parser = positive, help_heading = SERVER)]
    max_notes: usize,

    /// Notes that are taken on one connection in a second
    #[arg(long, default_value = "50", value_name = "N", help_heading = SERVER)]
    max_note_rate: NonZeroU32,

    /// Notes that are taken on one connection at once, after a silence
    #[arg(long, default_value = "512", value_name = "N", help_heading = SERVER)]
    max_note_burst: NonZeroU32,

    /// The longest time for a call that is no stream
    #[arg(long, default_value = "1m", value_name = "TIME", value_parser = positive_duration, help_heading = SERVER)]
    max_call_time: Duration,

    /// How long a worksheet may be idle before it ends
    #[arg(long, default_value = "1h", value_name = "TIME", value_parser = positive_duration, help_heading = SERVER)]
    idle: Duration,

    /// How long a connection may have no calls before it is closed: between once and twice this
    #[arg(long, default_value = "1h", value_name = "TIME", value_parser = positive_duration, help_heading = SERVER)]
    idle_connection: Duration,

    /// How long a peer may take to begin to speak, TLS included
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = positive_duration, help_heading = SERVER)]
    handshake: Duration,

    /// How long nothing may be heard of a peer before it is asked for a sign of life
    #[arg(long, default_value = "1m", value_name = "TIME", value_parser = positive_duration, help_heading = SERVER)]
    keepalive: Duration,

    /// How long a peer may take to give a sign of life
    #[arg(long, default_value = "20s", value_name = "TIME", value_parser = positive_duration, help_heading = SERVER)]
    keepalive_timeout: Duration,

    /// Bytes of a line
    #[arg(long, default_value = "64KiB", value_name = "SIZE", value_parser = at_most::<{ LINES.line }>, help_heading = ENGINE)]
    max_line: usize,

    /// Brackets, calls and signs within each other
    #[arg(long, default_value = "256", value_name = "N", value_parser = value_parser!(u32).range(1..=256), help_heading = ENGINE)]
    max_nesting: u32,

    /// Bits of the numerator and of the denominator of an exact result
    #[arg(long, default_value = "1000000", value_name = "BITS", value_parser = value_parser!(u32).range(64..=1_000_000_000), help_heading = ENGINE)]
    max_result: u32,

    /// Significant digits that can be asked for
    #[arg(long, default_value = "1000", value_name = "N", value_parser = value_parser!(u32).range(20..=1000), help_heading = ENGINE)]
    max_digits: u32,

    /// Bits of working precision
    #[arg(long, default_value = "16384", value_name = "BITS", value_parser = value_parser!(u32).range(128..=16_384), help_heading = ENGINE)]
    max_precision: u32,

    /// The exponent to base 2 of a real, on either side of zero
    #[arg(long, default_value = "16777216", value_name = "N", value_parser = value_parser!(u32).range(128..=1 << 24), help_heading = ENGINE)]
    max_exponent: u32,

    /// The exponent to base 2 of a trigonometric function's argument
    #[arg(long, default_value = "16384", value_name = "N", value_parser = value_parser!(u32).range(64..=1 << 14), help_heading = ENGINE)]
    max_angle: u32,

    /// Work for a line, as estimated; by the clock it may take twice as long
    #[arg(long, default_value = "1s", value_name = "TIME", value_parser = positive_duration, help_heading = ENGINE)]
    max_work: Duration,

    /// Work for one operation, which cannot be interrupted
    #[arg(long, default_value = "100ms", value_name = "TIME", value_parser = positive_duration, help_heading = ENGINE)]
    max_operation: Duration,

    /// Work for the preview of a line
    #[arg(long, default_value = "50ms", value_name = "TIME", value_parser = positive_duration, help_heading = ENGINE)]
    max_preview: Duration,

    /// Names that a worksheet remembers
    #[arg(long, default_value = "10000", value_name = "N", value_parser = positive, help_heading = ENGINE)]
    max_names: usize,

    /// Bytes of the values of a line, and of those that a worksheet remembers
    #[arg(long, default_value = "16MiB", value_name = "SIZE", value_parser = bytes, help_heading = ENGINE)]
    max_values: usize,

    /// Bytes of the values that all worksheets remember
    #[arg(long, default_value = "256MiB", value_name = "SIZE", value_parser = bytes, help_heading = ENGINE)]
    max_all_values: usize,

    /// Operations between a real and the exact numbers that make it, before it is frozen at four
    /// times the digits
    #[arg(long, default_value = "1000", value_name = "N", value_parser = value_parser!(u32).range(1..=1000), help_heading = ENGINE)]
    max_depth: u32,

    /// Calls of user functions within each other
    #[arg(long, default_value = "128", value_name = "N", value_parser = value_parser!(u32).range(1..=128), help_heading = ENGINE)]
    max_function_depth: u32,
}

const SERVER: &str = "Limits of the server";
const ENGINE: &str = "Limits of a calculation";
const LINES: syntax::ParseLimits = syntax::ParseLimits::DEFAULT;

impl LimitOptions {
    pub(super) fn server(&self) -> server::ServerLimits {
        server::ServerLimits {
            connections: self.max_connections,
            streams: self.max_streams,
            calls: self.max_calls,
            worksheets: self.max_worksheets,
            message: self.max_message,
            requests: self.max_requests,
            waiting: self.max_waiting as usize,
            notes: self.max_notes,
            note_rate: server::NoteRate {
                burst: self.max_note_burst,
                per_second: self.max_note_rate,
            },
            call: self.max_call_time,
            idle: Some(self.idle),
            unused: Some(self.idle_connection),
            handshake: self.handshake,
            keepalive: self.keepalive,
            keepalive_timeout: self.keepalive_timeout,
        }
    }

    pub(super) fn engine(&self) -> engine::Limits {
        let nanoseconds = |time: Duration| u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        engine::Limits {
            syntax: syntax::ParseLimits {
                line: self.max_line,
                nesting: self.max_nesting as usize,
            },
            result: self.max_result as usize,
            digits: self.max_digits,
            precision: self.max_precision as usize,
            exponent: self.max_exponent.into(),
            angle: self.max_angle.into(),
            work: nanoseconds(self.max_work),
            preview: nanoseconds(self.max_preview),
            operation: nanoseconds(self.max_operation),
            heap_bytes: self.max_values,
            total_heap_bytes: self.max_all_values,
            names: self.max_names,
            real_depth: self.max_depth,
            calls: self.max_function_depth as usize,
            ..engine::Limits::default()
        }
    }
}

fn positive(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) => Err("must be at least 1".into()),
        Ok(count) => Ok(count),
        Err(_) => Err("write a number".into()),
    }
}

/// No more bytes than `MOST`, which is what our clients send.
fn at_most<const MOST: usize>(text: &str) -> Result<usize, String> {
    match bytes(text)? {
        size if size > MOST => Err(format!("must be at most {MOST}")),
        size => Ok(size),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        limits: LimitOptions,
    }

    #[test]
    fn the_defaults_are_those_of_a_server() {
        let Alone { limits } = Alone::parse_from(["serve"]);
        assert_eq!(limits.server(), server::ServerLimits::DEFAULT);
        assert_eq!(limits.engine(), engine::Limits::default());
    }

    #[test]
    fn help_at_the_prompt_says_the_same() {
        use clap::Args as _;

        use crate::repl::command::limits::LIMITS;

        let command = LimitOptions::augment_args(clap::Command::new("serve"));
        let options: Vec<_> = command
            .get_arguments()
            .map(|option| {
                let help = option.get_help().unwrap().to_string().to_lowercase();
                let value = option.get_default_values()[0].to_str().unwrap().to_owned();
                (option.get_long().unwrap().to_owned(), value, help)
            })
            .collect();
        let limits = LIMITS.iter().map(|limit| {
            let [name, value] = [limit.name, limit.value].map(str::to_owned);
            (name, value, limit.what.to_lowercase())
        });
        assert_eq!(options, limits.collect::<Vec<_>>());
    }
}

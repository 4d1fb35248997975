//! The log of a server.

use std::io::{self, IsTerminal as _};

use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::{
    Layer as _, filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use super::options::{FormatOption, LogLevel};

/// Starts the log on standard error. The log ends when the returned guard is dropped.
///
/// A separate thread writes the log, so calls never wait for the reader of the log. If the reader
/// is much too slow, lines are lost. Events of other crates are not logged, because an event about
/// a connection may contain a token.
pub(super) fn start(format: FormatOption, level: LogLevel) -> WorkerGuard {
    let (writer, guard) = tracing_appender::non_blocking(io::stderr());
    let level = match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let own_events = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
    let color =
        io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|it| it.is_empty());
    let lines = fmt::layer()
        .with_writer(writer)
        .with_target(false)
        .with_ansi(color);
    let lines = match format {
        FormatOption::Plain => lines.boxed(),
        FormatOption::Json => lines.json().flatten_event(true).boxed(),
    };
    // Fails only if there is already a subscriber, which then receives the events.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(own_events))
        .try_init();
    guard
}

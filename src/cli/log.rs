//! What a server writes about itself.

use std::io::{self, IsTerminal as _};

use tracing::level_filters::LevelFilter;
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::{
    Layer as _, filter::Targets, fmt, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

use super::options::{FormatOption, LogLevel};

/// Begins to log on standard error, until the guard is dropped.
///
/// A thread of its own writes, so that nobody waits for whoever reads; where that falls
/// far behind, lines are lost. Other crates' events are left out: what they say of a
/// connection may hold a token.
pub(super) fn start(format: FormatOption, level: LogLevel) -> WorkerGuard {
    let (writer, guard) = tracing_appender::non_blocking(io::stderr());
    let level = match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
    };
    let ours = Targets::new().with_target(env!("CARGO_CRATE_NAME"), level);
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
    // It fails only where somebody logs already, and that is as good.
    let _ = tracing_subscriber::registry()
        .with(lines.with_filter(ours))
        .try_init();
    guard
}

//! How far a long script has come.

use std::{
    io,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Scripts that take less need no bar.
const LONG: Duration = Duration::from_secs(1);

/// A bar on standard error, which appears when the script has taken a second, and goes
/// with it.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    start: Instant,
}

impl Progress {
    /// The progress through so many bytes.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::hidden());
        let style = "{wide_bar} {percent:>3} %  {bytes} of {total_bytes}, {eta} left";
        // Where it cannot be read it looks as usual.
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self {
            bar,
            start: Instant::now(),
        }
    }

    /// So many bytes are answered.
    pub fn reach(&self, bytes: u64) {
        if self.bar.is_hidden() && self.start.elapsed() >= LONG {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(bytes);
    }

    /// Writes with the bar out of the way.
    pub fn aside(&self, write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        self.bar.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

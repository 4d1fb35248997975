//! The progress bar of a long script.

use std::{
    io,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The time between the start of a script and the first display of its progress bar.
const LONG: Duration = Duration::from_secs(1);

/// A progress bar on standard error. It appears after a second, and disappears when dropped.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    start: Instant,
}

impl Progress {
    /// Creates the progress bar of a script that is `bytes` bytes long.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::hidden());
        let style = "{wide_bar} {percent:>3} %  {bytes} of {total_bytes}, {eta} left";
        // On a template error indicatif's default style remains.
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        Self {
            bar,
            start: Instant::now(),
        }
    }

    /// Moves the bar. `bytes` is the total length of the lines that are answered.
    pub fn reach(&self, bytes: u64) {
        if self.bar.is_hidden() && self.start.elapsed() >= LONG {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_position(bytes);
    }

    /// Hides the bar while `write` runs.
    pub fn aside(&self, write: impl FnOnce() -> io::Result<()>) -> io::Result<()> {
        self.bar.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

//! Colors: the sixteen that every terminal has, in the shades that its owner chose, so that
//! they can be read on a light background as well as on a dark one.

use std::{env, fmt::Display, io::IsTerminal};

use anstyle::{AnsiColor, Effects, Style};

/// Whether to use colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless the environment says `NO_COLOR`.
    #[default]
    Auto,
    /// Wherever it goes.
    Always,
    /// Nowhere.
    Never,
}

impl Color {
    /// Whether what goes to `stream` is colored.
    #[must_use]
    pub fn is_on(self, stream: &impl IsTerminal) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => stream.is_terminal() && !is_dumb() && !is_unwanted(),
        }
    }
}

/// Whether the environment asks for none (no-color.org).
fn is_unwanted() -> bool {
    env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Whether the terminal cannot move its cursor, nor color anything.
pub(in crate::terminal) fn is_dumb() -> bool {
    let terminal = env::var_os("TERM");
    terminal.is_none_or(|name| name.is_empty() || name == "dumb" || name == "cons25")
}

pub(in crate::terminal) const NUMBER: Style = AnsiColor::Cyan.on_default();
pub(in crate::terminal) const FUNCTION: Style = AnsiColor::Blue.on_default().effects(Effects::BOLD);
pub(in crate::terminal) const COMMAND: Style =
    AnsiColor::Magenta.on_default().effects(Effects::BOLD);
pub(in crate::terminal) const FAULTY: Style =
    AnsiColor::Red.on_default().effects(Effects::UNDERLINE);
pub(in crate::terminal) const FAULT: Style = AnsiColor::Red.on_default();
pub(in crate::terminal) const MATCHING: Style = AnsiColor::Green
    .on_default()
    .effects(Effects::BOLD.insert(Effects::UNDERLINE));
pub(in crate::terminal) const DIM: Style = Style::new().effects(Effects::DIMMED);
pub(in crate::terminal) const HEADING: Style = Style::new().effects(Effects::BOLD);

/// `text` in a style.
pub(in crate::terminal) fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

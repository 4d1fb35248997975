//! Colors for dark and for light backgrounds, from the sixteen colors that every terminal has.

use std::{env, fmt::Display, io::IsTerminal};

use anstyle::{AnsiColor, Effects, Style};

use crate::repl::settings::Theme;

/// The choice of `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Color {
    /// Colors on a terminal, unless the environment sets `NO_COLOR`.
    #[default]
    Auto,
    /// Colors, even in files and pipes.
    Always,
    /// No colors.
    Never,
}

impl Color {
    /// Whether the output to `stream` is colored.
    #[must_use]
    pub fn is_on(self, stream: &impl IsTerminal) -> bool {
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => stream.is_terminal() && !is_dumb() && !is_disabled(),
        }
    }
}

/// Whether the environment disables colors (no-color.org).
fn is_disabled() -> bool {
    env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
}

/// Whether the terminal can neither move its cursor nor show colors.
pub(in crate::terminal) fn is_dumb() -> bool {
    let terminal = env::var_os("TERM");
    terminal.is_none_or(|name| name.is_empty() || name == "dumb" || name == "cons25")
}

/// The styles of a theme. Numbers and all other text have the terminal's default color.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::terminal) struct Palette {
    /// Names of functions.
    pub(in crate::terminal) function: Style,
    /// Names of commands.
    pub(in crate::terminal) command: Style,
    /// The faulty part of a line that is being edited.
    pub(in crate::terminal) faulty: Style,
    /// The message of a fault.
    pub(in crate::terminal) fault: Style,
    /// The parenthesis at the cursor, and the matching parenthesis.
    pub(in crate::terminal) matching: Style,
    /// Comments, previews and traces.
    pub(in crate::terminal) dim: Style,
    /// Headings of an explanation.
    pub(in crate::terminal) heading: Style,
}

const BOLD: Effects = Effects::BOLD;
const BOLD_UNDERLINE: Effects = Effects::BOLD.insert(Effects::UNDERLINE);

/// The palette for dark backgrounds.
///
/// It uses bright shades, because plain blue, red and magenta have a contrast below 4.5 on black in
/// most terminals.
pub(in crate::terminal) const DARK: Palette = Palette {
    function: AnsiColor::BrightBlue.on_default().effects(BOLD),
    command: AnsiColor::BrightMagenta.on_default().effects(BOLD),
    faulty: AnsiColor::BrightRed
        .on_default()
        .effects(Effects::UNDERLINE),
    fault: AnsiColor::BrightRed.on_default(),
    matching: AnsiColor::Green.on_default().effects(BOLD_UNDERLINE),
    dim: Style::new().effects(Effects::DIMMED),
    heading: Style::new().effects(BOLD),
};

/// The palette for light backgrounds.
///
/// It uses plain shades, because bright shades, cyan, green and yellow have a contrast below 4.5 on
/// white.
pub(in crate::terminal) const LIGHT: Palette = Palette {
    function: AnsiColor::Blue.on_default().effects(BOLD),
    command: AnsiColor::Magenta.on_default().effects(BOLD),
    faulty: AnsiColor::Red.on_default().effects(Effects::UNDERLINE),
    fault: AnsiColor::Red.on_default(),
    matching: Style::new().effects(BOLD_UNDERLINE),
    ..DARK
};

impl Palette {
    /// Returns the palette of a theme; `None` for the theme without colors.
    pub(in crate::terminal) const fn of(theme: Theme) -> Option<&'static Self> {
        match theme {
            Theme::Dark => Some(&DARK),
            Theme::Light => Some(&LIGHT),
            Theme::None => None,
        }
    }
}

/// Returns `text` between the sequences that turn `style` on and off.
pub(in crate::terminal) fn styled(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sixteen colors of five terminals, as RGB.
    const TERMINALS: [(&str, [u32; 16]); 5] = [
        (
            "xterm",
            [
                0x00_0000, 0xcd_0000, 0x00_cd00, 0xcd_cd00, 0x00_00ee, 0xcd_00cd, 0x00_cdcd,
                0xe5_e5e5, 0x7f_7f7f, 0xff_0000, 0x00_ff00, 0xff_ff00, 0x5c_5cff, 0xff_00ff,
                0x00_ffff, 0xff_ffff,
            ],
        ),
        (
            "Linux console",
            [
                0x00_0000, 0xaa_0000, 0x00_aa00, 0xaa_5500, 0x00_00aa, 0xaa_00aa, 0x00_aaaa,
                0xaa_aaaa, 0x55_5555, 0xff_5555, 0x55_ff55, 0xff_ff55, 0x55_55ff, 0xff_55ff,
                0x55_ffff, 0xff_ffff,
            ],
        ),
        (
            "GNOME (Tango)",
            [
                0x2e_3436, 0xcc_0000, 0x4e_9a06, 0xc4_a000, 0x34_65a4, 0x75_507b, 0x06_989a,
                0xd3_d7cf, 0x55_5753, 0xef_2929, 0x8a_e234, 0xfc_e94f, 0x72_9fcf, 0xad_7fa8,
                0x34_e2e2, 0xee_eeec,
            ],
        ),
        (
            "Windows (Campbell)",
            [
                0x0c_0c0c, 0xc5_0f1f, 0x13_a10e, 0xc1_9c00, 0x00_37da, 0x88_1798, 0x3a_96dd,
                0xcc_cccc, 0x76_7676, 0xe7_4856, 0x16_c60c, 0xf9_f1a5, 0x3b_78ff, 0xb4_009e,
                0x61_d6d6, 0xf2_f2f2,
            ],
        ),
        (
            "Visual Studio Code",
            [
                0x00_0000, 0xcd_3131, 0x0d_bc79, 0xe5_e510, 0x24_72c8, 0xbc_3fbc, 0x11_a8cd,
                0xe5_e5e5, 0x66_6666, 0xf1_4c4c, 0x23_d18b, 0xf5_f543, 0x3b_8eea, 0xd6_70d6,
                0x29_b8db, 0xe5_e5e5,
            ],
        ),
    ];

    /// Returns the relative luminance of a color (WCAG 2.2).
    fn luminance(rgb: u32) -> f64 {
        let [_, red, green, blue] = rgb.to_be_bytes().map(|channel| {
            let channel = f64::from(channel) / 255.0;
            if channel <= 0.03928 {
                channel / 12.92
            } else {
                ((channel + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(one: u32, other: u32) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn themes_are_readable_on_their_background() {
        for (palette, background) in [(DARK, 0x00_0000), (LIGHT, 0xff_ffff)] {
            for style in [
                palette.function,
                palette.command,
                palette.faulty,
                palette.fault,
                palette.matching,
            ] {
                let Some(anstyle::Color::Ansi(color)) = style.get_fg_color() else {
                    assert_eq!(style.get_fg_color(), None);
                    continue;
                };
                let index = usize::from(anstyle::Ansi256Color::from(color).index());
                let mut contrasts =
                    TERMINALS.map(|(_, colors)| contrast(colors[index], background));
                contrasts.sort_by(f64::total_cmp);
                assert!(contrasts[2] >= 4.5, "{color:?}: {contrasts:?}");
            }
        }
    }
}

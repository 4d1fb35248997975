//! Settings: one table that `:set`, help, completion and the configuration file use.

pub mod config;

use crate::{
    client::{AngleUnit, EvaluateOptions, NumberBase},
    engine::{
        Limits,
        limits::{LimitUnit, OFF},
    },
    text::amount::positive_duration,
};

/// The values of all settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The options of each evaluation, which are sent to the server.
    pub options: EvaluateOptions,
    /// Whether the prompt shows the answer while the user types a line.
    pub preview: bool,
    /// Whether long numbers are shown without their middle digits.
    pub fold: bool,
    /// The separator between groups of three digits in answers.
    pub separator: Separator,
    /// The colors at the prompt.
    pub theme: Theme,
    /// The limits of the embedded server for the lines of the session.
    pub limits: Limits,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            options: EvaluateOptions {
                source: true,
                ..EvaluateOptions::default()
            },
            preview: true,
            fold: true,
            separator: Separator::Off,
            theme: Theme::Dark,
            limits: Limits::of_a_person(),
        }
    }
}

/// The theme: the colors that the prompt uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Colors for a dark background.
    Dark,
    /// Colors for a light background.
    Light,
    /// No colors.
    None,
}

/// The separator between groups of three digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// No separator.
    Off,
    /// `1_000_000`, which is also valid input.
    Underscore,
    /// `1,000,000`.
    Comma,
    /// `1 000 000`.
    Space,
}

impl Separator {
    /// Returns the character of the separator, if any.
    #[must_use]
    pub const fn character(self) -> Option<char> {
        match self {
            Self::Off => None,
            Self::Underscore => Some('_'),
            Self::Comma => Some(','),
            Self::Space => Some(' '),
        }
    }
}

/// A setting: a row of the table of settings.
#[derive(Debug)]
pub struct Setting {
    /// The name, in `:set` and in the configuration file.
    pub name: &'static str,
    /// The valid values, as a text for users. Completion offers the values in this text.
    pub values: &'static str,
    /// A description of the setting, in one line.
    pub summary: &'static str,
    /// Whether the setting is a limit of the embedded server.
    pub is_limit: bool,
    get: fn(&Settings) -> String,
    set: fn(&mut Settings, &str) -> Option<()>,
}

impl PartialEq for Setting {
    /// Whether both settings are the same row of the table.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// The value of `digits` if no number of digits is set.
const AUTO: &str = "auto";

/// The table of settings, with one row per setting.
pub const SETTINGS: [Setting; 9] = [
    Setting {
        name: "digits",
        values: "auto or 1 to 1000000",
        summary: "significant digits of rounded answers; auto: 20, and finite decimals in full",
        is_limit: false,
        get: |settings| match settings.options.digits {
            Some(digits) => digits.to_string(),
            None => AUTO.into(),
        },
        set: |settings, value| {
            settings.options.digits = match value {
                AUTO => None,
                _ => Some(
                    value
                        .parse()
                        .ok()
                        .filter(|digits| (1..=1_000_000).contains(digits))?,
                ),
            };
            Some(())
        },
    },
    Setting {
        name: "angle",
        values: "rad or deg",
        summary: "the unit of angles written without a unit, as in sin(30)",
        is_limit: false,
        get: |settings| name_of(&ANGLES, &settings.options.angle),
        set: |settings, value| {
            settings.options.angle = value_of(&ANGLES, value)?;
            Some(())
        },
    },
    Setting {
        name: "base",
        values: "10, 16, 8 or 2",
        summary: "the base of integers in answers",
        is_limit: false,
        get: |settings| name_of(&BASES, &settings.options.base),
        set: |settings, value| {
            settings.options.base = value_of(&BASES, value)?;
            Some(())
        },
    },
    Setting {
        name: "exact",
        values: "on or off",
        summary: "whether rounded answers at the prompt show a short exact form: 7/12 ≈ 0.5833",
        is_limit: false,
        get: |settings| name_of(&SWITCH, &settings.options.source),
        set: |settings, value| {
            settings.options.source = value_of(&SWITCH, value)?;
            Some(())
        },
    },
    Setting {
        name: "separator",
        values: "off, comma, space or underscore",
        summary: "the separator between groups of three digits",
        is_limit: false,
        get: |settings| name_of(&SEPARATORS, &settings.separator),
        set: |settings, value| {
            settings.separator = value_of(&SEPARATORS, value)?;
            Some(())
        },
    },
    Setting {
        name: "fold",
        values: "on or off",
        summary: "whether long numbers are shown without their middle digits",
        is_limit: false,
        get: |settings| name_of(&SWITCH, &settings.fold),
        set: |settings, value| {
            settings.fold = value_of(&SWITCH, value)?;
            Some(())
        },
    },
    Setting {
        name: "preview",
        values: "on or off",
        summary: "whether the answer is shown while a line is typed",
        is_limit: false,
        get: |settings| name_of(&SWITCH, &settings.preview),
        set: |settings, value| {
            settings.preview = value_of(&SWITCH, value)?;
            Some(())
        },
    },
    Setting {
        name: "work",
        values: "off or 1ms to 1000h",
        summary: "estimated work for a line, in the embedded server",
        is_limit: true,
        get: |settings| LimitUnit::Time.text(settings.limits.work),
        set: |settings, value| {
            settings.limits.work = match value {
                OFF | "false" => u64::MAX,
                _ => u64::try_from(positive_duration(value).ok()?.as_nanos()).ok()?,
            };
            Some(())
        },
    },
    Setting {
        name: "theme",
        values: "dark, light or none",
        summary: "the colors for a dark or a light background",
        is_limit: false,
        get: |settings| name_of(&THEMES, &settings.theme),
        set: |settings, value| {
            settings.theme = value_of(&THEMES, value)?;
            Some(())
        },
    },
];

// A value may have several names. The first name is shown to users and saved in the file.

const SWITCH: [(&str, bool); 4] = [
    ("on", true),
    ("off", false),
    ("true", true),
    ("false", false),
];

const ANGLES: [(&str, AngleUnit); 6] = [
    ("rad", AngleUnit::Unspecified),
    ("deg", AngleUnit::Degree),
    ("radian", AngleUnit::Unspecified),
    ("radians", AngleUnit::Unspecified),
    ("degree", AngleUnit::Degree),
    ("degrees", AngleUnit::Degree),
];

const BASES: [(&str, NumberBase); 8] = [
    ("10", NumberBase::Unspecified),
    ("16", NumberBase::Hexadecimal),
    ("8", NumberBase::Octal),
    ("2", NumberBase::Binary),
    ("dec", NumberBase::Unspecified),
    ("hex", NumberBase::Hexadecimal),
    ("oct", NumberBase::Octal),
    ("bin", NumberBase::Binary),
];

const SEPARATORS: [(&str, Separator); 9] = [
    ("off", Separator::Off),
    ("none", Separator::Off),
    ("false", Separator::Off),
    ("comma", Separator::Comma),
    ("space", Separator::Space),
    ("underscore", Separator::Underscore),
    (",", Separator::Comma),
    (" ", Separator::Space),
    ("_", Separator::Underscore),
];

const THEMES: [(&str, Theme); 5] = [
    ("dark", Theme::Dark),
    ("light", Theme::Light),
    ("none", Theme::None),
    ("off", Theme::None),
    ("false", Theme::None),
];

fn name_of<T: PartialEq>(names: &[(&str, T)], value: &T) -> String {
    let found = names.iter().find(|(_, known)| known == value);
    found.map_or("", |(name, _)| name).to_owned()
}

fn value_of<T: Copy>(names: &[(&str, T)], name: &str) -> Option<T> {
    let found = names.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| *value)
}

/// A setting and a valid value for it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The setting.
    pub setting: &'static Setting,
    /// The new value of the setting, in the notation of `:set`.
    pub value: String,
}

impl Change {
    /// Returns the change of `setting` to `value`, or `None` if the value is not valid.
    #[must_use]
    pub fn new(setting: &'static Setting, value: &str) -> Option<Self> {
        (setting.set)(&mut Settings::default(), value)?;
        Some(Self {
            setting,
            value: value.into(),
        })
    }
}

impl Setting {
    /// Returns the values in [`Setting::values`], one by one. For a range, returns only the first
    /// and the last value.
    pub fn listed_values(&self) -> impl Iterator<Item = &'static str> {
        let words = self.values.split([' ', ',']);
        words.filter(|word| !matches!(*word, "" | "or" | "to"))
    }

    /// Returns the setting with this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }
}

impl Settings {
    /// Applies a change.
    pub fn change(&mut self, change: &Change) {
        // `Change::new` has checked the value.
        let _ = (change.setting.set)(self, &change.value);
    }

    /// Returns the value of a setting, in the notation of `:set`.
    #[must_use]
    pub fn value(&self, setting: &Setting) -> String {
        (setting.get)(self)
    }

    /// Returns a table with one row per setting: its name, its value, its description and its valid
    /// values.
    #[must_use]
    pub fn table<'s>(&self, settings: impl IntoIterator<Item = &'s Setting>) -> String {
        let line = |setting: &Setting| {
            let Setting {
                name,
                values,
                summary,
                ..
            } = setting;
            let value = self.value(setting);
            format!("{name:<10} {value:<11} {summary}: {values}\n")
        };
        settings.into_iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_reads_back() {
        for setting in &SETTINGS {
            assert!(setting.listed_values().count() > 1, "{}", setting.name);
            for value in setting.listed_values() {
                let mut settings = Settings::default();
                settings.change(&Change::new(setting, value).unwrap());
                assert_eq!(settings.value(setting), value, "{}", setting.name);
            }
        }
    }

    #[test]
    fn values_have_long_names_in_singular_and_plural() {
        for (name, value, same) in [
            ("angle", "rad", &["radian", "radians"][..]),
            ("angle", "deg", &["degree", "degrees"]),
            ("base", "10", &["dec"]),
            ("base", "16", &["hex"]),
            ("base", "8", &["oct"]),
            ("base", "2", &["bin"]),
            ("separator", "off", &["none", "false"]),
            ("separator", "comma", &[","]),
            ("separator", "space", &[" "]),
            ("separator", "underscore", &["_"]),
            ("theme", "none", &["off", "false"]),
            ("fold", "on", &["true"]),
            ("fold", "off", &["false"]),
        ] {
            let setting = Setting::find(name).unwrap();
            for other in same {
                let mut settings = Settings::default();
                let change = Change::new(setting, other);
                settings.change(&change.unwrap_or_else(|| panic!("{name} {other}")));
                assert_eq!(settings.value(setting), value, "{name} {other}");
            }
        }
    }

    #[test]
    fn invalid_values_are_refused() {
        for (name, value) in [
            ("digits", "0"),
            ("digits", "1000001"),
            ("digits", "many"),
            ("angle", "grad"),
            ("base", "3"),
            ("separator", "."),
            ("fold", "yes"),
            ("theme", "solarized"),
        ] {
            let setting = Setting::find(name).unwrap();
            assert_eq!(Change::new(setting, value), None, "{name} {value}");
        }
    }
}

//! What a person can set, and keep.

pub mod config;

use crate::client::{AngleUnit, EvaluateOptions, NumberBase};

/// How lines are evaluated and answers shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// What the server is told.
    pub options: EvaluateOptions,
    /// Whether the answer is shown while a line is being typed.
    pub preview: bool,
    /// Whether long numbers are shown in part.
    pub fold: bool,
    /// What stands between groups of three digits.
    pub separator: Separator,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            options: EvaluateOptions::default(),
            preview: true,
            fold: true,
            separator: Separator::Off,
        }
    }
}

/// What stands between groups of three digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Separator {
    /// Nothing.
    Off,
    /// `1_000_000`, which reads back.
    Underscore,
    /// `1,000,000`.
    Comma,
    /// `1 000 000`.
    Space,
}

impl Separator {
    /// The character, if there is one.
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

/// A setting as its user sees it.
#[derive(Debug)]
pub struct Setting {
    /// What it is called, at the prompt and in the file.
    pub name: &'static str,
    /// What it can be.
    pub values: &'static str,
    /// What it is about, in a line.
    pub summary: &'static str,
    get: fn(&Settings) -> String,
    set: fn(&mut Settings, &str) -> Option<()>,
}

impl PartialEq for Setting {
    /// Whether both are the same entry of the table.
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// Every setting.
pub const SETTINGS: [Setting; 6] = [
    Setting {
        name: "digits",
        values: "1 to 1000",
        summary: "significant digits of rounded answers",
        get: |settings| settings.options.digits.to_string(),
        set: |settings, value| {
            let digits = value.parse().ok();
            settings.options.digits = digits.filter(|digits| (1..=1000).contains(digits))?;
            Some(())
        },
    },
    Setting {
        name: "angle",
        values: "rad or deg",
        summary: "what a bare number means to sin, cos and the others",
        get: |settings| name_of(&ANGLES, &settings.options.angle),
        set: |settings, value| {
            settings.options.angle = value_of(&ANGLES, value)?;
            Some(())
        },
    },
    Setting {
        name: "base",
        values: "10, 16, 8 or 2",
        summary: "in which base integers are shown",
        get: |settings| name_of(&BASES, &settings.options.base),
        set: |settings, value| {
            settings.options.base = value_of(&BASES, value)?;
            Some(())
        },
    },
    Setting {
        name: "separator",
        values: "off, comma, space or underscore",
        summary: "what stands between groups of three digits",
        get: |settings| name_of(&SEPARATORS, &settings.separator),
        set: |settings, value| {
            settings.separator = value_of(&SEPARATORS, value)?;
            Some(())
        },
    },
    Setting {
        name: "fold",
        values: "on or off",
        summary: "whether long numbers are shown in part, with the count of their digits",
        get: |settings| name_of(&SWITCH, &settings.fold),
        set: |settings, value| {
            settings.fold = value_of(&SWITCH, value)?;
            Some(())
        },
    },
    Setting {
        name: "preview",
        values: "on or off",
        summary: "whether the answer is shown while a line is being typed",
        get: |settings| name_of(&SWITCH, &settings.preview),
        set: |settings, value| {
            settings.preview = value_of(&SWITCH, value)?;
            Some(())
        },
    },
];

// Of several names of a value, the first is shown.

const SWITCH: [(&str, bool); 4] = [
    ("on", true),
    ("off", false),
    ("true", true),
    ("false", false),
];

const ANGLES: [(&str, AngleUnit); 5] = [
    ("rad", AngleUnit::Unspecified),
    ("deg", AngleUnit::Degree),
    ("radian", AngleUnit::Unspecified),
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

const SEPARATORS: [(&str, Separator); 6] = [
    ("off", Separator::Off),
    ("comma", Separator::Comma),
    ("space", Separator::Space),
    ("underscore", Separator::Underscore),
    (",", Separator::Comma),
    ("_", Separator::Underscore),
];

fn name_of<T: PartialEq>(names: &[(&str, T)], value: &T) -> String {
    let found = names.iter().find(|(_, known)| known == value);
    found.map_or("", |(name, _)| name).to_owned()
}

fn value_of<T: Copy>(names: &[(&str, T)], name: &str) -> Option<T> {
    let found = names.iter().find(|(known, _)| *known == name);
    found.map(|(_, value)| *value)
}

/// A setting and a value that it can have.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What is set.
    pub setting: &'static Setting,
    /// To what.
    pub value: String,
}

impl Change {
    /// To set `setting` to `value`; none where it cannot be that.
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
    /// The setting of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        SETTINGS.iter().find(|setting| setting.name == name)
    }
}

impl Settings {
    /// Sets one of them.
    pub fn change(&mut self, change: &Change) {
        // It was tried when the change was made.
        let _ = (change.setting.set)(self, &change.value);
    }

    /// What a setting is, as it is written.
    #[must_use]
    pub fn value(&self, setting: &Setting) -> String {
        (setting.get)(self)
    }

    /// Settings with their values and what they are about, a line each.
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
        for (name, values) in [
            ("digits", &["1", "20", "1000"][..]),
            ("angle", &["rad", "deg"]),
            ("base", &["10", "16", "8", "2"]),
            ("separator", &["off", "comma", "space", "underscore"]),
            ("fold", &["on", "off"]),
            ("preview", &["on", "off"]),
        ] {
            let setting = Setting::find(name).unwrap();
            for value in values {
                let mut settings = Settings::default();
                settings.change(&Change::new(setting, value).unwrap());
                assert_eq!(settings.value(setting), *value, "{name}");
            }
        }
    }

    #[test]
    fn what_they_cannot_be() {
        for (name, value) in [
            ("digits", "0"),
            ("digits", "1001"),
            ("digits", "many"),
            ("angle", "grad"),
            ("base", "3"),
            ("separator", "."),
            ("fold", "yes"),
        ] {
            let setting = Setting::find(name).unwrap();
            assert_eq!(Change::new(setting, value), None, "{name} {value}");
        }
    }
}

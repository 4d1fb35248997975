//! The configuration file: settings in TOML, with the same names as in `:set`.

use toml_edit::{DocumentMut, Item, TomlError, Value};

use super::{Change, SETTINGS, Setting, Settings};
use crate::text::printable::printable;

/// The maximum number of characters that a message quotes from the file.
const MESSAGE: usize = 200;

/// The text that messages show instead of a value that is a TOML table.
const TABLE: &str = "a table";

/// An error in a configuration file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The file is not valid TOML.
    #[error("line {line}: {message}")]
    Syntax {
        /// The number of the line, counted from 1.
        line: usize,
        /// The message of the TOML parser.
        message: String,
    },
    /// An unknown setting.
    #[error("line {line}: there is no setting '{name}'; ':set' lists the settings")]
    Unknown {
        /// The number of the line, counted from 1.
        line: usize,
        /// The name of the setting.
        name: String,
    },
    /// A value that is not valid for its setting.
    #[error("line {line}: {name} cannot be {value}; use {values}")]
    Value {
        /// The number of the line, counted from 1.
        line: usize,
        /// The name of the setting.
        name: String,
        /// The value in the file.
        value: String,
        /// The valid values of the setting, as a text.
        values: &'static str,
    },
}

/// Returns the number, counted from 1, of the line that contains the byte at position `byte`.
fn line(text: &str, byte: usize) -> usize {
    let before = text.get(..byte).unwrap_or_default();
    before.matches('\n').count() + 1
}

fn parse(text: &str) -> Result<DocumentMut, ConfigError> {
    text.parse()
        .map_err(|error: TomlError| ConfigError::Syntax {
            line: line(text, error.span().map_or(0, |span| span.start)),
            message: printable(error.message(), MESSAGE),
        })
}

/// Applies the valid settings in `text` to `settings`. Returns an error for each invalid setting.
#[must_use]
pub fn apply(text: &str, settings: &mut Settings) -> Vec<ConfigError> {
    let document = match toml_edit::Document::parse(text) {
        Ok(document) => document,
        Err(error) => {
            return vec![ConfigError::Syntax {
                line: line(text, error.span().map_or(0, |span| span.start)),
                message: printable(error.message(), MESSAGE),
            }];
        }
    };
    let mut errors = Vec::new();
    for (name, item) in document.iter() {
        let key = document.key(name).and_then(toml_edit::Key::span);
        let span = item.span().or(key).unwrap_or_default();
        let line = line(text, span.start);
        let Some(setting) = Setting::find(name) else {
            let name = printable(name, MESSAGE);
            errors.push(ConfigError::Unknown { line, name });
            continue;
        };
        match value(item).and_then(|value| Change::new(setting, &value)) {
            Some(change) => settings.change(&change),
            None => errors.push(ConfigError::Value {
                line,
                name: setting.name.into(),
                value: match item.as_value() {
                    Some(value) => printable(value.to_string().trim(), MESSAGE),
                    None => TABLE.into(),
                },
                values: setting.values,
            }),
        }
    }
    errors
}

/// Returns a value in the notation of `:set`, or `None` for dates, floats, lists and tables.
fn value(item: &Item) -> Option<String> {
    match item.as_value()? {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Boolean(truth) => Some(truth.value().to_string()),
        _ => None,
    }
}

/// Returns `text`, the text of a configuration file, with the values of `settings`. Comments and
/// unknown keys are preserved.
///
/// A setting with its default value is written only if `text` already has the setting.
pub(in crate::repl) fn merged(text: &str, settings: &Settings) -> Result<String, ConfigError> {
    let mut document = parse(text)?;
    // A table with the name of a setting has another purpose, and must not be overwritten.
    let errors = apply(text, &mut Settings::default());
    let is_table =
        |it: &ConfigError| matches!(it, ConfigError::Value { value, .. } if value == TABLE);
    if let Some(table) = errors.into_iter().find(is_table) {
        return Err(table);
    }
    if text.trim().is_empty() {
        document.set_trailing("");
    }
    for setting in &SETTINGS {
        let written = settings.value(setting);
        let is_default = written == Settings::default().value(setting);
        if is_default && !document.contains_key(setting.name) {
            continue;
        }
        let mut value: Value = match (written.parse::<i64>(), written.as_str()) {
            (Ok(number), _) => number.into(),
            (_, "on") => true.into(),
            (_, "off") => false.into(),
            (_, text) => text.into(),
        };
        match document.get_mut(setting.name) {
            Some(Item::Value(before)) => {
                // The comment after the value is kept.
                *value.decor_mut() = before.decor().clone();
                *before = value;
            }
            _ => {
                document.insert(setting.name, Item::Value(value));
            }
        }
    }
    Ok(document.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::settings::Separator;

    fn read(text: &str) -> (Settings, Vec<String>) {
        let mut settings = Settings::default();
        let wrong = apply(text, &mut settings);
        (settings, wrong.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn settings_read_back() {
        let mut settings = Settings::default();
        for (name, value) in [
            ("digits", "30"),
            ("angle", "deg"),
            ("base", "16"),
            ("fold", "off"),
        ] {
            settings.change(&Change::new(Setting::find(name).unwrap(), value).unwrap());
        }
        let text = merged("", &settings).unwrap();
        assert_eq!(
            text,
            "digits = 30\nangle = \"deg\"\nbase = 16\nfold = false\n"
        );
        assert_eq!(read(&text), (settings, Vec::new()));
        // A default is written if the file already has the setting.
        let again = merged(&text, &Settings::default()).unwrap();
        assert_eq!(
            again,
            "digits = \"auto\"\nangle = \"rad\"\nbase = 10\nfold = true\n"
        );
    }

    #[test]
    fn every_value_replaces_another_one() {
        for setting in &SETTINGS {
            for value in setting.listed_values() {
                let mut settings = Settings::default();
                settings.change(&Change::new(setting, value).unwrap());
                let text = merged(&format!("{} = 1\n", setting.name), &settings).unwrap();
                assert_eq!(read(&text), (settings, Vec::new()), "{text}");
            }
        }
        let (settings, wrong) = read("angle = \"radians\"\nseparator = \" \"\n");
        assert_eq!(wrong, [""; 0]);
        assert_eq!(settings.separator, Separator::Space);
    }

    #[test]
    fn comments_are_preserved() {
        let text = "# mine\ndigits = 12 # few\n\n# the end\n";
        let (mut settings, wrong) = read(text);
        assert!(wrong.is_empty(), "{wrong:?}");
        settings.options.digits = Some(50);
        settings.preview = false;
        let kept = merged(text, &settings).unwrap();
        assert!(kept.starts_with("# mine\ndigits = 50 # few\n"), "{kept}");
        assert!(
            kept.contains("preview = false\n") && kept.contains("# the end"),
            "{kept}"
        );
        assert_eq!(read(&kept).0, settings);
    }

    #[test]
    fn errors_are_reported_and_the_rest_is_applied() {
        let (settings, wrong) =
            read("digits = 0\ncolour = 1\n\nangle = \"deg\"\nbase = [1]\n[fold]\n");
        assert_eq!(
            wrong,
            [
                "line 1: digits cannot be 0; use auto or 1 to 1000000",
                "line 2: there is no setting 'colour'; ':set' lists the settings",
                "line 5: base cannot be [1]; use 10, 16, 8 or 2",
                "line 6: fold cannot be a table; use on or off",
            ]
        );
        assert_eq!(settings.options.angle, crate::client::AngleUnit::Degree);
        let table = "[fold]\nmine = 1\n";
        assert!(merged(table, &Settings::default()).is_err());
        let (_, wrong) = read("digits = 5\nangle = \n");
        assert!(wrong[0].starts_with("line 2: "), "{wrong:?}");
    }
}

//! Options of definitions in proto syntax.

use crate::proto::descriptor::{FeatureSet, FieldDescriptorProto};

use super::printer::{quote, sanitized};

/// Returns the options that all definitions can have.
pub(super) fn options(deprecated: Option<bool>, features: Option<FeatureSet>) -> Vec<String> {
    let deprecated = (deprecated == Some(true)).then(|| "deprecated = true".into());
    deprecated
        .into_iter()
        .chain(self::features(features))
        .collect()
}

/// Returns the options of a field. `default` is its default value in proto syntax.
pub(super) fn field_options(field: &FieldDescriptorProto, default: Option<String>) -> Vec<String> {
    let options = field.options.unwrap_or_default();
    let default = default.map(|value| format!("default = {value}"));
    let packed = options.packed.map(|packed| format!("packed = {packed}"));
    // The name in JSON of an extension cannot be chosen.
    let has_own_name = |name: &&String| field.extendee.is_none() && **name != derived(field.name());
    let json_name = field.json_name.as_ref().filter(has_own_name);
    let json_name = json_name.map(|name| format!("json_name = {}", quote(name)));
    let common = self::options(options.deprecated, options.features);
    let own = [default, json_name, packed].into_iter().flatten();
    own.chain(common).collect()
}

/// Returns `options` in brackets; an empty text if there are none.
pub(super) fn in_brackets(options: &[String]) -> String {
    if options.is_empty() {
        return String::new();
    }
    format!(" [{}]", options.join(", "))
}

/// Returns the features that are set, such as `features.field_presence = IMPLICIT`.
pub(super) fn features(features: Option<FeatureSet>) -> impl Iterator<Item = String> {
    let set = features.unwrap_or_default();
    let values = [
        (
            "field_presence",
            set.field_presence
                .map(|_| set.field_presence().as_str_name()),
        ),
        (
            "enum_type",
            set.enum_type.map(|_| set.enum_type().as_str_name()),
        ),
        (
            "repeated_field_encoding",
            set.repeated_field_encoding
                .map(|_| set.repeated_field_encoding().as_str_name()),
        ),
        (
            "utf8_validation",
            set.utf8_validation
                .map(|_| set.utf8_validation().as_str_name()),
        ),
        (
            "message_encoding",
            set.message_encoding
                .map(|_| set.message_encoding().as_str_name()),
        ),
        (
            "json_format",
            set.json_format.map(|_| set.json_format().as_str_name()),
        ),
        (
            "enforce_naming_style",
            set.enforce_naming_style
                .map(|_| set.enforce_naming_style().as_str_name()),
        ),
    ];
    let set = values
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    set.map(|(name, value)| format!("features.{name} = {value}"))
}

/// Returns the name of an edition, such as `2023`.
///
/// The number of the first edition is 1000 (`google.protobuf.Edition`).
pub(super) fn edition(number: i32) -> String {
    match number {
        1000..2000 => (number - 1000 + 2023).to_string(),
        _ => sanitized(&format!("with the number {number}")),
    }
}

/// Returns the name in JSON that compilers derive from the name of a field.
fn derived(name: &str) -> String {
    let mut derived = String::new();
    let mut is_first = false;
    for character in name.chars() {
        match character {
            '_' => is_first = true,
            _ if is_first => {
                derived.push(character.to_ascii_uppercase());
                is_first = false;
            }
            _ => derived.push(character),
        }
    }
    derived
}

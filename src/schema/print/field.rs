//! Fields in proto syntax.

use super::{
    options::{field_options, in_brackets},
    printer::{quote, sanitized},
};
use crate::proto::descriptor::{
    DescriptorProto, FieldDescriptorProto,
    field_descriptor_proto::{Label, Type},
};

/// Returns the declaration of `field`, without the end of the line.
///
/// `entry` is the map entry that is the type of the field. `is_proto2` is true in a file that uses
/// proto2. In proto2, optional fields have a label.
pub(super) fn declaration(
    field: &FieldDescriptorProto,
    entry: Option<&DescriptorProto>,
    is_proto2: bool,
) -> String {
    let label = match field.label() {
        Label::Repeated => "repeated ",
        Label::Required => "required ",
        Label::Optional if field.proto3_optional() => "optional ",
        Label::Optional if is_proto2 && field.oneof_index.is_none() => "optional ",
        Label::Optional => "",
    };
    let typed = match entry {
        Some(entry) => format!("map<{}, {}>", entry_type(entry, 1), entry_type(entry, 2)),
        None => format!("{label}{}", type_of(field)),
    };
    let default = field.default_value.as_ref();
    let default = default.map(|value| match field.r#type() {
        Type::String => quote(&value.replace('\\', r"\\").replace('"', "\\\"")),
        Type::Bytes => quote(value),
        _ => sanitized(value),
    });
    // The name of a group is the name of its message.
    let name = match field.r#type() {
        Type::Group => String::new(),
        _ => format!(" {}", sanitized(field.name())),
    };
    let options = in_brackets(&field_options(field, default));
    format!("{typed}{name} = {}{options}", field.number())
}

/// Returns the type of a field of a map entry. Field 1 has the keys of the map, and field 2 has the
/// values.
fn entry_type(entry: &DescriptorProto, number: i32) -> String {
    let field = entry.field.iter().find(|field| field.number() == number);
    field.map(type_of).unwrap_or_default()
}

/// Returns the type of `field` in proto syntax.
fn type_of(field: &FieldDescriptorProto) -> String {
    let known = field.r#type.and_then(|known| Type::try_from(known).ok());
    match (known, reference(field.type_name())) {
        (Some(Type::Group), name) => format!("group {}", last_name(&name)),
        (Some(scalar), name) if name.is_empty() => {
            let name = scalar.as_str_name().trim_start_matches("TYPE_");
            name.to_lowercase()
        }
        (_, name) => name,
    }
}

/// Returns the last part of a full name.
fn last_name(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Returns the name of a type, without a leading dot.
pub(super) fn reference(name: &str) -> String {
    sanitized(name.strip_prefix('.').unwrap_or(name))
}

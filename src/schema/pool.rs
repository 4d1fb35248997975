//! The descriptors that are part of this program. They are used to decode messages.

use std::sync::LazyLock;

use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor,
    MethodDescriptor, text_format::FormatOptions,
};

use crate::{proto::FILE_DESCRIPTOR_SET, text::printable::printable};

/// The maximum number of characters in a line of a message in text form. Longer lines are
/// shortened.
const MAX_LINE: usize = 200;

/// The maximum number of lines of a message in text form. Further lines are omitted.
const MAX_LINES: usize = 40;

/// The descriptors of our own services, of health checks, of reflection, and of the details
/// of statuses.
static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let mut pool = DescriptorPool::new();
    for set in [
        FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_types::pb::FILE_DESCRIPTOR_SET,
    ] {
        // If a set fails to load, its messages are shown without field names.
        let _ = pool.decode_file_descriptor_set(set);
    }
    pool
});

/// Returns the method of a path such as `/calc.Calculator/Add`.
pub(crate) fn method(path: &str) -> Option<MethodDescriptor> {
    let (service, name) = path.strip_prefix('/')?.split_once('/')?;
    let service = POOL.get_service_by_name(service)?;
    service.methods().find(|method| method.name() == name)
}

/// Returns the message type with this full name.
pub(crate) fn message(name: &str) -> Option<MessageDescriptor> {
    POOL.get_message_by_name(name)
}

/// Returns the declaration of a method, in proto syntax.
pub(crate) fn declaration(method: &MethodDescriptor) -> String {
    let operand = |streams: bool, message: &MessageDescriptor| {
        let stream = if streams { "stream " } else { "" };
        format!("{stream}{}", message.name())
    };
    format!(
        "rpc {}({}) returns ({})",
        method.name(),
        operand(method.is_client_streaming(), &method.input()),
        operand(method.is_server_streaming(), &method.output())
    )
}

/// Returns the definition of a message type on one line, in proto syntax.
pub(crate) fn definition(message: &MessageDescriptor) -> String {
    let mut parts: Vec<String> = Vec::new();
    for field in message
        .fields()
        .filter(|field| field.containing_oneof().is_none())
    {
        parts.push(field_definition(&field));
    }
    for oneof in message.oneofs() {
        let fields: Vec<_> = oneof
            .fields()
            .map(|field| field_definition(&field))
            .collect();
        parts.push(format!("oneof {} {{ {} }}", oneof.name(), fields.join(" ")));
    }
    match &parts[..] {
        [] => format!("message {} {{}}", message.name()),
        _ => format!("message {} {{ {} }}", message.name(), parts.join(" ")),
    }
}

fn field_definition(field: &FieldDescriptor) -> String {
    let repeated = match field.cardinality() {
        Cardinality::Repeated => "repeated ",
        Cardinality::Optional | Cardinality::Required => "",
    };
    let kind = kind_name(&field.kind());
    format!("{repeated}{kind} {} = {};", field.name(), field.number())
}

/// Returns the name of a field's type.
pub(super) fn kind_name(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => message.name().to_owned(),
        Kind::Enum(enumeration) => enumeration.name().to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// Decodes a message; returns None if `bytes` are not a message of this type.
pub(crate) fn decode(message: &MessageDescriptor, bytes: &[u8]) -> Option<DynamicMessage> {
    DynamicMessage::decode(message.clone(), bytes).ok()
}

/// Returns the lines of a message in text form, made safe for a terminal.
pub(crate) fn text(message: &DynamicMessage) -> Vec<String> {
    let text = message.to_text_format_with_options(&FormatOptions::new().pretty(true));
    let mut lines: Vec<_> = text
        .lines()
        .take(MAX_LINES)
        .map(|line| printable(line, MAX_LINE))
        .collect();
    match text.lines().count() {
        0 => lines.push("(every field has its default value)".into()),
        count if count > MAX_LINES => {
            lines.push(format!("(and {} more lines)", count - MAX_LINES));
        }
        _ => {}
    }
    lines
}

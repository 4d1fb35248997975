//! What the contracts say of the messages that travel.

use std::sync::LazyLock;

use prost_reflect::{
    Cardinality, DescriptorPool, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor,
    MethodDescriptor, text_format::FormatOptions,
};

use crate::{proto::FILE_DESCRIPTOR_SET, text::printable::printable};

/// Characters of a line of text that are shown.
const LINE: usize = 200;

/// Lines of a message's text that are shown.
const LINES: usize = 40;

/// Every contract that this program knows: its own, those of health and reflection, and the
/// details of statuses.
static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let mut pool = DescriptorPool::new();
    for set in [
        FILE_DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_types::pb::FILE_DESCRIPTOR_SET,
    ] {
        // What is missing is shown without names.
        let _ = pool.decode_file_descriptor_set(set);
    }
    pool
});

/// The method that a path calls: `/calc.Calculator/Add`.
pub(crate) fn method(path: &str) -> Option<MethodDescriptor> {
    let (service, name) = path.strip_prefix('/')?.split_once('/')?;
    let service = POOL.get_service_by_name(service)?;
    service.methods().find(|method| method.name() == name)
}

/// The message of this name.
pub(crate) fn message(name: &str) -> Option<MessageDescriptor> {
    POOL.get_message_by_name(name)
}

/// How a method is declared.
pub(crate) fn declaration(method: &MethodDescriptor) -> String {
    let side = |streams: bool, message: &MessageDescriptor| {
        let stream = if streams { "stream " } else { "" };
        format!("{stream}{}", message.name())
    };
    format!(
        "rpc {}({}) returns ({})",
        method.name(),
        side(method.is_client_streaming(), &method.input()),
        side(method.is_server_streaming(), &method.output())
    )
}

/// How a message is declared, in a line.
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

pub(crate) fn kind_name(kind: &Kind) -> String {
    match kind {
        Kind::Message(message) => message.name().to_owned(),
        Kind::Enum(found) => found.name().to_owned(),
        other => format!("{other:?}").to_lowercase(),
    }
}

/// The message that `bytes` are, if they are one.
pub(crate) fn decode(message: &MessageDescriptor, bytes: &[u8]) -> Option<DynamicMessage> {
    DynamicMessage::decode(message.clone(), bytes).ok()
}

/// A message in text form, in lines that are fit for a terminal.
pub(crate) fn text(message: &DynamicMessage) -> Vec<String> {
    let text = message.to_text_format_with_options(&FormatOptions::new().pretty(true));
    let mut lines: Vec<_> = text
        .lines()
        .take(LINES)
        .map(|line| printable(line, LINE))
        .collect();
    match text.lines().count() {
        0 => lines.push("(every field has its default)".into()),
        all if all > LINES => lines.push(format!("(and {} more lines)", all - LINES)),
        _ => {}
    }
    lines
}

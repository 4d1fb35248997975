//! Descriptors as text in proto syntax.
//!
//! The descriptors come from a server that is not trusted, so the length of the text is limited,
//! and the text is safe to show on a terminal. The text omits extensions of other messages. Of the
//! options, the text contains only `default`, `deprecated` and `allow_alias`.

mod definition;
mod path;
mod printer;
mod writer;

use prost_types::FileDescriptorProto;

use self::{
    definition::{Definition, Descriptor},
    printer::{Printer, sanitized},
    writer::Writer,
};

/// Returns the definition of `name` in proto syntax, with its comments.
///
/// `name` is the full name of a service, a method, a message or an enum, with or without a leading
/// dot. For a method, the definitions of its request and response messages follow.
///
/// Returns None if `files` do not define `name`.
pub(crate) fn describe(files: &[FileDescriptorProto], name: &str) -> Option<String> {
    let definition = Definition::find(files, name)?;
    let mut writer = Writer::default();
    write(&definition, &mut writer);
    if let Descriptor::Method(method) = definition.descriptor {
        let mut types = vec![method.input_type(), method.output_type()];
        types.dedup();
        for name in types {
            let Some(definition) = Definition::find(files, name) else {
                continue;
            };
            writer.needs_gap = true;
            write(&definition, &mut writer);
        }
    }
    Some(writer.text)
}

/// Writes a line with the name, the kind and the file of a definition, and then the definition.
fn write(definition: &Definition<'_>, writer: &mut Writer) {
    let kind = match definition.descriptor {
        Descriptor::Service(_) => "a service",
        Descriptor::Method(_) => "a method",
        Descriptor::Message(_) => "a message",
        Descriptor::Enum(_) => "an enum",
    };
    let [name, file] = [&definition.name, definition.file.name()].map(sanitized);
    writer.line(&format!("// {name}, {kind} in {file}"));
    let mut printer = Printer::new(definition, writer);
    let path = &definition.path;
    match definition.descriptor {
        Descriptor::Service(service) => printer.service(path, service),
        Descriptor::Method(method) => printer.method(path, method),
        Descriptor::Message(message) => printer.message(path, message),
        Descriptor::Enum(enumeration) => printer.enumeration(path, enumeration),
    }
}

#[cfg(test)]
mod tests;

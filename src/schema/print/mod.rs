//! Descriptors as text in proto syntax.
//!
//! The descriptors come from a server that is not trusted, so the text is bounded and safe to
//! show on a terminal. It omits extensions of other messages, and all options except those
//! about values.

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

/// Returns the definition of `name` in proto syntax, with its comments; None if `files` do not
/// define it. A method is followed by its messages.
///
/// `name` is the full name of a service, a method, a message or an enum, with or without a
/// leading dot.
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

/// Writes a definition under a line with its name and its file.
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

//! What a server says of its own services: descriptors as text in proto syntax.
//!
//! The descriptors come from a stranger, so whatever they hold, the text is bounded and
//! fit for a terminal. Extensions of other messages are left out, and all options but
//! those that say something about the values.

mod find;
mod number;
mod printer;
mod writer;

use prost_types::FileDescriptorProto;

use self::{
    find::{Definition, Found},
    printer::{Printer, safe},
    writer::Writer,
};

/// What `name` (a service, a method, a message, an enum, or one nested in a message,
/// fully qualified, with or without a leading dot) is, in proto syntax with its
/// comments; None where `files` do not define it. A method comes with its messages.
pub(crate) fn describe(files: &[FileDescriptorProto], name: &str) -> Option<String> {
    let found = Found::find(files, name)?;
    let mut writer = Writer::default();
    write(&found, &mut writer);
    if let Definition::Method(method) = found.definition {
        let mut types = vec![method.input_type(), method.output_type()];
        types.dedup();
        for found in types.iter().filter_map(|name| Found::find(files, name)) {
            writer.gap = true;
            write(&found, &mut writer);
        }
    }
    Some(writer.text)
}

/// Writes what was found, and where.
fn write(found: &Found<'_>, writer: &mut Writer) {
    let what = match found.definition {
        Definition::Service(_) => "a service",
        Definition::Method(_) => "a method",
        Definition::Message(_) => "a message",
        Definition::Enum(_) => "an enum",
    };
    let [name, file] = [&found.name, found.file.name()].map(safe);
    writer.line(&format!("// {name}, {what} in {file}"));
    let mut printer = Printer::new(found, writer);
    match found.definition {
        Definition::Service(service) => printer.service(&found.path, service),
        Definition::Method(method) => printer.method(&found.path, method),
        Definition::Message(message) => printer.message(&found.path, message),
        Definition::Enum(enumeration) => printer.enumeration(&found.path, enumeration),
    }
}

#[cfg(test)]
mod tests;

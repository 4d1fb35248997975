//! Descriptors as text in proto syntax.
//!
//! The descriptors come from a server that is not trusted, so the length of the text is limited,
//! and the text is safe to show on a terminal. The text omits options that are not in
//! `descriptor.proto` of the room `proto`.

mod definition;
mod field;
mod options;
mod path;
mod printer;
mod writer;

use crate::proto::descriptor::FileDescriptorProto;

use self::{
    definition::{Definition, Descriptor},
    options::{edition, features},
    printer::{Printer, sanitized},
    writer::Writer,
};

/// Returns the definition of `name` in proto syntax, with its comments.
///
/// `name` is the full name of a service, a method, a message, an enum or an extension, with or
/// without a leading dot. The request and response messages of a method follow, and so do the
/// extensions of a message.
///
/// Returns None if `files` do not define `name`.
pub(crate) fn describe(files: &[FileDescriptorProto], name: &str) -> Option<String> {
    let definition = Definition::find(files, name)?;
    let mut writer = Writer::default();
    write(&definition, &mut writer);
    if let Descriptor::Message(_) = definition.descriptor {
        write_extensions(files, &definition.name, &mut writer);
    }
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

/// Writes a definition that is not followed by others of its file.
fn write(definition: &Definition<'_>, writer: &mut Writer) {
    write_with(&mut Printer::new(definition, writer), definition);
}

/// Writes a line with the name, the kind and the file of a definition, and then the definition.
///
/// `printer` was created for a definition with the same scope in the same file.
fn write_with(printer: &mut Printer<'_, '_>, definition: &Definition<'_>) {
    let kind = match definition.descriptor {
        Descriptor::Service(_) => "a service",
        Descriptor::Method(_) => "a method",
        Descriptor::Message(_) => "a message",
        Descriptor::Enum(_) => "an enum",
        Descriptor::Extension(_) => "an extension",
    };
    let file = definition.file;
    let edition = file
        .edition
        .map(|number| format!(", edition {}", edition(number)));
    let edition = edition.unwrap_or_default();
    let [name, path] = [&definition.name, file.name()].map(sanitized);
    printer
        .writer
        .line(&format!("// {name}, {kind} in {path}{edition}"));
    for feature in features(file.options.and_then(|options| options.features)) {
        printer.writer.line(&format!("// option {feature};"));
    }
    let path = &definition.path;
    match definition.descriptor {
        Descriptor::Service(service) => printer.service(path, service),
        Descriptor::Method(method) => printer.method(path, method),
        Descriptor::Message(message) => printer.message(path, message),
        Descriptor::Enum(enumeration) => printer.enumeration(path, enumeration),
        Descriptor::Extension(extension) => printer.extension(path, extension),
    }
}

/// Writes the extensions of the message `name` that files define outside of messages.
fn write_extensions(files: &[FileDescriptorProto], name: &str, writer: &mut Writer) {
    for file in files {
        let extensions = (0..).zip(&file.extension);
        let mut definitions = extensions
            .filter(|(_, extension)| extension.extendee().strip_prefix('.') == Some(name))
            .map(|(index, extension)| Definition::extension(file, index, extension))
            .peekable();
        let Some(first) = definitions.peek() else {
            continue;
        };
        let mut printer = Printer::new(first, writer);
        for definition in definitions {
            // A server can send any number of extensions.
            if printer.writer.is_full {
                return;
            }
            printer.writer.needs_gap = true;
            write_with(&mut printer, &definition);
        }
    }
}

#[cfg(test)]
mod tests;

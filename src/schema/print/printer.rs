//! Writes definitions in proto syntax.

use std::collections::{HashMap, HashSet};

use super::{
    definition::Definition,
    field::{declaration, reference},
    options::{in_brackets, options},
    path::{
        ENUM_VALUE, MESSAGE_ENUM, MESSAGE_EXTENSION, MESSAGE_FIELD, MESSAGE_MESSAGE, MESSAGE_ONEOF,
        SERVICE_METHOD, child,
    },
    writer::{MAX_LENGTH, OMISSION, Writer},
};
use crate::{
    proto::descriptor::{
        DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
        MessageOptions, MethodDescriptorProto, OneofDescriptorProto, ServiceDescriptorProto,
        field_descriptor_proto::Type, source_code_info::Location,
    },
    text::printable::printable,
};

/// The maximum number of characters in a name, in a value or in a line of a comment. Longer text is
/// shortened.
const MAX_TEXT: usize = 1024;

/// The maximum number of levels of nested definitions.
pub(super) const MAX_DEPTH: usize = 64;

/// Writes definitions of one file.
pub(super) struct Printer<'f, 'w> {
    pub(super) writer: &'w mut Writer,
    comments: HashMap<&'f [i32], &'f Location>,
    /// Whether the file uses proto2. In proto2, optional fields have a label.
    is_proto2: bool,
    /// The full name of the enclosing definition, with a leading dot.
    scope: String,
}

impl<'f, 'w> Printer<'f, 'w> {
    pub(super) fn new(definition: &Definition<'f>, writer: &'w mut Writer) -> Self {
        let locations = definition.file.source_code_info.iter();
        let commented = locations
            .flat_map(|info| &info.location)
            .filter(|at| at.leading_comments.is_some() || at.trailing_comments.is_some());
        let mut scope = format!(".{}", definition.name);
        scope.truncate(scope.rfind('.').unwrap_or(0));
        Self {
            writer,
            comments: commented.map(|at| (&at.path[..], at)).collect(),
            is_proto2: matches!(definition.file.syntax(), "" | "proto2"),
            scope,
        }
    }

    /// Writes a service.
    pub(super) fn service(&mut self, path: &[i32], service: &ServiceDescriptorProto) {
        let set = service.options.unwrap_or_default();
        self.block(
            path,
            &format!("service {}", sanitized(service.name())),
            |printer| {
                printer.options(&options(set.deprecated, set.features));
                printer.each(path, SERVICE_METHOD, &service.method, Self::method);
            },
        );
    }

    /// Writes a method.
    pub(super) fn method(&mut self, path: &[i32], method: &MethodDescriptorProto) {
        let stream = |streams| if streams { "stream " } else { "" };
        let line = format!(
            "rpc {}({}{}) returns ({}{})",
            sanitized(method.name()),
            stream(method.client_streaming()),
            reference(method.input_type()),
            stream(method.server_streaming()),
            reference(method.output_type()),
        );
        let set = method.options.unwrap_or_default();
        let mut options = options(set.deprecated, set.features);
        if set.idempotency_level.is_some() {
            let level = set.idempotency_level().as_str_name();
            options.insert(0, format!("idempotency_level = {level}"));
        }
        if options.is_empty() {
            self.line(path, &format!("{line};"));
        } else {
            self.block(path, &line, |printer| printer.options(&options));
        }
    }

    /// Writes a message.
    pub(super) fn message(&mut self, path: &[i32], message: &DescriptorProto) {
        let opening = format!("message {}", sanitized(message.name()));
        self.block(path, &opening, |printer| {
            printer.message_body(path, message);
        });
    }

    fn message_body(&mut self, path: &[i32], message: &DescriptorProto) {
        let set = message.options.unwrap_or_default();
        let outer = self.scope.len();
        self.scope.extend([".", message.name()]);
        self.options(&options(set.deprecated, set.features));
        self.fields(path, message);
        self.reserved(message);
        self.nested(path, message);
        self.each(path, MESSAGE_EXTENSION, &message.extension, Self::extension);
        self.scope.truncate(outer);
    }

    /// Writes an extension.
    pub(super) fn extension(&mut self, path: &[i32], extension: &FieldDescriptorProto) {
        self.writer.needs_gap = self.writer.depth > 0;
        let opening = format!("extend {} {{", reference(extension.extendee()));
        self.writer.line(&opening);
        self.writer.depth += 1;
        let line = declaration(extension, None, self.is_proto2);
        self.line(path, &format!("{line};"));
        self.writer.depth -= 1;
        self.writer.close(&opening);
    }

    fn fields(&mut self, path: &[i32], message: &DescriptorProto) {
        let nested = (0..).zip(&message.nested_type);
        let nested: HashMap<_, _> = nested
            .map(|(index, nested)| (nested.name(), (index, nested)))
            .collect();
        let fields: Vec<_> = (0..).zip(&message.field).collect();
        // Compilers require the fields of a oneof to be adjacent.
        let are_together = |a: &FieldDescriptorProto, b: &FieldDescriptorProto| {
            oneof(message, a).is_some() && a.oneof_index == b.oneof_index
        };
        for run in fields.chunk_by(|a, b| are_together(a.1, b.1)) {
            let write = |printer: &mut Self| {
                for (index, field) in run {
                    let nested = printer.own_name(field).and_then(|name| nested.get(name));
                    let entry = nested.filter(|(_, nested)| is_map_entry(nested));
                    let line = declaration(field, entry.map(|entry| entry.1), printer.is_proto2);
                    let field_path = child(path, MESSAGE_FIELD, *index);
                    match nested.filter(|_| field.r#type() == Type::Group) {
                        Some((index, group)) => {
                            let path = child(path, MESSAGE_MESSAGE, *index);
                            printer.block(&field_path, &line, |printer| {
                                printer.message_body(&path, group);
                            });
                        }
                        None => printer.line(&field_path, &format!("{line};")),
                    }
                }
            };
            match oneof(message, run[0].1) {
                Some((index, oneof)) => {
                    let path = child(path, MESSAGE_ONEOF, index);
                    let set = oneof.options.unwrap_or_default();
                    self.block(
                        &path,
                        &format!("oneof {}", sanitized(oneof.name())),
                        |printer| {
                            printer.options(&options(None, set.features));
                            write(printer);
                        },
                    );
                }
                None => write(self),
            }
        }
    }

    /// Returns the name of the type of `field`, if the message that is being written defines it.
    fn own_name<'n>(&self, field: &'n FieldDescriptorProto) -> Option<&'n str> {
        field
            .type_name()
            .strip_prefix(&self.scope)?
            .strip_prefix('.')
    }

    /// Writes the extension ranges of `message`, and its reserved numbers and names.
    fn reserved(&mut self, message: &DescriptorProto) {
        let extensions = message.extension_range.iter();
        let extensions = extensions.map(|range| field_range(range.start(), range.end()));
        self.list("extensions", extensions);
        let reserved = message.reserved_range.iter();
        let reserved = reserved.map(|range| field_range(range.start(), range.end()));
        self.list("reserved", reserved);
        self.list(
            "reserved",
            message.reserved_name.iter().map(|name| quote(name)),
        );
    }

    /// Writes the messages and enums that `message` defines.
    fn nested(&mut self, path: &[i32], message: &DescriptorProto) {
        // Groups are written where they are fields.
        let groups = message
            .field
            .iter()
            .filter(|field| field.r#type() == Type::Group);
        let groups: HashSet<_> = groups.filter_map(|group| self.own_name(group)).collect();
        self.each(
            path,
            MESSAGE_MESSAGE,
            &message.nested_type,
            |printer, path, nested| {
                if !is_map_entry(nested) && !groups.contains(nested.name()) {
                    printer.writer.needs_gap = true;
                    printer.message(path, nested);
                }
            },
        );
        self.each(
            path,
            MESSAGE_ENUM,
            &message.enum_type,
            |printer, path, nested| {
                printer.writer.needs_gap = true;
                printer.enumeration(path, nested);
            },
        );
    }

    /// Writes an enum.
    pub(super) fn enumeration(&mut self, path: &[i32], enumeration: &EnumDescriptorProto) {
        let set = enumeration.options.unwrap_or_default();
        self.block(
            path,
            &format!("enum {}", sanitized(enumeration.name())),
            |printer| {
                if set.allow_alias == Some(true) {
                    printer.writer.line("option allow_alias = true;");
                }
                printer.options(&options(set.deprecated, set.features));
                printer.each(path, ENUM_VALUE, &enumeration.value, Self::value);
                let reserved = enumeration.reserved_range.iter();
                let reserved = reserved.map(|range| span(range.start(), range.end(), i32::MAX));
                printer.list("reserved", reserved);
                printer.list(
                    "reserved",
                    enumeration.reserved_name.iter().map(|name| quote(name)),
                );
            },
        );
    }

    fn value(&mut self, path: &[i32], value: &EnumValueDescriptorProto) {
        let set = value.options.unwrap_or_default();
        let options = in_brackets(&options(set.deprecated, set.features));
        let name = sanitized(value.name());
        self.line(path, &format!("{name} = {}{options};", value.number()));
    }

    fn options(&mut self, options: &[String]) {
        for option in options {
            self.writer.line(&format!("option {option};"));
        }
    }

    fn list(&mut self, keyword: &str, items: impl Iterator<Item = String>) {
        let items: Vec<_> = items.collect();
        if !items.is_empty() {
            self.writer
                .line(&format!("{keyword} {};", items.join(", ")));
        }
    }

    /// Calls `write` for each of `items`. The items are the elements of field `number` of the
    /// definition at `path`.
    fn each<T>(
        &mut self,
        path: &[i32],
        number: i32,
        items: &[T],
        write: impl Fn(&mut Self, &[i32], &T),
    ) {
        for (index, item) in (0..).zip(items) {
            // A server can send any number of items.
            if self.writer.is_full {
                break;
            }
            write(self, &child(path, number, index), item);
        }
    }

    /// Writes the definition at `path`: its comments, its `opening`, and its `body` in braces.
    fn block(&mut self, path: &[i32], opening: &str, body: impl FnOnce(&mut Self)) {
        let opening = format!("{opening} {{");
        self.line(path, &opening);
        self.writer.depth += 1;
        if self.writer.depth > MAX_DEPTH {
            self.writer.line(OMISSION);
        } else {
            body(self);
        }
        self.writer.depth -= 1;
        self.writer.close(&opening);
    }

    /// Writes `line` and the comments of the definition at `path`.
    ///
    /// A leading comment is written above `line`. A trailing comment is written at the end of
    /// `line`, or indented below `line` if the comment has several lines.
    fn line(&mut self, path: &[i32], line: &str) {
        let location = self.comments.get(path).copied();
        for comment in comments(location.map_or("", Location::leading_comments)) {
            self.writer.line(&comment);
        }
        match &comments(location.map_or("", Location::trailing_comments))[..] {
            [] => self.writer.line(line),
            [comment] => self.writer.line(&format!("{line} {comment}")),
            comments => {
                self.writer.line(line);
                self.writer.depth += 1;
                for comment in comments {
                    self.writer.line(comment);
                }
                self.writer.depth -= 1;
                self.writer.needs_gap = true;
            }
        }
    }
}

/// Returns the oneof of `field`, and the index of the oneof.
///
/// Returns None for the synthetic oneof of an `optional` field.
fn oneof<'f>(
    message: &'f DescriptorProto,
    field: &FieldDescriptorProto,
) -> Option<(i32, &'f OneofDescriptorProto)> {
    let index = field.oneof_index.filter(|_| !field.proto3_optional())?;
    let oneof = message.oneof_decl.get(usize::try_from(index).ok()?)?;
    Some((index, oneof))
}

fn is_map_entry(message: &DescriptorProto) -> bool {
    let options = message.options.as_ref();
    options.is_some_and(MessageOptions::map_entry)
}

/// Returns a range of field numbers in proto syntax. The range does not include `end`.
fn field_range(start: i32, end: i32) -> String {
    span(start, end.saturating_sub(1), (1 << 29) - 1)
}

/// Returns a range of numbers in proto syntax. The range includes `end`, and `max` is the greatest
/// valid number.
fn span(start: i32, end: i32, max: i32) -> String {
    if start == end {
        start.to_string()
    } else if end == max {
        format!("{start} to max")
    } else {
        format!("{start} to {end}")
    }
}

/// Returns the lines of a comment in proto syntax. Lines that cannot fit in a description are
/// omitted.
fn comments(text: &str) -> Vec<String> {
    let lines = text.trim_end().trim_start_matches('\n').lines();
    let marked = lines.take(MAX_LENGTH).map(|line| {
        let line = line.strip_prefix(' ').unwrap_or(line);
        let line = sanitized(&line.replace('\t', "    "));
        format!("// {line}").trim_end().into()
    });
    marked.collect()
}

/// Returns `text` in double quotes.
pub(super) fn quote(text: &str) -> String {
    format!("\"{}\"", sanitized(text))
}

/// Returns `text` with escaped control characters and at most `MAX_TEXT` characters.
pub(super) fn sanitized(text: &str) -> String {
    printable(text, MAX_TEXT)
}

//! Writes definitions in proto syntax.

use std::collections::HashMap;

use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    MessageOptions, MethodDescriptorProto, OneofDescriptorProto, ServiceDescriptorProto,
    field_descriptor_proto::{Label, Type},
    source_code_info::Location,
};

use super::{
    definition::Definition,
    path::{
        ENUM_VALUE, MESSAGE_ENUM, MESSAGE_FIELD, MESSAGE_MESSAGE, MESSAGE_ONEOF, SERVICE_METHOD,
        child,
    },
    writer::{MAX_LENGTH, OMISSION, Writer},
};
use crate::text::printable::printable;

/// The maximum number of characters in a name, in a value or in a line of a comment. Longer text is
/// shortened.
const MAX_TEXT: usize = 1024;

/// The maximum number of levels of nested definitions.
pub(super) const MAX_DEPTH: usize = 64;

const DEPRECATED: &str = "deprecated = true";

/// Writes definitions of one file.
pub(super) struct Printer<'f, 'w> {
    writer: &'w mut Writer,
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
        let options = service.options.as_ref();
        self.block(
            path,
            &format!("service {}", sanitized(service.name())),
            |printer| {
                printer.deprecated(options.and_then(|options| options.deprecated));
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
        match method
            .options
            .as_ref()
            .and_then(|options| options.deprecated)
        {
            Some(true) => self.block(path, &line, |printer| printer.deprecated(Some(true))),
            _ => self.line(path, &format!("{line};")),
        }
    }

    /// Writes a message.
    pub(super) fn message(&mut self, path: &[i32], message: &DescriptorProto) {
        let options = message.options.as_ref();
        self.block(
            path,
            &format!("message {}", sanitized(message.name())),
            |printer| {
                let outer = printer.scope.len();
                printer.scope.extend([".", message.name()]);
                printer.deprecated(options.and_then(|options| options.deprecated));
                printer.fields(path, message);
                printer.reserved(message);
                printer.nested(path, message);
                printer.scope.truncate(outer);
            },
        );
    }

    fn fields(&mut self, path: &[i32], message: &DescriptorProto) {
        let nested = message.nested_type.iter();
        let entries = nested.filter(|nested| is_map_entry(nested));
        let entries = entries.map(|entry| (entry.name(), entry)).collect();
        let fields: Vec<_> = (0..).zip(&message.field).collect();
        // Compilers require the fields of a oneof to be adjacent.
        let are_together = |a: &FieldDescriptorProto, b: &FieldDescriptorProto| {
            oneof(message, a).is_some() && a.oneof_index == b.oneof_index
        };
        for run in fields.chunk_by(|a, b| are_together(a.1, b.1)) {
            let write = |printer: &mut Self| {
                for (index, field) in run {
                    let line = printer.field(field, &entries);
                    printer.line(&child(path, MESSAGE_FIELD, *index), &line);
                }
            };
            match oneof(message, run[0].1) {
                Some((index, oneof)) => {
                    let path = child(path, MESSAGE_ONEOF, index);
                    self.block(&path, &format!("oneof {}", sanitized(oneof.name())), write);
                }
                None => write(self),
            }
        }
    }

    /// Returns the declaration of `field`. `entries` are the map entries of the message, by name.
    fn field(
        &self,
        field: &FieldDescriptorProto,
        entries: &HashMap<&str, &DescriptorProto>,
    ) -> String {
        let label = match field.label() {
            Label::Repeated => "repeated ",
            Label::Required => "required ",
            Label::Optional if field.proto3_optional() => "optional ",
            Label::Optional if self.is_proto2 && field.oneof_index.is_none() => "optional ",
            Label::Optional => "",
        };
        let nested = field.type_name().strip_prefix(&self.scope);
        let entry = nested.and_then(|name| entries.get(name.strip_prefix('.')?));
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
        let deprecated = field
            .options
            .as_ref()
            .and_then(|options| options.deprecated);
        let options = options(default, deprecated);
        format!(
            "{typed} {} = {}{options};",
            sanitized(field.name()),
            field.number()
        )
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
        self.each(
            path,
            MESSAGE_MESSAGE,
            &message.nested_type,
            |printer, path, nested| {
                if !is_map_entry(nested) {
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
        let options = enumeration.options.as_ref();
        self.block(
            path,
            &format!("enum {}", sanitized(enumeration.name())),
            |printer| {
                if options.and_then(|options| options.allow_alias) == Some(true) {
                    printer.writer.line("option allow_alias = true;");
                }
                printer.deprecated(options.and_then(|options| options.deprecated));
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
        let deprecated = value
            .options
            .as_ref()
            .and_then(|options| options.deprecated);
        let (name, options) = (sanitized(value.name()), options(None, deprecated));
        self.line(path, &format!("{name} = {}{options};", value.number()));
    }

    fn deprecated(&mut self, deprecated: Option<bool>) {
        if deprecated == Some(true) {
            self.writer.line(&format!("option {DEPRECATED};"));
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
        (Some(Type::Group), name) => format!("group {name}"),
        (Some(scalar), name) if name.is_empty() => {
            let name = scalar.as_str_name().trim_start_matches("TYPE_");
            name.to_lowercase()
        }
        (_, name) => name,
    }
}

fn options(default: Option<String>, deprecated: Option<bool>) -> String {
    let default = default.map(|value| format!("default = {value}"));
    let deprecated = (deprecated == Some(true)).then(|| DEPRECATED.into());
    match default.into_iter().chain(deprecated).collect::<Vec<_>>() {
        none if none.is_empty() => String::new(),
        options => format!(" [{}]", options.join(", ")),
    }
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

/// Returns the name of a type, without a leading dot.
fn reference(name: &str) -> String {
    sanitized(name.strip_prefix('.').unwrap_or(name))
}

/// Returns `text` in double quotes.
fn quote(text: &str) -> String {
    format!("\"{}\"", sanitized(text))
}

/// Returns `text` with escaped control characters and at most `MAX_TEXT` characters.
pub(super) fn sanitized(text: &str) -> String {
    printable(text, MAX_TEXT)
}

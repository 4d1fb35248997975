//! Definitions in proto syntax.

use std::collections::HashMap;

use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    MessageOptions, MethodDescriptorProto, OneofDescriptorProto, ServiceDescriptorProto,
    field_descriptor_proto::{Label, Type},
    source_code_info::Location,
};

use super::{
    find::Found,
    number::{
        ENUM_VALUE, MESSAGE_ENUM, MESSAGE_FIELD, MESSAGE_MESSAGE, MESSAGE_ONEOF, SERVICE_METHOD,
        child,
    },
    writer::{LIMIT, MORE, Writer},
};
use crate::text::printable::printable;

/// Characters of one name, one value or one line of a comment.
const WIDTH: usize = 1024;

/// Definitions within each other.
pub(super) const DEPTH: usize = 64;

const DEPRECATED: &str = "deprecated = true";

/// Writes the definitions of one file.
pub(super) struct Printer<'f, 'w> {
    writer: &'w mut Writer,
    comments: HashMap<&'f [i32], &'f Location>,
    /// Whether fields without a label say that they are optional.
    proto2: bool,
    /// How the names of types begin that the message being written defines.
    scope: String,
}

impl<'f, 'w> Printer<'f, 'w> {
    pub(super) fn new(found: &Found<'f>, writer: &'w mut Writer) -> Self {
        let locations = found.file.source_code_info.iter();
        let commented = locations
            .flat_map(|info| &info.location)
            .filter(|at| at.leading_comments.is_some() || at.trailing_comments.is_some());
        let mut scope = format!(".{}", found.name);
        scope.truncate(scope.rfind('.').unwrap_or(0));
        Self {
            writer,
            comments: commented.map(|at| (&at.path[..], at)).collect(),
            proto2: matches!(found.file.syntax(), "" | "proto2"),
            scope,
        }
    }

    pub(super) fn service(&mut self, path: &[i32], service: &ServiceDescriptorProto) {
        let options = service.options.as_ref();
        self.block(path, &format!("service {}", safe(service.name())), |own| {
            own.deprecated(options.and_then(|options| options.deprecated));
            own.each(path, SERVICE_METHOD, &service.method, Self::method);
        });
    }

    pub(super) fn method(&mut self, path: &[i32], method: &MethodDescriptorProto) {
        let stream = |streams| if streams { "stream " } else { "" };
        let line = format!(
            "rpc {}({}{}) returns ({}{})",
            safe(method.name()),
            stream(method.client_streaming()),
            reference(method.input_type()),
            stream(method.server_streaming()),
            reference(method.output_type()),
        );
        match method.options.as_ref().and_then(|own| own.deprecated) {
            Some(true) => self.block(path, &line, |own| own.deprecated(Some(true))),
            _ => self.line(path, &format!("{line};")),
        }
    }

    pub(super) fn message(&mut self, path: &[i32], message: &DescriptorProto) {
        let options = message.options.as_ref();
        self.block(path, &format!("message {}", safe(message.name())), |own| {
            let outer = own.scope.len();
            own.scope.extend([".", message.name()]);
            own.deprecated(options.and_then(|options| options.deprecated));
            own.fields(path, message);
            own.numbers(message);
            own.nested(path, message);
            own.scope.truncate(outer);
        });
    }

    fn fields(&mut self, path: &[i32], message: &DescriptorProto) {
        let nested = message.nested_type.iter();
        let entries = nested.filter(|nested| is_map_entry(nested));
        let entries = entries.map(|entry| (entry.name(), entry)).collect();
        let fields: Vec<_> = (0..).zip(&message.field).collect();
        // The fields of a oneof follow each other: no compiler takes them otherwise.
        let of = |field| oneof(message, field);
        for run in fields.chunk_by(|a, b| of(a.1).is_some() && a.1.oneof_index == b.1.oneof_index) {
            let write = |own: &mut Self| {
                for (index, field) in run {
                    let line = own.field(field, &entries);
                    own.line(&child(path, MESSAGE_FIELD, *index), &line);
                }
            };
            match of(run[0].1) {
                Some((index, oneof)) => {
                    let path = child(path, MESSAGE_ONEOF, index);
                    self.block(&path, &format!("oneof {}", safe(oneof.name())), write);
                }
                None => write(self),
            }
        }
    }

    /// The line of `field`, of a message with these `entries` of maps.
    fn field(
        &self,
        field: &FieldDescriptorProto,
        entries: &HashMap<&str, &DescriptorProto>,
    ) -> String {
        let label = match field.label() {
            Label::Repeated => "repeated ",
            Label::Required => "required ",
            Label::Optional if field.proto3_optional() => "optional ",
            Label::Optional if self.proto2 && field.oneof_index.is_none() => "optional ",
            Label::Optional => "",
        };
        let own = field.type_name().strip_prefix(&self.scope);
        let entry = own.and_then(|name| entries.get(name.strip_prefix('.')?));
        let typed = match entry {
            Some(entry) => format!("map<{}, {}>", half(entry, 1), half(entry, 2)),
            None => format!("{label}{}", type_of(field)),
        };
        let default = field.default_value.as_ref();
        let default = default.map(|value| match field.r#type() {
            Type::String => quote(&value.replace('\\', r"\\").replace('"', "\\\"")),
            Type::Bytes => quote(value),
            _ => safe(value),
        });
        let deprecated = field.options.as_ref().and_then(|own| own.deprecated);
        let options = options(default, deprecated);
        format!(
            "{typed} {} = {}{options};",
            safe(field.name()),
            field.number()
        )
    }

    /// The numbers and names that no field of `message` has.
    fn numbers(&mut self, message: &DescriptorProto) {
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

    /// The messages and enums that `message` defines.
    fn nested(&mut self, path: &[i32], message: &DescriptorProto) {
        self.each(
            path,
            MESSAGE_MESSAGE,
            &message.nested_type,
            |own, path, nested| {
                if !is_map_entry(nested) {
                    own.writer.gap = true;
                    own.message(path, nested);
                }
            },
        );
        self.each(
            path,
            MESSAGE_ENUM,
            &message.enum_type,
            |own, path, nested| {
                own.writer.gap = true;
                own.enumeration(path, nested);
            },
        );
    }

    pub(super) fn enumeration(&mut self, path: &[i32], enumeration: &EnumDescriptorProto) {
        let options = enumeration.options.as_ref();
        self.block(path, &format!("enum {}", safe(enumeration.name())), |own| {
            if options.and_then(|options| options.allow_alias) == Some(true) {
                own.writer.line("option allow_alias = true;");
            }
            own.deprecated(options.and_then(|options| options.deprecated));
            own.each(path, ENUM_VALUE, &enumeration.value, Self::value);
            let reserved = enumeration.reserved_range.iter();
            let reserved = reserved.map(|range| span(range.start(), range.end(), i32::MAX));
            own.list("reserved", reserved);
            own.list(
                "reserved",
                enumeration.reserved_name.iter().map(|name| quote(name)),
            );
        });
    }

    fn value(&mut self, path: &[i32], value: &EnumValueDescriptorProto) {
        let deprecated = value.options.as_ref().and_then(|own| own.deprecated);
        let (name, options) = (safe(value.name()), options(None, deprecated));
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

    /// Writes `all`, which the definition at `path` has as `number`.
    fn each<T>(
        &mut self,
        path: &[i32],
        number: i32,
        all: &[T],
        write: impl Fn(&mut Self, &[i32], &T),
    ) {
        for (index, one) in (0..).zip(all) {
            // There may be very many more, and nothing would be seen of them.
            if self.writer.full {
                break;
            }
            write(self, &child(path, number, index), one);
        }
    }

    /// The definition at `path`: its comments, its `opening`, and its `body` in braces.
    fn block(&mut self, path: &[i32], opening: &str, body: impl FnOnce(&mut Self)) {
        let opening = format!("{opening} {{");
        self.line(path, &opening);
        self.writer.depth += 1;
        if self.writer.depth > DEPTH {
            self.writer.line(MORE);
        } else {
            body(self);
        }
        self.writer.depth -= 1;
        self.writer.close(&opening);
    }

    /// `line` and the comments of the definition at `path`: the leading ones in front,
    /// a trailing one behind, and where that has several lines, beneath and further in.
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
                self.writer.gap = true;
            }
        }
    }
}

/// The oneof of `field`, and its index, unless it is the one that stands for `optional`.
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

/// The type of a map's keys, field 1 of its `entry`, or of its values, field 2.
fn half(entry: &DescriptorProto, number: i32) -> String {
    let field = entry.field.iter().find(|field| field.number() == number);
    field.map(type_of).unwrap_or_default()
}

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

/// The numbers of fields from `start` to before `end`.
fn field_range(start: i32, end: i32) -> String {
    span(start, end.saturating_sub(1), (1 << 29) - 1)
}

/// The numbers from `start` to `end`, of which `max` is the greatest that there is.
fn span(start: i32, end: i32, max: i32) -> String {
    if start == end {
        start.to_string()
    } else if end == max {
        format!("{start} to max")
    } else {
        format!("{start} to {end}")
    }
}

/// The lines of a comment, each as a comment, as far as they can fit.
fn comments(text: &str) -> Vec<String> {
    let lines = text.trim_end().trim_start_matches('\n').lines();
    let marked = lines.take(LIMIT).map(|line| {
        let line = line.strip_prefix(' ').unwrap_or(line);
        let line = safe(&line.replace('\t', "    "));
        format!("// {line}").trim_end().into()
    });
    marked.collect()
}

/// The name of a type as [`describe`] takes it.
fn reference(name: &str) -> String {
    safe(name.strip_prefix('.').unwrap_or(name))
}

fn quote(text: &str) -> String {
    format!("\"{}\"", safe(text))
}

pub(super) fn safe(text: &str) -> String {
    printable(text, WIDTH)
}

//! What a server says of its own services: descriptors as text in proto syntax.
//!
//! The descriptors come from a stranger, so whatever they hold, the text is bounded and
//! fit for a terminal. Extensions of other messages are left out, and all options but
//! those that say something about the values.

use std::{collections::HashMap, mem};

use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, MessageOptions, MethodDescriptorProto, OneofDescriptorProto,
    ServiceDescriptorProto,
    field_descriptor_proto::{Label, Type},
    source_code_info::Location,
};

use crate::printable::printable;

/// Bytes of a description, without the mark that it goes on.
const LIMIT: usize = 64 << 10;

/// Characters of one name, one value or one line of a comment.
const WIDTH: usize = 1024;

/// Definitions within each other.
const DEPTH: usize = 64;

/// Stands for what is beyond these limits.
const MORE: &str = "// ...";

const DEPRECATED: &str = "deprecated = true";

// Field numbers of `descriptor.proto`, which the paths of comments are made of.
const FILE_MESSAGE: i32 = 4;
const FILE_ENUM: i32 = 5;
const FILE_SERVICE: i32 = 6;
const SERVICE_METHOD: i32 = 2;
const MESSAGE_FIELD: i32 = 2;
const MESSAGE_MESSAGE: i32 = 3;
const MESSAGE_ENUM: i32 = 4;
const MESSAGE_ONEOF: i32 = 8;
const ENUM_VALUE: i32 = 2;

/// What `name` (a service, a method, a message, an enum, or one nested in a message,
/// fully qualified, with or without a leading dot) is, in proto syntax with its
/// comments; None where `files` do not define it. A method comes with its messages.
pub(super) fn describe(files: &[FileDescriptorProto], name: &str) -> Option<String> {
    let found = Found::find(files, name)?;
    let mut writer = Writer::default();
    found.write(&mut writer);
    if let Definition::Method(method) = found.definition {
        let mut types = vec![method.input_type(), method.output_type()];
        types.dedup();
        for found in types.iter().filter_map(|name| Found::find(files, name)) {
            writer.gap = true;
            found.write(&mut writer);
        }
    }
    Some(writer.text)
}

/// What there is to describe.
enum Definition<'f> {
    Service(&'f ServiceDescriptorProto),
    Method(&'f MethodDescriptorProto),
    Message(&'f DescriptorProto),
    Enum(&'f EnumDescriptorProto),
}

/// A definition, its full name and where it is.
struct Found<'f> {
    file: &'f FileDescriptorProto,
    path: Vec<i32>,
    name: String,
    definition: Definition<'f>,
}

impl<'f> Found<'f> {
    /// `name` may also be a method's path in a call, `calc.Calculator/Add`.
    fn find(files: &'f [FileDescriptorProto], name: &str) -> Option<Self> {
        let name = name.strip_prefix(['.', '/']).unwrap_or(name);
        let name = name.replace('/', ".");
        let (file, (path, definition)) = files.iter().find_map(|file| {
            let inner = match file.package() {
                "" => &name,
                package => name.strip_prefix(package)?.strip_prefix('.')?,
            };
            let found = find_service(file, inner).or_else(|| find_type(file, inner))?;
            Some((file, found))
        })?;
        Some(Self {
            file,
            path,
            name,
            definition,
        })
    }

    fn write(&self, writer: &mut Writer) {
        let what = match self.definition {
            Definition::Service(_) => "a service",
            Definition::Method(_) => "a method",
            Definition::Message(_) => "a message",
            Definition::Enum(_) => "an enum",
        };
        let [name, file] = [&self.name, self.file.name()].map(safe);
        writer.line(&format!("// {name}, {what} in {file}"));
        let mut printer = Printer::new(self, writer);
        match self.definition {
            Definition::Service(service) => printer.service(&self.path, service),
            Definition::Method(method) => printer.method(&self.path, method),
            Definition::Message(message) => printer.message(&self.path, message),
            Definition::Enum(enumeration) => printer.enumeration(&self.path, enumeration),
        }
    }
}

/// The service, or the method of one, that `file` has by this `name` in its package.
fn find_service<'f>(
    file: &'f FileDescriptorProto,
    name: &str,
) -> Option<(Vec<i32>, Definition<'f>)> {
    let (service, method) = name.split_once('.').unzip();
    let service = service.unwrap_or(name);
    let (index, service) = named(&file.service, ServiceDescriptorProto::name, service)?;
    let path = vec![FILE_SERVICE, index];
    let Some(method) = method else {
        return Some((path, Definition::Service(service)));
    };
    let (index, method) = named(&service.method, MethodDescriptorProto::name, method)?;
    let path = child(&path, SERVICE_METHOD, index);
    Some((path, Definition::Method(method)))
}

/// The message or the enum that `file` has by this `name` in its package.
fn find_type<'f>(file: &'f FileDescriptorProto, name: &str) -> Option<(Vec<i32>, Definition<'f>)> {
    let (mut messages, mut enums) = (&file.message_type, &file.enum_type);
    let (mut message_number, mut enum_number) = (FILE_MESSAGE, FILE_ENUM);
    let mut path = Vec::new();
    let mut names = name.split('.');
    let last = names.next_back()?;
    for name in names {
        let (index, message) = named(messages, DescriptorProto::name, name)?;
        path.extend([message_number, index]);
        (messages, enums) = (&message.nested_type, &message.enum_type);
        (message_number, enum_number) = (MESSAGE_MESSAGE, MESSAGE_ENUM);
    }
    if let Some((index, message)) = named(messages, DescriptorProto::name, last) {
        let path = child(&path, message_number, index);
        return Some((path, Definition::Message(message)));
    }
    let (index, enumeration) = named(enums, EnumDescriptorProto::name, last)?;
    let path = child(&path, enum_number, index);
    Some((path, Definition::Enum(enumeration)))
}

fn named<'f, T>(all: &'f [T], name_of: fn(&T) -> &str, name: &str) -> Option<(i32, &'f T)> {
    (0..).zip(all).find(|(_, one)| name_of(one) == name)
}

/// The path of element `index` of what the definition at `path` has as `number`.
fn child(path: &[i32], number: i32, index: i32) -> Vec<i32> {
    [path, &[number, index]].concat()
}

/// Lines, indented and bounded.
#[derive(Default)]
struct Writer {
    text: String,
    depth: usize,
    /// Whether an empty line goes in front of the next one, if one comes.
    gap: bool,
    full: bool,
}

impl Writer {
    fn line(&mut self, line: &str) {
        if self.full {
            return;
        }
        let indent = "  ".repeat(self.depth);
        self.full = self.text.len() + indent.len() + line.len() + 2 > LIMIT;
        if mem::take(&mut self.gap) && !self.text.ends_with("{\n") {
            self.text.push('\n');
        }
        let line = if self.full { MORE } else { line };
        self.text.extend([&indent, line, "\n"]);
    }

    /// Closes what the line `opening` opened, within that line if it is the last.
    fn close(&mut self, opening: &str) {
        self.gap = false;
        if self.text.ends_with(&format!("{opening}\n")) {
            self.text.pop();
            self.text.push_str("}\n");
        } else {
            self.line("}");
        }
    }
}

/// Writes the definitions of one file.
struct Printer<'f, 'w> {
    writer: &'w mut Writer,
    comments: HashMap<&'f [i32], &'f Location>,
    /// Whether fields without a label say that they are optional.
    proto2: bool,
    /// How the names of types begin that the message being written defines.
    scope: String,
}

impl<'f, 'w> Printer<'f, 'w> {
    fn new(found: &Found<'f>, writer: &'w mut Writer) -> Self {
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

    fn service(&mut self, path: &[i32], service: &ServiceDescriptorProto) {
        let options = service.options.as_ref();
        self.block(path, &format!("service {}", safe(service.name())), |own| {
            own.deprecated(options.and_then(|options| options.deprecated));
            own.each(path, SERVICE_METHOD, &service.method, Self::method);
        });
    }

    fn method(&mut self, path: &[i32], method: &MethodDescriptorProto) {
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

    fn message(&mut self, path: &[i32], message: &DescriptorProto) {
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

    fn enumeration(&mut self, path: &[i32], enumeration: &EnumDescriptorProto) {
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

fn safe(text: &str) -> String {
    printable(text, WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::FILE_DESCRIPTOR_SET;
    use proptest::prelude::*;
    use prost::Message as _;
    use prost_types::{
        EnumOptions, EnumValueOptions, FieldOptions, FileDescriptorSet, MethodOptions,
        SourceCodeInfo,
        descriptor_proto::{ExtensionRange, ReservedRange},
        enum_descriptor_proto::EnumReservedRange,
    };

    fn ours() -> Vec<FileDescriptorProto> {
        FileDescriptorSet::decode(FILE_DESCRIPTOR_SET).unwrap().file
    }

    /// A file `t.proto` of package `t`.
    fn file(
        messages: Vec<DescriptorProto>,
        enums: Vec<EnumDescriptorProto>,
    ) -> FileDescriptorProto {
        FileDescriptorProto {
            name: Some("t.proto".into()),
            package: Some("t".into()),
            syntax: Some("proto3".into()),
            message_type: messages,
            enum_type: enums,
            ..Default::default()
        }
    }

    fn message(name: &str, field: Vec<FieldDescriptorProto>) -> DescriptorProto {
        DescriptorProto {
            name: Some(name.into()),
            field,
            ..Default::default()
        }
    }

    fn entry(name: &str, value: FieldDescriptorProto) -> DescriptorProto {
        let options = MessageOptions {
            map_entry: Some(true),
            ..Default::default()
        };
        DescriptorProto {
            options: Some(options),
            ..message(name, vec![scalar("key", 1, Type::String), value])
        }
    }

    fn scalar(name: &str, number: i32, scalar: Type) -> FieldDescriptorProto {
        FieldDescriptorProto {
            name: Some(name.into()),
            number: Some(number),
            label: Some(Label::Optional.into()),
            r#type: Some(scalar.into()),
            ..Default::default()
        }
    }

    fn typed(name: &str, number: i32, type_name: &str) -> FieldDescriptorProto {
        FieldDescriptorProto {
            type_name: Some(type_name.into()),
            ..scalar(name, number, Type::Message)
        }
    }

    fn labelled(label: Label, field: FieldDescriptorProto) -> FieldDescriptorProto {
        FieldDescriptorProto {
            label: Some(label.into()),
            ..field
        }
    }

    fn defaulted(field: FieldDescriptorProto, value: &str) -> FieldDescriptorProto {
        FieldDescriptorProto {
            default_value: Some(value.into()),
            ..field
        }
    }

    fn value(name: &str, number: i32) -> EnumValueDescriptorProto {
        EnumValueDescriptorProto {
            name: Some(name.into()),
            number: Some(number),
            ..Default::default()
        }
    }

    fn commented(path: &[i32], leading: &str, trailing: &str) -> Location {
        Location {
            path: path.into(),
            leading_comments: Some(leading.into()),
            trailing_comments: Some(trailing.into()),
            leading_detached_comments: vec![" Detached.\n".into()],
            ..Default::default()
        }
    }

    fn with_comments(file: FileDescriptorProto, location: Vec<Location>) -> FileDescriptorProto {
        FileDescriptorProto {
            source_code_info: Some(SourceCodeInfo { location }),
            ..file
        }
    }

    #[test]
    fn our_own_services() {
        let calculator = "\
// calc.Calculator, a service in calc.proto
// Four operations on a pair of 32-bit integers.
service Calculator {
  // Adds: 20 and 10 give 30. OUT_OF_RANGE when the sum does not fit int32.
  rpc Add(calc.AddRequest) returns (calc.AddReply);
  // Subtracts the second from the first: 20 and 10 give 10. OUT_OF_RANGE when
  // the difference does not fit int32.
  rpc Substract(calc.SubstractRequest) returns (calc.SubstractReply);
  // Multiplies: 20 and 10 give 200. OUT_OF_RANGE when the product does not fit
  // int32.
  rpc Multiply(calc.MultiplyRequest) returns (calc.MultiplyReply);
  // Divides the first by the second: 20 and 10 give 2.0. INVALID_ARGUMENT when
  // the second is zero.
  rpc Divide(calc.DivideRequest) returns (calc.DivideReply);
}
";
        let add = "\
// calc.Calculator.Add, a method in calc.proto
// Adds: 20 and 10 give 30. OUT_OF_RANGE when the sum does not fit int32.
rpc Add(calc.AddRequest) returns (calc.AddReply);

// calc.AddRequest, a message in calc.proto
// The operands of Add.
message AddRequest {
  // The first operand.
  int32 n1 = 1;
  // The second operand.
  int32 n2 = 2;
}

// calc.AddReply, a message in calc.proto
// The answer of Add.
message AddReply {
  // The sum.
  int32 n1 = 1;
}
";
        let send = "\
// grpc.ChatServer.SendNote, a method in chat.proto
// Adds a note for everybody.
rpc SendNote(grpc.Note) returns (grpc.Empty);

// grpc.Note, a message in chat.proto
// Something that somebody said.
message Note {
  // Who said it.
  string name = 1;
  // What was said.
  string message = 2;
}

// grpc.Empty, a message in chat.proto
// Nothing.
message Empty {}
";
        let evaluator = "\
// grpcalc.v1.EvaluatorService, a service in grpcalc/v1/evaluator.proto
// Evaluates lines of the calculator's language.
service EvaluatorService {
  // Evaluates one line, with no memory of any other. A fault is the status of
  // the call, with a google.rpc.ErrorInfo of domain `grpcalc` in its details.
  rpc Evaluate(grpcalc.v1.EvaluateRequest) returns (grpcalc.v1.EvaluateResponse);
  // A calculator that remembers. Variables, functions and the last answer live
  // exactly as long as the stream. A fault is data and never ends the stream.
  rpc Worksheet(stream grpcalc.v1.WorksheetRequest) returns (stream grpcalc.v1.WorksheetResponse);
}
";
        let request = "\
// grpcalc.v1.WorksheetRequest, a message in grpcalc/v1/evaluator.proto
// What a client says to its worksheet.
message WorksheetRequest {
  // Exactly one of them is set.
  oneof request {
    // Evaluate lines.
    grpcalc.v1.Run run = 1;
    // Evaluate a line that is still being typed.
    grpcalc.v1.Preview preview = 2;
    // Stop what is running.
    grpcalc.v1.Cancel cancel = 3;
    // Tell what is defined.
    grpcalc.v1.Names names = 4;
  }
}
";
        let unit = "\
// grpcalc.v1.AngleUnit, an enum in grpcalc/v1/evaluator.proto
// A unit of angles.
enum AngleUnit {
  // The server's default, the radian.
  ANGLE_UNIT_UNSPECIFIED = 0;
  // A full turn is 2*pi.
  ANGLE_UNIT_RADIAN = 1;
  // A full turn is 360.
  ANGLE_UNIT_DEGREE = 2;
}
";
        let files = ours();
        for (name, text) in [
            ("calc.Calculator", calculator),
            (".calc.Calculator", calculator),
            ("calc.Calculator.Add", add),
            ("calc.Calculator/Add", add),
            ("/calc.Calculator/Add", add),
            ("grpc.ChatServer.SendNote", send),
            ("grpcalc.v1.EvaluatorService", evaluator),
            ("grpcalc.v1.WorksheetRequest", request),
            ("grpcalc.v1.AngleUnit", unit),
        ] {
            assert_eq!(describe(&files, name).as_deref(), Some(text), "{name}");
        }
    }

    #[test]
    fn what_is_not_defined() {
        for name in [
            "",
            ".",
            "/",
            "calc",
            "calc.",
            "Calculator",
            "calc.Calculator.",
            "calc.Calculator.Ad",
            "calc.Calculator.Add.Add",
            "calc.AddRequest.n1",
            "calcCalculator",
            "grpcalc.AngleUnit",
        ] {
            assert_eq!(describe(&ours(), name), None, "{name:?}");
        }
    }

    #[test]
    fn maps_optional_fields_and_oneofs() {
        let optional = FieldDescriptorProto {
            oneof_index: Some(1),
            proto3_optional: Some(true),
            ..scalar("maybe", 4, Type::Bool)
        };
        let choice = |name, number| FieldDescriptorProto {
            oneof_index: Some(0),
            ..scalar(name, number, Type::Bytes)
        };
        let deprecated = FieldDescriptorProto {
            options: Some(FieldOptions {
                deprecated: Some(true),
                ..Default::default()
            }),
            ..scalar("old", 7, Type::Sfixed64)
        };
        let everything = DescriptorProto {
            nested_type: vec![entry("CountsEntry", typed("value", 2, ".t.M"))],
            oneof_decl: ["choice", "_maybe"]
                .map(|name| OneofDescriptorProto {
                    name: Some(name.into()),
                    ..Default::default()
                })
                .into(),
            ..message(
                "M",
                vec![
                    labelled(Label::Repeated, typed("counts", 1, ".t.M.CountsEntry")),
                    choice("left", 2),
                    choice("right", 3),
                    optional,
                    labelled(Label::Repeated, typed("other", 5, ".u.M.CountsEntry")),
                    labelled(Label::Repeated, scalar("many", 6, Type::Uint32)),
                    deprecated,
                ],
            )
        };
        assert_eq!(
            describe(&[file(vec![everything], vec![])], "t.M").unwrap(),
            "\
// t.M, a message in t.proto
message M {
  map<string, t.M> counts = 1;
  oneof choice {
    bytes left = 2;
    bytes right = 3;
  }
  optional bool maybe = 4;
  repeated u.M.CountsEntry other = 5;
  repeated uint32 many = 6;
  sfixed64 old = 7 [deprecated = true];
}
"
        );
    }

    #[test]
    fn a_map_within_a_nested_message() {
        let inner = DescriptorProto {
            nested_type: vec![entry("NamesEntry", scalar("value", 2, Type::Double))],
            ..message(
                "B",
                vec![labelled(
                    Label::Repeated,
                    typed("names", 1, ".A.B.NamesEntry"),
                )],
            )
        };
        let outer = DescriptorProto {
            nested_type: vec![message("NamesEntry", vec![]), inner],
            ..message("A", vec![])
        };
        let files = [with_comments(
            FileDescriptorProto {
                package: None,
                ..file(vec![outer], vec![])
            },
            vec![commented(&[4, 0, 3, 1], " Inner.\n", "")],
        )];
        assert_eq!(
            describe(&files, "A.B").unwrap(),
            "// A.B, a message in t.proto\n// Inner.\nmessage B {\n  map<string, double> names = 1;\n}\n"
        );
        assert_eq!(
            describe(&files, ".A").unwrap(),
            "\
// A, a message in t.proto
message A {
  message NamesEntry {}

  // Inner.
  message B {
    map<string, double> names = 1;
  }
}
"
        );
    }

    #[test]
    fn labels_defaults_and_groups_of_proto2() {
        let fields = vec![
            labelled(Label::Required, scalar("a", 1, Type::Int32)),
            defaulted(scalar("b", 2, Type::Int64), "-7"),
            defaulted(scalar("c", 3, Type::String), "say \"\\o/\"\n"),
            defaulted(scalar("d", 4, Type::Bytes), "\\001\\\""),
            defaulted(typed("e", 5, ".t.E"), "ONE"),
            FieldDescriptorProto {
                r#type: Some(Type::Group.into()),
                ..labelled(Label::Repeated, typed("g", 6, ".t.M.G"))
            },
        ];
        let range = |start, end| (Some(start), Some(end));
        let outer = DescriptorProto {
            nested_type: vec![message("G", vec![]), message("H", vec![])],
            enum_type: vec![EnumDescriptorProto {
                name: Some("E".into()),
                value: vec![value("ONE", 1)],
                ..Default::default()
            }],
            extension_range: [range(100, 200), range(1000, 1 << 29)]
                .map(|(start, end)| ExtensionRange {
                    start,
                    end,
                    ..Default::default()
                })
                .into(),
            reserved_range: [range(7, 8), range(9, 12)]
                .map(|(start, end)| ReservedRange { start, end })
                .into(),
            reserved_name: vec!["x".into(), "y".into()],
            ..message("M", fields)
        };
        let files = [FileDescriptorProto {
            syntax: None,
            ..file(vec![outer], vec![])
        }];
        assert_eq!(
            describe(&files, "t.M").unwrap(),
            r#"// t.M, a message in t.proto
message M {
  required int32 a = 1;
  optional int64 b = 2 [default = -7];
  optional string c = 3 [default = "say \"\\o/\"\n"];
  optional bytes d = 4 [default = "\001\""];
  optional t.E e = 5 [default = ONE];
  repeated group t.M.G g = 6;
  extensions 100 to 199, 1000 to max;
  reserved 7, 9 to 11;
  reserved "x", "y";

  message G {}

  message H {}

  enum E {
    ONE = 1;
  }
}
"#
        );
        for (name, text) in [
            ("t.M.H", "// t.M.H, a message in t.proto\nmessage H {}\n"),
            (
                "t.M.E",
                "// t.M.E, an enum in t.proto\nenum E {\n  ONE = 1;\n}\n",
            ),
        ] {
            assert_eq!(describe(&files, name).as_deref(), Some(text));
        }
    }

    #[test]
    fn options_of_enums_and_methods() {
        let enumeration = EnumDescriptorProto {
            name: Some("E".into()),
            value: vec![
                value("A", 0),
                EnumValueDescriptorProto {
                    options: Some(EnumValueOptions {
                        deprecated: Some(true),
                        ..Default::default()
                    }),
                    ..value("B", -1)
                },
            ],
            options: Some(EnumOptions {
                allow_alias: Some(true),
                deprecated: Some(true),
                ..Default::default()
            }),
            reserved_range: [(2, 2), (5, 9), (40, i32::MAX)]
                .map(|(start, end)| EnumReservedRange {
                    start: Some(start),
                    end: Some(end),
                })
                .into(),
            reserved_name: vec!["C".into()],
        };
        let method = MethodDescriptorProto {
            name: Some("Do".into()),
            input_type: Some(".t.E".into()),
            output_type: Some(".t.E".into()),
            server_streaming: Some(true),
            options: Some(MethodOptions {
                deprecated: Some(true),
                ..Default::default()
            }),
            ..Default::default()
        };
        let service = ServiceDescriptorProto {
            name: Some("S".into()),
            method: vec![method],
            ..Default::default()
        };
        let files = [FileDescriptorProto {
            service: vec![service],
            ..file(vec![], vec![enumeration])
        }];
        assert_eq!(
            describe(&files, "t.S/Do").unwrap(),
            "\
// t.S.Do, a method in t.proto
rpc Do(t.E) returns (stream t.E) {
  option deprecated = true;
}

// t.E, an enum in t.proto
enum E {
  option allow_alias = true;
  option deprecated = true;
  A = 0;
  B = -1 [deprecated = true];
  reserved 2, 5 to 9, 40 to max;
  reserved \"C\";
}
"
        );
    }

    #[test]
    fn comments_stay_with_their_lines_and_are_safe() {
        let fields = ["a", "b", "c"].into_iter().zip(1..);
        let fields = fields.map(|(name, number)| scalar(name, number, Type::Int32));
        let inner = message("I\x1b[2J", vec![]);
        let outer = DescriptorProto {
            nested_type: vec![inner],
            ..message("M", fields.collect())
        };
        let files = [with_comments(
            file(vec![outer], vec![]),
            vec![
                commented(&[4, 0], "*\n First.\n\n\tSecond.\r\n", " Of the body.\n"),
                commented(&[4, 0, 2, 0], "", " Behind.\n"),
                commented(
                    &[4, 0, 2, 1],
                    "//Hidden\u{202e}\x1b]0;x\x07\n",
                    " One.\n Two.\n",
                ),
                commented(&[4, 0, 2, 2], "   Indented.\n", ""),
                commented(&[4, 0, 3, 0], "", " Nothing in it.\n At all.\n"),
                commented(&[4, 0, 3], " Of nothing.\n", ""),
                commented(&[], " Of nothing.\n", ""),
                commented(&[4, -1, 2, 7], " Of nothing.\n", ""),
            ],
        )];
        assert_eq!(
            describe(&files, "t.M").unwrap(),
            r"// t.M, a message in t.proto
// *
// First.
//
//     Second.
message M { // Of the body.
  int32 a = 1; // Behind.
  // //Hidden\u{202e}\u{1b}]0;x\u{7}
  int32 b = 2;
    // One.
    // Two.

  //   Indented.
  int32 c = 3;

  message I\u{1b}[2J {
    // Nothing in it.
    // At all.
  }
}
"
        );
    }

    #[test]
    fn absurd_descriptors_are_survived() {
        let absurd = [i32::MIN, -1, 7, i32::MAX].map(|index| FieldDescriptorProto {
            oneof_index: Some(index),
            label: Some(index),
            r#type: Some(index.wrapping_mul(3)),
            ..Default::default()
        });
        let range = |start, end| ReservedRange { start, end };
        let outer = DescriptorProto {
            reserved_range: vec![range(None, None), range(Some(5), Some(i32::MIN))],
            nested_type: vec![
                entry("E", FieldDescriptorProto::default()),
                DescriptorProto::default(),
            ],
            field: [
                absurd.into(),
                vec![typed("m", 1, ".t.M.E"), typed("n", 2, ".")],
            ]
            .concat(),
            ..message("M", vec![])
        };
        let service = ServiceDescriptorProto {
            name: Some("S".into()),
            method: vec![MethodDescriptorProto::default()],
            ..Default::default()
        };
        let files = [FileDescriptorProto {
            service: vec![service],
            ..file(vec![outer], vec![])
        }];
        assert_eq!(
            describe(&files, "t.M").unwrap(),
            "\
// t.M, a message in t.proto
message M {
    = 0;
    = 0;
    = 0;
    = 0;
  map<string, > m = 1;
  message n = 2;
  reserved 0 to -1, 5 to -2147483648;

  message  {}
}
"
        );
        assert_eq!(
            describe(&files, "t.S.").unwrap(),
            "// t.S., a method in t.proto\nrpc () returns ();\n"
        );
        assert_eq!(describe(&[FileDescriptorProto::default()], ""), None);
    }

    #[test]
    fn depth_and_length_are_bounded() {
        let deep = (0..500).fold(message("M", vec![]), |inner, _| DescriptorProto {
            nested_type: vec![inner],
            ..message("M", vec![])
        });
        let many = (0..100_000).map(|number| scalar("field", number, Type::Int32));
        let long = message(&"x".repeat(1 << 20), vec![]);
        let wide = DescriptorProto {
            nested_type: vec![long; 100],
            ..message("Wide", vec![])
        };
        let ranges = (0..100_000).map(|start| ReservedRange {
            start: Some(start),
            end: Some(start + 1),
        });
        let gaps = DescriptorProto {
            reserved_range: ranges.collect(),
            ..message("Gaps", vec![])
        };
        let files = [with_comments(
            file(
                vec![deep, message("Many", many.collect()), wide, gaps],
                vec![],
            ),
            vec![commented(&[4, 2], &"\n.".repeat(1 << 20), "")],
        )];
        let text = describe(&files, "t.M").unwrap();
        assert_eq!(text.matches("message M {").count(), 65);
        assert!(text.contains(&format!("\n{}// ...\n", "  ".repeat(65))));
        for name in ["t.Many", "t.Wide", "t.Gaps"] {
            let text = describe(&files, name).unwrap();
            assert!(text.len() <= LIMIT + MORE.len() + 2 * DEPTH + 3, "{name}");
            assert!(text.ends_with("// ...\n"), "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_descriptor_is_too_strange(
            changes in proptest::collection::vec((0..FILE_DESCRIPTOR_SET.len(), any::<u8>()), 0..8),
        ) {
            let mut bytes = FILE_DESCRIPTOR_SET.to_vec();
            for (place, byte) in changes {
                bytes[place] = byte;
            }
            let Ok(set) = FileDescriptorSet::decode(&bytes[..]) else {
                return Ok(());
            };
            for file in &set.file {
                let services = file.service.iter().map(ServiceDescriptorProto::name);
                let messages = file.message_type.iter().map(DescriptorProto::name);
                for name in services.chain(messages) {
                    let name = format!("{}.{name}", file.package());
                    let text = describe(&set.file, &name).unwrap_or_default();
                    prop_assert!(!text.chars().any(|c| c.is_control() && c != '\n'));
                }
            }
        }
    }
}

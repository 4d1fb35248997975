//! Finds the definition of a name in descriptor files.

use crate::proto::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    MethodDescriptorProto, ServiceDescriptorProto,
};

use super::path::{
    FILE_ENUM, FILE_EXTENSION, FILE_MESSAGE, FILE_SERVICE, MESSAGE_ENUM, MESSAGE_EXTENSION,
    MESSAGE_MESSAGE, SERVICE_METHOD, child,
};

/// The descriptor of a definition.
pub(super) enum Descriptor<'f> {
    Service(&'f ServiceDescriptorProto),
    Method(&'f MethodDescriptorProto),
    Message(&'f DescriptorProto),
    Enum(&'f EnumDescriptorProto),
    Extension(&'f FieldDescriptorProto),
}

/// A definition in a descriptor file.
pub(super) struct Definition<'f> {
    pub(super) file: &'f FileDescriptorProto,
    /// The path of the definition in the file, in the form that `SourceCodeInfo` uses.
    pub(super) path: Vec<i32>,
    /// The full name of the definition, without a leading dot.
    pub(super) name: String,
    pub(super) descriptor: Descriptor<'f>,
}

impl<'f> Definition<'f> {
    /// Finds the definition with this full name; returns None if `files` do not contain it.
    pub(super) fn find(files: &'f [FileDescriptorProto], name: &str) -> Option<Self> {
        let name = name.strip_prefix('.').unwrap_or(name).to_owned();
        let (file, (path, descriptor)) = files.iter().find_map(|file| {
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
            descriptor,
        })
    }

    /// Returns the definition of element `index` of the extensions of `file`.
    pub(super) fn extension(
        file: &'f FileDescriptorProto,
        index: i32,
        extension: &'f FieldDescriptorProto,
    ) -> Self {
        let name = match file.package() {
            "" => extension.name().to_owned(),
            package => format!("{package}.{}", extension.name()),
        };
        Self {
            file,
            path: vec![FILE_EXTENSION, index],
            name,
            descriptor: Descriptor::Extension(extension),
        }
    }
}

/// Finds a service, or a method of a service, by its name within the package.
fn find_service<'f>(
    file: &'f FileDescriptorProto,
    name: &str,
) -> Option<(Vec<i32>, Descriptor<'f>)> {
    let (service, method) = name.split_once('.').unzip();
    let service = service.unwrap_or(name);
    let (index, service) = named(&file.service, ServiceDescriptorProto::name, service)?;
    let path = vec![FILE_SERVICE, index];
    let Some(method) = method else {
        return Some((path, Descriptor::Service(service)));
    };
    let (index, method) = named(&service.method, MethodDescriptorProto::name, method)?;
    let path = child(&path, SERVICE_METHOD, index);
    Some((path, Descriptor::Method(method)))
}

/// Finds a message, an enum or an extension by its name within the package.
fn find_type<'f>(file: &'f FileDescriptorProto, name: &str) -> Option<(Vec<i32>, Descriptor<'f>)> {
    let (mut messages, mut enums) = (&file.message_type, &file.enum_type);
    let mut extensions = &file.extension;
    let (mut message_number, mut enum_number) = (FILE_MESSAGE, FILE_ENUM);
    let mut extension_number = FILE_EXTENSION;
    let mut path = Vec::new();
    let mut names = name.split('.');
    let last = names.next_back()?;
    for name in names {
        let (index, message) = named(messages, DescriptorProto::name, name)?;
        path.extend([message_number, index]);
        (messages, enums) = (&message.nested_type, &message.enum_type);
        (extensions, extension_number) = (&message.extension, MESSAGE_EXTENSION);
        (message_number, enum_number) = (MESSAGE_MESSAGE, MESSAGE_ENUM);
    }
    if let Some((index, message)) = named(messages, DescriptorProto::name, last) {
        let path = child(&path, message_number, index);
        return Some((path, Descriptor::Message(message)));
    }
    if let Some((index, enumeration)) = named(enums, EnumDescriptorProto::name, last) {
        let path = child(&path, enum_number, index);
        return Some((path, Descriptor::Enum(enumeration)));
    }
    let (index, extension) = named(extensions, FieldDescriptorProto::name, last)?;
    let path = child(&path, extension_number, index);
    Some((path, Descriptor::Extension(extension)))
}

/// Returns the item with this name, and the index of the item.
fn named<'f, T>(items: &'f [T], name_of: fn(&T) -> &str, name: &str) -> Option<(i32, &'f T)> {
    (0..).zip(items).find(|(_, item)| name_of(item) == name)
}

//! Where a name is defined.

use prost_types::{
    DescriptorProto, EnumDescriptorProto, FileDescriptorProto, MethodDescriptorProto,
    ServiceDescriptorProto,
};

use super::number::{
    FILE_ENUM, FILE_MESSAGE, FILE_SERVICE, MESSAGE_ENUM, MESSAGE_MESSAGE, SERVICE_METHOD, child,
};

/// What there is to describe.
pub(super) enum Definition<'f> {
    Service(&'f ServiceDescriptorProto),
    Method(&'f MethodDescriptorProto),
    Message(&'f DescriptorProto),
    Enum(&'f EnumDescriptorProto),
}

/// A definition, its full name and where it is.
pub(super) struct Found<'f> {
    pub(super) file: &'f FileDescriptorProto,
    pub(super) path: Vec<i32>,
    pub(super) name: String,
    pub(super) definition: Definition<'f>,
}

impl<'f> Found<'f> {
    pub(super) fn find(files: &'f [FileDescriptorProto], name: &str) -> Option<Self> {
        let name = name.strip_prefix('.').unwrap_or(name).to_owned();
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

pub(super) fn named<'f, T>(
    all: &'f [T],
    name_of: fn(&T) -> &str,
    name: &str,
) -> Option<(i32, &'f T)> {
    (0..).zip(all).find(|(_, one)| name_of(one) == name)
}

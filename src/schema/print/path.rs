//! Paths of definitions in a file, in the form that `SourceCodeInfo` of `descriptor.proto` uses.

// Field numbers of `descriptor.proto`.
pub(super) const FILE_MESSAGE: i32 = 4;
pub(super) const FILE_ENUM: i32 = 5;
pub(super) const FILE_SERVICE: i32 = 6;
pub(super) const FILE_EXTENSION: i32 = 7;
pub(super) const SERVICE_METHOD: i32 = 2;
pub(super) const MESSAGE_FIELD: i32 = 2;
pub(super) const MESSAGE_MESSAGE: i32 = 3;
pub(super) const MESSAGE_ENUM: i32 = 4;
pub(super) const MESSAGE_EXTENSION: i32 = 6;
pub(super) const MESSAGE_ONEOF: i32 = 8;
pub(super) const ENUM_VALUE: i32 = 2;

/// Returns the path of a child of the definition at `path`. The child is element `index` of the
/// definition's field `number`.
pub(super) fn child(path: &[i32], number: i32, index: i32) -> Vec<i32> {
    [path, &[number, index]].concat()
}

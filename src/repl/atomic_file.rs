//! Replaces files: a reader finds either the old content or the complete new content.

use std::{
    fs::{self, File, Permissions},
    io::{self, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::Path,
};

/// The permissions of a new file, before the umask of the process.
const NEW_FILE: u32 = 0o666;

/// Replaces the content of the file at `path`, or creates the file.
///
/// If this fails, the file is unchanged. If `path` is a symbolic link, the target of the link is
/// replaced. The new file has the permissions of the old one.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    replace_synced(path, content, File::sync_all)
}

/// Like [`replace`], with a function that writes the content to the disk.
fn replace_synced(
    path: &Path,
    content: &[u8],
    sync: impl Fn(&File) -> io::Result<()>,
) -> io::Result<()> {
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.into());
    let folder = match path.parent() {
        Some(folder) if folder.as_os_str().is_empty() => Path::new("."),
        Some(folder) => folder,
        None => return Err(io::ErrorKind::IsADirectory.into()),
    };
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // The file is removed if this function returns early.
    let mut new = tempfile::Builder::new()
        .prefix(&format!("{name}."))
        .suffix(".new")
        .permissions(Permissions::from_mode(NEW_FILE))
        .tempfile_in(folder)?;
    if let Ok(old) = fs::metadata(&path) {
        new.as_file().set_permissions(old.permissions())?;
    }
    new.write_all(content)?;
    // A full disk or a quota may be reported only here.
    sync(new.as_file())?;
    new.persist(&path).map_err(|failed| failed.error)?;
    // The content is safe. If this fails, only the new name may be lost in a crash.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns the names and contents of the files in `folder`.
    fn files(folder: &Path) -> Vec<(String, String)> {
        let mut files: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| {
                let entry = entry.unwrap();
                let text = fs::read_to_string(entry.path()).unwrap();
                (entry.file_name().into_string().unwrap(), text)
            })
            .collect();
        files.sort();
        files
    }

    #[test]
    fn a_file_is_replaced_with_its_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        replace(&path, b"one").unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(files(folder.path()), [("a".into(), "two".into())]);
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
    }

    #[test]
    fn the_target_of_a_link_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&path, "one").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        replace(&link, b"two").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
    }

    #[test]
    fn a_failing_sync_leaves_the_file_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        let full = |_: &File| Err(io::ErrorKind::StorageFull.into());
        let failed = replace_synced(&path, b"one", full).unwrap_err();
        assert_eq!(failed.kind(), io::ErrorKind::StorageFull);
        assert_eq!(files(folder.path()), []);
        fs::write(&path, "old").unwrap();
        replace_synced(&path, b"new", full).unwrap_err();
        assert_eq!(files(folder.path()), [("a".into(), "old".into())]);
    }
}

//! The files of a session: saved worksheets, and the configuration file.

use std::{
    io,
    path::{Path, PathBuf},
};

use tokio::{fs, io::AsyncReadExt as _, task::spawn_blocking};

use crate::repl::{
    atomic_file,
    calling::outcome::LoadedFile,
    command::continuation::join_continuations,
    settings::{Settings, config},
};
use crate::{
    client::AngleUnit,
    text::{io_error, printable::quoted},
};

/// The maximum number of bytes of a file that can be loaded.
const LONGEST: u64 = 1 << 20;

/// The first line of a saved worksheet.
const HEADER: &str = "# a worksheet of grpcalc";

/// An error in reading or writing a file.
#[derive(Debug, thiserror::Error)]
pub(super) enum FileError {
    #[error("cannot read {}: {}", quoted(.0), io_error::describe(.1))]
    Read(String, io::Error),
    #[error("cannot write {}: {}", quoted(.0), io_error::describe(.1))]
    Write(String, io::Error),
    #[error("{} has more than {LONGEST} bytes; use 'grpcalc -f' for long files", quoted(.0))]
    Long(String),
    #[error("{} is not UTF-8", quoted(.0))]
    InvalidUtf8(String),
    #[error("{} was not written by ':save', so it is not replaced", quoted(.0))]
    Foreign(String),
    #[error("{}: {error}; the file is unchanged", quoted(.name))]
    Config {
        name: String,
        error: config::ConfigError,
    },
}

/// Replaces `~/` at the beginning of a path with the user's home directory, as a shell does.
fn expanded(path: &str) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => path.into(),
    }
}

/// Reads a file and splits it into lines.
pub(super) async fn load(path: &str) -> Result<LoadedFile, FileError> {
    let text = read(&expanded(path), path).await?;
    Ok(LoadedFile::new(path, &text))
}

impl LoadedFile {
    /// Splits the text of a file into lines.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        Self {
            name: name.into(),
            groups: join_continuations(text.trim_start_matches('\u{feff}')).groups,
            is_saved: text.starts_with(HEADER),
        }
    }
}

async fn read(path: &Path, name: &str) -> Result<String, FileError> {
    let failed = |error| FileError::Read(name.into(), error);
    // If the file is a named pipe, opening it would wait for a writer.
    let metadata = fs::metadata(path).await.map_err(failed)?;
    if !metadata.is_file() {
        return Err(failed(io::Error::other("it is not a regular file")));
    }
    let file = fs::File::open(path).await.map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .await
        .map_err(failed)?;
    if bytes.len() as u64 > LONGEST {
        return Err(FileError::Long(name.into()));
    }
    String::from_utf8(bytes).map_err(|_| FileError::InvalidUtf8(name.into()))
}

/// Writes the lines of a worksheet to a file, and returns the number of lines.
///
/// Each line comes with the unit of its angles that are written without a unit. If there are no
/// lines, no file is written. An existing file is replaced only if it is a saved worksheet.
pub(super) async fn save(
    name: &str,
    lines: impl Iterator<Item = (impl AsRef<str>, AngleUnit)>,
) -> Result<usize, FileError> {
    let (mut text, mut count) = (format!("{HEADER}\n"), 0);
    // The unit is written before the first line, since another session may use a different unit.
    let mut unit = None;
    for (line, angle) in lines {
        if unit.replace(angle) != Some(angle) {
            text += match angle {
                AngleUnit::Degree => ":set angle deg\n",
                AngleUnit::Radian | AngleUnit::Unspecified => ":set angle rad\n",
            };
        }
        text += line.as_ref();
        text.push('\n');
        count += 1;
    }
    if count > 0 {
        let path = expanded(name);
        let may_replace = !path.exists()
            || match read(&path, name).await {
                Ok(text) => text.starts_with(HEADER),
                Err(FileError::Read(name, error)) => return Err(FileError::Write(name, error)),
                Err(_) => false,
            };
        if !may_replace {
            return Err(FileError::Foreign(name.into()));
        }
        write(&path, name, text).await?;
    }
    Ok(count)
}

/// Writes the settings to the configuration file. Creates the directory of the file if necessary.
pub(super) async fn keep(path: &Path, settings: &Settings) -> Result<(), FileError> {
    let name = path.display().to_string();
    let before = if path.exists() {
        read(path, &name).await?
    } else {
        String::new()
    };
    let text = config::merged(&before, settings);
    let text = text.map_err(|error| FileError::Config {
        name: name.clone(),
        error,
    })?;
    if let Some(folder) = path.parent() {
        let made = fs::create_dir_all(folder).await;
        made.map_err(|error| FileError::Write(name.clone(), error))?;
    }
    write(path, &name, text).await
}

/// Replaces the content of a file, or leaves the file unchanged.
async fn write(path: &Path, name: &str, text: String) -> Result<(), FileError> {
    let path = path.to_owned();
    let written = spawn_blocking(move || atomic_file::replace(&path, text.as_bytes())).await;
    let written = written.unwrap_or_else(|panic| Err(io::Error::other(panic)));
    written.map_err(|error| FileError::Write(name.into(), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_saved_worksheet_loads() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a b.calc");
        let path = path.to_str().unwrap();
        let lines = [
            ("x = 3", AngleUnit::Unspecified),
            ("y = sin(30)", AngleUnit::Degree),
        ];
        for _ in 0..2 {
            assert_eq!(save(path, lines.into_iter()).await.unwrap(), 2);
            let file = load(path).await.unwrap();
            let expected = [
                HEADER,
                ":set angle rad",
                "x = 3",
                ":set angle deg",
                "y = sin(30)",
            ];
            let lines: Vec<_> = file.groups.iter().map(|group| &group.line).collect();
            assert_eq!(lines, expected);
            assert!(file.is_saved);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[tokio::test]
    async fn other_files_are_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes");
        std::fs::write(&path, "dear diary").unwrap();
        let lines = [("x = 3", AngleUnit::Unspecified)];
        let error = save(path.to_str().unwrap(), lines.into_iter()).await;
        assert!(matches!(error, Err(FileError::Foreign(_))), "{error:?}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "dear diary");
        let error = load(folder.path().to_str().unwrap()).await.unwrap_err();
        assert!(
            error.to_string().ends_with("it is not a regular file"),
            "{error}"
        );
        let error = save(folder.path().to_str().unwrap(), lines.into_iter()).await;
        assert!(matches!(error, Err(FileError::Write(..))), "{error:?}");
        std::fs::write(&path, [0xff]).unwrap();
        let error = save(path.to_str().unwrap(), lines.into_iter()).await;
        assert!(matches!(error, Err(FileError::Foreign(_))), "{error:?}");
        let error = load(path.to_str().unwrap()).await;
        assert!(matches!(error, Err(FileError::InvalidUtf8(_))), "{error:?}");
    }
}

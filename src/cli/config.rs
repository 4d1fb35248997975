//! The directory that holds the settings file and the init worksheet.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use etcetera::BaseStrategy as _;

use super::print_error;
use crate::{
    repl::{
        LoadedFile,
        settings::{Settings, config::apply},
    },
    text::io_error,
};

/// The maximum size of the settings file and of the init worksheet, in bytes.
const MAX_SIZE: u64 = 1 << 20;

/// The directory of the configuration.
#[derive(Debug)]
pub(super) struct Directory(PathBuf);

impl Directory {
    /// Returns the directory that `GRPCALC_CONFIG` names, else `grpcalc` in the user's
    /// configuration directory.
    ///
    /// Returns `None` if the variable is empty, or if the user has no home directory.
    pub(super) fn find() -> Option<Self> {
        match env::var_os("GRPCALC_CONFIG") {
            Some(directory) if directory.is_empty() => None,
            Some(directory) => Some(Self(directory.into())),
            None => {
                let base = etcetera::choose_base_strategy().ok()?;
                Some(Self(base.config_dir().join("grpcalc")))
            }
        }
    }

    /// Returns the path of the settings file.
    pub(super) fn settings_file(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// Applies the settings file to `settings`, and prints its errors.
    pub(super) fn apply(&self, settings: &mut Settings) {
        let path = self.settings_file();
        if let Some(text) = read(&path) {
            for error in apply(&text, settings) {
                print_error(format_args!("{}: {error}", path.display()));
            }
        }
    }

    /// Returns the init worksheet. Each session answers the lines of this file first.
    pub(super) fn init(&self) -> Option<LoadedFile> {
        let path = self.0.join("init.calc");
        let name = path.display().to_string();
        Some(LoadedFile::new(&name, &read(&path)?))
    }
}

/// Reads a file; returns `None` if it does not exist or cannot be read. Prints reading errors.
fn read(path: &Path) -> Option<String> {
    let read = || {
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        if metadata.len() > MAX_SIZE {
            return Err(io::Error::other(format!(
                "it has more than {MAX_SIZE} bytes"
            )));
        }
        fs::read_to_string(path)
    };
    match read() {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            print_error(format_args!(
                "cannot read {}: {}",
                path.display(),
                io_error::describe(&error)
            ));
            None
        }
    }
}

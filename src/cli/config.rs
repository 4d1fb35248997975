//! Where settings and the init worksheet are kept.

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

/// Bytes of such a file.
const LONGEST: u64 = 1 << 20;

/// The directory for configuration.
#[derive(Debug)]
pub(super) struct Directory(PathBuf);

impl Directory {
    /// What `GRPCALC_CONFIG` names (nothing where it is empty), else `grpcalc` in the user's
    /// directory for configuration. `None` where there is no such directory, or none is
    /// wanted.
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

    /// The file of the settings.
    pub(super) fn settings_file(&self) -> PathBuf {
        self.0.join("config.toml")
    }

    /// Changes `settings` as the file says. What is wrong with it is told.
    pub(super) fn apply(&self, settings: &mut Settings) {
        let path = self.settings_file();
        if let Some(text) = read(&path) {
            for wrong in apply(&text, settings) {
                print_error(format_args!("{}: {wrong}", path.display()));
            }
        }
    }

    /// The lines with which each session begins, if there are any.
    pub(super) fn init(&self) -> Option<LoadedFile> {
        let path = self.0.join("init.calc");
        let name = path.display().to_string();
        Some(LoadedFile::new(&name, &read(&path)?))
    }
}

/// The text of a file; none where there is no such file, or it cannot be read, which is
/// told.
fn read(path: &Path) -> Option<String> {
    let read = || {
        let metadata = fs::metadata(path)?;
        if !metadata.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        if metadata.len() > LONGEST {
            return Err(io::Error::other(format!(
                "it has more than {LONGEST} bytes"
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

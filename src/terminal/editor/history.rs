//! The history file, which keeps the lines of earlier sessions.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use etcetera::BaseStrategy as _;

/// The environment variable with the path of the history file. If it is empty, no history is kept.
const VARIABLE: &str = "GRPCALC_HISTORY";

/// Returns the path of the history file, or `None` if no history is kept.
///
/// The path is the value of `GRPCALC_HISTORY`, else `grpcalc/history` in the user's directory for
/// state. No history is kept if the variable is empty, or if the user has no directory for state.
/// The default directory is created if it does not exist. If the directory of a path in the
/// variable does not exist, this function returns an error, since the path may be mistyped.
pub fn history_file() -> io::Result<Option<PathBuf>> {
    let file = match env::var_os(VARIABLE) {
        Some(file) if file.is_empty() => return Ok(None),
        Some(file) => named(file.into())?,
        None => match default()? {
            Some(file) => file,
            None => return Ok(None),
        },
    };
    if file.exists() && !file.is_file() {
        // Reading a named pipe would wait for a writer.
        return Err(io::Error::other(format!(
            "{} is not a regular file",
            file.display()
        )));
    }
    Ok(Some(file))
}

fn named(file: PathBuf) -> io::Result<PathBuf> {
    let folder = file.parent().unwrap_or(Path::new(""));
    if folder.as_os_str().is_empty() || folder.is_dir() {
        return Ok(file);
    }
    let problem = if folder.exists() {
        "is not a directory"
    } else {
        "does not exist"
    };
    Err(io::Error::other(format!(
        "the path in {VARIABLE} is wrong: {} {problem}",
        folder.display()
    )))
}

fn default() -> io::Result<Option<PathBuf>> {
    let base = etcetera::choose_base_strategy().ok();
    let Some(state) = base.and_then(|base| base.state_dir()) else {
        return Ok(None);
    };
    let folder = state.join("grpcalc");
    fs::create_dir_all(&folder)?;
    Ok(Some(folder.join("history")))
}

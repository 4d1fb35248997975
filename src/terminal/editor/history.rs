//! Where the lines that were typed are kept.

use std::{env, fs, io, path::PathBuf};

use etcetera::BaseStrategy as _;

/// The history file: what `GRPCALC_HISTORY` names (nothing where it is empty), else
/// `grpcalc/history` in the user's directory for state. Its folder is made.
///
/// `None` where there is no such directory, or none is wanted.
pub fn history_file() -> io::Result<Option<PathBuf>> {
    let file = match env::var_os("GRPCALC_HISTORY") {
        Some(file) if file.is_empty() => return Ok(None),
        Some(file) => PathBuf::from(file),
        None => {
            let state = etcetera::choose_base_strategy()
                .ok()
                .and_then(|base| base.state_dir());
            let Some(state) = state else {
                return Ok(None);
            };
            state.join("grpcalc/history")
        }
    };
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    if file.exists() && !file.is_file() {
        // Reading a named pipe would wait for a writer.
        return Err(io::Error::other(format!(
            "{} is no regular file",
            file.display()
        )));
    }
    Ok(Some(file))
}

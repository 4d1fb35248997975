//! The history file, which keeps the lines of earlier sessions.

use std::{
    env,
    fs::{self, File, OpenOptions},
    io::{self, BufRead as _, BufReader, Write as _},
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use etcetera::BaseStrategy as _;
use rustyline::history::{DefaultHistory, History as _};

use crate::repl::atomic_file;

/// The environment variable with the path of the history file. If it is empty, no history is kept.
const VARIABLE: &str = "GRPCALC_HISTORY";

/// The first line of a history file, whose other lines are escaped.
const HEADER: &str = "#V2";

/// The number of lines that a file may have for each line that a session can recall. A longer file
/// is shortened at the start of a session.
const SURPLUS: usize = 2;

/// The history file of a session.
///
/// rustyline reads the file. It is written here: rustyline would empty the file before it writes
/// the lines again, and so lose them on a full disk.
#[derive(Debug)]
pub(super) struct HistoryFile(PathBuf);

impl HistoryFile {
    pub(super) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// Reads the lines of earlier sessions. Shortens a long file to the lines that were read.
    pub(super) fn load(&self, history: &mut DefaultHistory, limit: usize) -> io::Result<()> {
        let file = match File::open(&self.0) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            file => file?,
        };
        // A file with bytes that are not UTF-8 is read up to them.
        let _ = history.load(&self.0);
        let mut lines = BufReader::new(file).split(b'\n');
        let is_ours = lines
            .next()
            .is_some_and(|line| line.is_ok_and(|line| line == HEADER.as_bytes()));
        if is_ours && lines.count() <= SURPLUS * limit {
            return Ok(());
        }
        let _lock = self.lock()?;
        let mut text = format!("{HEADER}\n");
        for entry in history.iter() {
            text.push_str(&escaped(entry));
        }
        atomic_file::replace(&self.0, text.as_bytes())
    }

    /// Adds a line. If this fails, the file is unchanged.
    pub(super) fn append(&self, line: &str) -> io::Result<()> {
        let mut file = self.lock()?;
        let length = file.metadata()?.len();
        let header = if length == 0 {
            format!("{HEADER}\n")
        } else {
            String::new()
        };
        let written = file.write_all((header + &escaped(line)).as_bytes());
        if written.is_err() {
            // A part of a line would become a line.
            file.set_len(length)?;
        }
        written
    }

    /// Opens the file, and waits until no other session writes to it.
    fn lock(&self) -> io::Result<File> {
        loop {
            let file = OpenOptions::new()
                .append(true)
                .create(true)
                .mode(0o600)
                .open(&self.0)?;
            file.lock()?;
            // Another session may have replaced the file.
            let current = fs::metadata(&self.0);
            if current
                .is_ok_and(|current| file.metadata().is_ok_and(|it| it.ino() == current.ino()))
            {
                return Ok(file);
            }
        }
    }
}

/// Returns a line of the file: escaped as rustyline does, and with its end.
fn escaped(line: &str) -> String {
    line.replace('\\', "\\\\").replace('\n', "\\n") + "\n"
}

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

#[cfg(test)]
mod tests {
    use rustyline::{Config, history::FileHistory};

    use super::*;

    fn history() -> FileHistory {
        let config = Config::builder().max_history_size(10).unwrap().build();
        FileHistory::with_config(&config)
    }

    /// Returns the lines that a new session can recall.
    fn recalled(file: &HistoryFile) -> Vec<String> {
        let mut history = history();
        file.load(&mut history, 10).unwrap();
        history.iter().cloned().collect()
    }

    #[test]
    fn lines_are_recalled_as_they_were_typed() {
        let folder = tempfile::tempdir().unwrap();
        let file = HistoryFile::new(folder.path().join("history"));
        assert_eq!(recalled(&file), [""; 0]);
        let typed = ["1 + 1", r"a\nb \\ \", "(\n1)", "π"];
        for line in typed {
            file.append(line).unwrap();
        }
        assert_eq!(recalled(&file), typed);
    }

    #[test]
    fn a_long_file_and_a_file_without_header_are_written_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = HistoryFile::new(folder.path().join("history"));
        for n in 0..25 {
            file.append(&n.to_string()).unwrap();
        }
        let last: Vec<_> = (15..25).map(|n| n.to_string()).collect();
        assert_eq!(recalled(&file), last);
        let text = fs::read_to_string(&file.0).unwrap();
        assert_eq!(text.lines().count(), 11);
        fs::write(&file.0, "a\\n\n").unwrap();
        assert_eq!(recalled(&file), ["a\\n"]);
        file.append("b").unwrap();
        assert_eq!(recalled(&file), ["a\\n", "b"]);
    }

    #[test]
    fn sessions_write_to_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = &folder.path().join("history");
        std::thread::scope(|scope| {
            for session in 0..4 {
                scope.spawn(move || {
                    let file = HistoryFile::new(path.clone());
                    for n in 0..50 {
                        file.append(&format!("{session}.{n}")).unwrap();
                    }
                });
            }
        });
        let text = fs::read_to_string(path).unwrap();
        let mut lines: Vec<_> = text.lines().skip(1).collect();
        lines.sort_unstable();
        lines.dedup();
        assert_eq!(lines.len(), 200);
    }
}

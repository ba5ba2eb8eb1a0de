//! A node's log, as far as it tells what the node does.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// The line that says that clients are answered.
pub(crate) const LISTENING: &str = "Starting listening for CQL";
/// The line that says that `cassandra`/`cassandra` can log in.
pub(crate) const FIRST_ROLE: &str = "Created default superuser role";

/// Reads what has been added to a log since a given time.
#[derive(Debug)]
pub(crate) struct Log {
    path: PathBuf,
    /// Where this run of the node began.
    start: u64,
}

impl Log {
    /// The log at `path`, from its present end on.
    pub(crate) fn from_end(path: PathBuf) -> Self {
        let start = path.metadata().map_or(0, |metadata| metadata.len());
        Self { path, start }
    }

    /// Whether `needle` has been written.
    pub(crate) fn contains(&self, needle: &str) -> bool {
        self.text().contains(needle)
    }

    /// What has been written; nothing where the file is not there yet.
    pub(crate) fn text(&self) -> String {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(self.start))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        read().map_or_else(|_| String::new(), |bytes| String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// The last `lines` lines of the file at `path`, long ones cut.
pub(crate) fn tail(path: &Path, lines: usize) -> String {
    let text = std::fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<String> = text.lines().map(|line| line.chars().take(300).collect()).collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_begins_where_it_was_opened() {
        let path = std::env::temp_dir().join(format!("helenus-log-{}", std::process::id()));
        std::fs::write(&path, "Starting listening for CQL\nold\n").unwrap();
        let log = Log::from_end(path.clone());
        assert!(!log.contains(LISTENING));
        std::fs::write(&path, "Starting listening for CQL\nold\nStarting listening for CQL\n").unwrap();
        assert!(log.contains(LISTENING) && !log.contains("old"));
        assert_eq!(tail(&path, 2), "old\nStarting listening for CQL");
        std::fs::remove_file(&path).unwrap();
        assert_eq!((log.text().as_str(), tail(&path, 2).as_str()), ("", ""));
    }
}

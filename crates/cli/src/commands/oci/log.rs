//! Where errors and warnings are written for the engine that calls this runtime.

use crate::failure::{Failure, Outcome};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// A file that containerd, Podman and Docker read, or none.
#[derive(Debug, Clone, Default)]
pub(super) struct Log {
    pub(super) path: Option<PathBuf>,
    /// One JSON document a line, not `key=value`.
    pub(super) json: bool,
}

impl Log {
    /// A log that cannot be written is told at once.
    pub(super) fn check(&self) -> Outcome<()> {
        let Some(path) = &self.path else { return Ok(()) };
        let opened = open(path).map(drop);
        opened.map_err(|error| Failure::new(format!("open log {}: {error}", path.display())))
    }

    /// An error, which stands on standard error as well.
    pub(super) fn error(&self, message: &str) {
        // what cannot be written here has been said there
        let _ = self.write("error", message);
        complain("error", message);
    }

    /// What is not as it was asked for. The caller's standard error may be the container's: with a log it stands only there.
    pub(super) fn warning(&self, message: &str) {
        if !matches!(self.write("warning", message), Ok(true)) {
            complain("warning", message);
        }
    }

    /// Adds a line; whether there is a log.
    fn write(&self, level: &str, message: &str) -> std::io::Result<bool> {
        let Some(path) = &self.path else { return Ok(false) };
        let time = jiff::Timestamp::now().to_string();
        let line = if self.json {
            serde_json::json!({"level": level, "msg": message, "time": time}).to_string()
        } else {
            format!("time=\"{time}\" level={level} msg={message:?}")
        };
        writeln!(open(path)?, "{line}")?;
        Ok(true)
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

fn complain(level: &str, message: &str) {
    say!("tare-runtime: {level}: {message}");
}

//! Where an archive goes: standard output, or a file that appears when it is whole.

use crate::failure::{Failure, Outcome};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// An open destination. Dropped without [`Destination::finish`], the file is not there.
#[derive(Debug)]
pub(super) enum Destination {
    /// Standard output.
    Standard(io::Stdout),
    /// A device or pipe, which is written as it is.
    Special(File),
    /// A file under a temporary name beside its own.
    Pending(Pending),
}

/// A file under a temporary name.
#[derive(Debug)]
pub(super) struct Pending {
    file: File,
    temporary: PathBuf,
    path: PathBuf,
}

impl Destination {
    /// Opens a destination; without a path standard output. `doing` is for the message if that fails (`save image`).
    ///
    /// # Errors
    /// If the path is a directory, or its directory cannot be written.
    pub(super) fn open(path: Option<&Path>, doing: &str) -> Outcome<Self> {
        let Some(path) = path else { return Ok(Self::Standard(io::stdout())) };
        let failed =
            |error: io::Error| Failure::new(format!("failed to {doing}: {}: {error}", path.display()));
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                Err(Failure::new(format!("failed to {doing}: {} is a directory", path.display())))
            }
            Ok(metadata) if !metadata.is_file() => {
                OpenOptions::new().write(true).open(path).map(Self::Special).map_err(failed)
            }
            _ => Pending::create(path).map(Self::Pending).map_err(failed),
        }
    }

    /// Gives a file its name. It replaces one that was there.
    ///
    /// # Errors
    /// What the system reports.
    pub(super) fn finish(self) -> io::Result<()> {
        match self {
            Self::Pending(pending) => fs::rename(&pending.temporary, &pending.path),
            Self::Standard(_) | Self::Special(_) => Ok(()),
        }
    }
}

impl Pending {
    fn create(path: &Path) -> io::Result<Self> {
        // through a symbolic link, its target is what is replaced
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
        let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
        let temporary = path.with_file_name(format!(".{}.{}", name.to_string_lossy(), std::process::id()));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        Ok(Self { file, temporary, path })
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        // renamed, it is not there any more
        let _ = fs::remove_file(&self.temporary);
    }
}

impl Write for Destination {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Standard(out) => out.write(bytes),
            Self::Special(file) | Self::Pending(Pending { file, .. }) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Standard(out) => out.flush(),
            Self::Special(file) | Self::Pending(Pending { file, .. }) => file.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Destination;
    use std::fs;
    use std::io::Write;

    #[test]
    fn a_file_appears_when_it_is_whole() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("a.tar");
        let names = || fs::read_dir(directory.path()).expect("a directory").count();
        let mut abandoned = Destination::open(Some(&path), "save").expect("a new file");
        abandoned.write_all(b"half").expect("disk");
        drop(abandoned);
        assert_eq!(names(), 0);
        fs::write(&path, "old").expect("disk");
        let mut whole = Destination::open(Some(&path), "save").expect("a file to replace");
        whole.write_all(b"new").expect("disk");
        assert_eq!(fs::read(&path).expect("still there"), b"old");
        whole.finish().expect("renamed");
        assert_eq!((fs::read(&path).expect("there"), names()), (b"new".to_vec(), 1));
    }

    #[test]
    fn what_is_no_file() {
        assert!(Destination::open(Some("/".as_ref()), "save").is_err());
        assert!(Destination::open(Some("/nowhere/a.tar".as_ref()), "save").is_err());
        let mut null = Destination::open(Some("/dev/null".as_ref()), "save").expect("a device");
        null.write_all(b"x").expect("it takes anything");
        null.finish().expect("nothing to do");
    }
}

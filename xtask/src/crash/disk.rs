//! A disk of the sweep's own: a file system in a file, mounted where nobody else sees it.

use crate::program::output;
use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Nothing is left to be written after the first mount.
const EAGER: &str = "lazy_itable_init=0,lazy_journal_init=0";
/// How long what has ended may still use a disk.
const PATIENCE: Duration = Duration::from_secs(5);

/// A file system that the engine is tested on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Ext4,
    Xfs,
}

impl Kind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
        }
    }

    /// The bytes that a disk has to have for it.
    pub(super) fn least(self) -> u64 {
        match self {
            Self::Ext4 => 64 << 20,
            Self::Xfs => 300 << 20,
        }
    }

    /// Makes the file system in a new file: so many bytes of it, of which none is kept back for root.
    pub(super) fn make(self, image: &Path, bytes: u64) -> Result<(), String> {
        File::create(image)
            .and_then(|file| file.set_len(bytes))
            .map_err(|error| format!("create {}: {error}", image.display()))?;
        let mut command = Command::new(format!("mkfs.{}", self.name()));
        match self {
            Self::Ext4 => command.args(["-q", "-F", "-m", "0", "-O", "has_journal", "-E", EAGER]),
            Self::Xfs => command.args(["-q", "-f"]),
        };
        output(command.arg(image)).map(drop)
    }

    fn options(self) -> &'static str {
        match self {
            Self::Ext4 => "loop",
            // one is a copy of the other
            Self::Xfs => "loop,nouuid",
        }
    }
}

/// A mounted disk. It is unmounted when it goes.
#[derive(Debug)]
pub(super) struct Disk {
    mounted: PathBuf,
}

impl Disk {
    /// Mounts the file system of an image, as after a power cut: what its journal has is replayed.
    pub(super) fn mount(kind: Kind, image: &Path, at: &Path) -> Result<Self, String> {
        fs::create_dir_all(at).map_err(|error| format!("{}: {error}", at.display()))?;
        let mut command = Command::new("mount");
        output(command.args(["-t", kind.name(), "-o", kind.options()]).arg(image).arg(at))?;
        Ok(Self { mounted: at.to_path_buf() })
    }

    /// The directory that it is mounted on.
    pub(super) fn directory(&self) -> &Path {
        &self.mounted
    }

    /// Lets nobody write any more, or everybody again.
    pub(super) fn remount(&self, option: &str) -> Result<(), String> {
        let options = format!("remount,{option}");
        output(Command::new("mount").args(["-o", &options]).arg(&self.mounted)).map(drop)
    }

    /// Unmounts it, and says whether that worked: something may still use it.
    pub(super) fn unmount(self) -> Result<(), String> {
        let deadline = Instant::now() + PATIENCE;
        while let Err(complaint) = output(Command::new("umount").arg(&self.mounted)) {
            if Instant::now() > deadline {
                return Err(complaint);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        std::mem::forget(self);
        Ok(())
    }

    /// How many bytes are free.
    pub(super) fn free(&self) -> Result<u64, String> {
        let text = output(Command::new("stat").args(["-f", "-c", "%a %S"]).arg(&self.mounted))?;
        let mut numbers = text.split_whitespace().filter_map(|word| word.parse::<u64>().ok());
        Ok(numbers.next().unwrap_or_default() * numbers.next().unwrap_or_default())
    }

    /// Takes everything but so many bytes.
    pub(super) fn fill(&self, free: u64) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("fill {}: {error}", self.mounted.display());
        let mut file = File::create(self.filling()).map_err(failed)?;
        let piece = vec![b'x'; 1 << 16];
        // the last piece fits byte by byte of a block, or not at all
        for size in [piece.len(), 1 << 10] {
            while file.write_all(&piece[..size]).is_ok() {}
        }
        // what is only promised to the file is not taken yet
        let _ = file.sync_all();
        let size = file.metadata().map_err(failed)?.size();
        file.set_len(size.saturating_sub(free)).and_then(|()| file.sync_all()).map_err(failed)
    }

    /// Takes all but so many of the files that there can be.
    pub(super) fn fill_with_files(&self, free: usize) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("fill {}: {error}", self.mounted.display());
        fs::create_dir_all(self.filling()).map_err(failed)?;
        let files = (0..).map(|number: u32| self.filling().join(number.to_string()));
        let made: Vec<PathBuf> = files.take_while(|file| File::create(file).is_ok()).collect();
        made.iter().take(free).try_for_each(fs::remove_file).map_err(failed)
    }

    /// Gives back what was taken.
    pub(super) fn drain(&self) {
        // one of both is not there
        let _ = fs::remove_file(self.filling());
        let _ = fs::remove_dir_all(self.filling());
    }

    fn filling(&self) -> PathBuf {
        self.mounted.join("filling")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // the namespace goes with this process, and takes what cannot be unmounted now
        let _ = output(Command::new("umount").args(["--lazy"]).arg(&self.mounted));
    }
}

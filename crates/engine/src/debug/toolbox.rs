//! The image with the tools: which shell it has, and whether that works in a root that is not its own.

use super::{Shell, TOOLBOX};
use crate::Engine;
use crate::containers::root;
use crate::error::{Error, Result};
use crate::launch;
use crate::spec::DEFAULT_PATH;
use elf::{Linkage, Program};
use images::Image;
use oci::DiffId;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use sys::fs::{FileType, Mode, OFlags, ResolveFlags};

/// Used in the place of the default one if only it is in the store and its shell works anywhere.
const PLAIN: &str = "busybox";

/// A toolbox of the store.
#[derive(Debug)]
pub(super) struct Toolbox {
    /// Its name, for errors.
    name: String,
    /// Its layers, lowest first.
    pub(super) layers: Vec<DiffId>,
    /// Its variables.
    pub(super) environment: Vec<String>,
    /// Its root, to look into.
    root: OwnedFd,
    _mount: OwnedFd,
}

impl Toolbox {
    /// The toolbox with this name, or the default one.
    ///
    /// # Errors
    /// [`images::Error::NoImage`].
    pub(super) fn find(engine: &Engine, name: Option<&str>) -> Result<Self> {
        let open = |name: &str| Self::open(engine, name, images::find(engine.store(), name)?);
        match (name, open(name.unwrap_or(TOOLBOX))) {
            (None, Err(Error::Image(images::Error::NoImage(missing)))) => match open(PLAIN) {
                Ok(plain) if plain.works_anywhere(Shell::Auto) => Ok(plain),
                // it is the default one that is pulled
                _ => Err(images::Error::NoImage(missing).into()),
            },
            (_, found) => found,
        }
    }

    fn open(engine: &Engine, name: &str, image: Image) -> Result<Self> {
        let layers = image.configuration.rootfs.diff_ids;
        let mount = root::stack_of(engine, &layers, None)?;
        let root = launch::root_of(mount.as_fd())?;
        let environment = image.configuration.config.env;
        Ok(Self { name: name.to_owned(), layers, environment, root, _mount: mount })
    }

    /// The directories that it has programs in.
    fn directories(&self) -> impl Iterator<Item = &Path> {
        let path = self.environment.iter().rev().find_map(|variable| variable.strip_prefix("PATH="));
        let directories = path.unwrap_or(DEFAULT_PATH).split(':').map(Path::new);
        directories.filter(|directory| directory.is_absolute() && self.is_directory(directory))
    }

    fn is_directory(&self, path: &Path) -> bool {
        sys::rooted::open(self.root.as_fd(), path, OFlags::DIRECTORY | OFlags::PATH, Mode::empty()).is_ok()
    }

    fn has_program(&self, path: &Path) -> bool {
        let stat = sys::rooted::open_handle(self.root.as_fd(), path).and_then(sys::fs::fstat);
        stat.is_ok_and(|stat| {
            FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile && stat.st_mode & 0o111 != 0
        })
    }

    /// The path of a shell in it.
    fn find_shell(&self, shell: Shell) -> Option<PathBuf> {
        let names: &[&str] = match shell {
            Shell::Auto => &["bash", "sh"],
            Shell::Bash => &["bash"],
            Shell::Sh => &["sh"],
        };
        let candidates = names.iter().flat_map(|name| self.directories().map(move |d| d.join(name)));
        candidates.into_iter().find(|path| self.has_program(path))
    }

    /// The path of a shell, if the toolbox is at `place`.
    ///
    /// # Errors
    /// [`Error::Invalid`] if it has none.
    pub(super) fn shell(&self, shell: Shell, place: &Path) -> Result<String> {
        let path = self.find_shell(shell).ok_or_else(|| {
            let name = if shell == Shell::Bash { "bash" } else { "sh" };
            Error::Invalid(format!("the toolbox {} has no {name}", self.name))
        })?;
        Ok(placed(&path, place))
    }

    /// Whether its shell works where the toolbox is not the root: it needs no loader, and no link on the way leads out of the toolbox. The other programs
    /// are taken to be like it.
    pub(super) fn works_anywhere(&self, shell: Shell) -> bool {
        let Some(path) = self.find_shell(shell) else { return false };
        let relative = path.strip_prefix("/").unwrap_or(&path);
        let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS;
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let Ok(file) = sys::fs::openat2(&self.root, relative, flags, Mode::empty(), beneath) else {
            return false;
        };
        let mut head = Vec::new();
        let read = File::from(file).take(elf::HEAD_BYTES as u64).read_to_end(&mut head);
        read.is_ok() && matches!(Program::read(&head), Program::Elf(elf) if elf.linkage == Linkage::Static)
    }

    /// `PATH` of the container, with the toolbox, which is at `place`, at its end: what the container has itself is found first.
    pub(super) fn path_behind(&self, environment: &[String], place: &Path) -> String {
        let own = environment.iter().rev().find(|variable| variable.starts_with("PATH="));
        let mut path = own.cloned().unwrap_or_else(|| format!("PATH={DEFAULT_PATH}"));
        for directory in self.directories() {
            path.push(':');
            path.push_str(&placed(directory, place));
        }
        path
    }
}

fn placed(path: &Path, place: &Path) -> String {
    place.join(path.strip_prefix("/").unwrap_or(path)).to_string_lossy().into_owned()
}

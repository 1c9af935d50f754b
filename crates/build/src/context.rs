//! The build context: the files that `COPY` and `ADD` can see.

use crate::error::{At, Error, Result};
use dockerfile::Ignore;
use engine::Engine;
use engine::store::changeset::{self, Unpack, Whiteouts};
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

/// Largest Dockerfile that is read: what the parser takes.
const DOCKERFILE_LIMIT: u64 = dockerfile::MAX_SOURCE_BYTES as u64;

/// An open context.
#[derive(Debug)]
pub struct BuildContext {
    root: Option<OwnedFd>,
    ignore: Ignore,
    /// Where a tar was unpacked; removed with the context.
    _staging: Option<engine::store::Staging>,
}

impl BuildContext {
    /// A directory of the host, read as it is, nothing is copied.
    ///
    /// # Errors
    /// [`Error::Context`] if it is not there.
    pub fn directory(path: &Path) -> Result<Self> {
        let root = File::open(path).and_then(|file| match file.metadata()?.is_dir() {
            true => Ok(OwnedFd::from(file)),
            false => Err(std::io::ErrorKind::NotADirectory.into()),
        });
        match root {
            Ok(root) => Ok(Self { root: Some(root), ignore: nothing(), _staging: None }),
            Err(error) => {
                Err(Error::Context(format!("unable to prepare context: path {:?}: {error}", path.display())))
            }
        }
    }

    /// No files at all.
    #[must_use]
    pub fn empty() -> Self {
        Self { root: None, ignore: nothing(), _staging: None }
    }

    /// A tar stream, compressed or not, unpacked into the store's staging area.
    ///
    /// # Errors
    /// [`Error::Engine`] for a damaged or hostile tar.
    pub fn tar(engine: &Engine, stream: impl Read) -> Result<Self> {
        let staging = engine::store::Staging::new(engine.store())?;
        let root = File::open(staging.path()).at("open", staging.path())?;
        let mut plain = changeset::decompress(stream)?;
        let options = Unpack { whiteouts: Whiteouts::Literal, ..Unpack::default() };
        changeset::unpack(&mut plain, root.as_fd(), &options)?;
        Ok(Self { root: Some(root.into()), ignore: nothing(), _staging: Some(staging) })
    }

    /// Reads a file of the context, in-root.
    ///
    /// # Errors
    /// [`Error::Context`] if it is not there or too large.
    pub fn read(&self, path: &str) -> Result<Vec<u8>> {
        let missing =
            |reason: &str| Error::Context(format!("failed to read {path} of the context: {reason}"));
        let root = self.root().ok_or_else(|| missing("the context is empty"))?;
        sys::rooted::read(root, Path::new(path), DOCKERFILE_LIMIT)
            .map_err(|errno| missing(&errno.to_string()))
    }

    /// Takes what is to be ignored from `<Dockerfile>.dockerignore`, or else from `.dockerignore`.
    ///
    /// # Errors
    /// [`Error::Dockerfile`] for a pattern that is none, with its line.
    pub fn load_ignore(&mut self, dockerfile: Option<&str>) -> Result<()> {
        let own = dockerfile.map(|name| format!("{name}.dockerignore"));
        for name in own.iter().map(String::as_str).chain([".dockerignore"]) {
            if let Ok(text) = self.read(name) {
                self.ignore = Ignore::parse(name, &text)?;
                return Ok(());
            }
        }
        Ok(())
    }

    /// Its root directory, if it has one.
    pub(crate) fn root(&self) -> Option<BorrowedFd<'_>> {
        self.root.as_ref().map(AsFd::as_fd)
    }

    pub(crate) fn ignore(&self) -> &Ignore {
        &self.ignore
    }
}

fn nothing() -> Ignore {
    Ignore::parse(".dockerignore", b"").expect("an empty file has no bad pattern")
}

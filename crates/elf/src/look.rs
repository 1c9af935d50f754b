//! Looking into an image through the caller's eyes, a bounded number of times.

/// The most look-ups of one diagnosis.
pub const LOOK_LIMIT: usize = 64;

/// What a path is inside the image's root, after symbolic links have been followed inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Look {
    /// Nothing has this name, or a directory above it is missing (`ENOENT`).
    Missing,
    /// A link whose target is missing; the target as the last link says it. [`Look::Missing`] will
    /// do for callers that cannot tell.
    DanglingLink(String),
    /// Something above it is not a directory (`ENOTDIR`).
    NotADirectory,
    /// A directory.
    Directory,
    /// A device, FIFO or socket.
    Special,
    /// It is there or may be, but cannot be read (`EACCES`, `EIO`, a loop of links).
    Unreadable,
    /// A regular file.
    File {
        /// The permission bits of `st_mode`.
        mode: u32,
        /// Its first [`HEAD_BYTES`](crate::HEAD_BYTES) bytes, all of it if it is shorter.
        head: Vec<u8>,
    },
}

impl Look {
    /// Whether somebody may execute this.
    pub(crate) fn is_executable(&self) -> bool {
        matches!(self, Self::File { mode, .. } if mode & 0o111 != 0)
    }
}

/// The image's root: the caller's function and how many look-ups are left.
pub(crate) struct Root<'a> {
    look: &'a mut dyn FnMut(&str) -> Look,
    left: usize,
}

impl<'a> Root<'a> {
    pub(crate) fn new(look: &'a mut dyn FnMut(&str) -> Look) -> Self {
        Self { look, left: LOOK_LIMIT }
    }

    /// What an absolute path is; `None` when the look-ups are used up.
    pub(crate) fn at(&mut self, path: &str) -> Option<Look> {
        self.left = self.left.checked_sub(1)?;
        Some((self.look)(path))
    }

    /// Whether a path is surely a program that somebody may execute.
    pub(crate) fn has_program(&mut self, path: &str) -> bool {
        self.at(path).is_some_and(|look| look.is_executable())
    }

    /// Whether a path is surely a regular file.
    pub(crate) fn has_file(&mut self, path: &str) -> bool {
        matches!(self.at(path), Some(Look::File { .. }))
    }
}

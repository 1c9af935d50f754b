//! Paths resolved inside a root directory: names that come from images, containers and requests are hostile.
//!
//! Every look-up is openat2(2) with `RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS` (Linux 5.6): `..` and absolute symbolic links stay
//! inside, `/proc/self/fd`-like links are refused. What is found is used through its descriptor, never through its name again.

mod removal;

use crate::descent;
use removal::{remove_content, remove_directory, remove_file};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{self, Mode, OFlags, ResolveFlags};
use rustix::io::{Errno, Result};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// A place for one name: its parent directory (open) and the name's last component.
#[derive(Debug)]
pub struct Place {
    /// The parent, resolved inside the root.
    pub parent: OwnedFd,
    /// The last component; `.` if the path is the root itself.
    pub name: PathBuf,
}

/// Opens `path` inside `root`. `O_CLOEXEC` is added.
///
/// # Errors
/// What openat2(2) reports; `ELOOP` for a magic link.
pub fn open(root: BorrowedFd<'_>, path: &Path, flags: OFlags, mode: Mode) -> Result<OwnedFd> {
    let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
    let resolve = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
    for _ in 0..128 {
        match fs::openat2(root, path, flags | OFlags::CLOEXEC, mode, resolve) {
            // a rename or mount raced with the resolution of `..` or a link
            Err(Errno::AGAIN) => {}
            other => return other,
        }
    }
    Err(Errno::AGAIN)
}

/// Opens a directory inside `root`, for use as a base.
///
/// # Errors
/// As [`open`]; `ENOTDIR` if it is something else.
pub fn open_directory(root: BorrowedFd<'_>, path: &Path) -> Result<OwnedFd> {
    open(root, path, OFlags::DIRECTORY | OFlags::RDONLY, Mode::empty())
}

/// Opens whatever `path` is, as a handle (`O_PATH`), following a last symbolic link inside the root.
///
/// # Errors
/// As [`open`].
pub fn open_handle(root: BorrowedFd<'_>, path: &Path) -> Result<OwnedFd> {
    open(root, path, OFlags::PATH, Mode::empty())
}

/// Opens a regular file for reading, never blocking on a FIFO and never opening a device.
///
/// # Errors
/// As [`open`]; `EINVAL` if it is no regular file.
pub fn open_regular(root: BorrowedFd<'_>, path: &Path) -> Result<OwnedFd> {
    let file = open(root, path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY, Mode::empty())?;
    let kind = fs::FileType::from_raw_mode(fs::fstat(&file)?.st_mode);
    if kind == fs::FileType::RegularFile { Ok(file) } else { Err(Errno::INVAL) }
}

/// Reads a regular file inside `root`, at most `limit` bytes.
///
/// # Errors
/// As [`open_regular`]; `EFBIG` if the file is larger than the limit.
pub fn read(root: BorrowedFd<'_>, path: &Path, limit: u64) -> Result<Vec<u8>> {
    use std::io::Read;
    let file = std::fs::File::from(open_regular(root, path)?);
    let mut content = Vec::new();
    file.take(limit + 1)
        .read_to_end(&mut content)
        .map_err(|e| Errno::from_io_error(&e).unwrap_or(Errno::IO))?;
    if content.len() as u64 > limit { Err(Errno::FBIG) } else { Ok(content) }
}

/// Finds the parent directory of `path` inside `root`, following symbolic links in it but not the last component.
///
/// # Errors
/// As [`open`]; `EINVAL` if the last component is `..`.
pub fn place(root: BorrowedFd<'_>, path: &Path) -> Result<Place> {
    let (parent, name) = split(path)?;
    Ok(Place { parent: open_directory(root, &parent)?, name })
}

/// Like [`place`], making missing parent directories with `mode`.
///
/// # Errors
/// As [`place`] and mkdirat(2).
pub fn make_place(root: BorrowedFd<'_>, path: &Path, mode: Mode) -> Result<Place> {
    let (parent, name) = split(path)?;
    Ok(Place { parent: make_directories(root, &parent, mode, &mut |_| Ok(()))?, name })
}

fn split(path: &Path) -> Result<(PathBuf, PathBuf)> {
    match path.components().next_back() {
        None | Some(Component::RootDir | Component::CurDir | Component::Prefix(_)) => {
            Ok((PathBuf::from("."), PathBuf::from(".")))
        }
        Some(Component::ParentDir) => Err(Errno::INVAL),
        Some(Component::Normal(name)) => {
            Ok((path.parent().unwrap_or(Path::new(".")).to_path_buf(), PathBuf::from(name)))
        }
    }
}

/// Opens the directory `path` inside `root`, making what is missing; `made` is called with the descriptor of each new directory.
///
/// A dangling symbolic link on the way is followed inside the root and its target made, as a shell inside the root would see it.
///
/// # Errors
/// What openat2(2) and mkdirat(2) report; `ENOTDIR` if something on the way is no directory, `ELOOP` beyond 40 links.
pub fn make_directories(
    root: BorrowedFd<'_>,
    path: &Path,
    mode: Mode,
    made: &mut dyn FnMut(BorrowedFd<'_>) -> Result<()>,
) -> Result<OwnedFd> {
    match open_directory(root, path) {
        Err(Errno::NOENT) => {}
        other => return other,
    }
    let mut links = 0;
    let mut done = PathBuf::from(".");
    let mut rest: Vec<PathBuf> = components_reversed(path);
    while let Some(component) = rest.pop() {
        let next = done.join(&component);
        match open_directory(root, &next) {
            Ok(_) => done = next,
            Err(Errno::NOENT) => match fs::readlinkat(open_directory(root, &done)?, &component, Vec::new()) {
                Ok(target) => {
                    links += 1;
                    if links > 40 {
                        return Err(Errno::LOOP);
                    }
                    let target = Path::new(OsStr::from_bytes(target.as_bytes())).to_path_buf();
                    if target.is_absolute() {
                        done = PathBuf::from(".");
                    }
                    rest.extend(components_reversed(&target));
                }
                Err(_) => {
                    let parent = open_directory(root, &done)?;
                    make_directory(parent.as_fd(), &component, mode, made)?;
                    done = next;
                }
            },
            Err(error) => return Err(error),
        }
    }
    open_directory(root, &done)
}

/// Makes the empty file `path` inside `root`, with the directories that are missing; a dangling symbolic link is followed inside the root and its target made.
///
/// # Errors
/// As [`make_place`]; `ELOOP` beyond 40 links.
pub fn make_file(root: BorrowedFd<'_>, path: &Path, mode: Mode) -> Result<()> {
    let mut path = path.to_path_buf();
    for _ in 0..40 {
        let place = make_place(root, &path, Mode::from_raw_mode(0o755))?;
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        match fs::openat(&place.parent, &place.name, flags, mode) {
            Ok(_) => return Ok(()),
            Err(Errno::EXIST) => {}
            Err(errno) => return Err(errno),
        }
        match fs::readlinkat(&place.parent, &place.name, Vec::new()) {
            Ok(target) => {
                let target = Path::new(OsStr::from_bytes(target.as_bytes()));
                path = path.parent().unwrap_or(Path::new("/")).join(target);
            }
            // somebody else has made it
            Err(Errno::INVAL) => return Ok(()),
            Err(errno) => return Err(errno),
        }
    }
    Err(Errno::LOOP)
}

fn components_reversed(path: &Path) -> Vec<PathBuf> {
    path.components()
        .rev()
        .filter_map(|c| match c {
            Component::Normal(name) => Some(PathBuf::from(name)),
            Component::ParentDir => Some(PathBuf::from("..")),
            _ => None,
        })
        .collect()
}

fn make_directory(
    parent: BorrowedFd<'_>,
    name: &Path,
    mode: Mode,
    made: &mut dyn FnMut(BorrowedFd<'_>) -> Result<()>,
) -> Result<()> {
    match fs::mkdirat(parent, name, mode) {
        Ok(()) => {
            let directory = fs::openat(
                parent,
                name,
                OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY,
                Mode::empty(),
            )?;
            // mkdir obeys the umask; what it takes from its parent stays
            let inherited = Mode::from_raw_mode(fs::fstat(&directory)?.st_mode & 0o2000);
            fs::fchmod(&directory, mode | inherited)?;
            made(directory.as_fd())
        }
        Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(error),
    }
}

/// Removes `name` below `parent`, whatever it is, a directory with all its content however deep. Never follows a symbolic link, never leaves the
/// file system tree it began in. A missing name is no error.
///
/// # Errors
/// What unlinkat(2) and getdents(2) report; `ESTALE` if somebody moves a directory elsewhere meanwhile.
pub fn remove_all(parent: BorrowedFd<'_>, name: &Path) -> Result<()> {
    let name = name.as_os_str().as_bytes();
    if remove_file(parent, name)? {
        return Ok(());
    }
    match descent::open_directory(parent, name) {
        Err(Errno::NOENT) => return Ok(()),
        directory => remove_content(directory?.as_fd())?,
    }
    remove_directory(parent, name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::descent::Descent;

    #[test]
    fn a_tree_of_any_depth_is_removed_and_links_are_not_followed() {
        let root = tempfile::tempdir().unwrap();
        let parent = std::fs::File::open(root.path()).unwrap();
        std::fs::write(root.path().join("kept"), "").unwrap();
        let mode = Mode::from_raw_mode(0o700);
        fs::mkdirat(&parent, "deep", mode).unwrap();
        let mut descent = Descent::begin(parent.as_fd()).unwrap();
        descent.enter(b"deep").unwrap();
        for _ in 0..5000 {
            fs::symlinkat(root.path(), descent.here(), "link").unwrap();
            fs::mkdirat(descent.here(), "directory", mode).unwrap();
            descent.enter(b"directory").unwrap();
        }
        remove_all(parent.as_fd(), Path::new("deep")).unwrap();
        let left: Vec<_> = std::fs::read_dir(root.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert_eq!(left, ["kept"]);
        remove_all(parent.as_fd(), Path::new("deep")).unwrap();
        remove_all(parent.as_fd(), Path::new("kept")).unwrap();
        assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 0);
    }
}

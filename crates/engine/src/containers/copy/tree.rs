//! A directory's content into another directory, as `cp -a` would: the first content of a volume.

use crate::error::{At, Result};
use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use store::changeset::descent::{self, Descent, Identity};
use sys::Errno;
use sys::fs::{
    self, AtFlags, FileType, Gid, Mode, OFlags, SeekFrom, Stat, Timespec, Timestamps, Uid, XattrFlags,
};

/// Bytes read at once where the kernel cannot copy by itself.
const BUFFER: usize = 128 << 10;

/// The kernel's limit for a value and for the list of names of extended attributes, in bytes (xattr(7)).
const MOST_ATTRIBUTES: usize = 64 << 10;

/// Copies all that is in `source` into the directory `destination`, which should be empty: with owners, modes, times, extended attributes,
/// hard links, holes and devices. Sockets are left out, and what disappears meanwhile. The two directories themselves keep what they have.
///
/// Nothing is found by its path: both trees may be written by containers meanwhile. Both descriptors must be readable ones (not `O_PATH`).
///
/// # Errors
/// What the system reports, `File exists` if something of that name is in the destination.
pub fn tree(source: BorrowedFd<'_>, destination: BorrowedFd<'_>) -> Result<()> {
    let begin = |start| Descent::begin(start).at("open", ".");
    let mut copying = Copying {
        from: begin(source)?,
        to: begin(destination)?,
        root: destination,
        path: PathBuf::new(),
        links: HashMap::new(),
    };
    copying.run()
}

struct Copying<'r> {
    from: Descent,
    to: Descent,
    root: BorrowedFd<'r>,
    /// Where we are, below both.
    path: PathBuf,
    /// Files with several names: where the first one is, and how many are still to come.
    links: HashMap<Identity, (PathBuf, u64)>,
}

impl Copying<'_> {
    fn run(&mut self) -> Result<()> {
        let mut pending = vec![self.names()?];
        while let Some(names) = pending.last_mut() {
            let Some(name) = names.pop() else {
                pending.pop();
                if !pending.is_empty() {
                    self.leave()?;
                }
                continue;
            };
            self.path.push(OsStr::from_bytes(&name));
            let entered = self.entry(&name);
            match entered.at("copy", &self.path)? {
                true => pending.push(self.names()?),
                false => drop(self.path.pop()),
            }
        }
        Ok(())
    }

    fn names(&self) -> Result<Vec<Vec<u8>>> {
        descent::names(self.from.here()).at("list", &self.path)
    }

    /// The directory is complete: only now does nobody change its times any more.
    fn leave(&mut self) -> Result<()> {
        let stat = fs::fstat(self.from.here()).at("stat", &self.path)?;
        fs::futimens(self.to.here(), &times(&stat)).at("set times of", &self.path)?;
        self.from.leave().at("leave", &self.path)?;
        self.to.leave().at("leave", &self.path)?;
        self.path.pop();
        Ok(())
    }

    /// Copies one file. True if it is a directory, which both descents have entered then.
    fn entry(&mut self, name: &[u8]) -> Result<bool, Errno> {
        let stat = match fs::statat(self.from.here(), name, AtFlags::SYMLINK_NOFOLLOW) {
            Err(Errno::NOENT) => return Ok(false),
            other => other?,
        };
        let kind = FileType::from_raw_mode(stat.st_mode);
        if kind != FileType::Directory && self.linked(name, &stat)? {
            return Ok(false);
        }
        match kind {
            FileType::Directory => return self.directory(name),
            FileType::RegularFile => self.regular(name)?,
            FileType::Symlink => self.symlink(name, &stat)?,
            FileType::CharacterDevice | FileType::BlockDevice | FileType::Fifo => {
                self.node(name, kind, &stat)?
            }
            FileType::Socket | FileType::Unknown => {}
        }
        Ok(false)
    }

    /// Makes a link to the file's first name, if this is a later one.
    fn linked(&mut self, name: &[u8], stat: &Stat) -> Result<bool, Errno> {
        if stat.st_nlink < 2 {
            return Ok(false);
        }
        let identity = descent::identity(stat);
        let Some((first, left)) = self.links.get_mut(&identity) else {
            self.links.insert(identity, (self.path.clone(), stat.st_nlink - 1));
            return Ok(false);
        };
        let place = sys::rooted::place(self.root, first)?;
        fs::linkat(&place.parent, &place.name, self.to.here(), name, AtFlags::empty())?;
        *left = left.saturating_sub(1);
        if *left == 0 {
            self.links.remove(&identity);
        }
        Ok(true)
    }

    fn directory(&mut self, name: &[u8]) -> Result<bool, Errno> {
        match self.from.enter(name) {
            // gone, or something else by now
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(false),
            other => other?,
        }
        fs::mkdirat(self.to.here(), name, Mode::from_raw_mode(0o700))?;
        self.to.enter(name)?;
        let stat = fs::fstat(self.from.here())?;
        attributes(self.from.here(), self.to.here(), &stat)?;
        Ok(true)
    }

    fn regular(&self, name: &[u8]) -> Result<(), Errno> {
        let Some(from) = open_regular(self.from.here(), name)? else { return Ok(()) };
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let to = fs::openat(self.to.here(), name, flags, Mode::from_raw_mode(0o600))?;
        let stat = fs::fstat(&from)?;
        content(from.as_fd(), to.as_fd(), &stat)?;
        attributes(from.as_fd(), to.as_fd(), &stat)?;
        fs::futimens(&to, &times(&stat))
    }

    fn symlink(&self, name: &[u8], stat: &Stat) -> Result<(), Errno> {
        let target = match fs::readlinkat(self.from.here(), name, Vec::new()) {
            Err(Errno::NOENT | Errno::INVAL) => return Ok(()),
            other => other?,
        };
        let to = self.to.here();
        fs::symlinkat(target.as_c_str(), to, name)?;
        let (owner, group) = owner(stat);
        fs::chownat(to, name, owner, group, AtFlags::SYMLINK_NOFOLLOW)?;
        fs::utimensat(to, name, &times(stat), AtFlags::SYMLINK_NOFOLLOW)
    }

    /// A device or FIFO, which must not be opened.
    fn node(&self, name: &[u8], kind: FileType, stat: &Stat) -> Result<(), Errno> {
        let mode = Mode::from_raw_mode(stat.st_mode & 0o7777);
        fs::mknodat(self.to.here(), name, kind, mode, stat.st_rdev)?;
        let handle = fs::openat(
            self.to.here(),
            name,
            OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC,
            Mode::empty(),
        )?;
        let made = fs::fstat(&handle)?;
        if FileType::from_raw_mode(made.st_mode) != kind || made.st_rdev != stat.st_rdev {
            return Err(Errno::STALE);
        }
        let (owner, group) = owner(stat);
        fs::chownat(&handle, "", owner, group, AtFlags::EMPTY_PATH)?;
        // fchmodat2(2) is too new (Linux 6.6), and mknodat(2) obeys the umask
        fs::chmodat(fs::CWD, by_number(&handle), mode, AtFlags::empty())?;
        fs::utimensat(&handle, "", &times(stat), AtFlags::EMPTY_PATH)
    }
}

/// Opens a regular file for reading; none if it is none by now. Somebody may put a device in its place, and opening that would act on it: the
/// file is held first, looked at, and then opened through `/proc`.
pub(super) fn open_regular(directory: BorrowedFd<'_>, name: &[u8]) -> Result<Option<OwnedFd>, Errno> {
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let handle = match fs::openat(directory, name, flags, Mode::empty()) {
        Err(Errno::NOENT) => return Ok(None),
        other => other?,
    };
    if FileType::from_raw_mode(fs::fstat(&handle)?.st_mode) != FileType::RegularFile {
        return Ok(None);
    }
    fs::open(by_number(&handle), OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map(Some)
}

fn by_number(handle: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", handle.as_raw_fd())
}

/// Owner, extended attributes and mode, in the order that loses nothing: a change of owner clears setuid bits and capabilities.
fn attributes(from: BorrowedFd<'_>, to: BorrowedFd<'_>, stat: &Stat) -> Result<(), Errno> {
    let (owner, group) = owner(stat);
    fs::fchown(to, owner, group)?;
    extended_attributes(from, to)?;
    fs::fchmod(to, Mode::from_raw_mode(stat.st_mode & 0o7777))
}

fn extended_attributes(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> Result<(), Errno> {
    match fs::flistxattr_query(from) {
        Ok(0) | Err(Errno::NOTSUP) => return Ok(()),
        Ok(_) => {}
        Err(errno) => return Err(errno),
    }
    let mut names = vec![0; MOST_ATTRIBUTES];
    let length = fs::flistxattr(from, &mut names)?;
    let mut value = vec![0; MOST_ATTRIBUTES];
    for name in names[..length].split(|&byte| byte == 0).filter(|name| is_content(name)) {
        let length = match fs::fgetxattr(from, name, &mut value) {
            Err(Errno::NODATA) => continue,
            other => other?,
        };
        match fs::fsetxattr(to, name, &value[..length], XattrFlags::empty()) {
            // as cp: what this file system cannot keep is no reason to stop
            Err(Errno::NOTSUP | Errno::PERM) => {}
            other => other?,
        }
    }
    Ok(())
}

/// Overlayfs' own attributes mean something else elsewhere; security modules' labels are the host's business.
fn is_content(name: &[u8]) -> bool {
    let kept = name == b"security.capability"
        || name.starts_with(b"user.")
        || name.starts_with(b"system.posix_acl_");
    kept && !name.starts_with(b"user.overlay.")
}

fn owner(stat: &Stat) -> (Option<Uid>, Option<Gid>) {
    (Some(Uid::from_raw(stat.st_uid)), Some(Gid::from_raw(stat.st_gid)))
}

fn times(stat: &Stat) -> Timestamps {
    let time = |seconds, nanoseconds| Timespec { tv_sec: seconds, tv_nsec: nanoseconds as fs::Nsecs };
    Timestamps {
        last_access: time(stat.st_atime, stat.st_atime_nsec),
        last_modification: time(stat.st_mtime, stat.st_mtime_nsec),
    }
}

/// Copies what is data; holes stay holes.
fn content(from: BorrowedFd<'_>, to: BorrowedFd<'_>, stat: &Stat) -> Result<(), Errno> {
    let size = stat.st_size.unsigned_abs();
    let sparse = stat.st_blocks.unsigned_abs() * 512 < size;
    let mut offset = 0;
    while offset < size {
        let Some((begin, end)) = (if sparse { data_range(from, offset, size)? } else { Some((0, size)) })
        else {
            break;
        };
        // it shrinks while it is copied: what is left is what there was
        if !copy_range(from, to, begin, end)? {
            return Ok(());
        }
        offset = end;
    }
    if sparse { fs::ftruncate(to, size) } else { Ok(()) }
}

fn data_range(file: BorrowedFd<'_>, offset: u64, size: u64) -> Result<Option<(u64, u64)>, Errno> {
    let begin = match fs::seek(file, SeekFrom::Data(offset)) {
        Ok(begin) => begin,
        Err(Errno::NXIO) => return Ok(None),
        // this file system knows no holes
        Err(Errno::INVAL) => return Ok(Some((offset, size))),
        Err(errno) => return Err(errno),
    };
    let end = match fs::seek(file, SeekFrom::Hole(begin)) {
        Err(Errno::NXIO) => return Ok(None),
        other => other?,
    };
    Ok(Some((begin, end.min(size))))
}

/// Copies a range, by the kernel alone where it can. False if the file ended before.
fn copy_range(from: BorrowedFd<'_>, to: BorrowedFd<'_>, begin: u64, end: u64) -> Result<bool, Errno> {
    let (mut input, mut output) = (begin, begin);
    while input < end {
        let step = usize::try_from(end - input).unwrap_or(usize::MAX);
        match fs::copy_file_range(from, Some(&mut input), to, Some(&mut output), step) {
            Ok(0) => return Ok(false),
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {
                return read_and_write(from, to, input, end);
            }
            Err(errno) => return Err(errno),
        }
    }
    Ok(true)
}

fn read_and_write(
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    mut offset: u64,
    end: u64,
) -> Result<bool, Errno> {
    let mut buffer = vec![0; BUFFER];
    while offset < end {
        let step = usize::try_from(end - offset).unwrap_or(usize::MAX).min(BUFFER);
        let count = sys::io::retry_on_intr(|| sys::io::pread(from, &mut buffer[..step], offset))?;
        if count == 0 {
            return Ok(false);
        }
        let mut written = 0;
        while written < count {
            let at = offset + written as u64;
            match sys::io::retry_on_intr(|| sys::io::pwrite(to, &buffer[written..count], at))? {
                0 => return Err(Errno::IO),
                more => written += more,
            }
        }
        offset += count as u64;
    }
    Ok(true)
}

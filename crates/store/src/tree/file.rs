//! One file, and what belongs to it.

use super::{Copier, Entry, content};
use crate::changeset::xattr;
use std::os::fd::AsRawFd;
use sys::fd::{AsFd, BorrowedFd};
use sys::fs::{self, AtFlags, FileType, Gid, Mode, OFlags, Stat, Timespec, Timestamps, Uid, XattrFlags};
use sys::{Errno, descent};

impl Copier<'_> {
    /// Copies a file of any kind but a directory.
    pub(super) fn put(&self, from: Entry<'_>, to: Entry<'_>, stat: &Stat) -> Result<(), Errno> {
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => self.regular(from, to),
            FileType::Symlink => self.symlink(from, to, stat),
            FileType::CharacterDevice | FileType::BlockDevice | FileType::Fifo => self.node(to, stat),
            FileType::Directory => Err(Errno::ISDIR),
            FileType::Socket | FileType::Unknown => Ok(()),
        }
    }

    fn regular(&self, from: Entry<'_>, to: Entry<'_>) -> Result<(), Errno> {
        let source = descent::open_regular(from.directory, from.name)?;
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::WRONLY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let made = fs::openat(to.directory, to.name, flags, Mode::from_raw_mode(0o600))?;
        content::copy(source.as_fd(), made.as_fd())?;
        self.attributes(source.as_fd(), made.as_fd())
    }

    fn symlink(&self, from: Entry<'_>, to: Entry<'_>, stat: &Stat) -> Result<(), Errno> {
        let target = fs::readlinkat(from.directory, from.name, Vec::new())?;
        fs::symlinkat(target.as_c_str(), to.directory, to.name)?;
        let (owner, group) = self.owner(stat);
        fs::chownat(to.directory, to.name, owner, group, AtFlags::SYMLINK_NOFOLLOW)?;
        fs::utimensat(to.directory, to.name, &times(stat), AtFlags::SYMLINK_NOFOLLOW)
    }

    /// A device or FIFO, which must not be opened.
    fn node(&self, to: Entry<'_>, stat: &Stat) -> Result<(), Errno> {
        let kind = FileType::from_raw_mode(stat.st_mode);
        let mode = self.permissions(stat);
        fs::mknodat(to.directory, to.name, kind, mode, stat.st_rdev)?;
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = fs::openat(to.directory, to.name, flags, Mode::empty())?;
        let made = fs::fstat(&handle)?;
        if FileType::from_raw_mode(made.st_mode) != kind || made.st_rdev != stat.st_rdev {
            return Err(Errno::STALE);
        }
        let (owner, group) = self.owner(stat);
        fs::chownat(&handle, "", owner, group, AtFlags::EMPTY_PATH)?;
        // fchmodat2(2) is too new (Linux 6.6), and mknodat(2) obeys the umask
        let name = format!("/proc/self/fd/{}", handle.as_raw_fd());
        fs::chmodat(fs::CWD, name, mode, AtFlags::empty())?;
        fs::utimensat(&handle, "", &times(stat), AtFlags::EMPTY_PATH)
    }

    /// Owner, extended attributes, mode and times, in the order that loses nothing: a change of owner clears setuid bits and capabilities.
    pub(super) fn attributes(&self, from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> Result<(), Errno> {
        let stat = fs::fstat(from)?;
        let (owner, group) = self.owner(&stat);
        fs::fchown(to, owner, group)?;
        self.extended_attributes(from, to)?;
        fs::fchmod(to, self.permissions(&stat))?;
        fs::futimens(to, &times(&stat))
    }

    fn extended_attributes(&self, from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> Result<(), Errno> {
        let list = xattr::list(from)?;
        let access = |name: &[u8]| self.access_lists && name.starts_with(b"system.posix_acl_");
        for name in list.split(|&byte| byte == 0).filter(|name| xattr::is_content(name) || access(name)) {
            let Some(value) = xattr::value(from, name)? else { continue };
            match fs::fsetxattr(to, name, &value, XattrFlags::empty()) {
                // as cp: what this file system cannot keep is no reason to stop
                Err(Errno::NOTSUP | Errno::PERM) => {}
                set => set?,
            }
        }
        Ok(())
    }

    fn owner(&self, stat: &Stat) -> (Option<Uid>, Option<Gid>) {
        self.ownership.of(stat.st_uid, stat.st_gid)
    }

    fn permissions(&self, stat: &Stat) -> Mode {
        Mode::from_raw_mode(self.mode.unwrap_or(stat.st_mode) & 0o7777)
    }
}

fn times(stat: &Stat) -> Timestamps {
    let time = |seconds, nanoseconds| Timespec { tv_sec: seconds, tv_nsec: nanoseconds as fs::Nsecs };
    Timestamps {
        last_access: time(stat.st_atime, stat.st_atime_nsec),
        last_modification: time(stat.st_mtime, stat.st_mtime_nsec),
    }
}

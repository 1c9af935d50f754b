//! Owner, mode, extended attributes and time of what was just made.

use super::archive::Member;
use super::error::{Doing, Fault};
use super::pax::Moment;
use super::xattr;
use sys::fd::{AsRawFd, BorrowedFd};
use sys::fs::{self, AtFlags, Gid, Mode, Timespec, Timestamps, Uid};

/// Whose the unpacked files are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Ownership {
    /// As the archive says, by number.
    #[default]
    Keep,
    /// One user and group for all.
    Set(u32, u32),
}

impl Ownership {
    /// The owner of a file whose source says `uid` and `gid`.
    #[must_use]
    pub fn of(self, uid: u32, gid: u32) -> (Option<Uid>, Option<Gid>) {
        let (uid, gid) = match self {
            Self::Keep => (uid, gid),
            Self::Set(uid, gid) => (uid, gid),
        };
        (Some(Uid::from_raw(uid)), Some(Gid::from_raw(gid)))
    }
}

/// Sets everything through an open file or directory, in the order that loses nothing: a change of owner
/// clears setuid bits and capabilities. Gives the number of extended attributes that were left out.
pub(super) fn set(file: BorrowedFd<'_>, member: &Member, ownership: Ownership) -> Result<u64, Fault> {
    let (uid, gid) = ownership.of(member.uid, member.gid);
    fs::fchown(file, uid, gid).doing("set owner")?;
    let skipped = xattr::set(file, &member.xattrs)?;
    fs::fchmod(file, Mode::from_raw_mode(member.mode)).doing("set mode")?;
    fs::futimens(file, &both(member.modified)).doing("set time")?;
    Ok(skipped)
}

/// Sets the owner and time of a symbolic link, which has no mode.
pub(super) fn set_link(
    parent: BorrowedFd<'_>,
    name: &[u8],
    member: &Member,
    ownership: Ownership,
) -> Result<(), Fault> {
    let (uid, gid) = ownership.of(member.uid, member.gid);
    fs::chownat(parent, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW).doing("set owner")?;
    fs::utimensat(parent, name, &both(member.modified), AtFlags::SYMLINK_NOFOLLOW).doing("set time")
}

/// Sets owner, mode and time of a device or FIFO, which must not be opened, through a handle (`O_PATH`).
///
/// fchmodat2(2) is too new (Linux 6.6), so the mode goes the way of `/proc/self/fd`, and only where the umask
/// ate some of it.
pub(super) fn set_node(handle: BorrowedFd<'_>, member: &Member, ownership: Ownership) -> Result<(), Fault> {
    let (uid, gid) = ownership.of(member.uid, member.gid);
    fs::chownat(handle, "", uid, gid, AtFlags::EMPTY_PATH).doing("set owner")?;
    if fs::fstat(handle).doing("stat")?.st_mode & 0o7777 != member.mode {
        let name = format!("/proc/self/fd/{}", handle.as_raw_fd());
        fs::chmodat(fs::CWD, name, Mode::from_raw_mode(member.mode), AtFlags::empty()).doing("set mode")?;
    }
    fs::utimensat(handle, "", &both(member.modified), AtFlags::EMPTY_PATH).doing("set time")
}

/// Sets the modification time alone.
pub(super) fn modification(moment: Moment) -> Timestamps {
    Timestamps {
        last_access: Timespec { tv_sec: 0, tv_nsec: fs::UTIME_OMIT },
        last_modification: timespec(moment),
    }
}

fn both(moment: Moment) -> Timestamps {
    Timestamps { last_access: timespec(moment), last_modification: timespec(moment) }
}

fn timespec(moment: Moment) -> Timespec {
    Timespec { tv_sec: moment.seconds, tv_nsec: i64::from(moment.nanoseconds) as fs::Nsecs }
}

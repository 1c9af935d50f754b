//! Device nodes: those of every container, and those that a specification asks for.

use crate::error::{Error, Result};
use oci::runtime::{LinuxDevice, LinuxDeviceType, Spec};
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use sys::Errno;
use sys::fs::{AtFlags, FileType, Gid, Mode, Uid, makedev};

/// What every container has (runtime specification, config-linux.md "Default Devices").
const DEFAULT: [(&str, u32, u32); 6] = [
    ("/dev/null", 1, 3),
    ("/dev/zero", 1, 5),
    ("/dev/full", 1, 7),
    ("/dev/random", 1, 8),
    ("/dev/urandom", 1, 9),
    ("/dev/tty", 5, 0),
];

/// A node to be made.
#[derive(Debug, Clone)]
pub(crate) struct Node {
    /// Path in the container.
    pub(crate) path: PathBuf,
    /// Character device, block device or FIFO.
    pub(crate) kind: FileType,
    number: u64,
    mode: u32,
    owner: (Option<u32>, Option<u32>),
}

/// The nodes of a specification's container, the default ones first unless it asks for others in their place.
pub(crate) fn all(spec: &Spec) -> impl Iterator<Item = Result<Node>> {
    let asked = spec.linux().as_ref().and_then(|linux| linux.devices().as_deref()).unwrap_or_default();
    let default = DEFAULT
        .into_iter()
        .filter(move |(path, ..)| !asked.iter().any(|device| device.path().as_os_str() == *path));
    let default = default.map(|(path, major, minor)| {
        Ok(Node {
            path: path.into(),
            kind: FileType::CharacterDevice,
            number: makedev(major, minor),
            mode: 0o666,
            owner: (None, None),
        })
    });
    default.chain(asked.iter().map(Node::of))
}

impl Node {
    fn of(device: &LinuxDevice) -> Result<Self> {
        let path = device.path().clone();
        let invalid = |reason: &str| Error::Invalid(format!("device {}: {reason}", device.path().display()));
        let kind = match device.typ() {
            LinuxDeviceType::B => FileType::BlockDevice,
            LinuxDeviceType::P => FileType::Fifo,
            LinuxDeviceType::C | LinuxDeviceType::U => FileType::CharacterDevice,
            LinuxDeviceType::A => return Err(invalid("type a is for rules of access only")),
        };
        let part = |n: i64| u32::try_from(n).map_err(|_| invalid("major and minor are numbers from 0"));
        let number = match kind {
            FileType::Fifo => 0,
            _ => makedev(part(device.major())?, part(device.minor())?),
        };
        let owner = (device.uid(), device.gid());
        Ok(Self { path, kind, number, mode: device.file_mode().unwrap_or(0o666) & 0o7777, owner })
    }

    /// Makes the node under a name in a directory; `EEXIST` leaves what is there.
    pub(crate) fn make_at(&self, parent: BorrowedFd<'_>, name: &str) -> Result<(), Errno> {
        let mode = Mode::from_raw_mode(self.mode);
        sys::fs::mknodat(parent, name, self.kind, mode, self.number)?;
        // mknod obeys the umask; the name was made by us just now
        sys::fs::chmodat(parent, name, mode, AtFlags::empty())?;
        let (uid, gid) = (self.owner.0.map(Uid::from_raw), self.owner.1.map(Gid::from_raw));
        if uid.is_some() || gid.is_some() {
            sys::fs::chownat(parent, name, uid, gid, AtFlags::SYMLINK_NOFOLLOW)?;
        }
        Ok(())
    }
}

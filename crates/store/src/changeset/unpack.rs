//! From a tar stream to a directory.

use super::archive::{Archive, Kind, Limits, Member};
use super::attributes::{self, Ownership};
use super::content;
use super::error::{Doing, Error, Fault};
use super::name::{self, Meaning};
use super::tree::{Cleared, Times, Tree};
use super::xattr;
use std::collections::HashSet;
use std::io::Read;
use sys::Errno;
use sys::descent;
use sys::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::fs::{self, AtFlags, FileType, Mode, OFlags};

/// What names like `.wh.a` mean.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Whiteouts {
    /// The archive is a layer, the directory is in overlayfs' format: whiteouts become character devices 0:0,
    /// opaque markers the attribute `trusted.overlay.opaque`. Every directory keeps the time that the archive
    /// gave it.
    #[default]
    Overlay,
    /// They are plain names: the archive is copied into a living tree, as `ADD` and `cp` do. A directory that
    /// the archive does not name shows by its time that it was changed.
    Literal,
}

/// What may take the place of what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Replace {
    /// Everything replaces everything, but directories are merged.
    #[default]
    Any,
    /// A directory and something else never replace each other: Docker's `noOverwriteDirNonDir`.
    SameSort,
}

/// How to unpack.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unpack {
    /// What names like `.wh.a` mean.
    pub whiteouts: Whiteouts,
    /// Whose the files are.
    pub ownership: Ownership,
    /// What may take the place of what.
    pub replace: Replace,
    /// What the archive may ask for.
    pub limits: Limits,
}

/// What was unpacked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unpacked {
    /// Entries of the archive.
    pub entries: u64,
    /// Bytes of regular files, holes included.
    pub bytes: u64,
    /// Directories that the archive has no entry for before what is in them: mode 0755, root's.
    pub implied: u64,
    /// Extended attributes that were left out: overlayfs' own, security labels, and what the file system does
    /// not take.
    pub skipped_xattrs: u64,
}

/// Unpacks an uncompressed tar stream into the directory `root`, reading it to its very end.
///
/// Nothing outside `root` is touched, whatever the archive says: names are made relative, `..` in them is an
/// error, parents are resolved inside the root (also through links of the same archive, as Docker and
/// containerd do), and last components are never followed. Memory does not grow with the archive (with
/// [`Whiteouts::Literal`]: 16 bytes a directory of it).
///
/// `root` must not be a handle (`O_PATH`). Nothing is made durable here. Needs `/proc` for the mode of
/// devices and FIFOs.
///
/// # Errors
/// See [`Error`]. What was unpacked before the error stays.
pub fn unpack(tar: &mut dyn Read, root: BorrowedFd<'_>, options: &Unpack) -> Result<Unpacked, Error> {
    let times = match options.whiteouts {
        Whiteouts::Overlay => Times::Fixed,
        Whiteouts::Literal => Times::Told(HashSet::new()),
    };
    let strict = options.replace == Replace::SameSort;
    let mut unpacking = Unpacking {
        archive: Archive::new(tar, options.limits),
        tree: Tree::new(root, options.ownership, times, strict),
        options,
        unpacked: Unpacked::default(),
        buffer: vec![0; content::BUFFER],
    };
    while let Some(member) = unpacking.archive.next()? {
        unpacking.entry(&member).map_err(|fault| fault.of(&member.path, member.offset))?;
    }
    unpacking.tree.release().map_err(|fault| fault.of(b".", 0))?;
    Ok(Unpacked { implied: unpacking.tree.implied, ..unpacking.unpacked })
}

struct Unpacking<'r> {
    archive: Archive<'r>,
    tree: Tree<'r>,
    options: &'r Unpack,
    unpacked: Unpacked,
    buffer: Vec<u8>,
}

impl Unpacking<'_> {
    fn entry(&mut self, member: &Member) -> Result<(), Fault> {
        self.unpacked.entries += 1;
        let path = name::clean(&member.path).map_err(Fault::Refused)?;
        if path.is_empty() {
            return self.root(member);
        }
        let meaning = match self.options.whiteouts {
            Whiteouts::Overlay => name::meaning(&path).map_err(Fault::Refused)?,
            Whiteouts::Literal => Meaning::Plain,
        };
        if meaning == Meaning::Bookkeeping {
            return Ok(());
        }
        let (parent, name) = name::split(&path);
        self.tree.parent(parent)?;
        match meaning {
            Meaning::Opaque => xattr::make_opaque(self.tree.here()),
            Meaning::Removed(hidden) => self.whiteout(hidden),
            Meaning::Plain | Meaning::Bookkeeping => self.place(name, member),
        }
    }

    /// The entry `./` tells the attributes of the root itself.
    fn root(&mut self, member: &Member) -> Result<(), Fault> {
        if member.kind != Kind::Directory {
            return Err(Fault::Refused("the root can only be a directory"));
        }
        self.tree.release()?;
        let root = self.tree.open(b"").doing("open")?;
        self.finish_directory(root, member)
    }

    /// What the same layer has under that name stays, but shows nothing of the lower layers: the order of
    /// entries in a layer has no meaning (OCI image specification, "Whiteouts").
    fn whiteout(&mut self, hidden: &[u8]) -> Result<(), Fault> {
        let parent = self.tree.here();
        match fs::mknodat(parent, hidden, FileType::CharacterDevice, Mode::empty(), 0) {
            Err(Errno::EXIST) => match descent::open_directory(parent, hidden) {
                Ok(directory) => xattr::make_opaque(directory.as_fd()),
                Err(Errno::NOTDIR | Errno::LOOP) => Ok(()),
                Err(errno) => Err(errno).doing("open"),
            },
            made => made.doing("make whiteout"),
        }
    }

    fn place(&mut self, name: &[u8], member: &Member) -> Result<(), Fault> {
        match member.kind {
            Kind::File => self.file(name, member),
            Kind::HardLink => self.hard_link(name, member),
            Kind::Symlink => self.symlink(name, member),
            Kind::CharacterDevice | Kind::BlockDevice | Kind::Fifo => self.node(name, member),
            Kind::Directory => self.directory(name, member),
        }
    }

    fn file(&mut self, name: &[u8], member: &Member) -> Result<(), Fault> {
        const NEW: OFlags = OFlags::CREATE
            .union(OFlags::EXCL)
            .union(OFlags::WRONLY)
            .union(OFlags::NOFOLLOW)
            .union(OFlags::CLOEXEC);
        let (file, _) = self.make("make file", name, member.kind, |parent| {
            fs::openat(parent, name, NEW, Mode::from_raw_mode(0o600))
        })?;
        content::write(file.as_fd(), member, &mut self.archive, &mut self.buffer)?;
        self.unpacked.bytes = self.unpacked.bytes.saturating_add(member.size);
        self.unpacked.skipped_xattrs += attributes::set(file.as_fd(), member, self.options.ownership)?;
        Ok(())
    }

    /// The attributes are those of the file linked to, so what the entry says of them is ignored.
    fn hard_link(&mut self, name: &[u8], member: &Member) -> Result<(), Fault> {
        let target =
            name::clean(&member.link).map_err(|_| Fault::Refused("its link leads outside or nowhere"))?;
        let (directory, last) = name::split(&target);
        if last.is_empty() {
            return Err(Fault::Refused("a directory cannot be linked to"));
        }
        let directory = self.tree.open(directory).doing("open directory of link target")?;
        let same = |parent: BorrowedFd<'_>| {
            let target = fs::statat(&directory, last, AtFlags::SYMLINK_NOFOLLOW)?;
            let existing = fs::statat(parent, name, AtFlags::SYMLINK_NOFOLLOW)?;
            Ok::<_, Errno>(descent::identity(&target) == descent::identity(&existing))
        };
        let link = |parent: BorrowedFd<'_>| match fs::linkat(&directory, last, parent, name, AtFlags::empty())
        {
            // already that very file: clearing the place first would lose it
            Err(Errno::EXIST) if same(parent)? => Ok(()),
            other => other,
        };
        self.make("make hard link", name, member.kind, link).map(drop)
    }

    fn symlink(&mut self, name: &[u8], member: &Member) -> Result<(), Fault> {
        if member.link.is_empty() {
            return Err(Fault::Refused("it is a link to nothing"));
        }
        let target = member.link.as_slice();
        self.make("make link", name, member.kind, |parent| fs::symlinkat(target, parent, name))?;
        self.unpacked.skipped_xattrs += member.xattrs.len() as u64;
        attributes::set_link(self.tree.here(), name, member, self.options.ownership)
    }

    fn node(&mut self, name: &[u8], member: &Member) -> Result<(), Fault> {
        let kind = match member.kind {
            Kind::CharacterDevice => FileType::CharacterDevice,
            Kind::BlockDevice => FileType::BlockDevice,
            _ => FileType::Fifo,
        };
        let (major, minor) = member.device;
        let device = fs::makedev(major, minor);
        // Linux keeps 12 bits of the one and 20 of the other
        if major >> 12 != 0 || minor >> 20 != 0 {
            return Err(Fault::Refused("its device numbers are impossible"));
        }
        let mode = Mode::from_raw_mode(member.mode);
        self.make("make device", name, member.kind, |parent| fs::mknodat(parent, name, kind, mode, device))?;
        let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let handle = fs::openat(self.tree.here(), name, flags, Mode::empty()).doing("open")?;
        let stat = fs::fstat(&handle).doing("stat")?;
        if FileType::from_raw_mode(stat.st_mode) != kind || stat.st_rdev != device {
            return Err(Errno::STALE).doing("open");
        }
        self.unpacked.skipped_xattrs += member.xattrs.len() as u64;
        attributes::set_node(handle.as_fd(), member, self.options.ownership)
    }

    fn directory(&mut self, name: &[u8], member: &Member) -> Result<(), Fault> {
        let mkdir = |parent: BorrowedFd<'_>| match fs::mkdirat(parent, name, Mode::from_raw_mode(0o700)) {
            Err(Errno::EXIST) => descent::open_directory(parent, name).map_err(|errno| match errno {
                Errno::NOTDIR | Errno::LOOP => Errno::EXIST,
                other => other,
            }),
            made => made.and_then(|()| descent::open_directory(parent, name)),
        };
        let (directory, cleared) = self.make("make directory", name, member.kind, mkdir)?;
        if cleared == Cleared::Whiteout && self.options.whiteouts == Whiteouts::Overlay {
            xattr::make_opaque(directory.as_fd())?;
        }
        self.finish_directory(directory, member)
    }

    fn finish_directory(&mut self, directory: OwnedFd, member: &Member) -> Result<(), Fault> {
        self.unpacked.skipped_xattrs += attributes::set(directory.as_fd(), member, self.options.ownership)?;
        self.tree.told(directory.as_fd())
    }

    /// Makes something, in a second try if its name was taken: most names are free, so nobody asks first.
    fn make<T>(
        &mut self,
        doing: &'static str,
        name: &[u8],
        kind: Kind,
        attempt: impl Fn(BorrowedFd<'_>) -> Result<T, Errno>,
    ) -> Result<(T, Cleared), Fault> {
        match attempt(self.tree.here()) {
            Err(Errno::EXIST) => {
                let cleared = self.tree.clear(name, kind)?;
                Ok((attempt(self.tree.here()).doing(doing)?, cleared))
            }
            made => Ok((made.doing(doing)?, Cleared::File)),
        }
    }
}

//! A root as it was read once: every name with its kind, owner, mode and size, in memory. Look-ups follow links inside of it, as the kernel does inside
//! the container, and say by which links and directories they came.

use crate::error::{Error, Result};
use std::collections::{BTreeMap, HashMap};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use sys::descent::{Step, Walk};
use sys::fs::{AtFlags, FileType, Stat};

/// The most files of a root; a large distribution's image has 200,000.
const FILE_LIMIT: usize = 8 << 20;
/// The most links that a look-up follows (`MAXSYMLINKS` of Linux).
const LINK_LIMIT: usize = 40;

/// A file of a tree: its number, in the order in which it was read. A directory comes before what is in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u32);

impl Id {
    /// The number, for tables of all files: from 0, the root's.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A file, of whatever kind.
#[derive(Debug)]
pub struct Node {
    /// The directory that it lies in; of the root itself the root.
    pub parent: Id,
    /// Its name there.
    pub name: Box<[u8]>,
    /// What it is.
    pub kind: Kind,
    /// Permission bits, with set-user-id, set-group-id and sticky bit.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Bytes of content; of a link the length of its target.
    pub size: u64,
    /// Another name of the same file that was read before (a hard link).
    pub first: Option<Id>,
}

/// What a file is.
#[derive(Debug)]
pub enum Kind {
    /// A directory, and what it holds.
    Directory(BTreeMap<Box<[u8]>, Id>),
    /// A regular file.
    File,
    /// A symbolic link, and where it points to.
    Link(Box<[u8]>),
    /// A device, FIFO or socket.
    Special,
}

/// A root.
#[derive(Debug)]
pub struct Tree {
    root: OwnedFd,
    nodes: Vec<Node>,
}

/// How a look-up went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The links and directories on the way, each once.
    pub way: Vec<Id>,
    /// What is there; nothing if the path leads nowhere.
    pub end: Option<Id>,
}

impl Tree {
    /// Reads the root that `root` is open on.
    ///
    /// # Errors
    /// Refusals of the system; [`Error::TooMany`] for a root of more than 8 million files.
    pub fn read(root: OwnedFd) -> Result<Self> {
        let nodes = Reading::begin(root.as_fd())?.all()?;
        Ok(Self { root, nodes })
    }

    /// The root directory.
    pub fn root(&self) -> Id {
        Id(0)
    }

    /// The root directory, open.
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }

    /// Every file, a directory before what is in it.
    pub fn ids(&self) -> impl Iterator<Item = Id> + use<> {
        (0..u32::try_from(self.nodes.len()).unwrap_or(u32::MAX)).map(Id)
    }

    /// A file.
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// Where a file lies: its absolute path.
    pub fn path(&self, id: Id) -> PathBuf {
        let mut names = Vec::new();
        let mut at = id;
        while at != self.root() {
            names.push(&self.node(at).name);
            at = self.node(at).parent;
        }
        let mut path = vec![b'/'];
        for (index, name) in names.iter().rev().enumerate() {
            if index > 0 {
                path.push(b'/');
            }
            path.extend_from_slice(name);
        }
        PathBuf::from(std::ffi::OsStr::from_bytes(&path))
    }

    /// Where a file lies, as text; what is no UTF-8 is replaced.
    pub fn text(&self, id: Id) -> String {
        self.path(id).to_string_lossy().into_owned()
    }

    /// What a directory holds, by name; nothing of anything else.
    pub fn children(&self, id: Id) -> impl DoubleEndedIterator<Item = (&[u8], Id)> {
        let children = match &self.node(id).kind {
            Kind::Directory(children) => Some(children),
            _ => None,
        };
        children.into_iter().flatten().map(|(name, child)| (&**name, *child))
    }

    /// The file `name` in a directory, links not followed.
    pub fn child(&self, directory: Id, name: &[u8]) -> Option<Id> {
        match &self.node(directory).kind {
            Kind::Directory(children) => children.get(name).copied(),
            _ => None,
        }
    }

    /// Whether it is a directory.
    pub fn is_directory(&self, id: Id) -> bool {
        matches!(self.node(id).kind, Kind::Directory(_))
    }

    /// Whether it is a regular file.
    pub fn is_file(&self, id: Id) -> bool {
        matches!(self.node(id).kind, Kind::File)
    }

    /// Whether it is a regular file that somebody may execute.
    pub fn is_program(&self, id: Id) -> bool {
        self.is_file(id) && self.node(id).mode & 0o111 != 0
    }

    /// Whether a file is a directory or lies below it.
    pub fn is_below(&self, id: Id, directory: Id) -> bool {
        let mut at = id;
        while at != directory {
            if at == self.root() {
                return false;
            }
            at = self.node(at).parent;
        }
        true
    }

    /// What an absolute path leads to, all links followed.
    pub fn find(&self, path: impl AsRef<[u8]>) -> Option<Id> {
        self.look(path).end
    }

    /// Looks up a path from the root, all links followed, as the kernel does for a process whose root it is.
    pub fn look(&self, path: impl AsRef<[u8]>) -> Found {
        self.look_from(self.root(), path.as_ref())
    }

    /// Looks up a path from a directory; an absolute one from the root.
    pub fn look_from(&self, base: Id, path: &[u8]) -> Found {
        let mut at = if path.first() == Some(&b'/') { self.root() } else { base };
        let mut way = Vec::new();
        let mut pass = |id| {
            if !way.contains(&id) {
                way.push(id);
            }
        };
        let mut rest: Vec<&[u8]> = components(path);
        let mut links = 0;
        let end = loop {
            let Some(name) = rest.pop() else { break Some(at) };
            if !self.is_directory(at) {
                break None;
            }
            pass(at);
            if name == b".." {
                at = self.node(at).parent;
                continue;
            }
            let Some(next) = self.child(at, name) else { break None };
            let Kind::Link(target) = &self.node(next).kind else {
                at = next;
                continue;
            };
            pass(next);
            links += 1;
            if links > LINK_LIMIT {
                break None;
            }
            if target.first() == Some(&b'/') {
                at = self.root();
            }
            rest.extend(components(target));
        };
        Found { way, end }
    }

    /// A file's content, at most `limit` bytes of it.
    ///
    /// # Errors
    /// Refusals of the system, among them `EINVAL` for what is no regular file.
    pub fn content(&self, id: Id, limit: u64) -> Result<Vec<u8>> {
        use std::io::Read;
        let path = self.path(id);
        let io = |errno| Error::Io { doing: "read", path: path.clone(), errno };
        let relative = path.strip_prefix("/").unwrap_or(&path);
        let file = std::fs::File::from(sys::rooted::open_regular(self.as_fd(), relative).map_err(io)?);
        let mut content = Vec::with_capacity(usize::try_from(self.node(id).size.min(limit)).unwrap_or(0));
        let read = file.take(limit).read_to_end(&mut content);
        read.map_err(|error| io(sys::Errno::from_io_error(&error).unwrap_or(sys::Errno::IO)))?;
        Ok(content)
    }
}

/// The names in a path, the first one last.
fn components(path: &[u8]) -> Vec<&[u8]> {
    path.split(|byte| *byte == b'/').filter(|name| !name.is_empty() && *name != b".").rev().collect()
}

/// A tree in the making.
struct Reading {
    walk: Walk,
    nodes: Vec<Node>,
    /// The directories on the way down.
    above: Vec<Id>,
    /// Files with several names, by device and inode.
    several: HashMap<(u64, u64), Id>,
}

impl Reading {
    fn begin(root: BorrowedFd<'_>) -> Result<Self> {
        let io = |errno| Error::Io { doing: "read", path: PathBuf::from("/"), errno };
        let stat = sys::fs::fstat(root).map_err(io)?;
        let walk = Walk::begin(root).map_err(io)?;
        let node = node(Id(0), b"", &stat, Kind::Directory(BTreeMap::new()));
        Ok(Self { walk, nodes: vec![node], above: vec![Id(0)], several: HashMap::new() })
    }

    fn all(mut self) -> Result<Vec<Node>> {
        while let Some(step) = self.walk.step() {
            match step {
                Step::Entry(name) => {
                    let path = PathBuf::from(std::ffi::OsStr::from_bytes(&name));
                    self.entry(name).map_err(|errno| Error::Io { doing: "read", path, errno })?;
                    if self.nodes.len() > FILE_LIMIT {
                        return Err(Error::TooMany(FILE_LIMIT));
                    }
                }
                Step::Complete(name) => {
                    self.above.pop();
                    let path = Path::new(std::ffi::OsStr::from_bytes(&name)).to_path_buf();
                    self.walk.leave().map_err(|errno| Error::Io { doing: "leave", path, errno })?;
                }
            }
        }
        Ok(self.nodes)
    }

    fn entry(&mut self, name: Vec<u8>) -> sys::io::Result<()> {
        let here = self.walk.here();
        let stat = sys::fs::statat(here, &name[..], AtFlags::SYMLINK_NOFOLLOW)?;
        let file_type = FileType::from_raw_mode(stat.st_mode);
        let kind = match file_type {
            FileType::Directory => Kind::Directory(BTreeMap::new()),
            FileType::RegularFile => Kind::File,
            FileType::Symlink => {
                Kind::Link(sys::fs::readlinkat(here, &name[..], Vec::new())?.as_bytes().into())
            }
            _ => Kind::Special,
        };
        let id = Id(u32::try_from(self.nodes.len()).expect("the number of files is limited"));
        let parent = *self.above.last().expect("the root is above everything");
        let mut node = node(parent, &name, &stat, kind);
        if stat.st_nlink > 1 && file_type != FileType::Directory {
            let first = *self.several.entry((stat.st_dev, stat.st_ino)).or_insert(id);
            node.first = (first != id).then_some(first);
        }
        self.nodes.push(node);
        if let Kind::Directory(children) = &mut self.nodes[parent.0 as usize].kind {
            children.insert(name.clone().into(), id);
        }
        if file_type == FileType::Directory {
            self.walk.enter(name)?;
            self.above.push(id);
        }
        Ok(())
    }
}

fn node(parent: Id, name: &[u8], stat: &Stat, kind: Kind) -> Node {
    Node {
        parent,
        name: name.into(),
        kind,
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        first: None,
    }
}

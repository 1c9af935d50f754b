//! Archives made byte by byte, and looks at trees.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use store::changeset::{self, Error, Unpack, Unpacked, Whiteouts, Write, Written};

/// Whether this process may make devices and give files away; says so if not.
pub(crate) fn root() -> bool {
    let root = sys::process::geteuid().is_root();
    if !root {
        println!("skipped: needs root");
    }
    root
}

/// One entry to put into an archive.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) flag: u8,
    pub(crate) name: Vec<u8>,
    pub(crate) link: Vec<u8>,
    pub(crate) mode: u32,
    pub(crate) owner: (u64, u64),
    pub(crate) time: u64,
    pub(crate) device: (u32, u32),
    pub(crate) content: Vec<u8>,
    pub(crate) records: Vec<(Vec<u8>, Vec<u8>)>,
}

pub(crate) fn entry(flag: u8, name: impl AsRef<[u8]>) -> Entry {
    Entry {
        flag,
        name: name.as_ref().to_vec(),
        link: Vec::new(),
        mode: 0o644,
        owner: (0, 0),
        time: 1_000_000,
        device: (0, 0),
        content: Vec::new(),
        records: Vec::new(),
    }
}

pub(crate) fn file(name: impl AsRef<[u8]>, content: &str) -> Entry {
    Entry { content: content.into(), ..entry(b'0', name) }
}

pub(crate) fn dir(name: impl AsRef<[u8]>) -> Entry {
    Entry { mode: 0o755, ..entry(b'5', name) }
}

pub(crate) fn symlink(name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Entry {
    Entry { link: target.as_ref().to_vec(), mode: 0o777, ..entry(b'2', name) }
}

pub(crate) fn link(name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Entry {
    Entry { link: target.as_ref().to_vec(), ..entry(b'1', name) }
}

pub(crate) fn device(name: impl AsRef<[u8]>, major: u32, minor: u32) -> Entry {
    Entry { device: (major, minor), ..entry(b'3', name) }
}

impl Entry {
    pub(crate) fn mode(self, mode: u32) -> Self {
        Self { mode, ..self }
    }

    pub(crate) fn owner(self, uid: u64, gid: u64) -> Self {
        Self { owner: (uid, gid), ..self }
    }

    pub(crate) fn time(self, time: u64) -> Self {
        Self { time, ..self }
    }

    pub(crate) fn record(mut self, key: &str, value: impl AsRef<[u8]>) -> Self {
        self.records.push((key.into(), value.as_ref().to_vec()));
        self
    }

    /// The entry's blocks.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        if !self.records.is_empty() {
            let mut content = Vec::new();
            for (key, value) in &self.records {
                let rest = key.len() + value.len() + 3;
                let length = (rest..).find(|n| n - rest == n.to_string().len()).expect("some length fits");
                content.extend_from_slice(format!("{length} ").as_bytes());
                content.extend_from_slice(&[&key[..], b"=", value, b"\n"].concat());
            }
            bytes.extend(Entry { content, ..entry(b'x', "pax") }.bytes());
        }
        for (long, flag) in [(&self.name, b'L'), (&self.link, b'K')] {
            if long.len() > 100 {
                let content = [&long[..], b"\0"].concat();
                bytes.extend(Entry { content, ..entry(flag, "././@LongLink") }.bytes());
            }
        }
        bytes.extend_from_slice(self.header().as_bytes());
        bytes.extend_from_slice(&self.content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes
    }

    pub(crate) fn header(&self) -> tar::Header {
        let mut header = tar::Header::new_gnu();
        header.set_mode(self.mode);
        header.set_uid(self.owner.0);
        header.set_gid(self.owner.1);
        header.set_mtime(self.time);
        header.set_size(self.content.len() as u64);
        header.set_device_major(self.device.0).expect("a GNU header has devices");
        header.set_device_minor(self.device.1).expect("a GNU header has devices");
        let old = header.as_old_mut();
        old.linkflag = [self.flag];
        old.name.iter_mut().zip(&self.name).for_each(|(to, from)| *to = *from);
        old.linkname.iter_mut().zip(&self.link).for_each(|(to, from)| *to = *from);
        header.set_cksum();
        header
    }
}

/// An archive with its end marker.
pub(crate) fn archive(entries: &[Entry]) -> Vec<u8> {
    let mut bytes: Vec<u8> = entries.iter().flat_map(Entry::bytes).collect();
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

pub(crate) fn unpack_with(archive: &[u8], root: &Path, options: &Unpack) -> Result<Unpacked, Error> {
    let root = File::open(root).expect("the root opens");
    changeset::unpack(&mut &archive[..], root.as_fd(), options)
}

pub(crate) fn unpack(archive: &[u8], root: &Path) -> Result<Unpacked, Error> {
    unpack_with(archive, root, &Unpack::default())
}

pub(crate) const LITERAL: Whiteouts = Whiteouts::Literal;

pub(crate) fn unpack_literal(archive: &[u8], root: &Path) -> Result<Unpacked, Error> {
    unpack_with(archive, root, &Unpack { whiteouts: LITERAL, ..Unpack::default() })
}

pub(crate) fn write_with(root: &Path, options: &Write) -> Result<(Vec<u8>, Written), Error> {
    let root = File::open(root).expect("the root opens");
    let mut bytes = Vec::new();
    let written = changeset::write(root.as_fd(), &mut bytes, options)?;
    assert_eq!(written.size, bytes.len() as u64, "the size is that of the archive");
    Ok((bytes, written))
}

pub(crate) fn write(root: &Path) -> Vec<u8> {
    write_with(root, &Write::default()).expect("the tree can be written").0
}

pub(crate) fn directory() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary directory")
}

/// One line for each file of a tree: all that a hostile archive could change.
pub(crate) fn look(root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    let mut left = vec![root.to_path_buf()];
    while let Some(path) = left.pop() {
        lines.push(line(root, &path));
        if path.symlink_metadata().expect("it is there").is_dir() {
            left.extend(fs::read_dir(&path).expect("it can be read").map(|e| e.expect("an entry").path()));
        }
    }
    lines.sort();
    lines
}

fn line(root: &Path, path: &Path) -> String {
    let stat = path.symlink_metadata().expect("it is there");
    let content = if stat.is_symlink() {
        fs::read_link(path).expect("a link").into_os_string().into_encoded_bytes()
    } else if stat.is_file() {
        fs::read(path).expect("a file")
    } else {
        Vec::new()
    };
    let content =
        if content.len() > 100 { format!("{} bytes", content.len()) } else { format!("{content:?}") };
    format!(
        "{:?} {:o} {}:{} nlink {} time {} device {} {}",
        path.strip_prefix(root).expect("below the root"),
        stat.mode(),
        stat.uid(),
        stat.gid(),
        if stat.is_dir() { 0 } else { stat.nlink() },
        stat.mtime(),
        stat.rdev(),
        content
    )
}

/// A file's extended attribute.
pub(crate) fn xattr(path: &Path, name: &str) -> Option<Vec<u8>> {
    let mut value = vec![0; 1 << 16];
    let length = sys::fs::lgetxattr(path, name, &mut value).ok()?;
    value.truncate(length);
    Some(value)
}

/// The names of an archive's entries as GNU tar would list them, read by the `tar` crate.
pub(crate) fn names(archive: &[u8]) -> Vec<String> {
    let mut archive = tar::Archive::new(archive);
    let entries = archive.entries().expect("a fresh archive");
    let name = |e: tar::Entry<'_, _>| String::from_utf8_lossy(&e.path_bytes()).into_owned();
    entries.map(|e| name(e.expect("an entry"))).collect()
}

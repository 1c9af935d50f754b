//! Random trees: written, unpacked and written again they give the same bytes.

use crate::kit::{self, directory};
use proptest::prelude::*;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, symlink};
use std::path::{Path, PathBuf};
use store::changeset::{Unpack, View, Write};
use sys::fs::{AtFlags, FileType, Gid, Mode, Timespec, Timestamps, Uid, XattrFlags};

#[derive(Debug, Clone)]
enum Kind {
    Directory { opaque: bool },
    File { content: Vec<u8>, hole: u64 },
    Symlink(Vec<u8>),
    HardLink(prop::sample::Index),
    Device { block: bool, major: u32, minor: u32 },
    Fifo,
    Whiteout,
}

#[derive(Debug, Clone)]
struct Node {
    /// Below which of the directories made so far.
    parent: prop::sample::Index,
    name: Vec<u8>,
    kind: Kind,
    mode: u32,
    owner: (u32, u32),
    time: (i64, i64),
    xattrs: Vec<(String, Vec<u8>)>,
}

fn name() -> impl Strategy<Value = Vec<u8>> {
    let free =
        proptest::collection::vec(any::<u8>().prop_filter("no separator", |b| *b != b'/' && *b != 0), 1..40);
    prop_oneof![
        3 => "[a-c]{1,2}".prop_map(String::into_bytes),
        2 => "[a-z.]{40,120}".prop_map(String::into_bytes),
        1 => "\\PC{1,20}".prop_map(String::into_bytes),
        1 => free,
        1 => Just(vec![b'x'; 255]),
    ]
    .prop_filter("a usable name", |name| {
        name.len() < 256
            && !name.contains(&b'/')
            && !name.starts_with(b".wh.")
            && name != b"."
            && name != b".."
    })
}

fn kind() -> impl Strategy<Value = Kind> {
    let content = proptest::collection::vec(any::<u8>(), 0..1500);
    let hole = prop_oneof![3 => Just(0), 1 => 1..200_000u64, 1 => Just(1 << 20)];
    let target = proptest::collection::vec(1..=255u8, 1..200);
    prop_oneof![
        3 => any::<bool>().prop_map(|opaque| Kind::Directory { opaque }),
        4 => (content, hole).prop_map(|(content, hole)| Kind::File { content, hole }),
        2 => target.prop_map(Kind::Symlink),
        2 => any::<prop::sample::Index>().prop_map(Kind::HardLink),
        1 => (any::<bool>(), 1..4096u32, 0..1_048_576u32).prop_map(|(block, major, minor)| Kind::Device { block, major, minor }),
        1 => Just(Kind::Fifo),
        1 => Just(Kind::Whiteout),
    ]
}

fn node() -> impl Strategy<Value = Node> {
    let id = || prop_oneof![Just(0), 1..70_000u32, 2_097_150..2_097_154u32, 4_000_000_000..4_294_967_294u32];
    let seconds =
        prop_oneof![Just(0), -2_000_000_000..0i64, 0..2_000_000_000i64, 8_589_934_590..8_589_934_594i64];
    let attribute = ("user\\.[a-z.]{1,12}", proptest::collection::vec(any::<u8>(), 0..200))
        .prop_filter("overlayfs' own", |(name, _)| !name.starts_with("user.overlay."));
    (
        any::<prop::sample::Index>(),
        name(),
        kind(),
        0..=0o7777u32,
        (id(), id()),
        (seconds, prop_oneof![Just(0), 0..1_000_000_000i64]),
        proptest::collection::vec(attribute, 0..3),
    )
        .prop_map(|(parent, name, kind, mode, owner, time, xattrs)| Node {
            parent,
            name,
            kind,
            mode,
            owner,
            time,
            xattrs,
        })
}

/// Makes the tree; what its names or the file system do not allow is left out.
fn plant(root: &Path, nodes: &[Node]) {
    let mut directories = vec![root.to_path_buf()];
    let mut files: Vec<PathBuf> = Vec::new();
    let mut made = Vec::new();
    for node in nodes {
        let path = node.parent.get(&directories).join(OsStr::from_bytes(&node.name));
        if path.as_os_str().len() > 3000 || !make(&path, node, &files) {
            continue;
        }
        match node.kind {
            Kind::Directory { .. } => directories.push(path.clone()),
            Kind::Whiteout => continue,
            Kind::HardLink(_) => {}
            _ => files.push(path.clone()),
        }
        made.push((path, node));
    }
    for (path, node) in made.iter().rev() {
        dress(path, node);
    }
}

fn make(path: &Path, node: &Node, files: &[PathBuf]) -> bool {
    let special = |kind, device| sys::fs::mknodat(sys::fs::CWD, path, kind, Mode::empty(), device).is_ok();
    match &node.kind {
        Kind::Directory { opaque } => {
            let made = fs::create_dir(path).is_ok();
            if made && *opaque {
                sys::fs::setxattr(path, "trusted.overlay.opaque", b"y", XattrFlags::empty())
                    .expect("root may");
            }
            made
        }
        Kind::File { content, hole } => File::create_new(path).is_ok_and(|file| {
            file.write_all_at(content, *hole).expect("it can be written");
            file.set_len(hole * 2 + content.len() as u64).expect("it can grow");
            true
        }),
        Kind::Symlink(target) => symlink(OsStr::from_bytes(target), path).is_ok(),
        Kind::HardLink(_) if files.is_empty() => false,
        Kind::HardLink(target) => fs::hard_link(target.get(files), path).is_ok(),
        Kind::Device { block, major, minor } => {
            let kind = if *block { FileType::BlockDevice } else { FileType::CharacterDevice };
            special(kind, sys::fs::makedev(*major, *minor))
        }
        Kind::Fifo => special(FileType::Fifo, 0),
        Kind::Whiteout => special(FileType::CharacterDevice, 0),
    }
}

fn dress(path: &Path, node: &Node) {
    let (uid, gid) = (Some(Uid::from_raw(node.owner.0)), Some(Gid::from_raw(node.owner.1)));
    sys::fs::chownat(sys::fs::CWD, path, uid, gid, AtFlags::SYMLINK_NOFOLLOW).expect("root may");
    if !path.is_symlink() {
        sys::fs::chmodat(sys::fs::CWD, path, Mode::from_raw_mode(node.mode), AtFlags::empty())
            .expect("root may");
    }
    if path.is_dir() || path.is_file() {
        for (name, value) in &node.xattrs {
            // a file system may have less space for them
            let _ = sys::fs::lsetxattr(path, name.as_str(), value, XattrFlags::empty());
        }
    }
    let time = Timespec { tv_sec: node.time.0, tv_nsec: node.time.1 };
    let times = Timestamps { last_access: time, last_modification: time };
    sys::fs::utimensat(sys::fs::CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).expect("root may");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_is_written_unpacks_to_the_same_bytes(nodes in proptest::collection::vec(node(), 1..40)) {
        if !kit::root() {
            return Ok(());
        }
        let (first, second) = (directory(), directory());
        plant(first.path(), &nodes);
        let archive = kit::write(first.path());
        let unpacked = kit::unpack_with(&archive, second.path(), &Unpack::default()).expect("our own archive unpacks");
        prop_assert_eq!(unpacked.skipped_xattrs, 0);
        prop_assert!(archive == kit::write(second.path()), "{:?}", kit::names(&archive));
        // the same directory is the same archive again
        prop_assert!(archive == kit::write(first.path()));
    }

    #[test]
    fn a_merged_tree_without_marks_is_written_like_a_layer(nodes in proptest::collection::vec(node(), 1..20)) {
        if !kit::root() {
            return Ok(());
        }
        let marked = |node: &Node| matches!(node.kind, Kind::Whiteout | Kind::Directory { opaque: true });
        let nodes: Vec<Node> = nodes.into_iter().filter(|node| !marked(node)).collect();
        let tree = directory();
        plant(tree.path(), &nodes);
        let merged = Write { view: View::Merged, ..Write::default() };
        let merged = kit::write_with(tree.path(), &merged).expect("it can be written").0;
        prop_assert!(merged == kit::write(tree.path()));
    }
}

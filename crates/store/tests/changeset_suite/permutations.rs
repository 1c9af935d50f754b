//! Short layers in every order: no sequence of links, files and whiteouts leads out of the root, by writing or by
//! reading. The second layer is unpacked over the first.
//!
//! Outside stands what the names lead to, with old times of access: who reads it, or lists it, makes them new.

use crate::kit::{self, Entry, archive, dir, directory, file, link, symlink};
use proptest::prelude::*;
use std::fs;
use std::os::fd::AsFd;
use std::os::unix::fs::{MetadataExt, symlink as make_symlink};
use std::path::{Path, PathBuf};
use store::changeset::{Error, Unpack, Whiteouts};
use sys::fs::{AtFlags, Timespec, Timestamps};
use tempfile::TempDir;

/// What an entry is called: plain, below another, outward, absolute.
const NAMES: [&str; 4] = ["a", "a/b", "../x", "/x"];

/// Where a link leads: to the others, and outward in all ways.
const TARGETS: [&str; 6] = ["a", "x", "a/b", "@/canary", "../canary", "../../../../../../../..@/canary"];

/// Every entry that a sequence can have.
fn alphabet() -> Vec<Entry> {
    let links = TARGETS.iter().flat_map(|target| NAMES.map(|name| symlink(name, target)));
    // the canary itself is a directory, which nobody can link to
    let hard_targets = TARGETS.map(|target| target.replace("canary", "canary/b"));
    let hard_links = hard_targets.iter().flat_map(|target| NAMES.map(|name| link(name, target).mode(0o777)));
    let others = NAMES.into_iter().flat_map(|name| {
        let (parent, last) = name.rsplit_once('/').map_or(("", name), |(parent, last)| (parent, last));
        [
            dir(name).mode(0o777).owner(66, 66),
            file(name, "evil").mode(0o4777),
            file(format!("{parent}/.wh.{last}"), ""),
            file(format!("{name}/.wh..wh..opq"), ""),
        ]
    });
    links.chain(hard_links).chain(others).collect()
}

/// A root, and around it what must not be touched.
struct Place {
    base: TempDir,
    paths: Vec<PathBuf>,
    before: Vec<[i64; 12]>,
}

impl Place {
    fn new() -> Self {
        let base = directory();
        let canary = base.path().join("canary");
        fs::create_dir_all(canary.join("dir")).unwrap();
        make_symlink("b", canary.join("x")).unwrap();
        let names = ["canary/b", "canary/dir/b", "x", "b", "canary/x", "canary/dir", "canary", ""];
        for name in &names[..4] {
            fs::write(base.path().join(name), "canary").unwrap();
        }
        fs::create_dir(base.path().join("root")).unwrap();
        let paths: Vec<PathBuf> = names.iter().map(|name| base.path().join(name)).collect();
        paths.iter().for_each(|path| age(path));
        let before = paths.iter().map(|path| look(path)).collect();
        Self { base, paths, before }
    }

    fn root(&self) -> PathBuf {
        self.base.path().join("root")
    }

    /// Unpacks layers over each other, up to the first that is refused, and takes them away again. How many entries
    /// were placed tells nobody: a refused layer is never used.
    fn survive(&self, layers: &[&[Entry]], whiteouts: Whiteouts) -> Result<(), Error> {
        let options = Unpack { whiteouts, ..Unpack::default() };
        let result = layers.iter().try_for_each(|entries| {
            let entries: Vec<Entry> = entries.iter().map(|entry| self.located(entry)).collect();
            kit::unpack_with(&archive(&entries), &self.root(), &options).map(drop)
        });
        self.is_untouched(layers);
        if let Err(error) = &result {
            is_clear(error);
        } else if whiteouts == Whiteouts::Overlay {
            kit::write(&self.root());
        }
        for entry in fs::read_dir(self.root()).unwrap() {
            let root = fs::File::open(self.root()).unwrap();
            let name = entry.unwrap().file_name();
            sys::rooted::remove_all(root.as_fd(), Path::new(&name)).unwrap();
        }
        self.is_untouched(layers);
        result
    }

    fn is_untouched(&self, layers: &[&[Entry]]) {
        for (path, before) in self.paths.iter().zip(&self.before) {
            assert_eq!(look(path), *before, "{} was touched by {layers:?}", path.display());
        }
    }

    /// `@` stands for the absolute path of the directory that holds the root and what is around it.
    fn located(&self, entry: &Entry) -> Entry {
        let target = String::from_utf8(entry.link.clone()).unwrap();
        let link = target.replace('@', self.base.path().to_str().unwrap()).into_bytes();
        Entry { link, ..entry.clone() }
    }
}

/// Everything that a file is, without a look into it: a changed content or directory has other times.
fn look(path: &Path) -> [i64; 12] {
    let stat = path.symlink_metadata().unwrap();
    let [inode, links, size] = [stat.ino(), stat.nlink(), stat.size()].map(u64::cast_signed);
    let [mode, uid, gid] = [stat.mode(), stat.uid(), stat.gid()].map(i64::from);
    let read = [stat.atime(), stat.atime_nsec()];
    let written = [stat.mtime(), stat.mtime_nsec(), stat.ctime(), stat.ctime_nsec()];
    [inode, links, size, mode, uid, gid, read[0], read[1], written[0], written[1], written[2], written[3]]
}

/// Makes the time of access older than that of the change, so that the next access is always noted.
fn age(path: &Path) {
    let old = |seconds| Timespec { tv_sec: seconds, tv_nsec: 0 };
    let times = Timestamps { last_access: old(1000), last_modification: old(2000) };
    sys::fs::utimensat(sys::fs::CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// It names the entry, its place, and what is wrong.
fn is_clear(error: &Error) {
    assert!(matches!(error, Error::Refused { .. } | Error::Entry { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.starts_with("entry \"") && message.contains("\" at byte "), "{message}");
}

#[test]
fn reading_and_writing_outside_would_be_seen() {
    let place = Place::new();
    for (number, path) in place.paths.iter().enumerate() {
        age(path);
        let before = look(path);
        if path.is_symlink() {
            fs::read_link(path).unwrap();
        } else if path.is_dir() {
            fs::read_dir(path).unwrap().count();
        } else {
            fs::read(path).unwrap();
        }
        if look(path) == before && number == 0 {
            println!("skipped: this file system keeps no time of access");
            return;
        }
        assert_ne!(look(path), before, "{}", path.display());
    }
}

#[test]
fn every_pair_of_entries_stays_inside() {
    if !kit::root() {
        return;
    }
    let place = Place::new();
    let alphabet = alphabet();
    for whiteouts in [Whiteouts::Overlay, Whiteouts::Literal] {
        let placed = |entry: &&Entry| place.survive(&[std::slice::from_ref(entry)], whiteouts).is_ok();
        // what is refused as the first entry is refused whatever follows
        let first: Vec<&Entry> = alphabet.iter().filter(placed).collect();
        assert!(first.len() > alphabet.len() / 3, "{} of {}", first.len(), alphabet.len());
        for first in first {
            for second in &alphabet {
                let both = [first.clone(), second.clone()];
                let one = place.survive(&[&both], whiteouts);
                let two = place.survive(&[&both[..1], &both[1..]], whiteouts);
                assert_eq!(one.is_ok(), two.is_ok(), "{both:?}: {one:?} {two:?}");
            }
        }
    }
}

/// Mostly what is not refused for itself, so that there are sequences.
fn any_entry() -> impl Strategy<Value = Entry> {
    let is_inside = |entry: &Entry| {
        let is_outward = |text: &[u8]| text.starts_with(b"..") || text.starts_with(b"@");
        !is_outward(&entry.name) && (entry.flag != b'1' || !is_outward(&entry.link))
    };
    let inside = alphabet().into_iter().filter(is_inside).collect::<Vec<_>>();
    prop_oneof![
        12 => proptest::sample::select(inside),
        1 => proptest::sample::select(alphabet()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    /// The other lengths are too many to try them all.
    #[test]
    fn longer_sequences_over_two_layers_stay_inside(
        entries in proptest::collection::vec(any_entry(), 3..=4),
        cut in 0..=4usize,
        literal in any::<bool>(),
    ) {
        if !kit::root() {
            return Ok(());
        }
        let (first, second) = entries.split_at(cut.min(entries.len()));
        let whiteouts = if literal { Whiteouts::Literal } else { Whiteouts::Overlay };
        // refused or not: what matters is asserted on the way
        let _ = Place::new().survive(&[first, second], whiteouts);
    }
}

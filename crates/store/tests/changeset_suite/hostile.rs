//! Archives that try to reach out of their root. A canary stands beside it; whatever happens, it must not
//! change.

use crate::kit::{self, Entry, archive, device, dir, directory, entry, file, link, symlink};
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink as make_symlink};
use std::path::Path;
use store::changeset::{Error, Unpack, Whiteouts};

/// What is expected of a case.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Expect {
    /// An error that names this entry.
    Error(&'static str),
    /// The same, but only where whiteouts have a meaning; in a living tree the archive is harmless.
    LayerError(&'static str),
    /// It stays inside.
    Harmless,
}
use Expect::{Error as Refused, Harmless, LayerError};

/// What it is, what is expected, and the archive.
type Case = (&'static str, Expect, Vec<Entry>);

/// Makes a root and, beside it, a canary with everything that a hostile archive might want to change.
fn canary(base: &Path) {
    fs::create_dir(base.join("root")).unwrap();
    let canary = base.join("canary");
    fs::create_dir_all(canary.join("dir/below")).unwrap();
    for (name, mode) in [("file", 0o640), ("setuid", 0o4755), ("dir/file", 0o600), ("dir/below/file", 0o444)]
    {
        fs::write(canary.join(name), name).unwrap();
        std::os::unix::fs::chown(canary.join(name), Some(1234), Some(4321)).unwrap();
        fs::set_permissions(canary.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    make_symlink("file", canary.join("link")).unwrap();
}

/// Unpacks a case in both ways and looks at the canary after each.
fn survive(entries: &[Entry]) -> [Result<(), Error>; 2] {
    [Whiteouts::Overlay, Whiteouts::Literal].map(|whiteouts| {
        let base = directory();
        canary(base.path());
        let before = (kit::look(&base.path().join("canary")), beside(base.path()));
        let entries: Vec<Entry> = entries.iter().cloned().map(|entry| located(entry, base.path())).collect();
        let options = Unpack { whiteouts, ..Unpack::default() };
        let result = kit::unpack_with(&archive(&entries), &base.path().join("root"), &options);
        assert_eq!(before, (kit::look(&base.path().join("canary")), beside(base.path())), "{entries:?}");
        result.map(drop)
    })
}

fn beside(base: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(base).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// `@` stands for the absolute path of the directory that holds root and canary.
fn located(mut entry: Entry, base: &Path) -> Entry {
    let base = base.as_os_str().as_encoded_bytes();
    for text in [&mut entry.name, &mut entry.link] {
        if text.first() == Some(&b'@') {
            *text = [base, &text[1..]].concat();
        }
    }
    entry
}

fn cases() -> Vec<Case> {
    let mut cases = names();
    cases.extend(through_links());
    cases.extend(below_links());
    cases.extend(hard_links());
    cases.extend(whiteouts());
    cases.extend(odd_entries());
    cases
}

fn names() -> Vec<Case> {
    let dots = "the name contains \"..\"";
    vec![
        ("parent", Refused(dots), vec![file("../canary/file", "evil")]),
        ("parent in the middle", Refused(dots), vec![dir("a/"), file("a/../../canary/file", "evil")]),
        ("parent that stays inside", Refused(dots), vec![dir("a/"), file("a/../b", "evil")]),
        ("parent at the end", Refused(dots), vec![dir("a/..")]),
        ("only parent", Refused(dots), vec![dir("..").mode(0o777)]),
        ("parent after dots and slashes", Refused(dots), vec![file(".//./../canary/file", "evil")]),
        ("parent after a leading slash", Refused(dots), vec![file("/../canary/file", "evil")]),
        ("parent as a directory", Refused(dots), vec![dir("../canary/").mode(0o777).owner(0, 0)]),
        ("parent in a PAX path", Refused(dots), vec![file("x", "evil").record("path", "../canary/file")]),
        (
            "parent in a long name",
            Refused(dots),
            vec![file("a/".repeat(60) + &"../".repeat(61) + "canary/file", "evil")],
        ),
        (
            "parent in a sparse name",
            Refused(dots),
            vec![file("x", "evil").record("GNU.sparse.name", "../canary/file")],
        ),
        ("parent of a symbolic link", Refused(dots), vec![symlink("../link", "canary")]),
        ("parent of a device", Refused(dots), vec![device("../null", 1, 3)]),
        ("absolute", Harmless, vec![file("@/canary/file", "evil")]),
        ("absolute directory", Harmless, vec![dir("@/canary/dir/").mode(0o777).owner(9, 9)]),
        ("many slashes", Harmless, vec![file("////etc///passwd", "evil")]),
        ("empty", Refused("the name is empty"), vec![file("", "evil")]),
        ("NUL in a PAX path", Refused("NUL"), vec![file("x", "evil").record("path", "a\0b")]),
        ("component too long", Refused("make file"), vec![file("n".repeat(256), "evil")]),
        ("path too long", Refused("parent directory"), vec![file("n/".repeat(2100) + "f", "evil")]),
    ]
}

fn through_links() -> Vec<Case> {
    let missing = "parent directory";
    vec![
        (
            "relative link, write below",
            Refused(missing),
            vec![symlink("a", "../canary"), file("a/file", "evil")],
        ),
        (
            "absolute link, write below",
            Refused(missing),
            vec![symlink("a", "@/canary"), file("a/file", "evil")],
        ),
        ("link to the file itself", Harmless, vec![symlink("a", "@/canary/file"), file("a", "evil")]),
        (
            "link, then directory of that name",
            Harmless,
            vec![symlink("a", "@/canary"), dir("a/").mode(0o777)],
        ),
        ("link, then device of that name", Harmless, vec![symlink("a", "@/canary/file"), device("a", 1, 3)]),
        (
            "link, then FIFO of that name",
            Harmless,
            vec![symlink("a", "@/canary/file"), entry(b'6', "a").mode(0o777)],
        ),
        (
            "link, then link of that name",
            Harmless,
            vec![symlink("a", "@/canary"), symlink("a", "@/canary/dir")],
        ),
        (
            "link through a link",
            Refused(missing),
            vec![symlink("a", "@"), symlink("b", "a/canary"), file("b/file", "evil")],
        ),
        (
            "two links up",
            Refused(missing),
            vec![dir("d/"), symlink("d/a", ".."), symlink("b", "d/a/../canary"), file("b/file", "evil")],
        ),
        ("link up inside", Harmless, vec![dir("d/"), symlink("d/up", ".."), file("d/up/up", "inside")]),
        ("link far up", Harmless, vec![symlink("a", "../../../../../../.."), file("a/inside", "evil")]),
        ("root link", Harmless, vec![symlink("a", "/"), file("a/inside", "evil")]),
        ("loop", Refused(missing), vec![symlink("a", "b"), symlink("b", "a"), file("a/file", "evil")]),
        ("link to itself", Refused(missing), vec![symlink("a", "a"), file("a/file", "evil")]),
        ("magic link", Refused(missing), vec![symlink("a", "/proc/self/root"), file("a/file", "evil")]),
    ]
}

fn below_links() -> Vec<Case> {
    let missing = "parent directory";
    vec![
        (
            "directory below a link",
            Refused(missing),
            vec![symlink("a", "@/canary"), dir("a/dir/").mode(0o777)],
        ),
        ("device below a link", Refused(missing), vec![symlink("a", "@/canary"), device("a/null", 1, 3)]),
        ("link below a link", Refused(missing), vec![symlink("a", "@/canary"), symlink("a/new", "x")]),
        (
            "the root replaced",
            Refused("the root can only be a directory"),
            vec![symlink("./", "@/canary"), file("file", "evil")],
        ),
        ("the root as a file", Refused("the root can only be a directory"), vec![file(".", "evil")]),
        ("a file as a directory", Refused("Not a directory"), vec![file("a", ""), file("a/b", "evil")]),
        ("link to nothing", Refused("link to nothing"), vec![symlink("a", "")]),
    ]
}

fn hard_links() -> Vec<Case> {
    vec![
        ("hard link out", Refused("outside"), vec![link("a", "../canary/file")]),
        ("absolute hard link", Refused("link target"), vec![link("a", "@/canary/file")]),
        (
            "hard link out, then written",
            Refused("outside"),
            vec![link("a", "../canary/file"), file("a", "evil")],
        ),
        (
            "hard link through a link",
            Refused("link target"),
            vec![symlink("s", "@/canary"), link("a", "s/file")],
        ),
        (
            "hard link to a link, then written",
            Harmless,
            vec![symlink("s", "@/canary/file"), link("a", "s"), file("a", "evil"), file("s", "evil")],
        ),
        (
            "hard link to a link, mode changed",
            Harmless,
            vec![symlink("s", "@/canary/file"), link("a", "s").mode(0o777).owner(0, 0)],
        ),
        (
            "hard link to a link to a directory, written below",
            Refused("parent directory"),
            vec![symlink("s", "@/canary"), link("a", "s"), file("a/file", "evil")],
        ),
        ("hard link to a directory", Refused("hard link"), vec![dir("d/"), link("a", "d")]),
        ("hard link to the root", Refused("directory cannot be linked"), vec![link("a", "./")]),
        ("hard link to nothing", Refused("outside or nowhere"), vec![link("a", "")]),
        ("hard link to what is missing", Refused("hard link"), vec![link("a", "b")]),
        ("hard link to itself", Harmless, vec![file("a", "a"), link("a", "a")]),
    ]
}

fn whiteouts() -> Vec<Case> {
    let none = "a whiteout must name a file";
    let missing = "parent directory";
    vec![
        ("whiteout of nothing", LayerError(none), vec![file(".wh.", "")]),
        ("whiteout of .", LayerError(none), vec![file("a/.wh..", "")]),
        ("whiteout of ..", LayerError(none), vec![file(".wh...", "")]),
        (
            "whiteout through a link",
            Refused(missing),
            vec![symlink("a", "../canary"), file("a/.wh.file", "")],
        ),
        (
            "whiteout through an absolute link",
            Refused(missing),
            vec![symlink("a", "@/canary"), file("a/.wh.dir", "")],
        ),
        (
            "opaque through a link",
            Refused(missing),
            vec![symlink("a", "@/canary"), file("a/.wh..wh..opq", "")],
        ),
        ("whiteout of a link", Harmless, vec![symlink("a", "@/canary/dir"), file(".wh.a", "")]),
        ("whiteout with ..", Refused(".."), vec![file("../canary/.wh.file", "")]),
        ("whiteout as a directory", LayerError("used as a directory"), vec![file(".wh.a/b", "")]),
        (
            "whiteout through a hard link to a link",
            Refused(missing),
            vec![symlink("s", "@/canary"), link("a", "s"), file("a/.wh.file", "")],
        ),
    ]
}

fn odd_entries() -> Vec<Case> {
    let overlay = file("a", "").record("SCHILY.xattr.trusted.overlay.redirect", "/canary");
    vec![
        ("overlayfs attributes", Harmless, vec![overlay]),
        ("unknown kind", Refused("its kind is unknown"), vec![entry(b'Z', "a")]),
        ("another volume", Refused("another volume"), vec![entry(b'M', "a")]),
        ("impossible owner", Refused("possible id"), vec![file("a", "").owner(1 << 32, 0)]),
        ("owner -1", Refused("possible id"), vec![file("a", "").owner(0, u64::from(u32::MAX))]),
        ("impossible device", Refused("device numbers"), vec![device("a", 1 << 13, 0)]),
        (
            "nameless attribute",
            Refused("extended attribute"),
            vec![file("a", "").record("SCHILY.xattr.", "x")],
        ),
        (
            "whiteout device through a link",
            Refused("parent directory"),
            vec![symlink("a", "@/canary"), device("a/file", 0, 0)],
        ),
        ("link with a NUL", Refused("make link"), vec![symlink("a", "x").record("linkpath", "a\0b")]),
        ("deep link chain", Refused("parent directory"), {
            let mut entries: Vec<Entry> =
                (0..50).map(|n| symlink(format!("l{n}"), format!("l{}", n + 1))).collect();
            entries.extend([dir("l50/"), file("l0/file", "evil")]);
            entries
        }),
    ]
}

#[test]
fn nothing_outside_the_root_is_touched() {
    if !kit::root() {
        return;
    }
    let cases = cases();
    assert!(cases.len() >= 60, "{} cases", cases.len());
    for (label, expect, entries) in cases {
        let [layer, living] = survive(&entries);
        match expect {
            Harmless => assert!(layer.is_ok() && living.is_ok(), "{label}: {layer:?} {living:?}"),
            LayerError(reason) => {
                assert!(living.is_ok(), "{label}: {living:?}");
                named(label, &layer.unwrap_err(), reason);
            }
            Refused(reason) => {
                named(label, &layer.unwrap_err(), reason);
                named(label, &living.unwrap_err(), reason);
            }
        }
    }
}

/// The message names an entry, its place and the reason.
fn named(label: &str, error: &Error, reason: &str) {
    let message = error.to_string();
    assert!(message.starts_with("entry \"") && message.contains("\" at byte "), "{label}: {message}");
    assert!(message.contains(reason), "{label}: {message}");
}

#[test]
fn messages_are_for_people() {
    if !kit::root() {
        return;
    }
    let message = |entries: &[Entry]| survive(entries)[0].as_ref().unwrap_err().to_string();
    assert_eq!(
        message(&[dir("a/"), file("a/../../x\n", "evil")]),
        "entry \"a/../../x\\n\" at byte 512: the name contains \"..\""
    );
    assert_eq!(
        message(&[symlink("a", "/etc"), file("a/passwd", "evil")]),
        "entry \"a/passwd\" at byte 512: make parent directory: File exists (os error 17)"
    );
    assert_eq!(message(&[file(".wh..", "")]), "entry \".wh..\" at byte 0: a whiteout must name a file");
}

/// Few names, so that entries meet each other.
fn any_name() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("a"),
        Just("b"),
        Just("c"),
        Just("canary"),
        Just("file"),
        Just(".wh.a"),
        Just(".wh.file")
    ];
    proptest::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"))
}

fn any_target() -> impl Strategy<Value = String> {
    let head = prop_oneof![Just(""), Just("../"), Just("../../"), Just("@/"), Just("/"), Just("./")];
    (head, any_name()).prop_map(|(head, name)| format!("{head}{name}"))
}

fn any_entry() -> impl Strategy<Value = Entry> {
    prop_oneof![
        4 => (any_name(), any_target()).prop_map(|(name, target)| symlink(name, target)),
        3 => (any_name(), any_target()).prop_map(|(name, target)| link(name, target).mode(0o777)),
        3 => any_name().prop_map(|name| file(name, "evil").mode(0o4777)),
        2 => any_name().prop_map(|name| dir(name).mode(0o777).owner(66, 66)),
        1 => any_name().prop_map(|name| device(name, 1, 3)),
        1 => any_name().prop_map(|name| entry(b'6', name).mode(0o777)),
        1 => any_name().prop_map(|name| file(name + "/.wh..wh..opq", "")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Each archive is cut at its first error, so the entries are also unpacked one by one into the same
    /// tree.
    #[test]
    fn chains_of_links_stay_inside(entries in proptest::collection::vec(any_entry(), 1..12)) {
        if !kit::root() {
            return Ok(());
        }
        let _ = survive(&entries);
        let base = directory();
        canary(base.path());
        let before = (kit::look(&base.path().join("canary")), beside(base.path()));
        for entry in entries {
            let entry = located(entry, base.path());
            let _ = kit::unpack(&archive(std::slice::from_ref(&entry)), &base.path().join("root"));
            let _ = kit::unpack_literal(&archive(&[entry]), &base.path().join("root"));
        }
        prop_assert_eq!(before, (kit::look(&base.path().join("canary")), beside(base.path())));
    }

    /// Damaged archives neither panic nor reach out.
    #[test]
    fn damaged_archives_are_errors_or_harmless(
        entries in proptest::collection::vec(any_entry(), 1..5),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        if !kit::root() {
            return Ok(());
        }
        let base = directory();
        canary(base.path());
        let before = kit::look(&base.path().join("canary"));
        let mut bytes = archive(&entries);
        for (at, value) in damage {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        seal_headers(&mut bytes);
        bytes.truncate(cut.index(bytes.len() * 4));
        let _ = kit::unpack(&bytes, &base.path().join("root"));
        prop_assert_eq!(before, kit::look(&base.path().join("canary")));
    }
}

/// Gives every block a valid checksum as if it were a header, so that damage gets past it.
fn seal_headers(bytes: &mut [u8]) {
    for block in bytes.chunks_exact_mut(512).filter(|block| block.iter().any(|&byte| byte != 0)) {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|&byte| u32::from(byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}

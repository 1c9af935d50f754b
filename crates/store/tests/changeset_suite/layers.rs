//! What a layer's entries mean.

use crate::kit::{
    self, archive, device, dir, directory, entry, file, link, symlink, unpack, unpack_literal, unpack_with,
};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use store::changeset::{Error, Limits, Ownership, Replace, Scope, Unpack, View, Write};

const CAPABILITY: &[u8] = b"\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\n\0\0\0";

#[test]
fn all_kinds_of_entries_arrive() {
    if !kit::root() {
        return;
    }
    let root = directory();
    let long = "long/".repeat(30) + "name";
    let capability = &CAPABILITY[..20];
    let entries = [
        dir("./").mode(0o711).owner(5, 6).time(77),
        dir("d/").mode(0o1777).owner(3_000_000, 4_000_000_000).time(88),
        file("d/file", "content").mode(0o4755).owner(1, 2).time(99),
        link("d/link", "d/file"),
        symlink("d/sym", "/etc/passwd").owner(7, 8).time(111),
        device("d/null", 1, 3).mode(0o666).owner(9, 10),
        entry(b'4', "d/loop").mode(0o660),
        entry(b'6', "d/fifo").mode(0o622).time(222),
        file(&long, "long"),
        symlink("d/far", "t".repeat(300)),
        file("e/capable", "x").mode(0o755).record("SCHILY.xattr.security.capability", capability),
        file("e/pax", "y").record("path", "e/ünï\u{1F600}").record("mtime", "-5.5").record("uid", "2500000"),
        file(b"e/\xff\xfe", "z"),
        kit::Entry { device: (7, 300), ..entry(b'4', "e/minor") },
    ];
    let unpacked = unpack(&archive(&entries), root.path()).unwrap();
    assert_eq!((unpacked.entries, unpacked.implied), (14, 31));
    let stat = |name: &str| root.path().join(name).symlink_metadata().unwrap();
    let basics =
        |name: &str| (stat(name).mode() & 0o7777, stat(name).uid(), stat(name).gid(), stat(name).mtime());
    assert_eq!(basics("."), (0o711, 5, 6, 77));
    assert_eq!(basics("d"), (0o1777, 3_000_000, 4_000_000_000, 88));
    assert_eq!(basics("d/file"), (0o4755, 1, 2, 99));
    assert_eq!(stat("d/file").ino(), stat("d/link").ino());
    assert_eq!(basics("d/sym"), (0o777, 7, 8, 111));
    assert_eq!(fs::read_link(root.path().join("d/far")).unwrap().as_os_str().len(), 300);
    assert!(stat("d/null").file_type().is_char_device());
    assert_eq!((stat("d/null").rdev(), basics("d/null")), (0x103, (0o666, 9, 10, 1_000_000)));
    assert_eq!(stat("e/minor").rdev(), sys::fs::makedev(7, 300));
    assert!(stat("d/loop").file_type().is_block_device());
    assert!(stat("d/fifo").file_type().is_fifo());
    assert_eq!(basics("d/fifo"), (0o622, 0, 0, 222));
    assert_eq!(fs::read(root.path().join(&long)).unwrap(), b"long");
    assert_eq!(basics("long/long"), (0o755, 0, 0, 0));
    assert_eq!(
        kit::xattr(&root.path().join("e/capable"), "security.capability").as_deref(),
        Some(capability)
    );
    let pax = "e/ünï\u{1F600}";
    assert_eq!((basics(pax).1, basics(pax).3, stat(pax).mtime_nsec()), (2_500_000, -6, 500_000_000));
    assert!(root.path().join(std::ffi::OsStr::from_bytes(b"e/\xff\xfe")).exists());
}

#[test]
fn whiteouts_become_overlayfs_marks_and_come_back() {
    if !kit::root() {
        return;
    }
    let root = directory();
    let entries = [
        dir("a/").time(5),
        file("a/.wh.gone", ""),
        file("a/.wh..wh..opq", ""),
        file(".wh.top", ""),
        // the order in a layer has no meaning: what it has itself stays, the lower directory is hidden
        dir("both/"),
        file("both/new", ""),
        file(".wh.both", ""),
        file(".wh.later", ""),
        dir("later/"),
        file(".wh.replaced", ""),
        file("replaced", "new"),
        file(".wh..wh.plnk/99.1", ""),
    ];
    unpack(&archive(&entries), root.path()).unwrap();
    let opaque = |name: &str| kit::xattr(&root.path().join(name), "trusted.overlay.opaque");
    let whiteout = |name: &str| {
        let stat = root.path().join(name).symlink_metadata().unwrap();
        stat.file_type().is_char_device() && stat.rdev() == 0
    };
    assert!(whiteout("a/gone") && whiteout("top"));
    assert_eq!(opaque("a").as_deref(), Some(&b"y"[..]));
    assert_eq!(opaque("both").as_deref(), Some(&b"y"[..]));
    assert_eq!(opaque("later").as_deref(), Some(&b"y"[..]));
    assert_eq!(fs::read(root.path().join("replaced")).unwrap(), b"new");
    assert_eq!(root.path().join("a").metadata().unwrap().mtime(), 5);
    assert!(!root.path().join(".wh..wh.plnk").exists());
    let names = kit::names(&kit::write(root.path()));
    let expected = [
        "a/",
        "a/.wh..wh..opq",
        "a/.wh.gone",
        "both/",
        "both/.wh..wh..opq",
        "both/new",
        "later/",
        "later/.wh..wh..opq",
        "replaced",
        ".wh.top",
    ];
    assert_eq!(names, expected);
}

#[test]
fn an_opaque_root_is_marked() {
    if !kit::root() {
        return;
    }
    let root = directory();
    unpack(&archive(&[file(".wh..wh..opq", "")]), root.path()).unwrap();
    assert_eq!(kit::xattr(root.path(), "trusted.overlay.opaque").as_deref(), Some(&b"y"[..]));
    assert_eq!(kit::names(&kit::write(root.path())), [".wh..wh..opq"]);
}

#[test]
fn a_later_entry_replaces_an_earlier_one_of_another_kind() {
    if !kit::root() {
        return;
    }
    let makers = [dir("x/"), file("x", "f"), symlink("x", "nowhere"), device("x", 1, 3), entry(b'6', "x")];
    for first in &makers {
        for second in &makers {
            let root = directory();
            let mut entries = vec![file("old", "old"), first.clone()];
            if first.flag == b'5' {
                entries.push(file("x/below/deep", ""));
            }
            entries.extend([second.clone(), link("again", "x")].into_iter().take(if second.flag == b'5' {
                1
            } else {
                2
            }));
            unpack(&archive(&entries), root.path()).unwrap();
            let kind = root.path().join("x").symlink_metadata().unwrap().file_type();
            let expected =
                [kind.is_dir(), kind.is_file(), kind.is_symlink(), kind.is_char_device(), kind.is_fifo()];
            assert_eq!(expected.iter().position(|is| *is), makers.iter().position(|m| m.flag == second.flag));
        }
    }
}

#[test]
fn a_path_follows_an_earlier_link_inside_the_root() {
    if !kit::root() {
        return;
    }
    let root = directory();
    let entries = [
        dir("usr/bin/").time(42),
        symlink("bin", "usr/bin"),
        symlink("sbin", "/usr/bin"),
        file("bin/a", "a"),
        file("sbin/b", "b"),
        link("bin/c", "sbin/a"),
    ];
    unpack(&archive(&entries), root.path()).unwrap();
    assert_eq!(fs::read(root.path().join("usr/bin/b")).unwrap(), b"b");
    assert_eq!(fs::read(root.path().join("usr/bin/c")).unwrap(), b"a");
    assert_eq!(root.path().join("usr/bin").metadata().unwrap().mtime(), 42);
    assert_eq!(root.path().join("usr").metadata().unwrap().mtime(), 0);
}

#[test]
fn directory_times_hold_in_any_order_of_entries() {
    if !kit::root() {
        return;
    }
    let root = directory();
    let entries = [
        dir("a/").time(1),
        dir("b/").time(2),
        file("a/1", ""),
        file("b/1", ""),
        file("a/2", ""),
        dir("a/c/").time(3),
        file("b/2", ""),
        file("a/c/1", ""),
        file("late/1", ""),
        dir("late/").time(4),
        file("late/2", ""),
        link("b/3", "a/1"),
        file("a/1", "replaced"),
        dir("./").time(9),
        file("top", ""),
    ];
    unpack(&archive(&entries), root.path()).unwrap();
    for (name, time) in [("a", 1), ("b", 2), ("a/c", 3), ("late", 4), (".", 9)] {
        assert_eq!(root.path().join(name).metadata().unwrap().mtime(), time, "{name}");
    }
}

#[test]
fn a_living_tree_is_merged_and_replaced() {
    if !kit::root() {
        return;
    }
    let root = directory();
    fs::create_dir_all(root.path().join("etc/old")).unwrap();
    fs::write(root.path().join("etc/old/keep"), "keep").unwrap();
    fs::write(root.path().join("etc/victim"), "old").unwrap();
    fs::hard_link(root.path().join("etc/victim"), root.path().join("etc/twin")).unwrap();
    let entries =
        [dir("etc/old/").mode(0o700).time(3), file("etc/victim", "new"), file("etc/.wh.keep", "plain")];
    unpack_literal(&archive(&entries), root.path()).unwrap();
    let read = |name: &str| fs::read_to_string(root.path().join(name)).unwrap();
    assert_eq!(
        (read("etc/old/keep"), read("etc/victim"), read("etc/twin")),
        ("keep".into(), "new".into(), "old".into())
    );
    assert_eq!(read("etc/.wh.keep"), "plain");
    assert_eq!(root.path().join("etc/old").metadata().unwrap().permissions().mode() & 0o7777, 0o700);
    assert_eq!(root.path().join("etc/old").metadata().unwrap().mtime(), 3);
    assert!(
        root.path().join("etc").metadata().unwrap().mtime() > 1_000_000,
        "a directory that is not named shows the change"
    );
}

#[test]
fn a_told_directory_keeps_its_time_in_a_living_tree() {
    let root = directory();
    let owner = Ownership::Set(sys::process::geteuid().as_raw(), sys::process::getegid().as_raw());
    let entries = [dir("a/").time(3), dir("b/").time(4), file("a/x", ""), file("b/x", "")];
    let options = Unpack { whiteouts: kit::LITERAL, ownership: owner, ..Unpack::default() };
    unpack_with(&archive(&entries), root.path(), &options).unwrap();
    assert_eq!(root.path().join("a").metadata().unwrap().mtime(), 3);
    assert_eq!(root.path().join("b").metadata().unwrap().mtime(), 4);
}

#[test]
fn directories_and_others_may_be_kept_from_replacing_each_other() {
    if !kit::root() {
        return;
    }
    let root = directory();
    fs::create_dir(root.path().join("d")).unwrap();
    fs::write(root.path().join("f"), "").unwrap();
    let options = Unpack { whiteouts: kit::LITERAL, replace: Replace::SameSort, ..Unpack::default() };
    let attempt = |entry: kit::Entry| unpack_with(&archive(&[entry]), root.path(), &options);
    let error = attempt(file("d", "")).unwrap_err();
    assert_eq!(error.to_string(), "entry \"d\" at byte 0: cannot overwrite a directory with a non-directory");
    let error = attempt(dir("f/")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "entry \"f/\" at byte 0: cannot overwrite a non-directory with a directory"
    );
    attempt(dir("d/")).unwrap();
    attempt(symlink("f", "d")).unwrap();
    assert!(
        matches!(attempt(dir("f/")), Err(Error::Overwrite { .. })),
        "a link to a directory is no directory"
    );
}

#[test]
fn one_owner_can_be_set_for_all() {
    if !kit::root() {
        return;
    }
    let root = directory();
    let options = Unpack { ownership: Ownership::Set(12, 34), ..Unpack::default() };
    unpack_with(&archive(&[file("a/b", "").owner(1, 1), symlink("s", "t")]), root.path(), &options).unwrap();
    for name in ["a", "a/b", "s"] {
        let stat = root.path().join(name).symlink_metadata().unwrap();
        assert_eq!((stat.uid(), stat.gid()), (12, 34), "{name}");
    }
}

#[test]
fn zeros_become_holes_and_come_back() {
    if !kit::root() {
        return;
    }
    let root = directory();
    let mut content = vec![0; 10 << 20];
    content[5 << 20] = 1;
    let entry = kit::Entry { content: content.clone(), ..file("big", "") };
    unpack(&archive(&[entry]), root.path()).unwrap();
    let stat = root.path().join("big").metadata().unwrap();
    assert_eq!(stat.len(), 10 << 20);
    assert!(stat.blocks() * 512 < 1 << 20, "{} blocks", stat.blocks());
    let written = kit::write(root.path());
    assert_eq!(written.len(), 512 + (10 << 20) + 1024);
    assert!(written[512..512 + (10 << 20)] == content[..]);
}

#[test]
fn a_deep_tree_is_written_and_removed_with_few_descriptors() {
    let root = directory();
    let owner = Ownership::Set(sys::process::geteuid().as_raw(), sys::process::getegid().as_raw());
    let options = Unpack { whiteouts: kit::LITERAL, ownership: owner, ..Unpack::default() };
    // each link doubles what one path can reach
    let deep = "d/".repeat(1900);
    let entries =
        [dir(format!("a/{deep}")), symlink("jump", format!("a/{deep}")), dir(format!("jump/{deep}"))];
    unpack_with(&archive(&entries), root.path(), &options).unwrap();
    let written = kit::write(root.path());
    assert_eq!(kit::names(&written).len(), 1900 * 2 + 2);
    unpack_with(&archive(&[file("a", "")]), root.path(), &options).unwrap();
    assert!(root.path().join("a").is_file());
}

#[test]
fn overlayfs_own_attributes_and_labels_are_left_out() {
    if !kit::root() {
        return;
    }
    let root = directory();
    let entry = dir("d/")
        .record("SCHILY.xattr.trusted.overlay.redirect", "/etc")
        .record("SCHILY.xattr.trusted.overlay.opaque", "y")
        .record("SCHILY.xattr.user.overlay.opaque", "y")
        .record("SCHILY.xattr.security.selinux", "label")
        .record("SCHILY.xattr.user.mine", "kept");
    let unpacked = unpack(&archive(&[entry]), root.path()).unwrap();
    assert_eq!(unpacked.skipped_xattrs, 4);
    let path = root.path().join("d");
    assert_eq!(kit::xattr(&path, "user.mine").as_deref(), Some(&b"kept"[..]));
    for name in ["trusted.overlay.redirect", "trusted.overlay.opaque", "user.overlay.opaque"] {
        assert_eq!(kit::xattr(&path, name), None, "{name}");
    }
}

#[test]
fn limits_hold() {
    let limited = |limits: Limits, entries: &[kit::Entry]| {
        let root = directory();
        let owner = Ownership::Set(sys::process::geteuid().as_raw(), sys::process::getegid().as_raw());
        let options = Unpack { limits, ownership: owner, ..Unpack::default() };
        unpack_with(&archive(entries), root.path(), &options).unwrap_err().to_string()
    };
    let limits = Limits { entries: 1, ..Limits::default() };
    assert_eq!(
        limited(limits, &[file("a", ""), file("b", "")]),
        "archive exceeds the limit of 1 entries, at byte 512"
    );
    let limits = Limits { stream: 1500, ..Limits::default() };
    assert!(limited(limits, &[file("a", ""), file("b", "")]).contains("limit of 1500 bytes"));
    let limits = Limits::default();
    let giant = file("a", "").record("comment", "x".repeat(1 << 20));
    assert!(limited(limits, &[giant]).contains("limit of 1048576 bytes in an extended header"));
    assert!(limited(limits, &[file("x".repeat(2 << 20), "")]).contains("bytes in an extended header"));
}

#[test]
fn a_layer_that_a_tar_cannot_say_is_refused() {
    if !kit::root() {
        return;
    }
    let refusal = |prepare: &dyn Fn(&std::path::Path)| {
        let root = directory();
        prepare(root.path());
        kit::write_with(root.path(), &Write::default()).unwrap_err().to_string()
    };
    let set = |path: &std::path::Path, name: &str| {
        sys::fs::setxattr(path, name, b"v", sys::fs::XattrFlags::empty()).unwrap();
    };
    assert_eq!(
        refusal(&|root| fs::write(root.join(".wh.x"), "").unwrap()),
        "cannot put \".wh.x\" into an archive: names that begin with .wh. are whiteouts in a layer"
    );
    let redirected = refusal(&|root| {
        fs::create_dir(root.join("d")).unwrap();
        set(&root.join("d"), "trusted.overlay.redirect");
    });
    assert!(redirected.contains("\"d\""), "{redirected}");
    let equals = refusal(&|root| {
        fs::write(root.join("f"), "").unwrap();
        set(&root.join("f"), "user.a=b");
    });
    assert!(equals.contains("has a ="), "{equals}");
}

#[test]
fn a_merged_tree_is_written_as_it_is_and_under_any_name() {
    if !kit::root() {
        return;
    }
    let root = directory();
    fs::create_dir(root.path().join("d")).unwrap();
    fs::write(root.path().join("d/.wh.f"), "x").unwrap();
    std::os::unix::net::UnixListener::bind(root.path().join("d/socket")).unwrap();
    sys::fs::mknodat(
        sys::fs::CWD,
        root.path().join("z"),
        sys::fs::FileType::CharacterDevice,
        sys::fs::Mode::empty(),
        0,
    )
    .unwrap();
    let names = |scope| {
        let (bytes, written) = kit::write_with(root.path(), &Write { view: View::Merged, scope }).unwrap();
        let names = kit::names(&bytes);
        assert_eq!(names.len() as u64, written.entries);
        names
    };
    assert_eq!(names(Scope::Contents), ["d/", "d/.wh.f", "z"]);
    assert_eq!(names(Scope::Under("new".into())), ["new/", "new/d/", "new/d/.wh.f", "new/z"]);
    assert_eq!(names(Scope::Child { name: "d".into(), entry: "e".into() }), ["e/", "e/.wh.f"]);
    assert_eq!(names(Scope::Child { name: "z".into(), entry: "zero".into() }), ["zero"]);
}

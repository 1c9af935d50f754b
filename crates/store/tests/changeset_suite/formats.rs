//! GNU tar: it reads what we write, and we read what it writes in all its formats.

use crate::kit::{self, archive, device, dir, directory, entry, file, link, symlink};
use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;
use std::process::Command;

/// Whether GNU tar is here; says so if not.
fn gnu_tar() -> bool {
    let version = Command::new("tar").arg("--version").output();
    let found = version.is_ok_and(|output| output.stdout.starts_with(b"tar (GNU tar)"));
    if !found {
        println!("skipped: needs GNU tar");
    }
    found
}

fn tar(arguments: &[&str], directory: &Path) -> Vec<u8> {
    let output = Command::new("tar")
        .args(arguments)
        .current_dir(directory)
        .env("TZ", "UTC")
        .env("LC_ALL", "C")
        .output()
        .expect("tar runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn gnu_tar_lists_what_we_write() {
    if !kit::root() || !gnu_tar() {
        return;
    }
    let (root, out) = (directory(), directory());
    let entries = [
        dir("d/").mode(0o1777).owner(3_000_000, 5).time(86_400),
        file("d/file", "content").mode(0o4755).owner(1, 2),
        link("d/link", "d/file"),
        symlink("d/symlink", "/target"),
        device("d/null", 1, 3).mode(0o666),
        entry(b'6', "d/fifo"),
        file("d/".to_owned() + &"n".repeat(120), ""),
        file("d/old", "").record("mtime", "-86400"),
        file("d/.wh.gone", ""),
    ];
    kit::unpack(&archive(&entries), root.path()).unwrap();
    fs::write(out.path().join("layer.tar"), kit::write(root.path())).unwrap();
    let listing = tar(&["tvf", "layer.tar"], out.path());
    let expected = format!(
        "drwxrwxrwt 3000000/5         0 1970-01-02 00:00 d/\n\
         prw-r--r-- 0/0               0 1970-01-12 13:46 d/fifo\n\
         -rwsr-xr-x 1/2               7 1970-01-12 13:46 d/file\n\
         ---------- 0/0               0 1970-01-01 00:00 d/.wh.gone\n\
         hrwsr-xr-x 1/2               0 1970-01-12 13:46 d/link link to d/file\n\
         -rw-r--r-- 0/0               0 1970-01-12 13:46 d/{}\n\
         crw-rw-rw- 0/0             1,3 1970-01-12 13:46 d/null\n\
         -rw-r--r-- 0/0               0 1969-12-31 00:00 d/old\n\
         lrwxrwxrwx 0/0               0 1970-01-12 13:46 d/symlink -> /target\n",
        "n".repeat(120)
    );
    assert_eq!(String::from_utf8(listing).unwrap(), expected);
}

/// A tree that GNU tar can archive in every format that it has.
fn plant(root: &Path, rich: bool) {
    let entries = [
        dir("d/").mode(0o2755).owner(10, 20).time(1_000),
        file("d/file", "content").mode(0o4755).owner(1, 2).time(1_500_000_000),
        link("d/link", "d/file"),
        symlink("d/symlink", "/target"),
        device("d/null", 1, 3).mode(0o666),
        entry(b'6', "d/fifo"),
        dir("d/sub/").time(5),
        file("d/sub/".to_owned() + &"n".repeat(80), "x").time(7),
    ];
    kit::unpack(&archive(&entries), root).unwrap();
    if rich {
        let entries = [
            file("r/".to_owned() + &"l".repeat(200), "long").owner(3_000_000, 3_000_001),
            symlink("r/far", "t".repeat(180)),
            file("r/ünï", "unicode"),
            file(b"r/\xfe\xff", "bytes"),
        ];
        kit::unpack(&archive(&entries), root).unwrap();
    }
}

fn same_after(format: &str, arguments: &[&str], root: &Path) -> Vec<u8> {
    let target = directory();
    let format = format!("--format={format}");
    let create = ["-c", "--numeric-owner", &format].into_iter().chain(arguments.iter().copied()).chain(["."]);
    let bytes = tar(&create.collect::<Vec<_>>(), root);
    kit::unpack(&bytes, target.path()).unwrap();
    assert!(kit::write(root) == kit::write(target.path()), "{format} {arguments:?}");
    let here = |path: &Path| path.metadata().unwrap().mtime();
    assert_eq!(here(root), here(target.path()), "{format}: the root's own time");
    bytes
}

#[test]
fn all_formats_of_gnu_tar_are_read() {
    if !kit::root() || !gnu_tar() {
        return;
    }
    for (format, rich) in [("v7", false), ("ustar", false), ("oldgnu", true), ("gnu", true), ("pax", true)] {
        let root = directory();
        plant(root.path(), rich);
        if format == "v7" {
            // v7 has neither devices nor FIFOs
            fs::remove_file(root.path().join("d/null")).unwrap();
            fs::remove_file(root.path().join("d/fifo")).unwrap();
            sys::fs::utimensat(sys::fs::CWD, root.path().join("d"), &epoch(), sys::fs::AtFlags::empty())
                .unwrap();
        }
        same_after(format, &[], root.path());
    }
}

fn epoch() -> sys::fs::Timestamps {
    let time = sys::fs::Timespec { tv_sec: 0, tv_nsec: 0 };
    sys::fs::Timestamps { last_access: time, last_modification: time }
}

#[test]
fn sparse_files_of_all_formats_are_read() {
    if !kit::root() || !gnu_tar() {
        return;
    }
    let root = directory();
    let fragmented = File::create(root.path().join("fragmented")).unwrap();
    for n in 0..40 {
        fragmented.write_all_at(&[n + 1; 5000], u64::from(n) * 300_000).unwrap();
    }
    let tail = File::create(root.path().join("tail")).unwrap();
    tail.write_all_at(b"start", 0).unwrap();
    tail.set_len(3_000_000).unwrap();
    File::create(root.path().join("empty")).unwrap().set_len(1 << 20).unwrap();
    for (format, version) in [("oldgnu", ""), ("gnu", ""), ("pax", "0.0"), ("pax", "0.1"), ("pax", "1.0")] {
        let version = format!("--sparse-version={version}");
        let mut arguments = vec!["--sparse"];
        if format == "pax" {
            arguments.push(&version);
        }
        let bytes = same_after(format, &arguments, root.path());
        assert!(bytes.len() < 1 << 20, "{format} {version} is sparse: {} bytes", bytes.len());
    }
}

#[test]
fn attributes_of_gnu_tar_are_read() {
    if !kit::root() || !gnu_tar() {
        return;
    }
    let root = directory();
    let capability: &[u8] = b"\x01\0\0\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    let entries = [
        file("a", "x").record("SCHILY.xattr.user.mine", "line\nline"),
        dir("d/").record("SCHILY.xattr.user.d", "v"),
    ];
    kit::unpack(&archive(&entries), root.path()).unwrap();
    sys::fs::setxattr(root.path().join("a"), "security.capability", capability, sys::fs::XattrFlags::empty())
        .unwrap();
    same_after("pax", &["--xattrs", "--xattrs-include=*"], root.path());
}

#[test]
fn gnu_tar_extracts_what_we_write() {
    if !kit::root() || !gnu_tar() {
        return;
    }
    let (root, out) = (directory(), directory());
    plant(root.path(), true);
    let archive = out.path().join("layer.tar");
    fs::write(&archive, kit::write(root.path())).unwrap();
    let target = out.path().join("target");
    fs::create_dir(&target).unwrap();
    tar(&["xpf", archive.to_str().unwrap(), "--numeric-owner"], &target);
    assert!(kit::write(root.path()) == kit::write(&target));
}

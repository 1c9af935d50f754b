//! The canonical tar is a frozen format: layers in stores and registries are named by its digest.

use crate::kit::{self, Entry, archive, device, dir, directory, entry, file, link, symlink};
use sha2::{Digest, Sha256};

/// A tree with one example of each rule.
fn example() -> Vec<Entry> {
    vec![
        dir("a/").mode(0o1777).time(1_600_000_000),
        file("a/file", "content\n").mode(0o4755).owner(1000, 1001).time(1_600_000_001),
        link("a/link", "a/file"),
        symlink("a/symlink", "../target").owner(1, 2).time(5),
        symlink("a/symlink-long", "t".repeat(101)).time(6),
        device("a/tty", 4, 64).mode(0o620).owner(0, 5),
        Entry { device: (8, 1), ..entry(b'4', "a/disk").mode(0o660) },
        entry(b'6', "a/fifo").mode(0o600),
        file("a-b", "sorts before a/ by bytes of the whole path, but after it by name").time(7),
        file("a/.wh.gone", ""),
        dir("opaque/").time(8),
        file("opaque/.wh..wh..opq", ""),
        file("opaque/kept", "").record("mtime", "-1.5"),
        file("pax/ids", "").owner(2_097_152, 2_097_151).time(9),
        file("pax/ümläut", "").time(10),
        file("pax/bytes", "").record("path", b"pax/\xff").time(11),
        file("pax/".to_owned() + &"n".repeat(96), "exactly 100 bytes").time(12),
        file("pax/".to_owned() + &"n".repeat(97), "101 bytes").time(13),
        file("xattrs", "")
            .record("SCHILY.xattr.user.b", "2\n=")
            .record("SCHILY.xattr.user.a", b"\0\xff")
            .record("SCHILY.xattr.user.empty", ""),
        Entry { content: vec![0; 100_000], ..file("zeros", "") },
        file(".wh.top", ""),
    ]
}

#[test]
fn the_format_is_frozen() {
    if !kit::root() {
        return;
    }
    let root = directory();
    kit::unpack(&archive(&example()), root.path()).unwrap();
    let bytes = kit::write(root.path());
    let digest: String = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        (bytes.len(), digest.as_str()),
        (121_856, "6c8aec6ef6411885194da222a17843e526ec3881d6321c654536f52ce127e19d")
    );
}

#[test]
fn an_entry_is_laid_out_as_documented() {
    if !kit::root() {
        return;
    }
    let root = directory();
    let entry = file("dir/file", "abc").mode(0o4755).owner(1000, 2_097_152).time(0o14_1234_5671);
    kit::unpack(&archive(&[dir("dir/"), entry]), root.path()).unwrap();
    let bytes = kit::write(root.path());
    assert_eq!(bytes.len(), 512 + 512 + 512 + 512 + 512 + 1024);
    let field = |at: usize, length: usize| &bytes[at..at + length];
    // the directory's header
    assert_eq!(field(0, 5), b"dir/\0");
    assert_eq!(field(100, 8), b"0000755\0");
    assert_eq!(field(156, 1), b"5");
    // the extended header: what does not fit, sorted
    assert_eq!(field(512, 15), b"././@PaxHeader\0");
    let numbers = |fields: [&str; 5]| fields.map(|field| field.to_owned() + "\0").concat().into_bytes();
    assert_eq!(
        field(512 + 100, 48),
        numbers(["0000644", "0000000", "0000000", "00000000017", "00000000000"])
    );
    assert_eq!(field(512 + 156, 1), b"x");
    assert_eq!(field(1024, 15), b"15 gid=2097152\n");
    // the file's header
    let header = 1536;
    assert_eq!(field(header, 9), b"dir/file\0");
    assert_eq!(
        field(header + 100, 48),
        numbers(["0004755", "0001750", "0000000", "00000000003", "01412345671"])
    );
    assert_eq!(field(header + 257, 8), b"ustar\x0000");
    assert_eq!(field(header + 265, 64), [0; 64], "no names of owners");
    assert_eq!(field(header + 329, 16), b"0000000\x000000000\x00");
    assert_eq!(field(header + 345, 167), [0; 167], "no prefix");
    assert_eq!(field(header + 512, 4), b"abc\0");
}

#[test]
fn entries_are_in_order_of_names_depth_first() {
    if !kit::root() {
        return;
    }
    let root = directory();
    kit::unpack(&archive(&example()), root.path()).unwrap();
    let names = kit::names(&kit::write(root.path()));
    let shown: Vec<&str> = names.iter().map(String::as_str).filter(|name| name.len() < 50).collect();
    let expected = [
        "a/",
        "a/disk",
        "a/fifo",
        "a/file",
        "a/.wh.gone",
        "a/link",
        "a/symlink",
        "a/symlink-long",
        "a/tty",
        "a-b",
        "opaque/",
        "opaque/.wh..wh..opq",
        "opaque/kept",
        "pax/",
        "pax/ids",
        "pax/ümläut",
        "pax/\u{fffd}",
        ".wh.top",
        "xattrs",
        "zeros",
    ];
    assert_eq!(shown, expected);
}

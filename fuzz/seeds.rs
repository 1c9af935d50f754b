//! Writes the seeds that are not text: `cargo run --example seeds` in this directory.

use fuzz::{documents, tar};
use oci::Digest;
use std::io;

fn main() -> io::Result<()> {
    let layers = [
        ("plain", plain()),
        ("links", links()),
        ("outward", outward()),
        ("whiteouts", whiteouts()),
        ("nodes", nodes()),
        ("records", records()),
        ("sparse", sparse()),
    ];
    for (name, archive) in &layers {
        put(&format!("layer/{name}"), &with_options(0, archive))?;
    }
    put("layer/living", &with_options(2, &links()))?;
    put("layer/strict", &with_options(4, &plain()))?;
    for (name, packed) in PACKED {
        put(&format!("layer/{name}"), &with_options(1, packed))?;
        put(&format!("archive/{name}"), &with_options(1, packed))?;
    }
    put("archive/docker", &with_options(0, &docker()))?;
    put("archive/oci", &with_options(0, &oci_layout()))?;
    put("archive/linked", &with_options(0, &linked()))?;
    put("archive/outward", &with_options(0, &outward()))?;
    for (name, program) in programs() {
        put(&format!("elf/{name}"), &with_options(0, &program))?;
    }
    Ok(())
}

fn put(name: &str, content: &[u8]) -> io::Result<()> {
    std::fs::write(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name), content)
}

fn with_options(options: u8, content: &[u8]) -> Vec<u8> {
    [&[options], content].concat()
}

fn file(name: &str) -> Vec<u8> {
    tar::entry(b'0', name, "", b"x")
}

fn directory(name: &str) -> Vec<u8> {
    tar::entry(b'5', name, "", b"")
}

fn symlink(name: &str, target: &str) -> Vec<u8> {
    tar::entry(b'2', name, target, b"")
}

fn link(name: &str, target: &str) -> Vec<u8> {
    tar::entry(b'1', name, target, b"")
}

fn plain() -> Vec<u8> {
    tar::archive(&[directory("./"), directory("d/"), file("d/f"), file("a"), directory("a/"), file("d")])
}

fn links() -> Vec<u8> {
    tar::archive(&[
        directory("d/"),
        symlink("s", "d"),
        file("s/f"),
        link("h", "s/f"),
        symlink("d/up", ".."),
        file("d/up/x"),
        link("h", "x"),
    ])
}

fn outward() -> Vec<u8> {
    tar::archive(&[
        symlink("s", "@/canary"),
        symlink("r", "../../canary/dir"),
        link("h", "s"),
        file("s"),
        symlink("p", "/proc/self/fd/3"),
        file("@/canary/file"),
        file("r/file"),
        link("l", "@/canary/file"),
    ])
}

fn whiteouts() -> Vec<u8> {
    tar::archive(&[
        directory("d/"),
        file("d/.wh..wh..opq"),
        file("d/.wh.a"),
        directory("d/a"),
        file(".wh.b"),
        file("b"),
        file("b/.wh.c"),
        file(".wh..wh.plnk/1"),
    ])
}

fn nodes() -> Vec<u8> {
    tar::archive(&[
        tar::entry(b'3', "c", "", b""),
        tar::entry(b'4', "b", "", b""),
        tar::entry(b'6', "p", "", b""),
        file("p"),
    ])
}

fn records() -> Vec<u8> {
    let records =
        [("path", "long"), ("mtime", "-1.5"), ("uid", "70000"), ("SCHILY.xattr.user.a", "v"), ("size", "1")];
    let long = tar::entry(b'L', "././@LongLink", "", &[&[b'n'; 120][..], b"\0"].concat());
    tar::archive(&[
        tar::recorded(&records, file("f")),
        [long, file("n")].concat(),
        tar::recorded(&[("linkpath", "long")], symlink("s", "x")),
        tar::recorded(&[("SCHILY.xattr.trusted.overlay.redirect", "/x")], directory("d")),
    ])
}

fn sparse() -> Vec<u8> {
    let map = [
        ("GNU.sparse.size", "100"),
        ("GNU.sparse.map", "9,1"),
        ("GNU.sparse.name", "s"),
        ("GNU.sparse.major", "0"),
    ];
    let headed = [("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "100")];
    let mut text = b"1\n9\n1\n".to_vec();
    text.resize(512, 0);
    text.push(b'x');
    tar::archive(&[tar::recorded(&map, file("x")), tar::recorded(&headed, tar::entry(b'0', "y", "", &text))])
}

/// The archive of no entry, by gzip, zstd, bzip2 and xz.
const PACKED: [(&str, &[u8]); 4] = [
    ("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03c`\x18\x05\xa3`\x14\x8cT\x00\x00.\xaf\xb5\xef\x00\x04\x00\x00"),
    ("zstd", b"(\xb5/\xfdd\x00\x03M\x00\x00\x10\x00\x00\x01\x00\xfb+\x80\x05\xcd\xac\x85\xf0"),
    ("bzip2", b"BZh91AY&SYt\xf5\xad\xf7\x00\x00\x04@\x00\xc0\x00\x00\x08\x20\x000\x80*iE\xac8\xbb\x92)\xc2\x84\x83\xa7\xado\xb8"),
    ("xz", b"\xfd7zXZ\x00\x00\x01i\x22\xde6\x02\x00!\x01\x16\x00\x00\x00t/\xe5\xa3\xe0\x03\xff\x00\x0b]\x00\x00o\xfd\xff\xff\xa3\xb7\x7fF2\x00\x00\x00.\xaf\xb5\xef\x00\x01#\x80\x08\x00\x00\x008;?6>0\x0d\x8b\x02\x00\x00\x00\x00\x01YZ"),
];

fn docker() -> Vec<u8> {
    let layer = documents::layer();
    let configuration = configuration(&layer);
    let list = r#"[{"Config":"c.json","RepoTags":["a:1"],"Layers":["l/layer.tar"]}]"#;
    tar::archive(&[
        tar::entry(b'0', "c.json", "", configuration.as_bytes()),
        tar::entry(b'0', "l/layer.tar", "", &layer),
        tar::entry(b'0', "manifest.json", "", list.as_bytes()),
    ])
}

fn configuration(layer: &[u8]) -> String {
    let layer = Digest::of(layer);
    format!(r#"{{"os":"linux","architecture":"amd64","rootfs":{{"type":"layers","diff_ids":["{layer}"]}}}}"#)
}

fn oci_layout() -> Vec<u8> {
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/seeds/manifest/oci"));
    documents::archive(&documents::parts(&text.unwrap_or_default()[1..]), "index.json")
}

/// Docker's way to say that two images have the same layer, and names that are links.
fn linked() -> Vec<u8> {
    let layer = documents::layer();
    let configuration = configuration(&layer);
    let list = r#"[{"Config":"s/c","RepoTags":null,"Layers":["h"]}]"#;
    tar::archive(&[
        directory("d"),
        symlink("s", "d"),
        tar::entry(b'0', "d/c", "", configuration.as_bytes()),
        tar::entry(b'0', "l", "", &layer),
        link("h", "l"),
        tar::entry(b'0', "manifest.json", "", list.as_bytes()),
        symlink("repositories", "@/canary/file"),
    ])
}

fn programs() -> [(&'static str, Vec<u8>); 4] {
    [
        ("script", files(&[b"#! /bin/sh -e\n", &program("/lib64/ld-linux-x86-64.so.2")])),
        ("nested", files(&[b"#!/a\n", b"#!/b x\n", b"#!/c\r\n"])),
        ("dynamic", files(&[&program("/lib/ld-musl-x86_64.so.1"), &program("")])),
        ("foreign", files(&[b"MZ\x90\0", b"echo a\n"])),
    ]
}

fn files(files: &[&[u8]]) -> Vec<u8> {
    let with_length =
        |file: &&[u8]| [&u16::try_from(file.len()).unwrap_or(u16::MAX).to_le_bytes(), *file].concat();
    files.iter().flat_map(with_length).collect()
}

/// An x86-64 program of a header, two program headers and the name of its loader.
fn program(loader: &str) -> Vec<u8> {
    let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
    bytes.resize(16, 0);
    let mut put = |value: u64, size: usize| bytes.extend_from_slice(&value.to_le_bytes()[..size]);
    let name = 64 + 2 * 56;
    // type, machine, version, entry, program headers, section headers, flags, sizes and numbers of them
    for (value, size) in [
        (2, 2),
        (62, 2),
        (1, 4),
        (0x40_0000, 8),
        (64, 8),
        (0, 8),
        (0, 4),
        (64, 2),
        (56, 2),
        (2, 2),
        (64, 2),
        (0, 2),
        (0, 2),
    ] {
        put(value, size);
    }
    let length = loader.len() as u64 + 1;
    for (kind, offset, size) in [(3, name, length), (1, 0, name + length)] {
        for (value, width) in
            [(kind, 4), (5, 4), (offset, 8), (0x40_0000, 8), (0, 8), (size, 8), (size, 8), (4096, 8)]
        {
            put(value, width);
        }
    }
    [&bytes, loader.as_bytes(), b"\0"].concat()
}

//! Compressed streams, truncated ones and bombs.

use crate::kit::{self, archive, dir, directory, file};
use proptest::prelude::*;
use std::io::{self, Read, Write};
use store::changeset::{Compression, Error, decompress, is_tar};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn zstandard(content: &[u8], window_log: u32) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 1).unwrap();
    encoder.window_log(window_log).unwrap();
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn bzip2(content: &[u8]) -> Vec<u8> {
    let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

/// "hello\n" by xz(1), `--check=crc32`.
const XZ: &[u8] = &[
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x01, 0x69, 0x22, 0xde, 0x36, 0x02, 0x00, 0x21, 0x01, 0x16,
    0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0x01, 0x00, 0x05, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x0a, 0x00,
    0x00, 0x00, 0x20, 0x30, 0x3a, 0x36, 0x00, 0x01, 0x1a, 0x06, 0xc5, 0xea, 0xc8, 0x79, 0x90, 0x42, 0x99,
    0x0d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x01, 0x59, 0x5a,
];

fn plain(stream: &[u8]) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    decompress(stream).unwrap().read_to_end(&mut content)?;
    Ok(content)
}

#[test]
fn compressions_are_told_by_their_magic() {
    let content = archive(&[dir("a/"), file("a/b", "content")]);
    let streams = [
        (Compression::None, content.clone()),
        (Compression::Gzip, gzip(&content)),
        (Compression::Zstd, zstandard(&content, 20)),
        (Compression::Bzip2, bzip2(&content)),
    ];
    for (compression, stream) in streams {
        let decompressed = decompress(&stream[..]).unwrap();
        assert_eq!(decompressed.compression(), compression);
        assert_eq!(plain(&stream).unwrap(), content, "{compression:?}");
    }
    for short in [&b""[..], b"\x1f", b"abc"] {
        assert_eq!(plain(short).unwrap(), short);
    }
    assert!(is_tar(&content));
    assert!(!is_tar(&gzip(&content)));
}

#[test]
fn members_and_frames_follow_each_other() {
    let (one, two) = (&b"one"[..], &b"two"[..]);
    assert_eq!(plain(&[gzip(one), gzip(b""), gzip(two)].concat()).unwrap(), b"onetwo");
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    let frames = [&skippable[..], &zstandard(one, 20), &skippable, &zstandard(two, 20), &skippable].concat();
    assert_eq!(plain(&frames).unwrap(), b"onetwo");
    assert_eq!(plain(&[bzip2(one), bzip2(two)].concat()).unwrap(), b"onetwo");
}

#[test]
fn xz_is_read() {
    assert_eq!(decompress(XZ).unwrap().compression(), Compression::Xz);
    assert_eq!(plain(XZ).unwrap(), b"hello\n");
}

#[test]
fn cut_streams_are_errors() {
    let content = archive(&[file("a", "content")]);
    for stream in [gzip(&content), zstandard(&content, 20), bzip2(&content), XZ.to_vec()] {
        let magic = Compression::detect(&stream);
        for cut in [7, stream.len() / 2, stream.len() - 1] {
            assert!(plain(&stream[..cut]).is_err(), "{magic:?} {cut}");
        }
    }
}

#[test]
fn a_broken_decoder_stays_broken() {
    let mut damaged = XZ.to_vec();
    damaged[30] ^= 0xff;
    let mut reader = decompress(&damaged[..]).unwrap();
    let mut sink = [0; 64];
    while let Ok(count) = reader.read(&mut sink) {
        assert_ne!(count, 0, "the damage is found");
    }
    assert!(reader.read(&mut sink).is_err());
}

#[test]
fn giant_windows_are_refused_with_a_reason() {
    // one compressible frame of unknown size, made for --long=28
    let stream = zstandard(&[0; 100_000], 28);
    let error = plain(&stream).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the zstd stream needs a window of more than 128 MiB; compress it again without --long or --ultra"
    );
    assert_eq!(plain(&zstandard(&[0; 100_000], 27)).unwrap().len(), 100_000);
    // the dictionary size is the byte after the filter's id and length; its header has a checksum
    let mut xz = XZ.to_vec();
    xz[16] = 40;
    let sum = crc32(&xz[12..20]);
    xz[20..24].copy_from_slice(&sum.to_le_bytes());
    let error = plain(&xz).unwrap_err();
    assert!(error.to_string().contains("dictionary of more than 64 MiB"), "{error}");
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, &byte| (0..8).fold(crc ^ u32::from(byte), step))
}

#[test]
fn archives_must_end_properly() {
    if !kit::root() {
        return;
    }
    let whole = archive(&[file("a", "content"), file("b", "")]);
    let attempt = |bytes: &[u8]| kit::unpack(bytes, directory().path());
    attempt(&whole).unwrap();
    attempt(&whole[..whole.len() - 512]).expect("one block of zeros is enough");
    attempt(&[&whole[..], &[0; 20_480]].concat()).expect("more zeros are padding");
    for (cut, offset) in [(0, 0), (100, 0), (512, 512), (600, 519), (1024, 1024), (1536, 1536)] {
        let error = attempt(&whole[..cut]).unwrap_err();
        assert!(matches!(error, Error::Truncated { offset: at } if at == offset), "{cut}: {error}");
    }
    let error = attempt(&[&whole[..], b"garbage"].concat()).unwrap_err();
    assert!(matches!(error, Error::Trailing { offset: 2560 }), "{error}");
    let error = attempt(&[&whole[..1536], &[b'x'; 1024]].concat()).unwrap_err();
    assert_eq!(error.to_string(), "malformed archive at byte 1536: this is no tar header");
    let extension = file("x", "").record("comment", "y").bytes();
    let error = attempt(&[&extension[..1024], &[0; 1024]].concat()).unwrap_err();
    assert_eq!(error.to_string(), "malformed archive at byte 0: an extension has no entry");
}

#[test]
fn a_reader_s_own_error_is_passed_on() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("the network is down"))
        }
    }
    let directory = directory();
    let root = std::fs::File::open(directory.path()).unwrap();
    let error = store::changeset::unpack(&mut Failing, std::os::fd::AsFd::as_fd(&root), &Default::default())
        .unwrap_err();
    assert_eq!(error.to_string(), "read archive: the network is down");
}

#[test]
fn giant_sizes_and_maps_cost_nothing() {
    if !kit::root() {
        return;
    }
    let attempt = |entries: &[kit::Entry]| {
        let root = directory();
        kit::unpack(&archive(entries), root.path()).unwrap_err().to_string()
    };
    // a file that claims to be 8 EiB: the archive ends first
    let message = attempt(&[file("a", "x").record("size", i64::MAX.to_string())]);
    assert!(message.contains("truncated"), "{message}");
    let message = attempt(&[file("a", "x").record("size", u64::MAX.to_string())]);
    assert!(message.contains("a size is impossible"), "{message}");
    // a map of a thousand million ranges, format 1.0
    let map = kit::Entry { content: format!("1000000000\n{}", "0\n1\n".repeat(300)).into(), ..file("a", "") };
    let map = map
        .record("GNU.sparse.major", "1")
        .record("GNU.sparse.minor", "0")
        .record("GNU.sparse.realsize", "9");
    assert!(attempt(&[map]).contains("malformed"));
    let ordered: String = (0..600_000).map(|n| format!("{n}\n0\n")).collect();
    let map = kit::Entry { content: format!("600000\n{ordered}").into(), ..file("a", "") };
    let map = map
        .record("GNU.sparse.major", "1")
        .record("GNU.sparse.minor", "0")
        .record("GNU.sparse.realsize", "9");
    assert!(attempt(&[map]).contains("limit of 262144 ranges"));
}

proptest! {
    #[test]
    fn damaged_streams_are_errors_or_content(
        which in 0..4usize,
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5),
    ) {
        let content: Vec<u8> = (0..20_000u32).flat_map(|n| (n / 7).to_le_bytes()).collect();
        let mut stream = vec![gzip(&content), zstandard(&content, 20), bzip2(&content), XZ.to_vec()].swap_remove(which);
        for (at, value) in damage {
            let at = at.index(stream.len());
            stream[at] = value;
        }
        let mut reader = decompress(&stream[..]).expect("the magic can be read").take(1 << 20);
        let _ = io::copy(&mut reader, &mut io::sink());
    }
}

//! Tar archives: entries for the seeds, and checksums for what a fuzzer made of them.
//!
//! A changed byte in a header makes its checksum wrong, and a reader looks no further. [`seal`] goes through an
//! archive as a reader would and makes every checksum right.

use std::path::Path;

const BLOCK: usize = 512;
const NAME: std::ops::Range<usize> = 0..100;
const SIZE: std::ops::Range<usize> = 124..136;
const CHECKSUM: std::ops::Range<usize> = 148..156;
const FLAG: usize = 156;
const LINK: std::ops::Range<usize> = 157..257;

/// Makes checksums right. A name or target that begins with `@` begins with `base` then, where there is room: no
/// fuzzer would guess the absolute path of the canary.
pub fn seal(archive: &mut [u8], base: &Path) {
    let mut rest = archive;
    while let Some((header, behind)) = rest.split_first_chunk_mut::<BLOCK>() {
        if header.iter().any(|&byte| byte != 0) {
            locate(&mut header[NAME], base);
            locate(&mut header[LINK], base);
            sum(header);
        }
        let size = content(header).min(behind.len()).next_multiple_of(BLOCK).min(behind.len());
        rest = &mut behind[size..];
    }
}

/// How many bytes stand behind a header before the next one: for the kinds that have content.
fn content(header: &[u8; BLOCK]) -> usize {
    if matches!(header[FLAG], b'1'..=b'6') {
        return 0;
    }
    let field = &header[SIZE];
    let digits = field.iter().skip_while(|byte| matches!(byte, 0 | b' '));
    let digits = digits.take_while(|byte| matches!(byte, b'0'..=b'7'));
    digits.fold(0usize, |size, digit| size.saturating_mul(8).saturating_add(usize::from(digit - b'0')))
}

fn locate(field: &mut [u8], base: &Path) {
    let base = base.as_os_str().as_encoded_bytes();
    let length = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
    if field.first() == Some(&b'@') && length + base.len() <= field.len() {
        field.copy_within(1..length, base.len());
        field[..base.len()].copy_from_slice(base);
    }
}

fn sum(header: &mut [u8; BLOCK]) {
    header[CHECKSUM].fill(b' ');
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[CHECKSUM].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
}

/// An entry with what a POSIX header holds, and its content.
#[must_use]
pub fn entry(flag: u8, name: &str, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0; BLOCK];
    let mut put = |at: usize, text: &[u8]| header[at..at + text.len()].copy_from_slice(text);
    put(NAME.start, name.as_bytes());
    put(100, b"0000755\0");
    put(108, b"0000000\0");
    put(116, b"0000000\0");
    put(SIZE.start, format!("{:011o}\0", content.len()).as_bytes());
    put(136, b"00000001000\0");
    put(FLAG, &[flag]);
    put(LINK.start, link.as_bytes());
    put(257, b"ustar\x0000");
    put(329, b"0000001\x000000003\0");
    sum(&mut header);
    let mut bytes = header.to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    bytes
}

/// An entry with records of a PAX header before it.
#[must_use]
pub fn recorded(records: &[(&str, &str)], entry: Vec<u8>) -> Vec<u8> {
    let mut content = String::new();
    for (key, value) in records {
        let rest = key.len() + value.len() + 3;
        let length = (rest..).find(|length| length - rest == length.to_string().len()).unwrap_or(rest);
        content += &format!("{length} {key}={value}\n");
    }
    [self::entry(b'x', "x", "", content.as_bytes()), entry].concat()
}

/// The entries and the end of an archive.
#[must_use]
pub fn archive(entries: &[Vec<u8>]) -> Vec<u8> {
    [entries.concat(), vec![0; 2 * BLOCK]].concat()
}

//! Entries of the canonical tar as bytes. Every rule is told in the documentation of the module above.

use super::header::{BLOCK, padding, put_octal, seal};
use super::pax;
use super::xattr::Xattr;
use std::io::{self, Write};
use tar::Header;

/// An entry as the canonical tar knows it.
#[derive(Debug, Default)]
pub(super) struct Record<'r> {
    /// Ends in `/` for a directory.
    pub(super) path: &'r [u8],
    /// The type flag of ustar.
    pub(super) flag: u8,
    /// The twelve permission bits.
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) size: u64,
    /// Whole seconds since 1970.
    pub(super) modified: i64,
    pub(super) link: &'r [u8],
    /// Major and minor number.
    pub(super) device: (u32, u32),
    /// Names and values.
    pub(super) xattrs: &'r [Xattr],
}

/// Keys and values of an extended header.
type Records = Vec<(Vec<u8>, Vec<u8>)>;

/// Writes the entry's header, after an extended one if it needs it; gives the number of bytes.
pub(super) fn write_header(record: &Record<'_>, out: &mut dyn Write) -> io::Result<u64> {
    let (header, mut records) = header(record);
    if records.is_empty() {
        out.write_all(header.as_bytes())?;
        return Ok(BLOCK as u64);
    }
    records.sort();
    let mut content = Vec::new();
    for (key, value) in &records {
        pax::append(&mut content, key, value);
    }
    let size = content.len() as u64;
    let extension = Record { path: b"././@PaxHeader", flag: b'x', mode: 0o644, size, ..Record::default() };
    out.write_all(self::header(&extension).0.as_bytes())?;
    content.resize(content.len() + padding(size) as usize, 0);
    out.write_all(&content)?;
    out.write_all(header.as_bytes())?;
    Ok((2 * BLOCK + content.len()) as u64)
}

/// The ustar header, and the records for what does not fit into it.
fn header(record: &Record<'_>) -> (Header, Records) {
    let mut header = Header::new_ustar();
    // the crate's own defaults are no part of this format
    *header.as_mut_bytes() = [0; BLOCK];
    header.as_mut_bytes()[257..265].copy_from_slice(b"ustar\x0000");
    let ustar = header.as_ustar_mut().expect("the magic was just written");
    ustar.typeflag = [record.flag];
    put_number(&mut ustar.mode, record.mode.into());
    put_number(&mut ustar.dev_major, record.device.0.into());
    put_number(&mut ustar.dev_minor, record.device.1.into());
    let mut records = Records::new();
    for (key, field, value) in
        [("path", &mut ustar.name, record.path), ("linkpath", &mut ustar.linkname, record.link)]
    {
        if !put_text(field, value) {
            records.push((key.into(), value.to_vec()));
        }
    }
    let numbers: [(&str, &mut [u8], i64); 4] = [
        ("uid", &mut ustar.uid, record.uid.into()),
        ("gid", &mut ustar.gid, record.gid.into()),
        ("size", &mut ustar.size, record.size.cast_signed()),
        ("mtime", &mut ustar.mtime, record.modified),
    ];
    for (key, field, value) in numbers {
        if !put_number(field, value) {
            records.push((key.into(), value.to_string().into_bytes()));
        }
    }
    records.extend(record.xattrs.iter().map(|(name, value)| ([pax::XATTR, name].concat(), value.clone())));
    seal(&mut header);
    (header, records)
}

/// Writes a name: what does not fit is cut, what is not ASCII replaced. True if it stands there as it is.
fn put_text(field: &mut [u8; 100], value: &[u8]) -> bool {
    for (byte, from) in field.iter_mut().zip(value) {
        *byte = if from.is_ascii() { *from } else { b'_' };
    }
    value.len() <= field.len() && value.is_ascii()
}

/// Writes a number, or 0 for one that does not fit. True if it stands there as it is.
fn put_number(field: &mut [u8], value: i64) -> bool {
    let fits = u64::try_from(value).is_ok_and(|value| put_octal(field, value));
    fits || !put_octal(field, 0)
}

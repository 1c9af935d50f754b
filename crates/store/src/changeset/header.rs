//! The 512-byte header block of a tar archive, as POSIX.1-2017 pax(1) and GNU tar lay it out.
//!
//! The layout is the `tar` crate's; the numbers are read and written here, because its readers know neither
//! negative values nor signed checksums, and because the bytes that we write are a frozen format.

use tar::Header;

/// The unit of a tar archive, in bytes.
pub(super) const BLOCK: usize = 512;

/// One block of an archive.
pub(super) type Block = [u8; BLOCK];

/// Rounds a size up to whole blocks: the bytes that follow content up to the next header.
pub(super) fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK as u64
}

/// Whether the block carries its own checksum: POSIX sums unsigned bytes, some old writers signed ones.
pub(super) fn checksum_holds(block: &Block) -> bool {
    let stored = number(&Header::from_byte_slice(block).as_old().cksum);
    let (unsigned, signed) = checksums(block);
    stored == Some(unsigned) || stored == Some(signed)
}

fn checksums(block: &Block) -> (i64, i64) {
    block.iter().enumerate().fold((0, 0), |(unsigned, signed), (at, &byte)| {
        let byte = if (148..156).contains(&at) { b' ' } else { byte };
        (unsigned + i64::from(byte), signed + i64::from(byte.cast_signed()))
    })
}

/// Reads a numeric field: octal digits, or GNU's base 256 with its sign. An empty field is 0.
pub(super) fn number(field: &[u8]) -> Option<i64> {
    match field.first() {
        Some(first) if first & 0x80 != 0 => base256(field),
        _ => octal(field),
    }
}

fn base256(field: &[u8]) -> Option<i64> {
    // bit 7 is the mark, bit 6 the sign
    let mut value: i64 =
        if field[0] & 0x40 == 0 { i64::from(field[0] & 0x3f) } else { i64::from(field[0]) - 0x100 };
    for &byte in &field[1..] {
        value = value.checked_mul(256)?.checked_add(i64::from(byte))?;
    }
    Some(value)
}

fn octal(field: &[u8]) -> Option<i64> {
    let digits =
        field.split(|&byte| byte == 0).find(|part| !part.is_empty()).unwrap_or_default().trim_ascii();
    digits.iter().try_fold(0i64, |value, &digit| match digit {
        b'0'..=b'7' => value.checked_mul(8)?.checked_add(i64::from(digit - b'0')),
        _ => None,
    })
}

/// The bytes of a text field up to its first NUL.
pub(super) fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// Writes `value` as zero-padded octal digits and a NUL, if it fits.
pub(super) fn put_octal(field: &mut [u8], value: u64) -> bool {
    let digits = field.len() - 1;
    if digits * 3 < 64 && value >> (digits * 3) != 0 {
        return false;
    }
    for (place, byte) in field[..digits].iter_mut().rev().enumerate() {
        *byte = b'0' + ((value >> (place * 3)) & 7) as u8;
    }
    field[digits] = 0;
    true
}

/// Completes a header with its checksum: six octal digits, a NUL, a space.
pub(super) fn seal(header: &mut Header) {
    let (sum, _) = checksums(header.as_bytes());
    let field = &mut header.as_old_mut().cksum;
    let fits = put_octal(&mut field[..7], sum.unsigned_abs());
    debug_assert!(fits, "512 bytes sum to less than six octal digits hold");
    field[7] = b' ';
}

/// Whether `start`, the first bytes of a file, begin a tar archive: a header block whose checksum holds.
#[must_use]
pub fn is_tar(start: &[u8]) -> bool {
    start.first_chunk::<BLOCK>().is_some_and(|block| block[0] != 0 && checksum_holds(block))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_octal_or_base_256() {
        assert_eq!(number(b"0000644\0"), Some(0o644));
        assert_eq!(number(b"   644 \0"), Some(0o644));
        assert_eq!(number(b"\0\0\0\0"), Some(0));
        assert_eq!(number(b"        "), Some(0));
        assert_eq!(number(b"12x\0"), None);
        assert_eq!(number(b"\x80\0\0\0\0\x20\0\0"), Some(0x20_0000));
        assert_eq!(number(&[0xff; 12]), Some(-1));
        assert_eq!(number(b"\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), None);
    }

    #[test]
    fn octal_fields_take_what_fits() {
        let mut field = [b'x'; 8];
        assert!(put_octal(&mut field, 0o7_777_777));
        assert_eq!(&field, b"7777777\0");
        assert!(!put_octal(&mut field, 0o10_000_000));
    }

    #[test]
    fn a_sealed_header_is_recognised() {
        let mut header = Header::new_ustar();
        header.as_old_mut().name[0] = b'a';
        seal(&mut header);
        assert!(checksum_holds(header.as_bytes()));
        assert!(is_tar(header.as_bytes()));
        let mut broken = *header.as_bytes();
        broken[1] = b'b';
        assert!(!checksum_holds(&broken));
        assert!(!is_tar(&[0; BLOCK]));
        assert!(!is_tar(b"short"));
    }

    #[test]
    fn padding_fills_blocks() {
        for (size, expected) in [(0, 0), (1, 511), (511, 1), (512, 0), (513, 511), (u64::MAX, 1)] {
            assert_eq!(padding(size), expected);
        }
    }
}

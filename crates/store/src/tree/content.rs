//! The content of a file: holes stay holes, and the kernel copies by itself where it can.

use crate::changeset::content::{BUFFER, data_range, write_all};
use sys::fd::BorrowedFd;
use sys::{Errno, fs, io};

/// Copies what is data into an empty file.
pub(super) fn copy(from: BorrowedFd<'_>, to: BorrowedFd<'_>) -> Result<(), Errno> {
    let stat = fs::fstat(from)?;
    let size = stat.st_size.unsigned_abs();
    let sparse = stat.st_blocks.unsigned_abs() * 512 < size;
    let mut offset = 0;
    while offset < size {
        let (begin, end) = if sparse { data_range(from, offset, size)? } else { (0, size) };
        // it shrinks while it is copied: what is left is what there was
        if !copy_range(from, to, begin, end)? {
            return Ok(());
        }
        offset = end;
    }
    if sparse { fs::ftruncate(to, size) } else { Ok(()) }
}

/// Copies a range. False if the file ended before.
fn copy_range(from: BorrowedFd<'_>, to: BorrowedFd<'_>, begin: u64, end: u64) -> Result<bool, Errno> {
    let (mut input, mut output) = (begin, begin);
    while input < end {
        let step = usize::try_from(end - input).unwrap_or(usize::MAX);
        match fs::copy_file_range(from, Some(&mut input), to, Some(&mut output), step) {
            Ok(0) => return Ok(false),
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::XDEV | Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP | Errno::PERM) => {
                return read_and_write(from, to, input, end);
            }
            Err(errno) => return Err(errno),
        }
    }
    Ok(true)
}

fn read_and_write(
    from: BorrowedFd<'_>,
    to: BorrowedFd<'_>,
    mut offset: u64,
    end: u64,
) -> Result<bool, Errno> {
    let mut buffer = vec![0; BUFFER];
    while offset < end {
        let step = usize::try_from(end - offset).unwrap_or(usize::MAX).min(BUFFER);
        let count = io::retry_on_intr(|| io::pread(from, &mut buffer[..step], offset))?;
        if count == 0 {
            return Ok(false);
        }
        write_all(to, &buffer[..count], offset)?;
        offset += count as u64;
    }
    Ok(true)
}

//! File content between an archive and a file: zeros of an archive become holes.

use super::archive::{Archive, Member};
use super::error::{Doing, Fault};
use sys::fd::BorrowedFd;
use sys::fs::{self, SeekFrom};
use sys::{Errno, io};

/// Bytes read at once.
pub(crate) const BUFFER: usize = 128 << 10;

/// The shortest run of zeros worth a hole. Holes of single pages would fragment files and save little.
const HOLE: usize = 32 << 10;

/// Writes the current entry's content into an empty file.
pub(super) fn write(
    file: BorrowedFd<'_>,
    member: &Member,
    archive: &mut Archive<'_>,
    buffer: &mut [u8],
) -> Result<(), Fault> {
    let mut end = 0;
    for segment in &member.segments {
        let mut offset = segment.offset;
        let stop = segment.offset + segment.length;
        while offset < stop {
            let step = usize::try_from(stop - offset).unwrap_or(usize::MAX).min(buffer.len());
            let count = archive.read(&mut buffer[..step])?;
            if let Some(written) = write_data(file, &buffer[..count], offset)? {
                end = written;
            }
            offset += count as u64;
        }
    }
    if end < member.size {
        fs::ftruncate(file, member.size).doing("set size")?;
    }
    Ok(())
}

/// Writes what is not zeros; gives the offset after the last byte written.
fn write_data(file: BorrowedFd<'_>, content: &[u8], offset: u64) -> Result<Option<u64>, Fault> {
    let mut end = None;
    let mut at = 0;
    while at < content.len() {
        let run = run(&content[at..]);
        if !is_hole(&content[at..at + run.min(HOLE)]) {
            write_all(file, &content[at..at + run], offset + at as u64).doing("write")?;
            end = Some(offset + (at + run) as u64);
        }
        at += run;
    }
    Ok(end)
}

/// How many bytes from the beginning are of one sort, zeros or data.
fn run(content: &[u8]) -> usize {
    let mut chunks = content.chunks(HOLE);
    let Some(first) = chunks.next() else { return 0 };
    let sort = is_hole(first);
    first.len() + chunks.take_while(|chunk| is_hole(chunk) == sort).map(<[u8]>::len).sum::<usize>()
}

fn is_hole(chunk: &[u8]) -> bool {
    chunk.len() == HOLE && chunk.chunks(256).all(|part| *part == [0; 256])
}

/// Writes all of `content` at an offset.
pub(crate) fn write_all(file: BorrowedFd<'_>, mut content: &[u8], mut offset: u64) -> Result<(), Errno> {
    while !content.is_empty() {
        let count = io::retry_on_intr(|| io::pwrite(file, content, offset))?;
        if count == 0 {
            return Err(Errno::IO);
        }
        content = &content[count..];
        offset += count as u64;
    }
    Ok(())
}

/// The next range of data in a file of `size` bytes from `offset` on; `(size, size)` if only a hole is left.
pub(crate) fn data_range(file: BorrowedFd<'_>, offset: u64, size: u64) -> Result<(u64, u64), Errno> {
    match fs::seek(file, SeekFrom::Data(offset)) {
        Ok(data) => {
            let end = fs::seek(file, SeekFrom::Hole(data))?;
            Ok((data.min(size), end.min(size)))
        }
        Err(Errno::NXIO) => Ok((size, size)),
        // a file system without holes
        Err(Errno::INVAL) => Ok((offset, size)),
        Err(errno) => Err(errno),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_of_one_sort() {
        let zeros = vec![0; HOLE];
        let ones = vec![1; HOLE];
        assert_eq!(run(&[&zeros[..], &zeros, &ones, &zeros].concat()), 2 * HOLE);
        assert_eq!(run(&[&ones[..], &ones, &zeros].concat()), 2 * HOLE);
        assert_eq!(run(&[&ones[..], &zeros[..100]].concat()), HOLE + 100);
        assert!(!is_hole(&zeros[..100]), "a short end is data");
        assert!(is_hole(&zeros));
    }
}

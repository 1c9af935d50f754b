//! A writer of cpio archives in the "newc" form, the one that the kernel unpacks as its initial RAM disk
//! (Documentation/driver-api/early-userspace/buffer-format.rst, Linux 6.1).

use std::io::{self, Write};

const DIRECTORY: u32 = 0o040_000;
const REGULAR: u32 = 0o100_000;
const SYMLINK: u32 = 0o120_000;
const CHARACTER: u32 = 0o020_000;

/// Writes entries one after the other; parents come before what is inside them. Everything belongs to root and
/// has no times, so equal contents give equal archives.
#[derive(Debug)]
pub(super) struct Archive<W> {
    out: W,
    inodes: u32,
}

impl<W: Write> Archive<W> {
    pub(super) fn new(out: W) -> Self {
        Self { out, inodes: 0 }
    }

    pub(super) fn directory(&mut self, name: &str) -> io::Result<()> {
        self.entry(name, DIRECTORY | 0o755, (0, 0), &[])
    }

    /// `mode` is the permission bits.
    pub(super) fn file(&mut self, name: &str, mode: u32, content: &[u8]) -> io::Result<()> {
        self.entry(name, REGULAR | (mode & 0o7777), (0, 0), content)
    }

    pub(super) fn symlink(&mut self, name: &str, target: &str) -> io::Result<()> {
        self.entry(name, SYMLINK | 0o777, (0, 0), target.as_bytes())
    }

    pub(super) fn character_device(&mut self, name: &str, major: u32, minor: u32) -> io::Result<()> {
        self.entry(name, CHARACTER | 0o600, (major, minor), &[])
    }

    /// Writes the end mark and gives the writer back.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.entry("TRAILER!!!", 0, (0, 0), &[])?;
        self.out.flush()?;
        Ok(self.out)
    }

    fn entry(&mut self, name: &str, mode: u32, device: (u32, u32), content: &[u8]) -> io::Result<()> {
        let name = name.trim_start_matches('/');
        let size = u32::try_from(content.len())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, format!("{name}: larger than 4 GiB")))?;
        self.inodes += 1;
        // inode, mode, uid, gid, links, time, size, device of the file system (2), device of the node (2), name, sum
        let length = u32::try_from(name.len() + 1).unwrap_or(u32::MAX);
        let fields = [self.inodes, mode, 0, 0, 1, 0, size, 0, 0, device.0, device.1, length, 0]
            .map(|field| format!("{field:08x}"));
        write!(self.out, "070701{}{name}\0", fields.concat())?;
        self.pad(6 + 13 * 8 + name.len() + 1)?;
        self.out.write_all(content)?;
        self.pad(content.len())
    }

    /// Fills up to a multiple of four bytes.
    fn pad(&mut self, length: usize) -> io::Result<()> {
        self.out.write_all(&[0; 3][..length.wrapping_neg() % 4])
    }
}

#[cfg(test)]
mod tests {
    use super::Archive;

    #[test]
    fn every_header_and_content_starts_at_a_multiple_of_four() {
        let mut archive = Archive::new(Vec::new());
        archive.directory("/a").unwrap();
        archive.file("a/file", 0o755, b"hello").unwrap();
        archive.symlink("a/link", "file").unwrap();
        archive.character_device("null", 1, 3).unwrap();
        let bytes = archive.finish().unwrap();
        let starts: Vec<_> =
            (0..bytes.len() - 6).filter(|&start| bytes[start..].starts_with(b"070701")).collect();
        assert_eq!(starts.len(), 5);
        assert!(starts.iter().all(|start| start % 4 == 0), "{starts:?}");
        assert_eq!(bytes.len() % 4, 0);
    }

    #[test]
    fn a_regular_file_is_its_header_its_name_and_its_content() {
        let mut archive = Archive::new(Vec::new());
        archive.file("bin/x", 0o755, b"hello").unwrap();
        let bytes = archive.finish().unwrap();
        let header = "07070100000001000081ed000000000000000000000001000000000000000500000000000000000000000000000000\
                      0000000600000000";
        assert_eq!(bytes[..110], *header.as_bytes());
        assert_eq!(bytes[110..124], *b"bin/x\0hello\0\0\0");
    }
}

//! Reads a tar stream entry by entry, in bounded memory whatever the stream says.
//!
//! The `tar` crate reads extension records and sparse maps of any size into memory and hides where an entry
//! began, so only its header layout is used; this is the loop around it. Understood are v7, POSIX ustar, GNU
//! and PAX archives. Where an archive is ambiguous, this follows Go's `archive/tar`, the reference for
//! container images: the types that have no content have none whatever their size field says, and GNU long
//! names win over PAX paths.

use super::error::{Error, printable};
use super::header::{self, BLOCK, Block, number, text};
use super::pax::{self, Moment, Records};
use super::sparse::{self, Map, MapText, Segment, Storage};
use super::xattr::Xattr;
use std::io::{BufReader, ErrorKind, Read};
use tar::Header;

/// What one archive may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Entries of the archive.
    pub entries: u64,
    /// Bytes of the uncompressed archive.
    pub stream: u64,
    /// Bytes of one extended header or long name.
    pub record: u64,
    /// Ranges of one sparse file.
    pub segments: usize,
}

impl Default for Limits {
    /// 16 million entries, any length, 1 MiB of records an entry (as Go's reader), 262,144 ranges (4 MiB of
    /// memory).
    fn default() -> Self {
        Self { entries: 1 << 24, stream: u64::MAX, record: 1 << 20, segments: 1 << 18 }
    }
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    File,
    HardLink,
    Symlink,
    CharacterDevice,
    BlockDevice,
    Directory,
    Fifo,
}

/// One entry of the archive, without its content.
#[derive(Debug)]
pub(super) struct Member {
    /// Where its first header block is, extension headers included.
    pub(super) offset: u64,
    pub(super) kind: Kind,
    pub(super) path: Vec<u8>,
    pub(super) link: Vec<u8>,
    /// The twelve permission bits.
    pub(super) mode: u32,
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) modified: Moment,
    /// Major and minor number.
    pub(super) device: (u32, u32),
    pub(super) xattrs: Vec<Xattr>,
    /// The file's size.
    pub(super) size: u64,
    /// The ranges that the archive stores, in order.
    pub(super) segments: Vec<Segment>,
}

/// The entries of a tar stream.
pub(super) struct Archive<'r> {
    input: BufReader<&'r mut dyn Read>,
    limits: Limits,
    offset: u64,
    entries: u64,
    /// Content of the current entry that was not read yet, and the zeros after it.
    content: u64,
    padding: u64,
}

/// What stood before an entry's own header.
#[derive(Default)]
struct Extensions {
    records: Records,
    name: Option<Vec<u8>>,
    link: Option<Vec<u8>>,
}

impl<'r> Archive<'r> {
    pub(super) fn new(input: &'r mut dyn Read, limits: Limits) -> Self {
        let input = BufReader::with_capacity(64 << 10, input);
        Self { input, limits, offset: 0, entries: 0, content: 0, padding: 0 }
    }

    /// Goes to the next entry, past what is left of the present one. None at the archive's proper end, which
    /// is then also the stream's.
    pub(super) fn next(&mut self) -> Result<Option<Member>, Error> {
        self.skip()?;
        let first = self.offset;
        let mut extensions = Extensions::default();
        loop {
            let at = self.offset;
            let Some(header) = self.header()? else {
                return if at == first {
                    Ok(None)
                } else {
                    Err(malformed(first, "an extension has no entry"))
                };
            };
            self.enter(&header, at)?;
            match header.as_old().linkflag[0] {
                b'x' => {
                    extensions.records = pax::parse(&self.extension(at)?).map_err(|why| malformed(at, why))?
                }
                b'L' => extensions.name = Some(text(&self.extension(at)?).to_vec()),
                b'K' => extensions.link = Some(text(&self.extension(at)?).to_vec()),
                // global records and volume labels describe the archive, not its files
                b'g' | b'V' => self.skip()?,
                _ => return self.member(&header, extensions, first).map(Some),
            }
        }
    }

    /// Reads content of the current entry, at most up to its end.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        let wanted = usize::try_from(self.content).unwrap_or(usize::MAX).min(buffer.len());
        self.fill(&mut buffer[..wanted])?;
        self.content -= wanted as u64;
        Ok(wanted)
    }

    fn member(&mut self, header: &Header, mut extensions: Extensions, offset: u64) -> Result<Member, Error> {
        let path = path(header, &mut extensions);
        let refused = |reason| Error::Refused { entry: printable(&path), offset, reason };
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(Error::Limit { offset, what: "entries", limit: self.limits.entries });
        }
        let kind = kind(header.as_old().linkflag[0], &path).map_err(refused)?;
        let records = &extensions.records;
        if kind == Kind::File {
            self.enter_sized(records.size.unwrap_or(self.content), offset)?;
        } else if header.as_old().linkflag[0] != b'D' {
            // a size there is a lie that Go's reader ignores as well
            (self.content, self.padding) = (0, 0);
        }
        let old = header.as_old();
        let owner = |record: Option<u64>, field| {
            let id = record.or_else(|| number(field).and_then(|id| u64::try_from(id).ok()));
            let id = id.and_then(|id| u32::try_from(id).ok()).filter(|&id| id != u32::MAX);
            id.ok_or_else(|| refused("its owner is not a possible id"))
        };
        let mut member = Member {
            offset,
            kind,
            mode: (number(&old.mode).ok_or_else(|| refused("its mode is not a number"))? & 0o7777) as u32,
            uid: owner(records.uid, &old.uid)?,
            gid: owner(records.gid, &old.gid)?,
            modified: modified(records, header).ok_or_else(|| refused("its time is not a number"))?,
            device: device(kind, header).ok_or_else(|| refused("its device numbers are impossible"))?,
            size: self.content,
            segments: Vec::new(),
            link: link(header, &mut extensions),
            path,
            xattrs: std::mem::take(&mut extensions.records.xattrs),
        };
        if kind == Kind::File {
            self.map(header, &extensions.records, &mut member)?;
        }
        Ok(member)
    }

    /// Finds the ranges of the file that are stored, for all four ways to tell them.
    fn map(&mut self, header: &Header, records: &Records, member: &mut Member) -> Result<(), Error> {
        let (at, limit) = (member.offset, self.limits.segments);
        let fault = |fault| match fault {
            sparse::Fault::Malformed(reason) => malformed(at, reason),
            sparse::Fault::TooLong => {
                Error::Limit { offset: at, what: "ranges of a sparse file", limit: limit as u64 }
            }
        };
        let map = match sparse::storage(&records.sparse).map_err(fault)? {
            Storage::Listed => {
                Map::from_numbers(records.sparse.map.as_deref().unwrap_or_default(), limit).map_err(fault)?
            }
            Storage::Headed => {
                let mut text = MapText::new(limit);
                while text.take(&self.content_block(at)?).map_err(fault)? {}
                text.into_map()
            }
            Storage::Dense if header.as_old().linkflag[0] == b'S' => {
                let mut map = Map::new(limit);
                let mut more = map.take_gnu(header).map_err(fault)?;
                while more {
                    more = map.take_gnu_extension(&self.block()?).map_err(fault)?;
                }
                member.size = real_size(header).ok_or_else(|| malformed(at, "a sparse entry has no size"))?;
                member.segments = map.finish(member.size, self.content).map_err(fault)?;
                return Ok(());
            }
            Storage::Dense => {
                member.segments.push(Segment { offset: 0, length: member.size });
                return Ok(());
            }
        };
        member.size = records.sparse.size.ok_or_else(|| malformed(at, "a sparse entry has no size"))?;
        member.segments = map.finish(member.size, self.content).map_err(fault)?;
        Ok(())
    }

    /// The next header, or None after the end marker.
    fn header(&mut self) -> Result<Option<Header>, Error> {
        let at = self.offset;
        let block = self.block()?;
        if block == [0; BLOCK] {
            return self.end().map(|()| None);
        }
        if !header::checksum_holds(&block) {
            return Err(malformed(at, "this is no tar header"));
        }
        Ok(Some(Header::from_byte_slice(&block).clone()))
    }

    /// After the first zero block: there should be a second one and may be any number more, but nothing else.
    fn end(&mut self) -> Result<(), Error> {
        let mut buffer = [0; 16 * BLOCK];
        loop {
            let at = self.offset;
            let count = match self.input.read(&mut buffer) {
                Ok(0) => return Ok(()),
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(Error::stream("read", error)),
            };
            self.advance(count as u64)?;
            if let Some(position) = buffer[..count].iter().position(|&byte| byte != 0) {
                return Err(Error::Trailing { offset: at + position as u64 });
            }
        }
    }

    /// Makes the content after `header` the current one.
    fn enter(&mut self, header: &Header, at: u64) -> Result<(), Error> {
        let size = number(&header.as_old().size).and_then(|size| u64::try_from(size).ok());
        self.enter_sized(size.ok_or_else(|| malformed(at, "a size is not a number"))?, at)
    }

    fn enter_sized(&mut self, size: u64, at: u64) -> Result<(), Error> {
        // the same bound as the kernel's for a file; it keeps all sums of offsets below 2^64
        if size > i64::MAX.unsigned_abs() {
            return Err(malformed(at, "a size is impossible"));
        }
        (self.content, self.padding) = (size, header::padding(size));
        Ok(())
    }

    /// The whole content of an extension header.
    fn extension(&mut self, at: u64) -> Result<Vec<u8>, Error> {
        if self.content > self.limits.record {
            return Err(Error::Limit {
                offset: at,
                what: "bytes in an extended header",
                limit: self.limits.record,
            });
        }
        let mut content = vec![0; usize::try_from(self.content).unwrap_or(usize::MAX)];
        self.read(&mut content)?;
        self.skip()?;
        Ok(content)
    }

    fn content_block(&mut self, at: u64) -> Result<Block, Error> {
        let mut block = [0; BLOCK];
        if self.content < BLOCK as u64 {
            return Err(malformed(at, "a sparse map is incomplete"));
        }
        self.read(&mut block)?;
        Ok(block)
    }

    fn block(&mut self) -> Result<Block, Error> {
        let mut block = [0; BLOCK];
        self.fill(&mut block)?;
        Ok(block)
    }

    /// Passes what is left of the current entry.
    fn skip(&mut self) -> Result<(), Error> {
        let mut left = self.content + self.padding;
        (self.content, self.padding) = (0, 0);
        let mut buffer = [0; 16 * BLOCK];
        while left > 0 {
            let step = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
            self.fill(&mut buffer[..step])?;
            left -= step as u64;
        }
        Ok(())
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        match self.input.read_exact(buffer) {
            Ok(()) => self.advance(buffer.len() as u64),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && error.get_ref().is_none() => {
                Err(Error::Truncated { offset: self.offset })
            }
            Err(error) => Err(Error::stream("read", error)),
        }
    }

    fn advance(&mut self, count: u64) -> Result<(), Error> {
        self.offset += count;
        if self.offset > self.limits.stream {
            return Err(Error::Limit { offset: self.offset, what: "bytes", limit: self.limits.stream });
        }
        Ok(())
    }
}

fn malformed(offset: u64, reason: &'static str) -> Error {
    Error::Malformed { offset, reason }
}

fn path(header: &Header, extensions: &mut Extensions) -> Vec<u8> {
    let records = &mut extensions.records;
    if let Some(path) = extensions.name.take().or(records.sparse.name.take()).or(records.path.take()) {
        return path;
    }
    let name = text(&header.as_old().name);
    // the prefix is POSIX's; GNU keeps times and sparse maps in its place
    match header.as_ustar().map(|ustar| text(&ustar.prefix)) {
        Some(prefix) if !prefix.is_empty() => [prefix, b"/", name].concat(),
        _ => name.to_vec(),
    }
}

fn link(header: &Header, extensions: &mut Extensions) -> Vec<u8> {
    let long = extensions.link.take().or(extensions.records.link.take());
    long.unwrap_or_else(|| text(&header.as_old().linkname).to_vec())
}

fn kind(flag: u8, path: &[u8]) -> Result<Kind, &'static str> {
    Ok(match flag {
        // v7 had no flag for directories
        0 if path.ends_with(b"/") => Kind::Directory,
        0 | b'0' | b'7' | b'S' => Kind::File,
        b'1' => Kind::HardLink,
        b'2' => Kind::Symlink,
        b'3' => Kind::CharacterDevice,
        b'4' => Kind::BlockDevice,
        b'5' | b'D' => Kind::Directory,
        b'6' => Kind::Fifo,
        b'M' => return Err("it continues a file of another volume"),
        _ => return Err("its kind is unknown"),
    })
}

fn modified(records: &Records, header: &Header) -> Option<Moment> {
    let whole = || Some(Moment { seconds: number(&header.as_old().mtime)?, nanoseconds: 0 });
    records.modified.or_else(whole)
}

/// Other kinds may have anything in these fields.
fn device(kind: Kind, header: &Header) -> Option<(u32, u32)> {
    if !matches!(kind, Kind::CharacterDevice | Kind::BlockDevice) {
        return Some((0, 0));
    }
    let (major, minor) = match (header.as_ustar(), header.as_gnu()) {
        (Some(ustar), _) => (&ustar.dev_major, &ustar.dev_minor),
        (_, Some(gnu)) => (&gnu.dev_major, &gnu.dev_minor),
        _ => return Some((0, 0)),
    };
    let part = |field| number(field).and_then(|value| u32::try_from(value).ok());
    Some((part(major)?, part(minor)?))
}

fn real_size(header: &Header) -> Option<u64> {
    number(&header.as_gnu()?.realsize).and_then(|size| u64::try_from(size).ok())
}

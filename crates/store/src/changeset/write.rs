//! From a directory to the canonical tar; its rules stand in the documentation of the module above.

use super::content;
use super::encode::{Record, write_header};
use super::error::{Error, Fault, printable};
use super::header::{BLOCK, padding};
use super::name;
use super::tree::is_whiteout;
use super::xattr::{self, Xattr};
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::{BufWriter, Write as Output};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use sys::Errno;
use sys::descent::{self, Descent, Identity, identity};
use sys::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::fs::{self, AtFlags, FileType, Mode, OFlags, Stat};

/// What the directory is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum View {
    /// One layer in overlayfs' format: its whiteouts and opaque directories become those of the OCI. Nobody
    /// changes it meanwhile.
    #[default]
    Layer,
    /// A tree as a container sees it, perhaps a living one: nothing in it has a second meaning, and what
    /// disappears while it is read is left out.
    Merged,
}

/// Which part of the directory is written, under which name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Scope {
    /// All that is in it. The directory itself is no entry.
    #[default]
    Contents,
    /// The directory itself, as `NAME/`, and all that is in it, below that.
    Under(OsString),
    /// One file in it, of any kind, and all that is in that if it is a directory.
    Child {
        /// Its name in the directory.
        name: OsString,
        /// Its name in the archive.
        entry: OsString,
    },
}

/// How to write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Write {
    /// What the directory is.
    pub view: View,
    /// Which part of it is written.
    pub scope: Scope,
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Written {
    /// Bytes of the archive.
    pub size: u64,
    /// Entries, whiteouts included.
    pub entries: u64,
    /// Bytes of regular files, holes included, each file once.
    pub content: u64,
}

/// Writes the canonical tar of a directory.
///
/// Memory holds the names of the directories on the way down and the first path of every file with links not
/// met yet.
///
/// # Errors [`Error::Unrepresentable`] if a layer holds what a layer's tar cannot say: a name that begins
/// with `.wh.`, an attribute whose name has a `=`, a directory that overlayfs redirected, a file that shrinks
/// meanwhile. [`Error::Io`] for the rest.
pub fn write(root: BorrowedFd<'_>, out: &mut dyn Output, options: &Write) -> Result<Written, Error> {
    let mut writing = Writing {
        out: BufWriter::with_capacity(content::BUFFER, out),
        view: options.view,
        path: Vec::new(),
        links: HashMap::new(),
        written: Written::default(),
        buffer: vec![0; content::BUFFER],
    };
    let mut descent = Descent::begin(root).map_err(|errno| writing.io("open", errno))?;
    match &options.scope {
        Scope::Contents => {
            writing.opaque_marker(descent.here())?;
            writing.below(&mut descent)?;
        }
        Scope::Under(name) => {
            writing.path = name.as_bytes().to_vec();
            writing.directory(descent.here())?;
            writing.below(&mut descent)?;
        }
        Scope::Child { name, entry } => {
            writing.path = entry.as_bytes().to_vec();
            if writing.entry(&mut descent, name.as_bytes())? {
                writing.below(&mut descent)?;
            }
        }
    }
    writing.put(&[0; 2 * BLOCK])?;
    writing.out.flush().map_err(|source| Error::stream("write", source))?;
    Ok(writing.written)
}

struct Writing<'o> {
    out: BufWriter<&'o mut dyn Output>,
    view: View,
    /// The name in the archive of what is being written, without a slash at its end.
    path: Vec<u8>,
    /// Files with several names: the first one, and how many are still to come.
    links: HashMap<Identity, (Vec<u8>, u64)>,
    written: Written,
    buffer: Vec<u8>,
}

impl Writing<'_> {
    /// Writes all that is below the directory of the descent, which `path` names.
    fn below(&mut self, descent: &mut Descent) -> Result<(), Error> {
        let mut pending = vec![self.level(descent.here())?];
        while let Some((length, names)) = pending.last_mut() {
            self.path.truncate(*length);
            let Some(name) = names.pop() else {
                pending.pop();
                if !pending.is_empty() {
                    descent.leave().map_err(|errno| self.io("leave", errno))?;
                }
                continue;
            };
            if !self.path.is_empty() {
                self.path.push(b'/');
            }
            self.path.extend_from_slice(&name);
            if self.entry(descent, &name)? {
                pending.push(self.level(descent.here())?);
            }
        }
        Ok(())
    }

    /// A directory's names, the first one last, and the length of its path.
    fn level(&self, directory: BorrowedFd<'_>) -> Result<(usize, Vec<Vec<u8>>), Error> {
        let names = descent::names(directory).map_err(|errno| self.io("list", errno))?;
        Ok((self.path.len(), names))
    }

    /// Writes one file. True if it is a directory, which the descent has entered then.
    fn entry(&mut self, descent: &mut Descent, name: &[u8]) -> Result<bool, Error> {
        let Some(stat) = self.gone(fs::statat(descent.here(), name, AtFlags::SYMLINK_NOFOLLOW), "stat")?
        else {
            return Ok(false);
        };
        let kind = FileType::from_raw_mode(stat.st_mode);
        if self.view == View::Layer {
            if is_whiteout(&stat) {
                return self.whiteout(name).map(|()| false);
            }
            if name.starts_with(name::WHITEOUT) {
                return Err(self.unrepresentable("names that begin with .wh. are whiteouts in a layer"));
            }
        }
        match kind {
            FileType::Directory => {
                let entered = descent.enter(name);
                let Some(()) = self.gone(entered, "open")? else { return Ok(false) };
                self.directory(descent.here())?;
                return Ok(true);
            }
            FileType::Socket => {}
            FileType::RegularFile => self.regular(descent.here(), name)?,
            FileType::Symlink => {
                let target = fs::readlinkat(descent.here(), name, Vec::new());
                if let Some(target) = self.gone(target, "read link")? {
                    self.special(&stat, b'2', target.as_bytes())?;
                }
            }
            FileType::CharacterDevice => self.special(&stat, b'3', b"")?,
            FileType::BlockDevice => self.special(&stat, b'4', b"")?,
            FileType::Fifo => self.special(&stat, b'6', b"")?,
            FileType::Unknown => return Err(self.unrepresentable("its kind is unknown")),
        }
        Ok(false)
    }

    fn directory(&mut self, directory: BorrowedFd<'_>) -> Result<(), Error> {
        let stat = fs::fstat(directory).map_err(|errno| self.io("stat", errno))?;
        let xattrs = self.xattrs(directory)?;
        let mut path = self.path.clone();
        path.push(b'/');
        self.put_header(&Record { path: &path, flag: b'5', xattrs: &xattrs, ..record(&stat) })?;
        self.opaque_marker(directory)
    }

    fn opaque_marker(&mut self, directory: BorrowedFd<'_>) -> Result<(), Error> {
        if self.view == View::Merged || !xattr::is_opaque(directory) {
            return Ok(());
        }
        let path = join(&self.path, name::OPAQUE);
        self.put_header(&Record { path: &path, flag: b'0', ..Record::default() })
    }

    fn whiteout(&mut self, name: &[u8]) -> Result<(), Error> {
        let parent = &self.path[..self.path.len() - name.len()];
        let path = [parent, name::WHITEOUT, name].concat();
        self.put_header(&Record { path: &path, flag: b'0', ..Record::default() })
    }

    /// A file without content: a link, a device or a FIFO.
    fn special(&mut self, stat: &Stat, flag: u8, link: &[u8]) -> Result<(), Error> {
        if self.linked(stat)? {
            return Ok(());
        }
        let device = if flag == b'3' || flag == b'4' {
            (fs::major(stat.st_rdev), fs::minor(stat.st_rdev))
        } else {
            (0, 0)
        };
        let path = std::mem::take(&mut self.path);
        let put = self.put_header(&Record { path: &path, flag, link, device, ..record(stat) });
        self.path = path;
        put
    }

    fn regular(&mut self, directory: BorrowedFd<'_>, name: &[u8]) -> Result<(), Error> {
        let Some(file) = self.gone(self.open(directory, name), "open")? else { return Ok(()) };
        let stat = fs::fstat(&file).map_err(|errno| self.io("stat", errno))?;
        if self.linked(&stat)? {
            return Ok(());
        }
        let xattrs = self.xattrs(file.as_fd())?;
        let size = stat.st_size.unsigned_abs();
        let path = std::mem::take(&mut self.path);
        let put =
            self.put_header(&Record { path: &path, flag: b'0', size, xattrs: &xattrs, ..record(&stat) });
        self.path = path;
        put?;
        self.content(file.as_fd(), &stat)?;
        self.written.content += size;
        self.put(&[0; BLOCK][..padding(size) as usize])
    }

    /// Opens a regular file.
    fn open(&self, directory: BorrowedFd<'_>, name: &[u8]) -> Result<OwnedFd, Errno> {
        match self.view {
            View::Layer => {
                let flags = OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
                fs::openat(directory, name, flags, Mode::empty())
            }
            View::Merged => descent::open_regular(directory, name),
        }
    }

    /// Writes a link to the file's first name, if this is a later one.
    fn linked(&mut self, stat: &Stat) -> Result<bool, Error> {
        if stat.st_nlink < 2 {
            return Ok(false);
        }
        let identity = identity(stat);
        let Some((first, left)) = self.links.get_mut(&identity) else {
            self.links.insert(identity, (self.path.clone(), stat.st_nlink - 1));
            return Ok(false);
        };
        *left = left.saturating_sub(1);
        let (first, left) = (first.clone(), *left);
        if left == 0 {
            self.links.remove(&identity);
        }
        let path = std::mem::take(&mut self.path);
        let put = self.put_header(&Record { path: &path, flag: b'1', link: &first, ..record(stat) });
        self.path = path;
        put.map(|()| true)
    }

    /// Writes the content, holes as zeros without reading them.
    fn content(&mut self, file: BorrowedFd<'_>, stat: &Stat) -> Result<(), Error> {
        let size = stat.st_size.unsigned_abs();
        let sparse = stat.st_blocks.unsigned_abs() * 512 < size;
        let mut offset = 0;
        while offset < size {
            let (data, end) = if sparse {
                content::data_range(file, offset, size).map_err(|errno| self.io("seek in", errno))?
            } else {
                (0, size)
            };
            self.zeros(data.saturating_sub(offset))?;
            offset = offset.max(data);
            while offset < end {
                let wanted = usize::try_from(end - offset).unwrap_or(usize::MAX).min(self.buffer.len());
                let read =
                    sys::io::retry_on_intr(|| sys::io::pread(file, &mut self.buffer[..wanted], offset));
                let count = read.map_err(|errno| self.io("read", errno))?;
                if count == 0 {
                    return self.shrunk(size - offset);
                }
                self.out.write_all(&self.buffer[..count]).map_err(|source| Error::stream("write", source))?;
                self.written.size += count as u64;
                offset += count as u64;
            }
        }
        Ok(())
    }

    fn shrunk(&mut self, missing: u64) -> Result<(), Error> {
        match self.view {
            View::Layer => Err(self.unrepresentable("it shrinks while it is read")),
            View::Merged => self.zeros(missing),
        }
    }

    fn zeros(&mut self, mut count: u64) -> Result<(), Error> {
        const ZEROS: [u8; 16 << 10] = [0; 16 << 10];
        while count > 0 {
            let step = usize::try_from(count).unwrap_or(usize::MAX).min(ZEROS.len());
            self.put(&ZEROS[..step])?;
            count -= step as u64;
        }
        Ok(())
    }

    fn xattrs(&self, file: BorrowedFd<'_>) -> Result<Vec<Xattr>, Error> {
        let kept = xattr::read(file).map_err(|fault| match fault {
            Fault::Kernel { doing, errno } => self.io(doing, errno),
            Fault::Refused(reason) => self.unrepresentable(reason),
            other => other.of(&self.path, 0),
        })?;
        if kept.incomplete && self.view == View::Layer {
            return Err(self.unrepresentable("overlayfs keeps a part of it in a lower layer"));
        }
        Ok(kept.xattrs)
    }

    fn put_header(&mut self, record: &Record<'_>) -> Result<(), Error> {
        self.written.size +=
            write_header(record, &mut self.out).map_err(|source| Error::stream("write", source))?;
        self.written.entries += 1;
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.written.size += bytes.len() as u64;
        self.out.write_all(bytes).map_err(|source| Error::stream("write", source))
    }

    /// None for what disappeared from a living tree, or became something else, since its directory was
    /// listed.
    fn gone<T>(&self, result: Result<T, Errno>, doing: &'static str) -> Result<Option<T>, Error> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::INVAL) if self.view == View::Merged => {
                Ok(None)
            }
            Err(errno) => Err(self.io(doing, errno)),
        }
    }

    fn io(&self, doing: &'static str, errno: Errno) -> Error {
        let path = if self.path.is_empty() { OsStr::new(".") } else { OsStr::from_bytes(&self.path) };
        Error::Io { doing, path: PathBuf::from(path), source: errno.into() }
    }

    fn unrepresentable(&self, reason: &'static str) -> Error {
        Error::Unrepresentable { path: printable(&self.path), reason }
    }
}

fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory.is_empty() { name.to_vec() } else { [directory, b"/", name].concat() }
}

/// What all kinds of files have in common.
fn record(stat: &Stat) -> Record<'static> {
    Record {
        mode: stat.st_mode & 0o7777,
        uid: stat.st_uid,
        gid: stat.st_gid,
        modified: stat.st_mtime,
        ..Record::default()
    }
}

//! What a waiting process means by a path: its memory, its working directory, its descriptors.

use std::collections::HashMap;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;

/// The longest path (`PATH_MAX`).
const PATH_LIMIT: usize = 4096;
/// How much memory is read at once: reads do not go beyond a page that may be the last one.
const PAGE: usize = 4096;
/// `AT_FDCWD`, as the lower half of an argument.
const WORKING_DIRECTORY: i32 = -100;
/// The most processes whose memory stays open.
const OPEN_LIMIT: usize = 256;
/// The most processes whose roots are remembered.
const ROOT_LIMIT: usize = 4096;

/// The memories of traced processes.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    open: HashMap<u32, File>,
    /// Where their roots are, as they were asked last.
    roots: HashMap<u32, Vec<u8>>,
}

impl Processes {
    /// The path at an address of a process; nothing if it cannot be read.
    pub(crate) fn text(&mut self, pid: u32, address: u64) -> Option<Vec<u8>> {
        if let Some(text) = self.open.get(&pid).and_then(|memory| read_text(memory, address)) {
            return Some(text);
        }
        // not open yet, or open on memory that an execve has replaced
        if self.open.len() >= OPEN_LIMIT {
            self.open.clear();
        }
        let memory = File::open(format!("/proc/{pid}/mem")).ok()?;
        let text = read_text(&memory, address);
        self.open.insert(pid, memory);
        text
    }

    /// The path in the address of a socket; nothing if it is one without (unix(7)).
    pub(crate) fn socket(&mut self, pid: u32, address: u64) -> Option<Vec<u8>> {
        const LOCAL: u16 = 1;
        let family = self.text(pid, address)?;
        // the family stands before the path; its upper byte is 0, which ends the text on a little-endian machine
        let is_local = match family.as_slice() {
            [low] => u16::from_le_bytes([*low, 0]) == LOCAL,
            [] => u16::from_be_bytes([0, 1]) == LOCAL && cfg!(target_endian = "big"),
            _ => false,
        };
        if is_local { self.text(pid, address.checked_add(2)?).filter(|path| !path.is_empty()) } else { None }
    }

    /// A process is about to have other memory.
    pub(crate) fn forget(&mut self, pid: u32) {
        self.open.remove(&pid);
        self.roots.remove(&pid);
    }

    /// The path as it is from the root of the container: that of the process's mount namespace, also if the process has another root.
    pub(crate) fn absolute(&mut self, pid: u32, directory: Option<u64>, path: &[u8]) -> Option<Vec<u8>> {
        if path.first() != Some(&b'/') {
            return joined(beginning(pid, directory)?, path);
        }
        if !self.roots.contains_key(&pid) {
            if self.roots.len() >= ROOT_LIMIT {
                self.roots.clear();
            }
            self.roots.insert(pid, link(pid, "root")?);
        }
        joined(self.roots.get(&pid)?.clone(), path)
    }
}

fn read_text(memory: &File, address: u64) -> Option<Vec<u8>> {
    let mut text = Vec::new();
    let mut buffer = [0; PAGE];
    while text.len() < PATH_LIMIT {
        let at = address.checked_add(text.len() as u64)?;
        let length = PAGE - usize::try_from(at % PAGE as u64).unwrap_or(0);
        // most paths are short
        let length = if text.is_empty() { length.min(256) } else { length };
        let read = memory.read_at(&mut buffer[..length], at).ok().filter(|read| *read > 0)?;
        let piece = &buffer[..read];
        match piece.iter().position(|byte| *byte == 0) {
            Some(end) => {
                text.extend_from_slice(&piece[..end]);
                return Some(text);
            }
            None => text.extend_from_slice(piece),
        }
    }
    None
}

/// Where a relative path begins.
fn beginning(pid: u32, directory: Option<u64>) -> Option<Vec<u8>> {
    // descriptors are ints: the upper half means nothing
    #[expect(clippy::cast_possible_truncation, reason = "the kernel takes the lower half of the register")]
    match directory.map(|descriptor| descriptor as i32) {
        None | Some(WORKING_DIRECTORY) => link(pid, "cwd"),
        Some(descriptor) => link(pid, &format!("fd/{descriptor}")),
    }
}

/// A path below a directory; nothing if that is none (`pipe:[1]`).
fn joined(mut base: Vec<u8>, path: &[u8]) -> Option<Vec<u8>> {
    if base.first() != Some(&b'/') {
        return None;
    }
    if !path.is_empty() {
        if base.last() != Some(&b'/') {
            base.push(b'/');
        }
        base.extend_from_slice(path.strip_prefix(b"/").unwrap_or(path));
    }
    Some(base)
}

fn link(pid: u32, name: &str) -> Option<Vec<u8>> {
    fs::read_link(format!("/proc/{pid}/{name}")).ok().map(|target| target.as_os_str().as_bytes().to_vec())
}

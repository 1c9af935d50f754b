//! Layers, one on another: what each one costs, and what of it nobody sees because another one lies on it.

use crate::error::{At, Error, Result};
use engine::store::changeset::{is_opaque, is_whiteout};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use sys::descent::{Step, Walk};
use sys::fs::{AtFlags, FileType};

/// The most files of all layers together.
const FILE_LIMIT: usize = 8 << 20;
/// How many hidden files are told by name.
const SHOWN: usize = 20;

/// A layer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// `sha256:…`; nothing of a container's changes.
    pub diff_id: Option<String>,
    /// When, RFC 3339, if the history says so.
    pub created: Option<String>,
    /// The line of the history that made it; empty if there is none.
    pub created_by: String,
    /// Bytes of its regular files; one with several names counts once.
    pub bytes: u64,
    /// Its files that are no directories, each name.
    pub files: u64,
    /// Bytes of it that upper layers replace or remove.
    pub hidden_bytes: u64,
    /// Files of it that upper layers replace or remove.
    pub hidden_files: u64,
    /// Names of lower layers that it removes.
    pub removes: u64,
}

/// What layers carry that nobody sees.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waste {
    /// Bytes.
    pub bytes: u64,
    /// Files, each name.
    pub files: u64,
    /// The largest of them.
    pub largest: Vec<Hidden>,
}

/// A file of a layer that an upper layer hides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden {
    /// Where it would be.
    pub path: String,
    /// Its bytes.
    pub bytes: u64,
    /// The layer that has it, from 0.
    pub layer: usize,
    /// The layer that hides it, from 0.
    pub by: usize,
    /// It is removed, and not replaced.
    pub is_removed: bool,
}

/// What is found in a layer's directory; whatever it lies in comes before it.
#[derive(Debug)]
pub(super) struct Found {
    /// The number of the directory that it lies in; nothing of what lies in the root.
    parent: Option<usize>,
    name: Box<[u8]>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Directory {
        is_opaque: bool,
    },
    /// Bytes, and who it is if it has several names.
    File {
        bytes: u64,
        identity: Option<(u64, u64)>,
    },
    Other,
    Whiteout,
}

/// Lists a layer's directory, in overlayfs' form.
pub(super) fn list(root: BorrowedFd<'_>) -> Result<Vec<Found>> {
    let mut walk = Walk::begin(root).at("read", "a layer")?;
    let mut found: Vec<Found> = Vec::new();
    let mut above: Vec<usize> = Vec::new();
    while let Some(step) = walk.step() {
        let name = match step {
            Step::Entry(name) => name,
            Step::Complete(name) => {
                above.pop();
                walk.leave().at("leave", path_of(&name))?;
                continue;
            }
        };
        if found.len() >= FILE_LIMIT {
            return Err(Error::Invalid(format!("a layer has more than {FILE_LIMIT} files")));
        }
        let stat =
            sys::fs::statat(walk.here(), &name[..], AtFlags::SYMLINK_NOFOLLOW).at("read", path_of(&name))?;
        let parent = above.last().copied();
        let (at, boxed) = (found.len(), name.clone().into());
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                walk.enter(name.clone()).at("read", path_of(&name))?;
                above.push(at);
                Kind::Directory { is_opaque: is_opaque(walk.here()) }
            }
            FileType::RegularFile => Kind::File {
                bytes: u64::try_from(stat.st_size).unwrap_or(0),
                identity: (stat.st_nlink > 1).then_some((stat.st_dev, stat.st_ino)),
            },
            _ if is_whiteout(&stat) => Kind::Whiteout,
            _ => Kind::Other,
        };
        found.push(Found { parent, name: boxed, kind });
    }
    Ok(found)
}

fn path_of(name: &[u8]) -> PathBuf {
    Path::new(std::ffi::OsStr::from_bytes(name)).to_path_buf()
}

/// The layers so far, as one tree. What is removed stays in `entries`, but is nobody's child.
#[derive(Debug)]
pub(super) struct Stack {
    entries: Vec<Entry>,
    contents: Vec<Content>,
    pub(super) layers: Vec<Layer>,
    hidden: Vec<(usize, Hidden)>,
}

#[derive(Debug)]
struct Entry {
    parent: usize,
    name: Box<[u8]>,
    layer: usize,
    /// Of a directory what is in it.
    children: Option<HashMap<Box<[u8]>, usize>>,
    content: Option<usize>,
}

/// Bytes of a layer that one or several names have.
#[derive(Debug)]
struct Content {
    bytes: u64,
    names: u32,
}

impl Stack {
    pub(super) fn new() -> Self {
        let root = Entry {
            parent: 0,
            name: Box::default(),
            layer: 0,
            children: Some(HashMap::new()),
            content: None,
        };
        Self { entries: vec![root], contents: Vec::new(), layers: Vec::new(), hidden: Vec::new() }
    }

    /// Puts a layer on top.
    pub(super) fn push(&mut self, layer: Layer, found: Vec<Found>) {
        let number = self.layers.len();
        self.layers.push(layer);
        let mut places: Vec<usize> = Vec::with_capacity(found.len());
        let mut several: HashMap<(u64, u64), usize> = HashMap::new();
        for Found { parent, name, kind } in found {
            let parent = parent.map_or(0, |parent| places[parent]);
            let existing = self.child(parent, &name);
            if let (Some(existing), Kind::Directory { is_opaque }) = (existing, kind)
                && self.entries[existing].children.is_some()
            {
                places.push(existing);
                if is_opaque {
                    self.clear(existing, number);
                }
                continue;
            }
            if let Some(existing) = existing {
                self.hide(existing, number, kind == Kind::Whiteout);
            }
            let content = match kind {
                Kind::File { bytes, identity } => Some(self.content(number, bytes, identity, &mut several)),
                Kind::Directory { .. } | Kind::Other | Kind::Whiteout => None,
            };
            let place = self.entries.len();
            places.push(place);
            let children = matches!(kind, Kind::Directory { .. }).then(HashMap::new);
            self.entries.push(Entry { parent, name: name.clone(), layer: number, children, content });
            if kind == Kind::Whiteout {
                continue;
            }
            self.layers[number].files += u64::from(!matches!(kind, Kind::Directory { .. }));
            if let Some(siblings) = &mut self.entries[parent].children {
                siblings.insert(name, place);
            }
        }
    }

    fn child(&self, parent: usize, name: &[u8]) -> Option<usize> {
        self.entries[parent].children.as_ref()?.get(name).copied()
    }

    fn content(
        &mut self,
        layer: usize,
        bytes: u64,
        identity: Option<(u64, u64)>,
        several: &mut HashMap<(u64, u64), usize>,
    ) -> usize {
        if let Some(known) = identity.and_then(|identity| several.get(&identity).copied()) {
            self.contents[known].names += 1;
            return known;
        }
        self.layers[layer].bytes += bytes;
        let number = self.contents.len();
        self.contents.push(Content { bytes, names: 1 });
        if let Some(identity) = identity {
            several.insert(identity, number);
        }
        number
    }

    /// Hides what a directory holds.
    fn clear(&mut self, directory: usize, by: usize) {
        let children = self.entries[directory].children.as_mut().map(std::mem::take).unwrap_or_default();
        for child in children.into_values() {
            // of its own layer is only what comes later
            self.hide(child, by, true);
        }
    }

    /// Hides an entry with all below it.
    fn hide(&mut self, entry: usize, by: usize, is_removed: bool) {
        let parent = self.entries[entry].parent;
        let name = self.entries[entry].name.clone();
        if let Some(siblings) = &mut self.entries[parent].children {
            siblings.remove(&name);
        }
        if is_removed {
            self.layers[by].removes += 1;
        }
        let mut waiting = vec![entry];
        while let Some(entry) = waiting.pop() {
            let layer = self.entries[entry].layer;
            if let Some(children) = self.entries[entry].children.take() {
                waiting.extend(children.into_values());
                continue;
            }
            if layer == by {
                continue;
            }
            self.layers[layer].hidden_files += 1;
            let Some(content) = self.entries[entry].content.map(|content| &mut self.contents[content]) else {
                continue;
            };
            content.names -= 1;
            if content.names == 0 {
                let bytes = content.bytes;
                self.layers[layer].hidden_bytes += bytes;
                self.hidden.push((entry, Hidden { path: String::new(), bytes, layer, by, is_removed }));
            }
        }
    }

    /// The layers, and what they waste.
    pub(super) fn finish(mut self) -> (Vec<Layer>, Waste) {
        let mut hidden = std::mem::take(&mut self.hidden);
        hidden.sort_by(|(a, one), (b, other)| other.bytes.cmp(&one.bytes).then(a.cmp(b)));
        hidden.truncate(SHOWN);
        let named = hidden.into_iter().filter(|(_, hidden)| hidden.bytes > 0);
        let largest = named.map(|(entry, hidden)| Hidden { path: self.path(entry), ..hidden }).collect();
        let sum = |of: fn(&Layer) -> u64| self.layers.iter().map(of).sum();
        let waste =
            Waste { bytes: sum(|layer| layer.hidden_bytes), files: sum(|layer| layer.hidden_files), largest };
        (self.layers, waste)
    }

    fn path(&self, entry: usize) -> String {
        let mut names = Vec::new();
        let mut at = entry;
        while at != 0 {
            names.push(String::from_utf8_lossy(&self.entries[at].name));
            at = self.entries[at].parent;
        }
        names.iter().rev().fold(String::new(), |path, name| format!("{path}/{name}"))
    }

    /// How many files the stack shows.
    #[cfg(test)]
    fn shown(&self) -> usize {
        let mut waiting = vec![0];
        let mut shown = 0;
        while let Some(entry) = waiting.pop() {
            match &self.entries[entry].children {
                Some(children) => waiting.extend(children.values()),
                None => shown += 1,
            }
        }
        shown
    }
}

#[cfg(test)]
mod tests;

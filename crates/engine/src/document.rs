//! Small JSON documents of ours: read whole, replaced whole.

use crate::error::{At, Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Reads a document that need not outlive the boot that wrote it; `None` if it is not there, or if a power cut has left nothing or zeros of it: it has
/// never been written then.
pub(crate) fn read_lasting<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match text(path)? {
        // JSON has no zero
        Some(text) if text.is_empty() || text.contains(&0) => Ok(None),
        Some(text) => parse(path, &text).map(Some),
        None => Ok(None),
    }
}

/// Reads a document; `None` if it is not there.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    text(path)?.map(|text| parse(path, &text)).transpose()
}

fn text(path: &Path) -> Result<Option<Vec<u8>>> {
    match std::fs::read(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).at("read", path),
    }
}

fn parse<T: DeserializeOwned>(path: &Path, text: &[u8]) -> Result<T> {
    serde_json::from_slice(text).map_err(|error| {
        Error::Store(store::Error::Damaged { path: path.to_path_buf(), reason: error.to_string() })
    })
}

/// How long a document has to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lasting {
    /// A power cut right after does not undo it.
    PowerCut,
    /// As long as the machine runs: a container with `--rm`.
    Boot,
}

/// Replaces a document.
pub(crate) fn write<T: Serialize>(path: &Path, document: &T, lasting: Lasting) -> Result<()> {
    let text = serde_json::to_vec(document).expect("our documents are plain data");
    match lasting {
        Lasting::PowerCut => store::durable::write(path, &text)?,
        Lasting::Boot => store::durable::replace(path, &text)?,
    }
    Ok(())
}

/// A document in a file without a name, for another process of ours.
pub(crate) fn in_memory<T: Serialize>(document: &T) -> Result<File> {
    let what = "a memory file";
    let made = sys::fs::memfd_create("document", sys::fs::MemfdFlags::CLOEXEC);
    let mut file = File::from(made.at("make", what)?);
    file.write_all(&serde_json::to_vec(document).expect("our documents are plain data")).at("write", what)?;
    Ok(file)
}

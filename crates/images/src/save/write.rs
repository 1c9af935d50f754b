//! Writes a plan, as an archive or as a directory.

use super::plan::{Content, Plan};
use crate::error::{At, Error, Result};
use crate::layout::{self, MARKER_CONTENT};
use oci::Digest;
use oci::digest::Hasher;
use serde::Serialize;
use std::fs::{self, DirBuilder, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use store::{Store, blobs, layers};

/// What the stream is called in messages.
const ARCHIVE: &str = "archive";
/// The unit of a tar archive.
const BLOCK: u64 = 512;

/// Writes a tar archive. Its entries are in order, belong to nobody and have no time.
pub(super) fn archive(store: &Store, plan: &Plan, out: &mut dyn Write) -> Result<()> {
    let mut out = BufWriter::with_capacity(256 << 10, out);
    for directory in ["blobs/", "blobs/sha256/"] {
        header(&mut out, directory, tar::EntryType::Directory, 0)?;
    }
    for (digest, content) in &plan.blobs {
        let size = size(store, digest, *content)?;
        header(&mut out, &layout::blob(digest), tar::EntryType::Regular, size)?;
        copy(store, digest, *content, &mut out)?;
        pad(&mut out, size)?;
    }
    for (name, text) in documents(plan) {
        header(&mut out, name, tar::EntryType::Regular, text.len() as u64)?;
        out.write_all(&text).at("write", ARCHIVE)?;
        pad(&mut out, text.len() as u64)?;
    }
    out.write_all(&[0; 2 * BLOCK as usize]).at("write", ARCHIVE)?;
    out.flush().at("write", ARCHIVE)
}

/// Writes an OCI layout directory, its index last.
pub(super) fn directory(store: &Store, plan: &Plan, path: &Path) -> Result<()> {
    let blobs = path.join("blobs/sha256");
    empty(path)?;
    DirBuilder::new().recursive(true).mode(0o755).create(&blobs).at("make directory", &blobs)?;
    for (digest, content) in &plan.blobs {
        let place = path.join(layout::blob(digest));
        let mut file = File::create_new(&place).at("create", &place)?;
        copy(store, digest, *content, &mut file)?;
    }
    let mut documents = documents(plan);
    documents.sort_by_key(|(name, _)| *name == layout::INDEX);
    for (name, text) in documents {
        let place = path.join(name);
        fs::write(&place, text).at("write", place)?;
    }
    Ok(())
}

/// Writes a directory with one manifest, and blobs by their digits beside it.
pub(super) fn flat(store: &Store, plan: &Plan, path: &Path) -> Result<()> {
    let [target] = plan.index.manifests.as_slice() else {
        return Err(Error::Invalid("a directory of this form holds one image".into()));
    };
    empty(path)?;
    for (digest, content) in &plan.blobs {
        let name = if *digest == target.digest { layout::DOCKER_IMAGES.to_owned() } else { digest.hex() };
        let place = path.join(name);
        let mut file = File::create_new(&place).at("create", &place)?;
        copy(store, digest, *content, &mut file)?;
    }
    let place = path.join("version");
    fs::write(&place, "Directory Transport Version: 1.1\n").at("write", place)
}

/// Makes a directory, which may be there if it is empty.
fn empty(path: &Path) -> Result<()> {
    DirBuilder::new().recursive(true).mode(0o755).create(path).at("make directory", path)?;
    if fs::read_dir(path).at("list", path)?.next().is_some() {
        return Err(Error::Conflict(format!("{}: directory is not empty", path.display())));
    }
    Ok(())
}

/// The files beside the blobs, sorted.
fn documents(plan: &Plan) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        (layout::INDEX, text(&plan.index)),
        (layout::DOCKER_IMAGES, text(&plan.images)),
        (layout::MARKER, MARKER_CONTENT.to_vec()),
        (layout::REPOSITORIES, text(&plan.repositories)),
    ]
}

fn text(document: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(document).expect("plain data serialises")
}

fn header(out: &mut dyn Write, name: &str, kind: tar::EntryType, size: u64) -> Result<()> {
    let mut header = tar::Header::new_ustar();
    header.set_path(name).at("name", ARCHIVE)?;
    header.set_entry_type(kind);
    header.set_mode(if kind.is_dir() { 0o755 } else { 0o644 });
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(size);
    header.set_cksum();
    out.write_all(header.as_bytes()).at("write", ARCHIVE)
}

fn pad(out: &mut dyn Write, size: u64) -> Result<()> {
    let zeros = size.wrapping_neg() % BLOCK;
    out.write_all(&[0; BLOCK as usize][..zeros as usize]).at("write", ARCHIVE)
}

fn size(store: &Store, digest: &Digest, content: Content) -> Result<u64> {
    match content {
        Content::Blob => Ok(blobs::size(store, digest)?),
        Content::Layer(_, size) => Ok(size),
    }
}

/// Copies a blob's bytes, and checks them: a store that was damaged must not spread.
fn copy(store: &Store, digest: &Digest, content: Content, out: &mut dyn Write) -> Result<()> {
    let mut file = match content {
        Content::Blob => blobs::open(store, digest)?,
        Content::Layer(layer, _) => return Ok(layers::write_tar(store, &layer, out).map(drop)?),
    };
    let mut hasher = Hasher::default();
    let mut buffer = vec![0; 256 << 10];
    loop {
        match file.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                hasher.update(&buffer[..count]);
                out.write_all(&buffer[..count]).at("write", ARCHIVE)?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error).at("read", layout::blob(digest)),
        }
    }
    let found = hasher.finish();
    if found == *digest {
        return Ok(());
    }
    Err(Error::Store(store::Error::Damaged {
        path: layout::blob(digest).into(),
        reason: format!("it has digest {found}; load or build the image again"),
    }))
}

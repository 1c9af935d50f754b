//! Loading images: archives of Docker and of the OCI, compressed or not, and OCI layout directories.
//!
//! An archive is a stream that cannot go back, and its index may stand last: it is spooled into a directory of the store's staging area,
//! within which its links mean what they mean (`load/source.rs`). What it says is then read as a layout (`load/oci_layout.rs`), or, if it
//! has no `index.json`, as Docker's list of images (`load/docker.rs`). What was loaded keeps its bytes: the blobs of its manifest go into
//! the store, and saving it gives the same digests.
//!
//! Order is what makes it safe to kill: blobs, layers, documents, each durable and held by a lease before it is looked for, and the names
//! last, when every image of the archive is whole and verified.

mod admission;
mod docker;
mod oci_layout;
mod source;

use super::commit;
use super::document::Document;
use crate::error::{Error, Result};
use admission::Admission;
use oci::image::Descriptor;
use oci::{DiffId, Digest, Platform, Reference};
use source::Source;
use std::io::Read;
use std::path::Path;
use store::Store;

/// Most images and indexes of one archive.
const MAX_DOCUMENTS: usize = 1000;

/// What to load.
#[derive(Debug, Clone, Default)]
pub struct Load {
    /// Only images for these platforms; all if there is none.
    pub platforms: Vec<Platform>,
    /// Only what the archive calls so: a tag, or a whole name.
    pub only: Option<String>,
    /// What is loaded is called so, instead of as the archive calls it; without a name it is a dangling image.
    pub names: Option<Vec<Reference>>,
}

/// What happens while loading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoadEvent {
    /// The archive is being read.
    Read {
        /// Bytes so far, uncompressed.
        bytes: u64,
    },
    /// A layer begins.
    Layer {
        /// Which.
        layer: DiffId,
        /// Its place in its image, from 1.
        position: usize,
        /// Layers of the image.
        count: usize,
        /// Bytes as it comes; 0 if it is not in the archive.
        size: u64,
        /// It is in the store already.
        present: bool,
    },
}

/// An image that was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loaded {
    /// Its names; without one it is a dangling image.
    pub names: Vec<Reference>,
    /// Its IMAGE ID; of an index the first image's.
    pub id: Digest,
    /// Its manifest or index.
    pub target: Descriptor,
}

/// Told what happens while loading.
pub type Progress<'p> = &'p mut dyn FnMut(LoadEvent);

/// Loads every image of an archive. It may be compressed with gzip, zstd, bzip2 or xz, and is read once, to its end.
///
/// # Errors
/// [`Error::Invalid`] if it is no image archive or something in it is not what it is said to be; [`Error::Changeset`] for a damaged
/// stream or a refused layer. No name points at anything then.
pub fn load(
    store: &Store,
    archive: impl Read,
    options: &Load,
    progress: Progress<'_>,
) -> Result<Vec<Loaded>> {
    let source = Source::spool(store, archive, progress)?;
    read(store, &source, options, progress)
}

/// Loads every image of an OCI layout directory. Its files are copied.
///
/// # Errors
/// As [`load`].
pub fn load_directory(
    store: &Store,
    directory: &Path,
    options: &Load,
    progress: Progress<'_>,
) -> Result<Vec<Loaded>> {
    let source = Source::directory(directory)?;
    read(store, &source, options, progress)
}

/// Loads what a directory holds in the form of containers/image (`dir:`): `manifest.json`, and blobs by their digits. Its files are copied.
///
/// # Errors
/// As [`load`].
pub fn load_flat(
    store: &Store,
    directory: &Path,
    options: &Load,
    progress: Progress<'_>,
) -> Result<Vec<Loaded>> {
    let source = Source::flat(directory)?;
    let text = source.document(super::layout::DOCKER_IMAGES)?;
    let text = text.ok_or_else(|| Error::Invalid(format!("{}: no manifest.json", directory.display())))?;
    let document = Document::parse(&text, super::layout::DOCKER_IMAGES, "")?;
    let target = Descriptor::new(document.media_type(), Digest::of(&text), text.len() as u64);
    let lease = store::leases::Lease::new(store)?;
    lease.hold([target.digest])?;
    store::blobs::put_document(store, &text)?;
    let mut admission = Admission::new(store, &source, options, progress)?;
    let (id, target) = admission
        .entry(&target)?
        .ok_or_else(|| Error::NotOffered(format!("{}: no image for the platform", directory.display())))?;
    name(store, vec![Admitted { names: Vec::new(), id, target }], options.names.as_deref())
}

/// An image or index that is whole in the store, and is to be named.
#[derive(Debug)]
struct Admitted {
    names: Vec<Reference>,
    id: Digest,
    target: Descriptor,
}

fn read(store: &Store, source: &Source, options: &Load, progress: Progress<'_>) -> Result<Vec<Loaded>> {
    let mut admission = Admission::new(store, source, options, progress)?;
    let admitted = if let Some(index) = source.document(super::layout::INDEX)? {
        oci_layout::admit(&mut admission, &index)?
    } else if let Some(images) = source.document(super::layout::DOCKER_IMAGES)? {
        docker::admit(&mut admission, &images)?
    } else if source.document(super::layout::REPOSITORIES)?.is_some() {
        let reason = "the archive is of a Docker before 1.10: it has no manifest.json; load it there and save it again";
        return Err(Error::Unsupported(reason.into()));
    } else {
        let reason = "no image archive: it has neither index.json nor manifest.json; use `import` for a root file system";
        return Err(Error::Invalid(reason.into()));
    };
    if admitted.is_empty() && !options.platforms.is_empty() {
        let wanted: Vec<String> = options.platforms.iter().map(ToString::to_string).collect();
        return Err(Error::Invalid(format!("no image for platform {} in the archive", wanted.join(" or "))));
    }
    if let (true, Some(only)) = (admitted.is_empty(), &options.only) {
        return Err(Error::Invalid(format!("the archive has nothing that is called {only:?}")));
    }
    name(store, admitted, options.names.as_deref())
    // the admission's lease ends here, after the names are set
}

/// Points the names at what was admitted.
fn name(store: &Store, admitted: Vec<Admitted>, instead: Option<&[Reference]>) -> Result<Vec<Loaded>> {
    let mut loaded: Vec<Loaded> = Vec::new();
    for Admitted { names, id, target } in admitted {
        let names = instead.map_or(names, <[Reference]>::to_vec);
        commit::point(store, &names, &target)?;
        match loaded.iter_mut().find(|other| other.target.digest == target.digest) {
            Some(same) => {
                for name in names {
                    if !same.names.contains(&name) {
                        same.names.push(name);
                    }
                }
            }
            None => loaded.push(Loaded { names, id, target }),
        }
    }
    Ok(loaded)
}

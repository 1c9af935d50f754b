//! Pushing: what a name points at is brought to a registry, blobs first and the name's own document last, so that nobody ever pulls half of it.
//!
//! An image that was pulled goes out with the bytes that it came in. One that was built here has layers without blobs (docs/adr/0001): they are
//! compressed once, and the manifest that names them so takes the place of the first one, so that the name means the same on both sides.

mod artifact;
mod pack;
mod plan;

use super::{layout, names, parallel};
use crate::error::{Error, Result};
pub use artifact::{Artifact, push_artifact};
use oci::image::Descriptor;
use oci::{Digest, Platform, Reference};
use plan::Plan;
use registry::hosts::Route;
use registry::{Client, Content, Parcel, Pushed as Outcome, Wanted};
use std::collections::HashSet;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Mutex, PoisonError};
use store::leases::Lease;
use store::{Store, blobs, refs};

/// What to push.
#[derive(Debug, Clone)]
pub struct Push {
    /// The name under which the store has it, and the registry is to have it.
    pub name: Reference,
    /// Of an index the image for this platform alone.
    pub platform: Option<Platform>,
}

/// What happens while an image is pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushEvent {
    /// A layer is compressed.
    Pack(Digest),
    /// These layers are known, and begin.
    Blobs(Vec<Descriptor>),
    /// Something happens to a layer.
    Blob {
        /// Which.
        blob: Digest,
        /// What.
        state: BlobState,
    },
}

/// How far a blob is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlobState {
    /// So many of its bytes were sent.
    Sending(u64),
    /// The registry had it.
    Exists,
    /// The registry took it from another of its repositories.
    Mounted,
    /// All of it was sent.
    Sent,
}

/// What was pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// The manifest or index that the name means in the registry.
    pub target: Descriptor,
    /// An index was not pushed whole, since not all of it is here: only the image for this platform.
    pub only: Option<Platform>,
}

/// Told what happens; from several threads.
pub type Progress<'p> = &'p (dyn Fn(PushEvent) + Sync);

/// Pushes what a name points at.
///
/// # Errors
/// [`Error::NoImage`], [`Error::Registry`] if the registry does not take it; the name means there what it meant then.
pub fn push(store: &Store, client: &Client, push: &Push, progress: Progress<'_>) -> Result<Pushed> {
    names::allow(&push.name)?;
    if push.name.digest().is_some() {
        return Err(Error::Invalid("cannot push a digest reference".into()));
    }
    let absent =
        || Error::NoImage(format!("{}: an image does not exist locally with this tag", push.name.familiar()));
    let target = refs::target(store, &push.name)?.ok_or_else(absent)?;
    push_target(store, client, &target, push, progress)
}

/// Pushes a manifest or index of the store, under a name that it need not have here.
///
/// # Errors
/// As [`push`].
pub(super) fn push_target(
    store: &Store,
    client: &Client,
    target: &Descriptor,
    push: &Push,
    progress: Progress<'_>,
) -> Result<Pushed> {
    let route = client.route(&push.name)?;
    let lease = Lease::new(store)?;
    lease.hold([target.digest])?;
    let siblings = siblings(store, &push.name)?;
    let sender =
        Sender { store, client, route: &route, siblings: &siblings, progress, sent: Mutex::default() };
    let packing = pack::Packing { store, lease: &lease, progress, ready: &|blob| sender.early(blob) };
    let (target, only) = packing.sendable(target, push.platform.as_ref())?;
    let plan = Plan::new(store, &lease, &target)?;
    sender.send(&plan.blobs)?;
    let what = push.name.familiar();
    let own = called(&push.name, &target.digest)?;
    for (descriptor, text) in &plan.documents {
        let is_target = descriptor.digest == target.digest;
        let wanted = if is_target { own } else { Wanted::Digest(&descriptor.digest) };
        client.put_document(&route, &what, wanted, &descriptor.media_type, text)?;
    }
    Ok(Pushed { target, only })
}

/// What a document with this digest is called in a registry by a name; a digest in the name has to be this one.
pub(super) fn called<'n>(name: &'n Reference, digest: &Digest) -> Result<Wanted<'n>> {
    match Wanted::of(name) {
        Wanted::Digest(wanted) if wanted != digest => {
            Err(Error::Invalid(format!("{}: what is sent has digest {digest}", name.familiar())))
        }
        wanted => Ok(wanted),
    }
}

/// Other repositories of the same registry, with the blobs that they have: what the store knows of them.
fn siblings(store: &Store, name: &Reference) -> Result<Vec<(String, Vec<Digest>)>> {
    let mut siblings = Vec::new();
    for (other, target) in refs::list(store)? {
        if other.host() == name.host() && other.path() != name.path() {
            // one that is damaged or gone helps nobody
            if let Ok(plan) = super::find::Image::read(store, &target, &Platform::host()) {
                let digests = plan.document.layers.iter().map(|layer| layer.digest).collect();
                siblings.push((other.path().to_owned(), digests));
            }
        }
    }
    Ok(siblings)
}

/// Where blobs go.
struct Sender<'a> {
    store: &'a Store,
    client: &'a Client,
    route: &'a Route,
    siblings: &'a [(String, Vec<Digest>)],
    progress: Progress<'a>,
    /// What was sent before all was known.
    sent: Mutex<HashSet<Digest>>,
}

impl Sender<'_> {
    /// Sends a blob before all others are known.
    fn early(&self, blob: &Descriptor) -> Result<()> {
        let is_new = self.sent.lock().unwrap_or_else(PoisonError::into_inner).insert(blob.digest);
        if !is_new {
            return Ok(());
        }
        (self.progress)(PushEvent::Blobs(vec![blob.clone()]));
        self.blob(blob)
    }

    /// Sends blobs, several at a time. The first failure ends the others.
    fn send(&self, blobs: &[Descriptor]) -> Result<()> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let blobs: Vec<&Descriptor> = blobs.iter().filter(|blob| !sent.contains(&blob.digest)).collect();
        let layers = blobs.iter().filter(|blob| layout::is_layer(&blob.media_type));
        (self.progress)(PushEvent::Blobs(layers.copied().cloned().collect()));
        parallel::each(&blobs, |blob, _| self.blob(blob))
    }

    fn blob(&self, blob: &Descriptor) -> Result<()> {
        let has = |(_, digests): &&(String, Vec<Digest>)| digests.contains(&blob.digest);
        let siblings: Vec<String> =
            self.siblings.iter().filter(has).map(|(path, _)| path.clone()).take(3).collect();
        let content = Stored { store: self.store, digest: blob.digest };
        let parcel = Parcel { digest: blob.digest, size: blob.size, content: &content, siblings: &siblings };
        let tell = |state| {
            if layout::is_layer(&blob.media_type) {
                (self.progress)(PushEvent::Blob { blob: blob.digest, state });
            }
        };
        let outcome = self.client.push_blob(self.route, &parcel, &|bytes| tell(BlobState::Sending(bytes)))?;
        tell(match outcome {
            Outcome::Existed => BlobState::Exists,
            Outcome::Mounted => BlobState::Mounted,
            Outcome::Sent => BlobState::Sent,
        });
        Ok(())
    }
}

/// A blob of the store.
struct Stored<'a> {
    store: &'a Store,
    digest: Digest,
}

impl Content for Stored<'_> {
    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + Send + '_>> {
        let mut file = blobs::open(self.store, &self.digest).map_err(io::Error::other)?;
        file.seek(SeekFrom::Start(offset))?;
        Ok(Box::new(file))
    }
}

//! What has to be in a registry for a manifest or index to be whole there.

use crate::document::parse;
use crate::error::Result;
use oci::Digest;
use oci::image::{Descriptor, Index, Manifest};
use std::collections::HashSet;
use store::leases::Lease;
use store::{Store, blobs};

/// Documents and blobs, each once.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// What is named stands before what names it.
    pub(super) documents: Vec<(Descriptor, Vec<u8>)>,
    pub(super) blobs: Vec<Descriptor>,
    seen: HashSet<Digest>,
}

impl Plan {
    pub(super) fn new(store: &Store, lease: &Lease, target: &Descriptor) -> Result<Self> {
        let mut plan = Self::default();
        plan.reach(store, lease, target)?;
        Ok(plan)
    }

    fn reach(&mut self, store: &Store, lease: &Lease, target: &Descriptor) -> Result<()> {
        if !self.seen.insert(target.digest) {
            return Ok(());
        }
        lease.hold([target.digest])?;
        let text = blobs::read_document(store, &target.digest)?;
        if target.is_index() {
            let index: Index = parse(&text, &target.digest.to_string())?;
            for child in &index.manifests {
                self.reach(store, lease, child)?;
            }
        } else {
            let manifest: Manifest = parse(&text, &target.digest.to_string())?;
            lease.hold(manifest.layers.iter().map(|blob| blob.digest).chain([manifest.config.digest]))?;
            for blob in manifest.layers.into_iter().chain([manifest.config]) {
                if self.seen.insert(blob.digest) {
                    self.blobs.push(blob);
                }
            }
        }
        self.documents.push((target.clone(), text));
        Ok(())
    }
}

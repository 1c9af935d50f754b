//! What a registry holds, in memory.

use crate::digest::sha256;
use std::collections::{BTreeMap, BTreeSet};

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Content {
    pub(super) blobs: BTreeMap<String, Vec<u8>>,
    /// Blobs that every repository has.
    pub(super) everywhere: BTreeSet<String>,
    pub(super) repositories: BTreeMap<String, Repository>,
    pub(super) uploads: BTreeMap<String, Upload>,
    pub(super) uploads_begun: u64,
    /// The most entries of a list's page.
    pub(super) page: Option<usize>,
}

/// A repository.
#[derive(Debug, Default)]
pub(super) struct Repository {
    pub(super) blobs: BTreeSet<String>,
    pub(super) manifests: BTreeMap<String, Manifest>,
    /// From tags, and from digests that it was told, to digests.
    pub(super) references: BTreeMap<String, String>,
}

/// A manifest or an index.
#[derive(Debug, Clone)]
pub(super) struct Manifest {
    pub(super) media_type: String,
    pub(super) bytes: Vec<u8>,
}

/// An upload that has not ended.
#[derive(Debug, Default)]
pub(super) struct Upload {
    pub(super) repository: String,
    pub(super) bytes: Vec<u8>,
    /// How often it was changed: addresses of earlier states are refused.
    pub(super) state: u64,
}

impl Content {
    /// A repository, which is made if there is none.
    pub(super) fn repository(&mut self, name: &str) -> &mut Repository {
        self.repositories.entry(name.to_owned()).or_default()
    }

    /// A blob that a repository has.
    pub(super) fn blob(&self, repository: &str, digest: &str) -> Option<&Vec<u8>> {
        let has = self.everywhere.contains(digest)
            || self.repositories.get(repository).is_some_and(|known| known.blobs.contains(digest));
        self.blobs.get(digest).filter(|_| has)
    }

    /// Adds a blob to a repository.
    pub(super) fn add_blob(&mut self, repository: &str, digest: &str, bytes: Vec<u8>) {
        self.blobs.insert(digest.to_owned(), bytes);
        self.repository(repository).blobs.insert(digest.to_owned());
    }

    /// A manifest by tag or digest, and its digest.
    pub(super) fn manifest(&self, repository: &str, reference: &str) -> Option<(&str, &Manifest)> {
        let repository = self.repositories.get(repository)?;
        let digest = repository.references.get(reference).map_or(reference, String::as_str);
        repository.manifests.get_key_value(digest).map(|(digest, manifest)| (digest.as_str(), manifest))
    }

    /// Adds a manifest; its digest.
    pub(super) fn add_manifest(&mut self, repository: &str, reference: &str, manifest: Manifest) -> String {
        let digest = sha256(&manifest.bytes);
        let repository = self.repository(repository);
        repository.manifests.insert(digest.clone(), manifest);
        if reference != digest {
            repository.references.insert(reference.to_owned(), digest.clone());
        }
        digest
    }
}

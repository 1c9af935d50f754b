//! Making an image of a root file system.
//!
//! The tar is not kept: unpacked, it is a layer like those that we build, named by its canonical tar (docs/adr/0003). So nothing is stored
//! twice, and importing the same files again, in whatever order and compression they come, gives the same layer.

use super::commit::{self, Committed};
use super::names;
use crate::error::{At, Result};
use oci::image::{Configuration, Execution, History, RootFs};
use oci::{Platform, Reference};
use std::fs::File;
use std::io::Read;
use std::os::fd::AsFd;
use store::Store;
use store::changeset::{self, Unpack};
use store::layers::{self, Draft, Durability};
use store::leases::Lease;

/// What the image is to be.
#[derive(Debug, Clone)]
pub struct Import {
    /// What its containers start with.
    pub execution: Execution,
    /// The remark in its history; Docker writes `Imported from -` and the like.
    pub message: String,
    /// What its programs are for.
    pub platform: Platform,
    /// Its names.
    pub names: Vec<Reference>,
}

impl Default for Import {
    fn default() -> Self {
        let execution = Execution::default();
        Self { execution, message: "Imported from -".into(), platform: Platform::host(), names: Vec::new() }
    }
}

/// Makes an image of one layer from the tar of a root file system, plain or compressed with gzip, zstd, bzip2 or xz.
///
/// # Errors
/// [`crate::Error::Changeset`] for a damaged or refused tar.
pub fn import(store: &Store, tarball: impl Read, options: &Import) -> Result<Committed> {
    options.names.iter().try_for_each(names::allow)?;
    let draft = Draft::new(store)?;
    let root = File::open(draft.fs()).at("open", draft.fs())?;
    let mut plain = changeset::decompress(tarball)?;
    changeset::unpack(&mut plain, root.as_fd(), &Unpack::default())?;
    let lease = Lease::new(store)?;
    let (layer, _) = layers::commit(store, draft, Durability::Now, &lease)?;
    let created = jiff::Timestamp::now().to_string();
    let configuration = Configuration {
        architecture: options.platform.architecture.clone(),
        variant: options.platform.variant.clone(),
        os: options.platform.os.clone(),
        created: Some(created.clone()),
        config: options.execution.clone(),
        rootfs: RootFs { diff_ids: vec![layer], ..RootFs::default() },
        history: vec![History {
            created: Some(created),
            comment: Some(options.message.clone()),
            ..History::default()
        }],
        ..Configuration::default()
    };
    commit::commit(store, &configuration, &options.names)
}

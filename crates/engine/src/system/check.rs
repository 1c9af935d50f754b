//! Whether the store is whole: every blob and layer is what its name says, and every image and container has what it needs. Repairing makes again what can be
//! made from what is here, fetches what a registry has, and names the rest.

use crate::containers;
use crate::{Engine, Result};
use images::pull::{self, Pull};
use images::{commit, document, find, layer};
use oci::image::{Configuration, Descriptor, Index, Manifest};
use oci::{DiffId, Digest, Reference};
use registry::Client;
use std::collections::HashSet;
use store::check::{Damage, check as check_store, discard};
use store::layers::Durability;
use store::{blobs, layers, refs};

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong with what.
    pub what: String,
    /// Images and containers that need it.
    pub needed_by: Vec<String>,
    /// What became of it.
    pub outcome: Outcome,
}

/// What became of a problem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was only found.
    Found,
    /// It is right again.
    Repaired,
    /// It cannot be repaired from here.
    Remains,
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Number of blobs.
    pub blobs: usize,
    /// Number of layers.
    pub layers: usize,
    /// Number of names.
    pub names: usize,
    /// Number of containers.
    pub containers: usize,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// An image or container, and what it needs.
struct Owner {
    shown: String,
    needs: HashSet<Digest>,
    missing: Vec<String>,
    /// Its name and what it points at, of an image.
    name: Option<(Reference, Descriptor)>,
}

/// Checks the store and what uses it. Nothing is changed.
///
/// # Errors
/// What the system reports.
pub fn check(engine: &Engine) -> Result<Report> {
    examine(engine).map(|(report, _)| report)
}

/// Checks, and makes right what can be: layers are unpacked again from their blobs, and what a registry has is fetched again.
///
/// # Errors
/// What the system reports. What cannot be repaired is no error but a problem that remains.
pub fn repair(engine: &Engine, client: &Client) -> Result<Report> {
    let (mut report, mut damage) = examine(engine)?;
    let running = running(engine)?;
    // nothing is taken from under a container
    damage.retain(|one| !matches!(one, Damage::Layer { layer, .. } if running.contains(layer)));
    for one in &damage {
        // what was made here and is damaged is all that there is of it
        if !matches!(one, Damage::Layer { blob: None, .. }) {
            discard(engine.store(), one)?;
        }
    }
    for one in &damage {
        if let Damage::Layer { layer, blob: Some(blob), .. } = one {
            // what fails remains a problem
            let _ = layer::unpack(engine.store(), blob, layer, Durability::Now);
        }
    }
    for owner in owners(engine)?.iter().filter(|owner| !owner.missing.is_empty()) {
        if let Some((name, target)) = &owner.name {
            fetch(engine, client, name, target);
        }
    }
    let (after, _) = examine(engine)?;
    let is_ill = |owner: &String| after.problems.iter().any(|problem| problem.needed_by.contains(owner));
    for problem in &mut report.problems {
        let remains = problem.needed_by.iter().any(is_ill)
            || after.problems.iter().any(|other| other.what == problem.what);
        problem.outcome = if remains { Outcome::Remains } else { Outcome::Repaired };
    }
    Ok(report)
}

/// The layers of containers that run.
fn running(engine: &Engine) -> Result<HashSet<DiffId>> {
    let all = containers::list(engine)?.into_iter().filter(|container| container.status.is_running());
    Ok(all.flat_map(|container| container.record.layers).collect())
}

/// Asks the registry of a name for what it pointed at.
fn fetch(engine: &Engine, client: &Client, name: &Reference, target: &Descriptor) {
    if name.host() == commit::DANGLING_HOST {
        return;
    }
    let mut platforms = vec![None];
    if let Ok(index) = find::parse::<Index>(engine.store(), &target.digest) {
        let here = document::images(&index).filter(|child| blobs::exists(engine.store(), &child.digest));
        platforms.extend(here.filter_map(|child| child.platform.clone()).map(Some));
    }
    for platform in platforms {
        let wanted = Pull { name: name.at(target.digest), platform, names: vec![name.clone()] };
        // what fails remains a problem
        let _ = pull::pull(engine.store(), client, &wanted, &|_| {});
    }
}

fn examine(engine: &Engine) -> Result<(Report, Vec<Damage>)> {
    let checked = check_store(engine.store())?;
    let owners = owners(engine)?;
    let mut problems = Vec::new();
    for damage in &checked.damage {
        let (digest, what) = match damage {
            Damage::Blob { digest, reason } => (digest, format!("blob {digest}: {reason}")),
            Damage::Layer { layer, reason, .. } => (&layer.0, format!("layer {layer}: {reason}")),
        };
        let needing = owners.iter().filter(|owner| owner.needs.contains(digest));
        let needed_by = needing.map(|owner| owner.shown.clone()).collect();
        problems.push(Problem { what, needed_by, outcome: Outcome::Found });
    }
    for owner in &owners {
        for what in &owner.missing {
            let needed_by = vec![owner.shown.clone()];
            problems.push(Problem { what: what.clone(), needed_by, outcome: Outcome::Found });
        }
    }
    let names = owners.iter().filter(|owner| owner.name.is_some()).count();
    let containers = owners.len() - names;
    let report = Report { blobs: checked.blobs, layers: checked.layers, names, containers, problems };
    Ok((report, checked.damage))
}

/// Every image by its names, and every container.
fn owners(engine: &Engine) -> Result<Vec<Owner>> {
    let mut owners = Vec::new();
    for (name, target) in refs::list(engine.store())? {
        let shown = if name.host() == commit::DANGLING_HOST {
            format!("image {}", target.digest)
        } else {
            format!("image {}", name.familiar())
        };
        let mut owner = Owner { shown, needs: HashSet::new(), missing: Vec::new(), name: None };
        owner.document(engine, &target);
        owner.name = Some((name, target));
        owners.push(owner);
    }
    for container in containers::list(engine)? {
        let record = container.record;
        let shown = format!("container {}", record.name);
        let mut owner = Owner { shown, needs: HashSet::new(), missing: Vec::new(), name: None };
        owner.blob(engine, &record.image);
        record.layers.iter().for_each(|layer| owner.layer(engine, layer));
        owners.push(owner);
    }
    Ok(owners)
}

impl Owner {
    fn document(&mut self, engine: &Engine, target: &Descriptor) {
        if !self.blob(engine, &target.digest) {
            return;
        }
        if target.is_index() {
            let Ok(index) = find::parse::<Index>(engine.store(), &target.digest) else { return };
            let here: Vec<&Descriptor> =
                index.manifests.iter().filter(|child| blobs::exists(engine.store(), &child.digest)).collect();
            if here.is_empty() {
                self.missing.push(format!("every image of index {} is missing", target.digest));
            }
            here.into_iter().for_each(|child| self.document(engine, child));
            return;
        }
        let Ok(manifest) = find::parse::<Manifest>(engine.store(), &target.digest) else { return };
        if !self.blob(engine, &manifest.config.digest) {
            return;
        }
        let configuration = find::parse::<Configuration>(engine.store(), &manifest.config.digest);
        let layers = configuration.map(|configuration| configuration.rootfs.diff_ids).unwrap_or_default();
        for (position, blob) in manifest.layers.iter().enumerate() {
            match layers.get(position) {
                Some(layer) if layer.0 == blob.digest => self.layer(engine, layer),
                Some(layer) => {
                    self.layer(engine, layer);
                    self.blob(engine, &blob.digest);
                }
                None => {
                    self.blob(engine, &blob.digest);
                }
            }
        }
    }

    /// Whether the blob is there.
    fn blob(&mut self, engine: &Engine, digest: &Digest) -> bool {
        self.needs.insert(*digest);
        let is_there = blobs::exists(engine.store(), digest);
        if !is_there {
            self.missing.push(format!("blob {digest} is missing"));
        }
        is_there
    }

    fn layer(&mut self, engine: &Engine, layer: &DiffId) {
        self.needs.insert(layer.0);
        if let Ok(layers::Meta { blob: Some(blob), .. }) = layers::meta(engine.store(), layer) {
            self.needs.insert(blob);
        }
        if !layers::exists(engine.store(), layer) {
            self.missing.push(format!("layer {layer} is missing"));
        }
    }
}

//! What a package manager has recorded of the packages of which something is kept: what scanners for vulnerabilities read.

use crate::installed::Installed;
use closure::{Closure, Id, Reason, Tree};
use packages::{Packaging, apk, dpkg};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The most bytes of a record that are read.
const RECORD_LIMIT: u64 = 256 << 20;
/// The places of apk's database.
const APK: [&str; 2] = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];

/// The packages of which a regular file is kept, by their number in `installed`.
pub(crate) fn touched(tree: &Tree, closure: &Closure<'_>, installed: &Installed) -> BTreeSet<usize> {
    let files = closure.files().map(|(id, _)| id).filter(|id| tree.is_file(*id));
    files.filter_map(|id| installed.owner(id)).collect()
}

/// The records to be added to a derived image. dpkg's become one file a package, in the form of distroless images, since its own database would claim that
/// everything is there.
pub(crate) fn added(tree: &Tree, closure: &Closure<'_>, installed: &Installed) -> Vec<(PathBuf, Vec<u8>)> {
    let touched = touched(tree, closure, installed);
    let is_touched = |packaging: Packaging, name: &str| {
        touched.iter().any(|number| {
            let package = &installed.packages[*number];
            package.packaging == packaging && package.name == name
        })
    };
    let mut added = Vec::new();
    if let Some(status) = absent(tree, closure, "/var/lib/dpkg/status")
        && let Ok(packages) =
            tree.content(status, RECORD_LIMIT).map(|text| dpkg::packages(&text).unwrap_or_default())
    {
        for package in packages.iter().filter(|package| is_touched(Packaging::Dpkg, &package.name)) {
            added.push((
                PathBuf::from(format!("/var/lib/dpkg/status.d/{}", package.name)),
                dpkg::status([package]),
            ));
        }
    }
    for path in APK {
        let Some(database) = absent(tree, closure, path) else { continue };
        // of two names for one file the first is the one that exists
        if added.iter().any(|(other, _): &(PathBuf, Vec<u8>)| {
            APK.iter().any(|path| other.as_path() == std::path::Path::new(path))
        }) {
            continue;
        }
        let Ok(text) = tree.content(database, RECORD_LIMIT) else { continue };
        let packages = apk::packages(&text).unwrap_or_default();
        let kept = packages.iter().filter(|package| is_touched(Packaging::Apk, &package.name));
        added.push((tree.path(database), apk::installed(kept)));
    }
    added
}

/// A record that the image has and the closure does not keep.
fn absent(tree: &Tree, closure: &Closure<'_>, path: &str) -> Option<Id> {
    tree.find(path).filter(|id| tree.is_file(*id) && !closure.contains(*id))
}

/// Keeps the records that are files of their own already: a distroless image's, and pacman's.
pub(crate) fn keep(tree: &Tree, closure: &mut Closure<'_>, installed: &Installed) {
    let reason = Reason::Policy("package records");
    for number in touched(tree, closure, installed) {
        let package = &installed.packages[number];
        match package.packaging {
            Packaging::Dpkg => {
                for name in [package.name.clone(), format!("{}.md5sums", package.name)] {
                    closure.keep(format!("/var/lib/dpkg/status.d/{name}"), reason.clone());
                }
            }
            Packaging::Pacman => {
                let directory = format!("/var/lib/pacman/local/{}-{}", package.name, package.version);
                if let Some(found) = closure.keep(directory, reason.clone()) {
                    closure.keep_tree(found, &reason);
                }
            }
            Packaging::Apk | Packaging::Rpm => {}
        }
    }
}

/// Keeps all files of the packages of which something is kept, and what these need, until no package is left that is kept in part.
pub(crate) fn complete(tree: &Tree, closure: &mut Closure<'_>, installed: &Installed) {
    let mut done = BTreeSet::new();
    loop {
        let new: Vec<usize> =
            touched(tree, closure, installed).into_iter().filter(|number| !done.contains(number)).collect();
        if new.is_empty() {
            return;
        }
        for id in tree.ids() {
            if let Some(number) = installed.owner(id).filter(|number| new.contains(number)) {
                closure.keep_file(id, Reason::Package(installed.packages[number].name.clone()));
            }
        }
        done.extend(new);
        closure.settle_narrowly();
    }
}

//! What all package managers say of a package.

use crate::record::Packaging;
use crate::relation::{Dependency, Relation};
use crate::{apk, dpkg, pacman};

/// The source that a package was built from: what security notices speak of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The name: dpkg's `Source`, apk's origin, pacman's base; the package's own if it tells none.
    pub name: String,
    /// The version: the package's own if it tells none.
    pub version: String,
}

/// A package, whoever manages it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    /// How it is packaged.
    pub packaging: Packaging,
    /// The name.
    pub name: String,
    /// The version; empty only for a package that is not installed.
    pub version: String,
    /// The architecture in the manager's own words (`amd64`, `x86_64`, `all`).
    pub architecture: Option<String>,
    /// What it was built from.
    pub source: Source,
    /// The size of its files in bytes, as the package says: for dpkg a whole number of KiB, rounded
    /// up file by file.
    pub installed_size: Option<u64>,
    /// Whether its files are there, set up or not.
    pub has_files: bool,
    /// What it needs, before it is set up or after.
    pub depends: Vec<Dependency>,
    /// What it is besides its name.
    pub provides: Vec<Relation>,
}

impl From<&dpkg::Package> for Package {
    fn from(package: &dpkg::Package) -> Self {
        let source = package.source.clone().unwrap_or_else(|| package.name.clone());
        let source_version = package.source_version.as_ref().unwrap_or(&package.version);
        Self {
            packaging: Packaging::Dpkg,
            name: package.name.clone(),
            version: package.version.clone(),
            architecture: package.architecture.clone(),
            source: Source { name: source, version: source_version.clone() },
            installed_size: package.installed_kib.map(|kib| kib.saturating_mul(1024)),
            has_files: package.state.has_files(),
            depends: [&package.pre_depends[..], &package.depends].concat(),
            provides: package.provides.clone(),
        }
    }
}

impl From<&apk::Package> for Package {
    fn from(package: &apk::Package) -> Self {
        let origin = package.origin.as_ref().unwrap_or(&package.name);
        Self {
            packaging: Packaging::Apk,
            name: package.name.clone(),
            version: package.version.clone(),
            architecture: package.architecture.clone(),
            source: Source { name: origin.clone(), version: package.version.clone() },
            installed_size: package.installed_size,
            has_files: true,
            depends: package.depends.iter().cloned().map(Dependency::from).collect(),
            provides: package.provides.clone(),
        }
    }
}

impl From<&pacman::Package> for Package {
    fn from(package: &pacman::Package) -> Self {
        let base = package.base.as_ref().unwrap_or(&package.name);
        Self {
            packaging: Packaging::Pacman,
            name: package.name.clone(),
            version: package.version.clone(),
            architecture: package.architecture.clone(),
            source: Source { name: base.clone(), version: package.version.clone() },
            installed_size: package.installed_size,
            has_files: true,
            depends: package.depends.iter().cloned().map(Dependency::from).collect(),
            provides: package.provides.clone(),
        }
    }
}

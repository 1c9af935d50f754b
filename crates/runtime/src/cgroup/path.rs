//! Where a group is.

use super::{Cgroup, Controller, Hierarchies, path_in};
use crate::error::{At, Error, Result};
use std::fs;
use std::path::{Path, PathBuf};

impl Cgroup {
    /// The hierarchies that a container in this group sees.
    pub(crate) fn hierarchies(&self) -> Result<Hierarchies> {
        match &self.hierarchies {
            Hierarchies::Separate(none) if none.is_empty() => Hierarchies::detect(),
            known => Ok(known.clone()),
        }
    }

    /// No group: its container stays in the caller's.
    #[must_use]
    pub fn none() -> Self {
        Self { hierarchies: Hierarchies::Separate(Vec::new()), path: PathBuf::new() }
    }

    /// The group of a specification's `cgroupsPath`: an absolute one is below the hierarchies' mounts, a relative one below the caller's own group
    /// (runtime specification, config-linux.md "Cgroups Path").
    ///
    /// # Errors
    /// As [`Hierarchies::detect`]; [`Error::Invalid`] for a path that leaves its tree.
    pub fn of_specification(path: &Path) -> Result<Self> {
        let mut group = Self::at(path.strip_prefix("/").unwrap_or(path))?;
        if path.is_absolute() {
            return Ok(group);
        }
        let own = "/proc/self/cgroup";
        let own = fs::read_to_string(own).at("read", own)?;
        let base = |controller: &str| {
            let path = path_in(&own, controller).unwrap_or_default();
            path.strip_prefix("/").map(Path::to_path_buf).unwrap_or_default()
        };
        match &mut group.hierarchies {
            Hierarchies::Unified(_) => group.path = base("").join(&group.path),
            Hierarchies::Separate(controllers) => {
                for controller in controllers {
                    let own = base(&controller.name);
                    let root = controller.root.strip_prefix("/").unwrap_or(&controller.root);
                    controller.base = own.strip_prefix(root).map(Path::to_path_buf).unwrap_or(own);
                }
            }
        }
        Ok(group)
    }

    /// Where the group is, by the name of its controller; one with an empty name on the unified hierarchy.
    #[must_use]
    pub fn paths(&self) -> Vec<(String, PathBuf)> {
        match &self.hierarchies {
            Hierarchies::Unified(mount) => vec![(String::new(), mount.join(&self.path))],
            Hierarchies::Separate(controllers) => {
                let path =
                    |c: &Controller| (c.name.clone(), c.mount.join(&c.base).join(&self.path).join(&c.below));
                controllers.iter().map(path).filter(|(_, path)| path.exists()).collect()
            }
        }
    }

    /// A directory of the group that is not there, although its controller's other groups are.
    #[must_use]
    pub fn missing(&self) -> Option<PathBuf> {
        match &self.hierarchies {
            Hierarchies::Unified(mount) => Some(mount.join(&self.path)).filter(|path| !path.exists()),
            Hierarchies::Separate(controllers) => controllers
                .iter()
                .filter(|c| c.mount.join(&c.base).join(&self.path).exists())
                .map(|c| c.mount.join(&c.base).join(&self.path).join(&c.below))
                .find(|path| !path.exists()),
        }
    }

    /// A group below this one: of one controller, or of all.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a controller that is not there and for a path that leaves the group.
    pub fn below(&self, controllers: Option<&str>, path: &Path) -> Result<Self> {
        let path = path.strip_prefix("/").unwrap_or(path);
        if path.components().any(|part| part == std::path::Component::ParentDir) {
            let path = path.display();
            return Err(Error::Invalid(format!(
                "bad sub cgroup path {path}: `..` components are not allowed"
            )));
        }
        let path: PathBuf = path.components().filter(|part| *part != std::path::Component::CurDir).collect();
        let mut group = self.clone();
        match &mut group.hierarchies {
            Hierarchies::Unified(_) => match controllers {
                Some(name) => {
                    return Err(Error::Invalid(format!("unknown controller {name}: cgroup v2 has one tree")));
                }
                None => group.path = group.path.join(path),
            },
            Hierarchies::Separate(known) => {
                let asked: Vec<&str> = controllers.iter().flat_map(|list| list.split(',')).collect();
                if let Some(name) = asked.iter().find(|name| !known.iter().any(|c| c.name == **name)) {
                    return Err(Error::Invalid(format!("unknown controller {name} in --cgroup")));
                }
                for controller in
                    known.iter_mut().filter(|c| asked.is_empty() || asked.contains(&c.name.as_str()))
                {
                    controller.below.clone_from(&path);
                }
            }
        }
        Ok(group)
    }
}

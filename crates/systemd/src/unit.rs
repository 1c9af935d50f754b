//! Which unit a container has, and where its control group is.

use crate::error::{Error, Result};
use std::path::PathBuf;

const SCOPE: &str = ".scope";
const SLICE: &str = ".slice";
/// Units of containers whose configuration names none are here.
const DEFAULT_SLICE: &str = "system.slice";
/// What their names begin with.
const DEFAULT_PREFIX: &str = "tare";

/// A transient unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// The slice above it.
    pub slice: String,
    /// Its name, with its kind (`tare-x.scope`).
    pub name: String,
}

impl Unit {
    /// The unit that `cgroupsPath` names, `SLICE:PREFIX:NAME` as with every runtime; without one it is a scope named by the container.
    ///
    /// # Errors
    /// [`Error::Invalid`] for another form, and for names of slices that cannot be.
    pub fn of(cgroups_path: &str, id: &str) -> Result<Self> {
        if cgroups_path.is_empty() {
            return Ok(Self { slice: DEFAULT_SLICE.into(), name: format!("{DEFAULT_PREFIX}-{id}{SCOPE}") });
        }
        let parts: Vec<&str> = cgroups_path.split(':').collect();
        let [slice, prefix, name] = parts[..] else {
            return Err(Error::Invalid(format!(
                "expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got {cgroups_path:?} instead"
            )));
        };
        let slice = if slice.is_empty() { DEFAULT_SLICE } else { slice };
        expand(slice)?;
        let name = if name.ends_with(SLICE) { name.to_owned() } else { format!("{prefix}-{name}{SCOPE}") };
        Ok(Self { slice: slice.into(), name })
    }

    /// Whether it holds other units, and no processes.
    #[must_use]
    pub fn is_slice(&self) -> bool {
        self.name.ends_with(SLICE)
    }

    /// Its control group below a hierarchy's mount, absolute.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a slice's name that cannot be.
    pub fn control_group(&self) -> Result<PathBuf> {
        Ok(PathBuf::from(format!("/{}", expand(&self.slice)?)).join(&self.name))
    }
}

/// A slice with those above it: `a-b.slice` is in `a.slice` (systemd.slice(5)). The root slice has no path.
fn expand(slice: &str) -> Result<String> {
    let invalid = || Error::Invalid(format!("invalid slice name: {slice}"));
    let stem = slice.strip_suffix(SLICE).ok_or_else(invalid)?;
    if stem == "-" {
        return Ok(String::new());
    }
    if stem.contains('/') || stem.split('-').any(str::is_empty) {
        return Err(invalid());
    }
    let ends = stem.match_indices('-').map(|(at, _)| at).chain([stem.len()]);
    Ok(ends.map(|end| format!("{}{SLICE}", &stem[..end])).collect::<Vec<_>>().join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_lie_in_each_other() {
        for (slice, path) in [
            ("a.slice", "a.slice"),
            ("a-b.slice", "a.slice/a-b.slice"),
            ("a-b-c.slice", "a.slice/a-b.slice/a-b-c.slice"),
            ("-.slice", ""),
        ] {
            assert_eq!(expand(slice).unwrap(), path);
        }
        for bad in ["a", "a--b.slice", "-a.slice", "a-.slice", "a/b.slice", ".slice", "../x.slice"] {
            assert!(expand(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn units_are_named_by_three_parts() {
        let unit = |path: &str| {
            let unit = Unit::of(path, "id").unwrap();
            (unit.name.clone(), unit.control_group().unwrap().display().to_string())
        };
        assert_eq!(unit(""), ("tare-id.scope".into(), "/system.slice/tare-id.scope".into()));
        assert_eq!(unit(":cri:x"), ("cri-x.scope".into(), "/system.slice/cri-x.scope".into()));
        assert_eq!(unit("a-b.slice:cri:x"), ("cri-x.scope".into(), "/a.slice/a-b.slice/cri-x.scope".into()));
        assert_eq!(unit("a.slice::a-x.slice").0, "a-x.slice");
        for bad in ["/a/b", "a:b", "a.slice:b:c:d", "a:b:c"] {
            assert!(Unit::of(bad, "id").is_err(), "{bad}");
        }
    }
}

//! Where an engine keeps its things, and what its host objects are called.

use std::path::{Path, PathBuf};

/// The default data root.
pub const DATA_ROOT: &str = "/var/lib/tare";
/// The default exec root.
pub const EXEC_ROOT: &str = "/run/tare";

/// Roots and names. Every host object is derived from the exec root, so that engines live side by side (docs/adr/0007).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// What survives a boot.
    pub data_root: PathBuf,
    /// What does not.
    pub exec_root: PathBuf,
    /// The engine's own program, which supervisors and inits are made from.
    pub program: PathBuf,
    suffix: Option<String>,
}

impl Layout {
    /// A layout with these roots, which should be absolute, of an engine whose program is at `program`.
    #[must_use]
    pub fn new(data_root: &Path, exec_root: &Path, program: &Path) -> Self {
        let suffix = (exec_root != Path::new(EXEC_ROOT)).then(|| {
            let digest = oci::Digest::of(exec_root.as_os_str().as_encoded_bytes());
            digest.hex()[..8].to_owned()
        });
        Self {
            data_root: data_root.to_path_buf(),
            exec_root: exec_root.to_path_buf(),
            program: program.to_path_buf(),
            suffix,
        }
    }

    /// The bridge's name: `tare0`, or `tare` and eight digits.
    #[must_use]
    pub fn bridge(&self) -> String {
        self.suffix.as_ref().map_or("tare0".into(), |suffix| format!("tare{suffix}"))
    }

    /// The name of the nftables table and of the parent cgroup: `tare`, or `tare-` and eight digits.
    #[must_use]
    pub fn name(&self) -> String {
        self.suffix.as_ref().map_or("tare".into(), |suffix| format!("tare-{suffix}"))
    }

    pub(crate) fn network_names(&self) -> network::Names {
        let preferred = self.suffix.as_ref().and_then(|hex| u32::from_str_radix(hex, 16).ok()).unwrap_or(0);
        network::Names { bridge: self.bridge(), table: self.name(), preferred_subnet: preferred }
    }

    pub(crate) fn cgroup(&self, id: &str) -> PathBuf {
        Path::new(&self.name()).join(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_has_plain_names_and_others_have_their_own() {
        let default = Layout::new(Path::new(DATA_ROOT), Path::new(EXEC_ROOT), Path::new("/bin/tare"));
        assert_eq!((default.bridge().as_str(), default.name().as_str()), ("tare0", "tare"));
        let other = |exec_root| Layout::new(Path::new("/a"), Path::new(exec_root), Path::new("/bin/tare"));
        assert!(other("/b").bridge().len() <= 15);
        assert_ne!(other("/b").name(), other("/c").name());
    }
}

//! Mount options as text: which are attributes of the mount, which belong to the file system.

use oci::runtime::Mount;
use sys::fs::OFlags;
use sys::mount::{NO_DEV, NO_EXEC, NO_SUID, PRIVATE, READ_ONLY, SHARED, SLAVE, UNBINDABLE};

const NO_ATIME: u64 = 0x10;
const STRICT_ATIME: u64 = 0x20;
const ATIME_MASK: u64 = 0x70;
const NO_DIR_ATIME: u64 = 0x80;
/// The kind of access times, which is cleared as a whole whenever it is set.
pub(crate) const TIMES: u64 = ATIME_MASK;
/// Directories' own access times.
pub(crate) const DIRECTORY_TIMES: u64 = NO_DIR_ATIME;
/// `MOUNT_ATTR_NOSYMFOLLOW`.
pub(crate) const NO_SYMLINK_FOLLOW: u64 = 0x20_0000;

/// Parsed options.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// Attributes to set on the mount itself.
    pub(crate) set: u64,
    /// Attributes to clear on the mount itself.
    pub(crate) clear: u64,
    /// Attributes to set on the mount and everything below it.
    pub(crate) recursive_set: u64,
    /// Attributes to clear on the mount and everything below it.
    pub(crate) recursive_clear: u64,
    /// A bind mount, and whether it includes what is mounted below.
    pub(crate) bind: Option<Recursion>,
    /// Propagation types in their order, and whether for everything below.
    pub(crate) propagation: Vec<(u64, Recursion)>,
    /// Owners are mapped, and whether those of everything below.
    pub(crate) mapping: Option<Mapping>,
    /// A tmpfs begins with what lies below it.
    pub(crate) copies_up: bool,
    /// A last symbolic link of the source is what is mounted.
    pub(crate) source_no_follow: bool,
    /// A last symbolic link at the destination is an error.
    pub(crate) destination_no_follow: bool,
    /// For the file system: key and value (empty for a flag).
    pub(crate) data: Vec<(String, String)>,
}

impl Options {
    /// Whether the mount that has these options is a bind mount.
    pub(crate) fn is_bind(&self, mount: &Mount) -> bool {
        self.bind.is_some() || mount.typ().as_deref() == Some("bind")
    }

    /// How the source of a bind mount is opened.
    pub(crate) fn source_flags(&self) -> OFlags {
        let flags = OFlags::PATH | OFlags::CLOEXEC;
        if self.source_no_follow { flags | OFlags::NOFOLLOW } else { flags }
    }
}

/// Whether an id mapping is for one mount or for all below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mapping {
    This,
    All,
}

/// Whether an option is for one mount or for all below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recursion {
    This,
    All,
}

/// Sorts options (runtime specification, config-linux and config.md "Mounts").
pub(crate) fn parse(options: &[String]) -> Options {
    let mut parsed = Options::default();
    for option in options {
        if let Some((set, clear)) = attribute(option) {
            parsed.set = parsed.set & !clear | set;
            parsed.clear = parsed.clear & !set | clear;
        } else if let Some((set, clear)) = option.strip_prefix('r').and_then(attribute) {
            parsed.recursive_set = parsed.recursive_set & !clear | set;
            parsed.recursive_clear = parsed.recursive_clear & !set | clear;
        } else if let Some(propagation) = propagation(option) {
            parsed.propagation.push(propagation);
        } else {
            match option.as_str() {
                "bind" => parsed.bind = Some(Recursion::This),
                "rbind" => parsed.bind = Some(Recursion::All),
                "idmap" => parsed.mapping = Some(Mapping::This),
                "ridmap" => parsed.mapping = Some(Mapping::All),
                "tmpcopyup" => parsed.copies_up = true,
                "src-nofollow" | "copy-symlink" => parsed.source_no_follow = true,
                "dest-nofollow" => parsed.destination_no_follow = true,
                // the defaults, and what only mount(8) understands
                "defaults" | "" | "async" | "nomand" | "noiversion" | "nolazytime" | "loud" | "remount" => {}
                "silent" | "mand" | "iversion" => {}
                other => {
                    let (key, value) = other.split_once('=').unwrap_or((other, ""));
                    parsed.data.push((key.into(), value.into()));
                }
            }
        }
    }
    parsed
}

/// Attributes to set and to clear.
fn attribute(option: &str) -> Option<(u64, u64)> {
    Some(match option {
        "ro" => (READ_ONLY, 0),
        "rw" => (0, READ_ONLY),
        "nosuid" => (NO_SUID, 0),
        "suid" => (0, NO_SUID),
        "nodev" => (NO_DEV, 0),
        "dev" => (0, NO_DEV),
        "noexec" => (NO_EXEC, 0),
        "exec" => (0, NO_EXEC),
        "noatime" => (NO_ATIME, ATIME_MASK),
        "atime" | "norelatime" | "nostrictatime" => (0, ATIME_MASK),
        "strictatime" => (STRICT_ATIME, ATIME_MASK),
        "relatime" => (0, ATIME_MASK),
        "nodiratime" => (NO_DIR_ATIME, 0),
        "diratime" => (0, NO_DIR_ATIME),
        "nosymfollow" => (NO_SYMLINK_FOLLOW, 0),
        "symfollow" => (0, NO_SYMLINK_FOLLOW),
        _ => return None,
    })
}

pub(crate) fn propagation(option: &str) -> Option<(u64, Recursion)> {
    Some(match option {
        "private" => (PRIVATE, Recursion::This),
        "rprivate" => (PRIVATE, Recursion::All),
        "slave" => (SLAVE, Recursion::This),
        "rslave" => (SLAVE, Recursion::All),
        "shared" => (SHARED, Recursion::This),
        "rshared" => (SHARED, Recursion::All),
        "unbindable" => (UNBINDABLE, Recursion::This),
        "runbindable" => (UNBINDABLE, Recursion::All),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(options: &[&str]) -> Options {
        parse(&options.iter().map(|o| (*o).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn sorts_attributes_from_data() {
        let options = parsed(&["nosuid", "noexec", "mode=755", "size=65536k", "newinstance", "ro", "rw"]);
        assert_eq!(options.set, NO_SUID | NO_EXEC);
        assert_eq!(options.clear, READ_ONLY);
        assert_eq!(
            options.data,
            [
                ("mode".into(), "755".into()),
                ("size".into(), "65536k".into()),
                ("newinstance".into(), String::new())
            ]
        );
    }

    #[test]
    fn recursive_forms_are_not_plain_ones() {
        let options = parsed(&["rbind", "rro", "rslave", "relatime"]);
        assert_eq!(options.recursive_set, READ_ONLY);
        assert_eq!(options.bind, Some(Recursion::All));
        assert_eq!(options.propagation, [(SLAVE, Recursion::All)]);
        assert_eq!(options.clear, ATIME_MASK);
        assert_eq!(parsed(&["rrw", "rnosuid"]).recursive_clear, READ_ONLY);
    }
}

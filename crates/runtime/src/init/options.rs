//! Mount options as text: which are attributes of the mount, which belong to the file system.

use sys::mount::{NO_DEV, NO_EXEC, NO_SUID, READ_ONLY};

const NO_ATIME: u64 = 0x10;
const STRICT_ATIME: u64 = 0x20;
const ATIME_MASK: u64 = 0x70;
const NO_DIR_ATIME: u64 = 0x80;
const NO_SYMLINK_FOLLOW: u64 = 0x20_0000;

const MS_UNBINDABLE: u64 = 1 << 17;
const MS_PRIVATE: u64 = 1 << 18;
const MS_SLAVE: u64 = 1 << 19;
const MS_SHARED: u64 = 1 << 20;

/// Parsed options.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// Attributes to set on the mount itself.
    pub(super) set: u64,
    /// Attributes to clear on the mount itself.
    pub(super) clear: u64,
    /// Attributes to set on the mount and everything below it.
    pub(super) recursive_set: u64,
    /// A bind mount, and whether it includes what is mounted below.
    pub(super) bind: Option<Recursion>,
    /// Propagation type and whether for everything below.
    pub(super) propagation: Option<(u64, Recursion)>,
    /// For the file system: key and value (empty for a flag).
    pub(super) data: Vec<(String, String)>,
}

/// Whether an option is for one mount or for all below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recursion {
    This,
    All,
}

/// Sorts options (runtime specification, config-linux and config.md "Mounts").
pub(super) fn parse(options: &[String]) -> Options {
    let mut parsed = Options::default();
    for option in options {
        if let Some((set, clear)) = attribute(option) {
            parsed.set = parsed.set & !clear | set;
            parsed.clear = parsed.clear & !set | clear;
        } else if let Some((set, _)) = option.strip_prefix('r').and_then(recursive_attribute) {
            parsed.recursive_set |= set;
        } else if let Some(propagation) = propagation(option) {
            parsed.propagation = Some(propagation);
        } else {
            match option.as_str() {
                "bind" => parsed.bind = Some(Recursion::This),
                "rbind" => parsed.bind = Some(Recursion::All),
                "defaults" | "" => {}
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
        "strictatime" => (STRICT_ATIME, ATIME_MASK),
        "relatime" => (0, ATIME_MASK),
        "nodiratime" => (NO_DIR_ATIME, 0),
        "diratime" => (0, NO_DIR_ATIME),
        "nosymfollow" => (NO_SYMLINK_FOLLOW, 0),
        _ => return None,
    })
}

/// `rro`, `rnosuid` … without their first letter. `relatime` and `rw` are no such forms: they were attributes already.
fn recursive_attribute(option: &str) -> Option<(u64, u64)> {
    attribute(option).filter(|(set, _)| *set != 0)
}

fn propagation(option: &str) -> Option<(u64, Recursion)> {
    Some(match option {
        "private" => (MS_PRIVATE, Recursion::This),
        "rprivate" => (MS_PRIVATE, Recursion::All),
        "slave" => (MS_SLAVE, Recursion::This),
        "rslave" => (MS_SLAVE, Recursion::All),
        "shared" => (MS_SHARED, Recursion::This),
        "rshared" => (MS_SHARED, Recursion::All),
        "unbindable" => (MS_UNBINDABLE, Recursion::This),
        "runbindable" => (MS_UNBINDABLE, Recursion::All),
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
        assert_eq!(options.propagation, Some((MS_SLAVE, Recursion::All)));
        assert_eq!(options.clear, ATIME_MASK);
    }
}

//! Common ground and private trees.
//!
//! Some directories belong to everybody (`/usr/lib`, `/etc`): that a program names one of them says nothing about what else lies there. What lies below
//! them belongs to somebody: `/usr/lib/python3.11`, `/etc/nginx`, `/app`. Whoever opens one file of such a tree may open any other with the next input, so
//! the tree is the unit in which `safe` keeps things.

use crate::tree::{Id, Tree};

/// Directories that belong to everybody. A last `*` stands for any end of a name.
const COMMON: &[&str] = &[
    "/bin",
    "/sbin",
    "/lib",
    "/lib64",
    "/lib32",
    "/libx32",
    "/boot",
    "/dev",
    "/proc",
    "/sys",
    "/run",
    "/tmp",
    "/mnt",
    "/media",
    "/home",
    "/home/*",
    "/root",
    "/srv",
    "/opt",
    "/usr",
    "/usr/bin",
    "/usr/sbin",
    "/usr/games",
    "/usr/lib",
    "/usr/lib64",
    "/usr/lib32",
    "/usr/libx32",
    "/usr/libexec",
    "/usr/include",
    "/usr/src",
    "/usr/share",
    "/usr/local",
    "/usr/local/bin",
    "/usr/local/sbin",
    "/usr/local/lib",
    "/usr/local/lib64",
    "/usr/local/share",
    "/usr/local/etc",
    "/usr/local/include",
    "/usr/local/src",
    "/usr/local/games",
    "/usr/local/libexec",
    "/usr/lib/*-linux-*",
    "/usr/lib/*-linux-*/gconv",
    "/usr/lib64/gconv",
    "/lib/*-linux-*",
    "/usr/local/lib/*-linux-*",
    "/etc",
    "/var",
    "/var/lib",
    "/var/cache",
    "/var/log",
    "/var/spool",
    "/var/tmp",
    "/var/mail",
    "/var/opt",
    "/var/local",
    "/var/backups",
    "/var/run",
    "/var/lock",
    "/usr/lib/jvm",
    "/usr/share/java",
    "/usr/share/zoneinfo",
    "/usr/share/fonts",
    "/usr/lib/locale",
    "/usr/share/misc",
    "/usr/share/metainfo",
    "/usr/share/pkgconfig",
];

/// Trees that no program needs because it names them: documentation, translations (a rule keeps those), and what manages the machine.
const ALIEN: &[&str] = &[
    "/dev",
    "/proc",
    "/sys",
    "/run",
    "/tmp",
    "/var/run",
    "/var/lock",
    "/var/log",
    "/var/tmp",
    "/var/cache",
    "/var/backups",
    "/var/mail",
    "/usr/share/doc",
    "/usr/share/man",
    "/usr/share/info",
    "/usr/share/locale",
    "/usr/share/lintian",
    "/usr/share/bug",
    "/usr/share/bash-completion",
    "/usr/share/zsh",
    "/usr/share/fish",
    "/usr/share/applications",
    "/usr/share/icons",
    "/usr/share/pixmaps",
    "/usr/share/menu",
    "/usr/share/doc-base",
    "/usr/share/common-licenses",
    "/usr/share/i18n",
    "/usr/share/polkit-1",
    "/usr/share/dbus-1",
    "/usr/share/gdb",
    "/usr/lib/debug",
    "/usr/include",
    "/usr/lib/systemd",
    "/lib/systemd",
    "/etc/systemd",
    "/usr/lib/tmpfiles.d",
    "/usr/lib/sysusers.d",
    "/usr/lib/udev",
    "/lib/udev",
    "/etc/init.d",
    "/etc/init",
    "/etc/rc*.d",
    "/etc/cron*",
    "/etc/logrotate.d",
    "/etc/default",
    "/etc/profile.d",
    "/etc/skel",
    "/etc/alternatives",
    "/etc/update-motd.d",
    "/etc/kernel",
    "/etc/modprobe.d",
    "/etc/sysctl.d",
    "/etc/selinux",
    "/etc/bash_completion.d",
    "/etc/apt",
    "/etc/dpkg",
    "/etc/apk",
    "/etc/ld.so.conf.d",
    "/etc/security",
    "/etc/pam.d",
    "/var/lib/dpkg",
    "/var/lib/apt",
    "/lib/apk",
    "/usr/lib/apk",
    "/var/lib/rpm",
    "/var/lib/systemd",
    "/var/lib/ucf",
    "/usr/lib/apt",
    "/usr/lib/dpkg",
    "/usr/share/dpkg",
    "/usr/share/debconf",
    "/usr/share/keyrings",
    "/usr/lib/x86_64-linux-gnu/pkgconfig",
    "/usr/share/perl5/Debconf",
    "/usr/share/perl5/Dpkg",
    "/usr/lib/terminfo",
    "/boot",
    "/usr/share/gcc",
    "/usr/lib/modules",
    "/lib/modules",
];

fn matches(pattern: &str, path: &str) -> bool {
    let (mut patterns, mut names) = (pattern.split('/'), path.split('/'));
    loop {
        match (patterns.next(), names.next()) {
            (None, None) => return true,
            (Some(pattern), Some(name)) => {
                let fits = match pattern.split_once('*') {
                    None => pattern == name,
                    Some((start, end)) => {
                        name.len() >= start.len() + end.len()
                            && name.starts_with(start)
                            && (name.ends_with(end) || end.split('*').all(|part| name.contains(part)))
                    }
                };
                if !fits {
                    return false;
                }
            }
            _ => return false,
        }
    }
}

fn is_common(tree: &Tree, id: Id) -> bool {
    id == tree.root() || COMMON.iter().any(|pattern| matches(pattern, &tree.text(id)))
}

pub(crate) fn is_alien(path: &str) -> bool {
    let mut end = Some(path.len());
    while let Some(at) = end {
        if ALIEN.iter().any(|pattern| matches(pattern, &path[..at])) {
            return true;
        }
        end = path[..at].rfind('/').filter(|at| *at > 0);
    }
    false
}

/// The topmost directory above a file, or itself, that is not common ground; nothing if the file lies on common ground, or in a tree that no program needs.
pub(crate) fn private_tree(tree: &Tree, id: Id) -> Option<Id> {
    if is_alien(&tree.text(id)) {
        return None;
    }
    let mut top = None;
    let mut at = id;
    while !is_common(tree, at) {
        if tree.is_directory(at) {
            top = Some(at);
        }
        at = tree.node(at).parent;
        // what lies in a common directory below a private one is private (/app/usr/lib)
        if at == tree.root() {
            break;
        }
    }
    let mut above = at;
    while above != tree.root() {
        if !is_common(tree, above) && tree.is_directory(above) {
            top = Some(above);
        }
        above = tree.node(above).parent;
    }
    top
}

/// Whether a program is one with many names.
pub(crate) fn is_multi_call(tree: &Tree, id: Id) -> bool {
    let name = &*tree.node(id).name;
    [&b"busybox"[..], b"busybox.static", b"busybox-extras", b"toybox"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names_and_not_across_slashes() {
        assert!(matches("/usr/lib/*-linux-*", "/usr/lib/x86_64-linux-gnu"));
        assert!(!matches("/usr/lib/*-linux-*", "/usr/lib/python3.11"));
        assert!(matches("/home/*", "/home/web"));
        assert!(!matches("/home/*", "/home/web/app"));
        assert!(is_alien("/usr/share/doc/x/README"));
        assert!(is_alien("/etc/cron.daily/apt"));
        assert!(!is_alien("/usr/share/vim/vimrc"));
    }
}

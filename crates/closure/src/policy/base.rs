//! What every program may expect of a root: directories, users, certificates, and the name of the distribution.

use super::{Present, names_path};
use crate::closure::Closure;
use crate::reason::Reason;
use crate::tree::{Id, Kind};

/// Directories that programs write into or look for, and do not make.
const DIRECTORIES: &[&str] = &[
    "/tmp",
    "/run",
    "/var/run",
    "/var/tmp",
    "/var/log",
    "/var/lock",
    "/run/lock",
    "/var/cache",
    "/var/lib",
    "/var/spool",
    "/etc",
    "/dev",
    "/proc",
    "/sys",
    "/root",
    "/home",
    "/mnt",
];
/// Files of which distributions have one with the certificates of authorities (Go's `crypto/x509/root_linux.go` has the same list).
pub const CERTIFICATE_FILES: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];
/// Directories with a file for each authority.
pub const CERTIFICATE_DIRECTORIES: &[&str] =
    &["/etc/ssl/certs", "/etc/pki/tls/certs", "/system/etc/security/cacerts"];
/// Libraries that speak TLS.
const TLS: &[&str] = &[
    "libssl.so*",
    "libgnutls.so*",
    "libnss3.so",
    "libmbedtls.so*",
    "libwolfssl.so*",
    "libtls.so*",
    "libcurl*.so*",
    "node",
    "nodejs",
    "java",
    "libjvm.so",
    "libgnutls*",
];

/// Directories with their modes, empty.
pub(super) fn directories(closure: &mut Closure<'_>, _: &Present) {
    for path in DIRECTORIES {
        closure.keep(path, Reason::Policy("directories that programs expect"));
    }
    // a root looks like a root
    let tree = closure.tree;
    let top: Vec<_> = tree.children(tree.root()).map(|(_, id)| id).filter(|id| !tree.is_file(*id)).collect();
    for id in top {
        closure.keep_file(id, Reason::Policy("directories that programs expect"));
    }
    for path in ["/run", "/var/log", "/var/spool", "/var/tmp"] {
        if let Some(found) = tree.find(path) {
            keep_directories(closure, found);
        }
    }
    let home = closure.setting.variable("HOME").map(str::to_owned);
    for path in home.into_iter().chain(own_homes(closure)) {
        closure.keep(path, Reason::Policy("home directory"));
    }
}

/// Keeps the directories below one, empty: packages make them for what is written at run time.
fn keep_directories(closure: &mut Closure<'_>, directory: Id) {
    let tree = closure.tree;
    let mut waiting = vec![directory];
    while let Some(at) = waiting.pop() {
        for child in tree.children(at).map(|(_, id)| id).filter(|id| tree.is_directory(*id)) {
            closure.keep_file(child, Reason::Policy("directories that programs expect"));
            waiting.push(child);
        }
    }
}

/// The home of the image's user.
fn own_homes(closure: &Closure<'_>) -> Vec<String> {
    let Some(id) = closure.tree.find("/etc/passwd") else { return Vec::new() };
    let text = closure.tree.content(id, 1 << 20).unwrap_or_default();
    let user = closure.setting.user.split(':').next().unwrap_or_default();
    let user = if user.is_empty() { "root" } else { user };
    let text = String::from_utf8_lossy(&text).into_owned();
    let entries = text.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let own = entries.filter(|fields| fields.len() > 5 && (fields[0] == user || fields[2] == user));
    own.map(|fields| fields[5].to_owned()).filter(|home| home.starts_with('/')).collect()
}

/// Users and groups: `USER` is looked up in them, and so are the owners of files.
pub(super) fn users(closure: &mut Closure<'_>, present: &Present) {
    for path in ["/etc/passwd", "/etc/group", "/etc/nsswitch.conf"] {
        closure.keep(path, Reason::Policy("users"));
    }
    if present.has(&["libpam.so*", "libcrypt.so*"]) && closure.size > crate::Size::Strict {
        for path in ["/etc/shadow", "/etc/gshadow", "/etc/login.defs"] {
            closure.keep(path, Reason::Policy("users"));
        }
    }
}

/// Certificates of authorities, where something speaks TLS.
pub(super) fn certificates(closure: &mut Closure<'_>, present: &Present) {
    let places = [CERTIFICATE_FILES, CERTIFICATE_DIRECTORIES].concat();
    if !present.has(TLS) && !names_path(closure, &places) {
        return;
    }
    for path in places {
        let reason = Reason::Policy("CA certificates");
        let Some(found) = closure.keep(path, reason.clone()) else { continue };
        if closure.size > crate::Size::Strict {
            closure.keep_tree(found, &reason);
        }
    }
}

/// What the root is a part of: programs and scanners ask for it.
pub(super) fn release(closure: &mut Closure<'_>, _: &Present) {
    for path in [
        "/etc/os-release",
        "/usr/lib/os-release",
        "/etc/debian_version",
        "/etc/alpine-release",
        "/etc/localtime",
        "/etc/timezone",
        "/etc/mime.types",
    ] {
        closure.keep(path, Reason::Policy("facts about the system"));
    }
}

/// A program with many names (busybox, toybox, one coreutils) has them all: they are links to it, and cost nothing.
pub(super) fn multi_call(closure: &mut Closure<'_>, present: &Present) {
    let Some(program) = present.find(&["busybox", "busybox.static", "toybox", "coreutils", "busybox-extras"])
    else {
        return;
    };
    let tree = closure.tree;
    for directory in ["/bin", "/sbin", "/usr/bin", "/usr/sbin"] {
        let Some(directory) = tree.find(directory) else { continue };
        let names: Vec<_> = tree.children(directory).map(|(_, id)| id).collect();
        for id in names {
            let is_name = match &tree.node(id).kind {
                Kind::Link(_) => tree.look_from(directory, &tree.node(id).name).end == Some(program),
                Kind::File => tree.node(id).first == Some(program),
                _ => false,
            };
            if is_name {
                closure.keep_file(id, Reason::Policy("names of a program with many"));
            }
        }
    }
}

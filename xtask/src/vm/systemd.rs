//! A guest whose process 1 is systemd: Debian's packages, downloaded once and unpacked, with a few units of our own instead of theirs.
//!
//! No generators, no udev, no journal: the command runs as a unit as soon as the manager is there.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::output;

/// systemd, the bus, and the libraries that both need.
const PACKAGES: [&str; 28] = [
    "systemd",
    "dbus-daemon",
    "dbus-system-bus-common",
    "libdbus-1-3",
    "libexpat1",
    "libsystemd-shared",
    "libsystemd0",
    "libacl1",
    "libapparmor1",
    "libaudit1",
    "libblkid1",
    "libcap2",
    "libcap-ng0",
    "libcrypt1",
    "libgcrypt20",
    "libgpg-error0",
    "libip4tc2",
    "libkmod2",
    "liblz4-1",
    "liblzma5",
    "libmount1",
    "libpam0g",
    "libpcre2-8-0",
    "libseccomp2",
    "libselinux1",
    "libssl3",
    "libzstd1",
    "libc6",
];
/// Large, and of no use here.
const LEFT_OUT: [&str; 6] = [
    "usr/share/doc",
    "usr/share/locale",
    "usr/share/man",
    "usr/lib/x86_64-linux-gnu/gconv",
    "lib/systemd/system-generators",
    "etc/systemd",
];
const UNITS: [(&str, &str); 4] = [
    ("vm.service", include_str!("systemd/vm.service")),
    ("dbus.service", include_str!("systemd/dbus.service")),
    ("dbus.socket", include_str!("systemd/dbus.socket")),
    ("default.target", include_str!("systemd/default.target")),
];
const RUN: &str = include_str!("systemd/run.sh");
/// First program of such a guest.
const INIT: &str = include_str!("systemd/init.sh");
/// What the kernel is told for it: the manager's words go to the kernel's log, so that the console is the command's.
pub(super) const APPEND: &str = "rdinit=/init random.trust_cpu=on mitigations=off systemd.log_level=warning systemd.log_target=kmsg \
    systemd.log_color=0 systemd.show_status=0 systemd.default_timeout_stop_sec=5";

/// The root directory of such a guest from the cache, where it is made first if it is not there yet.
pub(super) fn obtain(cache: &Path) -> Result<PathBuf, String> {
    let place = cache.join("systemd");
    if !place.exists() {
        super::note("downloading systemd, once");
        let temporary = cache.join(format!("systemd.{}", std::process::id()));
        let made = make(&temporary);
        let renamed = made.and_then(|()| match fs::rename(&temporary, &place) {
            // another run may have made the same meanwhile
            Err(error) if !place.exists() => Err(format!("rename to {}: {error}", place.display())),
            _ => Ok(()),
        });
        if temporary.exists() {
            fs::remove_dir_all(&temporary)
                .map_err(|error| format!("remove {}: {error}", temporary.display()))?;
        }
        renamed?;
    }
    Ok(place)
}

fn make(place: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", place.display());
    let archives = place.join("archives");
    fs::create_dir_all(&archives).map_err(failed)?;
    let download = ["-q", "-o", "APT::Sandbox::User=root", "download"];
    output(Command::new("apt-get").args(download).args(PACKAGES).current_dir(&archives))?;
    for entry in fs::read_dir(&archives).map_err(failed)? {
        output(Command::new("dpkg-deb").arg("-x").arg(entry.map_err(failed)?.path()).arg(place))?;
    }
    for path in LEFT_OUT.iter().chain(&["archives"]) {
        match fs::remove_dir_all(place.join(path)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(error)),
            _ => {}
        }
    }
    fill(place).map_err(failed)
}

/// What an installation would have made.
fn fill(place: &Path) -> std::io::Result<()> {
    for directory in ["etc", "var/tmp", "run", "vm"] {
        fs::create_dir_all(place.join(directory))?;
    }
    symlink("../run", place.join("var/run"))
}

/// Our own files of such a guest: their paths, modes and texts.
pub(super) fn files() -> Vec<(String, u32, &'static str)> {
    let units = UNITS.map(|(name, text)| (format!("etc/systemd/system/{name}"), 0o644, text));
    let accounts = "root:x:0:0:root:/root:/bin/sh\nmessagebus:x:100:100::/:/bin/false\nnobody:x:65534:65534:nobody:/:/bin/false\n";
    let others = [
        ("init", 0o755, INIT),
        ("vm/run", 0o755, RUN),
        ("etc/passwd", 0o644, accounts),
        ("etc/group", 0o644, "root:x:0:\ntty:x:5:\nmessagebus:x:100:\nnogroup:x:65534:\n"),
        ("etc/nsswitch.conf", 0o644, "passwd: files\ngroup: files\n"),
        ("etc/machine-id", 0o644, "00000000000000000000000000000001\n"),
        ("etc/fstab", 0o644, ""),
    ];
    units.into_iter().chain(others.map(|(name, mode, text)| (name.into(), mode, text))).collect()
}

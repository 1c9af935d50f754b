//! What the author of an image put into it by hand: with `COPY` and `ADD`, or where only he writes. Nobody does that with what his program does not need.

use crate::error::{At, Result};
use crate::installed::Installed;
use crate::subject::Subject;
use closure::{Closure, Id, Reason, Tree};
use engine::Engine;
use engine::store::layers;
use oci::DiffId;
use oci::image::Configuration;
use std::os::fd::AsFd;

/// Directories of a distribution: what is copied there is a program or library, which is found when it is needed, or a whole toolchain.
const DISTRIBUTION: &[&str] =
    &["/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/var/lib/dpkg", "/var/cache"];
/// What of them is the author's own all the same.
const OWN: &[&str] = &["/usr/src", "/usr/local/etc", "/usr/share/nginx/html"];
/// Where an author makes files and directories, and packages have theirs recorded.
const WRITTEN: &[&str] = &["/etc", "/srv", "/var/www"];
/// What the making of a distribution leaves in `/etc` without recording it, and no program needs.
const MADE: &[&str] = &[
    "adduser.conf",
    "apt",
    "apk",
    "bash.bashrc",
    "ca-certificates",
    "ca-certificates.conf",
    "deluser.conf",
    "dpkg",
    "environment",
    "fstab",
    "group-",
    "gshadow",
    "gshadow-",
    "hostname",
    "hosts",
    "inputrc",
    "issue",
    "ld.so.cache",
    "locale.gen",
    "machine-id",
    "motd",
    "mtab",
    "passwd-",
    "profile",
    "resolv.conf",
    "shadow",
    "shadow-",
    "shells",
    "subgid",
    "subgid-",
    "subuid",
    "subuid-",
    "timezone",
    "alternatives",
    "systemd",
    "rc0.d",
];
/// The largest file that somebody makes there by hand.
const WRITTEN_LIMIT: u64 = 1 << 20;
/// A layer with more files is no application.
const FILE_LIMIT: usize = 100_000;

/// Keeps the author's files.
///
/// # Errors
/// What reading a layer reports.
pub(crate) fn keep(
    engine: &Engine,
    subject: &Subject,
    installed: &Installed,
    closure: &mut Closure<'_>,
) -> Result<()> {
    written(subject, installed, closure);
    for layer in copied_layers(&subject.configuration) {
        let root = layers::open(engine.store(), &layer)?;
        let directory = sys::rooted::open_directory(root.as_fd(), ".".as_ref()).at("open", "a layer")?;
        let layer = Tree::read(directory)?;
        let is_distribution =
            ["/etc/os-release", "/usr/lib/os-release"].iter().any(|path| layer.find(path).is_some());
        if is_distribution || layer.ids().count() > FILE_LIMIT {
            continue;
        }
        for id in layer.ids().filter(|id| layer.is_file(*id)) {
            let path = layer.text(id);
            if is_own(&path) {
                closure.keep(path, Reason::Configuration("copied into the image"));
            }
        }
    }
    Ok(())
}

/// Keeps what belongs to no package, where packages have theirs recorded: files, and directories with all that is in them.
fn written(subject: &Subject, installed: &Installed, closure: &mut Closure<'_>) {
    let Some(tree) = &subject.tree else { return };
    for (name, id) in
        WRITTEN.iter().filter_map(|path| tree.find(path)).flat_map(|directory| tree.children(directory))
    {
        let name = String::from_utf8_lossy(name);
        if installed.owner(id).is_some()
            || MADE.contains(&&*name)
            || name.starts_with('.')
            || (name.starts_with("rc") && name.ends_with(".d"))
        {
            continue;
        }
        let files = if tree.is_directory(id) { below(tree, id) } else { vec![id] };
        for file in files {
            if tree.is_file(file) && tree.node(file).size <= WRITTEN_LIMIT && installed.owner(file).is_none()
            {
                closure.keep_file(file, Reason::Configuration("written by the image's author"));
            }
        }
    }
}

/// The regular files below a directory.
fn below(tree: &Tree, directory: Id) -> Vec<Id> {
    let mut files = Vec::new();
    let mut rest = vec![directory];
    while let Some(at) = rest.pop() {
        for (_, child) in tree.children(at) {
            if tree.is_directory(child) {
                rest.push(child);
            } else if tree.is_file(child) {
                files.push(child);
            }
        }
    }
    files
}

/// The layers that a `COPY` or `ADD` made, as the history says.
fn copied_layers(configuration: &Configuration) -> Vec<DiffId> {
    let made = configuration.history.iter().filter(|step| !step.empty_layer);
    let steps = made.zip(&configuration.rootfs.diff_ids).filter(|(step, _)| {
        let text = step.created_by.as_deref().unwrap_or_default();
        let text = text.split_once("#(nop)").map_or(text, |(_, rest)| rest).trim_start();
        text.starts_with("COPY ") || text.starts_with("ADD ")
    });
    steps.map(|(_, layer)| *layer).collect()
}

fn is_own(path: &str) -> bool {
    let lies_in = |directory: &&str| path.strip_prefix(*directory).is_some_and(|rest| rest.starts_with('/'));
    !DISTRIBUTION.iter().any(lies_in) || OWN.iter().any(lies_in)
}

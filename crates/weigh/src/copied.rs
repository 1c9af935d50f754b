//! What the author of an image copied into it by hand: `COPY` and `ADD`. Nobody copies what his program does not need.

use crate::error::Result;
use crate::subject::Subject;
use closure::{Closure, Reason, Tree};
use engine::Engine;
use engine::store::layers;
use oci::DiffId;
use oci::image::Configuration;

/// Directories of a distribution: what is copied there is a program or library, which is found when it is needed, or a whole toolchain.
const DISTRIBUTION: &[&str] =
    &["/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin", "/var/lib/dpkg", "/var/cache"];
/// What of them is the author's own all the same.
const OWN: &[&str] = &["/usr/src", "/usr/local/etc", "/usr/share/nginx/html"];
/// A layer with more files is no application.
const FILE_LIMIT: usize = 100_000;

/// Keeps the author's files.
///
/// # Errors
/// What reading a layer reports.
pub(crate) fn keep(engine: &Engine, subject: &Subject, closure: &mut Closure<'_>) -> Result<()> {
    for layer in copied_layers(&subject.configuration) {
        let root = layers::open(engine.store(), &layer)?;
        let directory = sys::rooted::open_directory(std::os::fd::AsFd::as_fd(&root), ".".as_ref());
        let Ok(directory) = directory else { continue };
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

//! Manifests, indexes, configurations and Docker's list of images, as types and in a whole archive.
//!
//! The first byte tells which list the archive has; the rest are documents, as `documents` has them.

#![no_main]

use fuzz::documents;
use fuzz::loading::Loading;
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static LOADING: LazyLock<Loading> = LazyLock::new(Loading::new);

fuzz_target!(|input: &str| {
    let (list, text) = match input.split_at_checked(1) {
        Some(("d", text)) => ("manifest.json", text),
        Some((_, text)) => ("index.json", text),
        None => return,
    };
    let parts = documents::parts(text);
    for part in &parts {
        documents::is_written_as_read(part);
    }
    LOADING.survive(&documents::archive(&parts, list));
});

//! Other engines with our runtime.

mod containerd;
mod docker;
mod podman;

use e2e::TestEngine;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

/// The runtime under the name by which engines call it.
fn runtime(engine: &TestEngine, name: &str) -> PathBuf {
    let path = engine.path("programs").join(name);
    std::fs::create_dir_all(engine.path("programs")).unwrap();
    symlink(engine.binary(), &path).unwrap();
    path
}

/// The image `busybox` as an archive.
fn image(engine: &TestEngine) -> PathBuf {
    let archive = engine.path("busybox.tar");
    engine.tare(["save", "-o", archive.to_str().unwrap(), "busybox"]).ok();
    archive
}

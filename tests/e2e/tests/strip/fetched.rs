//! What a context gets from PyPI and the npm registry, which are asked from the host, where their clients are set up.

use std::path::Path;
use std::process::Command;

/// The interpreter in Debian 12.
const PYTHON: &str = "3.11";

/// Adds `wheels` if the context has a `requirements.txt`, and `node_modules` if it has a `package.json`.
#[track_caller]
pub(crate) fn add(context: &Path) {
    if context.join("requirements.txt").exists() {
        let mut pip = Command::new("pip3");
        pip.args(["download", "--quiet", "--only-binary=:all:", "--python-version", PYTHON]);
        pip.args(["--dest", "wheels", "--requirement", "requirements.txt"]);
        fetch(pip, context);
    }
    if context.join("package.json").exists() {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"]);
        fetch(npm, context);
    }
}

#[track_caller]
fn fetch(mut client: Command, context: &Path) {
    let output = client.current_dir(context).output().expect("the client can be run");
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{client:?}: {}", String::from_utf8_lossy(&said));
}

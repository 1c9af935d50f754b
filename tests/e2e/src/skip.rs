//! What a machine may lack. A test that cannot run says so in a line and passes.

use std::env;

/// Whether these programs are installed; says which one is not, and that the test is skipped for it.
#[must_use]
pub fn needs_programs(names: &[&str]) -> bool {
    let missing = names.iter().find(|name| !has_program(name));
    if let Some(name) = missing {
        eprintln!("skipped: needs {name} (scripts/setup installs it)");
    }
    missing.is_none()
}

/// Whether a program is on the path.
#[must_use]
pub fn has_program(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|directory| directory.join(name).exists())
}

pub(crate) fn needs_root() -> bool {
    let is_root = sys::process::geteuid().is_root();
    if !is_root {
        eprintln!("skipped: needs root");
    }
    is_root
}

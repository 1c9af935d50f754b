//! Which binary is tested.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// `$TARE_BIN`, or the newest `tare` that was built for this machine in the tests' own target directory.
///
/// # Panics
/// If there is none.
pub(crate) fn find() -> PathBuf {
    if let Some(path) = env::var_os("TARE_BIN") {
        return path.into();
    }
    let test = env::current_exe().expect("a test knows its own path");
    // <target>/<triple>/<profile>/deps/main-…
    let triple = test.ancestors().nth(3).expect("a test is built below the target directory");
    let built = ["ci", "debug", "release"].map(|profile| triple.join(profile).join("tare"));
    let newest = built.into_iter().filter(|path| path.exists()).max_by_key(|path| modified(path));
    newest.expect("no tare binary: build it (cargo build -p cli) or name it with TARE_BIN")
}

fn modified(path: &Path) -> SystemTime {
    fs::metadata(path).and_then(|metadata| metadata.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

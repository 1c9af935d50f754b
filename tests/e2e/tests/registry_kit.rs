//! The registries that other tests stand on, seen with curl and skopeo.

mod chaos;
mod distribution;
mod h2;

use e2e::{Root, Said, ask, gzip, needs_programs, noise};
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

fn place() -> TempDir {
    tempfile::Builder::new().prefix("tare-kit-").tempdir().unwrap()
}

/// Whether all programs are here that these tests call.
fn is_possible() -> bool {
    needs_programs(&["curl", "skopeo", "openssl"])
}

/// A compressed layer.
fn layer(content: &str) -> Vec<u8> {
    gzip(&Root::scratch().file("/file", 0o644, content).archive())
}

/// A compressed layer that is not small.
fn big_layer() -> Vec<u8> {
    gzip(&Root::scratch().file("/noise", 0o644, noise(1, 300_000)).archive())
}

fn skopeo(arguments: &[&str]) -> Said {
    ask(Command::new("skopeo").arg("--insecure-policy").args(arguments), b"")
}

/// What curl says; its output is lossy where the body is no text.
fn curl(arguments: &[&str]) -> Said {
    ask(Command::new("curl").args(["-sS", "--noproxy", "*", "--max-time", "25"]).args(arguments), b"")
}

/// The status, the length of the body, and curl's exit code.
fn outcome(arguments: &[&str], file: &Path) -> (String, usize, i32) {
    let _ = std::fs::remove_file(file);
    let file = file.to_str().unwrap();
    let said = curl(&[&["-o", file, "-w", "%{http_code}"], arguments].concat());
    let length = std::fs::read(file).map_or(0, |bytes| bytes.len());
    (said.out, length, said.code)
}

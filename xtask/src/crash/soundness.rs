//! Whether a store is sound, read without the engine: what is named is there, and is what its digest says.

use super::ground::Ground;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is wrong with images: names, documents, blobs, layers.
pub(super) fn images(ground: &Ground) -> Vec<String> {
    let mut survey =
        Survey { root: ground.data_root().to_path_buf(), digests: BTreeMap::new(), wrong: Vec::new() };
    let mut named = Vec::new();
    for path in entries(&survey.root.join("refs")) {
        match document(&path) {
            Some(reference) => {
                named.extend(reference["name"].as_str().map(str::to_owned));
                survey.manifest(&path, &reference);
            }
            None => survey.wrong.push(format!("{} is no document", path.display())),
        }
    }
    for path in entries(&survey.root.join("blobs/sha256")) {
        survey.digests.insert(path.clone(), hex(&path));
    }
    for path in entries(&survey.root.join("layers/sha256")) {
        survey.layer(&path);
    }
    let mut wrong = survey.wrong;
    wrong.extend(check_digests(&survey.digests));
    wrong.extend(named.iter().filter_map(|name| saved(ground, name).err()));
    wrong
}

/// What is wrong with containers: each one's name leads to it, and to no other.
pub(super) fn names(ground: &Ground) -> Vec<String> {
    let listed = match ground.tare("ps -a --no-trunc --format {{.ID}}={{.Names}}") {
        Ok(listed) => listed,
        Err(complaint) => return vec![complaint],
    };
    let wrong = |line: &str| {
        let (id, name) = line.split_once('=')?;
        let holder = fs::read_to_string(ground.data_root().join("names").join(name)).unwrap_or_default();
        // one that removes itself may be gone by now
        let is_there = ground.data_root().join("containers").join(id).join("config.json").exists();
        (is_there && holder != id)
            .then(|| format!("the name {name} leads to {holder:?}, not to its container {id}"))
    };
    listed.lines().filter_map(wrong).collect()
}

struct Survey {
    root: PathBuf,
    /// Files and what their digest is to be.
    digests: BTreeMap<PathBuf, String>,
    wrong: Vec<String>,
}

impl Survey {
    /// Follows a reference to a manifest or index, and what that names.
    fn manifest(&mut self, from: &Path, reference: &Value) {
        let Some(manifest) = self.blob(from, reference) else { return };
        for inner in list(&manifest["manifests"]) {
            // an index may name images for platforms that were not loaded
            if self.path(inner).is_some_and(|path| path.exists()) {
                self.manifest(from, inner);
            }
        }
        if manifest["config"].is_null() {
            return;
        }
        let Some(configuration) = self.blob(from, &manifest["config"]) else { return };
        for layer in list(&configuration["rootfs"]["diff_ids"]) {
            let name = layer.as_str().and_then(|digest| digest.strip_prefix("sha256:")).unwrap_or("?");
            let path = self.root.join("layers/sha256").join(name);
            match document(&path.join("meta")) {
                Some(meta) if meta["boot"].is_null() && path.join("fs").is_dir() => {}
                _ => {
                    self.wrong.push(format!("{} names the layer {name}, which is not whole", from.display()))
                }
            }
        }
    }

    /// A document that has to be there.
    fn blob(&mut self, from: &Path, reference: &Value) -> Option<Value> {
        let path = self.path(reference)?;
        let found = document(&path);
        if found.is_none() {
            self.wrong.push(format!("{} leads to {}, which is no document", from.display(), path.display()));
        }
        found
    }

    fn path(&self, reference: &Value) -> Option<PathBuf> {
        let digest = reference["digest"].as_str()?.strip_prefix("sha256:")?;
        Some(self.root.join("blobs/sha256").join(digest))
    }

    /// A layer that is whole has the blob that it came in. One without a record is none: a power cut made it so, and whoever
    /// names it is found by [`Self::manifest`].
    fn layer(&mut self, path: &Path) {
        let Some(meta) = document(&path.join("meta")) else { return };
        if let Some(blob) = meta["blob"].as_str() {
            let path = self.root.join("blobs/sha256").join(blob.trim_start_matches("sha256:"));
            if !path.exists() {
                self.wrong.push(format!("a layer came in {}, which is gone", path.display()));
            }
        }
    }
}

/// Saves an image, and checks every blob of the archive against its name: a layer's tar is made anew from its files.
fn saved(ground: &Ground, name: &str) -> Result<(), String> {
    let place = ground.place().join("saved");
    let _ = fs::remove_dir_all(&place);
    fs::create_dir_all(&place).map_err(|error| error.to_string())?;
    ground.tare(&format!("save -o @/saved.tar {name}"))?;
    let mut command = Command::new("tar");
    command.arg("-C").arg(&place).arg("-xf").arg(ground.place().join("saved.tar"));
    ground.finish(command, "tar")?;
    let digests: BTreeMap<PathBuf, String> =
        entries(&place.join("blobs/sha256")).into_iter().map(|path| (path.clone(), hex(&path))).collect();
    if digests.is_empty() {
        return Err(format!("{name} was saved without blobs"));
    }
    check_digests(&digests).into_iter().next().map_or(Ok(()), Err)
}

/// Files whose SHA-256 is not what it is to be.
fn check_digests(digests: &BTreeMap<PathBuf, String>) -> Vec<String> {
    let run = || -> std::io::Result<String> {
        let mut child = Command::new("sha256sum")
            .args(["--check", "--quiet"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        if let Some(mut input) = child.stdin.take() {
            for (path, digest) in digests {
                writeln!(input, "{digest}  {}", path.display())?;
            }
        }
        Ok(String::from_utf8_lossy(&child.wait_with_output()?.stdout).into_owned())
    };
    if digests.is_empty() {
        return Vec::new();
    }
    match run() {
        Ok(text) => text.lines().map(|line| format!("wrong digest: {line}")).collect(),
        Err(error) => vec![format!("sha256sum: {error}")],
    }
}

/// The files of a directory, without those that are being written.
fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| !hex(path).starts_with('.')).collect()
}

fn hex(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn document(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SHA-256 of nothing.
    const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn a_name_that_leads_nowhere_and_a_layer_without_its_blob_are_found() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().to_path_buf();
        fs::create_dir_all(root.join("layers/sha256").join(EMPTY)).unwrap();
        let meta = format!("{{\"blob\":\"sha256:{EMPTY}\"}}");
        fs::write(root.join("layers/sha256").join(EMPTY).join("meta"), meta).unwrap();
        let mut survey = Survey { root: root.clone(), digests: BTreeMap::new(), wrong: Vec::new() };
        survey.layer(&root.join("layers/sha256").join(EMPTY));
        survey.manifest(Path::new("a ref"), &serde_json::json!({ "digest": format!("sha256:{EMPTY}") }));
        assert_eq!(survey.wrong.len(), 2, "{:?}", survey.wrong);
    }

    #[test]
    fn content_that_changed_is_found() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(EMPTY);
        fs::write(&path, "").unwrap();
        let digests = BTreeMap::from([(path.clone(), EMPTY.to_owned())]);
        assert_eq!(check_digests(&digests), Vec::<String>::new());
        fs::write(&path, "x").unwrap();
        assert_eq!(check_digests(&digests).len(), 1);
    }
}

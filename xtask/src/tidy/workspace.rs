//! The workspace as `cargo metadata` and the file system tell it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Deserialize;

/// What `cargo metadata` says, as far as the rules ask (see `cargo help metadata`).
#[derive(Debug, Deserialize)]
pub struct Metadata {
    /// Every package that is built for this machine, ours and others'.
    pub packages: Vec<Package>,
    /// The ids of ours.
    pub workspace_members: Vec<String>,
    /// The directory of the checkout.
    pub workspace_root: PathBuf,
}

/// One package.
#[derive(Debug, Deserialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// An opaque id.
    pub id: String,
    /// An SPDX expression.
    pub license: Option<String>,
    /// What it depends on, as its manifest says.
    pub dependencies: Vec<Dependency>,
    /// Its `Cargo.toml`.
    pub manifest_path: PathBuf,
    /// What it builds.
    pub targets: Vec<Target>,
    /// The manifest's `[package.metadata]`, ours only: others put anything there.
    #[serde(default)]
    pub metadata: serde_json::Value,
}

/// One line of a manifest's dependencies.
#[derive(Debug, Deserialize)]
pub struct Dependency {
    /// The package's name, also where it is renamed.
    pub name: String,
    /// `dev`, `build`, or nothing for a usual one.
    pub kind: Option<String>,
}

/// Something that a package builds.
#[derive(Debug, Deserialize)]
pub struct Target {
    /// `lib`, `bin`, `test` …
    pub kind: Vec<String>,
    /// Its root file.
    pub src_path: PathBuf,
}

/// A text file of the checkout.
#[derive(Debug)]
pub struct File {
    /// Relative to the checkout.
    pub path: String,
    /// All of it.
    pub text: String,
}

impl Metadata {
    /// Asks cargo.
    pub fn load() -> Result<Self, String> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let arguments = ["metadata", "--format-version", "1", "--filter-platform", "host-tuple"];
        let output = Command::new(cargo).args(arguments).stderr(Stdio::inherit()).output();
        let output = output.map_err(|error| format!("cargo metadata: {error}"))?;
        if !output.status.success() {
            return Err(format!("cargo metadata: {}", output.status));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| format!("cargo metadata: {error}"))
    }

    /// Our own packages, by name.
    pub fn members(&self) -> Vec<&Package> {
        let mut members: Vec<&Package> =
            self.packages.iter().filter(|package| self.workspace_members.contains(&package.id)).collect();
        members.sort_by(|a, b| a.name.cmp(&b.name));
        members
    }

    /// A path relative to the checkout.
    pub fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.workspace_root).unwrap_or(path).display().to_string()
    }
}

impl Package {
    /// Its floor, when the manifest has one.
    pub fn floor(&self) -> Option<u64> {
        self.metadata.get("floor")?.as_u64()
    }

    /// Its directory.
    pub fn directory(&self) -> &Path {
        self.manifest_path.parent().expect("a manifest lies in a directory")
    }
}

/// Every text file below `root`, in order, but git's own and what `.gitignore` names from the root.
pub fn files(root: &Path) -> Result<Vec<File>, String> {
    let ignored = fs::read_to_string(root.join(".gitignore")).unwrap_or_default();
    let ignored = ignored.lines().filter_map(|line| line.strip_prefix('/')).map(|path| root.join(path));
    let skipped: Vec<PathBuf> = ignored.chain([root.join(".git")]).collect();
    let mut found = Vec::new();
    let mut waiting = vec![root.to_owned()];
    while let Some(directory) = waiting.pop() {
        let entries =
            fs::read_dir(&directory).map_err(|error| format!("{}: {error}", directory.display()))?;
        for entry in entries {
            let entry = entry.map_err(|error| format!("{}: {error}", directory.display()))?;
            let (path, kind) = (entry.path(), entry.file_type().map_err(|error| error.to_string())?);
            if skipped.contains(&path) {
                continue;
            } else if kind.is_dir() {
                waiting.push(path);
            } else if kind.is_file() {
                found.extend(read_text(root, &path)?);
            }
        }
    }
    found.sort_by(|a: &File, b: &File| a.path.cmp(&b.path));
    Ok(found)
}

/// The file's text, or nothing when it is not UTF-8.
fn read_text(root: &Path, path: &Path) -> Result<Option<File>, String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let relative = path.strip_prefix(root).unwrap_or(path).display().to_string();
    Ok(String::from_utf8(bytes).ok().map(|text| File { path: relative, text }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_is_read_as_cargo_writes_it() {
        let text = r#"{"packages": [{"name": "sys", "version": "0.1.0", "id": "x", "license": null,
            "dependencies": [{"name": "libc", "kind": null, "req": "^0.2"}], "manifest_path": "/a/sys/Cargo.toml",
            "targets": [{"kind": ["lib"], "src_path": "/a/sys/src/lib.rs"}], "metadata": {"floor": 0}},
            {"name": "libc", "version": "0.2.1", "id": "y", "license": "MIT", "dependencies": [],
            "manifest_path": "/b/Cargo.toml", "targets": [], "metadata": null}],
            "workspace_members": ["x"], "workspace_root": "/a"}"#;
        let metadata: Metadata = serde_json::from_str(text).unwrap();
        let members = metadata.members();
        assert_eq!(members.iter().map(|package| package.name.as_str()).collect::<Vec<_>>(), ["sys"]);
        assert_eq!(members[0].floor(), Some(0));
        assert_eq!(metadata.relative(members[0].directory()), "sys");
        assert_eq!(metadata.packages[1].floor(), None);
    }

    #[test]
    fn ignored_and_binary_files_are_left_out() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, content: &[u8]| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        write(".gitignore", b"/target\n");
        write("target/a.rs", b"a");
        write(".git/config", b"a");
        write("src/b.rs", b"b");
        write("src/c.bin", &[0xff]);
        let paths: Vec<String> = files(root.path()).unwrap().into_iter().map(|file| file.path).collect();
        assert_eq!(paths, [".gitignore", "src/b.rs"]);
    }
}

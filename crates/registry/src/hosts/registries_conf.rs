//! `registries.conf` (containers-registries.conf(5)), version 2, and of version 1 what blocks and what is insecure.
//!
//! Short names are not looked up in several registries: a name without a registry is Docker Hub's, as in Docker.

use super::Serves;
use crate::error::{Error, Result, read_settings};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// All registries that the files name.
#[derive(Debug, Default)]
pub(super) struct Registries {
    known: Vec<Registry>,
}

/// A `[[registry]]`.
#[derive(Debug, Clone)]
pub(super) struct Registry {
    /// The beginning of the names that it is about: `host[/path]`, or `*.domain`.
    pub(super) prefix: String,
    location: String,
    pub(super) insecure: bool,
    pub(super) blocked: bool,
    pub(super) mirrors: Vec<Mirror>,
    /// The file that says so.
    pub(super) file: PathBuf,
}

/// A `[[registry.mirror]]`.
#[derive(Debug, Clone)]
pub(super) struct Mirror {
    location: String,
    pub(super) insecure: bool,
    pub(super) serves: Serves,
}

#[derive(Debug, Default, Deserialize)]
struct File {
    #[serde(default)]
    registry: Vec<Table>,
    #[serde(default)]
    registries: Old,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Table {
    prefix: Option<String>,
    location: Option<String>,
    #[serde(default)]
    insecure: bool,
    #[serde(default)]
    blocked: bool,
    #[serde(default)]
    mirror_by_digest_only: bool,
    #[serde(default)]
    mirror: Vec<MirrorTable>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct MirrorTable {
    location: String,
    #[serde(default)]
    insecure: bool,
    pull_from_mirror: Option<String>,
}

/// Version 1.
#[derive(Debug, Default, Deserialize)]
struct Old {
    #[serde(default)]
    insecure: List,
    #[serde(default)]
    block: List,
}

#[derive(Debug, Default, Deserialize)]
struct List {
    #[serde(default)]
    registries: Vec<String>,
}

/// The files, and in the place of a directory its `*.conf` files in their order.
fn listed(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in paths {
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let unreadable = |error| Error::settings(path, error);
        let mut own = Vec::new();
        for entry in std::fs::read_dir(path).map_err(unreadable)? {
            own.push(entry.map_err(unreadable)?.path());
        }
        own.retain(|file| file.extension().is_some_and(|extension| extension == "conf"));
        own.sort();
        files.extend(own);
    }
    Ok(files)
}

impl Registries {
    /// Reads the files. Of two tables with one prefix the later one counts.
    pub(super) fn read(files: &[PathBuf]) -> Result<Self> {
        let mut all = Self::default();
        for path in &listed(files)? {
            let Some(text) = read_settings(path)? else { continue };
            let file: File = toml::from_slice(&text).map_err(|error| Error::settings(path, place(&error)))?;
            for table in file.registry {
                all.add(Registry::of(table, path)?);
            }
            for host in file.registries.block.registries {
                all.add(Registry { blocked: true, ..Registry::bare(&host, path) });
            }
            for host in file.registries.insecure.registries {
                all.add(Registry { insecure: true, ..Registry::bare(&host, path) });
            }
        }
        Ok(all)
    }

    fn add(&mut self, registry: Registry) {
        self.known.retain(|known| known.prefix != registry.prefix);
        self.known.push(registry);
    }

    /// The registry with the longest prefix of a name.
    pub(super) fn find(&self, host: &str, path: &str) -> Option<&Registry> {
        let name = format!("{host}/{path}");
        let matching = self.known.iter().filter(|registry| registry.matched(&name).is_some());
        matching.max_by_key(|registry| registry.prefix.len())
    }

    /// Whether a whole host is insecure.
    pub(super) fn is_insecure(&self, host: &str) -> bool {
        self.known.iter().any(|registry| registry.prefix == host && registry.insecure)
    }
}

impl Registry {
    fn bare(host: &str, file: &Path) -> Self {
        Self {
            prefix: host.to_owned(),
            location: host.to_owned(),
            insecure: false,
            blocked: false,
            mirrors: Vec::new(),
            file: file.to_path_buf(),
        }
    }

    fn of(table: Table, file: &Path) -> Result<Self> {
        let trimmed = |text: String| text.trim_end_matches('/').to_owned();
        let prefix = table.prefix.clone().or_else(|| table.location.clone()).map(trimmed);
        let Some(prefix) = prefix.filter(|prefix| !prefix.is_empty()) else {
            return Err(Error::settings(file, "a [[registry]] has neither prefix nor location"));
        };
        let location = table.location.map(trimmed).unwrap_or_default();
        if location.is_empty() && !prefix.starts_with("*.") && table.prefix.is_none() {
            return Err(Error::settings(file, format!("[[registry]] {prefix} has an empty location")));
        }
        let location =
            if location.is_empty() && !prefix.starts_with("*.") { prefix.clone() } else { location };
        let by_digest_only = table.mirror_by_digest_only;
        let mirrors = table.mirror.into_iter().map(|mirror| {
            let serves = match (mirror.pull_from_mirror.as_deref(), by_digest_only) {
                (Some("digest-only"), _) | (None | Some("all" | ""), true) => {
                    Serves { tags: false, ..Serves::READING }
                }
                (Some("tag-only"), _) => Serves { digests: false, ..Serves::READING },
                (None | Some("all" | ""), false) => Serves::READING,
                (Some(other), _) => {
                    let reason = format!("pull-from-mirror is all, digest-only or tag-only, not {other:?}");
                    return Err(Error::settings(file, reason));
                }
            };
            Ok(Mirror { location: trimmed(mirror.location), insecure: mirror.insecure, serves })
        });
        Ok(Self {
            location,
            insecure: table.insecure,
            blocked: table.blocked,
            mirrors: mirrors.collect::<Result<_>>()?,
            ..Self::bare(&prefix, file)
        })
    }

    /// How much of a name the prefix takes, if it takes it.
    fn matched(&self, name: &str) -> Option<usize> {
        if let Some(domain) = self.prefix.strip_prefix('*') {
            let host = name.split('/').next().unwrap_or(name);
            return (host.ends_with(domain) && host.len() > domain.len()).then_some(host.len());
        }
        let rest = name.strip_prefix(&self.prefix)?;
        (rest.is_empty() || rest.starts_with('/')).then_some(self.prefix.len())
    }

    /// Host and repository where a name is kept.
    pub(super) fn locate(&self, host: &str, path: &str) -> Option<(String, String)> {
        self.rewrite(&self.location, host, path)
    }

    fn rewrite(&self, location: &str, host: &str, path: &str) -> Option<(String, String)> {
        let name = format!("{host}/{path}");
        let taken = self.matched(&name)?;
        let whole = if location.is_empty() { name } else { format!("{location}{}", &name[taken..]) };
        let (host, path) = whole.split_once('/')?;
        Some((host.to_owned(), path.to_owned()))
    }
}

impl Mirror {
    /// Host and repository where the mirror has a name of the registry.
    pub(super) fn locate(&self, registry: &Registry, host: &str, path: &str) -> Option<(String, String)> {
        registry.rewrite(&self.location, host, path)
    }
}

/// What the parser says, on one line, with line and column.
pub(super) fn place(error: &toml::de::Error) -> String {
    error
        .to_string()
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('|'))
        .collect::<Vec<_>>()
        .join(": ")
}

//! containerd's `hosts.toml` (docs/hosts.md), in a directory of the host, or in `_default`.

use super::registries_conf::place;
use super::{Endpoint, HUB, Serves, authority, certificates, plain};
use crate::error::{Error, Result, read_settings};
use oci::Reference;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// The endpoints that a file names.
#[derive(Debug)]
pub(super) struct Configured {
    pub(super) mirrors: Vec<Endpoint>,
    /// The registry itself, if the file says something of it.
    pub(super) server: Option<Endpoint>,
}

#[derive(Debug, Deserialize)]
struct File {
    server: Option<String>,
    #[serde(flatten)]
    own: Table,
    #[serde(default)]
    host: BTreeMap<Spanned<String>, Table>,
}

#[derive(Debug, Default, Deserialize)]
struct Table {
    capabilities: Option<Vec<String>>,
    #[serde(default)]
    ca: Paths,
    #[serde(default)]
    client: Identities,
    #[serde(default)]
    skip_verify: bool,
    #[serde(default)]
    override_path: bool,
    #[serde(default)]
    header: BTreeMap<String, Words>,
}

/// One path, or several.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum Paths {
    #[default]
    None,
    One(PathBuf),
    Many(Vec<PathBuf>),
}

/// One file with certificate and key, several such, or pairs.
#[derive(Debug, Default, Deserialize)]
#[serde(untagged)]
enum Identities {
    #[default]
    None,
    One(PathBuf),
    Many(Vec<PathBuf>),
    Pairs(Vec<Vec<PathBuf>>),
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Words {
    One(String),
    Many(Vec<String>),
}

/// What the first directory that has a file for the registry says.
pub(super) fn find(directories: &[PathBuf], name: &Reference) -> Result<Option<Configured>> {
    for host in [name.host(), "_default"] {
        for directory in directories {
            let path = directory.join(host).join("hosts.toml");
            let Some(text) = read_settings(&path)? else { continue };
            let file: File =
                toml::from_slice(&text).map_err(|error| Error::settings(&path, place(&error)))?;
            return configured(&path, file, directories, name).map(Some);
        }
    }
    Ok(None)
}

fn configured(path: &Path, file: File, directories: &[PathBuf], name: &Reference) -> Result<Configured> {
    // the order of the text is the order in which they are asked
    let mut hosts: Vec<(Spanned<String>, Table)> = file.host.into_iter().collect();
    hosts.sort_by_key(|(url, _)| url.span().start);
    let mut mirrors = Vec::new();
    for (url, table) in hosts {
        let endpoint = endpoint(path, url.get_ref(), &table, directories, name)?;
        mirrors.push(Endpoint { namespace: Some(name.host().to_owned()), is_mirror: true, ..endpoint });
    }
    let server = match &file.server {
        Some(url) => Some(endpoint(path, url, &file.own, directories, name)?),
        None => None,
    };
    Ok(Configured { mirrors, server })
}

fn endpoint(
    path: &Path,
    url: &str,
    table: &Table,
    directories: &[PathBuf],
    name: &Reference,
) -> Result<Endpoint> {
    let (scheme, host, below) = authority::split(url).ok_or_else(|| {
        Error::settings(path, format!("invalid host {url:?}: expected http:// or https://"))
    })?;
    let host = if host == HUB.0 { HUB.1 } else { host };
    let prefix = match (below, table.override_path) {
        ("", _) => "/v2".to_owned(),
        (below, true) => format!("/{below}"),
        (below, false) if below == "v2" || below.ends_with("/v2") => format!("/{below}"),
        (below, false) => format!("/v2/{below}"),
    };
    let mut trust = certificates::of(directories, host)?;
    trust.authorities.extend(table.ca.list(path));
    // of what two files say the one that names the host counts
    trust.identities.splice(0..0, table.client.list(path)?);
    trust.anyone |= table.skip_verify || authority::is_loopback(host);
    let schemes = match scheme {
        Some(scheme) => vec![scheme],
        None => super::schemes(authority::is_loopback(host)),
    };
    Ok(Endpoint {
        prefix,
        schemes,
        trust,
        headers: headers(&table.header),
        serves: serves(path, table.capabilities.as_deref())?,
        ..plain(host.to_owned(), name.path().to_owned())
    })
}

fn serves(path: &Path, capabilities: Option<&[String]>) -> Result<Serves> {
    let Some(capabilities) = capabilities else { return Ok(Serves::ALL) };
    let mut serves = Serves { tags: false, digests: false, pushes: false };
    for capability in capabilities {
        match capability.as_str() {
            "pull" => serves.digests = true,
            "resolve" => serves.tags = true,
            "push" => serves.pushes = true,
            other => {
                return Err(Error::settings(
                    path,
                    format!("capabilities are pull, resolve and push, not {other:?}"),
                ));
            }
        }
    }
    Ok(serves)
}

fn headers(table: &BTreeMap<String, Words>) -> Vec<(String, String)> {
    let list = |words: &Words| match words {
        Words::One(word) => vec![word.clone()],
        Words::Many(words) => words.clone(),
    };
    table.iter().flat_map(|(name, words)| list(words).into_iter().map(|word| (name.clone(), word))).collect()
}

impl Paths {
    /// The paths; relative ones are beside the file.
    fn list(&self, file: &Path) -> Vec<PathBuf> {
        match self {
            Self::None => Vec::new(),
            Self::One(path) => vec![beside(file, path)],
            Self::Many(paths) => paths.iter().map(|path| beside(file, path)).collect(),
        }
    }
}

impl Identities {
    fn list(&self, file: &Path) -> Result<Vec<(PathBuf, PathBuf)>> {
        let both = |path: &PathBuf| (beside(file, path), beside(file, path));
        Ok(match self {
            Self::None => Vec::new(),
            Self::One(path) => vec![both(path)],
            Self::Many(paths) => paths.iter().map(both).collect(),
            Self::Pairs(pairs) => pairs
                .iter()
                .map(|pair| match pair.as_slice() {
                    [one] => Ok(both(one)),
                    [certificate, key] => Ok((beside(file, certificate), beside(file, key))),
                    _ => Err(Error::settings(file, "client: a pair is a certificate and its key")),
                })
                .collect::<Result<_>>()?,
        })
    }
}

fn beside(file: &Path, path: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("/")).join(path)
}

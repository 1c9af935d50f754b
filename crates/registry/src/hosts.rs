//! Which endpoints answer for a name: the registry itself, and what files of settings put before it.
//!
//! Read are `registries.conf` and its drop-ins (containers-registries.conf(5)), `hosts.toml` (containerd, docs/hosts.md), `daemon.json` (Docker:
//! `registry-mirrors`, `insecure-registries`) and directories of certificates (`certs.d`). Of the first two the one that names the registry
//! decides, in this order; mirrors of `daemon.json` are for Docker Hub alone. Whether a registry is insecure any of them may say.

mod authority;
mod certificates;
mod containerd;
mod docker;
mod registries_conf;

use crate::error::{Error, Result};
use oci::Reference;
use std::path::PathBuf;

/// The name of Docker Hub in references, and the host that answers for it.
const HUB: (&str, &str) = ("docker.io", "registry-1.docker.io");

/// Which files are read. What does not exist is passed over.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// `registries.conf` and directories of its drop-ins; later ones win.
    pub registries_conf: Vec<PathBuf>,
    /// Directories with a directory for each host, which holds `hosts.toml` or certificates; the first that has one for the host counts.
    pub certificates: Vec<PathBuf>,
    /// Docker's `daemon.json`.
    pub daemon_json: Option<PathBuf>,
}

/// The endpoints for a name, in the order in which they are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Mirrors first, the registry itself last.
    pub endpoints: Vec<Endpoint>,
}

/// Something that speaks the distribution protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Host, with its port if it is not the scheme's own.
    pub host: String,
    /// The repository's path there.
    pub repository: String,
    /// What stands before the repository in a path: `/v2` as a rule.
    pub prefix: String,
    /// What is tried, in this order.
    pub schemes: Vec<Scheme>,
    /// Whose certificates are believed.
    pub trust: Trust,
    /// Headers for every request.
    pub headers: Vec<(String, String)>,
    /// The registry that a mirror stands for, if it wants to be told (containerd's `ns`).
    pub namespace: Option<String>,
    /// What it is asked for.
    pub serves: Serves,
    /// Whether it stands for another registry.
    pub is_mirror: bool,
}

/// How it is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Encrypted.
    Https,
    /// Not encrypted.
    Http,
}

impl Scheme {
    /// As it stands in a URL.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Https => "https",
            Self::Http => "http",
        }
    }
}

/// Whose certificates are believed, and which ones are shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Trust {
    /// Nobody's certificate is looked at.
    pub anyone: bool,
    /// Files of certificates that are believed beside the system's.
    pub authorities: Vec<PathBuf>,
    /// Certificates and keys of this client; the first one is shown.
    pub identities: Vec<(PathBuf, PathBuf)>,
}

/// What an endpoint is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Serves {
    /// What a tag means.
    pub tags: bool,
    /// Content by digest.
    pub digests: bool,
    /// Content is written to it.
    pub pushes: bool,
}

impl Serves {
    /// A registry serves everything.
    const ALL: Self = Self { tags: true, digests: true, pushes: true };
    /// A mirror is only read.
    const READING: Self = Self { tags: true, digests: true, pushes: false };
}

/// What the files say, read once.
#[derive(Debug)]
pub(crate) struct Hosts {
    certificates: Vec<PathBuf>,
    registries: registries_conf::Registries,
    docker: docker::Daemon,
}

impl Hosts {
    pub(crate) fn read(files: &Files) -> Result<Self> {
        Ok(Self {
            certificates: files.certificates.clone(),
            registries: registries_conf::Registries::read(&files.registries_conf)?,
            docker: docker::Daemon::read(files.daemon_json.as_deref())?,
        })
    }

    /// The endpoints for a name.
    pub(crate) fn route(&self, name: &Reference) -> Result<Route> {
        let registry = self.registries.find(name.host(), name.path());
        if let Some(blocked) = registry.filter(|registry| registry.blocked) {
            return Err(Error::Blocked { host: blocked.prefix.clone(), by: blocked.file.clone() });
        }
        let own = self.endpoint(name, registry)?;
        let mut endpoints = match registry {
            Some(registry) => self.mirrors_of(registry, name)?,
            None => Vec::new(),
        };
        if registry.is_none() {
            if let Some(configured) = containerd::find(&self.certificates, name)? {
                endpoints.extend(configured.mirrors);
                endpoints.push(configured.server.unwrap_or(own));
                return Ok(Route { endpoints });
            }
            if name.host() == HUB.0 {
                endpoints.extend(self.docker.mirrors(name, &|host| self.trust(host))?);
            }
        }
        endpoints.push(own);
        Ok(Route { endpoints })
    }

    /// The registry itself.
    fn endpoint(&self, name: &Reference, registry: Option<&registries_conf::Registry>) -> Result<Endpoint> {
        let (host, repository) = match registry.and_then(|registry| registry.locate(name.host(), name.path()))
        {
            Some(located) => located,
            None => (name.host().to_owned(), name.path().to_owned()),
        };
        let host = if host == HUB.0 { HUB.1.to_owned() } else { host };
        let insecure = registry.is_some_and(|registry| registry.insecure)
            || self.is_insecure(&host)
            || self.is_insecure(name.host());
        let mut trust = self.trust(name.host())?;
        trust.anyone |= insecure;
        Ok(Endpoint { schemes: schemes(insecure), trust, ..plain(host, repository) })
    }

    fn mirrors_of(&self, registry: &registries_conf::Registry, name: &Reference) -> Result<Vec<Endpoint>> {
        let mut endpoints = Vec::new();
        for mirror in &registry.mirrors {
            let Some((host, repository)) = mirror.locate(registry, name.host(), name.path()) else {
                continue;
            };
            let host = if host == HUB.0 { HUB.1.to_owned() } else { host };
            let insecure = mirror.insecure || self.is_insecure(&host);
            let mut trust = self.trust(&host)?;
            trust.anyone |= insecure;
            endpoints.push(Endpoint {
                schemes: schemes(insecure),
                trust,
                serves: mirror.serves,
                is_mirror: true,
                ..plain(host, repository)
            });
        }
        Ok(endpoints)
    }

    fn is_insecure(&self, host: &str) -> bool {
        authority::is_loopback(host) || self.docker.is_insecure(host) || self.registries.is_insecure(host)
    }

    fn trust(&self, host: &str) -> Result<Trust> {
        certificates::of(&self.certificates, host)
    }

    /// Whose certificates are believed of a host that is reached by a redirect.
    pub(crate) fn trust_of_stranger(&self, host: &str) -> Result<Trust> {
        Ok(Trust { anyone: self.is_insecure(host), ..self.trust(host)? })
    }
}

impl Route {
    /// Where content is written: the registry itself, or else the first mirror that takes it.
    pub(crate) fn for_pushes(&self) -> Option<&Endpoint> {
        let mut able = self.endpoints.iter().filter(|endpoint| endpoint.serves.pushes);
        able.clone().find(|endpoint| !endpoint.is_mirror).or_else(|| able.next())
    }
}

pub(crate) use authority::is_loopback;

/// The registry's name in references and files of credentials.
pub(crate) fn name_of(host: &str) -> &str {
    if host == HUB.1 { HUB.0 } else { host }
}

/// An endpoint without anything special.
fn plain(host: String, repository: String) -> Endpoint {
    Endpoint {
        host,
        repository,
        prefix: "/v2".into(),
        schemes: vec![Scheme::Https],
        trust: Trust::default(),
        headers: Vec::new(),
        namespace: None,
        serves: Serves::ALL,
        is_mirror: false,
    }
}

/// An insecure registry is tried with encryption first, as Docker does.
fn schemes(insecure: bool) -> Vec<Scheme> {
    if insecure { vec![Scheme::Https, Scheme::Http] } else { vec![Scheme::Https] }
}

#[cfg(test)]
mod tests;

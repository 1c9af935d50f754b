//! Docker's `daemon.json`: mirrors of Docker Hub, and registries that are insecure.

use super::{Endpoint, HUB, Serves, Trust, authority, plain};
use crate::error::{Error, Result, read_settings};
use oci::Reference;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// What is read of the file; the rest is the daemon's.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Daemon {
    #[serde(default)]
    registry_mirrors: Vec<String>,
    #[serde(default)]
    insecure_registries: Vec<String>,
    #[serde(skip)]
    file: PathBuf,
}

impl Daemon {
    pub(super) fn read(file: Option<&Path>) -> Result<Self> {
        let Some(file) = file else { return Ok(Self::default()) };
        let Some(text) = read_settings(file)? else { return Ok(Self::default()) };
        let daemon: Self = serde_json::from_slice(&text).map_err(|error| Error::settings(file, error))?;
        Ok(Self { file: file.to_path_buf(), ..daemon })
    }

    /// Whether a host, or a network that it is in, is listed.
    pub(super) fn is_insecure(&self, host: &str) -> bool {
        self.insecure_registries.iter().any(|listed| {
            let listed =
                listed.trim_start_matches("http://").trim_start_matches("https://").trim_end_matches('/');
            listed == host || authority::is_in(host, listed)
        })
    }

    /// The mirrors of Docker Hub.
    pub(super) fn mirrors(
        &self,
        name: &Reference,
        trust: &dyn Fn(&str) -> Result<Trust>,
    ) -> Result<Vec<Endpoint>> {
        self.registry_mirrors.iter().map(|url| self.mirror(url, name, trust)).collect()
    }

    fn mirror(&self, url: &str, name: &Reference, trust: &dyn Fn(&str) -> Result<Trust>) -> Result<Endpoint> {
        let Some((Some(scheme), host, path)) = authority::split(url) else {
            return Err(Error::settings(
                &self.file,
                format!("invalid mirror {url:?}: expected http:// or https://"),
            ));
        };
        let prefix = if path.is_empty() { "/v2".to_owned() } else { format!("/v2/{path}") };
        let mut trust = trust(host)?;
        trust.anyone |= self.is_insecure(host) || authority::is_loopback(host);
        Ok(Endpoint {
            prefix,
            schemes: vec![scheme],
            trust,
            namespace: Some(HUB.0.to_owned()),
            serves: Serves::READING,
            is_mirror: true,
            ..plain(host.to_owned(), name.path().to_owned())
        })
    }
}

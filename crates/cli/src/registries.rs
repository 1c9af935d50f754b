//! What is spoken to registries with: the environment and the usual files become the client's settings.
//!
//! Credentials: `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`; beside it `$REGISTRY_AUTH_FILE`, or else Podman's
//! `$XDG_RUNTIME_DIR/containers/auth.json` and `~/.config/containers/auth.json`. Registries: what `/etc` has of containers-registries.conf(5), containerd
//! and Docker. `TARE_REGISTRIES` names a directory to look into instead of `/etc`.

use crate::failure::{Failure, Outcome};
use oci::Reference;
use registry::credentials::Keyring;
use registry::hosts::Files;
use registry::{Client, Proxies, Settings};
use std::path::PathBuf;

/// A client with the settings of this user and machine. It reads nothing before it is asked something.
pub(crate) fn client() -> Client {
    Client::new(settings())
}

/// The settings of this user and machine.
pub(crate) fn settings() -> Settings {
    Settings { keyring: keyring(), secret: None, files: files(), proxies: proxies(), patience: None }
}

/// Where this user's credentials are.
pub(crate) fn keyring() -> Keyring {
    let home = variable("HOME").map(PathBuf::from);
    let docker = variable("DOCKER_CONFIG").map(PathBuf::from);
    let docker = docker.or_else(|| home.as_ref().map(|home| home.join(".docker")));
    let mut files: Vec<PathBuf> = docker.into_iter().map(|directory| directory.join("config.json")).collect();
    match variable("REGISTRY_AUTH_FILE") {
        Some(file) => files.insert(0, file.into()),
        None => {
            let runtime = variable("XDG_RUNTIME_DIR").map(PathBuf::from);
            let configuration = variable("XDG_CONFIG_HOME").map(PathBuf::from);
            let configuration = configuration.or_else(|| home.map(|home| home.join(".config")));
            let places = runtime.into_iter().chain(configuration);
            files.extend(places.map(|place| place.join("containers/auth.json")));
        }
    }
    Keyring { files, path: std::env::var_os("PATH") }
}

fn files() -> Files {
    let etc = variable("TARE_REGISTRIES").map_or_else(|| PathBuf::from("/etc"), PathBuf::from);
    let mut registries_conf = match variable("CONTAINERS_REGISTRIES_CONF") {
        Some(file) => vec![PathBuf::from(file)],
        None => vec![etc.join("containers/registries.conf")],
    };
    registries_conf.push(etc.join("containers/registries.conf.d"));
    let certificates = ["containerd/certs.d", "docker/certs.d", "containers/certs.d"];
    Files {
        registries_conf,
        certificates: certificates.map(|below| etc.join(below)).into(),
        daemon_json: Some(etc.join("docker/daemon.json")),
    }
}

fn proxies() -> Proxies {
    let either = |name: &str| variable(name).or_else(|| variable(&name.to_ascii_uppercase()));
    Proxies { http: either("http_proxy"), https: either("https_proxy"), none: either("no_proxy") }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A name as it was typed.
pub(crate) fn reference(text: &str) -> Outcome<Reference> {
    text.parse().map_err(|error: oci::reference::InvalidReference| Failure::new(error.to_string()))
}

/// Whether somebody typed a tag or a digest.
pub(crate) fn says_which(text: &str) -> bool {
    text.rsplit('/').next().unwrap_or(text).contains([':', '@'])
}

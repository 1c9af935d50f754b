//! What a registry is to be like, and its configuration file.

use super::{ATTEMPTS, Distribution};
use crate::certificates::Certificates;
use crate::said::ask;
use crate::token::{ISSUER, SERVICE, TokenServer};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A registry that is still to be started.
#[derive(Debug)]
pub struct DistributionPlan {
    directory: PathBuf,
    storage: String,
    http: String,
    authentication: String,
    mirror: String,
    passwords: String,
    own: Option<TempDir>,
}

impl DistributionPlan {
    pub(super) fn new(directory: &Path) -> Self {
        fs::create_dir_all(directory).expect("make a directory");
        let empty = String::new;
        Self {
            directory: directory.into(),
            storage: empty(),
            http: empty(),
            authentication: empty(),
            mirror: empty(),
            passwords: empty(),
            own: None,
        }
    }

    pub(super) fn temporary() -> Self {
        let own = tempfile::Builder::new().prefix("tare-kit-").tempdir().expect("a temporary directory");
        let plan = Self::new(own.path());
        Self { own: Some(own), ..plan }
    }

    /// It speaks HTTPS.
    #[must_use]
    pub fn tls(mut self, certificates: &Certificates) -> Self {
        let (certificate, key) = (certificates.server(), certificates.server_key());
        self.http =
            format!("  tls:\n    certificate: '{}'\n    key: '{}'\n", certificate.display(), key.display());
        self
    }

    /// It speaks HTTPS with clients only that have a certificate by the same authority.
    #[must_use]
    pub fn mutual_tls(mut self, certificates: &Certificates) -> Self {
        self = self.tls(certificates);
        self.http += &format!("    clientcas: ['{}']\n", certificates.authority().display());
        self
    }

    /// It asks for a password. More than one user may be named.
    ///
    /// # Panics
    /// If `htpasswd` cannot encrypt the password.
    #[must_use]
    pub fn password(mut self, user: &str, password: &str) -> Self {
        let line = ask(Command::new("htpasswd").args(["-nbB", "-C", "4", user, password]), b"").text();
        self.passwords += &format!("{}\n", line.trim_end());
        self.authentication =
            format!("auth:\n  htpasswd:\n    realm: tare\n    path: '{}'\n", self.password_file().display());
        self
    }

    /// It asks for a token of this server's.
    #[must_use]
    pub fn token(mut self, server: &TokenServer) -> Self {
        let (realm, authority) = (server.realm(), server.certificates().authority());
        self.authentication = format!(
            "auth:\n  token:\n    realm: {realm}\n    service: {SERVICE}\n    issuer: {ISSUER}\n    rootcertbundle: '{}'\n",
            authority.display()
        );
        self
    }

    /// It is a mirror of another registry: it pulls from there, and takes nothing itself.
    #[must_use]
    pub fn mirror_of(mut self, url: &str) -> Self {
        self.mirror = format!("proxy:\n  remoteurl: {url}\n");
        self
    }

    /// It takes nothing.
    #[must_use]
    pub fn read_only(mut self) -> Self {
        self.storage = "  maintenance:\n    readonly:\n      enabled: true\n".to_owned();
        self
    }

    /// Starts it on a free port and waits until it answers.
    ///
    /// # Panics
    /// If it does not.
    #[must_use]
    pub fn start(self) -> Distribution {
        if !self.passwords.is_empty() {
            fs::write(self.password_file(), &self.passwords).expect("write a file");
        }
        let started = (0..ATTEMPTS).find_map(|_| super::start(&self, free_port()));
        let mut registry = started.expect("one of some free ports is still free a moment later");
        registry._own = self.own;
        registry
    }

    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    pub(super) fn is_tls(&self) -> bool {
        !self.http.is_empty()
    }

    /// The file, in YAML.
    pub(super) fn configuration(&self, host: &str) -> String {
        let Self { storage, http, authentication, mirror, .. } = self;
        let data = self.directory.join("data");
        format!(
            "version: 0.1\nlog:\n  level: info\n\
             storage:\n  filesystem:\n    rootdirectory: '{}'\n  delete:\n    enabled: true\n{storage}\
             http:\n  addr: {host}\n  secret: tare\n{http}{authentication}{mirror}",
            data.display()
        )
    }

    fn password_file(&self) -> PathBuf {
        self.directory.join("htpasswd")
    }
}

/// A port that was free a moment ago.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("the socket has an address").port()
}

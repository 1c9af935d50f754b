//! Certificates of a test's own authority, made by OpenSSL.

use crate::said::ask;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

const CONFIGURATION: &str = "\
[req]
distinguished_name = name
prompt = no
[name]
O = Tare
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
subjectAltName = IP:127.0.0.1, DNS:localhost, DNS:registry.test
[client]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = clientAuth
";

/// An authority, and a server's and a client's certificates by it, in files (PEM). All keys are ECDSA P-256.
#[derive(Debug, Clone)]
pub struct Certificates {
    directory: PathBuf,
    /// Removes the directory with the last clone, if it is ours.
    _own: Option<Arc<TempDir>>,
}

impl Certificates {
    /// Makes them in a directory of their own, which is removed with the last clone of this.
    ///
    /// # Panics
    /// If OpenSSL cannot.
    #[must_use]
    pub fn temporary() -> Self {
        let own = tempfile::Builder::new().prefix("tare-kit-").tempdir().expect("a temporary directory");
        let made = Self::make(own.path());
        Self { _own: Some(Arc::new(own)), ..made }
    }

    /// Makes them in a directory: `ca`, `server` and `client`, each with `.crt` and `.key`.
    ///
    /// # Panics
    /// If OpenSSL cannot.
    #[must_use]
    pub fn make(directory: &Path) -> Self {
        fs::create_dir_all(directory).expect("make a directory");
        let made = Self { directory: directory.into(), _own: None };
        fs::write(made.file("openssl.cnf"), CONFIGURATION).expect("write a file");
        for (name, extensions) in [("ca", "authority"), ("server", "server"), ("client", "client")] {
            made.certify(name, extensions);
        }
        made
    }

    /// The authority's certificate, which clients are to trust.
    #[must_use]
    pub fn authority(&self) -> PathBuf {
        self.file("ca.crt")
    }

    /// The server's certificate, for 127.0.0.1, localhost and registry.test.
    #[must_use]
    pub fn server(&self) -> PathBuf {
        self.file("server.crt")
    }

    /// The server's key.
    #[must_use]
    pub fn server_key(&self) -> PathBuf {
        self.file("server.key")
    }

    /// The client's certificate.
    #[must_use]
    pub fn client(&self) -> PathBuf {
        self.file("client.crt")
    }

    /// The client's key.
    #[must_use]
    pub fn client_key(&self) -> PathBuf {
        self.file("client.key")
    }

    fn file(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    fn certify(&self, name: &str, extensions: &str) {
        let mut command = Command::new("openssl");
        command.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]);
        command.args(["-days", "30", "-subj", &format!("/O=Tare/CN={name}"), "-extensions", extensions]);
        command.arg("-config").arg(self.file("openssl.cnf"));
        command.arg("-keyout").arg(self.file(&format!("{name}.key")));
        command.arg("-out").arg(self.file(&format!("{name}.crt")));
        if name != "ca" {
            command.arg("-CA").arg(self.authority()).arg("-CAkey").arg(self.file("ca.key"));
        }
        ask(&mut command, b"").ok();
    }
}

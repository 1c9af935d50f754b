//! Credentials: `config.json` as Docker keeps it (`auths`, `credHelpers`, `credsStore`) and `auth.json` of containers-auth.json(5).

mod file;
mod program;

use crate::error::Result;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// What Docker Hub is called in files of credentials.
const HUB: &str = "https://index.docker.io/v1/";

/// What somebody shows to a registry.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    /// Name and password.
    Password {
        /// The name.
        user: String,
        /// The password, or a token in its place.
        password: String,
    },
    /// A refresh token, which is exchanged for others (OAuth 2).
    Identity(String),
    /// A token that is shown as it is.
    Bearer(String),
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // what is printed by mistake must not be a secret
        f.write_str(match self {
            Self::Password { .. } => "Password",
            Self::Identity(_) => "Identity",
            Self::Bearer(_) => "Bearer",
        })
    }
}

/// Where credentials are kept.
#[derive(Debug, Clone, Default)]
pub struct Keyring {
    /// Files, in the order in which they are asked. New ones go into the first.
    pub files: Vec<PathBuf>,
    /// Directories where programs that keep credentials are looked for; as `PATH`.
    pub path: Option<OsString>,
}

/// Where a secret was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// In a file, as it is.
    File(PathBuf),
    /// By a program.
    Program(String),
}

impl Keyring {
    /// The secret for a repository: the most special one of the first file that has one for its host.
    ///
    /// # Errors
    /// [`crate::Error::Settings`] for a file that cannot be read, [`crate::Error::Helper`] for a program that fails.
    pub fn find(&self, host: &str, repository: &str) -> Result<Option<Secret>> {
        for path in &self.files {
            let Some(file) = file::File::read(path)? else { continue };
            let found = match file.program_for(host) {
                Some(name) => program::get(self.path.as_deref(), &name, &server(host))?,
                None => file.secret(host, repository)?,
            };
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    /// Keeps a secret for a host.
    ///
    /// # Errors
    /// As [`Keyring::find`], and if there is no file to keep it in.
    pub fn keep(&self, host: &str, secret: &Secret) -> Result<Kept> {
        let path = self.first()?;
        let mut file = file::File::read(path)?.unwrap_or_else(|| file::File::new(path));
        if let Some(name) = file.program_for(host) {
            program::store(self.path.as_deref(), &name, &server(host), secret)?;
            // as Docker does: the entry says that there is one
            file.set(&server(host), None)?;
            return Ok(Kept::Program(format!("docker-credential-{name}")));
        }
        file.set(&server(host), Some(secret))?;
        Ok(Kept::File(path.clone()))
    }

    /// Forgets the secret of a host; false if there was none.
    ///
    /// # Errors
    /// As [`Keyring::keep`].
    pub fn forget(&self, host: &str) -> Result<bool> {
        let mut forgotten = false;
        for path in &self.files {
            let Some(mut file) = file::File::read(path)? else { continue };
            if let Some(name) = file.program_for(host) {
                forgotten |= program::erase(self.path.as_deref(), &name, &server(host))?;
            }
            forgotten |= file.remove(host)?;
        }
        Ok(forgotten)
    }

    fn first(&self) -> Result<&PathBuf> {
        self.files.first().ok_or_else(|| {
            crate::Error::settings("config.json", "no file to keep credentials in: set HOME or DOCKER_CONFIG")
        })
    }
}

/// What a registry is called in files, and to programs.
fn server(host: &str) -> String {
    if host == "docker.io" { HUB.to_owned() } else { host.to_owned() }
}

//! A file of credentials. What it holds besides them stays as it is.

use super::{Secret, server};
use crate::error::{Error, Result, read_settings};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// The name that stands for "the password is an identity token".
pub(super) const TOKEN_USER: &str = "<token>";

/// A file that was read.
#[derive(Debug)]
pub(super) struct File {
    path: PathBuf,
    content: Map<String, Value>,
}

impl File {
    /// An empty one, which is made when something is kept in it.
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf(), content: Map::new() }
    }

    /// Reads a file, if it is there.
    pub(super) fn read(path: &Path) -> Result<Option<Self>> {
        let Some(text) = read_settings(path)? else { return Ok(None) };
        if text.iter().all(u8::is_ascii_whitespace) {
            return Ok(Some(Self::new(path)));
        }
        let content = serde_json::from_slice(&text).map_err(|error| Error::settings(path, error))?;
        Ok(Some(Self { path: path.to_path_buf(), content }))
    }

    /// The program that keeps the credentials of a host.
    pub(super) fn program_for(&self, host: &str) -> Option<String> {
        fn named(value: Option<&Value>) -> Option<&str> {
            value.and_then(Value::as_str).filter(|name| !name.is_empty())
        }
        let own = self.content.get("credHelpers").and_then(Value::as_object);
        let own =
            own.and_then(|programs| named(programs.get(&server(host))).or_else(|| named(programs.get(host))));
        own.or_else(|| named(self.content.get("credsStore"))).map(str::to_owned)
    }

    /// The most special secret for a repository.
    pub(super) fn secret(&self, host: &str, repository: &str) -> Result<Option<Secret>> {
        let Some(auths) = self.content.get("auths").and_then(Value::as_object) else { return Ok(None) };
        let name = format!("{host}/{repository}");
        let mut best: Option<(usize, &Value)> = None;
        for (key, value) in auths {
            let Some(length) = matched(key, host, &name) else { continue };
            if best.is_none_or(|(other, _)| length > other) {
                best = Some((length, value));
            }
        }
        best.map_or(Ok(None), |(_, entry)| self.decode(host, entry))
    }

    fn decode(&self, host: &str, entry: &Value) -> Result<Option<Secret>> {
        let text = |key: &str| entry.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(token) = text("identitytoken") {
            return Ok(Some(Secret::Identity(token.to_owned())));
        }
        if let Some(token) = text("registrytoken") {
            return Ok(Some(Secret::Bearer(token.to_owned())));
        }
        if let (Some(user), Some(password)) = (text("username"), text("password")) {
            return Ok(Some(secret(user, password)));
        }
        let Some(encoded) = text("auth") else { return Ok(None) };
        let damaged =
            || Error::settings(&self.path, format!("the entry of {host} is no base64 of USER:PASSWORD"));
        let plain = STANDARD.decode(encoded.trim_end_matches('\0')).map_err(|_| damaged())?;
        let plain = String::from_utf8(plain).map_err(|_| damaged())?;
        let (user, password) = plain.trim_end_matches('\0').split_once(':').ok_or_else(damaged)?;
        Ok(Some(secret(user, password)))
    }

    /// Sets the entry of a server: a secret, or the word that a program has it.
    pub(super) fn set(&mut self, server: &str, secret: Option<&Secret>) -> Result<()> {
        let entry = match secret {
            None => json!({}),
            Some(Secret::Password { user, password }) => {
                json!({"auth": STANDARD.encode(format!("{user}:{password}"))})
            }
            Some(Secret::Identity(token)) => json!({"auth": STANDARD.encode(":"), "identitytoken": token}),
            Some(Secret::Bearer(token)) => json!({"registrytoken": token}),
        };
        let auths = self.content.entry("auths").or_insert_with(|| json!({}));
        if !auths.is_object() {
            *auths = json!({});
        }
        auths.as_object_mut().expect("it was just made one").insert(server.to_owned(), entry);
        self.write()
    }

    /// Removes the entries of a host; false if there were none.
    pub(super) fn remove(&mut self, host: &str) -> Result<bool> {
        let Some(auths) = self.content.get_mut("auths").and_then(Value::as_object_mut) else {
            return Ok(false);
        };
        let before = auths.len();
        auths.retain(|key, _| matched(key, host, host).is_none());
        if auths.len() == before {
            return Ok(false);
        }
        self.write().map(|()| true)
    }

    /// Replaces the file whole. It is private from its first byte on; a symbolic link stays one.
    fn write(&self) -> Result<()> {
        let failed = |error: std::io::Error| Error::settings(&self.path, error);
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        let directory = target.parent().unwrap_or(Path::new("/"));
        fs::DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
        let name = target.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let draft = directory.join(format!(".{name}.{}", std::process::id()));
        let mut text = serde_json::to_vec_pretty(&self.content).expect("a JSON value serialises");
        text.push(b'\n');
        let written = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&draft);
        let written = written.and_then(|mut file| file.write_all(&text).and_then(|()| file.sync_all()));
        written.and_then(|()| fs::rename(&draft, &target)).map_err(|error| {
            // the old file is still there
            let _ = fs::remove_file(&draft);
            failed(error)
        })
    }
}

/// As Docker tells an identity token from a password.
pub(super) fn secret(user: &str, password: &str) -> Secret {
    if user == TOKEN_USER {
        return Secret::Identity(password.to_owned());
    }
    Secret::Password { user: user.to_owned(), password: password.to_owned() }
}

/// How much of a name a key takes: keys are hosts, URLs with such a host, or (containers-auth.json(5)) beginnings of names.
fn matched(key: &str, host: &str, name: &str) -> Option<usize> {
    if key == server(host) {
        return Some(host.len());
    }
    let plain = key.trim_start_matches("https://").trim_start_matches("http://").trim_end_matches('/');
    let plain =
        if key.contains("://") { plain.trim_end_matches("/v1").trim_end_matches("/v2") } else { plain };
    let rest = name.strip_prefix(plain)?;
    (plain.len() >= host.len() && (rest.is_empty() || rest.starts_with('/'))).then_some(plain.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> File {
        File { path: "config.json".into(), content: serde_json::from_str(text).unwrap() }
    }

    fn password(user: &str, password: &str) -> Secret {
        Secret::Password { user: user.into(), password: password.into() }
    }

    #[test]
    fn finds_the_most_special_entry() {
        let file = file(
            r#"{"auths":{
            "https://index.docker.io/v1/":{"auth":"aHViOng="},
            "https://r.example/v1/":{"auth":"dTpwOnE="},
            "r.example/team":{"username":"t","password":"y"},
            "token.example":{"auth":"Og==","identitytoken":"abc"},
            "s.example":{"auth":"PHRva2VuPjpyZWZyZXNo"},
            "bad.example":{"auth":"!"},
            "empty.example":{}}}"#,
        );
        let found = |host, repository| file.secret(host, repository).unwrap();
        assert_eq!(found("docker.io", "library/a"), Some(password("hub", "x")));
        assert_eq!(found("r.example", "a"), Some(password("u", "p:q")));
        assert_eq!(found("r.example", "team/a"), Some(password("t", "y")));
        assert_eq!(found("r.example", "teams"), Some(password("u", "p:q")));
        assert_eq!(found("r.example:5000", "a"), None);
        assert_eq!(found("token.example", "a"), Some(Secret::Identity("abc".into())));
        assert_eq!(found("s.example", "a"), Some(Secret::Identity("refresh".into())));
        assert_eq!(found("empty.example", "a"), None);
        assert!(file.secret("bad.example", "a").is_err());
    }

    #[test]
    fn what_else_is_in_the_file_stays() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("new/config.json");
        let mut file = File::new(&path);
        file.content.insert("psFormat".into(), json!("x"));
        file.set("r.example", Some(&password("u", "p"))).unwrap();
        let mut again = File::read(&path).unwrap().unwrap();
        assert_eq!(again.content["psFormat"], "x");
        assert_eq!(again.secret("r.example", "a").unwrap(), Some(password("u", "p")));
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(again.remove("r.example").unwrap() && !again.remove("r.example").unwrap());
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn programs_are_named_for_a_host_or_for_all() {
        let file = file(
            r#"{"credsStore":"all","credHelpers":{"r.example":"one","https://index.docker.io/v1/":"hub"}}"#,
        );
        assert_eq!(file.program_for("r.example").as_deref(), Some("one"));
        assert_eq!(file.program_for("docker.io").as_deref(), Some("hub"));
        assert_eq!(file.program_for("x").as_deref(), Some("all"));
    }
}

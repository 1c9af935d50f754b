//! Programs that keep credentials: `docker-credential-NAME` (docker-credential-helpers, README, "Development").
//!
//! They are looked for in absolute directories of `PATH` only: what happens to lie in the working directory is never executed.

use super::Secret;
use super::file::secret;
use crate::error::{Error, Result, cut};
use serde::Deserialize;
use std::ffi::OsStr;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// What a program says when it has nothing.
const NOTHING: &str = "credentials not found in native keychain";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// Asks for the secret of a server.
pub(super) fn get(path: Option<&OsStr>, name: &str, server: &str) -> Result<Option<Secret>> {
    let Some(text) = call(path, name, "get", server.as_bytes())? else { return Ok(None) };
    let answer: Answer = serde_json::from_slice(&text).map_err(|error| Error::Helper {
        program: format!("docker-credential-{name}"),
        reason: format!("its answer is not what it should be: {error}"),
    })?;
    if answer.secret.is_empty() {
        return Ok(None);
    }
    Ok(Some(secret(&answer.username, &answer.secret)))
}

/// Gives it a secret to keep.
pub(super) fn store(path: Option<&OsStr>, name: &str, server: &str, secret: &Secret) -> Result<()> {
    let (user, secret) = match secret {
        Secret::Password { user, password } => (user.as_str(), password),
        Secret::Identity(token) | Secret::Bearer(token) => (super::file::TOKEN_USER, token),
    };
    let text = serde_json::json!({"ServerURL": server, "Username": user, "Secret": secret}).to_string();
    call(path, name, "store", text.as_bytes()).map(drop)
}

/// Lets it forget a secret; false if it had none.
pub(super) fn erase(path: Option<&OsStr>, name: &str, server: &str) -> Result<bool> {
    Ok(call(path, name, "erase", server.as_bytes())?.is_some())
}

/// Runs it. None if it says that it has nothing.
fn call(path: Option<&OsStr>, name: &str, verb: &str, input: &[u8]) -> Result<Option<Vec<u8>>> {
    let program = format!("docker-credential-{name}");
    let failed = |reason: String| Error::Helper { program: program.clone(), reason };
    let file = find(path, name).ok_or_else(|| {
        failed("not found in an absolute directory of PATH; install it, or remove it from config.json".into())
    })?;
    let mut child = Command::new(file)
        .arg(verb)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    if let Some(mut pipe) = child.stdin.take() {
        // one that does not read says why it ends
        let _ = pipe.write_all(input);
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(Some(output.stdout));
    }
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    if said.contains(NOTHING) {
        return Ok(None);
    }
    Err(failed(format!("{verb}: {}: {}", output.status, cut(&said))))
}

fn find(path: Option<&OsStr>, name: &str) -> Option<PathBuf> {
    let is_plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let directories = std::env::split_paths(path.filter(|_| is_plain)?);
    let mut files = directories.filter(|directory| directory.is_absolute());
    files.find_map(|directory| {
        let file = directory.join(format!("docker-credential-{name}"));
        file.is_file().then_some(file)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn only_absolute_directories_are_searched() {
        let place = tempfile::tempdir().unwrap();
        let script = "#!/bin/sh\ncat > \"$0.in\"\necho '{\"Username\":\"u\",\"Secret\":\"s\"}'\n";
        let file = place.path().join("docker-credential-x");
        fs::write(&file, script).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        let found = get(Some(place.path().as_os_str()), "x", "r.example").unwrap();
        assert_eq!(found, Some(Secret::Password { user: "u".into(), password: "s".into() }));
        assert_eq!(fs::read_to_string(place.path().join("docker-credential-x.in")).unwrap(), "r.example");
        for (path, name) in
            [(OsStr::new("."), "x"), (OsStr::new(""), "x"), (place.path().as_os_str(), "../x")]
        {
            assert!(get(Some(path), name, "r.example").is_err());
        }
    }

    #[test]
    fn a_program_that_has_nothing_says_so() {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join("docker-credential-none");
        fs::write(&file, format!("#!/bin/sh\necho '{NOTHING}'\nexit 1\n")).unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(get(Some(place.path().as_os_str()), "none", "r.example").unwrap(), None);
    }
}

//! Directories of certificates, `certs.d/HOST[:PORT]/` (Docker, "Verify repository client with certificates"; containers-certs.d(5)): `*.crt` are
//! authorities, `NAME.cert` with `NAME.key` is a client's own certificate.

use super::Trust;
use crate::error::{Error, Result};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What the directories say of a host. All directories that have one for it count.
pub(super) fn of(directories: &[PathBuf], host: &str) -> Result<Trust> {
    let mut trust = Trust::default();
    for directory in directories {
        read(&directory.join(host), &mut trust)?;
    }
    Ok(trust)
}

fn read(directory: &Path, trust: &mut Trust) -> Result<()> {
    let unreadable = |error: std::io::Error| Error::settings(directory, error);
    let entries = match fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    for path in paths {
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("crt") => trust.authorities.push(path),
            Some("cert") => {
                let key = path.with_extension("key");
                if !key.exists() {
                    let name = key.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    return Err(Error::settings(path, format!("its key {name} is not beside it")));
                }
                trust.identities.push((path, key));
            }
            _ => {}
        }
    }
    Ok(())
}

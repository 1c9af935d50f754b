//! A volume: a directory that outlives containers, and what is recorded of it.

use crate::Engine;
use crate::document::{self, Lasting};
use crate::error::{At, Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use sys::lock::LockFile;

/// A volume: `volume.json` beside its `data` directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// When it was made, RFC 3339.
    pub created: String,
    /// Labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// It was made for one container, without a name given.
    #[serde(default)]
    pub anonymous: bool,
}

/// Held while volumes are taken into use (shared) or removed if nobody uses them (exclusive): none is removed under whoever is about to use it.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: LockFile,
}

impl Lock {
    /// For whoever is about to use volumes, until a container's record names them.
    pub(crate) fn shared(engine: &Engine) -> Result<Self> {
        let path = engine.run("locks/volumes");
        Ok(Self { _file: LockFile::shared(&path).at("lock", path)? })
    }

    /// For whoever removes what nobody uses.
    pub(crate) fn exclusive(engine: &Engine) -> Result<Self> {
        let path = engine.run("locks/volumes");
        Ok(Self { _file: LockFile::exclusive(&path).at("lock", path)? })
    }
}

fn directory(engine: &Engine, name: &str) -> PathBuf {
    engine.data("volumes").join(name)
}

/// Where a volume's content is.
#[must_use]
pub fn data(engine: &Engine, name: &str) -> PathBuf {
    directory(engine, name).join("data")
}

/// Makes a volume; one that is there already is returned as it is.
///
/// # Errors
/// [`Error::Invalid`] for a name that is none.
pub fn create(engine: &Engine, volume: Volume) -> Result<Volume> {
    create_locked(engine, volume, &Lock::shared(engine)?)
}

/// As [`create`], for whoever uses it next.
pub(crate) fn create_locked(engine: &Engine, volume: Volume, _lock: &Lock) -> Result<Volume> {
    if crate::names::validate(&volume.name).is_err() {
        return Err(Error::Invalid(format!(
            "create {0}: \"{0}\" includes invalid characters for a local volume name, only \"[a-zA-Z0-9][a-zA-Z0-9_.-]\" are allowed. If you intended to pass a host directory, use absolute path",
            volume.name
        )));
    }
    if let Some(existing) = read(engine, &volume.name)? {
        return Ok(existing);
    }
    let path = data(engine, &volume.name);
    fs::create_dir_all(&path).at("make directory", &path)?;
    document::write(&directory(engine, &volume.name).join("volume.json"), &volume, Lasting::PowerCut)?;
    store::durable::sync_parent(&directory(engine, &volume.name))?;
    Ok(volume)
}

fn read(engine: &Engine, name: &str) -> Result<Option<Volume>> {
    if crate::names::validate(name).is_err() {
        return Ok(None);
    }
    document::read(&directory(engine, name).join("volume.json"))
}

/// Finds a volume.
///
/// # Errors
/// [`Error::NoVolume`] if there is none.
pub fn find(engine: &Engine, name: &str) -> Result<Volume> {
    read(engine, name)?.ok_or_else(|| Error::NoVolume(name.to_owned()))
}

/// All volumes, sorted by name.
///
/// # Errors
/// What the system reports.
pub fn list(engine: &Engine) -> Result<Vec<Volume>> {
    let entries = fs::read_dir(engine.data("volumes")).into_iter().flatten().flatten();
    let mut volumes = Vec::new();
    for entry in entries {
        if let Some(volume) = entry.file_name().to_str().map(|name| read(engine, name)).transpose()?.flatten()
        {
            volumes.push(volume);
        }
    }
    volumes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(volumes)
}

/// Removes a volume, whoever uses it.
pub(crate) fn discard(engine: &Engine, name: &str, _lock: &Lock) -> Result<()> {
    let directory = directory(engine, name);
    // without its document it is no volume any more
    fs::remove_file(directory.join("volume.json")).at("remove", &directory)?;
    store::durable::sync_parent(&directory.join("volume.json"))?;
    Ok(store::trash::discard(engine.store(), &directory)?)
}

/// Removes what an interrupted creation or removal left.
pub(crate) fn sweep(engine: &Engine) -> Result<()> {
    let _lock = Lock::exclusive(engine)?;
    for entry in fs::read_dir(engine.data("volumes")).into_iter().flatten().flatten() {
        if !entry.path().join("volume.json").exists() {
            store::trash::discard(engine.store(), &entry.path())?;
        }
    }
    Ok(())
}

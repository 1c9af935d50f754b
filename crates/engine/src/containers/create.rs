//! Creating a container: the image's wishes and the user's become a record.

use super::directory::{Directory, Lock};
use super::record::{HostSettings, MountKind, MountPoint, Record};
use super::{names, now, volumes};
use crate::document::Lasting;
use crate::error::{At, Error, Result};
use crate::{Engine, volume};
use images::Image;
use oci::Platform;
use oci::image::{Execution, set_variables};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// What a user asks for. What is not said is the image's.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Image by name or id.
    pub image: String,
    /// Name; one is made up if there is none.
    pub name: Option<String>,
    /// Arguments after the image.
    pub arguments: Vec<String>,
    /// Entry point: none is the image's, an empty one clears it.
    pub entrypoint: Option<Vec<String>>,
    /// Variables, `NAME=value`.
    pub environment: Vec<String>,
    /// Working directory.
    pub working_directory: Option<String>,
    /// User and group.
    pub user: Option<String>,
    /// Host name.
    pub hostname: Option<String>,
    /// Domain name.
    pub domain_name: Option<String>,
    /// Labels.
    pub labels: BTreeMap<String, String>,
    /// Signal that asks the program to end.
    pub stop_signal: Option<String>,
    /// Seconds to wait after that signal.
    pub stop_timeout: Option<i64>,
    /// A terminal.
    pub terminal: bool,
    /// Keep standard input open.
    pub open_input: bool,
    /// Standard input ends with the first client that was attached to it.
    pub input_once: bool,
    /// The platform that the image must be for.
    pub platform: Option<Platform>,
    /// Binds, volumes and temporary file systems, as asked for.
    pub mounts: Vec<MountRequest>,
    /// Confinement and connections.
    pub host: HostSettings,
}

/// A mount as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountRequest {
    /// What.
    pub source: MountSource,
    /// Path in the container.
    pub destination: String,
    /// It cannot be written.
    pub read_only: bool,
    /// Propagation of a bind mount.
    pub propagation: String,
    /// Options of a tmpfs.
    pub options: Vec<String>,
}

/// Where a mount comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountSource {
    /// A path of the host; whether it is made if it is missing.
    Bind {
        /// The path.
        path: String,
        /// `-v` makes a missing directory, `--mount` refuses.
        create: bool,
    },
    /// A volume by name.
    Volume(String),
    /// A new volume of this container.
    Anonymous,
    /// A temporary file system.
    Tmpfs,
}

/// Creates a container and returns its record.
///
/// # Errors
/// [`Error::NoImage`], [`Error::Conflict`] for a name in use, [`Error::Invalid`] for wishes that make no sense. Nothing is left then.
pub fn create(engine: &Engine, options: &Options) -> Result<Record> {
    create_locked(engine, options).map(|(record, _)| record)
}

/// As [`create`], with the container's lock held, for a caller that starts it next: no prune finds it in between.
///
/// # Errors
/// As [`create`].
pub fn create_locked(engine: &Engine, options: &Options) -> Result<(Record, Lock)> {
    let platform = options.platform.clone().unwrap_or_else(Platform::host);
    let image = images::find_for(engine.store(), &options.image, &platform)?;
    check_platform(options, &image)?;
    if let Some(name) = &options.name {
        crate::names::validate(name).map_err(|error| Error::Invalid(error.to_string()))?;
    }
    let id = random_id()?;
    let mut record = record(engine, &id, options, &image)?;
    crate::spec::capabilities(&record.host)?;
    let directory = Directory::new(engine, &id);
    let lock = directory.lock_new()?;
    if let Err(error) = make(engine, &directory, &mut record, options) {
        // the first error is the one to tell
        let _ = names::release(engine, &record, Lasting::Boot);
        super::remove::remains(engine, &id);
        lock.remove();
        return Err(error);
    }
    Ok((record, lock))
}

fn make(engine: &Engine, directory: &Directory, record: &mut Record, options: &Options) -> Result<()> {
    for path in ["containers", "names"] {
        let path = engine.data(path);
        fs::create_dir_all(&path).at("make directory", path)?;
    }
    // until the record names them, nobody sees that the volumes are used
    let lock = volume::Lock::shared(engine)?;
    record.mounts = volumes::resolve(engine, record, &options.mounts, &lock)?;
    // it appears whole: a directory without a record is what a killed process left
    let draft = directory.draft();
    make_writable(&draft)?;
    draft.write_record(record)?;
    fs::rename(&draft.data, &directory.data).at("rename to", &directory.data)?;
    // from here on the record keeps the layers; they must have been there all the time
    for layer in &record.layers {
        store::layers::open(engine.store(), layer)?;
    }
    let lasting = if record.host.auto_remove { Lasting::Boot } else { Lasting::PowerCut };
    names::claim(engine, &record.name, &record.id, lasting)?;
    if lasting == Lasting::PowerCut {
        store::durable::sync_parent(&directory.data)?;
    }
    Ok(())
}

/// The upper and work directories. The root of a container looks like that of its image's topmost layer, which is 0755 unless its tar says otherwise.
fn make_writable(directory: &Directory) -> Result<()> {
    use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
    for (name, mode) in [("", 0o700), ("rw", 0o700), ("rw/upper", 0o755), ("rw/work", 0o700)] {
        let path = directory.data.join(name);
        fs::DirBuilder::new().mode(mode).create(&path).at("make directory", &path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).at("change mode of", &path)?;
    }
    Ok(())
}

/// 64 random hexadecimal digits.
pub(crate) fn random_id() -> Result<String> {
    let mut bytes = [0; 32];
    sys::rand::getrandom(&mut bytes, sys::rand::GetRandomFlags::empty()).at("read", "random bytes")?;
    Ok(oci::Digest::from_bytes(bytes).hex())
}

fn check_platform(options: &Options, image: &Image) -> Result<()> {
    let own = &image.platform;
    match &options.platform {
        Some(wanted) if wanted.preference(own).is_none() => Err(images::Error::NotOffered(format!(
            "image with reference {} was found but its platform ({own}) does not match the specified platform ({wanted})",
            options.image
        ))
        .into()),
        _ => Ok(()),
    }
}

fn record(engine: &Engine, id: &str, options: &Options, image: &Image) -> Result<Record> {
    let execution = merge(&image.configuration.config, options);
    let mut command = execution.entrypoint.clone().unwrap_or_default();
    command.extend(execution.cmd.clone().unwrap_or_default());
    if command.is_empty() {
        return Err(Error::Invalid(
            "no command specified; give one after the image, or build the image with CMD or ENTRYPOINT"
                .into(),
        ));
    }
    if !execution.working_dir.is_empty() && !execution.working_dir.starts_with('/') {
        return Err(Error::Invalid(format!(
            "the working directory '{}' is invalid, it needs to be an absolute path",
            execution.working_dir
        )));
    }
    if let Some(signal) = &execution.stop_signal {
        super::kill::parse_signal(signal)?;
    }
    let name = options.name.clone().unwrap_or_else(|| made_up_name(engine));
    Ok(Record {
        id: id.to_owned(),
        name,
        created: now(),
        image: image.id,
        manifest: image.manifest,
        image_name: options.image.clone(),
        layers: image.configuration.rootfs.diff_ids.clone(),
        platform: image.platform.clone(),
        execution,
        command,
        hostname: options.hostname.clone().unwrap_or_default(),
        domain_name: options.domain_name.clone().unwrap_or_default(),
        terminal: options.terminal,
        open_input: options.open_input,
        input_once: options.input_once,
        host: options.host.clone(),
        mounts: Vec::new(),
    })
}

fn made_up_name(engine: &Engine) -> String {
    let mut random = || {
        let mut bytes = [0; 4];
        // without randomness the name is only less random
        let _ = sys::rand::getrandom(&mut bytes, sys::rand::GetRandomFlags::empty());
        u32::from_ne_bytes(bytes)
    };
    crate::names::generate(&mut random, &|name| names::is_taken(engine, name))
}

/// Docker's rules: a user's entry point drops the image's command; without one the image's command counts only if there are no arguments.
fn merge(image: &Execution, options: &Options) -> Execution {
    let mut merged = image.clone();
    match &options.entrypoint {
        Some(entrypoint) => {
            merged.entrypoint = (!entrypoint.is_empty()).then(|| entrypoint.clone());
            merged.cmd = Some(options.arguments.clone());
        }
        None if !options.arguments.is_empty() => merged.cmd = Some(options.arguments.clone()),
        None => {}
    }
    set_variables(&mut merged.env, &options.environment);
    merged.labels.extend(options.labels.clone());
    if let Some(user) = &options.user {
        merged.user.clone_from(user);
    }
    if let Some(directory) = &options.working_directory {
        merged.working_dir.clone_from(directory);
    }
    merged.stop_signal = options.stop_signal.clone().or(merged.stop_signal);
    merged.stop_timeout = options.stop_timeout.or(merged.stop_timeout);
    merged
}

/// A bind mount of a path that is there.
pub(super) fn bind(path: &Path, request: &MountRequest) -> MountPoint {
    MountPoint {
        kind: MountKind::Bind,
        source: path.to_path_buf(),
        destination: request.destination.clone().into(),
        read_only: request.read_only,
        propagation: request.propagation.clone(),
        options: Vec::new(),
    }
}

//! An image, opened for looking into it.

use crate::error::{At, Result};
use closure::{Setting, Tree};
use engine::containers::find;
use engine::containers::root::{self, Root};
use engine::images::find::{Image, parse};
use engine::{Engine, step};
use oci::DiffId;
use oci::image::{Configuration, Execution};

/// An image with its files.
#[derive(Debug)]
pub struct Subject {
    /// The name by which it was asked for.
    pub name: String,
    /// Its configuration.
    pub configuration: Configuration,
    /// Its layers, lowest first.
    pub layers: Vec<DiffId>,
    /// Its files; none if it has no layers.
    pub tree: Option<Tree>,
    /// What its program finds around it.
    pub setting: Setting,
    /// A container's root, held as long as it is looked into.
    _root: Option<Root>,
}

impl Subject {
    /// Opens an image that is in the store.
    ///
    /// # Errors
    /// What the store reports, or [`closure::Error`] if a file cannot be read.
    pub fn open(engine: &Engine, name: &str, image: &Image) -> Result<Self> {
        let configuration = image.configuration.clone();
        Self::of(engine, name, configuration)
    }

    /// An image by its configuration, whose layers are in the store.
    ///
    /// # Errors
    /// As [`Subject::open`].
    pub fn of(engine: &Engine, name: &str, configuration: Configuration) -> Result<Self> {
        let layers = configuration.rootfs.diff_ids.clone();
        let tree = match step::open_content(engine, &layers)? {
            Some(root) => Some(Tree::read(root)?),
            None => None,
        };
        let setting = setting(&configuration.config);
        Ok(Self { name: name.to_owned(), configuration, layers, tree, setting, _root: None })
    }

    /// A container with its changes.
    ///
    /// # Errors
    /// [`engine::Error::NoContainer`], and as [`Subject::open`].
    pub fn of_container(engine: &Engine, name: &str) -> Result<Self> {
        let record = find::find(engine, name)?.record;
        let root = root::open_alone(engine, name)?;
        let directory = sys::rooted::open_directory(root.directory(), ".".as_ref()).at("open", "/")?;
        let tree = Some(Tree::read(directory)?);
        let mut configuration: Configuration = parse(engine.store(), &record.image)?;
        let mut execution = record.execution.clone();
        execution.entrypoint = None;
        execution.cmd = Some(record.command.clone());
        configuration.config = execution;
        let setting = setting(&configuration.config);
        Ok(Self {
            name: name.to_owned(),
            configuration,
            layers: record.layers,
            tree,
            setting,
            _root: Some(root),
        })
    }

    /// What a container of it starts.
    #[must_use]
    pub fn command(&self) -> Vec<String> {
        command(&self.configuration.config, None)
    }
}

/// Entry point and arguments; `arguments` stand in the place of `CMD`.
pub(crate) fn command(execution: &Execution, arguments: Option<&[String]>) -> Vec<String> {
    let own = execution.cmd.as_deref().unwrap_or_default();
    let entry = execution.entrypoint.iter().flatten();
    entry.chain(arguments.unwrap_or(own)).cloned().collect()
}

/// What a program of an image finds around it.
#[must_use]
pub fn setting(execution: &Execution) -> Setting {
    let check = execution.healthcheck.as_ref().map(|check| check.test.clone()).unwrap_or_default();
    let further = match check.split_first() {
        Some((kind, words)) if kind == "CMD" => vec![words.to_vec()],
        Some((kind, line)) if kind == "CMD-SHELL" => {
            let shell = execution.shell.clone().unwrap_or_else(|| vec!["/bin/sh".into(), "-c".into()]);
            vec![shell.into_iter().chain(line.iter().cloned()).collect()]
        }
        _ => Vec::new(),
    };
    Setting {
        command: command(execution, None),
        further,
        environment: execution.env.clone(),
        directory: execution.working_dir.clone(),
        user: execution.user.clone(),
        volumes: execution.volumes.keys().cloned().collect(),
    }
}

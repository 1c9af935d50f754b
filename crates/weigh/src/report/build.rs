//! Making a report of a root and its configuration.

use super::contents::Contents;
use super::scale::{self, Payload, Scale};
use super::stack::{self, Found, Layer, Stack, Waste};
use super::{About, FORMAT, Report, VERSION, kernel, map, program};
use crate::error::{Error, Result};
use crate::installed::Installed;
use crate::subject::Subject;
use closure::{Closure, Setting, Size, Tree};
use engine::Engine;
use engine::store::layers;
use oci::DiffId;
use oci::image::Configuration;
use std::os::fd::AsFd;
use std::path::Path;

/// Weighs an image whose layers are in the store. `changes` is a directory that lies on top of them, for the list of layers only.
pub(super) fn report(
    engine: &Engine,
    about: About,
    configuration: &Configuration,
    changes: Option<&Path>,
) -> Result<Report> {
    // two walks, one over the layers and one over what they show: a disk and two processors have time for both
    std::thread::scope(|scope| {
        let listing = scope.spawn(|| layers_of(engine, configuration, changes));
        let subject = Subject::of(engine, &about.name, configuration.clone())?;
        let mut report = match &subject.tree {
            Some(tree) => whole(about, tree, &subject.setting),
            None => empty(about, &subject.setting),
        };
        let listed = listing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        (report.layers, report.waste) = listed?;
        Ok(report)
    })
}

fn whole(about: About, tree: &Tree, setting: &Setting) -> Report {
    let (closure, installed) = std::thread::scope(|scope| {
        let reading = scope.spawn(|| Installed::read(tree));
        let mut closure = Closure::new(tree, setting, Size::Safe);
        closure.begin();
        closure.settle();
        (closure, reading.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let payload = Payload::of(tree, &closure);
    std::thread::scope(|scope| {
        let contents = scope.spawn(|| Contents::of(tree, setting, &installed, &payload));
        let started = program::start(tree, &closure, setting);
        let amounts = scale::weigh(tree, &payload, &installed);
        let is_open_shell = program::is_open_shell(&setting.command);
        let verdict = scale::verdict(amounts.0, amounts.1, &started.program, is_open_shell);
        let kernel = kernel::read(tree, &closure, &started.files);
        let map = map::draw(tree, &payload);
        let contents = contents.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Report {
            format: FORMAT,
            made_by: VERSION.to_owned(),
            subject: about,
            scale: Some(Scale::new(amounts, verdict)),
            contents: Some(contents),
            layers: Vec::new(),
            waste: Waste::default(),
            program: started.program,
            kernel,
            map: Some(map),
            notes: installed.notes.clone(),
        }
    })
}

/// An image without layers.
fn empty(about: About, setting: &Setting) -> Report {
    let program = super::Program { command: setting.command.clone(), ..super::Program::default() };
    let nothing = scale::Amount::default();
    let verdict = scale::verdict(nothing, nothing, &program, false);
    Report {
        format: FORMAT,
        made_by: VERSION.to_owned(),
        subject: about,
        scale: Some(Scale::new((nothing, nothing, 0), verdict)),
        contents: None,
        layers: Vec::new(),
        waste: Waste::default(),
        program,
        kernel: super::Kernel::default(),
        map: None,
        notes: Vec::new(),
    }
}

fn layers_of(
    engine: &Engine,
    configuration: &Configuration,
    changes: Option<&Path>,
) -> Result<(Vec<Layer>, Waste)> {
    let mut stack = Stack::new();
    let mut steps = configuration.history.iter().filter(|step| !step.empty_layer);
    for layer in &configuration.rootfs.diff_ids {
        let step = steps.next();
        let told = Layer {
            diff_id: Some(layer.0.to_string()),
            created: step.and_then(|step| step.created.clone()),
            created_by: step.and_then(|step| step.created_by.clone()).unwrap_or_default(),
            ..Layer::default()
        };
        stack.push(told, listed(engine, layer)?);
    }
    if let Some(changes) = changes {
        let root = sys::mount::open_directory(changes).map_err(|errno| Error::Io {
            doing: "open",
            path: changes.to_owned(),
            source: errno.into(),
        })?;
        let told = Layer { created_by: "the container's own changes".into(), ..Layer::default() };
        stack.push(told, stack::list(root.as_fd())?);
    }
    Ok(stack.finish())
}

fn listed(engine: &Engine, layer: &DiffId) -> Result<Vec<Found>> {
    let root = layers::open(engine.store(), layer)?;
    stack::list(root.as_fd())
}
